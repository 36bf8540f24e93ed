"""Pixels in the order, the size and the depth that a client asked for."""

import struct

import pytest

from berthline.hypervisor.screens.pixels import PixelFormat

COLOURS = bytes((255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 18, 52, 86))
FORMATS = [
    (32, 0, (255, 255, 255), (0, 8, 16)),
    (32, 0, (255, 255, 255), (16, 8, 0)),
    (32, 1, (255, 255, 255), (16, 8, 0)),
    (32, 1, (1023, 1023, 1023), (20, 10, 0)),
    (16, 0, (31, 63, 31), (11, 5, 0)),
    (16, 1, (31, 31, 31), (10, 5, 0)),
    (8, 0, (7, 7, 3), (0, 3, 6)),
]


@pytest.mark.parametrize(("bits", "big", "most", "shifts"), FORMATS)
def test_pixels_are_as_the_client_wants_them(
    bits: int, big: int, most: tuple[int, ...], shifts: tuple[int, ...]
) -> None:
    packed = struct.pack(">BBBBHHHBBB3x", bits, bits, big, 1, *most, *shifts)
    expected = b""
    for start in range(0, len(COLOURS), 3):
        parts = zip(COLOURS[start : start + 3], most, shifts, strict=True)
        value = sum((part * greatest // 255) << shift for part, greatest, shift in parts)
        expected += (value & ((1 << bits) - 1)).to_bytes(bits // 8, "big" if big else "little")
    assert PixelFormat(packed).of(COLOURS) == expected


@pytest.mark.parametrize("wrong", [(24, 0, 1, 0), (32, 0, 0, 0), (16, 0, 1, 16)])
def test_pixels_that_there_are_not_are_refused(wrong: tuple[int, int, int, int]) -> None:
    bits, big, true_colour, shift = wrong
    with pytest.raises(ValueError, match="no such pixels"):
        PixelFormat(struct.pack(">BBBBHHHBBB3x", bits, bits, big, true_colour, 31, 31, 31, shift, 0, 0))
