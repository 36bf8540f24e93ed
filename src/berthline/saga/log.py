"""The durable side of sagas, as a Protocol: the store implements it in its own transactions."""

from collections.abc import Callable, Collection, Sequence
from typing import Generic, Literal, Protocol, TypeVar

import msgspec

from berthline.domain.ids import SagaId
from berthline.saga.definition import Failure

Tx = TypeVar("Tx")
SagaState = Literal["forward", "unwinding", "done", "undone"]
Direction = Literal["do", "undo"]


class SagaRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One saga as recorded. ``position`` is the step whose intent is recorded; times are microseconds since the epoch.

    Steps before ``position`` are done (forward) or still to be undone (unwinding); the one at it may have happened.
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


class Lease(msgspec.Struct, frozen=True):
    """The right of one worker to move one saga until ``until`` (microseconds since the epoch)."""

    owner: str
    until: int


class StepTime(msgspec.Struct, frozen=True, kw_only=True):
    """How one step went; times are microseconds since the epoch."""

    name: str
    direction: Direction
    started_at: int
    finished_at: int
    outcome: Literal["done", "failed", "retry"]
    message: str | None = None


class SagaLog(Protocol, Generic[Tx]):
    """Every change is durable when it returns, and raises LeaseLost when the caller no longer holds the lease."""

    async def move(
        self,
        before: SagaRecord,
        after: SagaRecord,
        owner: str,
        *,
        timing: StepTime | None = None,
        inside: Callable[[Tx], None] | None = None,
        release: bool = False,
    ) -> SagaRecord:
        """Replace ``before`` by ``after`` if ``before`` is still current and leased to ``owner``.

        ``timing`` is added to the timeline, ``inside`` runs in the same transaction, ``release`` gives the lease up.
        Returns the record as it now is (with ``cancel_requested`` as somebody may have set it meanwhile).
        """
        ...

    async def claim(self, owner: str, lease_seconds: float, limit: int) -> Sequence[SagaRecord]:
        """Lease up to ``limit`` sagas that are due and that nobody holds a valid lease on, oldest wake-up first."""
        ...

    async def claim_one(self, saga: SagaId, owner: str, lease_seconds: float) -> SagaRecord | None:
        """Lease this one, due or not; None when it is finished or another worker holds it."""
        ...

    async def renew(self, owner: str, sagas: Collection[SagaId], lease_seconds: float) -> None:
        """Prolong the leases that ``owner`` still has on ``sagas``."""
        ...

    async def next_wake(self) -> int | None:
        """When the next unfinished saga that nobody works on is due, microseconds since the epoch."""
        ...
