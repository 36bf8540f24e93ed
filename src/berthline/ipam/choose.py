"""The choice of addresses: the first free gap after a random point.

Measured against rows of free addresses, random tries and the smallest gap: it costs the same when the subnet is empty,
nearly full, or an IPv6 /64, needs no rows prepared ahead, and finds the last free address.
"""

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

UsedAddresses = Callable[[int, int], Iterable[int]]
"""Addresses in use from the first to the second argument, both included, ascending; read only as far as needed."""


class Pool(NamedTuple):
    """Addresses from ``first`` to ``last``, both included, as numbers."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


@lru_cache(maxsize=1024)
def pool(start: str, end: str) -> Pool:
    """The pool from ``start`` to ``end``. Raises ValueError for what is no address."""
    return Pool(int(ipaddress.ip_address(start)), int(ipaddress.ip_address(end)))


def capacity(pools: Iterable[Pool]) -> int:
    """How many addresses the pools hold together."""
    return sum(each.size for each in pools)


def choose_addresses(pools: Sequence[Pool], used: UsedAddresses, point: int, count: int = 1) -> list[int]:
    """Up to ``count`` free addresses: the first ones at or after ``point``, going round all pools once.

    ``point`` counts addresses from the start of the first pool (0 ≤ point < capacity) and should be random, so that
    several who choose at once rarely choose the same. Fewer than ``count`` come back when no more are free.
    """
    chosen: list[int] = []
    for stretch in _round(pools, point):
        for address in _free(stretch, used):
            chosen.append(address)
            if len(chosen) == count:
                return chosen
    return chosen


def stretch_from(pools: Sequence[Pool], point: int) -> Pool:
    """The rest of the pool in which ``point`` lies: where ``choose_addresses`` looks first."""
    return next(_round(pools, point))


def _round(pools: Sequence[Pool], point: int) -> Iterator[Pool]:
    """All pools once, beginning at ``point``: the rest of its pool, the pools after it, those before, its beginning."""
    for index, each in enumerate(pools):
        if point < each.size:
            yield Pool(each.first + point, each.last)
            yield from pools[index + 1 :]
            yield from pools[:index]
            if point:
                yield Pool(each.first, each.first + point - 1)
            return
        point -= each.size


def _free(stretch: Pool, used: UsedAddresses) -> Iterator[int]:
    """Addresses of the stretch that are not in use, ascending."""
    candidate = stretch.first
    for taken in used(stretch.first, stretch.last):
        yield from range(candidate, taken)
        candidate = taken + 1
    yield from range(candidate, stretch.last + 1)
