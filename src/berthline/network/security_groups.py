"""Security groups and their rules."""

import ipaddress
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    InvalidInput,
    SecurityGroupCannotRemoveDefault,
    SecurityGroupCannotUpdateDefault,
    SecurityGroupDefaultAlreadyExists,
    SecurityGroupInUse,
    SecurityGroupInvalidPortRange,
    SecurityGroupNotFound,
    SecurityGroupProtocolRequiredWithPorts,
    SecurityGroupRemoteGroupAndRemoteIpPrefix,
    SecurityGroupRuleExists,
    SecurityGroupRuleNotFound,
    SecurityGroupRuleParameterConflict,
)
from berthline.domain.ids import ProjectId, SecurityGroupId, SecurityGroupRuleId, is_uuid, new_id
from berthline.domain.network import SecurityGroup, SecurityGroupRule
from berthline.network import policy
from berthline.network.requests import (
    SecurityGroupCreate,
    SecurityGroupRuleCreate,
    SecurityGroupUpdate,
    given,
)
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import security_groups
from berthline.store.network.changes import Change, record

PROTOCOLS: Final = frozenset({
    "ah", "dccp", "egp", "esp", "gre", "hopopt", "icmp", "icmpv6", "igmp", "ip", "ipip", "ipv6-encap", "ipv6-frag",
    "ipv6-icmp", "ipv6-nonxt", "ipv6-opts", "ipv6-route", "ospf", "pgm", "rsvp", "sctp", "tcp", "udp", "udplite",
    "vrrp",
})  # fmt: skip
"""Names of protocols that Neutron knows; any other is given by its number."""

_WITH_PORTS: Final = frozenset({"tcp", "udp", "udplite", "sctp", "dccp", "6", "17", "33", "132", "136"})
_ICMP: Final = frozenset({"icmp", "icmpv6", "ipv6-icmp", "1", "58"})
_ONLY_V6: Final = frozenset({"icmpv6", "ipv6-icmp", "ipv6-encap", "ipv6-frag", "ipv6-nonxt", "ipv6-opts", "ipv6-route"})
_LAST_PORT: Final = 65535
_LAST_NUMBER: Final = 255


def find(connection: Connection, caller: Caller, group_id: str) -> SecurityGroup:
    """A group that the caller sees. Raises SecurityGroupNotFound, also for one of another project."""
    found = security_groups.get(connection, group_id, policy.visible_to(caller))
    if found is None:
        raise SecurityGroupNotFound(f"Security group {group_id} does not exist")
    return found


def find_rule(connection: Connection, caller: Caller, rule_id: str) -> SecurityGroupRule:
    """A rule that the caller sees. Raises SecurityGroupRuleNotFound, also for one of another project."""
    found = security_groups.rule(connection, rule_id, policy.visible_to(caller))
    if found is None:
        raise SecurityGroupRuleNotFound(f"Security group rule {rule_id} does not exist")
    return found


def needs_default(connection: Connection, caller: Caller) -> bool:
    """True when the caller's project has no default group yet."""
    return bool(caller.project_id) and security_groups.default_of(connection, caller.project_id) is None


def create(connection: Connection, caller: Caller, request: SecurityGroupCreate, at: int) -> SecurityGroup:
    """Make a group whose ports may reach everything; the project's default group is made with its first one."""
    project_id = policy.owner_of_new(caller, request, "create_security_group")
    security_groups.ensure_default(connection, project_id, at)
    name = given(request.name, "")
    if name == "default":
        raise SecurityGroupDefaultAlreadyExists("Default security group already exists.")
    group_id = SecurityGroupId(new_id())
    group = SecurityGroup(
        id=group_id,
        project_id=project_id,
        name=name,
        description=given(request.description, ""),
        stateful=given(request.stateful, True),
        is_default=False,
        rules=security_groups.default_rules(group_id, project_id, at, members=False),
        tags=tuple(sorted(set(given(request.tags, [])))),
        revision=1,
        created_at=at,
        updated_at=at,
    )
    security_groups.add(connection, group)
    record(connection, [_change(group, "created")], at)
    quotas.take(connection, project_id, {"security_group": 1, "security_group_rule": len(group.rules)})
    return group


def update(
    connection: Connection,
    caller: Caller,
    group_id: str,
    request: SecurityGroupUpdate,
    at: int,
    revision: int | None = None,
) -> SecurityGroup:
    """Change name, description or statefulness. Raises SecurityGroupCannotUpdateDefault for a default group's name."""
    group = find(connection, caller, group_id)
    policy.check_owner(caller, group.project_id, "update_security_group")
    policy.check_revision(revision, group.revision, group_id)
    if group.is_default and given(request.name, group.name) != group.name:
        raise SecurityGroupCannotUpdateDefault("Updating default security group not allowed.")
    if not group.is_default and request.name == "default":
        raise SecurityGroupDefaultAlreadyExists("Default security group already exists.")
    if given(request.stateful, group.stateful) != group.stateful and security_groups.ports_in(connection, group.id):
        raise SecurityGroupInUse(f"Security Group {group_id} cannot have its statefulness changed while it is in use.")
    changes: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(request).items() if value is not UNSET
    }
    changed = msgspec.structs.replace(group, **changes, revision=group.revision + 1, updated_at=at)
    security_groups.save(connection, changed)
    record(connection, [_change(changed, "updated")], at)
    return changed


def delete(connection: Connection, caller: Caller, group_id: str, at: int, revision: int | None = None) -> None:
    """Delete a group and its rules, and rules of other groups that name it. Raises SecurityGroupInUse."""
    group = find(connection, caller, group_id)
    policy.check_owner(caller, group.project_id, "delete_security_group")
    policy.check_revision(revision, group.revision, group_id)
    users = security_groups.ports_in(connection, group.id)
    if users:
        raise SecurityGroupInUse(f"Security Group {group_id} in use.", {"ports": users})
    if group.is_default and not caller.is_admin:
        raise SecurityGroupCannotRemoveDefault("Insufficient rights for removing default security group.")
    referring = security_groups.referring(connection, group.id)
    for rule in referring:
        _remove_rule(connection, rule, at)
    security_groups.remove(connection, group.id)
    record(connection, [_change(msgspec.structs.replace(group, revision=group.revision + 1), "deleted")], at)
    for project_id, count in sorted(Counter(rule.project_id for rule in group.rules).items()):
        quotas.give_back(connection, project_id, {"security_group_rule": count})
    quotas.give_back(connection, group.project_id, {"security_group": 1})


def create_rules(
    connection: Connection, caller: Caller, requests: Sequence[SecurityGroupRuleCreate], at: int
) -> tuple[SecurityGroupRule, ...]:
    """Make all of the rules or none.

    Raises InvalidInput, SecurityGroupNotFound, SecurityGroupRuleExists and the errors of ports and protocols.
    """
    made = []
    for request in requests:
        project_id = policy.owner_of_new(caller, request, "create_security_group_rule")
        group = find(connection, caller, request.security_group_id)
        policy.check_owner(caller, group.project_id, "create_security_group_rule")
        rule = _rule(connection, caller, request, project_id, at)
        same = next((each for each in group.rules if _meaning(each) == _meaning(rule)), None)
        if same is not None:
            raise SecurityGroupRuleExists(f"Security group rule already exists. Rule id is {same.id}.")
        security_groups.add_rules(connection, [rule])
        _group_changed(connection, group, at)
        record(connection, [_rule_change(rule, "created")], at)
        quotas.take(connection, project_id, {"security_group_rule": 1})
        made.append(rule)
    return tuple(made)


def delete_rule(connection: Connection, caller: Caller, rule_id: str, at: int) -> None:
    """Delete one rule."""
    rule = find_rule(connection, caller, rule_id)
    policy.check_owner(caller, rule.project_id, "delete_security_group_rule")
    _remove_rule(connection, rule, at)


def _remove_rule(connection: Connection, rule: SecurityGroupRule, at: int) -> None:
    group = security_groups.get(connection, rule.security_group_id)
    assert group is not None, "a foreign key says that the group of a rule exists"
    security_groups.remove_rule(connection, rule.id)
    _group_changed(connection, group, at)
    record(connection, [_rule_change(rule, "deleted")], at)
    quotas.give_back(connection, rule.project_id, {"security_group_rule": 1})


def _rule(
    connection: Connection, caller: Caller, request: SecurityGroupRuleCreate, project_id: ProjectId, at: int
) -> SecurityGroupRule:
    ethertype = _ethertype(given(request.ethertype, None))
    protocol = _protocol(given(request.protocol, None), ethertype)
    prefix = given(request.remote_ip_prefix, None)
    remote_group = given(request.remote_group_id, None)
    first, last = given(request.port_range_min, None), given(request.port_range_max, None)
    _check_range(protocol, first, last)
    if prefix is not None and remote_group is not None:
        raise SecurityGroupRemoteGroupAndRemoteIpPrefix(
            "Only remote_ip_prefix or remote_group_id or remote_address_group_id may be provided."
        )
    if remote_group is not None:
        if not is_uuid(remote_group):
            raise InvalidInput(f"Invalid input for remote_group_id. Reason: '{remote_group[:64]}' is not a valid UUID.")
        find(connection, caller, remote_group)
    return SecurityGroupRule(
        id=SecurityGroupRuleId(new_id()),
        security_group_id=SecurityGroupId(request.security_group_id),
        project_id=project_id,
        description=given(request.description, None) or "",
        direction=request.direction,
        ethertype=ethertype,
        protocol=protocol,
        port_range_min=first,
        port_range_max=last,
        remote_ip_prefix=None if prefix is None else _prefix(prefix, ethertype),
        remote_group_id=None if remote_group is None else SecurityGroupId(remote_group),
        revision=1,
        created_at=at,
        updated_at=at,
    )


def _ethertype(asked: str | None) -> Literal["IPv4", "IPv6"]:
    lowered = (asked or "IPv4").lower()
    if lowered == "ipv4":
        return "IPv4"
    if lowered == "ipv6":
        return "IPv6"
    raise InvalidInput(f"Invalid input for ethertype. Reason: '{str(asked)[:64]}' is neither IPv4 nor IPv6.")


def _protocol(asked: str | int | None, ethertype: str) -> str | None:
    """The protocol as its name in lower case or its number as text; None and "any" are any."""
    if asked is None:
        return None
    text = str(asked).strip().lower()
    if text in {"any", "-1", ""}:
        return None
    if text not in PROTOCOLS and not (text.isascii() and text.isdecimal() and int(text) <= _LAST_NUMBER):
        raise InvalidInput(
            f"Invalid input for protocol. Reason: Security group rule protocol {text[:64]} not supported. Only "
            f"protocol values {', '.join(sorted(PROTOCOLS))} and integer representations [0 to {_LAST_NUMBER}] are "
            "supported."
        )
    if text in _ONLY_V6 and ethertype == "IPv4":
        raise SecurityGroupRuleParameterConflict(f"Conflicting value ethertype {ethertype} for protocol {text}")
    return text


def _check_range(protocol: str | None, first: int | None, last: int | None) -> None:
    if first is None and last is None:
        return
    if protocol is None:
        raise SecurityGroupProtocolRequiredWithPorts("Must also specify protocol if port range is given.")
    if protocol in _ICMP:
        for name, value in (("type", first), ("code", last)):
            if value is not None and not 0 <= value <= _LAST_NUMBER:
                raise InvalidInput(f"Invalid value for ICMP {name} (port range): {value}. It must be 0 to 255.")
        if first is None:
            raise InvalidInput(
                f"ICMP code (port-range-max) {last} is provided but ICMP type (port-range-min) is missing."
            )
        return
    if protocol not in _WITH_PORTS:
        raise SecurityGroupInvalidPortRange(f"Protocol {protocol} has no ports: leave port_range_min and _max out.")
    if first is None or last is None or not 0 <= first <= last <= _LAST_PORT:
        raise SecurityGroupInvalidPortRange("For TCP/UDP protocols, port_range_min must be <= port_range_max")
    if first == 0 and last == 0:
        raise SecurityGroupInvalidPortRange("Invalid port range 0 to 0: ports are 1 to 65535.")


def _prefix(text: str, ethertype: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidInput(
            f"Invalid input for remote_ip_prefix. Reason: '{text[:64]}' is not a valid IP subnet."
        ) from None
    if (network.version == 6) != (ethertype == "IPv6"):
        raise SecurityGroupRuleParameterConflict(f"Conflicting value ethertype {ethertype} for CIDR {network}")
    return str(network)


def _meaning(rule: SecurityGroupRule) -> tuple[object, ...]:
    """What of a rule makes it the same as another; a prefix of everything means any remote side."""
    prefix = None if rule.remote_ip_prefix in {"0.0.0.0/0", "::/0"} else rule.remote_ip_prefix
    return (
        rule.direction,
        rule.ethertype,
        rule.protocol,
        rule.port_range_min,
        rule.port_range_max,
        prefix,
        rule.remote_group_id,
    )


def _group_changed(connection: Connection, group: SecurityGroup, at: int) -> None:
    revision = security_groups.touch(connection, group.id, at)
    record(connection, [_change(msgspec.structs.replace(group, revision=revision), "updated")], at)


def _change(group: SecurityGroup, what: str) -> Change:
    return Change(
        kind="security_group",
        id=group.id,
        project_id=group.project_id,
        revision=group.revision,
        what=what,
        unit="security_group",
    )


def _rule_change(rule: SecurityGroupRule, what: str) -> Change:
    return Change(kind="security_group_rule", id=rule.id, project_id=rule.project_id, revision=rule.revision, what=what)
