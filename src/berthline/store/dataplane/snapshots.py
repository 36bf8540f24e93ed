"""Snapshots of units, many at once: what the dataplane's rows are made from, in a few queries for any number."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import BindParameter, Connection, RowMapping, bindparam, select

from berthline.domain.compute import EVERY_NETWORK
from berthline.domain.dataplane import Unit
from berthline.domain.ids import AddressGroupId, NetworkId, PortId, RouterId, SubnetId
from berthline.domain.network import FixedIp, HostRoute, SecurityGroup, SecurityGroupRule
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
from berthline.store.dataplane import ways_out
from berthline.store.dataplane.ways_out import WayOut
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.network.port_values import GROUPS, HELD, OPTIONS, PAIRS, addresses_of, groups_of
from berthline.store.tables.base import to_json, unpacked
from berthline.store.tables.network import (
    address_groups,
    floating_ips,
    networks,
    ports,
    router_interfaces,
    routers,
    security_group_rules,
    security_groups,
)

_IDS: Final[BindParameter[Any]] = bindparam("ids", expanding=True)
_NETWORKS: Final = select(networks).where(networks.c.id.in_(_IDS))
# With each subnet the lowest address that its network's metadata port has in it. The port is looked for first, or every
# address of the subnet would be read.
_SUBNET: Final = """
SELECT id, network_id, ip_version, cidr, gateway_ip, enable_dhcp, ipv6_ra_mode, ipv6_address_mode, dns_nameservers,
    host_routes, (
        SELECT min(held.ip) FROM ports INDEXED BY ix_ports_metadata CROSS JOIN addresses AS held
        WHERE ports.network_id = subnets.network_id AND ports.device_owner = 'network:distributed'
            AND held.port_id = ports.id AND held.subnet_id = subnets.id
    ), (SELECT address_scope_id FROM subnet_pools WHERE subnet_pools.id = subnets.subnetpool_id)
FROM subnets WHERE {} IN (SELECT value FROM json_each(?)) ORDER BY id
"""


def _statement(column: str) -> Prepared:
    """PostgreSQL needs no word on the index, and finds the least of bytes only as the first of them."""
    asked = _SUBNET.format(column)
    first = asked.replace("min(held.ip)", "held.ip").replace(" INDEXED BY ix_ports_metadata", "")
    return Prepared(asked, postgresql=first.replace("= subnets.id\n", "= subnets.id ORDER BY held.ip LIMIT 1\n", 1))


_SUBNETS: Final = _statement("id")
_SUBNETS_OF: Final = _statement("network_id")
_ADDRESSES: Final = Prepared(
    "SELECT port_id, subnet_id, ip FROM addresses WHERE port_id IN (SELECT value FROM json_each(?)) "
    "ORDER BY position, ip"
)
# For a port on no host: the addresses of its that others may take over, with their ports.
_PARENTS: Final = """
CASE WHEN ports.binding_host = '' THEN (
    SELECT group_concat(hex(held.ip) || ' ' || pair.port_id) FROM addresses AS held JOIN port_address_pairs AS pair
        ON pair.network_id = ports.network_id AND pair.ip = held.ip
    WHERE held.port_id = ports.id AND pair.port_id <> ports.id
) END"""
# Metadata ports are where metadata is answered now.
_CHASSIS: Final = """
CASE WHEN ports.device_owner = 'network:distributed'
    THEN coalesce((SELECT place FROM worker_leases WHERE name = 'metadata'), '')
    ELSE coalesce(nullif(hosts.chassis, ''), ports.binding_host) END"""
_PORTS: Final = Prepared(
    # The texts that are put in are ours.
    f"""
SELECT ports.id, ports.revision, ports.network_id, ports.mac_address, ports.admin_state_up, ports.device_id,
    ports.device_owner, ports.port_security_enabled, {_CHASSIS},
    (SELECT coalesce(nullif(there.chassis, ''), there.name) FROM port_moves JOIN hosts AS there
        ON there.name = port_moves.host WHERE port_moves.port_id = ports.id),
    ports.allowed_address_pairs, ports.extra_dhcp_opts, networks.mtu,
    ports.dns_name, networks.dns_domain, networks.project_id = ports.project_id AND NOT EXISTS (
        SELECT 1 FROM rbac_policies WHERE rbac_policies.object_id = networks.id
            AND rbac_policies.action = 'access_as_shared' AND rbac_policies.target_project <> networks.project_id
    ), {_PARENTS},
    {HELD}, {GROUPS}
FROM json_each(?) JOIN ports ON ports.id = json_each.value JOIN networks ON networks.id = ports.network_id
    LEFT JOIN hosts ON hosts.name = ports.binding_host
"""  # noqa: S608
)
_GROUPS: Final = select(security_groups).where(security_groups.c.id.in_(_IDS))
_ADDRESS_GROUPS: Final = select(address_groups.c.id, address_groups.c.addresses).where(address_groups.c.id.in_(_IDS))
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
    select(ports.c.id, ports.c.network_id, ports.c.mac_address, networks.c.mtu, networks.c.physical_network)
    .join(networks, networks.c.id == ports.c.network_id)
    .where(ports.c.id.in_(_IDS))
)
_FLOATING: Final = (
    select(floating_ips)
    .where(floating_ips.c.router_id.in_(_IDS), floating_ips.c.fixed_port_id.is_not(None))
    .order_by(floating_ips.c.id)
)
_NAMESERVERS: Final = msgspec.json.Decoder(tuple[str, ...])
_ROUTES: Final = msgspec.json.Decoder(tuple[HostRoute, ...])


def load_snapshots(
    connection: Connection,
    units: Iterable[Unit],
    gateway_chassis: Collection[str] = (),
    dns_servers: tuple[str, ...] = (),
) -> dict[Unit, Snapshot]:
    """A snapshot of each of the units that exists; one that is missing in the result has no row any more.

    ``gateway_chassis`` are the chassis that lead outside; empty: those of hosts whose bridges lead to the network that
    is meant. ``dns_servers`` are the name
    servers of subnets that have none of their own.
    """
    ids: dict[str, list[str]] = defaultdict(list)
    for unit in units:
        ids[unit.kind].append(unit.id)
    found: dict[Unit, Snapshot] = {}
    if ids["network"]:
        found |= {Unit("network", each.id): each for each in _networks(connection, ids["network"], dns_servers)}
    if ids["security_group"]:
        groups = _security_groups(connection, ids["security_group"])
        found |= {Unit("security_group", each.group.id): each for each in groups}
    if ids["port"]:
        found |= {Unit("port", each.id): each for each in _ports(connection, ids["port"], dns_servers)}
    if ids["router"]:
        routers_found = _routers(connection, ids["router"], gateway_chassis, dns_servers)
        found |= {Unit("router", each.id): each for each in routers_found}
    return found


def _networks(connection: Connection, ids: list[str], dns_servers: tuple[str, ...]) -> list[NetworkSnapshot]:
    of_network: dict[str, list[SubnetFacts]] = defaultdict(list)
    for subnet in _subnets(connection, _SUBNETS_OF, ids, dns_servers).values():
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
            dns_domain=row.dns_domain,
        )
        for row in connection.execute(_NETWORKS, {"ids": ids})
    ]


def _subnets(
    connection: Connection, chosen: Prepared, ids: Collection[str], dns_servers: tuple[str, ...]
) -> dict[str, SubnetFacts]:
    """Subnets by id, in order of id, each with the address of its network's metadata port in it."""
    return {row[0]: _facts(row, dns_servers) for row in chosen.all(connection, to_json(list(ids)))}


@lru_cache(maxsize=1024)
def _facts(row: Row, dns_servers: tuple[str, ...]) -> SubnetFacts:
    """What a row of ``_SUBNET`` says. The same row is the same value, so it is made once."""
    subnet_id, network_id, version, cidr, gateway_ip, dhcp, ra_mode, address_mode, servers, routes, *more = row
    metadata_ip, scope = more
    return SubnetFacts(
        id=SubnetId(subnet_id),
        network_id=NetworkId(network_id),
        ip_version=version,
        cidr=cidr,
        gateway_ip=None if gateway_ip is None else unpacked(gateway_ip),
        enable_dhcp=bool(dhcp),
        ipv6_ra_mode=ra_mode,
        ipv6_address_mode=address_mode,
        dns_nameservers=_nameservers(_NAMESERVERS.decode(servers), dns_servers, version),
        host_routes=_ROUTES.decode(routes),
        metadata_ip=None if metadata_ip is None else unpacked(metadata_ip),
        address_scope=scope,
    )


def _nameservers(own: tuple[str, ...], default: tuple[str, ...], version: int) -> tuple[str, ...]:
    """The subnet's name servers, or else the cloud's, of its IP version; none where one is the address of nobody.

    A subnet may have kept some of the other from when they were taken: OVN would give no lease at all with them.
    """
    chosen = tuple(each for each in own or default if (":" in each) == (version == 6))
    return () if {"0.0.0.0", "::"} & set(chosen) else chosen  # noqa: S104 - no address to listen on


def _fixed_ips(connection: Connection, port_ids: Collection[str]) -> Mapping[str, list[FixedIp]]:
    found: dict[str, list[FixedIp]] = defaultdict(list)
    for port_id, subnet_id, ip in _ADDRESSES.all(connection, to_json(list(port_ids))):
        found[port_id].append(FixedIp(SubnetId(subnet_id), unpacked(ip)))
    return found


def _ports(connection: Connection, ids: list[str], dns_servers: tuple[str, ...]) -> list[PortSnapshot]:
    rows = [(row, addresses_of(row[-2])) for row in _PORTS.all(connection, to_json(ids))]
    used = {fixed.subnet_id for _, held in rows for fixed in held}
    facts = _subnets(connection, _SUBNETS, used, dns_servers) if used else {}
    return [_port(row, held, facts) for row, held in rows]


def _port(row: Row, fixed_ips: tuple[FixedIp, ...], facts: Mapping[str, SubnetFacts]) -> PortSnapshot:
    port_id, revision, network_id, mac, up, device_id, owner, secured, chassis, coming, pairs, *more = row
    options, mtu, dns_name, dns_domain, trusted, parents, _, groups = more
    return PortSnapshot(
        id=PortId(port_id),
        revision=revision,
        network_id=NetworkId(network_id),
        mac_address=mac,
        admin_state_up=bool(up),
        device_id=device_id,
        device_owner=owner,
        port_security_enabled=bool(secured),
        chassis=chassis,
        next_chassis=coming or "",
        allowed_address_pairs=() if pairs == "[]" else PAIRS.decode(pairs),
        extra_dhcp_opts=() if options == "[]" else OPTIONS.decode(options),
        fixed_ips=fixed_ips,
        security_group_ids=groups_of(groups),
        subnets=_used(fixed_ips, facts),
        mtu=mtu,
        dns_name=dns_name,
        dns_domain=dns_domain,
        trusted_names=bool(trusted),
        parents=() if parents is None else _parents(parents),
    )


def _parents(held: str) -> tuple[tuple[str, PortId], ...]:
    """What ``_PARENTS`` says, in order of address and id."""
    pairs = (each.split(" ") for each in held.split(","))
    return tuple(sorted((unpacked(bytes.fromhex(ip)), PortId(port_id)) for ip, port_id in pairs))


def _used(fixed_ips: tuple[FixedIp, ...], facts: Mapping[str, SubnetFacts]) -> tuple[SubnetFacts, ...]:
    """The subnets of these addresses, each once, in their order."""
    return tuple({fixed.subnet_id: facts[fixed.subnet_id] for fixed in fixed_ips}.values())


def _security_groups(connection: Connection, ids: list[str]) -> list[SecurityGroupSnapshot]:
    rules: dict[str, list[SecurityGroupRule]] = defaultdict(list)
    for row in connection.execute(_RULES, {"ids": ids}).mappings():
        rules[row["security_group_id"]].append(msgspec.convert(_plain(row), SecurityGroupRule))
    named = {each.remote_address_group_id for of_group in rules.values() for each in of_group} - {None}
    prefixes: dict[str | None, tuple[str, ...]] = {}
    if named:
        held = connection.execute(_ADDRESS_GROUPS, {"ids": list(named)})
        prefixes.update((each.id, tuple(each.addresses)) for each in held)
    return [
        SecurityGroupSnapshot(
            msgspec.convert({**_plain(row), "rules": rules[row["id"]]}, SecurityGroup),
            _named_addresses(rules[row["id"]], prefixes),
        )
        for row in connection.execute(_GROUPS, {"ids": ids}).mappings()
    ]


def _named_addresses(
    rules: Iterable[SecurityGroupRule], prefixes: Mapping[str | None, tuple[str, ...]]
) -> tuple[tuple[AddressGroupId, tuple[str, ...]], ...]:
    """The prefixes of each address group that the rules name, in order of id."""
    named = {rule.remote_address_group_id for rule in rules if rule.remote_address_group_id is not None}
    return tuple((each, prefixes.get(each, ())) for each in sorted(named))


def _plain(row: RowMapping) -> dict[str, Any]:
    """The row as a dict; SQLAlchemy's names of columns are strings of a class of its own."""
    return {str(name): value for name, value in row.items()}


def _routers(
    connection: Connection, ids: list[str], gateway_chassis: Collection[str], dns_servers: tuple[str, ...]
) -> list[RouterSnapshot]:
    rows = connection.execute(_ROUTERS, {"ids": ids}).all()
    links = connection.execute(_INTERFACES, {"ids": ids}).all()
    inner: dict[str, list[str]] = defaultdict(list)
    for link in links:
        inner[link.router_id].append(link.port_id)
    outer = [row.gateway_port_id for row in rows if row.gateway_port_id is not None]
    legs = _legs(connection, [link.port_id for link in links] + outer, dns_servers)
    floating = _floating(connection, ids)
    candidates = _gateway_chassis(connection, gateway_chassis) if outer else ()
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
            gateway_chassis=_leading(candidates, legs.get(row.gateway_port_id)),
        )
        for row in rows
    ]


def _legs(connection: Connection, port_ids: list[str], dns_servers: tuple[str, ...]) -> dict[str, RouterPort]:
    if not port_ids:
        return {}
    fixed_ips = _fixed_ips(connection, port_ids)
    used = {fixed.subnet_id for held in fixed_ips.values() for fixed in held}
    facts = _subnets(connection, _SUBNETS, used, dns_servers)
    return {
        row.id: RouterPort(
            port_id=PortId(row.id),
            network_id=NetworkId(row.network_id),
            mac_address=row.mac_address,
            mtu=row.mtu,
            physical_network=row.physical_network,
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


def _gateway_chassis(connection: Connection, named: Collection[str]) -> tuple[WayOut, ...]:
    if named:
        return tuple(WayOut(chassis, EVERY_NETWORK) for chassis in sorted(named))
    return ways_out.candidates(connection)


def _leading(candidates: Collection[WayOut], gateway: RouterPort | None) -> tuple[str, ...]:
    """The chassis that lead to the network in which the router's way out is."""
    if gateway is None:
        return ()
    return tuple(way.chassis for way in candidates if way.leads_to(gateway.physical_network))
