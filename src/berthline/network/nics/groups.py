"""Security groups of the ports that are made for a server; ports that were there before keep their own."""

from collections.abc import Sequence

from berthline.domain.errors import NoUniqueMatch, SecurityGroupCannotBeApplied, SecurityGroupNotFoundForServer
from berthline.domain.ids import ProjectId, SecurityGroupId
from berthline.network.nics.resolve import Item
from berthline.network.ports.checks import mixed
from berthline.store import Connection
from berthline.store.network import security_groups
from berthline.store.network.nics import usable
from berthline.store.network.nics.usable import NamedGroup

CANNOT_BE_APPLIED = "Network requires port_security_enabled and subnet associated in order to apply security groups."


def groups_for(
    connection: Connection, project_id: ProjectId, wanted: tuple[str, ...], created: Sequence[Item], at: int
) -> tuple[SecurityGroupId, ...]:
    """Ids of the groups for the ports that are made; names and ids are taken, an id wins over a name.

    "default" alone, or nothing, is the network service's own choice: the project's default group. What is named has to
    be there also where no port is made (Nova's _check_requested_secgroups). Raises SecurityGroupNotFoundForServer,
    NoUniqueMatch, and SecurityGroupCannotBeApplied where a network has port security and no subnet, or no port security
    and groups are named (Nova's _process_security_groups and allocate_for_instance), or where stateful and stateless
    groups are named together.
    """
    named = tuple(dict.fromkeys(wanted))
    if named == ("default",):
        named = ()
    found = usable.groups_named(connection, project_id, named) if named else ()
    others = {name: _group(found, project_id, name) for name in named if name != "default"}
    for item in created:
        if not item.network.port_security_enabled if named else False:
            raise _cannot(item, f"port security of network {item.network.name or item.network.id} is off")
        if item.network.port_security_enabled and not item.subnets:
            raise _cannot(item, f"network {item.network.name or item.network.id} has no subnet")
    if not any(item.network.port_security_enabled for item in created):
        return ()
    if len(others) < len(named) or not named:
        others["default"] = security_groups.ensure_default(connection, project_id, at)
    chosen = tuple(dict.fromkeys(others[name] for name in named or ("default",)))
    if len(chosen) == 1 and chosen[0] not in {group.id for group in found if not group.own}:
        return chosen
    security_groups.hold(connection, chosen)
    held = security_groups.existing(connection, chosen, project_id)
    for group in chosen:
        if group not in held:
            raise SecurityGroupNotFoundForServer(f"Security group {group} not found for project {project_id}.")
    if mixed(each.stateful for each in held.values()):
        raise SecurityGroupCannotBeApplied(
            "Stateful and stateless security groups cannot be on one port: name groups of one kind.",
            {"security_groups": list(named)},
        )
    return chosen


def _group(found: Sequence[NamedGroup], project_id: ProjectId, wanted: str) -> SecurityGroupId:
    by_id = [group.id for group in found if group.id == wanted]
    matching = by_id or [group.id for group in found if group.name == wanted]
    if not matching:
        raise SecurityGroupNotFoundForServer(f"Security group {wanted} not found for project {project_id}.")
    if len(matching) > 1:
        raise NoUniqueMatch(
            f"Multiple security groups found matching '{wanted}'. Use an ID to be more specific.",
            {"candidates": [{"id": group, "name": wanted} for group in matching]},
        )
    return matching[0]


def _cannot(item: Item, reason: str) -> SecurityGroupCannotBeApplied:
    return SecurityGroupCannotBeApplied(CANNOT_BE_APPLIED, {"item": item.index, "reason": reason})
