"""A host that is lost: its servers are made anew on others, so many at once; what is not is told with its reason."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from berthline.domain.compute import TaskState, VmState
from berthline.domain.hosts.fencing import FenceKind
from berthline.domain.ids import HostName, MigrationId, ProjectId, RequestId, ServerId, UserId

LossStage = Literal["fencing", "moving", "ended", "failed"]
LostState = Literal["moving", "moved", "left"]
Recovery = Literal["anew", "stay"]
"""What becomes of a server whose host is lost: made anew from its image, or left until the host is back."""

RECOVERY: Final = "berthline:recovery"
"""Key of a server's metadata, by which its owner says which of the two, and of a flavor's extra specs."""
PRIORITY: Final = "berthline:recovery_priority"
"""Key of a flavor's extra specs: servers with a greater number come first; 0 unless given."""


class HostLoss(msgspec.Struct, frozen=True, kw_only=True):
    """One loss of a host, the last there was. Times in µs.

    ``fence``: how it is made sure that it has no power. ``reason``: why that failed, or why it ended early.
    ``at_once``: so many servers are made anew at a time. ``revision``: whoever begins something of it swaps this.
    The ids are those of the request that began it.
    """

    host: HostName
    stage: LossStage
    fence: FenceKind
    at_once: int
    user_id: UserId
    project_id: ProjectId
    request_id: RequestId
    started_at: int
    fenced_at: int | None = None
    ended_at: int | None = None
    attempts: int = 0
    reason: str | None = None
    revision: int = 1


class LostServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server of a lost host, with its name and host by now. ``reason``: why it is left."""

    server_id: ServerId
    name: str
    host: HostName | None
    state: LostState
    migration_id: MigrationId | None
    reason: str | None


class AwaitingServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server on the lost host of which nothing was said yet."""

    server_id: ServerId
    name: str
    vm_state: VmState
    task_state: TaskState | None
    held: bool
    metadata: dict[str, str]
    extra_specs: dict[str, str]
    created_at: int

    @property
    def order(self) -> tuple[int, int, str]:
        """What comes first: by its flavor's priority, then the older one."""
        return -priority_of(self.extra_specs), self.created_at, self.server_id


def priority_of(extra_specs: Mapping[str, str]) -> int:
    """The priority that a flavor gives; 0 where it gives none that is a number."""
    try:
        return int(extra_specs.get(PRIORITY, "0"))
    except ValueError:
        return 0


def recovery_of(metadata: Mapping[str, str], extra_specs: Mapping[str, str], usual: Recovery) -> Recovery:
    """What is to become of a server: as its owner says, else its flavor, else as it is usual in this cloud."""
    for said in (metadata.get(RECOVERY), extra_specs.get(RECOVERY)):
        if said == "anew":
            return "anew"
        if said == "stay":
            return "stay"
    return usual
