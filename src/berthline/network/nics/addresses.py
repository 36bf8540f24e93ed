"""Give a NIC one more address, or take one away: one transaction, which the dataplane then follows."""

from berthline.domain.auth import Caller
from berthline.domain.errors import BadRequest
from berthline.domain.ids import NetworkId, ServerId
from berthline.domain.network import FixedIp, Port
from berthline.network.ports import ports
from berthline.network.requests import AskedAddress, PortUpdate
from berthline.network.subnets.availability import addresses_left
from berthline.store import Connection
from berthline.store.network import ports as port_rows
from berthline.store.network import subnets
from berthline.store.network.nics import nics as server_nics


def add(connection: Connection, caller: Caller, server_id: ServerId, network_id: NetworkId, at: int) -> None:
    """Give the server's first NIC on the network one more address. Raises BadRequest without a NIC or an address."""
    port = next((port for port in _nics(connection, server_id) if port.network_id == network_id), None)
    if port is None:
        raise BadRequest(f"Network {network_id} is not attached to instance {server_id}: none of its ports is on it.")
    for subnet in subnets.of_networks(connection, [network_id])[network_id]:
        if addresses_left(connection, [subnet])[subnet.id]:
            return _set(connection, caller, port, (*_kept(port.fixed_ips), AskedAddress(subnet_id=subnet.id)), at)
    raise BadRequest(f"Zero fixed IPs available: no subnet of network {network_id} has an address left.")


def remove(connection: Connection, caller: Caller, server_id: ServerId, address: str, at: int) -> None:
    """Take this address from whichever NIC of the server has it. Raises BadRequest when none has."""
    for port in _nics(connection, server_id):
        kept = tuple(fixed for fixed in port.fixed_ips if fixed.ip_address != address)
        if kept != port.fixed_ips:
            return _set(connection, caller, port, _kept(kept), at)
    raise BadRequest(f"Instance {server_id} doesn't have fixed IP '{address}'.")


def _nics(connection: Connection, server_id: ServerId) -> tuple[Port, ...]:
    """The server's ports, in the order of its NICs."""
    ids = server_nics.in_order(connection, server_id)
    found = port_rows.get_many(connection, ids)
    return tuple(found[port] for port in ids if port in found)


def _kept(fixed_ips: tuple[FixedIp, ...]) -> tuple[AskedAddress, ...]:
    return tuple(AskedAddress(subnet_id=fixed.subnet_id, ip_address=fixed.ip_address) for fixed in fixed_ips)


def _set(connection: Connection, caller: Caller, port: Port, wanted: tuple[AskedAddress, ...], at: int) -> None:
    ports.update(connection, caller, port.id, PortUpdate(fixed_ips=list(wanted)), at)
