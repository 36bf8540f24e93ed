"""A place of images at which the process that uses it dies: at a chosen verb, before or after its effect."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal, NamedTuple

from berthline.domain.image_store import BytesName, ImageStore, ImageWriter

Verb = Literal["begin", "write", "finish", "read"]


class Death(NamedTuple):
    """``after``: the effect has happened, and nobody learns of it."""

    verb: Verb
    after: bool


DEATHS = [Death(verb, after) for verb in ("begin", "write", "finish") for after in (False, True)]
"""Of bytes that come."""


class DyingPlace:
    """``place``, whose verb does not come back. ``dead`` is set when that is so."""

    def __init__(self, place: ImageStore, death: Death) -> None:
        self._place = place
        self._death = death
        self.dead = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._place, name)

    async def begin(self, name: BytesName, most: int) -> "_DyingWriter":
        await self.die("begin", after=False)
        made = await self._place.begin(name, most)
        try:
            await self.die("begin", after=True)
        except asyncio.CancelledError:
            await made.discard()  # its file would stay open in the process of the test
            raise
        return _DyingWriter(self, made)

    async def read(self, name: BytesName, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        await self.die("read", after=False)
        async for chunk in self._place.read(name, first, last):
            yield chunk
            await self.die("read", after=True)

    async def die(self, verb: Verb, *, after: bool) -> None:
        if self._death == (verb, after):
            self.dead.set()
            await asyncio.Event().wait()


class _DyingWriter:
    def __init__(self, place: DyingPlace, writer: ImageWriter) -> None:
        self._place = place
        self._writer = writer

    async def write(self, chunk: bytes) -> None:
        await self._place.die("write", after=False)
        await self._writer.write(chunk)
        await self._place.die("write", after=True)

    async def finish(self) -> None:
        await self._place.die("finish", after=False)
        await self._writer.finish()
        await self._place.die("finish", after=True)

    async def discard(self) -> None:
        await self._writer.discard()
