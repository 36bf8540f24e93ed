"""Sagas in the database: the log that the engine moves, and what operators see."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, insert, or_, select, update

from berthline.domain.clock import Clock
from berthline.domain.errors import LeaseLost
from berthline.domain.ids import ProjectId, SagaId, new_id
from berthline.saga.definition import Failure
from berthline.saga.log import UNFINISHED, SagaRecord, StepTime
from berthline.store.database import Store
from berthline.store.tables.control import saga_steps, sagas

SECOND = 1_000_000

_COLUMNS = (
    sagas.c.id,
    sagas.c.kind,
    sagas.c.subject_id,
    sagas.c.project_id,
    sagas.c.input,
    sagas.c.state,
    sagas.c.position,
    sagas.c.attempts,
    sagas.c.wake_at,
    sagas.c.deadline_at,
    sagas.c.cancel_requested,
    sagas.c.error,
    sagas.c.undo_error,
    sagas.c.created_at,
    sagas.c.updated_at,
)

_MOVE = (
    update(sagas)
    .where(
        sagas.c.id == bindparam("_id"),
        sagas.c.lease_owner == bindparam("_owner"),
        sagas.c.state == bindparam("_state"),
        sagas.c.position == bindparam("_position"),
        sagas.c.attempts == bindparam("_attempts"),
    )
    .values(
        state=bindparam("state"),
        position=bindparam("position"),
        attempts=bindparam("attempts"),
        wake_at=bindparam("wake_at"),
        deadline_at=bindparam("deadline_at"),
        lease_owner=bindparam("lease_owner"),
        error=bindparam("error"),
        undo_error=bindparam("undo_error"),
        updated_at=bindparam("updated_at"),
    )
    .returning(sagas.c.cancel_requested)
)

_NEXT_SEQUENCE = (
    select(func.coalesce(func.max(saga_steps.c.sequence), 0) + 1)
    .where(saga_steps.c.saga_id == bindparam("_saga"))
    .scalar_subquery()
)
_ADD_TIMING = insert(saga_steps).values(sequence=_NEXT_SEQUENCE)


def insert_saga(
    connection: Connection,
    *,
    kind: str,
    subject_id: str,
    project_id: ProjectId,
    saga_input: msgspec.Struct,
    owner: str | None,
    lease_seconds: float = 0.0,
    at: int,
    deadline_at: int | None = None,
    saga_id: SagaId | None = None,
) -> SagaRecord:
    """Write a saga that stands before its first step, in the caller's transaction.

    It is leased to ``owner`` for ``lease_seconds``; None: to nobody, the next worker that claims has it.
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
    )
    connection.execute(
        insert(sagas),
        {
            "id": record.id,
            "kind": kind,
            "subject_id": subject_id,
            "project_id": project_id,
            "input": record.input.decode(),
            "state": record.state,
            "position": 0,
            "wake_at": at,
            "deadline_at": deadline_at,
            "lease_owner": owner,
            "lease_until": at + int(lease_seconds * SECOND),
            "created_at": at,
            "updated_at": at,
        },
    )
    return record


def request_cancel(connection: Connection, subject_id: str, kind: str) -> tuple[SagaId, ...]:
    """Ask the unfinished, forward sagas of this kind on the subject to unwind; returns which."""
    rows = connection.execute(
        update(sagas)
        .where(sagas.c.subject_id == subject_id, sagas.c.kind == kind, sagas.c.state == "forward")
        .values(cancel_requested=True)
        .returning(sagas.c.id)
    )
    return tuple(SagaId(row.id) for row in rows)


def unfinished(connection: Connection, subject_id: str) -> tuple[SagaRecord, ...]:
    """Sagas on this subject that are neither done nor undone, oldest first."""
    rows = connection.execute(
        select(*_COLUMNS)
        .where(sagas.c.subject_id == subject_id, sagas.c.state.in_(UNFINISHED))
        .order_by(sagas.c.created_at, sagas.c.id)
    )
    return tuple(_record(row) for row in rows)


def list_sagas(
    connection: Connection, *, unfinished_only: bool = False, subject_id: str | None = None, limit: int = 1000
) -> tuple[SagaRecord, ...]:
    """Sagas, newest first, for operators."""
    statement = select(*_COLUMNS).order_by(sagas.c.created_at.desc(), sagas.c.id).limit(limit)
    if unfinished_only:
        statement = statement.where(sagas.c.state.in_(UNFINISHED))
    if subject_id is not None:
        statement = statement.where(sagas.c.subject_id == subject_id)
    return tuple(_record(row) for row in connection.execute(statement))


def get_saga(connection: Connection, saga_id: SagaId) -> SagaRecord | None:
    """One saga, or None."""
    row = connection.execute(select(*_COLUMNS).where(sagas.c.id == saga_id)).first()
    return None if row is None else _record(row)


def timeline(connection: Connection, saga_id: SagaId) -> tuple[StepTime, ...]:
    """How each step of the saga went, in the order in which they ended."""
    rows = connection.execute(select(saga_steps).where(saga_steps.c.saga_id == saga_id).order_by(saga_steps.c.sequence))
    return tuple(
        StepTime(
            name=row.name,
            direction=row.direction,
            started_at=row.started_at,
            finished_at=row.finished_at,
            outcome=row.outcome,
            message=row.message,
        )
        for row in rows
    )


class StoredSagaLog:
    """``saga.log.SagaLog`` on the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def move(
        self,
        before: SagaRecord,
        after: SagaRecord,
        owner: str,
        *,
        timings: Sequence[StepTime] = (),
        inside: Callable[[Connection], None] | None = None,
    ) -> SagaRecord:
        """See SagaLog.move."""
        parameters = _move_parameters(before, after, owner)
        times = [{"_saga": before.id, "saga_id": before.id, **msgspec.structs.asdict(timing)} for timing in timings]

        def work(connection: Connection) -> SagaRecord:
            cancel = connection.execute(_MOVE, parameters).scalar()
            if cancel is None:
                raise LeaseLost(f"saga {before.id} is no longer this worker's")
            if inside is not None:
                inside(connection)
            for row in times:
                connection.execute(_ADD_TIMING, row)
            return msgspec.structs.replace(after, cancel_requested=bool(cancel))

        return await self._store.write(work)

    async def claim(self, owner: str, lease_seconds: float, limit: int) -> Sequence[SagaRecord]:
        """See SagaLog.claim."""
        now = self._clock.now()

        def work(connection: Connection) -> Sequence[SagaRecord]:
            free = (
                select(sagas.c.id)
                .where(sagas.c.state.in_(UNFINISHED), or_(sagas.c.lease_owner.is_(None), sagas.c.lease_until < now))
                .order_by(sagas.c.wake_at)
                .limit(limit)
            )
            rows = connection.execute(
                update(sagas)
                .where(sagas.c.id.in_(free))
                .values(lease_owner=owner, lease_until=now + int(lease_seconds * SECOND))
                .returning(*_COLUMNS)
            )
            return sorted((_record(row) for row in rows), key=lambda record: record.wake_at)

        return await self._store.write(work)

    async def renew(self, owner: str, sagas_held: Collection[SagaId], lease_seconds: float) -> None:
        """See SagaLog.renew."""
        if not sagas_held:
            return
        until = self._clock.now() + int(lease_seconds * SECOND)
        await self._store.write(
            lambda connection: connection.execute(
                update(sagas).where(sagas.c.lease_owner == owner, sagas.c.id.in_(sagas_held)).values(lease_until=until)
            ).close()
        )

    async def void_leases(self) -> None:
        """See SagaLog.void_leases."""
        await self._store.write(
            lambda connection: connection.execute(
                update(sagas).where(sagas.c.state.in_(UNFINISHED)).values(lease_owner=None, lease_until=0)
            ).close()
        )

    async def cancel_requested(self, saga: SagaId) -> bool:
        """See SagaLog.cancel_requested."""
        statement = select(sagas.c.cancel_requested).where(sagas.c.id == saga)
        return bool(self._store.read_now(lambda connection: connection.execute(statement).scalar()))


def _move_parameters(before: SagaRecord, after: SagaRecord, owner: str) -> dict[str, Any]:
    finished = after.state not in UNFINISHED
    return {
        "_id": before.id,
        "_owner": owner,
        "_state": before.state,
        "_position": before.position,
        "_attempts": before.attempts,
        "state": after.state,
        "position": after.position,
        "attempts": after.attempts,
        "wake_at": after.wake_at,
        "deadline_at": after.deadline_at,
        "lease_owner": None if finished else owner,
        "error": after.failure,
        "undo_error": after.undo_error,
        "updated_at": after.updated_at,
    }


def _record(row: Row[*tuple[Any, ...]]) -> SagaRecord:
    return SagaRecord(
        id=SagaId(row.id),
        kind=row.kind,
        subject_id=row.subject_id,
        project_id=row.project_id,
        input=row.input.encode(),
        state=row.state,
        position=row.position,
        attempts=row.attempts,
        wake_at=row.wake_at,
        deadline_at=row.deadline_at,
        cancel_requested=row.cancel_requested,
        failure=None if row.error is None else msgspec.convert(row.error, Failure),
        undo_error=row.undo_error,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
