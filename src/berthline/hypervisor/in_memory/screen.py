"""The screen of a simulated guest: its terminal, drawn in dots."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from berthline.domain.errors import OutsideError
from berthline.hypervisor.in_memory import font
from berthline.hypervisor.in_memory.terminal import Terminal
from berthline.hypervisor.screens.frames import Frame
from berthline.hypervisor.screens.viewer import Looker, Viewer

COLUMNS: Final = 80
ROWS: Final = 25
CELL_WIDTH: Final = 6
CELL_HEIGHT: Final = 10
WIDTH: Final = COLUMNS * CELL_WIDTH
HEIGHT: Final = ROWS * CELL_HEIGHT
TEXT: Final = bytes((200, 200, 200))
GROUND: Final = bytes((0, 0, 40))
BLANK: Final = GROUND * CELL_WIDTH
ROWS_KEPT: Final = 256
KEYS: Final = {0xFF0D: "\r", 0xFF8D: "\r", 0xFF08: "\x08"}
"""Keys that are no letters, by their keysym: Return, Enter, Backspace."""


class Screen(Viewer):
    """One who looks. Fits ``GuestStream``.

    Args:
        terminal: what is shown, and gets what is typed.
        name: of the desktop.
        takes_keys: whether the guest looks at its keyboard now.
    """

    def __init__(self, terminal: Terminal, name: str, takes_keys: Callable[[], bool]) -> None:
        async def key(down: bool, keysym: int, _number: int) -> None:
            letter = KEYS.get(keysym) or (chr(keysym) if 0x20 <= keysym <= 0x7E else "")
            if down and letter and takes_keys():
                terminal.type(letter)

        super().__init__(Shown(terminal, name), key)
        self._terminal = terminal
        terminal.read_by(self)

    def written(self, text: str) -> None:
        """The terminal shows something else now."""
        self.news()

    def end(self, error: OutsideError | None = None) -> None:
        """The guest is off, or nobody looks any more."""
        self._terminal.forget(self)
        super().end(error)


class Shown:
    """What one who looks at a terminal sees. Fits ``Scene``."""

    def __init__(self, terminal: Terminal, name: str) -> None:
        self._terminal = terminal
        self._name = name
        self._rows: list[str] = []
        self._frame: Frame | None = None

    @property
    def name(self) -> str:
        return self._name

    def frame(self) -> Frame:
        rows = _rows(self._terminal)
        if self._frame is None or rows != self._rows:
            self._rows, self._frame = rows, Frame(WIDTH, HEIGHT, b"".join(map(_drawn, rows)))
        return self._frame

    async def leave(self, looker: Looker) -> None:
        """It is his own."""


def _rows(terminal: Terminal) -> list[str]:
    """The last lines, as wide as the screen, the one that is typed last."""
    rows: list[str] = []
    for line in (*terminal.lines[-ROWS:], terminal.shown + "_"):
        rows += [line[start : start + COLUMNS] for start in range(0, max(len(line), 1), COLUMNS)]
    return [row.ljust(COLUMNS) for row in (*rows[-ROWS:], *[""] * ROWS)][:ROWS]


@lru_cache(maxsize=ROWS_KEPT)
def _drawn(row: str) -> bytes:
    """A row of cells, line by line."""
    cells = [_cell(letter) for letter in row]
    return b"".join(b"".join(cell[line] for cell in cells) for line in range(CELL_HEIGHT))


@lru_cache(maxsize=256)
def _cell(letter: str) -> tuple[bytes, ...]:
    dots = (b"".join(TEXT if dot else GROUND for dot in row) + GROUND for row in font.rows(letter))
    return (BLANK, *dots, BLANK, BLANK)
