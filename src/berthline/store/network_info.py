"""NetworkInfo read from port rows: three statements, however many servers and NICs."""

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from berthline.domain.ids import NetworkId, PortId, ServerId, SubnetId
from berthline.domain.network import OVN_VIF_DETAILS, OWNER_METADATA
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
from berthline.store.tables.compute import server_nics
from berthline.store.tables.network import addresses, floating_ips, networks, ports, subnets

INTEGRATION_BRIDGE: Final = "br-int"
IPV4: Final = 4

_NICS: Final = (
    select(
        server_nics.c.server_id,
        server_nics.c.tag,
        server_nics.c.preserve_on_delete,
        ports.c.id,
        ports.c.mac_address,
        ports.c.admin_state_up,
        ports.c.status,
        ports.c.binding_vnic_type,
        ports.c.binding_vif_type,
        ports.c.binding_profile,
        ports.c.revision,
        ports.c.network_id,
        networks.c.name,
        networks.c.mtu,
        networks.c.project_id,
        networks.c.network_type,
        networks.c.physical_network,
    )
    .join(ports, ports.c.id == server_nics.c.port_id)
    .join(networks, networks.c.id == ports.c.network_id)
    .where(server_nics.c.server_id.in_(bindparam("server_ids", expanding=True)))
    .order_by(server_nics.c.server_id, server_nics.c.position)
)
_metadata_ports = ports.alias("metadata_ports")
_metadata_addresses = addresses.alias("metadata_addresses")
_METADATA_IP: Final = (
    select(_metadata_addresses.c.ip)
    .join(_metadata_ports, _metadata_ports.c.id == _metadata_addresses.c.port_id)
    .where(
        _metadata_ports.c.network_id == subnets.c.network_id,
        _metadata_ports.c.device_owner == OWNER_METADATA,
        _metadata_addresses.c.subnet_id == subnets.c.id,
    )
    .limit(1)
    .correlate(subnets)
    .scalar_subquery()
)
_ADDRESSES: Final = (
    select(
        addresses.c.port_id,
        addresses.c.ip,
        subnets.c.id,
        subnets.c.cidr,
        subnets.c.ip_version,
        subnets.c.gateway_ip,
        subnets.c.enable_dhcp,
        subnets.c.dns_nameservers,
        subnets.c.host_routes,
        subnets.c.ipv6_address_mode,
        _METADATA_IP.label("metadata_ip"),
    )
    .join(subnets, subnets.c.id == addresses.c.subnet_id)
    .where(addresses.c.port_id.in_(bindparam("port_ids", expanding=True)))
    .order_by(addresses.c.port_id, addresses.c.position, addresses.c.ip)
)
_FLOATING: Final = (
    select(floating_ips.c.fixed_port_id, floating_ips.c.fixed_ip, floating_ips.c.floating_ip)
    .where(floating_ips.c.fixed_port_id.in_(bindparam("port_ids", expanding=True)))
    .order_by(floating_ips.c.floating_ip)
)


def network_info(connection: Connection, server_ids: Collection[ServerId]) -> dict[ServerId, NetworkInfo]:
    """The NICs of each server, in the order of the request; an empty NetworkInfo for a server that has none."""
    vifs: dict[ServerId, list[VIF]] = {server_id: [] for server_id in server_ids}
    nics = connection.execute(_NICS, {"server_ids": list(server_ids)}).all() if server_ids else []
    subnets_of = _subnets(connection, [nic.id for nic in nics])
    for nic in nics:
        vifs[ServerId(nic.server_id)].append(_vif(nic, subnets_of.get(nic.id, ())))
    return {server_id: NetworkInfo(tuple(found)) for server_id, found in vifs.items()}


def _vif(nic: Any, on_subnets: tuple[Subnet, ...]) -> VIF:
    return VIF(
        id=PortId(nic.id),
        address=nic.mac_address,
        network=Network(
            id=NetworkId(nic.network_id),
            label=nic.name,
            bridge=INTEGRATION_BRIDGE,
            subnets=on_subnets,
            meta=NetworkMeta(
                tenant_id=nic.project_id,
                mtu=nic.mtu,
                physical_network=nic.physical_network,
                tunneled=nic.network_type in TUNNELED,
            ),
        ),
        details={} if nic.binding_vif_type == "unbound" else dict(OVN_VIF_DETAILS),
        profile=nic.binding_profile,
        vnic_type=nic.binding_vnic_type,
        type=nic.binding_vif_type,
        active=nic.status == "ACTIVE" or not nic.admin_state_up,
        preserve_on_delete=nic.preserve_on_delete,
        tag=nic.tag,
        revision=nic.revision,
    )


def _subnets(connection: Connection, port_ids: Collection[str]) -> Mapping[str, tuple[Subnet, ...]]:
    """For each port the subnets it has addresses in, in the order of its addresses."""
    if not port_ids:
        return {}
    floating = _floating(connection, port_ids)
    rows: dict[str, dict[str, Any]] = defaultdict(dict)
    ips: dict[tuple[str, str], list[FixedIP]] = defaultdict(list)
    for row in connection.execute(_ADDRESSES, {"port_ids": list(port_ids)}):
        rows[row.port_id].setdefault(row.id, row)
        ips[row.port_id, row.id].append(FixedIP(row.ip, tuple(floating[row.port_id, row.ip])))
    return {
        port: tuple(_subnet(row, tuple(ips[port, subnet_id])) for subnet_id, row in found.items())
        for port, found in rows.items()
    }


def _floating(connection: Connection, port_ids: Collection[str]) -> dict[tuple[str, str], list[IP]]:
    found: dict[tuple[str, str], list[IP]] = defaultdict(list)
    for row in connection.execute(_FLOATING, {"port_ids": list(port_ids)}):
        found[row.fixed_port_id, row.fixed_ip].append(IP(row.floating_ip))
    return found


def _subnet(row: Any, ips: tuple[FixedIP, ...]) -> Subnet:
    return Subnet(
        id=SubnetId(row.id),
        cidr=row.cidr,
        version=row.ip_version,
        gateway=row.gateway_ip,
        dns=tuple(row.dns_nameservers),
        routes=tuple(Route(route["destination"], route["nexthop"]) for route in row.host_routes),
        ips=ips,
        enable_dhcp=row.enable_dhcp,
        dhcp_server=_dhcp_server(row),
        ipv6_address_mode=row.ipv6_address_mode,
    )


def _dhcp_server(row: Any) -> str | None:
    """The address that OVN answers DHCPv4 from (see ``dataplane.ovn.dhcp``); DHCPv6 servers are known by a MAC."""
    if not row.enable_dhcp or row.ip_version != IPV4:
        return None
    return row.gateway_ip or row.metadata_ip or default_gateway(ipaddress.ip_network(row.cidr))
