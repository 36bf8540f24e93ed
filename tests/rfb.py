"""A small client of RFB 3.8 for tests: it shakes hands, takes whole pictures and types."""

import struct
from collections.abc import Awaitable, Callable

import msgspec

KEYS = {"\n": 0xFF0D}
SHIFT = 0xFFE1
SHIFTED = frozenset('~!@#$%^&*()_+{}|:"<>?')
"""What is typed with Shift on a keyboard of the United States, as QEMU takes it, besides capitals."""
GREY = 100
RAW, DESKTOP_SIZE = 0, -223
"""Encodings (RFC 6143, 7.7.1 and 7.8.2): the screen gets another size whenever the guest changes its mode."""


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


class Client:
    """Over what reads some bytes ("" at the end) and what writes."""

    def __init__(self, read: Callable[[], Awaitable[bytes]], write: Callable[[bytes], Awaitable[None]]) -> None:
        self._read = read
        self._write = write
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
        await self._write(struct.pack(">BxHii", 2, 2, RAW, DESKTOP_SIZE))

    async def picture(self) -> Picture:
        """The whole screen as it is now."""
        while (picture := await self._picture_of_one_size()) is None:
            pass
        return picture

    async def _picture_of_one_size(self) -> Picture | None:
        """None where the screen got another size meanwhile."""
        size = self.width, self.height
        await self._write(struct.pack(">BBHHHH", 3, 0, 0, 0, *size))
        pixels, missing = bytearray(4 * self.width * self.height), self.width * self.height
        while missing > 0:
            kind = (await self.take(1))[0]
            assert kind == 0, f"message {kind}"
            (rectangles,) = struct.unpack(">xH", await self.take(3))
            for _ in range(rectangles):
                x, y, width, height, encoding = struct.unpack(">HHHHi", await self.take(12))
                if encoding == DESKTOP_SIZE:
                    self.width, self.height = width, height
                    continue
                assert encoding == RAW
                content = await self.take(4 * width * height)
                missing -= width * height
                for row in range(height):
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
                    await self._write(struct.pack(">BBxxI", 4, down, keysym))
