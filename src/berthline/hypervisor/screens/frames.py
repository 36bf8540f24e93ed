"""A picture of a screen, and where two of them differ. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

TILE_WIDTH: Final = 64
TILE_HEIGHT: Final = 16
RGB: Final = 3


class Frame(NamedTuple):
    """Pixels row by row, each three bytes: red, green, blue."""

    width: int
    height: int
    rgb: bytes


class Area(NamedTuple):
    """A rectangle of a frame, in pixels."""

    x: int
    y: int
    width: int
    height: int


def changed(old: Frame | None, new: Frame) -> Sequence[Area]:
    """Where the new frame differs from the old, with tiles side by side as one area; all of it where the sizes do."""
    if old is new:
        return ()
    whole = old is None or (old.width, old.height) != (new.width, new.height)
    areas: list[Area] = []
    for y in range(0, new.height, TILE_HEIGHT):
        height = min(TILE_HEIGHT, new.height - y)
        if whole or old is None:
            areas.append(Area(0, y, new.width, height))
            continue
        start, end = RGB * new.width * y, RGB * new.width * (y + height)
        before, after = old.rgb[start:end], new.rgb[start:end]
        if before != after:
            areas += (Area(x, y, width, height) for x, width in _spans(before, after, new.width))
    return areas


def part(frame: Frame, area: Area) -> bytes:
    """The pixels of the area."""
    line = RGB * frame.width
    first = line * area.y + RGB * area.x
    if area.width == frame.width:
        return frame.rgb[first : first + line * area.height]
    length = RGB * area.width
    starts = range(first, first + line * area.height, line)
    return b"".join(frame.rgb[start : start + length] for start in starts)


def _spans(before: bytes, after: bytes, width: int) -> Iterator[tuple[int, int]]:
    """Where rows of this width differ, as places of the first pixel and widths."""
    line, begun = RGB * width, -1
    for x in range(0, width, TILE_WIDTH):
        length = RGB * min(TILE_WIDTH, width - x)
        starts = range(RGB * x, len(after), line)
        if any(before[start : start + length] != after[start : start + length] for start in starts):
            begun = x if begun < 0 else begun
        elif begun >= 0:
            yield begun, x - begun
            begun = -1
    if begun >= 0:
        yield begun, width - begun
