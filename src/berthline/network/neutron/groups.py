"""Put a security group on a server's NICs at a Neutron, or take it off."""

import contextlib
from collections.abc import Sequence
from typing import Final, Literal

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    BerthlineError,
    NoUniqueMatch,
    OutsideError,
    PreconditionFailed,
    SecurityGroupCannotBeApplied,
    Transient,
)
from berthline.domain.errors.network import SecurityGroupNotFound
from berthline.domain.ids import ProjectId, SecurityGroupId, SecurityGroupRuleId, ServerId, is_uuid
from berthline.domain.network import SecurityGroup, SecurityGroupRule
from berthline.network.neutron import wire
from berthline.network.neutron.calls import NeutronCalls, as_service, as_user
from berthline.network.neutron.nics import ports_of
from berthline.network.nics.groups import CANNOT_BE_APPLIED
from berthline.store.network.nics.remote import RemoteNic

TRIES: Final = 4
How = Literal["add", "remove"]


async def change(
    calls: NeutronCalls, caller: Caller, server_id: ServerId, nics: Sequence[RemoteNic], wanted: str, how: How
) -> str:
    """Put the group, by name or id, on every NIC that has it not, or take it off those that have it; its name.

    All is looked at before the first change, and what was changed is changed back when Neutron refuses a later one.
    Raises SecurityGroupNotFound, NoUniqueMatch and SecurityGroupCannotBeApplied as with networks of our own.
    """
    group = await _group(calls, caller, wanted)
    found = await ports_of(calls, as_service(server_id), nics)
    ports = [port for nic in nics if (port := found.get((nic.server_id, nic.mac_address))) is not None]
    if not ports:
        raise SecurityGroupNotFound(f"instance_id {server_id} could not be found as device id on any ports")
    if how == "add" and any(not port.port_security_enabled or not port.addressed for port in ports):
        raise SecurityGroupCannotBeApplied(CANNOT_BE_APPLIED)
    concerned = [port for port in ports if (group.id in port.security_groups) == (how == "remove")]
    if not concerned and how == "add":
        raise SecurityGroupCannotBeApplied(
            f"Security group {group.name} ({group.id}) is on every port of instance {server_id} already."
        )
    if not concerned:
        raise SecurityGroupNotFound(
            f"Security group {wanted[:255]} not associated with the instance {server_id}: none of its ports has it."
        )
    done: list[wire.Port] = []
    try:
        for port in concerned:
            await _bring(calls, server_id, port, group.id, how)
            done.append(port)
    except BerthlineError:
        for port in done:
            with contextlib.suppress(OutsideError):
                await _bring(calls, server_id, port, group.id, "remove" if how == "add" else "add")
        raise
    return group.name


async def of_server(calls: NeutronCalls, server_id: ServerId, nics: Sequence[RemoteNic]) -> tuple[SecurityGroup, ...]:
    """The groups of the server's ports as Neutron has them now, each once, in order of NICs."""
    view = as_service(server_id)
    found = await ports_of(calls, view, nics)
    ports = [port for nic in nics if (port := found.get((nic.server_id, nic.mac_address))) is not None]
    ids = tuple(dict.fromkeys(group for port in ports for group in port.security_groups))
    told = {group.id: group for group in await calls.groups(view, [("id", one) for one in ids])} if ids else {}
    return tuple(_as_ours(told[one]) for one in ids if one in told)


def _as_ours(group: wire.Group) -> SecurityGroup:
    rules = tuple(
        SecurityGroupRule(
            id=SecurityGroupRuleId(rule.id),
            security_group_id=SecurityGroupId(rule.security_group_id),
            project_id=ProjectId(rule.project_id or rule.tenant_id),
            description=rule.description or "",
            direction=rule.direction,
            ethertype=rule.ethertype,
            protocol=rule.protocol,
            port_range_min=rule.port_range_min,
            port_range_max=rule.port_range_max,
            remote_ip_prefix=rule.remote_ip_prefix,
            remote_group_id=None if rule.remote_group_id is None else SecurityGroupId(rule.remote_group_id),
            revision=0,
            created_at=0,
            updated_at=0,
        )
        for rule in group.security_group_rules
    )
    return SecurityGroup(
        id=SecurityGroupId(group.id),
        project_id=ProjectId(group.owner),
        name=group.name,
        description=group.description,
        stateful=True,
        is_default=False,
        rules=rules,
        revision=0,
        created_at=0,
        updated_at=0,
    )


async def _bring(calls: NeutronCalls, server_id: ServerId, port: wire.Port, group: str, how: How) -> None:
    """Have the port with the group, or without it, and its other groups as they are."""
    view = as_service(server_id)
    now: wire.Port | None = port
    for _ in range(TRIES):
        now = (await calls.ports(view, [port.id])).get(port.id) if now is None else now
        if now is None or (group in now.security_groups) == (how == "add"):
            return
        kept = [held for held in now.security_groups if held != group]
        groups = [*kept, group] if how == "add" else kept
        try:
            await calls.update_port(view, port.id, {"security_groups": groups}, revision=now.revision_number)
        except PreconditionFailed:
            now = None
            continue
        return
    raise Transient(f"Port {port.id} changes all the time; try again.")


async def _group(calls: NeutronCalls, caller: Caller, wanted: str) -> wire.Group:
    """The group as the caller sees it: by id, else by its name in the caller's project."""
    view = as_user(caller)
    by_id = await calls.groups(view, [("id", wanted)]) if is_uuid(wanted) else ()
    if by_id:
        return by_id[0]
    named = await calls.groups(view, [("name", wanted), ("project_id", str(caller.project_id))])
    if not named:
        raise SecurityGroupNotFound(f"Security group {wanted[:255]} is not found for project {caller.project_id}.")
    if len(named) > 1:
        raise NoUniqueMatch(
            f"Multiple security groups found matching '{wanted[:255]}'. Use an ID to be more specific.",
            {"candidates": [{"id": group.id, "name": group.name} for group in named]},
        )
    return named[0]
