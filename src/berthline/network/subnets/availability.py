"""How many addresses networks have and use."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.errors import NetworkNotFound
from berthline.domain.ids import SubnetId
from berthline.domain.network import Network, Subnet
from berthline.ipam.choose import capacity
from berthline.network import policy
from berthline.network.ports.addressing import is_automatic, pools_of
from berthline.store import Connection
from berthline.store.engine.pages import ListRequest
from berthline.store.network import addresses, networks, subnets

MOST: Final = 2**63 - 1
"""More addresses than that are told as that many: JSON readers have 64 bits."""


class SubnetAvailability(msgspec.Struct, frozen=True):
    """One subnet: addresses in its pools (or in its prefix without pools), and in use."""

    subnet: Subnet
    total: int
    used: int


class Availability(msgspec.Struct, frozen=True):
    network: Network
    subnets: tuple[SubnetAvailability, ...]


def of_networks(connection: Connection, caller: Caller, network_ids: Sequence[str] | None) -> tuple[Availability, ...]:
    """Every network, or those named. Raises PolicyNotAuthorized for anyone but an admin, NetworkNotFound."""
    policy.check_admin(caller, "get_network_ip_availability")
    if network_ids is None:
        found = networks.page(connection, ListRequest(), None, caller.project_id) or ()
    else:
        held = networks.get_many(connection, network_ids)
        found = tuple(held.values())
        for network_id in network_ids:
            if network_id not in held:
                raise NetworkNotFound(f"Network {network_id} could not be found.")
    of_network = subnets.of_networks(connection, [network.id for network in found])
    used = addresses.count(connection, [subnet.id for held in of_network.values() for subnet in held])
    return tuple(
        Availability(
            network,
            tuple(SubnetAvailability(subnet, _total(subnet), used[subnet.id]) for subnet in of_network[network.id]),
        )
        for network in found
    )


def addresses_left(connection: Connection, of: Iterable[Subnet]) -> dict[SubnetId, int | None]:
    """How many addresses are free in the pools of each subnet; None where they follow from the MAC of a NIC."""
    return {subnet.id: None if is_automatic(subnet) else _left(connection, subnet) for subnet in of}


def _left(connection: Connection, subnet: Subnet) -> int:
    used = sum(addresses.count_in(connection, subnet.id, each.start, each.end) for each in subnet.pools)
    return min(capacity(pools_of(subnet)) - used, MOST)


def _total(subnet: Subnet) -> int:
    return capacity(pools_of(subnet)) or ipaddress.ip_network(subnet.cidr).num_addresses
