"""What a saga's record is after each thing that may happen to it. Pure; times are microseconds since the epoch."""

from typing import Any, Final

from msgspec.structs import replace

from berthline.saga.definition import Definition, Failure, Wait
from berthline.saga.log import SagaRecord

SECOND: Final = 1_000_000


def advanced(definition: Definition[Any, Any], record: SagaRecord, position: int, now: int) -> SagaRecord:
    """The steps before ``position`` are done: the next one is intended, or all of it is over."""
    finished = position == len(definition.steps)
    ahead = None if finished else definition.steps[position]
    return replace(
        record,
        position=position,
        state="done" if finished else "forward",
        attempts=0,
        wake_at=now,
        deadline_at=now + int(ahead.deadline * SECOND) if isinstance(ahead, Wait) else None,
        updated_at=now,
        resumed=record.resumed and definition.joins(position),
    )


def waiting(record: SagaRecord, position: int, deadline: int, now: int) -> SagaRecord:
    """It waits at this place, until ``deadline``."""
    return replace(record, position=position, attempts=0, wake_at=now, deadline_at=deadline, updated_at=now)


def tried(record: SagaRecord, position: int, attempt: int, pause: float, now: int) -> SagaRecord:
    """The step failed so often, and is tried again after ``pause`` seconds."""
    wake_at = now + int(pause * SECOND)
    return replace(record, position=position, attempts=attempt, wake_at=wake_at, deadline_at=None, updated_at=now)


def turned_back(
    definition: Definition[Any, Any], record: SagaRecord, position: int, failure: Failure, now: int
) -> SagaRecord:
    """It unwinds from this step on.

    What a worker before this one began is not known: it may have been any step that was intended.
    """
    return replace(
        record,
        state="unwinding",
        position=definition.last_intended(position) if record.resumed else position,
        attempts=0,
        wake_at=now,
        deadline_at=None,
        failure=failure,
        updated_at=now,
    )


def undone(record: SagaRecord, position: int | None, now: int) -> SagaRecord:
    """The step at ``position`` is undone; None: what the store took is given back, and all of it is over."""
    return replace(
        record,
        position=-1 if position is None else position - 1,
        state="undone" if position is None else "unwinding",
        attempts=0,
        wake_at=now,
        undo_error=None,
        updated_at=now,
    )


def undo_failed(record: SagaRecord, why: str, pause: float, now: int) -> SagaRecord:
    """An undo failed once more, and is tried again after ``pause`` seconds."""
    wake_at = now + int(pause * SECOND)
    return replace(record, attempts=record.attempts + 1, wake_at=wake_at, undo_error=why, updated_at=now)
