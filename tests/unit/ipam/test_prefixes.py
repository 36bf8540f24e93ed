"""The first free prefix, against looking at every one."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from berthline.ipam.prefixes import compact, first_free, overlap, within, without

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


SPACE = ipaddress.ip_network("10.0.0.0/22")


def parts() -> st.SearchStrategy[list[ipaddress.IPv4Network]]:
    """Prefixes within a small space, so that each of its addresses can be looked at."""
    one = st.builds(
        lambda offset, length: ipaddress.IPv4Network((int(SPACE.network_address) + offset, length), strict=False),
        st.integers(0, 1023),
        st.integers(24, 32),
    )
    return st.lists(one, max_size=6)


def addresses(prefixes: tuple[ipaddress.IPv4Network, ...] | list[ipaddress.IPv4Network]) -> set[int]:
    return {int(address) for prefix in prefixes for address in prefix}


@given(parts(), parts())
def test_sets_of_prefixes_are_sets_of_addresses(
    one: list[ipaddress.IPv4Network], other: list[ipaddress.IPv4Network]
) -> None:
    mine, theirs = addresses(one), addresses(other)
    assert addresses(compact(one)) == mine  # type: ignore[arg-type]
    assert overlap(one, other) is bool(mine & theirs)
    left = without(one, other)
    assert addresses(left) == mine - theirs  # type: ignore[arg-type]
    assert left == compact(left)
    for prefix in other:
        assert within(prefix, compact(one)) is (addresses([prefix]) <= mine)


def test_versions_are_apart() -> None:
    four, six = ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")
    assert not overlap([four], [six])
    assert not within(six, [four])
    assert without([four], [six]) == (four,)
