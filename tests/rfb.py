"""A small client of RFB 3.8 for tests: it shakes hands, takes whole pictures and types."""

import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

KEYS = {"\n": 0xFF0D}
SHIFT = 0xFFE1
SHIFTED = frozenset('~!@#$%^&*()_+{}|:"<>?')
"""What is typed with Shift on a keyboard of the United States, as QEMU takes it, besides capitals."""
GREY = 100
RAW, ZLIB, DESKTOP_SIZE, EXTENDED_KEYS = 0, 6, -223, -258
"""Encodings (RFC 6143, 7.7.1 and 7.8.2; zlib and QEMU's from the registry): the screen gets another size whenever the
guest changes its mode."""


class Picture(msgspec.Struct, frozen=True):
    """Pixels as four bytes each: blue, green, red, nothing."""

    width: int
    height: int
    pixels: bytes

    @property
    def lit(self) -> int:
        """How many pixels are bright: what text has, and an empty screen has not."""
        return sum(green > GREY for green in self.pixels[1::4])

    def ppm(self) -> bytes:
        """The picture as a file that image programs read."""
        blue, green, red = self.pixels[0::4], self.pixels[1::4], self.pixels[2::4]
        body = bytearray(3 * self.width * self.height)
        body[0::3], body[1::3], body[2::3] = red, green, blue
        return b"P6 %d %d 255\n" % (self.width, self.height) + bytes(body)


class Rectangle(NamedTuple):
    """What an update tells of a part of the screen."""

    x: int
    y: int
    width: int
    height: int
    encoding: int


class Client:
    """Over what reads some bytes ("" at the end) and what writes. ``encodings`` are those that it takes."""

    def __init__(
        self,
        read: Callable[[], Awaitable[bytes]],
        write: Callable[[bytes], Awaitable[None]],
        encodings: Sequence[int] = (RAW, DESKTOP_SIZE),
    ) -> None:
        self._read = read
        self._write = write
        self._encodings = encodings
        self._inflate = zlib.decompressobj()
        self._came = b""
        self.width = self.height = 0
        self.name = ""

    async def take(self, count: int) -> bytes:
        """So many bytes. Raises EOFError when the end comes first."""
        while len(self._came) < count:
            more = await self._read()
            if not more:
                raise EOFError(f"{len(self._came)} of {count} bytes came")
            self._came += more
        taken, self._came = self._came[:count], self._came[count:]
        return taken

    async def shake_hands(self) -> None:
        """Up to the size and the name of the desktop."""
        assert await self.take(12) == b"RFB 003.008\n"
        await self._write(b"RFB 003.008\n")
        kinds = await self.take((await self.take(1))[0])
        assert 1 in kinds, f"no access without a password: {kinds!r}"
        await self._write(b"\x01")
        assert await self.take(4) == bytes(4)
        await self._write(b"\x01")
        self.width, self.height = struct.unpack(">HH", await self.take(4))
        await self.take(16)
        self.name = (await self.take(struct.unpack(">I", await self.take(4))[0])).decode("latin-1")
        await self._write(struct.pack(">BxxxBBBBHHHBBBxxx", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        count = len(self._encodings)
        await self._write(struct.pack(f">BxH{count}i", 2, count, *self._encodings))

    async def picture(self) -> Picture:
        """The whole screen as it is now."""
        while (picture := await self._picture_of_one_size()) is None:
            pass
        return picture

    async def ask(self, *, whole: bool) -> None:
        """For all of the screen, or for what changes in it."""
        await self._write(struct.pack(">BBHHHH", 3, not whole, 0, 0, self.width, self.height))

    async def update(self) -> Mapping[Rectangle, bytes]:
        """What comes next: parts of the screen, and their pixels."""
        kind = (await self.take(1))[0]
        assert kind == 0, f"message {kind}"
        (rectangles,) = struct.unpack(">xH", await self.take(3))
        came: dict[Rectangle, bytes] = {}
        for _ in range(rectangles):
            rectangle = Rectangle(*struct.unpack(">HHHHi", await self.take(12)))
            assert rectangle.encoding in self._encodings
            came[rectangle] = await self._content(rectangle)
            if rectangle.encoding == DESKTOP_SIZE:
                self.width, self.height = rectangle.width, rectangle.height
        return came

    async def _content(self, rectangle: Rectangle) -> bytes:
        length = 4 * rectangle.width * rectangle.height
        if rectangle.encoding == RAW:
            return await self.take(length)
        if rectangle.encoding == ZLIB:
            content = self._inflate.decompress(await self.take(struct.unpack(">I", await self.take(4))[0]))
            assert len(content) == length
            return content
        return b""

    async def _picture_of_one_size(self) -> Picture | None:
        """None where the screen got another size meanwhile."""
        size = self.width, self.height
        await self.ask(whole=True)
        pixels, missing = bytearray(4 * self.width * self.height), self.width * self.height
        while missing > 0:
            for (x, y, width, height, _), content in (await self.update()).items():
                missing -= width * height if content else 0
                for row in range(height if content else 0):
                    start = 4 * ((y + row) * size[0] + x)
                    pixels[start : start + 4 * width] = content[4 * width * row : 4 * width * (row + 1)]
            if (self.width, self.height) != size:
                return None
        return Picture(*size, bytes(pixels))

    async def type(self, text: str) -> None:
        """Press and release each key."""
        for letter in text:
            keysyms = [SHIFT] if letter in SHIFTED or letter.isupper() else []
            keysyms.append(KEYS.get(letter, ord(letter)))
            for down, pressed in ((1, keysyms), (0, keysyms[::-1])):
                for keysym in pressed:
                    await self.key(down, keysym)

    async def key(self, down: int, keysym: int, number: int = 0) -> None:
        """A key goes down, or up; with its number, where there is one."""
        if number:
            await self._write(struct.pack(">BBHII", 255, 0, down, keysym, number))
        else:
            await self._write(struct.pack(">BBxxI", 4, down, keysym))
