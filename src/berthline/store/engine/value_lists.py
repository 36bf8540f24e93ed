"""Conditions on lists of values that users send: a statement is the same for ten values and for thousands.

SQLite parses a chain of OR or AND as deep as it is long, and stops at 1,000; it has 32,766 parameters for a whole
statement; and a condition for each value looks at each row as often as there are values. So the values travel as one
parameter, a JSON list, that the database makes a set of once for a statement.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, String, cast, func, literal, select
from sqlalchemy.types import TypeDecorator

from berthline.store.tables.base import to_json

FEW: Final = 16
"""So many are parameters of their own: the planner knows then how few there are."""


def one_of(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """The column is one of the values. Of a column with a type of our own the caller bounds how many there may be."""
    if len(values) <= FEW or isinstance(column.type, TypeDecorator):
        return column.in_(values)
    return column.in_(_set(values, column))


def any_tag(column: ColumnElement[Any], tags: Sequence[str]) -> ColumnElement[bool]:
    """The column, a JSON list, has at least one of the tags."""
    held = func.json_each(column).table_valued("value")
    return select(held.c.value).where(one_of(held.c.value, tags)).exists()


def every_tag(column: ColumnElement[Any], tags: Sequence[str]) -> ColumnElement[bool]:
    """The column, a JSON list, has all of the tags; one that is asked for twice counts once."""
    wanted = tuple(dict.fromkeys(tags))
    held = func.json_each(column).table_valued("value")
    return _count_of(held.c.value).where(one_of(held.c.value, wanted)).scalar_subquery() == len(wanted)


def every_row(column: ColumnElement[Any], owned: ColumnElement[bool], values: Sequence[str]) -> ColumnElement[bool]:
    """Among the rows that are ``owned``, the column has all of the values."""
    wanted = tuple(dict.fromkeys(values))
    return _count_of(column).where(owned, one_of(column, wanted)).scalar_subquery() == len(wanted)


def _count_of(column: ColumnElement[Any]) -> Select[tuple[int]]:
    return select(func.count(column.distinct()))


def _set(values: Sequence[Any], column: ColumnElement[Any]) -> Select[tuple[Any]]:
    listed = func.json_each(literal(to_json(list(values)), String)).table_valued("value")
    # PostgreSQL's json_each gives texts, and compares no number with one.
    return select(cast(listed.c.value, column.type) if isinstance(column.type, Integer) else listed.c.value)
