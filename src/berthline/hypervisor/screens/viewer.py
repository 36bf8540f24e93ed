"""One who looks at a screen: a server of RFB 3.8 (RFC 6143), without a password, over bytes that come and go.

Pictures go out in raw rectangles, or deflated for who takes that (encoding 6), and again only where they changed. The
keys come with their numbers from a viewer that knows QEMU's extended key event. A pointer moves nothing.
"""

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, Protocol

from berthline.domain.errors import OutsideError, Refused
from berthline.hypervisor.screens.frames import Area, Frame, changed, part
from berthline.hypervisor.screens.pixels import PixelFormat

VERSION: Final = b"RFB 003.008\n"
NO_PASSWORD: Final = 1
MOST_ENCODINGS: Final = 1024
MOST_CUT: Final = 1 << 16
PIECE: Final = 1 << 18
"""Bytes of a picture that are made before they are taken."""
RAW: Final = 0
ZLIB: Final = 6
DESKTOP_SIZE: Final = -223
EXTENDED_KEYS: Final = -258
"""QEMU's: a key event that has the key's number beside its keysym."""
FAST: Final = 1


class Looker(Protocol):
    """Who looks, as what is looked at knows him."""

    def news(self) -> None:
        """There is another picture."""

    def end(self, error: OutsideError | None = None) -> None:
        """There is no more to come; the reason, where it is one to tell."""


class Scene(Protocol):
    """What is looked at. ``name`` is shown by viewers."""

    @property
    def name(self) -> str: ...

    def frame(self) -> Frame:
        """How it is now: the same object for as long as nothing changed."""
        ...

    async def leave(self, looker: Looker) -> None:
        """He looks no more. A second time is fine."""
        ...


Key = Callable[[bool, int, int], Awaitable[None]]
"""A key went down, or up: its keysym, and its number or 0."""


class Viewer:
    """Fits ``GuestStream``: what is written to it comes from the viewer. Nonsense is the end."""

    def __init__(self, scene: Scene, key: Key) -> None:
        self._scene = scene
        self._key = key
        self._came = bytearray()
        self._awaits: Callable[[], Awaitable[int]] = self._version
        self._replies = [VERSION]
        self._news = asyncio.Event()
        self._ended = False
        self._error: OutsideError | None = None
        self._pixels = PixelFormat()
        self._encodings: frozenset[int] = frozenset()
        self._deflate = zlib.compressobj(FAST)
        self._size = 0, 0
        self._sent: Frame | None = None
        self._wanted = False
        self._told_of_keys = False
        self._pieces: Iterator[bytes] | None = None
        self._making: asyncio.Future[bytes] | None = None
        self._messages: dict[int, tuple[int, Callable[[], Awaitable[int]]]] = {
            0: (20, self._pixel_format),
            2: (4, self._set_encodings),
            3: (10, self._update_request),
            4: (8, self._key_event),
            5: (6, self._pointer_event),
            6: (8, self._cut_text),
            255: (12, self._extended_key_event),
        }  # by the first byte of a message: how much of it says how long it is, and who understands it

    async def read(self) -> bytes:
        while not self._is_over():
            self._news.clear()
            if self._replies:
                said, self._replies = b"".join(self._replies), []
                return said
            if self._pieces is not None:
                if piece := await self._piece(self._pieces):
                    return piece
                self._pieces = None
            elif not await self._begins():
                await self._news.wait()
        if self._error is not None:
            raise self._error
        return b""

    def _is_over(self) -> bool:
        return self._ended

    async def _piece(self, pieces: Iterator[bytes]) -> bytes:
        """The next of what is made of a picture, b"" when it is all there. Who gives up waiting loses nothing of it."""
        if self._making is None:
            self._making = asyncio.ensure_future(asyncio.to_thread(_some_of, pieces))
        made = await asyncio.shield(self._making)
        self._making = None
        return made

    async def write(self, data: bytes) -> None:
        self._came += data
        while not self._ended and (used := await self._awaits()):
            del self._came[:used]

    async def close(self) -> None:
        self.end()
        await self._scene.leave(self)

    def news(self) -> None:
        """There is another picture."""
        self._news.set()

    def end(self, error: OutsideError | None = None) -> None:
        """There is no more to come."""
        if not self._ended:
            self._ended, self._error = True, error
        self._news.set()

    # What the viewer says: each returns how many bytes of it are understood, 0 when there must come more.

    async def _version(self) -> int:
        if len(self._came) < len(VERSION):
            return 0
        if not self._came.startswith(VERSION):
            self.end()
        self._reply(bytes((1, NO_PASSWORD)))
        self._awaits = self._security
        return len(VERSION)

    async def _security(self) -> int:
        if not self._came:
            return 0
        if self._came[0] != NO_PASSWORD:
            self.end()
        self._reply(bytes(4))
        self._awaits = self._client_init
        return 1

    async def _client_init(self) -> int:
        if not self._came:
            return 0
        name, frame = self._scene.name.encode("latin-1", "replace"), self._scene.frame()
        self._size = frame.width, frame.height
        self._reply(struct.pack(">HH", *self._size) + self._pixels.packed + struct.pack(">I", len(name)) + name)
        self._awaits = self._message
        return 1

    async def _message(self) -> int:
        if not self._came:
            return 0
        kind = self._came[0]
        if kind not in self._messages:
            self.end()
            return 0
        length, understood = self._messages[kind]
        return 0 if len(self._came) < length else await understood()

    async def _pixel_format(self) -> int:
        try:
            self._pixels = PixelFormat(bytes(self._came[4:20]))
        except ValueError:
            self.end()
        self._sent = None
        return 20

    async def _set_encodings(self) -> int:
        count = int.from_bytes(self._came[2:4])
        length = self._whole(4 + 4 * count, 4 + 4 * MOST_ENCODINGS)
        if length:
            self._encodings = frozenset(struct.unpack_from(f">{count}i", self._came, 4))
        return length

    async def _update_request(self) -> int:
        if not self._came[1]:
            self._sent = None
        self._wanted = True
        self._news.set()
        return 10

    async def _key_event(self) -> int:
        await self._key(bool(self._came[1]), int.from_bytes(self._came[4:8]), 0)
        return 8

    async def _pointer_event(self) -> int:
        return 6

    async def _cut_text(self) -> int:
        return self._whole(8 + int.from_bytes(self._came[4:8]), 8 + MOST_CUT)

    async def _extended_key_event(self) -> int:
        kind, _, down, keysym, number = struct.unpack_from(">BBHII", self._came)
        if self._came[1] != 0:
            self.end()
        elif kind:
            await self._key(bool(down), keysym, number)
        return 12

    def _whole(self, length: int, most: int) -> int:
        if length > most:
            self.end()
            return 0
        return length if len(self._came) >= length else 0

    def _reply(self, data: bytes) -> None:
        self._replies.append(data)
        self._news.set()

    # What it is shown.

    async def _begins(self) -> bool:
        """Begin with a picture, once it was asked for and differs from what was sent before."""
        if not self._wanted:
            return False
        frame, sent = self._scene.frame(), self._sent
        if (frame.width, frame.height) != self._size:
            return self._resized(frame)
        areas = await asyncio.to_thread(changed, sent, frame)
        tells = EXTENDED_KEYS in self._encodings and not self._told_of_keys
        if not areas and not tells:
            return False
        if self._sent is sent:  # else all of it was asked for meanwhile, and again once this is there
            self._sent = frame
        self._wanted = False
        self._told_of_keys |= tells
        self._pieces = self._picture(frame, areas, tells=tells)
        return True

    def _resized(self, frame: Frame) -> bool:
        if DESKTOP_SIZE not in self._encodings:
            self.end(Refused("The screen has another size now, which this viewer does not follow. Open it again."))
            return True
        self._size, self._sent, self._wanted = (frame.width, frame.height), None, False
        self._pieces = iter([_header(1) + _rectangle(Area(0, 0, *self._size), DESKTOP_SIZE)])
        return True

    def _picture(self, frame: Frame, areas: Sequence[Area], *, tells: bool) -> Iterator[bytes]:
        """An update, in pieces."""
        pixels, deflated = self._pixels, ZLIB in self._encodings
        yield _header(len(areas) + tells)
        if tells:
            yield _rectangle(Area(0, 0, 0, 0), EXTENDED_KEYS)
        for area in areas:
            content = pixels.of(part(frame, area))
            if deflated:
                content = self._deflate.compress(content) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
                yield _rectangle(area, ZLIB) + struct.pack(">I", len(content)) + content
            else:
                yield _rectangle(area, RAW) + content


def _some_of(pieces: Iterator[bytes]) -> bytes:
    """Runs in a thread."""
    made: list[bytes] = []
    length = 0
    for each in pieces:
        made.append(each)
        length += len(each)
        if length >= PIECE:
            break
    return b"".join(made)


def _header(rectangles: int) -> bytes:
    return struct.pack(">BxH", 0, rectangles)


def _rectangle(area: Area, encoding: int) -> bytes:
    return struct.pack(">HHHHi", *area, encoding)
