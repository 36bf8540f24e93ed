"""Which part of an image's bytes a request asks for, by ``Range``, or as Glance takes it, too, by ``Content-Range``."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from berthline.domain.errors import BadRequest, RangeNotSatisfiable

_RANGE: Final = re.compile(r"bytes\s*=\s*(?:(\d{1,19})\s*-\s*(\d{1,19})?|-\s*(\d{1,19}))\s*")
_CONTENT_RANGE: Final = re.compile(r"bytes\s+(\d{1,19})\s*-\s*(\d{1,19})\s*/\s*(?:\d{1,19}|\*)\s*")

Part = Callable[[int], tuple[int, int]]
"""From the size of an image, the first and the last byte that are asked for. Raises RangeNotSatisfiable."""


def asked_part(headers: Mapping[str, str]) -> Part | None:
    """What the headers ask for, None for all of it. Raises BadRequest, RangeNotSatisfiable for what is no one range."""
    if (text := headers.get("range")) is not None:
        return _of_range(text)
    if (text := headers.get("content-range")) is not None:
        return _of_content_range(text)
    return None


def _of_range(text: str) -> Part:
    if "," in text:
        raise BadRequest("Several ranges in one request are not offered: ask for each of them by a request of its own.")
    match = _RANGE.fullmatch(text)
    if match is None or (match[2] and int(match[2]) < int(match[1])):
        raise RangeNotSatisfiable("Invalid Range header.")

    def part(size: int) -> tuple[int, int]:
        if match[1] is None:  # so many of the end
            return _within(size, size - min(int(match[3]), size), size - 1, "Range")
        return _within(size, int(match[1]), min(int(match[2] or size), size - 1), "Range")

    return part


def _of_content_range(text: str) -> Part:
    match = _CONTENT_RANGE.fullmatch(text)
    if match is None or int(match[2]) < int(match[1]):
        raise RangeNotSatisfiable("Invalid Content-Range header.")

    def part(size: int) -> tuple[int, int]:
        if int(match[2]) >= size > int(match[1]):
            raise RangeNotSatisfiable(
                f"Invalid stop position in Content-Range header: the image has the bytes 0 to {size - 1}."
            )
        return _within(size, int(match[1]), int(match[2]), "Content-Range")

    return part


def _within(size: int, first: int, last: int, header: str) -> tuple[int, int]:
    if first >= size:
        there = f"the image has the bytes 0 to {size - 1}" if size else "the image has no byte"
        raise RangeNotSatisfiable(f"Invalid start position in {header} header: {there}.")
    return first, last
