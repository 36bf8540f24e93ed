"""Put a security group on the NICs of a server, or take it off: Nova's addSecurityGroup and removeSecurityGroup.

One transaction: every NIC has it afterwards, or none more than before. Nova goes port by port, and
stops at the first that refuses.
"""

from berthline.domain.auth import Caller
from berthline.domain.errors import NoUniqueMatch, SecurityGroupCannotBeApplied
from berthline.domain.errors.network import SecurityGroupNotFound
from berthline.domain.ids import ServerId
from berthline.domain.network import Port, SecurityGroup
from berthline.network import policy
from berthline.network.nics.groups import CANNOT_BE_APPLIED
from berthline.network.ports import ports
from berthline.network.requests import PortUpdate
from berthline.store import Connection
from berthline.store.compute.servers.related import security_group_ids
from berthline.store.network import ports as port_rows
from berthline.store.network import security_groups
from berthline.store.network.nics import nics as server_nics
from berthline.store.network.nics import usable


def add(connection: Connection, caller: Caller, server_id: ServerId, wanted: str, at: int) -> SecurityGroup:
    """Put the group, by name or id, on every NIC that has it not; returns it.

    Raises SecurityGroupNotFound for a group that the caller does not see and for a server without NICs, NoUniqueMatch,
    SecurityGroupCannotBeApplied for a NIC without port security or address and where all have it, and what an update of
    a port raises.
    """
    group = _group(connection, caller, wanted, at)
    nics = _nics(connection, server_id)
    for port in nics:
        if not port.port_security_enabled or not port.fixed_ips:
            raise SecurityGroupCannotBeApplied(CANNOT_BE_APPLIED, {"port": port.id})
    without = [port for port in nics if group.id not in port.security_group_ids]
    if not without:
        raise SecurityGroupCannotBeApplied(
            f"Security group {group.name} ({group.id}) is on every port of instance {server_id} already."
        )
    for port in without:
        _set(connection, caller, port, [*port.security_group_ids, group.id], at)
    return group


def remove(connection: Connection, caller: Caller, server_id: ServerId, wanted: str, at: int) -> SecurityGroup:
    """Take the group, by name or id, off every NIC that has it; returns it.

    Raises SecurityGroupNotFound also where no NIC has it, and NoUniqueMatch.
    """
    group = _group(connection, caller, wanted, at)
    having = [port for port in _nics(connection, server_id) if group.id in port.security_group_ids]
    if not having:
        raise SecurityGroupNotFound(
            f"Security group {wanted[:255]} not associated with the instance {server_id}: none of its ports has it."
        )
    for port in having:
        _set(connection, caller, port, [held for held in port.security_group_ids if held != group.id], at)
    return group


def of_server(connection: Connection, server_id: ServerId) -> tuple[SecurityGroup, ...]:
    """The groups of the server's NICs, each once, in order of NICs."""
    ids = security_group_ids(connection, server_id)
    found = security_groups.get_many(connection, ids)
    return tuple(found[group] for group in ids if group in found)


def _group(connection: Connection, caller: Caller, wanted: str, at: int) -> SecurityGroup:
    """The group of this id that the caller sees, else the one of this name in the caller's project."""
    if wanted == "default" and caller.project_id:
        security_groups.ensure_default(connection, caller.project_id, at)
    by_id = security_groups.get(connection, wanted, policy.visible_to(caller))
    if by_id is not None:
        return by_id
    found = [group.id for group in usable.groups_named(connection, caller.project_id, [wanted])]
    if len(found) > 1:
        raise NoUniqueMatch(
            f"Multiple security groups found matching '{wanted[:255]}'. Use an ID to be more specific.",
            {"candidates": [{"id": group, "name": wanted} for group in found]},
        )
    by_name = security_groups.get(connection, found[0], None) if found else None
    if by_name is None:
        raise SecurityGroupNotFound(f"Security group {wanted[:255]} is not found for project {caller.project_id}.")
    return by_name


def _nics(connection: Connection, server_id: ServerId) -> list[Port]:
    ids = server_nics.in_order(connection, server_id)
    held = port_rows.get_many(connection, ids)
    if not held:
        raise SecurityGroupNotFound(f"instance_id {server_id} could not be found as device id on any ports")
    return [held[port] for port in ids if port in held]


def _set(connection: Connection, caller: Caller, port: Port, groups: list[str], at: int) -> None:
    ports.update(connection, caller, port.id, PortUpdate(security_groups=groups), at)
