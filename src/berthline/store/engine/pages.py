"""Lists of network objects: Neutron's filters, order and keyset pages, the same way for every noun."""

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    false,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from berthline.domain.errors import InvalidInput
from berthline.store.engine.prepared import Row
from berthline.store.engine.value_lists import any_tag, every_tag, one_of

T = TypeVar("T")

Filter = Callable[[tuple[str, ...]], ColumnElement[bool]]
"""A condition from the values of one query parameter: any of them may match."""

_TRUE: Final = frozenset({"1", "t", "true", "on", "y", "yes"})
_FALSE: Final = frozenset({"0", "f", "false", "off", "n", "no"})
_LONGEST_NUMBER: Final = 18
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
CHUNK: Final = 900
"""How many ids one IN may hold: below every database's limit of parameters."""


class SortBy(msgspec.Struct, frozen=True):
    """One key of the order, by Neutron's name for it."""

    key: str
    descending: bool = False


class ListRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list. ``filters`` by Neutron's names, each with all its values; ``reverse`` pages backwards.

    ``after`` is a ``position`` in the order, and says more than a marker: it holds when what was there is deleted.
    """

    filters: Mapping[str, tuple[str, ...]] = {}
    sort: tuple[SortBy, ...] = ()
    limit: int | None = None
    marker: str | None = None
    reverse: bool = False
    after: tuple[Any, ...] | None = None


class Listed(msgspec.Struct, frozen=True):
    """What lists of one noun can filter and sort by."""

    filters: Mapping[str, Filter]
    sortable: Mapping[str, ColumnElement[Any]]


def equals(column: ColumnElement[Any]) -> Filter:
    """The column is one of the values, as text."""
    return lambda values: one_of(column, values)


def sparse(column: ColumnElement[Any]) -> Filter:
    """``equals`` for a column that is mostly "", whose index leaves those out: a statement has to say so to use it."""
    filled: ColumnElement[bool] = literal_column(f"{column} <> ''")

    def condition(values: tuple[str, ...]) -> ColumnElement[bool]:
        found = one_of(column, values)
        return found if "" in values else and_(found, filled)

    return condition


def flag(column: ColumnElement[Any]) -> Filter:
    """The column is the boolean that was asked for."""
    return lambda values: column.in_({boolean(value) for value in values})


def number(column: ColumnElement[Any]) -> Filter:
    """The column is one of the numbers; what no column can hold matches nothing."""

    def condition(values: tuple[str, ...]) -> ColumnElement[bool]:
        try:
            return one_of(column, [int(value) for value in values if len(value) <= _LONGEST_NUMBER])
        except ValueError:
            raise InvalidInput(f"Invalid input for operation: {values[0][:64]!r} is not an integer.") from None

    return condition


def since(column: ColumnElement[Any]) -> Filter:
    """The column, in microseconds since the epoch, is at or after the time asked for; the first value counts."""
    return lambda values: column >= _microseconds(values[0])


def _microseconds(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            f"Invalid input for operation: The input changed_since must be in the following format: "
            f"YYYY-MM-DDTHH:MM:SSZ, not '{text[:64]}'."
        ) from None
    zoned = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return (zoned - _EPOCH) // timedelta(microseconds=1)


def address(column: ColumnElement[Any]) -> Filter:
    """The column, kept as packed bytes, is one of the addresses; what is no address matches nothing."""
    return lambda values: column.in_([found for value in values if (found := _canonical(value)) is not None])


def boolean(text: str) -> bool:
    """A boolean of a query. Raises InvalidInput."""
    lowered = text.strip().lower()
    if lowered in _TRUE or lowered in _FALSE:
        return lowered in _TRUE
    raise InvalidInput(f"Invalid input for operation: '{text[:64]}' is not a valid boolean value.")


def standard_filters(table: Any) -> dict[str, Filter]:
    """Filters that every noun has: id, name, description, project, revision, the time of its last change and the four
    kinds of tags.
    """
    found: dict[str, Filter] = {
        "id": equals(table.c.id),
        "description": equals(table.c.description),
        "project_id": equals(table.c.project_id),
        "tenant_id": equals(table.c.project_id),
        "revision_number": number(table.c.revision),
        "changed_since": since(table.c.updated_at),
    }
    if "name" in table.c:
        found["name"] = equals(table.c.name)
    if "tags" in table.c:
        found |= _tag_filters(table.c.tags)
    return found


def sortable(table: Any, *names: str) -> dict[str, ColumnElement[Any]]:
    """Sort keys that every noun has, and the columns ``names``; all are never null."""
    found: dict[str, ColumnElement[Any]] = {
        "id": table.c.id,
        "project_id": table.c.project_id,
        "tenant_id": table.c.project_id,
        "revision_number": table.c.revision,
        "created_at": table.c.created_at,
        "updated_at": table.c.updated_at,
    }
    return found | {name: table.c[name] for name in names}


def fetch(
    connection: Connection,
    statement: Select[*tuple[Any, ...]],
    table: Any,
    listed: Listed,
    wanted: ListRequest,
    visible: ColumnElement[bool] | None,
    parameters: Mapping[str, Any] = MappingProxyType({}),
) -> Sequence[RowMapping] | None:
    """The rows of one page, in order; None when the marker is not there for whoever asks.

    ``parameters`` are of the statement, and of filters and keys that have some.
    """
    chosen = _chosen(connection, statement, table, listed, wanted, visible, parameters)
    if chosen is None:
        return None
    rows = connection.execute(chosen, parameters).mappings().all()
    return rows[::-1] if wanted.reverse else rows


def fetch_rows(
    connection: Connection,
    statement: Select[*tuple[Any, ...]],
    table: Any,
    listed: Listed,
    wanted: ListRequest,
    visible: ColumnElement[bool] | None,
) -> Sequence[Row] | None:
    """``fetch`` with rows as the driver has them, for nouns whose lists are long.

    What is sorted and cut are ids; the columns of ``statement``, which may cost something, are those of the page alone.
    """
    chosen = _chosen(connection, select(table.c.id), table, listed, wanted, visible)
    if chosen is None:
        return None
    result = connection.execute(statement.where(table.c.id.in_(chosen)).order_by(*_order(table, listed, wanted)))
    assert result.cursor is not None, "a select has a cursor"
    rows: Sequence[Row] = result.cursor.fetchall()
    result.close()
    return rows[::-1] if wanted.reverse else rows


def position(listed: Listed, wanted: ListRequest, value: Any) -> tuple[Any, ...] | None:
    """Where a value lies in the order that is asked for; None when the value does not tell it."""
    names = [*(str(listed.sortable[sort.key].name) for sort in wanted.sort), "id"]
    if not all(hasattr(value, name) for name in names):
        return None
    return tuple(getattr(value, name) for name in names)


def _chosen(
    connection: Connection,
    statement: Select[*tuple[Any, ...]],
    table: Any,
    listed: Listed,
    wanted: ListRequest,
    visible: ColumnElement[bool] | None,
    parameters: Mapping[str, Any] = MappingProxyType({}),
) -> Select[*tuple[Any, ...]] | None:
    """``statement`` for the page that is asked for; None when its marker is not there."""
    conditions = [listed.filters[name](values) for name, values in wanted.filters.items()]
    if visible is not None:
        conditions.append(visible)
    keys = _keys(table, listed, wanted)
    if wanted.after is not None:
        conditions.append(_beyond(keys, wanted.after))
    elif wanted.marker is not None:
        anchor = _anchor(connection, table, wanted.marker, [key for key, _ in keys], visible, parameters)
        if anchor is None:
            return None
        conditions.append(_beyond(keys, anchor))
    return statement.where(*conditions).order_by(*_order(table, listed, wanted)).limit(wanted.limit)


def _keys(table: Any, listed: Listed, wanted: ListRequest) -> list[tuple[ColumnElement[Any], bool]]:
    """What the rows are sorted by, and whether downwards."""
    keys = [(listed.sortable[sort.key], sort.descending != wanted.reverse) for sort in wanted.sort]
    return [*keys, (table.c.id, wanted.reverse)]


def _order(table: Any, listed: Listed, wanted: ListRequest) -> list[ColumnElement[Any]]:
    return [key.desc() if down else key.asc() for key, down in _keys(table, listed, wanted)]


def as_value(row: RowMapping, kind: type[T], more: Mapping[str, Any] = MappingProxyType({})) -> T:
    """The row, and ``more`` that comes from other tables, as a value of ``kind``."""
    return msgspec.convert({str(name): value for name, value in row.items()} | dict(more), kind)


def in_chunks(ids: Iterable[str]) -> Iterable[list[str]]:
    """The ids in parts that one statement can name."""
    every = list(ids)
    for start in range(0, len(every), CHUNK):
        yield every[start : start + CHUNK]


def _anchor(
    connection: Connection,
    table: Any,
    marker: str,
    keys: Sequence[ColumnElement[Any]],
    visible: ColumnElement[bool] | None,
    parameters: Mapping[str, Any],
) -> Sequence[Any] | None:
    statement = select(*(key.label(f"key_{position}") for position, key in enumerate(keys))).select_from(table)
    statement = statement.where(table.c.id == marker)
    if visible is not None:
        statement = statement.where(visible)
    return connection.execute(statement, parameters).first()


def _beyond(keys: Sequence[tuple[ColumnElement[Any], bool]], anchor: Sequence[Any]) -> ColumnElement[bool]:
    cases: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for (key, descending), found in zip(keys, anchor, strict=True):
        value = literal(found, key.type)  # SQLAlchemy compares with no True or False as they are
        cases.append(and_(*same, key < value if descending else key > value))
        same.append(key == value)
    return or_(*cases)


def _tag_filters(column: ColumnElement[Any]) -> dict[str, Filter]:
    """Neutron's four: all of, any of, not all of, none of the tags. No tags ask for nothing."""

    def asked(has: Callable[[ColumnElement[Any], Sequence[str]], ColumnElement[bool]], *, inverted: bool) -> Filter:
        def condition(values: tuple[str, ...]) -> ColumnElement[bool]:
            tags = [tag for value in values for tag in value.split(",") if tag]
            if not tags:
                return true()
            return ~has(column, tags) if inverted else has(column, tags)

        return condition

    return {
        "tags": asked(every_tag, inverted=False),
        "tags-any": asked(any_tag, inverted=False),
        "not-tags": asked(every_tag, inverted=True),
        "not-tags-any": asked(any_tag, inverted=True),
    }


def _canonical(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def nothing() -> ColumnElement[bool]:
    """A condition that no row meets."""
    return false()
