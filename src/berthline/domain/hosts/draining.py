"""A drain: everything on a host is moved to others, so many at once, and what cannot be is told with its reason."""

from typing import Literal

import msgspec

from berthline.domain.compute import Fault, MigrationStatus, TaskState, VmState
from berthline.domain.ids import HostName, MigrationId, ProjectId, RequestId, ServerId, UserId

DrainedState = Literal["moving", "moved", "left"]
DrainState = Literal["draining", "drained", "left", "cancelled"]


class HostDrain(msgspec.Struct, frozen=True, kw_only=True):
    """One drain of a host, the last there was. Times in µs.

    ``at_once``: so many servers are moved at a time. ``cancelled_at``: nothing more is begun since then.
    ``ended_at``: nothing is under way any more. ``revision``: whoever begins something of it or ends it swaps this.
    The ids are those of the request that began it.
    """

    host: HostName
    at_once: int
    user_id: UserId
    project_id: ProjectId
    request_id: RequestId
    started_at: int
    cancelled_at: int | None = None
    ended_at: int | None = None
    revision: int = 1

    @property
    def begins_more(self) -> bool:
        """Whether servers may still be begun to be moved."""
        return self.cancelled_at is None and self.ended_at is None


class DrainedServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server of a drain, with its name and host by now. ``migration_id``: its move. ``reason``: why it is left."""

    server_id: ServerId
    name: str
    host: HostName | None
    state: DrainedState
    migration_id: MigrationId | None
    reason: str | None


class MovingServer(msgspec.Struct, frozen=True, kw_only=True):
    """One that is under way, and how its move stands: ``held`` until that ends; ``postponed``: left alone for now.

    ``fault`` is the server's, which may be of something that was before the move ``begun_at``, in µs.
    """

    server_id: ServerId
    host: HostName | None
    deleted: bool
    vm_state: VmState
    task_state: TaskState | None
    fault: Fault | None
    begun_at: int
    migration_id: MigrationId
    status: MigrationStatus
    held: bool
    postponed: bool


class StayingServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server on the host, or with something there, of which the drain has said nothing yet.

    ``held``: a move of it that is not the drain's has not ended.
    """

    server_id: ServerId
    name: str
    host: HostName | None
    vm_state: VmState
    task_state: TaskState | None
    held: bool
