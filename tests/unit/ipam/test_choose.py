"""The choice of addresses: every free one is found, none twice, whatever the point it begins at."""

import bisect
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from berthline.ipam.choose import Pool, UsedAddresses, capacity, choose_addresses, pool


def used_of(taken: list[int]) -> UsedAddresses:
    """Sorted ``taken`` as the store gives it."""

    def used(first: int, last: int) -> Iterator[int]:
        yield from taken[bisect.bisect_left(taken, first) : bisect.bisect_right(taken, last)]

    return used


@st.composite
def pools_and_points(draw: st.DrawFn) -> tuple[list[Pool], list[int]]:
    sizes = draw(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 40)), min_size=1, max_size=4))
    pools, start = [], draw(st.integers(0, 2**120))
    for gap, size in sizes:
        pools.append(Pool(start + gap, start + gap + size - 1))
        start += gap + size
    points = draw(st.lists(st.integers(0, capacity(pools) - 1), min_size=1, max_size=30))
    return pools, points


@given(pools_and_points())
@settings(max_examples=60, deadline=None)
def test_pools_fill_to_the_last_address_and_then_none_is_left(case: tuple[list[Pool], list[int]]) -> None:
    pools, points = case
    taken: list[int] = []
    for turn in range(capacity(pools)):
        (address,) = choose_addresses(pools, used_of(taken), points[turn % len(points)])
        assert any(each.first <= address <= each.last for each in pools)
        assert address not in taken
        bisect.insort(taken, address)
    assert choose_addresses(pools, used_of(taken), points[0]) == []


@given(pools_and_points(), st.sets(st.integers(0, 200)), st.integers(1, 200))
@settings(max_examples=60, deadline=None)
def test_several_at_once_are_different_and_as_many_as_are_free(
    case: tuple[list[Pool], list[int]], offsets: set[int], count: int
) -> None:
    pools, points = case
    every = [address for each in pools for address in range(each.first, each.last + 1)]
    taken = sorted({every[offset] for offset in offsets if offset < len(every)})
    chosen = choose_addresses(pools, used_of(taken), points[0], count)
    assert len(chosen) == len(set(chosen)) == min(count, len(every) - len(taken))
    assert not set(chosen) & set(taken)
    assert set(chosen) <= set(every)


def test_addresses_outside_the_pools_do_not_count_as_used() -> None:
    assert choose_addresses([pool("10.0.0.5", "10.0.0.5")], used_of([int(pool("10.0.0.4", "10.0.0.4").first)]), 0) == [
        int(pool("10.0.0.5", "10.0.0.5").first)
    ]


def test_a_64_is_read_no_further_than_the_first_gap() -> None:
    reads: list[int] = []

    def used(first: int, _last: int) -> Iterator[int]:
        for address in range(first, first + 1_000_000):
            reads.append(address)
            yield address if address < first + 3 else address + 1

    whole = [Pool(2**64, 2**65 - 1)]
    assert choose_addresses(whole, used, 2**63) == [2**64 + 2**63 + 3]
    assert len(reads) == 4


def test_no_pools_give_no_address() -> None:
    assert choose_addresses([], used_of([]), 0) == []
