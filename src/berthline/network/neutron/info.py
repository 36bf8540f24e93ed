"""NetworkInfo made of Neutron's answers: Nova's ``_build_network_info_model``, for what was just read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from berthline.domain.ids import NetworkId, PortId, ServerId, SubnetId
from berthline.domain.network_info import IP, VIF, FixedIP, Network, Subnet
from berthline.network.neutron import wire
from berthline.network.neutron.calls import NeutronCalls
from berthline.network.neutron.session import View
from berthline.store import Connection
from berthline.store.network.nics import remote as remote_nics
from berthline.store.network.nics.remote import RemoteNic

INTEGRATION_BRIDGE: Final = "br-int"


async def vifs(
    calls: NeutronCalls, view: View, found: Sequence[tuple[RemoteNic, wire.Port]], *, floating: bool
) -> tuple[VIF, ...]:
    """The NICs as these ports show them: one request for the subnets of all, and one for floating IPs if wanted."""
    ports = [port for _, port in found]
    subnets = await calls.subnets(view, [fixed.subnet_id for port in ports for fixed in port.fixed_ips])
    leading = await calls.floating_ips(view, "port_id", [port.id for port in ports]) if floating else ()
    outer: dict[tuple[str | None, str | None], list[IP]] = {}
    for one in sorted(leading, key=lambda each: each.floating_ip_address):
        outer.setdefault((one.port_id, one.fixed_ip_address), []).append(IP(one.floating_ip_address))
    return tuple(_vif(nic, port, subnets, outer) for nic, port in found)


def _vif(
    nic: RemoteNic,
    port: wire.Port,
    subnets: Mapping[str, wire.Subnet],
    outer: Mapping[tuple[str | None, str | None], Sequence[IP]],
) -> VIF:
    details = port.details or {}
    bridge = details.get("bridge_name")
    return VIF(
        id=PortId(port.id),
        address=nic.mac_address,
        network=Network(
            id=NetworkId(port.network_id),
            label=nic.label,
            bridge=bridge if isinstance(bridge, str) and bridge else INTEGRATION_BRIDGE,
            subnets=tuple(_subnets(port, subnets, outer)),
            meta=nic.network,
        ),
        type=port.vif_type or "unbound",
        vnic_type=port.vnic_type or "normal",
        active=port.up,
        preserve_on_delete=nic.preserve_on_delete,
        details=dict(details),
        profile=dict(port.profile or {}),
        tag=nic.tag,
        revision=port.revision_number,
    )


def _subnets(
    port: wire.Port,
    subnets: Mapping[str, wire.Subnet],
    outer: Mapping[tuple[str | None, str | None], Sequence[IP]],
) -> Iterable[Subnet]:
    """The subnets that the port has addresses in, in the order of its addresses."""
    for subnet_id in dict.fromkeys(fixed.subnet_id for fixed in port.fixed_ips):
        subnet = subnets.get(subnet_id)
        if subnet is None:
            continue
        yield Subnet(
            id=SubnetId(subnet.id),
            cidr=subnet.cidr,
            version=subnet.ip_version,
            gateway=subnet.gateway_ip,
            dns=subnet.dns_nameservers,
            routes=tuple(route.route for route in subnet.host_routes),
            ips=tuple(
                FixedIP(fixed.ip_address, tuple(outer.get((port.id, fixed.ip_address), ())))
                for fixed in port.fixed_ips
                if fixed.subnet_id == subnet_id
            ),
            enable_dhcp=subnet.enable_dhcp,
            ipv6_address_mode=subnet.ipv6_address_mode,
        )


def keep_up(connection: Connection, server_id: ServerId, ports: Mapping[str, wire.Port], at: int) -> None:
    """Keep that these ports are up, by the MACs of their NICs."""
    kept = remote_nics.network_info(connection, [server_id])[server_id]
    seen = [
        msgspec.structs.replace(vif, active=port.up, revision=max(vif.revision, port.revision_number))
        for vif in kept
        if (port := ports.get(vif.address)) is not None
    ]
    remote_nics.keep(connection, server_id, seen, at)


def with_network(nic: RemoteNic, network: wire.Network | None) -> RemoteNic:
    """The NIC with its network's present facts; unchanged where the network is not told."""
    if network is None:
        return nic
    meta = network.meta if network.mtu else nic.network
    return msgspec.structs.replace(nic, label=network.name, network=meta)
