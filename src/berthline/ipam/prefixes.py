"""Which prefix of a larger one is free."""

import ipaddress
from collections.abc import Iterable

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
