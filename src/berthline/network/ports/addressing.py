"""Addresses of ports: what is asked for becomes slots, slots become addresses, and the store's key judges.

Neutron's order: addresses that are named come first; a port that names nothing gets one IPv4 address and one IPv6
address from a stateful subnet, where the network has such subnets. Whatever is asked for, the port has the address that
its guest makes itself from its MAC in every SLAAC and DHCPv6-stateless subnet (RFC 4862): any other is dropped by port
security.
"""

import heapq
import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from berthline.domain.chance import random_below
from berthline.domain.errors import (
    InvalidInput,
    InvalidIpForNetwork,
    InvalidIpForSubnet,
    IpAddressAlreadyAllocated,
    IpAddressGenerationFailure,
)
from berthline.domain.ids import NetworkId, PortId, SubnetId
from berthline.domain.network import FixedIp, Subnet
from berthline.ipam import subnets as arithmetic
from berthline.ipam.choose import Pool, UsedAddresses, capacity, choose_addresses, pool, stretch_from
from berthline.ipam.mac import eui64_address
from berthline.network.ports.checks import RESERVED_OWNERS
from berthline.network.requests import AskedAddress
from berthline.network.values import repeated
from berthline.store import Connection
from berthline.store.network import addresses
from berthline.store.network.addresses import Taken
from berthline.store.network.one_port import Stretch

TRIES: Final = 8
"""How often addresses that somebody else took at the same moment are chosen anew."""
MAX_FIXED_IPS: Final = 100
CLAIMED_ONE_BY_ONE: Final = 2
"""Up to so many addresses are taken by a statement each; more of them by two statements for all."""


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One address that a port will have: ``ip`` when it is settled, else any of the first of ``subnets`` with room.

    ``lowest``: the first free address instead of a random one, for the cloud's own ports.
    """

    port_id: PortId
    network_id: NetworkId
    position: int
    subnets: tuple[Subnet, ...]
    ip: str | None = None
    lowest: bool = False


def follows_network(device_owner: str) -> bool:
    """Whether a port of this owner has the addresses that follow from its network; the network service's own do not."""
    return device_owner not in RESERVED_OWNERS


def is_automatic(subnet: Subnet) -> bool:
    """True where NICs make their addresses themselves from their MAC (Neutron's is_auto_address_subnet)."""
    return subnet.ip_version == 6 and subnet.ipv6_address_mode in {"slaac", "dhcpv6-stateless"}


def automatic_slots(
    port_id: PortId, mac_address: str, network_id: NetworkId, subnets: Sequence[Subnet], *, lowest: bool = False
) -> list[Slot]:
    """Slots of a port that names no address. Empty on a network without subnets."""
    pooled = [subnet for subnet in subnets if not is_automatic(subnet)]
    chosen: list[tuple[tuple[Subnet, ...], str | None]] = []
    for version in (4, 6):
        candidates = tuple(subnet for subnet in pooled if subnet.ip_version == version)
        if candidates:
            chosen.append((candidates, None))
    chosen += [((subnet,), eui64_address(subnet.cidr, mac_address)) for subnet in subnets if is_automatic(subnet)]
    return [
        Slot(port_id=port_id, network_id=network_id, position=position, subnets=candidates, ip=ip, lowest=lowest)
        for position, (candidates, ip) in enumerate(chosen)
    ]


def asked_slots(
    port_id: PortId,
    mac_address: str,
    network_id: NetworkId,
    subnets: Sequence[Subnet],
    asked: Sequence[AskedAddress],
    *,
    lowest: bool = False,
    as_asked: bool = False,
) -> list[Slot]:
    """Slots for the addresses that are asked for, in their order, and for those that follow from the network.

    ``as_asked``: these and no other, also one that does not follow from the MAC in a SLAAC subnet, as routers have.

    Raises InvalidInput, InvalidIpForNetwork and InvalidIpForSubnet for what the network cannot give.
    """
    if len(asked) > MAX_FIXED_IPS:
        raise InvalidInput(
            f"Invalid input for operation: Exceeded maximum amount of fixed ips per port ({MAX_FIXED_IPS})."
        )
    chosen: list[tuple[Subnet, str | None]] = []
    for each in asked:
        subnet = _asked_subnet(network_id, subnets, each)
        named = each.ip_address is not UNSET
        ip = _checked_ip(subnet, str(each.ip_address), None if as_asked else mac_address) if named else None
        chosen.append((subnet, ip))
    if repeated((subnet.id, ip) for subnet, ip in chosen if ip is not None):
        raise InvalidInput("Invalid input for fixed_ips. Reason: Duplicate IP address given for one port.")
    if not as_asked:
        chosen += [(subnet, None) for subnet in subnets if is_automatic(subnet)]
    return [
        Slot(port_id=port_id, network_id=network_id, position=position, subnets=(subnet,), ip=ip, lowest=lowest)
        for position, (subnet, ip) in enumerate(_settled(chosen, mac_address))
    ]


def _settled(chosen: Iterable[tuple[Subnet, str | None]], mac_address: str) -> Iterator[tuple[Subnet, str | None]]:
    """The places, with the address that follows from the MAC where none is named: once, however often asked for."""
    done: set[tuple[SubnetId, str]] = set()
    for subnet, ip in chosen:
        if not is_automatic(subnet):
            yield subnet, ip
            continue
        address = ip or eui64_address(subnet.cidr, mac_address)
        if (subnet.id, address) not in done:
            done.add((subnet.id, address))
            yield subnet, address


def fill(connection: Connection, slots: Sequence[Slot]) -> dict[PortId, tuple[FixedIp, ...]]:
    """Take an address for every slot, all of them by as few statements as can be.

    Raises IpAddressAlreadyAllocated for one that is named and taken, IpAddressGenerationFailure when none is left.
    """
    settled: list[Taken] = []
    waiting = list(slots)
    if len(waiting) <= CLAIMED_ONE_BY_ONE:
        settled = [taken for slot in slots if (taken := _claim(connection, slot)) is not None]
        done = {(each.port_id, each.position) for each in settled}
        waiting = [slot for slot in slots if (slot.port_id, slot.position) not in done]
    for _ in range(TRIES):
        if not waiting:
            break
        chosen = _choose(connection, waiting)
        refused = addresses.add(connection, chosen)
        for each in refused:
            if any(slot.ip == each.ip and slot.port_id == each.port_id for slot in waiting):
                raise IpAddressAlreadyAllocated(f"IP address {each.ip} already allocated in subnet {each.subnet_id}")
        again = {(each.port_id, each.position) for each in refused}
        settled += [each for each in chosen if (each.port_id, each.position) not in again]
        waiting = [slot for slot in waiting if (slot.port_id, slot.position) in again]
    if waiting:
        raise _exhausted(waiting[0])
    found: dict[PortId, list[Taken]] = {}
    for taken in settled:
        found.setdefault(taken.port_id, []).append(taken)
    return {
        port_id: tuple(FixedIp(each.subnet_id, each.ip) for each in sorted(held, key=lambda each: each.position))
        for port_id, held in found.items()
    }


def random_stretch(slot: Slot) -> Stretch | None:
    """From a random address to the end of its pool, for a slot that names none; None when one statement cannot do."""
    if slot.ip is not None or slot.lowest or not (pools := pools_of(slot.subnets[0])):
        return None
    subnet = slot.subnets[0]
    stretch = stretch_from(pools, random_below(capacity(pools)))
    width = 4 if subnet.ip_version == 4 else 16
    return Stretch(subnet.id, stretch.first.to_bytes(width), stretch.last.to_bytes(width))


def _claim(connection: Connection, slot: Slot) -> Taken | None:
    """Take a random address for a slot by one statement; None when only a closer look can tell."""
    stretch = random_stretch(slot)
    if stretch is None:
        return None
    between = (stretch.first, stretch.last)
    return addresses.claim(connection, stretch.subnet_id, between, slot.port_id, slot.position)


def _choose(connection: Connection, slots: Sequence[Slot]) -> list[Taken]:
    """An address for each slot, all different. Slots that may use the same subnets choose together."""
    chosen = [
        Taken(subnet_id=slot.subnets[0].id, ip=slot.ip, port_id=slot.port_id, position=slot.position)
        for slot in slots
        if slot.ip is not None
    ]
    pending: dict[SubnetId, set[int]] = {}
    for taken in chosen:
        pending.setdefault(taken.subnet_id, set()).add(int(ipaddress.ip_address(taken.ip)))
    groups: dict[tuple[tuple[SubnetId, ...], bool], list[Slot]] = {}
    for slot in slots:
        if slot.ip is None:
            groups.setdefault((tuple(subnet.id for subnet in slot.subnets), slot.lowest), []).append(slot)
    for waiting in groups.values():
        remaining = list(waiting)
        for subnet in waiting[0].subnets:
            picked = _pick(connection, subnet, pending.setdefault(subnet.id, set()), len(remaining), waiting[0].lowest)
            network = arithmetic.parsed(subnet.cidr)
            for number in picked:
                slot = remaining.pop(0)
                ip = arithmetic.text(network, number)
                chosen.append(Taken(subnet_id=subnet.id, ip=ip, port_id=slot.port_id, position=slot.position))
            pending[subnet.id].update(picked)
            if not remaining:
                break
        if remaining:
            raise _exhausted(remaining[0])
    return chosen


def _pick(connection: Connection, subnet: Subnet, pending: set[int], count: int, lowest: bool) -> list[int]:
    pools = pools_of(subnet)
    room = capacity(pools)
    if not room:
        return []
    used = _with_pending(addresses.used_in(connection, subnet.id, subnet.ip_version), pending)
    return choose_addresses(pools, used, 0 if lowest else random_below(room), count)


def _with_pending(used: UsedAddresses, pending: set[int]) -> UsedAddresses:
    """What the store says is used, and what this transaction is about to use."""
    if not pending:
        return used

    def both(first: int, last: int) -> Iterable[int]:
        own = sorted(number for number in pending if first <= number <= last)
        previous = -1
        for number in heapq.merge(used(first, last), own):
            if number != previous:
                yield number
            previous = number

    return both


def _asked_subnet(network_id: NetworkId, subnets: Sequence[Subnet], asked: AskedAddress) -> Subnet:
    if asked.subnet_id is not UNSET:
        for subnet in subnets:
            if subnet.id == asked.subnet_id:
                return subnet
        raise InvalidInput(
            f"Invalid input for operation: Failed to create port on network {network_id}, because fixed_ips included "
            f"invalid subnet {asked.subnet_id}."
        )
    if asked.ip_address is UNSET:
        raise InvalidInput("Invalid input for operation: IP allocation requires subnet_id or ip_address.")
    try:
        ip = ipaddress.ip_address(asked.ip_address)
    except ValueError:
        raise InvalidInput(
            f"Invalid input for fixed_ips. Reason: '{asked.ip_address[:64]}' is not a valid IP address."
        ) from None
    for subnet in subnets:
        if ip in arithmetic.parsed(subnet.cidr):
            return subnet
    raise InvalidIpForNetwork(
        f"IP address {ip} is not a valid IP for any of the subnets on the specified network.",
        {"subnets": [subnet.cidr for subnet in subnets]},
    )


def _checked_ip(subnet: Subnet, text: str, mac_address: str | None) -> str:
    """The address in canonical form, once it is one that a port with this MAC (None: any) may have in the subnet."""
    try:
        ip = ipaddress.ip_address(text)
    except ValueError:
        raise InvalidInput(f"Invalid input for fixed_ips. Reason: '{text[:64]}' is not a valid IP address.") from None
    network = arithmetic.parsed(subnet.cidr)
    hosts = arithmetic.host_range(network)
    if ip.version != network.version or not hosts.first <= int(ip) <= hosts.last:
        raise InvalidIpForSubnet(f"IP address {ip} is not a valid IP for the specified subnet.", {"cidr": subnet.cidr})
    if mac_address is not None and is_automatic(subnet) and str(ip) != eui64_address(subnet.cidr, mac_address):
        raise InvalidInput(
            f"Invalid input for operation: IPv6 address {ip} can not be directly assigned to a port on subnet "
            f"{subnet.id} since the subnet is configured for automatic addresses."
        )
    return str(ip)


def _exhausted(slot: Slot) -> IpAddressGenerationFailure:
    return IpAddressGenerationFailure(
        f"No more IP addresses available on network {slot.network_id}.",
        {"left": {subnet.id: 0 for subnet in slot.subnets}},
    )


def pools_of(subnet: Subnet) -> list[Pool]:
    """The subnet's pools as numbers."""
    return [pool(each.start, each.end) for each in subnet.pools]
