"""Sagas in the database: the log that the engine moves, and what operators see."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, bindparam, literal_column, select, text

from berthline.domain.errors import LeaseLost
from berthline.domain.ids import ProjectId, SagaId, new_id
from berthline.saga.definition import Failure
from berthline.saga.log import UNFINISHED, SagaRecord, StepTime
from berthline.saga.worker import Holder
from berthline.store.engine import locks
from berthline.store.engine.changes import SAGAS_TOPIC
from berthline.store.engine.database import Store, notify
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.tables.base import to_json
from berthline.store.tables.compute import servers
from berthline.store.tables.control import sagas

_COLUMNS: Final = (
    "id, kind, subject_id, project_id, input, state, position, attempts, wake_at, deadline_at, cancel_requested, "
    "error, undo_error, created_at, updated_at, place"
)
_OPEN: Final = "state IN ('forward', 'unwinding')"
# What is put into these texts are names of columns and the condition above.
_INSERT: Final = Prepared(
    "INSERT INTO sagas (id, kind, subject_id, project_id, input, state, position, wake_at, deadline_at, lease_owner, "
    "lease_epoch, created_at, updated_at, place) VALUES (?, ?, ?, ?, ?, 'forward', 0, ?, ?, ?, ?, ?, ?, ?)"
)
_MOVE: Final = Prepared(
    "UPDATE sagas SET state = ?, position = ?, attempts = ?, wake_at = ?, deadline_at = ?, lease_owner = ?, error = ?, "
    "undo_error = ?, updated_at = ? WHERE id = ? AND lease_owner = ? AND lease_epoch = ? AND state = ? "
    "AND position = ? AND attempts = ? RETURNING cancel_requested"
)
_ADD_TIMES: Final = Prepared(
    "INSERT INTO saga_steps (saga_id, sequence, name, direction, started_at, finished_at, outcome, message) "
    "SELECT ?1, key + 1 + (SELECT COALESCE(MAX(sequence), 0) FROM saga_steps WHERE saga_id = ?1), value ->> 0, "
    "value ->> 1, CAST(value ->> 2 AS BIGINT), CAST(value ->> 3 AS BIGINT), value ->> 4, value ->> 5 FROM json_each(?2)"
)
"""The values are lists of a StepTime's fields, in their order."""

_CANCEL: Final = Prepared(
    "UPDATE sagas SET cancel_requested = TRUE WHERE subject_id = ? AND state = 'forward' "
    "AND kind IN (SELECT value FROM json_each(?)) RETURNING id"
)
_UNFINISHED: Final = Prepared(
    f"SELECT {_COLUMNS} FROM sagas WHERE subject_id = ? AND {_OPEN} ORDER BY created_at, id"  # noqa: S608
)
_UNFINISHED_AT: Final = Prepared(
    f"SELECT count(*) FROM sagas WHERE {_OPEN} AND kind = ? AND place = ?"  # noqa: S608
)
_LIST: Final = Prepared(
    f"SELECT {_COLUMNS} FROM sagas WHERE (NOT ?1 OR {_OPEN}) AND (subject_id = ?2 OR ?2 IS NULL) "  # noqa: S608
    "ORDER BY created_at DESC, id LIMIT ?3"
)
_AT_WORK: Final = Prepared(f"SELECT {_COLUMNS} FROM sagas WHERE {_OPEN} ORDER BY created_at, id")  # noqa: S608
_GET: Final = Prepared(f"SELECT {_COLUMNS} FROM sagas WHERE id = ?")  # noqa: S608
_TIMELINE: Final = Prepared(
    "SELECT name, direction, started_at, finished_at, outcome, message FROM saga_steps WHERE saga_id = ? "
    "ORDER BY sequence"
)
_FREE: Final[Select[*tuple[Any, ...]]] = (
    select(literal_column(_COLUMNS), literal_column("lease_epoch > 0"))
    .select_from(sagas)
    .where(
        text(_OPEN),
        text(
            "(lease_owner IS NULL OR NOT EXISTS (SELECT 1 FROM workers WHERE workers.id = lease_owner "
            "AND workers.epoch = lease_epoch)) AND (place IS NULL OR NOT EXISTS (SELECT 1 FROM hosts "
            "WHERE hosts.name = place AND (owner IS NULL OR owner <> :me)))"
        ),
    )
    .order_by(text("wake_at"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
"""What no living worker has, but for those at a host that is not this worker's.

Of many who claim at once each locks others: what one has locked the rest pass over, and nobody waits."""

_WAITS: Final = Prepared(
    f"SELECT 1 FROM sagas WHERE {_OPEN} AND lease_owner IS NULL AND (place IS NULL OR NOT EXISTS "  # noqa: S608
    "(SELECT 1 FROM hosts WHERE hosts.name = place AND (owner IS NULL OR owner <> ?))) LIMIT 1"
)
_LEASE: Final = Prepared(
    "UPDATE sagas SET lease_owner = ?, lease_epoch = ? WHERE id IN (SELECT value FROM json_each(?))"
)
_HELD: Final = Prepared(f"SELECT id FROM sagas WHERE {_OPEN} AND lease_owner = ? AND lease_epoch = ?")  # noqa: S608
_TAKE_UP: Final = Prepared(
    f"SELECT {_COLUMNS} FROM sagas WHERE {_OPEN} AND lease_owner = ? AND lease_epoch = ? "  # noqa: S608
    "AND id IN (SELECT value FROM json_each(?)) ORDER BY wake_at"
)
_LEAVE_TO: Final = Prepared(
    f"UPDATE sagas SET lease_owner = NULL, place = ? WHERE id = ? AND {_OPEN} "  # noqa: S608
    "AND lease_owner = ? AND lease_epoch = ?"
)
_CANCEL_REQUESTED: Final = Prepared("SELECT cancel_requested FROM sagas WHERE id = ?")


def insert_saga(
    connection: Connection,
    *,
    kind: str,
    subject_id: str,
    project_id: ProjectId,
    saga_input: msgspec.Struct,
    holder: Holder | None,
    place: str | None = None,
    at: int,
    deadline_at: int | None = None,
    saga_id: SagaId | None = None,
) -> SagaRecord:
    """Write a saga that stands before its first step, in the caller's transaction.

    It is leased to ``holder``; None: to nobody, the next worker that claims what is at ``place`` has it.
    """
    record = SagaRecord(
        id=saga_id or SagaId(new_id()),
        kind=kind,
        subject_id=subject_id,
        project_id=project_id,
        input=msgspec.json.encode(saga_input),
        state="forward",
        position=0,
        attempts=0,
        wake_at=at,
        deadline_at=deadline_at,
        cancel_requested=False,
        failure=None,
        undo_error=None,
        created_at=at,
        updated_at=at,
        place=place,
        holder=holder,
    )
    written, (owner, epoch) = record.input.decode(), holder or (None, 0)
    values = (record.id, kind, subject_id, project_id, written, at, deadline_at, owner, epoch, at, at, place)
    _INSERT.post(connection, *values)
    if holder is None:
        notify(connection, SAGAS_TOPIC)
    return record


def request_cancel(connection: Connection, subject_id: str, *kinds: str) -> tuple[SagaId, ...]:
    """Ask the unfinished, forward sagas of these kinds on the subject to unwind; returns which."""
    return tuple(SagaId(row[0]) for row in _CANCEL.all(connection, subject_id, to_json(kinds)))


def unfinished(connection: Connection, subject_id: str) -> tuple[SagaRecord, ...]:
    """Sagas on this subject that are neither done nor undone, oldest first."""
    return tuple(_record(row) for row in _UNFINISHED.all(connection, subject_id))


def unfinished_at(connection: Connection, kind: str, place: str) -> int:
    """How many sagas of this kind at this place are neither done nor undone."""
    row = _UNFINISHED_AT.first(connection, kind, place)
    return 0 if row is None else int(row[0])


def at_work(connection: Connection) -> dict[str, tuple[SagaRecord, ...]]:
    """All sagas that are neither done nor undone, by their subject, oldest first."""
    found: dict[str, tuple[SagaRecord, ...]] = {}
    for saga in map(_record, _AT_WORK.all(connection)):
        found[saga.subject_id] = (*found.get(saga.subject_id, ()), saga)
    return found


def list_sagas(
    connection: Connection, *, unfinished_only: bool = False, subject_id: str | None = None, limit: int = 1000
) -> tuple[SagaRecord, ...]:
    """Sagas, newest first, for operators."""
    return tuple(_record(row) for row in _LIST.all(connection, unfinished_only, subject_id, limit))


def get_saga(connection: Connection, saga_id: SagaId) -> SagaRecord | None:
    """One saga, or None."""
    row = _GET.first(connection, saga_id)
    return None if row is None else _record(row)


def timeline(connection: Connection, saga_id: SagaId) -> tuple[StepTime, ...]:
    """How each step of the saga went, in the order in which they ended."""
    return tuple(
        StepTime(
            name=name,
            direction=direction,
            started_at=started_at,
            finished_at=finished_at,
            outcome=outcome,
            message=message,
        )
        for name, direction, started_at, finished_at, outcome, message in _TIMELINE.all(connection, saga_id)
    )


class StoredSagaLog:
    """``saga.log.SagaLog`` on the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def move(
        self,
        before: SagaRecord,
        after: SagaRecord,
        *,
        timings: Sequence[StepTime] = (),
        inside: Callable[[Connection], None] | None = None,
    ) -> SagaRecord:
        """See SagaLog.move."""
        values = _moved(before, after)
        times = to_json([msgspec.structs.astuple(time) for time in timings])

        def work(connection: Connection) -> SagaRecord:
            if inside is not None:  # it may change the server, which whoever acts on one locks before its sagas
                locks.lock(connection, servers, [before.subject_id])
            row = _MOVE.first(connection, *values)
            if row is None:
                raise LeaseLost(f"saga {before.id} is no longer this worker's")
            if inside is not None:
                inside(connection)
            if timings:
                _ADD_TIMES.post(connection, before.id, times)
            return msgspec.structs.replace(after, cancel_requested=True) if row[0] else after

        return await self._store.write_short(work)

    async def claim(self, holder: Holder, limit: int) -> Sequence[SagaRecord]:
        """See SagaLog.claim."""

        def work(connection: Connection) -> Sequence[SagaRecord]:
            free = connection.execute(_FREE, {"me": holder.id, "most": limit})
            rows = [tuple(row) for row in free]
            if rows:
                _LEASE.run(connection, holder.id, holder.epoch, to_json([row[0] for row in rows]))
            return [msgspec.structs.replace(_record(row[:-1]), holder=holder, resumed=bool(row[-1])) for row in rows]

        return await self._store.write(work)

    async def waits(self, holder: Holder) -> bool:
        """See SagaLog.waits."""
        return await self._store.read_short(lambda connection: _WAITS.first(connection, holder.id)) is not None

    async def held(self, holder: Holder) -> Collection[SagaId]:
        """See SagaLog.held."""
        return frozenset(SagaId(row[0]) for row in await self._store.read(lambda c: _HELD.all(c, *holder)))

    async def take_up(self, holder: Holder, sagas: Collection[SagaId]) -> Sequence[SagaRecord]:
        """See SagaLog.take_up."""
        rows = await self._store.read(lambda connection: _TAKE_UP.all(connection, *holder, to_json(list(sagas))))
        return [msgspec.structs.replace(_record(row), holder=holder, resumed=True) for row in rows]

    async def leave_to(self, record: SagaRecord, place: str) -> None:
        """See SagaLog.leave_to."""
        assert record.holder is not None
        holder = record.holder

        def work(connection: Connection) -> None:
            if _LEAVE_TO.run(connection, place, record.id, *holder):
                notify(connection, SAGAS_TOPIC)

        await self._store.write(work)

    async def cancel_requested(self, saga: SagaId) -> bool:
        """See SagaLog.cancel_requested."""
        row = await self._store.read_short(lambda connection: _CANCEL_REQUESTED.first(connection, saga))
        return row is not None and bool(row[0])


def _moved(before: SagaRecord, after: SagaRecord) -> Row:
    """The values of ``_MOVE``."""
    owner, epoch = before.holder or (None, 0)
    return (
        after.state,
        after.position,
        after.attempts,
        after.wake_at,
        after.deadline_at,
        owner if after.state in UNFINISHED else None,
        None if after.failure is None else to_json(after.failure),
        after.undo_error,
        after.updated_at,
        before.id,
        owner,
        epoch,
        before.state,
        before.position,
        before.attempts,
    )


def _record(row: Row) -> SagaRecord:
    saga_id, kind, subject_id, project_id, saga_input, state, position, attempts, wake_at, deadline_at, *more = row
    cancel_requested, error, undo_error, created_at, updated_at, place = more
    return SagaRecord(
        id=SagaId(saga_id),
        kind=kind,
        subject_id=subject_id,
        project_id=project_id,
        input=saga_input.encode(),
        state=state,
        position=position,
        attempts=attempts,
        wake_at=wake_at,
        deadline_at=deadline_at,
        cancel_requested=bool(cancel_requested),
        failure=None if error is None else msgspec.json.decode(error, type=Failure),
        undo_error=undo_error,
        created_at=created_at,
        updated_at=updated_at,
        place=place,
    )
