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


_AFTER: Final = Prepared(
    "SELECT sequence, kind, object_id, revision, at FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?"
)
_REMOVE: Final = Prepared("DELETE FROM outbox WHERE sequence IN (SELECT value FROM json_each(?))")
_LAG: Final = Prepared("SELECT count(*), min(at) FROM outbox")


def entries_after(connection: Connection, sequence: int, limit: int) -> tuple[OutboxEntry, ...]:
    """The oldest ``limit`` changes after this sequence number, in order."""
    rows = _AFTER.all(connection, sequence, limit)
    return tuple(OutboxEntry(number, Unit(kind, unit), revision, at) for number, kind, unit, revision, at in rows)


def remove(connection: Connection, sequences: Collection[int]) -> None:
    """Take away changes that are projected."""
    if sequences:
        _REMOVE.run(connection, to_json(list(sequences)))


def lag(connection: Connection) -> Lag:
    """How far the dataplane is behind now."""
    row = _LAG.first(connection)
    return Lag(0, None) if row is None else Lag(*row)
