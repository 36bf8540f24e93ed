"""Snapshots of units, many at once: what the dataplane's rows are made from, in a few queries for any number."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Connection, Row, RowMapping, Select, bindparam, select, text

from berthline.domain.dataplane import Unit
from berthline.domain.ids import NetworkId, PortId, RouterId, SecurityGroupId, SubnetId
from berthline.domain.network import AddressPair, DhcpOption, FixedIp, HostRoute, SecurityGroup, SecurityGroupRule
from berthline.domain.snapshot import (
    FloatingAddress,
    NetworkSnapshot,
    PortSnapshot,
    RouterPort,
    RouterSnapshot,
    SecurityGroupSnapshot,
    Snapshot,
    SubnetFacts,
)
from berthline.store.tables.compute import hosts
from berthline.store.tables.network import (
    addresses,
    floating_ips,
    networks,
    port_security_groups,
    ports,
    router_interfaces,
    routers,
    security_group_rules,
    security_groups,
    subnets,
)

AnyRow = Row[*tuple[Any, ...]]
_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_NETWORKS: Final = select(networks).where(networks.c.id.in_(_IDS))
_SUBNETS: Final = select(subnets).where(subnets.c.id.in_(_IDS)).order_by(subnets.c.id)
_SUBNETS_OF: Final = select(subnets).where(subnets.c.network_id.in_(_IDS)).order_by(subnets.c.id)
_METADATA_IPS: Final = (
    select(addresses.c.subnet_id, addresses.c.ip)
    .join(ports, ports.c.id == addresses.c.port_id)
    .where(ports.c.network_id.in_(_IDS), text("ports.device_owner = 'network:distributed'"))
    .order_by(addresses.c.ip.desc())
)
_ADDRESSES: Final = (
    select(addresses.c.port_id, addresses.c.subnet_id, addresses.c.ip)
    .where(addresses.c.port_id.in_(_IDS))
    .order_by(addresses.c.position, addresses.c.ip)
)
_PORTS: Final = (
    select(ports, networks.c.mtu, hosts.c.chassis)
    .join(networks, networks.c.id == ports.c.network_id)
    .outerjoin(hosts, hosts.c.name == ports.c.binding_host)
    .where(ports.c.id.in_(_IDS))
)
_MEMBERSHIPS: Final = (
    select(port_security_groups)
    .where(port_security_groups.c.port_id.in_(_IDS))
    .order_by(port_security_groups.c.position)
)
_GROUPS: Final = select(security_groups).where(security_groups.c.id.in_(_IDS))
_RULES: Final = (
    select(security_group_rules)
    .where(security_group_rules.c.security_group_id.in_(_IDS))
    .order_by(security_group_rules.c.id)
)
_ROUTERS: Final = select(routers).where(routers.c.id.in_(_IDS))
_INTERFACES: Final = (
    select(router_interfaces.c.router_id, router_interfaces.c.port_id)
    .distinct()
    .where(router_interfaces.c.router_id.in_(_IDS))
    .order_by(router_interfaces.c.port_id)
)
_LEGS: Final = (
    select(ports.c.id, ports.c.network_id, ports.c.mac_address, networks.c.mtu)
    .join(networks, networks.c.id == ports.c.network_id)
    .where(ports.c.id.in_(_IDS))
)
_FLOATING: Final = (
    select(floating_ips)
    .where(floating_ips.c.router_id.in_(_IDS), floating_ips.c.fixed_port_id.is_not(None))
    .order_by(floating_ips.c.id)
)
_CHASSIS: Final = select(hosts.c.chassis).order_by(hosts.c.chassis)


def load_snapshots(
    connection: Connection, units: Iterable[Unit], gateway_chassis: Collection[str] = ()
) -> dict[Unit, Snapshot]:
    """A snapshot of each of the units that exists; one that is missing in the result has no row any more.

    ``gateway_chassis`` are the chassis that lead outside; empty: those of all hosts.
    """
    ids: dict[str, list[str]] = defaultdict(list)
    for unit in units:
        ids[unit.kind].append(unit.id)
    found: dict[Unit, Snapshot] = {}
    if ids["network"]:
        found |= {Unit("network", each.id): each for each in _networks(connection, ids["network"])}
    if ids["security_group"]:
        groups = _security_groups(connection, ids["security_group"])
        found |= {Unit("security_group", each.group.id): each for each in groups}
    if ids["port"]:
        found |= {Unit("port", each.id): each for each in _ports(connection, ids["port"])}
    if ids["router"]:
        found |= {Unit("router", each.id): each for each in _routers(connection, ids["router"], gateway_chassis)}
    return found


def _networks(connection: Connection, ids: list[str]) -> list[NetworkSnapshot]:
    of_network: dict[str, list[SubnetFacts]] = defaultdict(list)
    for subnet in _subnets(connection, _SUBNETS_OF, ids).values():
        of_network[subnet.network_id].append(subnet)
    return [
        NetworkSnapshot(
            id=NetworkId(row.id),
            revision=row.revision,
            mtu=row.mtu,
            network_type=row.network_type,
            physical_network=row.physical_network,
            segmentation_id=row.segmentation_id,
            subnets=tuple(of_network[row.id]),
        )
        for row in connection.execute(_NETWORKS, {"ids": ids})
    ]


def _subnets(connection: Connection, chosen: Select[Any], ids: Collection[str]) -> dict[str, SubnetFacts]:
    """Subnets by id, in order of id, each with the address of its network's metadata port in it."""
    rows = connection.execute(chosen, {"ids": list(ids)}).all()
    metadata_ips = _metadata_ips(connection, {row.network_id for row in rows})
    return {
        row.id: SubnetFacts(
            id=SubnetId(row.id),
            network_id=NetworkId(row.network_id),
            ip_version=row.ip_version,
            cidr=row.cidr,
            gateway_ip=row.gateway_ip,
            enable_dhcp=row.enable_dhcp,
            ipv6_ra_mode=row.ipv6_ra_mode,
            ipv6_address_mode=row.ipv6_address_mode,
            dns_nameservers=tuple(row.dns_nameservers),
            host_routes=msgspec.convert(row.host_routes, tuple[HostRoute, ...]),
            metadata_ip=metadata_ips.get(row.id),
        )
        for row in rows
    }


def _metadata_ips(connection: Connection, network_ids: Collection[str]) -> dict[str, str]:
    held = connection.execute(_METADATA_IPS, {"ids": list(network_ids)})
    return {row.subnet_id: row.ip for row in held}


def _fixed_ips(connection: Connection, port_ids: Collection[str]) -> Mapping[str, list[FixedIp]]:
    found: dict[str, list[FixedIp]] = defaultdict(list)
    for row in connection.execute(_ADDRESSES, {"ids": list(port_ids)}):
        found[row.port_id].append(FixedIp(SubnetId(row.subnet_id), row.ip))
    return found


def _ports(connection: Connection, ids: list[str]) -> list[PortSnapshot]:
    rows = connection.execute(_PORTS, {"ids": ids}).all()
    fixed_ips = _fixed_ips(connection, ids)
    groups: dict[str, list[SecurityGroupId]] = defaultdict(list)
    for link in connection.execute(_MEMBERSHIPS, {"ids": ids}):
        groups[link.port_id].append(SecurityGroupId(link.security_group_id))
    used = {fixed.subnet_id for held in fixed_ips.values() for fixed in held}
    facts = _subnets(connection, _SUBNETS, used) if used else {}
    return [_port(row, tuple(fixed_ips[row.id]), tuple(groups[row.id]), facts) for row in rows]


def _port(
    row: AnyRow,
    fixed_ips: tuple[FixedIp, ...],
    groups: tuple[SecurityGroupId, ...],
    facts: Mapping[str, SubnetFacts],
) -> PortSnapshot:
    return PortSnapshot(
        id=PortId(row.id),
        revision=row.revision,
        network_id=NetworkId(row.network_id),
        mac_address=row.mac_address,
        admin_state_up=row.admin_state_up,
        device_id=row.device_id,
        device_owner=row.device_owner,
        port_security_enabled=row.port_security_enabled,
        chassis=row.chassis or row.binding_host,
        allowed_address_pairs=msgspec.convert(row.allowed_address_pairs, tuple[AddressPair, ...]),
        extra_dhcp_opts=msgspec.convert(row.extra_dhcp_opts, tuple[DhcpOption, ...]),
        fixed_ips=fixed_ips,
        security_group_ids=groups,
        subnets=_used(fixed_ips, facts),
        mtu=row.mtu,
    )


def _used(fixed_ips: tuple[FixedIp, ...], facts: Mapping[str, SubnetFacts]) -> tuple[SubnetFacts, ...]:
    """The subnets of these addresses, each once, in their order."""
    return tuple({fixed.subnet_id: facts[fixed.subnet_id] for fixed in fixed_ips}.values())


def _security_groups(connection: Connection, ids: list[str]) -> list[SecurityGroupSnapshot]:
    rules: dict[str, list[SecurityGroupRule]] = defaultdict(list)
    for row in connection.execute(_RULES, {"ids": ids}).mappings():
        rules[row["security_group_id"]].append(msgspec.convert(_plain(row), SecurityGroupRule))
    return [
        SecurityGroupSnapshot(msgspec.convert({**_plain(row), "rules": rules[row["id"]]}, SecurityGroup))
        for row in connection.execute(_GROUPS, {"ids": ids}).mappings()
    ]


def _plain(row: RowMapping) -> dict[str, Any]:
    """The row as a dict; SQLAlchemy's names of columns are strings of a class of its own."""
    return {str(name): value for name, value in row.items()}


def _routers(connection: Connection, ids: list[str], gateway_chassis: Collection[str]) -> list[RouterSnapshot]:
    rows = connection.execute(_ROUTERS, {"ids": ids}).all()
    links = connection.execute(_INTERFACES, {"ids": ids}).all()
    inner: dict[str, list[str]] = defaultdict(list)
    for link in links:
        inner[link.router_id].append(link.port_id)
    outer = [row.gateway_port_id for row in rows if row.gateway_port_id is not None]
    legs = _legs(connection, [link.port_id for link in links] + outer)
    floating = _floating(connection, ids)
    chassis = _gateway_chassis(connection, gateway_chassis) if outer else ()
    return [
        RouterSnapshot(
            id=RouterId(row.id),
            revision=row.revision,
            admin_state_up=row.admin_state_up,
            enable_snat=row.enable_snat,
            routes=msgspec.convert(row.routes, tuple[HostRoute, ...]),
            interfaces=tuple(legs[port_id] for port_id in inner[row.id]),
            gateway=legs[row.gateway_port_id] if row.gateway_port_id is not None else None,
            floating_ips=tuple(floating[row.id]),
            gateway_chassis=chassis,
        )
        for row in rows
    ]


def _legs(connection: Connection, port_ids: list[str]) -> dict[str, RouterPort]:
    if not port_ids:
        return {}
    fixed_ips = _fixed_ips(connection, port_ids)
    used = {fixed.subnet_id for held in fixed_ips.values() for fixed in held}
    facts = _subnets(connection, _SUBNETS, used)
    return {
        row.id: RouterPort(
            port_id=PortId(row.id),
            network_id=NetworkId(row.network_id),
            mac_address=row.mac_address,
            mtu=row.mtu,
            fixed_ips=tuple(fixed_ips[row.id]),
            subnets=_used(tuple(fixed_ips[row.id]), facts),
        )
        for row in connection.execute(_LEGS, {"ids": port_ids})
    }


def _floating(connection: Connection, router_ids: list[str]) -> Mapping[str, list[FloatingAddress]]:
    found: dict[str, list[FloatingAddress]] = defaultdict(list)
    for row in connection.execute(_FLOATING, {"ids": router_ids}):
        found[row.router_id].append(FloatingAddress(row.id, row.floating_ip, row.fixed_ip))
    return found


def _gateway_chassis(connection: Connection, named: Collection[str]) -> tuple[str, ...]:
    if named:
        return tuple(sorted(named))
    return tuple(row.chassis for row in connection.execute(_CHASSIS))
