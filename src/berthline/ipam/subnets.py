"""Arithmetic of subnets: which addresses hosts may have, default gateway and pools, overlaps."""

import ipaddress
import itertools
from collections.abc import Sequence
from functools import lru_cache

from berthline.ipam.choose import Pool

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_POINT_TO_POINT = 31


@lru_cache(maxsize=1024)
def parsed(cidr: str) -> IpNetwork:
    """The network of this CIDR. Raises ValueError for what is none."""
    return ipaddress.ip_network(cidr)


def host_range(network: IpNetwork) -> Pool:
    """The addresses that hosts may have: IPv4 without network and broadcast address (RFC 3021 for /31), IPv6 without
    the subnet-router anycast address (RFC 4291, 2.6.1), as Neutron does. The last IPv6 address is an ordinary one.
    """
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.version == 4:
        return Pool(first, last) if network.prefixlen >= _POINT_TO_POINT else Pool(first + 1, last - 1)
    return Pool(first, last) if network.prefixlen >= network.max_prefixlen - 1 else Pool(first + 1, last)


def default_gateway(network: IpNetwork) -> str:
    """The address behind the first of the prefix, as in Neutron: it is outside of a prefix of one address, whose only
    address is a guest's then.
    """
    first = int(network.network_address)
    return str(_address(network, min(first + 1, (1 << network.max_prefixlen) - 1)))


def default_pools(network: IpNetwork, gateway: str | None) -> list[Pool]:
    """Every host address except the gateway, as one or two pools."""
    hosts = host_range(network)
    if gateway is None or ipaddress.ip_address(gateway) not in network:
        return [hosts]
    return without(hosts, int(ipaddress.ip_address(gateway)))


def without(hosts: Pool, address: int) -> list[Pool]:
    """``hosts`` without one address."""
    parts = (Pool(hosts.first, min(address - 1, hosts.last)), Pool(max(address + 1, hosts.first), hosts.last))
    if not hosts.first <= address <= hosts.last:
        return [hosts]
    return [part for part in parts if part.size > 0]


def text(network: IpNetwork, address: int) -> str:
    """An address of this network's family in canonical form."""
    return str(_address(network, address))


def first_overlap(pools: Sequence[Pool]) -> tuple[Pool, Pool] | None:
    """Two pools that share an address, or None."""
    ordered = sorted(pools)
    for earlier, later in itertools.pairwise(ordered):
        if later.first <= earlier.last:
            return earlier, later
    return None


def _address(network: IpNetwork, number: int) -> IpAddress:
    return ipaddress.IPv4Address(number) if network.version == 4 else ipaddress.IPv6Address(number)
