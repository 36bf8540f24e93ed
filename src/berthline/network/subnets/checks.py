"""What makes a subnet sound: its prefix, modes, gateway, pools, name servers and routes."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Final

from berthline.domain.errors import (
    GatewayConflictWithAllocationPools,
    InvalidAllocationPool,
    InvalidInput,
    OutOfBoundsAllocationPool,
    OverlappingAllocationPools,
)
from berthline.domain.network import AllocationPool, HostRoute, Ipv6Mode, Subnet
from berthline.ipam import subnets as arithmetic
from berthline.ipam.choose import Pool
from berthline.ipam.subnets import IpAddress, IpNetwork
from berthline.network import values
from berthline.network.requests import SubnetCreate, given

MAX_DNS_NAMESERVERS: Final = 5
MAX_HOST_ROUTES: Final = 20
_LONGEST_WITH_DHCP: Final = {4: 30, 6: 126}


def parse_cidr(text: str) -> IpNetwork:
    """The prefix of a new subnet, in any form that Neutron reads.

    Bits behind it are dropped, a netmask is a length, and an address alone is all of it. Raises InvalidInput.
    """
    try:
        _address(text.partition("/")[0])
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise InvalidInput(
            f"Invalid input for cidr. Reason: '{text[:64]}' is not a valid IP subnet: give an address and the length "
            "of the prefix, such as 10.0.0.0/24."
        ) from None


def check_cidr(network: IpNetwork, request: SubnetCreate) -> None:
    """Raise InvalidInput for a prefix that no guests can be put in, as the request wants them."""
    if network.version != request.ip_version:
        raise _invalid(f"cidr '{network}' does not match the ip_version '{request.ip_version}'")
    if network.prefixlen == 0 or network.is_multicast or network.is_loopback or network.is_link_local:
        raise _invalid(f"cidr '{network}' cannot be the subnet of guests")
    if given(request.enable_dhcp, True):
        check_dhcp_possible(network)


def check_dhcp_possible(network: IpNetwork) -> None:
    """Raise InvalidInput for a prefix that leaves no guest an address beside what answers DHCP (Neutron's lengths)."""
    if network.prefixlen > _LONGEST_WITH_DHCP[network.version]:
        raise _invalid("Subnet has a prefix length that is incompatible with DHCP service enabled")


def check_modes(request: SubnetCreate, network: IpNetwork) -> tuple[Ipv6Mode | None, Ipv6Mode | None]:
    """Both IPv6 modes, once they fit each other and the prefix (Neutron's _validate_ipv6_attributes)."""
    advertised, addressed = given(request.ipv6_ra_mode, None), given(request.ipv6_address_mode, None)
    if advertised is None and addressed is None:
        return None, None
    if network.version == 4:
        raise _invalid("ipv6_ra_mode and ipv6_address_mode are not valid when ip_version is 4")
    if not given(request.enable_dhcp, True):
        raise _invalid("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
    if advertised and addressed and advertised != addressed:
        raise _invalid(f"ipv6_ra_mode set to '{advertised}' with ipv6_address_mode set to '{addressed}' is not valid")
    if "dhcpv6-stateful" not in {advertised, addressed} and network.prefixlen != 64:
        raise _invalid(
            f"Invalid CIDR {network} for IPv6 address mode. OpenStack uses the EUI-64 address format, which "
            "requires the prefix to be /64"
        )
    return advertised, addressed


def check_overlap(network: IpNetwork, others: Iterable[Subnet], network_id: str) -> None:
    """Raise InvalidInput when another subnet of the network shares an address with this one."""
    for other in others:
        other_network = ipaddress.ip_network(other.cidr)
        if other_network.version == network.version and other_network.overlaps(network):
            raise _invalid(
                f"Requested subnet with cidr: {network} for network: {network_id} overlaps with another subnet, "
                f"{other.cidr} ({other.id})"
            )


def check_gateway(text: str | None, network: IpNetwork) -> str | None:
    """The gateway in canonical form: any address of the subnet's version, also outside its prefix.

    Nobody can tell what is right outside. Inside, only IPv4's network and broadcast address are none (RFC 3021: a /31
    and a /32 have neither).
    """
    if text is None:
        return None
    try:
        gateway = _address(text)
    except ValueError:
        raise InvalidInput(f"Invalid input for gateway_ip. Reason: '{text[:64]}' is not a valid IP address.") from None
    if gateway.version != network.version:
        raise _invalid(f"gateway_ip '{gateway}' does not match the ip_version '{network.version}'")
    hosts = arithmetic.host_range(network)
    if network.version == 4 and gateway in network and not hosts.first <= int(gateway) <= hosts.last:
        raise _invalid("Gateway is not valid on subnet")
    return str(gateway)


def check_pools(asked: Sequence[AllocationPool], network: IpNetwork) -> list[Pool]:
    """The pools as numbers. Raises InvalidAllocationPool, OutOfBoundsAllocationPool, OverlappingAllocationPools."""
    hosts = arithmetic.host_range(network)
    pools = []
    for each in asked:
        try:
            start, end = _address(each.start), _address(each.end)
        except ValueError:
            start = end = ipaddress.ip_address("::")
        if {start.version, end.version} != {network.version} or int(end) < int(start):
            raise InvalidAllocationPool(f"The allocation pool {each.start[:64]}-{each.end[:64]} is not valid.")
        if int(start) < hosts.first or int(end) > hosts.last:
            raise OutOfBoundsAllocationPool(
                f"The allocation pool {start}-{end} spans beyond the subnet cidr {network}."
            )
        pools.append(Pool(int(start), int(end)))
    overlap = arithmetic.first_overlap(pools)
    if overlap is not None:
        one, other = (as_pool(network, each) for each in overlap)
        raise OverlappingAllocationPools(
            f"Found overlapping allocation pools: {one.start}-{one.end} {other.start}-{other.end} for subnet {network}."
        )
    return sorted(pools)


def check_gateway_outside(gateway: str | None, pools: Iterable[Pool], network: IpNetwork) -> None:
    """Raise GatewayConflictWithAllocationPools when a pool would give the gateway's address to a guest."""
    if gateway is None:
        return
    for each in pools:
        if ipaddress.ip_address(gateway) in network and each.first <= int(ipaddress.ip_address(gateway)) <= each.last:
            shown = as_pool(network, each)
            raise GatewayConflictWithAllocationPools(
                f"Gateway ip {gateway} conflicts with allocation pool {shown.start}-{shown.end}."
            )


def as_pool(network: IpNetwork, each: Pool) -> AllocationPool:
    """The pool with its addresses as text."""
    return AllocationPool(arithmetic.text(network, each.first), arithmetic.text(network, each.last))


def check_nameservers(asked: Sequence[str], version: int) -> tuple[str, ...]:
    """Name servers of the subnet's IP version, in canonical form and in their order. Raises InvalidInput.

    DHCP hands them out in an option that holds addresses of one version: OVN would drop its whole answer for another.
    """
    if len(asked) > MAX_DNS_NAMESERVERS:
        raise _invalid(
            f"Unable to complete operation. The number of DNS nameservers exceeds the limit {MAX_DNS_NAMESERVERS}"
        )
    found: list[str] = []
    for text in asked:
        try:
            server = _address(text)
        except ValueError:
            raise InvalidInput(
                f"Invalid input for dns_nameservers. Reason: '{text[:64]}' is not a valid nameserver."
            ) from None
        if server.version != version:
            raise _invalid(f"dns_nameserver '{server}' does not match the ip_version '{version}'")
        found.append(str(server))
    if len(set(found)) != len(found):
        raise InvalidInput("Invalid input for dns_nameservers. Reason: Duplicate nameserver.")
    return tuple(found)


def check_routes(asked: Sequence[HostRoute], version: int) -> tuple[HostRoute, ...]:
    """Host routes in canonical form. Raises InvalidInput."""
    if len(asked) > MAX_HOST_ROUTES:
        raise _invalid(f"Unable to complete operation. The number of host routes exceeds the limit {MAX_HOST_ROUTES}")
    return values.routes("host_routes", asked, version)


def _address(text: str) -> IpAddress:
    """An address without a zone: a zone (RFC 4007) means something on one host only. Raises ValueError."""
    if "%" in text:
        raise ValueError(text)
    return ipaddress.ip_address(text)


def _invalid(reason: str) -> InvalidInput:
    return InvalidInput(f"Invalid input for operation: {reason}.")
