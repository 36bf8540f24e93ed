"""Security groups as port groups with ACLs, in the way of Neutron's ML2/OVN: rules allow, one group of all drops."""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Final

from berthline.dataplane.ovn import names
from berthline.dataplane.schema import PARENT
from berthline.domain import protocols
from berthline.domain.dataplane import Cell, Row
from berthline.domain.ids import AddressGroupId
from berthline.domain.network import SecurityGroup, SecurityGroupRule

ALLOW_PRIORITY: Final = 1002
DROP_PRIORITY: Final = 1001

NEVER: Final = "0"
"""Matches nothing: for a value that no rule should have, and that must not become part of a match as it is."""

IP_WORDS: Final = {"IPv4": "ip4", "IPv6": "ip6"}
PORT_PROTOCOLS: Final = {"tcp": "tcp", "6": "tcp", "udp": "udp", "17": "udp", "sctp": "sctp", "132": "sctp"}
ICMP_PROTOCOLS: Final = frozenset({"icmp", "icmpv6", "ipv6-icmp", "1", "58"})


def security_group_rows(group: SecurityGroup, addresses: Mapping[AddressGroupId, tuple[str, ...]]) -> tuple[Row, ...]:
    """The port group of a security group, an ACL for each of its rules, and a set for each address group they name.

    ``addresses`` are the prefixes of those address groups. The sets are the group's own: a row is of one unit.
    """
    name = names.port_group(group.id)
    acls = (_rule_row(rule, name, stateful=group.stateful) for rule in group.rules)
    return (Row(table="Port_Group", key=name, columns={"name": name}), *_address_sets(group, addresses), *acls)


def _address_sets(group: SecurityGroup, addresses: Mapping[AddressGroupId, tuple[str, ...]]) -> Iterator[Row]:
    named = {(rule.remote_address_group_id, rule.ethertype) for rule in group.rules}
    for address_group, ethertype in sorted((each, version) for each, version in named if each is not None):
        name = names.address_set(group.id, address_group, IP_WORDS[ethertype])
        sixth = ethertype == "IPv6"
        held = frozenset(each for each in addresses.get(address_group, ()) if (":" in each) == sixth)
        yield Row(table="Address_Set", key=name, columns={"name": name, "addresses": held})


def drop_group_rows() -> tuple[Row, ...]:
    """The group in which all IP traffic is dropped that no other group allows.

    What a guest needs before any rule can apply passes: its requests for an address and neighbour discovery. Port
    security sees to it that these carry its own addresses.
    """
    group = names.DROP_GROUP
    out, into = f"inport == @{group}", f"outport == @{group}"
    allowed = (
        ("dhcpv4", "from-lport", f"{out} && ip4 && udp && udp.src == 68 && udp.dst == 67"),
        ("dhcpv6", "from-lport", f"{out} && ip6 && udp && udp.src == 546 && udp.dst == 547"),
        ("discovery-out", "from-lport", f"{out} && (nd || nd_rs || mldv1 || mldv2)"),
        ("discovery-in", "to-lport", f"{into} && (nd || nd_ra || mldv1 || mldv2)"),
    )
    return (
        Row(table="Port_Group", key=group, columns={"name": group}),
        *(_acl(f"{group}-{name}", group, way, ALLOW_PRIORITY, match, "allow") for name, way, match in allowed),
        _acl(f"{group}-out", group, "from-lport", DROP_PRIORITY, f"{out} && ip", "drop"),
        _acl(f"{group}-in", group, "to-lport", DROP_PRIORITY, f"{into} && ip", "drop"),
    )


def _rule_row(rule: SecurityGroupRule, group: str, *, stateful: bool) -> Row:
    way = "to-lport" if rule.direction == "ingress" else "from-lport"
    action = "allow-related" if stateful else "allow-stateless"
    return _acl(rule.id, group, way, ALLOW_PRIORITY, rule_match(rule, group), action)


def _acl(key: str, group: str, direction: str, priority: int, match: str, action: str) -> Row:
    columns: dict[str, Cell] = {
        PARENT: group,
        "direction": direction,
        "priority": priority,
        "match": match,
        "action": action,
        "log": False,
    }
    return Row(table="ACL", key=key, columns=columns)


def rule_match(rule: SecurityGroupRule, group: str) -> str:
    """The traffic that a rule allows, in OVN's match language."""
    ip = IP_WORDS[rule.ethertype]
    port = "outport" if rule.direction == "ingress" else "inport"
    return " && ".join((f"{port} == @{group}", ip, *_remote(rule, ip), *_protocol(rule)))


def _remote(rule: SecurityGroupRule, ip: str) -> tuple[str, ...]:
    end = f"{ip}.src" if rule.direction == "ingress" else f"{ip}.dst"
    if rule.remote_group_id is not None:
        # OVN keeps this address set for each port group by itself.
        return (f"{end} == ${names.port_group(rule.remote_group_id)}_{ip}",)
    if rule.remote_address_group_id is not None:
        return (f"{end} == ${names.address_set(rule.security_group_id, rule.remote_address_group_id, ip)}",)
    if rule.remote_ip_prefix is None:
        return ()
    try:
        prefix = ipaddress.ip_network(rule.remote_ip_prefix, strict=False)
    except ValueError:
        return (NEVER,)
    return (f"{end} == {prefix}",) if prefix.prefixlen else ()


def _protocol(rule: SecurityGroupRule) -> tuple[str, ...]:
    if rule.protocol is None or rule.protocol == "any":
        return ()
    protocol = rule.protocol.lower()
    if protocol in ICMP_PROTOCOLS:
        return _icmp("icmp4" if rule.ethertype == "IPv4" else "icmp6", rule)
    if protocol in PORT_PROTOCOLS:
        return _ports(PORT_PROTOCOLS[protocol], rule)
    number = protocols.NUMBERS.get(protocol)
    if number is None:
        return (f"ip.proto == {int(protocol)}",) if protocol.isdecimal() else (NEVER,)
    return (f"ip.proto == {number}",)


def _icmp(icmp: str, rule: SecurityGroupRule) -> tuple[str, ...]:
    """Neutron keeps the ICMP type in port_range_min and the code in port_range_max."""
    kind = () if rule.port_range_min is None else (f"{icmp}.type == {rule.port_range_min}",)
    code = () if rule.port_range_max is None else (f"{icmp}.code == {rule.port_range_max}",)
    return (icmp, *kind, *code)


def _ports(protocol: str, rule: SecurityGroupRule) -> tuple[str, ...]:
    low, high = rule.port_range_min, rule.port_range_max
    if low is not None and low == high:
        return (protocol, f"{protocol}.dst == {low}")
    at_least = () if low is None else (f"{protocol}.dst >= {low}",)
    at_most = () if high is None else (f"{protocol}.dst <= {high}",)
    return (protocol, *at_least, *at_most)
