"""Screens and serial consoles of a world's guests, for who looks at them from another process.

What a guest sends is asked for, a call after the other, each of which waits for some of it.
"""

import asyncio
import itertools
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, cast

from berthline.domain.errors import OutsideError, Refused
from berthline.domain.hypervisor import GuestStream
from berthline.domain.ids import HostName, ServerId

if TYPE_CHECKING:
    from berthline.simulated.link import Link

StreamKind = Literal["screen", "serial"]
WAIT_SECONDS: Final = 10.0
"""How long a call waits for something to be sent."""
MOST: Final = 256
"""Streams of one who looks; each has a call under way."""


class Streams:
    """What is open in a world, by who opened it."""

    def __init__(self) -> None:
        self._open: dict[object, dict[int, GuestStream]] = {}
        self._numbers = itertools.count(1)
        self._ending: set[asyncio.Task[None]] = set()

    def add(self, who: object, stream: GuestStream) -> int:
        """Keep a stream; returns its number. Raises Refused for one too many."""
        own = self._open.setdefault(who, {})
        if len(own) >= MOST:
            raise Refused(f"at most {MOST} consoles may be open at once; close one")
        number = next(self._numbers)
        own[number] = stream
        return number

    async def read(self, who: object, number: int) -> bytes | None:
        """What came; b"" at the end, None when nothing came for a while: ask again."""
        stream = self._open.get(who, {}).get(number)
        if stream is None:
            return b""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await stream.read()
        except TimeoutError:
            return None

    async def write(self, who: object, number: int, data: bytes) -> None:
        """Have the guest get this; nothing when it is closed."""
        if (stream := self._open.get(who, {}).get(number)) is not None:
            await stream.write(data)

    async def close(self, who: object, number: int) -> None:
        """Let one go."""
        own = self._open.get(who, {})
        if (stream := own.pop(number, None)) is not None:
            await stream.close()
        if not own:
            self._open.pop(who, None)

    def forget(self, who: object) -> None:
        """Let all go that somebody had, who is gone."""
        for number in tuple(self._open.get(who, ())):
            task = asyncio.ensure_future(self.close(who, number))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


class DistantStream:
    """One of them, from the other side. Fits ``GuestStream``."""

    def __init__(self, link: "Link", number: int) -> None:
        self._link = link
        self._number = number
        self._closed = asyncio.Event()

    @classmethod
    async def opened(cls, link: "Link", host: HostName, server_id: ServerId, kind: StreamKind) -> "DistantStream":
        """Open it. Raises Refused and Transient, as the verbs do."""
        return cls(link, cast("int", await link.call("open_stream", host, server_id, kind)))

    async def read(self) -> bytes:
        while not self._closed.is_set():
            data = cast("bytes | None", await self._link.call("read_stream", self._number))
            if data is not None:
                return data
        return b""

    async def write(self, data: bytes) -> None:
        await self._link.call("write_stream", self._number, data)

    async def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            with suppress(OutsideError):
                await self._link.call("close_stream", self._number)
