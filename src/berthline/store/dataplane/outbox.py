"""The outbox: which units of the dataplane changed and have yet to be projected."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Connection

from berthline.domain.dataplane import Unit
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json


class OutboxEntry(msgspec.Struct, frozen=True):
    """A committed change of a unit, which was at ``revision`` then; ``at`` in µs."""

    sequence: int
    unit: Unit
    revision: int
    at: int


class Lag(msgspec.Struct, frozen=True):
    """How far the dataplane is behind: changes that wait, and when the oldest was made (µs; None: nothing waits)."""

    changes: int
    oldest_at: int | None


# A condition that holds for every row is what the planner sees a search in.
_WAITING: Final = Prepared(
    "SELECT sequence, kind, object_id, revision, at FROM outbox WHERE sequence > 0 ORDER BY sequence LIMIT ?"
)
_WAITING_BUT: Final = Prepared(
    "SELECT sequence, kind, object_id, revision, at FROM outbox "
    "WHERE sequence > 0 AND sequence NOT IN (SELECT CAST(value AS BIGINT) FROM json_each(?)) ORDER BY sequence LIMIT ?"
)
_REMOVE: Final = Prepared("DELETE FROM outbox WHERE sequence IN (SELECT CAST(value AS BIGINT) FROM json_each(?))")
_LAG: Final = Prepared("SELECT count(*), min(at) FROM outbox")


def waiting(connection: Connection, limit: int, in_hand: Collection[int] = ()) -> tuple[OutboxEntry, ...]:
    """The oldest ``limit`` changes that are there and not ``in_hand``, by their sequence numbers, in order.

    No number is a mark up to which all is known: numbers are given before commits, and of two transactions the one with
    the lower number may commit later.
    """
    asked = (to_json(sorted(in_hand)), limit) if in_hand else (limit,)
    rows = (_WAITING_BUT if in_hand else _WAITING).all(connection, *asked)
    return tuple(OutboxEntry(number, Unit(kind, unit), revision, at) for number, kind, unit, revision, at in rows)


def remove(connection: Connection, sequences: Collection[int]) -> None:
    """Take away changes that are projected."""
    if sequences:
        _REMOVE.run(connection, to_json(list(sequences)))


def lag(connection: Connection) -> Lag:
    """How far the dataplane is behind now."""
    row = _LAG.first(connection)
    return Lag(0, None) if row is None else Lag(*row)
