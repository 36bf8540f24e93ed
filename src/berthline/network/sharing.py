"""What follows from whom a thing is opened to, by the policies that there are before and after a change of them."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

from berthline.domain.ids import ProjectId
from berthline.domain.network import ACCESS_EXTERNAL, ACCESS_SHARED, EVERYBODY, SharedType
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import rbac_policies as rows
from berthline.store.network.rbac_policies import Targets

RESOURCE: Final = "rbac_policy"
_NOBODY: Final[frozenset[ProjectId]] = frozenset()
User = Callable[[Connection, str, Collection[str], Collection[str]], str | None]
_USERS: Final[Mapping[SharedType, User]] = {
    "security_group": rows.user_of_group,
    "subnetpool": rows.user_of_pool,
    "address_scope": rows.user_of_scope,
    "address_group": rows.user_of_addresses,
}


def shared_with(targets: Targets, project_id: str) -> bool:
    """Whether a thing is shared with the project, as Neutron shows it: its owner, too, needs a policy for that."""
    shared = targets.get(ACCESS_SHARED, _NOBODY)
    return EVERYBODY in shared or project_id in shared


def has_guests(targets: Targets, owner: str) -> bool:
    """Whether others than its owner may have ports on a network."""
    return bool(targets.get(ACCESS_SHARED, _NOBODY) - {owner})


def dependent_on_network(
    connection: Connection, network_id: str, owner: str, before: Targets, after: Targets
) -> str | None:
    """A project that uses a network, and may not any more with the policies ``after``; None when there is none.

    A port needs that the network is shared; a gateway or a floating IP that it is seen at all.
    """
    return _dependent(connection, rows.user_of_network, network_id, owner, _shared(before), _shared(after)) or (
        _dependent(connection, rows.user_of_way_out, network_id, owner, _seen(before), _seen(after))
    )


def dependent(
    connection: Connection, kind: SharedType, object_id: str, owner: str, before: Targets, after: Targets
) -> str | None:
    """``dependent_on_network`` for a thing of any kind."""
    if kind == "network":
        return dependent_on_network(connection, object_id, owner, before, after)
    return _dependent(connection, _USERS[kind], object_id, owner, _shared(before), _shared(after))


def give_back(connection: Connection, removed: Mapping[str, int]) -> None:
    """Count policies that are removed no more, for each project that had some."""
    for project_id, count in sorted(removed.items()):
        quotas.give_back(connection, project_id, {RESOURCE: count})


def _dependent(
    connection: Connection,
    user: User,
    object_id: str,
    owner: str,
    before: frozenset[ProjectId],
    after: frozenset[ProjectId],
) -> str | None:
    lost = before - after
    if not lost or EVERYBODY in after:
        return None
    return user(connection, object_id, {owner, *after}, lost)


def _shared(targets: Targets) -> frozenset[ProjectId]:
    return targets.get(ACCESS_SHARED, _NOBODY)


def _seen(targets: Targets) -> frozenset[ProjectId]:
    return _shared(targets) | targets.get(ACCESS_EXTERNAL, _NOBODY)
