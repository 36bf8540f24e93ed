"""What makes a rule of a security group sound, and the same as another. Pure."""

from typing import Final, Literal

from berthline.domain import protocols
from berthline.domain.errors import (
    SecurityGroupEthertypeConflictWithProtocol,
    SecurityGroupInvalidIcmpValue,
    SecurityGroupInvalidPortRange,
    SecurityGroupInvalidPortValue,
    SecurityGroupInvalidProtocolForPort,
    SecurityGroupMissingIcmpType,
    SecurityGroupMultipleRemoteEntites,
    SecurityGroupProtocolRequiredWithPorts,
    SecurityGroupRuleInvalidEtherType,
    SecurityGroupRuleInvalidProtocol,
)
from berthline.domain.ids import AddressGroupId, ProjectId, SecurityGroupId, SecurityGroupRuleId, new_id
from berthline.domain.network import SecurityGroupRule
from berthline.network import values
from berthline.network.requests import SecurityGroupRuleCreate, given

_LAST_PORT: Final = 65535
_LAST_ICMP: Final = 255
_ALL_PORTS: Final = (1, _LAST_PORT)

Ethertype = Literal["IPv4", "IPv6"]
Range = tuple[int | None, int | None]


def ethertype_of(asked: str | None) -> Ethertype:
    """The ethertype in Neutron's spelling, IPv4 when none is given. Raises SecurityGroupRuleInvalidEtherType."""
    lowered = (asked or "IPv4").lower()
    if lowered == "ipv4":
        return "IPv4"
    if lowered == "ipv6":
        return "IPv6"
    raise SecurityGroupRuleInvalidEtherType(
        f"Security group rule for ethertype '{str(asked)[:64]}' not supported. Allowed values are IPv4, IPv6."
    )


def checked(
    request: SecurityGroupRuleCreate, ethertype: Ethertype, prefix: str | None, project_id: ProjectId, at: int
) -> SecurityGroupRule:
    """The rule that is asked for, in the form in which it is kept, with its prefix as it is shown. Its groups are not
    looked at.

    Raises the errors of protocols, ports, prefixes and ethertypes that Neutron's extension security-group has.
    """
    protocol = _protocol(given(request.protocol, None), ethertype)
    first, last = _range(protocol, ethertype, given(request.port_range_min, None), given(request.port_range_max, None))
    if protocol is not None and ethertype == "IPv4" and protocols.number_of(protocol, ethertype) in protocols.ONLY_V6:
        raise SecurityGroupEthertypeConflictWithProtocol(f"Invalid ethertype {ethertype} for protocol {protocol}.")
    remote_group = given(request.remote_group_id, None)
    addresses = given(request.remote_address_group_id, None)
    if sum(each is not None for each in (prefix, remote_group, addresses)) > 1:
        raise SecurityGroupMultipleRemoteEntites(
            "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided."
        )
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
        remote_ip_prefix=prefix,
        remote_group_id=None if remote_group is None else SecurityGroupId(remote_group),
        remote_address_group_id=None if addresses is None else AddressGroupId(addresses),
        revision=1,
        created_at=at,
        updated_at=at,
    )


def meaning(rule: SecurityGroupRule) -> tuple[object, ...]:
    """What of a rule makes it the same as another: not by which of its names a protocol goes, nor whether all ports, or
    all addresses, are written out.
    """
    number = None if rule.protocol is None else protocols.number_of(rule.protocol, rule.ethertype)
    ports = (rule.port_range_min, rule.port_range_max)
    prefix = values.normalized(rule.remote_ip_prefix)
    return (
        rule.direction,
        rule.ethertype,
        number,
        (None, None) if ports == _ALL_PORTS else ports,
        None if prefix is not None and prefix.endswith("/0") else prefix,
        rule.remote_group_id,
        rule.remote_address_group_id,
    )


def _protocol(asked: str | int | None, ethertype: Ethertype) -> str | None:
    """The protocol as it is kept; None and "any" are any."""
    if asked is None or str(asked).lower() == "any":
        return None
    found = protocols.canonical(str(asked), ethertype)
    if found is None:
        raise SecurityGroupRuleInvalidProtocol(
            f"Security group rule protocol {str(asked)[:64]} not supported. Only protocol values any, "
            f"{', '.join(sorted(protocols.NUMBERS))} and integer representations [0 to {protocols.LAST_NUMBER}] are "
            "supported."
        )
    return found


def _range(protocol: str | None, ethertype: Ethertype, first: int | None, last: int | None) -> Range:
    """The ports, or ICMP's type and code. All ports are none, which says the same and costs the data plane less."""
    for port in (first, last):
        if port is not None and not 0 <= port <= _LAST_PORT:
            raise SecurityGroupInvalidPortValue(f"Invalid value for port {port}: it must be 1 to {_LAST_PORT}.")
    if (first, last) == _ALL_PORTS or (first is None and last is None):
        return None, None
    if protocol is None:
        raise SecurityGroupProtocolRequiredWithPorts("Must also specify protocol if port range is given.")
    number = protocols.number_of(protocol, ethertype)
    if number in {protocols.ICMP, protocols.ICMP_V6}:
        _check_icmp(first, last)
    elif number in protocols.WITH_PORTS:
        _check_ports(first, last)
    else:
        raise SecurityGroupInvalidProtocolForPort(
            f"Ports cannot be specified for protocol {protocol}. Ports are only supported for DCCP, SCTP, TCP, UDP, "
            "UDPLITE."
        )
    return first, last


def _check_icmp(kind: int | None, code: int | None) -> None:
    for name, field, value in (("type", "port_range_min", kind), ("code", "port_range_max", code)):
        if value is not None and value > _LAST_ICMP:
            raise SecurityGroupInvalidIcmpValue(
                f"Invalid value for ICMP {name} ({field}) {value}. It must be 0 to {_LAST_ICMP}."
            )
    if kind is None:
        raise SecurityGroupMissingIcmpType(
            f"ICMP code (port-range-max) {code} is provided but ICMP type (port-range-min) is missing."
        )


def _check_ports(first: int | None, last: int | None) -> None:
    if 0 in {first, last}:
        raise SecurityGroupInvalidPortValue(f"Invalid value for port 0: it must be 1 to {_LAST_PORT}.")
    if first is None or last is None or first > last:
        raise SecurityGroupInvalidPortRange("For TCP/UDP protocols, port_range_min must be <= port_range_max")
