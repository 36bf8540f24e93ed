"""Finds the line of a TOML file on which a setting stands; Python's parser gives values without their places."""

import re
from typing import Final

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_\-.\"' ]+?)\s*=")


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """The line (from 1) of the setting at ``path``, or of the nearest table around it that has a line of its own.

    Tables within one line and values over several lines count as the line on which their key stands.
    """
    lines = _places(text)
    wanted = path
    while wanted and wanted not in lines:
        wanted = wanted[:-1]
    return lines.get(wanted, 1)


def _places(text: str) -> dict[tuple[str | int, ...], int]:
    places: dict[tuple[str | int, ...], int] = {}
    counts: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header.group(2))
            if header.group(1) == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
                places.setdefault(table, number)
                table = (*table, index)
            places.setdefault(table, number)
        elif key := _KEY.match(line):
            full = (*table, *_parts(key.group(1)))
            for length in range(len(table) + 1, len(full) + 1):
                places.setdefault(full[:length], number)
    return places


def _parts(dotted: str) -> tuple[str | int, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
