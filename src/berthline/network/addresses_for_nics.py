"""Addresses for the NICs of one request, chosen so that no two of them get the same."""

import heapq
import ipaddress
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from berthline.domain.errors import FixedIpAlreadyInUse, InvalidInput, IpAddressGenerationFailure
from berthline.domain.ids import NetworkId, SubnetId
from berthline.domain.network import FixedIp
from berthline.ipam.choose import Pool, capacity, choose_addresses, pool
from berthline.ipam.mac import eui64_address
from berthline.ipam.subnets import text
from berthline.store import Connection, addresses, server_ports
from berthline.store.server_ports import SubnetRow

AUTO_ADDRESSED: Final = frozenset({"slaac", "dhcpv6-stateless"})
"""Address modes in which a guest makes its own address from the prefix and its MAC."""


class AddressChooser:
    """Chooses addresses on some networks within one transaction, remembering what it gave out."""

    def __init__(self, connection: Connection, networks: Collection[NetworkId]) -> None:
        self._connection = connection
        self._given: dict[SubnetId, set[int]] = defaultdict(set)
        self._subnets: dict[NetworkId, list[SubnetRow]] = defaultdict(list)
        for row in server_ports.subnets_of(connection, networks):
            self._subnets[row.network_id].append(row)

    def subnets(self, network: NetworkId) -> tuple[SubnetRow, ...]:
        """The network's subnets, oldest first."""
        return tuple(self._subnets[network])

    def any(self, network: NetworkId, name: str, mac: str) -> tuple[FixedIp, ...]:
        """One address of each family, the first subnet with room first, and one in every self-addressed subnet.

        Raises IpAddressGenerationFailure when a family has subnets and none of them has an address left.
        """
        chosen: list[FixedIp] = []
        for version in (4, 6):
            candidates = [row for row in self._plain(network) if row.ip_version == version]
            if not candidates:
                continue
            fixed = next((found for row in candidates if (found := self._free(row)) is not None), None)
            if fixed is None:
                sizes = ", ".join(f"{row.cidr}: 0 of {capacity(_pools(row))} left" for row in candidates)
                raise IpAddressGenerationFailure(
                    f"No more IP addresses available on network {network} ({name}; {sizes}). Use another network or "
                    "free an address."
                )
            chosen.append(fixed)
        return (*chosen, *self._automatic(network, mac))

    def asked(self, network: NetworkId, fixed_ip: str, mac: str) -> tuple[FixedIp, ...]:
        """The address asked for, and one in every self-addressed subnet.

        Raises InvalidInput when it lies in no subnet of the network, FixedIpAlreadyInUse.
        """
        try:
            wanted = ipaddress.ip_address(fixed_ip)
        except ValueError:
            raise InvalidInput(f"Invalid input received: {fixed_ip} is not an IP address") from None
        row = next((row for row in self._subnets[network] if wanted in ipaddress.ip_network(row.cidr)), None)
        if row is None:
            cidrs = ", ".join(row.cidr for row in self._subnets[network])
            raise InvalidInput(
                f"Invalid input received: Fixed IP {fixed_ip} is not a valid ip address for network {network}. Its "
                f"subnets are {cidrs}."
            )
        number = int(wanted)
        if number in self._given[row.id] or addresses.owner(self._connection, row.id, str(wanted)):
            raise FixedIpAlreadyInUse(f"Fixed IP {fixed_ip} is already in use on network {network}.")
        self._given[row.id].add(number)
        automatic = [fixed for fixed in self._automatic(network, mac) if fixed.subnet_id != row.id]
        return (FixedIp(row.id, str(wanted)), *automatic)

    def one_more(self, network: NetworkId) -> FixedIp | None:
        """An address of the first subnet with room, the oldest first; None when no subnet has one left."""
        return next((found for row in self._plain(network) if (found := self._free(row)) is not None), None)

    def _plain(self, network: NetworkId) -> Iterable[SubnetRow]:
        return (row for row in self._subnets[network] if row.ipv6_address_mode not in AUTO_ADDRESSED)

    def _automatic(self, network: NetworkId, mac: str) -> list[FixedIp]:
        rows = (row for row in self._subnets[network] if row.ipv6_address_mode in AUTO_ADDRESSED)
        return [FixedIp(row.id, eui64_address(row.cidr, mac)) for row in rows]

    def _free(self, row: SubnetRow) -> FixedIp | None:
        """A free address of the subnet after a random point; None when it is full."""
        pools = _pools(row)
        if not (total := capacity(pools)):
            return None
        given = self._given[row.id]
        stored = addresses.used_in(self._connection, row.id, row.ip_version)

        def used(low: int, high: int) -> Iterable[int]:
            return heapq.merge(stored(low, high), sorted(ip for ip in given if low <= ip <= high))

        chosen = choose_addresses(pools, used, secrets.randbelow(total))
        if not chosen:
            return None
        given.add(chosen[0])
        return FixedIp(row.id, text(ipaddress.ip_network(row.cidr), chosen[0]))


def _pools(row: SubnetRow) -> list[Pool]:
    return [pool(start, end) for start, end in row.pools]
