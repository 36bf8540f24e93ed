"""A VNC server for a simulated guest's terminal: RFB 3.8 (RFC 6143) with a framebuffer of text, in raw rectangles."""

import asyncio
import struct
from collections.abc import Callable
from typing import Final, Literal

from berthline.hypervisor.in_memory import font
from berthline.hypervisor.in_memory.terminal import Terminal

VERSION: Final = b"RFB 003.008\n"
COLUMNS: Final = 80
ROWS: Final = 25
CELL_WIDTH: Final = 6
CELL_HEIGHT: Final = 10
WIDTH: Final = COLUMNS * CELL_WIDTH
HEIGHT: Final = ROWS * CELL_HEIGHT
TEXT: Final = (200, 200, 200)
GROUND: Final = (0, 0, 40)
NO_PASSWORD: Final = 1
MOST_ENCODINGS: Final = 1024
MOST_CUT: Final = 1 << 16
KEYS: Final = {0xFF0D: "\r", 0xFF8D: "\r", 0xFF08: "\x08"}
"""Keys that are no letters, by their keysym: Return, Enter, Backspace."""

_FORMAT: Final = struct.Struct(">BBBBHHHBBB3x")


class PixelFormat:
    """How a client wants its pixels. Raises ValueError for one with a colour map, or of an odd size."""

    def __init__(self, packed: bytes = _FORMAT.pack(32, 24, 0, 1, 255, 255, 255, 16, 8, 0)) -> None:
        self.packed = packed
        bits, _, big, true_colour, *colours = _FORMAT.unpack(packed)
        if bits not in {8, 16, 32} or not true_colour or max(colours[3:]) >= bits:
            raise ValueError("no such pixels")
        self._size: int = bits // 8
        self._order: Literal["big", "little"] = "big" if big else "little"
        self._most, self._shifts = tuple(colours[:3]), tuple(colours[3:])

    def pixel(self, colour: tuple[int, int, int]) -> bytes:
        """One pixel of this colour, each part of which is 0 to 255."""
        parts = zip(colour, self._most, self._shifts, strict=True)
        value: int = sum((part * most // 255) << shift for part, most, shift in parts)
        room: int = (1 << 8 * self._size) - 1
        return (value & room).to_bytes(self._size, self._order)


class Pen:
    """Draws rows of text in one pixel format."""

    def __init__(self, pixels: PixelFormat) -> None:
        self._ink, self._paper = pixels.pixel(TEXT), pixels.pixel(GROUND)
        self._blank = self._paper * CELL_WIDTH
        self._letters: dict[str, tuple[bytes, ...]] = {}

    def row(self, text: str) -> bytes:
        """A row of cells as pixels, line by line."""
        cells = [self._cell(letter) for letter in text]
        return b"".join(b"".join(cell[line] for cell in cells) for line in range(CELL_HEIGHT))

    def _cell(self, letter: str) -> tuple[bytes, ...]:
        if (drawn := self._letters.get(letter)) is None:
            dots = (
                b"".join(self._ink if dot else self._paper for dot in row) + self._paper for row in font.rows(letter)
            )
            drawn = self._letters[letter] = (self._blank, *dots, self._blank, self._blank)
        return drawn


class Screen:
    """One client of the screen. Fits ``GuestStream``: what is written to it comes from the client.

    Args:
        terminal: what is shown, and gets what is typed.
        name: of the desktop.
        takes_keys: whether the guest looks at its keyboard now.
    """

    def __init__(self, terminal: Terminal, name: str, takes_keys: Callable[[], bool]) -> None:
        self._terminal = terminal
        self._name = name
        self._takes_keys = takes_keys
        self._came = b""
        self._awaits: Callable[[], int] = self._version
        self._out = [VERSION]
        self._news = asyncio.Event()
        self._news.set()
        self._ended = False
        self._pen = Pen(PixelFormat())
        self._sent: list[str] | None = None
        self._wanted = False
        terminal.read_by(self)

    async def read(self) -> bytes:
        while not self._ended:
            self._show()
            if self._out:
                break
            self._news.clear()
            await self._news.wait()
        sent, self._out = b"".join(self._out), []
        return sent

    async def write(self, data: bytes) -> None:
        self._came += data
        while not self._ended and (used := self._awaits()):
            self._came = self._came[used:]

    async def close(self) -> None:
        self.end()

    def end(self) -> None:
        """The guest is off, or nobody looks any more."""
        self._terminal.forget(self)
        self._ended = True
        self._news.set()

    def written(self, text: str) -> None:
        """The terminal shows something else now."""
        self._news.set()

    # What the client says: each returns how many bytes of it are understood, 0 when there must come more.

    def _version(self) -> int:
        if len(self._came) < len(VERSION):
            return 0
        if self._came[: len(VERSION)] != VERSION:
            self.end()
        self._send(bytes((1, NO_PASSWORD)))
        self._awaits = self._security
        return len(VERSION)

    def _security(self) -> int:
        if not self._came:
            return 0
        if self._came[0] != NO_PASSWORD:
            self.end()
        self._send(bytes(4))
        self._awaits = self._client_init
        return 1

    def _client_init(self) -> int:
        if not self._came:
            return 0
        name = self._name.encode("latin-1", "replace")
        size = struct.pack(">HH", WIDTH, HEIGHT)
        self._send(size + PixelFormat().packed + struct.pack(">I", len(name)) + name)
        self._awaits = self._message
        return 1

    def _message(self) -> int:
        if not self._came:
            return 0
        read = {0: self._pixel_format, 2: self._encodings, 3: self._update_request, 4: self._key, 6: self._cut_text}
        lengths = {0: 20, 2: 4, 3: 10, 4: 8, 5: 6, 6: 8}
        kind = self._came[0]
        if kind not in lengths:
            self.end()
            return 0
        if len(self._came) < lengths[kind]:
            return 0
        return read[kind]() if kind in read else lengths[kind]

    def _pixel_format(self) -> int:
        try:
            self._pen = Pen(PixelFormat(self._came[4:20]))
        except ValueError:
            self.end()
        self._sent = None
        return 20

    def _encodings(self) -> int:
        return self._whole(4 + 4 * int.from_bytes(self._came[2:4], "big"), 4 + 4 * MOST_ENCODINGS)

    def _cut_text(self) -> int:
        return self._whole(8 + int.from_bytes(self._came[4:8], "big"), 8 + MOST_CUT)

    def _whole(self, length: int, most: int) -> int:
        if length > most:
            self.end()
        return length if len(self._came) >= length else 0

    def _update_request(self) -> int:
        if not self._came[1]:
            self._sent = None
        self._wanted = True
        self._news.set()
        return 10

    def _key(self) -> int:
        down, keysym = self._came[1], int.from_bytes(self._came[4:8], "big")
        letter = KEYS.get(keysym) or (chr(keysym) if 0x20 <= keysym <= 0x7E else "")
        if down and letter and self._takes_keys():
            self._terminal.type(letter)
        return 8

    # What it is shown.

    def _show(self) -> None:
        """Send the rows that differ from what the client has, once it asked and took what was sent before."""
        if not self._wanted or self._out:
            return
        rows = _rows(self._terminal)
        sent = self._sent
        changed = [place for place, row in enumerate(rows) if sent is None or sent[place] != row]
        if not changed:
            return
        rectangles = (
            struct.pack(">HHHHi", 0, place * CELL_HEIGHT, WIDTH, CELL_HEIGHT, 0) + self._pen.row(rows[place])
            for place in changed
        )
        self._send(struct.pack(">BxH", 0, len(changed)) + b"".join(rectangles))
        self._sent, self._wanted = rows, False

    def _send(self, data: bytes) -> None:
        self._out.append(data)
        self._news.set()


def _rows(terminal: Terminal) -> list[str]:
    """The last lines, as wide as the screen, the one that is typed last."""
    rows: list[str] = []
    for line in (*terminal.lines[-ROWS:], terminal.shown + "_"):
        rows += [line[start : start + COLUMNS] for start in range(0, max(len(line), 1), COLUMNS)]
    return [row.ljust(COLUMNS) for row in (*rows[-ROWS:], *[""] * ROWS)][:ROWS]
