"""Prefixes: which one of a larger one is free, and what is in several of them. Pure."""

import ipaddress
import itertools
from collections.abc import Iterable
from typing import Final

from berthline.ipam.subnets import IpNetwork


def first_free(pool: IpNetwork, length: int, taken: Iterable[IpNetwork]) -> IpNetwork | None:
    """The first prefix of this length in ``pool`` that overlaps none of ``taken``; None when there is none.

    Costs one sort of ``taken``, however large the pool is.
    """
    if length < pool.prefixlen:
        return None
    size = 1 << (pool.max_prefixlen - length)
    start, end = int(pool.network_address), int(pool.broadcast_address)
    spans = sorted(
        (int(each.network_address), int(each.broadcast_address)) for each in taken if each.version == pool.version
    )
    for first, last in spans:
        if first >= start + size:
            break
        if last >= start:
            start = (last // size + 1) * size
    if start + size - 1 > end:
        return None
    kind = ipaddress.IPv4Network if pool.version == 4 else ipaddress.IPv6Network
    return kind((start, length))


def compact(prefixes: Iterable[IpNetwork]) -> tuple[IpNetwork, ...]:
    """The same addresses in as few prefixes as can be, in order. All are of one IP version."""
    return tuple(ipaddress.collapse_addresses(prefixes))  # type: ignore[type-var]


def within(prefix: IpNetwork, prefixes: Iterable[IpNetwork]) -> bool:
    """Whether one of the prefixes, which are compact, holds all of this one."""
    return any(each.version == prefix.version and prefix.subnet_of(each) for each in prefixes)  # type: ignore[arg-type]


def overlap(one: Iterable[IpNetwork], other: Iterable[IpNetwork]) -> bool:
    """Whether an address is in both. Costs one sort of both, however many they are."""
    spans = sorted(
        (each.version, int(each.network_address), int(each.broadcast_address), side)
        for side, prefixes in enumerate((compact(one), compact(other)))
        for each in prefixes
    )
    return any(
        before[0] == after[0] and after[1] <= before[2] and before[3] != after[3]
        for before, after in itertools.pairwise(spans)
    )


def without(prefixes: Iterable[IpNetwork], removed: Iterable[IpNetwork]) -> tuple[IpNetwork, ...]:
    """What is left of the prefixes, compact."""
    left = list(prefixes)
    for gone in removed:
        kept: list[IpNetwork] = []
        for each in left:
            if each.version != gone.version or not each.overlaps(gone):
                kept.append(each)
            elif gone.prefixlen > each.prefixlen:
                kept.extend(each.address_exclude(gone))  # type: ignore[arg-type]
        left = kept
    return compact(left)


def units(prefix: IpNetwork) -> int:
    """How much of a quota of prefixes this one takes, in addresses: see ``QUOTA_UNITS``."""
    return 1 << (prefix.max_prefixlen - prefix.prefixlen)


QUOTA_UNITS: Final = {4: 1, 6: 1 << 64}
"""Addresses in a unit of a pool's quota: one of IPv4, a /64 of IPv6."""
