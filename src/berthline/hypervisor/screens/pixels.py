"""Pixels as a client of RFB wants them (RFC 6143, 7.4). Pure."""

import struct
from functools import reduce
from operator import or_
from typing import Final

_FORMAT: Final = struct.Struct(">BBBBHHHBBB3x")
USUAL: Final = _FORMAT.pack(32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
PARTS: Final = 3
BRIGHTEST: Final = 255


class PixelFormat:
    """How a client wants its pixels. Raises ValueError for one with a colour map, or of an odd size."""

    def __init__(self, packed: bytes = USUAL) -> None:
        self.packed = packed
        bits, _, big, true_colour, *colours = _FORMAT.unpack(packed)
        if bits not in {8, 16, 32} or not true_colour or max(colours[PARTS:]) >= bits:
            raise ValueError("no such pixels")
        self._size: int = bits // 8
        places = range(self._size)
        self._bytes = [
            _tables(8 * place, colours[:PARTS], colours[PARTS:]) for place in (reversed(places) if big else places)
        ]

    def of(self, rgb: bytes) -> bytes:
        """The pixels of three bytes each, as the client wants them."""
        colours = [rgb[start::PARTS] for start in range(PARTS)]
        made = bytearray(len(rgb) // PARTS * self._size)
        for place, tables in enumerate(self._bytes):
            shares = [colours[colour].translate(table) for colour, table in tables]
            if shares:
                made[place :: self._size] = shares[0] if len(shares) == 1 else _joined(shares)
        return bytes(made)


def _tables(low: int, most: list[int], shifts: list[int]) -> list[tuple[int, bytes]]:
    """What each colour gives to the byte of a pixel that begins at this bit; colours that give nothing are left out."""
    made: list[tuple[int, bytes]] = []
    for colour in range(PARTS):
        values = ((part * most[colour] // BRIGHTEST << shifts[colour]) >> low & 0xFF for part in range(256))
        if any(table := bytes(values)):
            made.append((colour, table))
    return made


def _joined(shares: list[bytes]) -> bytes:
    """Bit by bit, all at once."""
    return reduce(or_, (int.from_bytes(share) for share in shares)).to_bytes(len(shares[0]))
