"""Security groups and their rules."""

import ipaddress
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import UNSET

from berthline.domain.auth import Caller
from berthline.domain.errors import (
    DuplicateSecurityGroupRuleInPost,
    InvalidInput,
    SecurityGroupCannotRemoveDefault,
    SecurityGroupCannotUpdateDefault,
    SecurityGroupDefaultAlreadyExists,
    SecurityGroupInUse,
    SecurityGroupNotFound,
    SecurityGroupRuleExists,
    SecurityGroupRuleNotFound,
    SecurityGroupRuleParameterConflict,
)
from berthline.domain.ids import ProjectId, SecurityGroupId, SecurityGroupRuleId, new_id
from berthline.domain.network import SecurityGroup, SecurityGroupRule
from berthline.network import address_groups, policy, sharing
from berthline.network import security_group_rules as rules
from berthline.network.requests import (
    SecurityGroupCreate,
    SecurityGroupRuleCreate,
    SecurityGroupUpdate,
    given,
)
from berthline.store import Connection
from berthline.store.control import quotas
from berthline.store.network import address_groups as address_group_rows
from berthline.store.network import rbac_policies, security_groups
from berthline.store.network.changes import Change, record

_LONGEST_PROJECT_ID: Final = 255


def find(connection: Connection, caller: Caller, group_id: str) -> SecurityGroup:
    """A group that the caller sees. Raises SecurityGroupNotFound, also for one of another project."""
    found = security_groups.get(connection, group_id, policy.visible_to(caller), caller.project_id)
    if found is None:
        raise SecurityGroupNotFound(f"Security group {group_id} does not exist")
    return found


def find_rule(connection: Connection, caller: Caller, rule_id: str) -> SecurityGroupRule:
    """A rule that the caller sees. Raises SecurityGroupRuleNotFound, also for one of another project."""
    found = security_groups.rule(connection, rule_id, policy.visible_to(caller))
    if found is None:
        raise SecurityGroupRuleNotFound(f"Security group rule {rule_id} does not exist")
    return found


def needs_default(connection: Connection, caller: Caller, asked: Mapping[str, tuple[str, ...]]) -> ProjectId | None:
    """The project whose default group a list with the filters ``asked`` has to make first; None when none lacks it.

    The project that is asked for, which another than an admin may only ask of the caller's own; else the caller's.
    """
    wanted = (asked.get("project_id") or asked.get("tenant_id") or (caller.project_id,))[0]
    if not wanted or len(wanted) > _LONGEST_PROJECT_ID or not (caller.is_admin or wanted == caller.project_id):
        return None
    project_id = ProjectId(wanted)
    return project_id if security_groups.default_of(connection, project_id) is None else None


def create(connection: Connection, caller: Caller, request: SecurityGroupCreate, at: int) -> SecurityGroup:
    """Make a group whose ports may reach everything; the project's default group is made with its first one."""
    project_id = policy.owner_of_new(caller, request, "create_security_group")
    security_groups.ensure_default(connection, project_id, at)
    name = given(request.name, "")
    if name.lower() == "default":
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
    security_groups.lock(connection, [group_id])
    group = find(connection, caller, group_id)
    policy.check_owner(caller, group.project_id, "update_security_group")
    policy.check_revision(revision, group.revision, group_id)
    if group.is_default and given(request.name, group.name) != group.name:
        raise SecurityGroupCannotUpdateDefault("Updating default security group not allowed.")
    if not group.is_default and given(request.name, "").lower() == "default":
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
    security_groups.lock(connection, [group_id])
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
    policies = rbac_policies.remove_of(connection, group.id)
    security_groups.remove(connection, group.id)
    record(connection, [_change(msgspec.structs.replace(group, revision=group.revision + 1), "deleted")], at)
    for project_id, count in sorted(Counter(rule.project_id for rule in group.rules).items()):
        quotas.give_back(connection, project_id, {"security_group_rule": count})
    sharing.give_back(connection, policies)
    quotas.give_back(connection, group.project_id, {"security_group": 1})


def create_rules(
    connection: Connection, caller: Caller, requests: Sequence[SecurityGroupRuleCreate], at: int
) -> tuple[SecurityGroupRule, ...]:
    """Make all of the rules or none.

    Raises SecurityGroupNotFound, SecurityGroupRuleExists, DuplicateSecurityGroupRuleInPost, OverQuota and the errors of
    prefixes, ports and protocols.
    """
    security_groups.lock(connection, {request.security_group_id for request in requests})
    groups: dict[str, SecurityGroup] = {}
    there: dict[tuple[str, object], SecurityGroupRuleId] = {}
    made: dict[tuple[str, object], SecurityGroupRule] = {}
    for request in requests:
        project_id = policy.owner_of_new(caller, request, "create_security_group_rule")
        group = groups.get(request.security_group_id)
        if group is None:
            group = groups[request.security_group_id] = find(connection, caller, request.security_group_id)
            there |= {(group.id, rules.meaning(each)): each.id for each in group.rules}
        policy.check_owner(caller, group.project_id, "create_security_group_rule")
        rule = _rule(connection, caller, request, project_id, at)
        key = (group.id, rules.meaning(rule))
        if key in there:
            raise SecurityGroupRuleExists(f"Security group rule already exists. Rule id is {there[key]}.")
        if key in made:
            raise DuplicateSecurityGroupRuleInPost("Duplicate Security Group Rule in POST.")
        made[key] = rule
    security_groups.add_rules(connection, list(made.values()))
    for group in groups.values():
        _group_changed(connection, group, at)
    record(connection, [_rule_change(rule, "created") for rule in made.values()], at)
    for project_id, count in sorted(Counter(rule.project_id for rule in made.values()).items()):
        quotas.take(connection, project_id, {"security_group_rule": count})
    return tuple(made.values())


def delete_rule(connection: Connection, caller: Caller, rule_id: str, at: int) -> None:
    """Delete one rule."""
    security_groups.lock_of_rule(connection, rule_id)
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
    ethertype = rules.ethertype_of(given(request.ethertype, None))
    prefix = given(request.remote_ip_prefix, None)
    rule = rules.checked(request, ethertype, None if prefix is None else _prefix(prefix, ethertype), project_id, at)
    if rule.remote_group_id is not None:
        find(connection, caller, rule.remote_group_id)
    if rule.remote_address_group_id is not None:
        address_group_rows.hold(connection, [rule.remote_address_group_id])
        address_groups.find(connection, caller, rule.remote_address_group_id)
    return rule


def _prefix(text: str, ethertype: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidInput(
            f"Invalid input for remote_ip_prefix. Reason: '{text[:64]}' is not a valid IP subnet."
        ) from None
    if (network.version == 6) != (ethertype == "IPv6"):
        raise SecurityGroupRuleParameterConflict(f"Conflicting value ethertype {ethertype} for CIDR {network}")
    return str(ipaddress.ip_interface(text))  # with the bits behind the prefix, as it was sent


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
