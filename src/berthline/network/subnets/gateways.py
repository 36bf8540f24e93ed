"""What a new subnet of an external network means for the gateways of routers that are there already."""

import msgspec

from berthline.domain.network import OWNER_ROUTER_GATEWAY, Network, Port, Subnet
from berthline.ipam.mac import eui64_address
from berthline.network.ports.addressing import Slot, fill, is_automatic
from berthline.network.ports.rows import updated_port
from berthline.network.subnets.availability import addresses_left
from berthline.store import Connection
from berthline.store.network import ports
from berthline.store.network.changes import record


def give_addresses(connection: Connection, network: Network, subnet: Subnet, at: int) -> None:
    """Give an address in the new subnet to every gateway on the network that has none of its IP version, as Neutron
    does: a router may have had its gateway before there was a subnet. Those for which none is left go without.
    """
    if not network.external:
        return
    mark = ":" if subnet.ip_version == 6 else "."
    gateways = ports.of_network(connection, network.id, OWNER_ROUTER_GATEWAY)
    if ports.lock(connection, [port.id for port in gateways]):
        gateways = ports.of_network(connection, network.id, OWNER_ROUTER_GATEWAY)
    without = [port for port in gateways if not any(mark in fixed.ip_address for fixed in port.fixed_ips)]
    left = addresses_left(connection, [subnet])[subnet.id]
    served = without if left is None else without[:left]
    fill(connection, [_slot(port, subnet) for port in served])
    changed = [msgspec.structs.replace(port, revision=port.revision + 1, updated_at=at) for port in served]
    for port in changed:
        ports.save(connection, port)
    record(connection, [updated_port(port) for port in changed], at)


def _slot(port: Port, subnet: Subnet) -> Slot:
    return Slot(
        port_id=port.id,
        network_id=port.network_id,
        position=len(port.fixed_ips),
        subnets=(subnet,),
        ip=eui64_address(subnet.cidr, port.mac_address) if is_automatic(subnet) else None,
    )
