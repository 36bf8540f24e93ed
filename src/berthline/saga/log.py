"""The durable side of sagas, as a Protocol: the store implements it in its own transactions."""

from collections.abc import Callable, Collection, Sequence
from typing import Literal, Protocol, TypeVar

import msgspec

from berthline.domain.ids import SagaId
from berthline.saga.definition import Failure
from berthline.saga.worker import Holder

Tx = TypeVar("Tx", covariant=True)
SagaState = Literal["forward", "unwinding", "done", "undone"]
UNFINISHED: tuple[SagaState, ...] = ("forward", "unwinding")


class SagaRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One saga as recorded. Times are microseconds since the epoch.

    ``position`` is the step whose intent is recorded. Forward: the steps before it are done; it and those that join it
    may have happened, the later ones have not. Unwinding: it and the steps before it are still to be undone.
    """

    id: SagaId
    kind: str
    subject_id: str
    project_id: str
    input: bytes
    state: SagaState
    position: int
    attempts: int
    wake_at: int
    deadline_at: int | None
    cancel_requested: bool
    failure: Failure | None
    undo_error: str | None
    created_at: int
    updated_at: int
    place: str | None = None
    """Where it has its effects, such as a host: it runs where that is driven. None: anywhere."""
    holder: Holder | None = None
    """Who drives it, where that is whoever holds the record in hand."""
    resumed: bool = False
    """A worker drove it before this one did and may have begun more of what is recorded than it could tell."""


class StepTime(msgspec.Struct, frozen=True, kw_only=True):
    """How one step went; times are microseconds since the epoch."""

    name: str
    direction: Literal["do", "undo"]
    started_at: int
    finished_at: int
    outcome: Literal["done", "failed", "retry"]
    message: str | None = None


class SagaLog(Protocol[Tx]):
    """Every change is durable when it returns."""

    async def move(
        self,
        before: SagaRecord,
        after: SagaRecord,
        *,
        timings: Sequence[StepTime] = (),
        inside: Callable[[Tx], None] | None = None,
    ) -> SagaRecord:
        """Replace ``before`` by ``after`` in one transaction with ``inside`` and the timeline's new rows.

        A finished record gives the lease up. Returns the record as it now is, with ``cancel_requested`` as somebody may
        have set it meanwhile. Raises LeaseLost when ``before`` is no longer current or not leased to its holder.
        """
        ...

    async def claim(self, holder: Holder, limit: int) -> Sequence[SagaRecord]:
        """Lease up to ``limit`` unfinished sagas that no living worker has, the earliest wake-up first.

        Those of a place that another worker holds are left to it.
        """
        ...

    async def waits(self, holder: Holder) -> bool:
        """Whether ``claim`` would find one that nobody drove before, or that was given back: a quick look."""
        ...

    async def held(self, holder: Holder) -> Collection[SagaId]:
        """Every unfinished saga that is leased to ``holder``."""
        ...

    async def take_up(self, holder: Holder, sagas: Collection[SagaId]) -> Sequence[SagaRecord]:
        """The records of these sagas, as far as they are leased to ``holder`` and unfinished."""
        ...

    async def leave_to(self, record: SagaRecord, place: str) -> None:
        """Give the lease of a saga back, for whoever holds ``place``; nothing where its holder has it no more."""
        ...

    async def cancel_requested(self, saga: SagaId) -> bool:
        """True when somebody asked this saga to unwind."""
        ...
