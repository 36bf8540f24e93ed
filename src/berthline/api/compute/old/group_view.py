"""Security groups as Nova has always written them: what comes in only, and no port range as all ports."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from berthline.domain.network import SecurityGroup, SecurityGroupRule

ANYTHING: Final = -1
PORTS: Final = (1, 65535)
WITH_PORTS: Final = frozenset({"tcp", "udp"})

Named = Mapping[str, tuple[str, str]]
"""By the id of a group its name and its project: of those that rules name as what may come in."""


def named(groups: Sequence[SecurityGroup]) -> dict[str, tuple[str, str]]:
    """The groups as ``Named``."""
    return {group.id: (group.name, group.project_id) for group in groups}


def unnamed(groups: Sequence[SecurityGroup]) -> dict[str, str]:
    """Groups that rules of these name and that are none of them: by the id of each the project of the rule."""
    own = {group.id for group in groups}
    return {
        rule.remote_group_id: rule.project_id
        for group in groups
        for rule in group.rules
        if rule.direction == "ingress" and rule.remote_group_id is not None and rule.remote_group_id not in own
    }


def group_view(group: SecurityGroup, remote: Named) -> dict[str, Any]:
    """One group with the rules of what comes in.

    A rule whose remote group the caller does not see is left out, and one that names an address group: there is no word
    for it here, and without one it would read as open to all.
    """
    shown = [rule for rule in group.rules if rule.direction == "ingress" and rule.remote_address_group_id is None]
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "tenant_id": group.project_id,
        "rules": [
            rule_view(rule, remote) for rule in shown if rule.remote_group_id is None or rule.remote_group_id in remote
        ],
    }


def rule_view(rule: SecurityGroupRule, remote: Named) -> dict[str, Any]:
    """One rule of what comes in."""
    first, last = rule.port_range_min, rule.port_range_max
    if rule.protocol is not None and first is None and last is None:
        first, last = PORTS if rule.protocol.lower() in WITH_PORTS else (ANYTHING, ANYTHING)
    group: dict[str, str] = {}
    if rule.remote_group_id is not None:
        name, project_id = remote[rule.remote_group_id]
        group = {"name": name, "tenant_id": project_id}
    anywhere = "0.0.0.0/0" if rule.ethertype == "IPv4" else "::/0"
    return {
        "id": rule.id,
        "parent_group_id": rule.security_group_id,
        "ip_protocol": rule.protocol,
        "from_port": first,
        "to_port": last,
        "group": group,
        "ip_range": {} if group else {"cidr": rule.remote_ip_prefix or anywhere},
    }
