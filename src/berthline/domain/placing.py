"""What operators and users say of where servers go: host aggregates with their zones, and server groups."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from berthline.domain.ids import HostName, ProjectId, ServerGroupId, ServerId, UserId

GroupPolicy = Literal["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]


class ServerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Servers that are to share hosts, or not to. ``members`` are those that are not deleted, the oldest first.

    ``max_server_per_host`` is the rule of an anti-affinity group; None: it has no rule, which is one server a host.
    """

    id: ServerGroupId
    project_id: ProjectId
    user_id: UserId
    name: str
    policy: GroupPolicy
    max_server_per_host: int | None
    members: tuple[ServerId, ...]
    created_at: int


class Aggregate(msgspec.Struct, frozen=True, kw_only=True):
    """Hosts that an operator put together; ``metadata`` is without the zone, which is ``availability_zone``."""

    id: int
    uuid: str
    name: str
    availability_zone: str | None
    metadata: Mapping[str, str]
    hosts: tuple[HostName, ...]
    created_at: int
    updated_at: int | None


MOST_ON_A_HOST: Final = 1
"""How many servers of an anti-affinity group may be on one host, unless its rule says more."""
