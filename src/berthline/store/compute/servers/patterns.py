"""Regular expressions from users as conditions that SQLite can mostly judge by itself.

A call into Python for each row costs ten times what comparing text there does. What people look for is nearly always
plain text, or has some in it: rows without that text are left out before the expression is asked.
"""

import re
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, func

_PIECE: Final = re.compile(
    r"\\(?P<escaped>[^a-zA-Z0-9])|(?P<other>\\.|\[\^?\]?[^\[\]\\]*\]|[.*+?^$|])|(?P<plain>.)", re.S
)
_REPEATED: Final = frozenset("*+?")


class Literal(NamedTuple):
    """A pattern that is plain text, perhaps held to the beginning or the end."""

    text: str
    from_start: bool
    to_end: bool


def literal_of(pattern: str) -> Literal | None:
    """The plain text that the pattern is; None when it is more than that. ``.`` is more: it stands for any sign."""
    inner = pattern.removeprefix("^")
    to_end = inner.endswith("$") and not inner.endswith("\\$")
    runs = _runs(inner[:-1] if to_end else inner)
    return Literal(runs[0], inner != pattern, to_end) if len(runs) == 1 else None


def matches(column: ColumnElement[Any], pattern: str) -> list[ColumnElement[bool]]:
    """Conditions that hold together where the pattern matches somewhere in the column; the cheapest comes first."""
    literal = literal_of(pattern)
    if literal is None:
        needed = "" if "|" in pattern else max(_runs(pattern), key=len)
        matched = column.regexp_match(pattern)
        return [func.instr(column, needed) > 0, matched] if needed else [matched]
    if literal.from_start and literal.to_end:
        return [column == literal.text]
    if literal.from_start:
        return [func.instr(column, literal.text) == 1]
    if literal.to_end:
        return [func.instr(column, literal.text) > 0, column.regexp_match(pattern)]
    return [func.instr(column, literal.text) > 0] if literal.text else [column.is_not(None)]


def _runs(pattern: str) -> list[str]:
    """The pieces of plain text that every match has, one for each stretch between other signs; may be empty."""
    runs = [""]
    for piece in _PIECE.finditer(pattern):
        sign = piece["escaped"] or piece["plain"]
        if sign is not None:
            runs[-1] += sign
            continue
        if piece["other"] in _REPEATED:  # what stands before it may be missing
            runs[-1] = runs[-1][:-1]
        runs.append("")
    return runs
