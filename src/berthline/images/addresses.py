"""Which addresses a download may go to: none of the cloud's own, and none that is not of the whole internet."""

import socket
from collections.abc import Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NEVER: Final = frozenset({ip_address("169.254.169.254"), ip_address("fd00:ec2::254")})
"""Where clouds tell their servers secrets: whoever asks from here would be given those of this machine."""
_NAT64: Final = ip_network("64:ff9b::/96")
_TUNNELS: Final = (ip_network("2002::/16"), ip_network("2001::/32"), ip_network("64:ff9b:1::/48"))
"""6to4, Teredo, and translation within a site: the address of another kind inside is where such a packet ends."""


def parse_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses and networks as networks. Raises ValueError that names the one which is none."""
    return tuple(ip_network(text) for text in texts)


def plain(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that is only another spelling of it, or is translated to it."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def may_be_asked(address: Address, inner: Collection[Network], own: Collection[Address]) -> bool:
    """Whether a download may connect there. ``inner`` are networks that an operator named, ``own`` are the cloud's."""
    there = plain(address)
    if there in _NEVER:
        return False
    if any(there in network for network in inner if network.version == there.version):
        return True
    if there in own or is_of_this_machine(there):
        return False
    if isinstance(there, IPv6Address) and (there.is_site_local or any(there in network for network in _TUNNELS)):
        return False
    return there.is_global and not (there.is_multicast or there.is_reserved or there.is_unspecified)


def is_of_this_machine(address: Address) -> bool:
    """Whether the machine itself has the address: only then can a socket be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
