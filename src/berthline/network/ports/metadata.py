"""The metadata port of a network: where a namespace of the cloud answers guests at 169.254.169.254.

It has one address in every IPv4 subnet with DHCP, as ML2/OVN's ``ovnmeta-`` port has, belongs to no project, and so
counts in no quota.
"""

import msgspec

from berthline.domain.ids import NetworkId, ProjectId
from berthline.domain.network import OWNER_METADATA, Network, Port
from berthline.network.ports.addressing import Slot, fill
from berthline.network.ports.rows import Draft, bare_port, deleted_port, updated_port, write_ports
from berthline.network.requests import AskedAddress
from berthline.store import Connection
from berthline.store.network import addresses, ports, subnets
from berthline.store.network.changes import record


def device_id(network_id: NetworkId) -> str:
    """Device id of a network's metadata port."""
    return f"ovnmeta-{network_id}"


def sync(connection: Connection, network: Network, at: int) -> None:
    """Give the network's metadata port exactly the addresses it should have; make it when it is first needed."""
    every = subnets.of_networks(connection, [network.id])[network.id]
    served = [subnet for subnet in every if subnet.ip_version == 4 and subnet.enable_dhcp]
    held = ports.of_network(connection, network.id, OWNER_METADATA)
    if not held:
        if served:
            _make(connection, network, tuple(AskedAddress(subnet_id=subnet.id) for subnet in served), at)
        return
    port = held[0]
    wanted = {subnet.id: subnet for subnet in served}
    stale = [(fixed.subnet_id, fixed.ip_address) for fixed in port.fixed_ips if fixed.subnet_id not in wanted]
    missing = [subnet for subnet in served if subnet.id not in {fixed.subnet_id for fixed in port.fixed_ips}]
    if not stale and not missing:
        return
    addresses.release(connection, port.id, stale)
    first = len(port.fixed_ips)
    fill(
        connection,
        [
            Slot(port_id=port.id, network_id=network.id, position=position, subnets=(subnet,), lowest=True)
            for position, subnet in enumerate(missing, first)
        ],
    )
    _save(connection, port, at)


def touch(connection: Connection, network_id: NetworkId, at: int) -> None:
    """Have the metadata port projected again: an address of it was freed."""
    for port in ports.of_network(connection, network_id, OWNER_METADATA):
        _save(connection, port, at)


def remove(connection: Connection, network_id: NetworkId, at: int) -> None:
    """Delete the network's metadata port, if it has one."""
    held = ports.of_network(connection, network_id, OWNER_METADATA)
    ports.remove(connection, [port.id for port in held])
    record(connection, [deleted_port(port) for port in held], at)


def _make(connection: Connection, network: Network, asked: tuple[AskedAddress, ...], at: int) -> Port:
    port = bare_port(network.id, ProjectId(""), at)
    port = msgspec.structs.replace(
        port, device_id=device_id(network.id), device_owner=OWNER_METADATA, port_security_enabled=False
    )
    (made,) = write_ports(connection, [Draft(port=port, asked=asked, lowest=True)], at)
    return made


def _save(connection: Connection, port: Port, at: int) -> None:
    changed = msgspec.structs.replace(port, revision=port.revision + 1, updated_at=at)
    ports.save(connection, changed)
    record(connection, [updated_port(changed)], at)
