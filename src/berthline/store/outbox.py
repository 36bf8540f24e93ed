"""The outbox: which units of the dataplane changed and have yet to be projected."""

from collections.abc import Collection
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, select

from berthline.domain.dataplane import Unit
from berthline.store.tables.control import outbox


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


_AFTER: Final = (
    select(outbox).where(outbox.c.sequence > bindparam("after")).order_by(outbox.c.sequence).limit(bindparam("most"))
)
_REMOVE: Final = delete(outbox).where(outbox.c.sequence == bindparam("_sequence"))
_LAG: Final = select(func.count(), func.min(outbox.c.at)).select_from(outbox)


def entries_after(connection: Connection, sequence: int, limit: int) -> tuple[OutboxEntry, ...]:
    """The oldest ``limit`` changes after this sequence number, in order."""
    rows = connection.execute(_AFTER, {"after": sequence, "most": limit})
    return tuple(OutboxEntry(row.sequence, Unit(row.kind, row.object_id), row.revision, row.at) for row in rows)


def remove(connection: Connection, sequences: Collection[int]) -> None:
    """Take away changes that are projected."""
    if sequences:
        connection.execute(_REMOVE, [{"_sequence": sequence} for sequence in sequences])


def lag(connection: Connection) -> Lag:
    """How far the dataplane is behind now."""
    changes, oldest = connection.execute(_LAG).one()
    return Lag(changes, oldest)
