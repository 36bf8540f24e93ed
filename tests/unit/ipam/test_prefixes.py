"""The first free prefix, against looking at every one."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from berthline.ipam.prefixes import first_free

POOL = ipaddress.ip_network("10.0.0.0/24")


def prefixes() -> st.SearchStrategy[ipaddress.IPv4Network]:
    """Prefixes in the pool, and around it."""
    first = int(ipaddress.ip_address("9.255.255.0"))
    return st.builds(
        lambda offset, length: ipaddress.IPv4Network((first + offset, length), strict=False),
        st.integers(0, 767),
        st.integers(22, 32),
    )


@given(st.lists(prefixes(), max_size=20), st.integers(25, 28))
def test_it_is_the_first_that_overlaps_nothing(taken: list[ipaddress.IPv4Network], length: int) -> None:
    free = [each for each in POOL.subnets(new_prefix=length) if not any(each.overlaps(one) for one in taken)]
    assert first_free(POOL, length, taken) == (free[0] if free else None)


def test_families_are_apart_and_a_pool_that_is_too_small_gives_nothing() -> None:
    six = ipaddress.ip_network("fd00::/48")
    assert str(first_free(six, 64, [POOL, ipaddress.ip_network("fd00::/64")])) == "fd00:0:0:1::/64"
    assert first_free(POOL, 26, [six]) == ipaddress.ip_network("10.0.0.0/26")
    assert first_free(POOL, 23, []) is None
