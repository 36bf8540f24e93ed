"""NetworkInfo read from port rows: three statements, however many servers and NICs."""

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection

from berthline.domain.ids import NetworkId, PortId, ServerId, SubnetId
from berthline.domain.network import OVN_VIF_DETAILS, OWNER_METADATA, HostRoute
from berthline.domain.network_info import (
    IP,
    TUNNELED,
    VIF,
    FixedIP,
    Network,
    NetworkInfo,
    NetworkMeta,
    Route,
    Subnet,
)
from berthline.ipam.subnets import default_gateway
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.tables.base import to_json, unpacked

INTEGRATION_BRIDGE: Final = "br-int"
IPV4: Final = 4

_NICS: Final = Prepared(
    "SELECT n.server_id, n.tag, n.preserve_on_delete, p.id, p.mac_address, p.admin_state_up, p.status, "
    "p.binding_vnic_type, p.binding_vif_type, p.binding_profile, p.revision, p.network_id, "
    "w.name, w.mtu, w.project_id, w.network_type, w.physical_network "
    "FROM server_nics n JOIN ports p ON p.id = n.port_id JOIN networks w ON w.id = p.network_id "
    "WHERE n.server_id IN (SELECT value FROM json_each(?)) ORDER BY n.server_id, n.position"
)
_ADDRESSES: Final = Prepared(
    "SELECT a.port_id, a.ip, s.id, s.cidr, s.ip_version, s.gateway_ip, s.enable_dhcp, s.dns_nameservers, "  # noqa: S608
    "s.host_routes, s.ipv6_address_mode, CASE WHEN s.gateway_ip IS NULL THEN ("
    "SELECT m.ip FROM ports q JOIN addresses m ON m.port_id = q.id "
    f"WHERE q.network_id = s.network_id AND q.device_owner = '{OWNER_METADATA}' AND m.subnet_id = s.id LIMIT 1) END "
    "FROM addresses a JOIN subnets s ON s.id = a.subnet_id "
    "WHERE a.port_id IN (SELECT value FROM json_each(?)) ORDER BY a.port_id, a.position, a.ip"
)
_FLOATING: Final = Prepared(
    "SELECT fixed_port_id, fixed_ip, floating_ip FROM floating_ips "
    "WHERE fixed_port_id IN (SELECT value FROM json_each(?)) ORDER BY floating_ip"
)
_PROFILE: Final = msgspec.json.Decoder(dict[str, object])
_NAMESERVERS: Final = msgspec.json.Decoder(tuple[str, ...])
_ROUTES: Final = msgspec.json.Decoder(tuple[HostRoute, ...])


def network_info(connection: Connection, server_ids: Collection[ServerId]) -> dict[ServerId, NetworkInfo]:
    """The NICs of each server, in the order of the request; an empty NetworkInfo for a server that has none."""
    vifs: dict[ServerId, list[VIF]] = {server_id: [] for server_id in server_ids}
    nics = _NICS.all(connection, to_json(list(server_ids))) if server_ids else []
    subnets_of = _subnets(connection, [nic[3] for nic in nics])
    for nic in nics:
        vifs[ServerId(nic[0])].append(_vif(nic, subnets_of.get(nic[3], ())))
    return {server_id: NetworkInfo(tuple(found)) for server_id, found in vifs.items()}


def _vif(nic: Row, on_subnets: tuple[Subnet, ...]) -> VIF:
    _, tag, preserve, port_id, mac_address, up, status, vnic_type, vif_type, profile, revision, network_id, *more = nic
    label, mtu, project_id, network_type, physical_network = more
    return VIF(
        id=PortId(port_id),
        address=mac_address,
        network=Network(
            id=NetworkId(network_id),
            label=label,
            bridge=INTEGRATION_BRIDGE,
            subnets=on_subnets,
            meta=NetworkMeta(
                tenant_id=project_id,
                mtu=mtu,
                physical_network=physical_network,
                tunneled=network_type in TUNNELED,
            ),
        ),
        details={} if vif_type == "unbound" else dict(OVN_VIF_DETAILS),
        profile={} if profile == "{}" else _PROFILE.decode(profile),
        vnic_type=vnic_type,
        type=vif_type,
        active=status == "ACTIVE" or not up,
        preserve_on_delete=bool(preserve),
        tag=tag,
        revision=revision,
    )


def _subnets(connection: Connection, port_ids: Collection[str]) -> Mapping[str, tuple[Subnet, ...]]:
    """For each port the subnets it has addresses in, in the order of its addresses."""
    if not port_ids:
        return {}
    floating = _floating(connection, port_ids)
    rows: dict[str, dict[str, Row]] = defaultdict(dict)
    ips: dict[tuple[str, str], list[FixedIP]] = defaultdict(list)
    for port_id, packed, *subnet in _ADDRESSES.all(connection, to_json(list(port_ids))):
        rows[port_id].setdefault(subnet[0], tuple(subnet))
        ips[port_id, subnet[0]].append(FixedIP(unpacked(packed), tuple(floating[port_id, packed])))
    return {
        port: tuple(_subnet(row, tuple(ips[port, subnet_id])) for subnet_id, row in found.items())
        for port, found in rows.items()
    }


def _floating(connection: Connection, port_ids: Collection[str]) -> dict[tuple[str, bytes], list[IP]]:
    found: dict[tuple[str, bytes], list[IP]] = defaultdict(list)
    for port_id, fixed_ip, floating_ip in _FLOATING.all(connection, to_json(list(port_ids))):
        found[port_id, fixed_ip].append(IP(unpacked(floating_ip)))
    return found


def _subnet(row: Row, ips: tuple[FixedIP, ...]) -> Subnet:
    subnet_id, cidr, version, gateway_ip, enable_dhcp, nameservers, host_routes, address_mode, metadata_ip = row
    gateway = None if gateway_ip is None else unpacked(gateway_ip)
    server = None
    if enable_dhcp and version == IPV4:
        # OVN answers DHCPv4 from this address (see ``dataplane.ovn.dhcp``); DHCPv6 servers are known by a MAC
        told = gateway or (None if metadata_ip is None else unpacked(metadata_ip))
        server = told or default_gateway(ipaddress.ip_network(cidr))
    return Subnet(
        id=SubnetId(subnet_id),
        cidr=cidr,
        version=version,
        gateway=gateway,
        dns=() if nameservers == "[]" else _NAMESERVERS.decode(nameservers),
        routes=()
        if host_routes == "[]"
        else tuple(Route(route.destination, route.nexthop) for route in _ROUTES.decode(host_routes)),
        ips=ips,
        enable_dhcp=bool(enable_dhcp),
        dhcp_server=server,
        ipv6_address_mode=address_mode,
    )
