"""Bytes of images in memory: a ``domain.image_store.ImageStore`` that outlives the processes of a test."""

from collections.abc import AsyncIterator
from typing import Literal

from berthline.domain.errors import NotFound
from berthline.domain.image_store import CHUNK, BytesName, Held, Mark


class _Writer:
    def __init__(self, place: "PlaceInMemory", name: BytesName) -> None:
        self._place = place
        self._name = name
        place.parts[name] = bytearray()

    async def write(self, chunk: bytes) -> None:
        self._place.parts[self._name] += chunk

    async def finish(self) -> None:
        self._place.whole[self._name] = bytes(self._place.parts.pop(self._name))

    async def discard(self) -> None:
        await self._place.delete(self._name)


class PlaceInMemory:
    """See the module."""

    place = "memory"
    kind: Literal["file", "s3"] = "file"
    marks_once = True

    def __init__(self) -> None:
        self.whole: dict[BytesName, bytes] = {}
        self.parts: dict[BytesName, bytearray] = {}
        self._mark: Mark | None = None

    async def mark(self) -> Mark | None:
        return self._mark

    async def set_mark(self, mark: Mark) -> Mark:
        self._mark = self._mark or mark
        return self._mark

    async def begin(self, name: BytesName, most: int) -> _Writer:
        return _Writer(self, name)

    async def size(self, name: BytesName) -> int:
        return len(self._found(name))

    async def read(self, name: BytesName, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        end = None if last is None else last + 1
        content = self._found(name)[first:end]
        for start in range(0, len(content), CHUNK):
            yield content[start : start + CHUNK]

    async def delete(self, name: BytesName) -> None:
        self.whole.pop(name, None)
        self.parts.pop(name, None)

    async def look(self) -> Held:
        return Held(frozenset(self.whole), frozenset(self.parts))

    async def check(self) -> None:
        """It can always be used."""

    def close(self) -> None:
        """It holds nothing that has to end."""

    def _found(self, name: BytesName) -> bytes:
        try:
            return self.whole[name]
        except KeyError:
            raise NotFound(f"there are no bytes named {name}") from None
