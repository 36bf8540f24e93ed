"""Keys of a keyboard by their numbers, and which are pressed together. Pure.

The numbers are QEMU's: the XT scan code, with the highest bit set for those that E0 goes before. A viewer that knows
them sends them beside its keysym (RFB's extended key event of QEMU's); for one that does not, the keysym says where the
key is on a keyboard of the United States, as which a guest begins.
"""

from collections.abc import Iterator
from typing import Final

SHIFT: Final = 0x2A
MODIFIERS: Final = frozenset({SHIFT, 0x36, 0x1D, 0x9D, 0x38, 0xB8, 0xDB, 0xDC})
"""Shift, Ctrl, Alt and the key with the logo, left and right: held while others are pressed."""
SHIFTS: Final = frozenset({SHIFT, 0x36})
LARGEST: Final = 0xFF

_ROWS: Final = (
    (0x02, "1234567890-=", "!@#$%^&*()_+"),
    (0x10, "qwertyuiop[]", "QWERTYUIOP{}"),
    (0x1E, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (0x2B, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (0x39, " ", ""),
)
_KEYPAD: Final = (0x52, 0x4F, 0x50, 0x51, 0x4B, 0x4C, 0x4D, 0x47, 0x48, 0x49)
"""0 to 9."""
_NAMED: Final = {
    0xFF08: 0x0E, 0xFF09: 0x0F, 0xFE20: 0x0F, 0xFF0D: 0x1C, 0xFF1B: 0x01,  # Backspace, Tab, Shift-Tab, Return, Esc
    0xFF50: 0xC7, 0xFF51: 0xCB, 0xFF52: 0xC8, 0xFF53: 0xCD, 0xFF54: 0xD0,  # Home, Left, Up, Right, Down
    0xFF55: 0xC9, 0xFF56: 0xD1, 0xFF57: 0xCF, 0xFF63: 0xD2, 0xFFFF: 0xD3,  # Page Up, Page Down, End, Insert, Delete
    0xFF13: 0xC6, 0xFF14: 0x46, 0xFF61: 0x54, 0xFF67: 0xDD, 0xFF7F: 0x45,  # Pause, Scroll, Print, Menu, Num Lock
    0xFFE1: SHIFT, 0xFFE2: 0x36, 0xFFE3: 0x1D, 0xFFE4: 0x9D, 0xFFE5: 0x3A,  # Shifts, Ctrls, Caps Lock
    0xFFE7: 0x38, 0xFFE9: 0x38, 0xFFEA: 0xB8, 0xFE03: 0xB8, 0xFFEB: 0xDB, 0xFFEC: 0xDC,  # Meta, Alts, Alt Gr, logos
    0xFF8D: 0x9C, 0xFFAA: 0x37, 0xFFAB: 0x4E, 0xFFAD: 0x4A, 0xFFAE: 0x53, 0xFFAF: 0xB5,  # the keypad's others
    **{0xFFB0 + digit: number for digit, number in enumerate(_KEYPAD)},
    **{0xFFBE + place: 0x3B + place for place in range(10)}, 0xFFC8: 0x57, 0xFFC9: 0x58,  # F1 to F12
}  # fmt: skip


def _letters() -> Iterator[tuple[int, tuple[int, bool]]]:
    for first, plain, shifted in _ROWS:
        for is_shifted, letters in enumerate((plain, shifted)):
            for place, letter in enumerate(letters):
                yield ord(letter), (first + place, bool(is_shifted))


KEYS: Final = {**dict(_letters()), **{keysym: (number, False) for keysym, number in _NAMED.items()}}
"""The key of a keysym, and whether it is that with Shift alone."""


class Chords:
    """What one keyboard presses together: a hypervisor takes keys that go down and up again, not the way of each.

    A key is pressed when it goes down, together with the modifiers that are held; a modifier alone when it comes up and
    nothing was pressed meanwhile.
    """

    def __init__(self) -> None:
        self._held: dict[int, bool] = {}

    def moved(self, keysym: int, number: int, *, down: bool) -> tuple[int, ...]:
        """The keys to press now, modifiers first; none for a key that does nothing now, or that nobody knows.

        Args:
            keysym: X11's.
            number: the key's; 0 for a viewer that does not tell.
            down: whether it went down, else up.
        """
        needs_shift = False
        if not number:
            number, needs_shift = KEYS.get(keysym, (0, False))
        if not 0 < number <= LARGEST:
            return ()
        if number in MODIFIERS:
            return self._modifier(number, down=down)
        if not down:
            return ()
        held = self._used()
        if needs_shift and SHIFTS.isdisjoint(held):
            held = (SHIFT, *held)
        return (*held, number)

    def _modifier(self, number: int, *, down: bool) -> tuple[int, ...]:
        if down:
            self._held.setdefault(number, False)
            return ()
        was_used = self._held.pop(number, True)
        return () if was_used else (*self._used(), number)

    def _used(self) -> tuple[int, ...]:
        self._held = dict.fromkeys(self._held, True)
        return tuple(self._held)
