"""To whom a guest sends a packet first: a neighbour on its own subnet, or who its subnet has as the way there."""

import ipaddress
from collections.abc import Collection
from typing import Final

import msgspec

from berthline.domain.ids import SubnetId
from berthline.domain.network import Port, Subnet
from berthline.domain.tracing import Carried, Packet
from berthline.store import Connection
from berthline.store.network import addresses, ports, subnets

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Stopped(msgspec.Struct, frozen=True):
    """It does not leave the guest, or nobody on its network takes it, and why."""

    why: str


OWN: Final = Stopped("that is the port's own address: its guest sends nothing")


def first_packet(connection: Connection, port: Port, to: Address, carried: Carried, number: int) -> Packet | Stopped:
    """The packet that the port's guest would send, by what its subnets say."""
    if any(ipaddress.ip_address(fixed.ip_address) == to for fixed in port.fixed_ips):
        return OWN
    known = subnets.get_many(connection, [fixed.subnet_id for fixed in port.fixed_ips])
    own = [
        (known[fixed.subnet_id], fixed.ip_address)
        for fixed in port.fixed_ips
        if fixed.subnet_id in known and known[fixed.subnet_id].ip_version == to.version
    ]
    if not own:
        return Stopped(f"the port has no IPv{to.version} address to send from")
    subnet, source = next((one for one in own if to in ipaddress.ip_network(one[0].cidr)), own[0])
    hop = to if to in ipaddress.ip_network(subnet.cidr) else _way(subnet, to)
    if hop is None:
        return Stopped(f"subnet {subnet.id} has no gateway and no route to {to}, so its guests know no way there")
    mac = _mac(connection, subnet.id, hop)
    if mac is None:
        what = "no port has it" if hop == to else f"no port has {hop}, by which its subnet sends what goes to {to}"
        return Stopped(f"nobody on the network takes it: {what}")
    return Packet(
        from_port=port.id,
        mac_source=port.mac_address,
        mac_destination=mac,
        ip_source=source,
        ip_destination=str(to),
        carried=carried,
        port=number,
    )


def _way(subnet: Subnet, to: Address) -> Address | None:
    """The next hop that guests of the subnet are told for this address, the narrowest route first."""
    routes = [(ipaddress.ip_network(route.destination), route.nexthop) for route in subnet.host_routes]
    fitting: Collection[tuple[int, str]] = [(prefix.prefixlen, hop) for prefix, hop in routes if to in prefix]
    if fitting:
        return ipaddress.ip_address(max(fitting)[1])
    return None if subnet.gateway_ip is None else ipaddress.ip_address(subnet.gateway_ip)


def _mac(connection: Connection, subnet_id: SubnetId, address: Address) -> str | None:
    owner = addresses.owner(connection, subnet_id, str(address))
    found = None if owner is None else ports.get(connection, owner)
    return None if found is None else found.mac_address
