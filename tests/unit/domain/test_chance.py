"""Random numbers from a store of bytes: each byte is given once, and each number is as likely."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from berthline.domain.chance import random_below, random_bits, random_bytes


def test_no_byte_is_given_twice_to_whichever_thread() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: random_bytes(16), range(4000)))
    assert all(len(each) == 16 for each in made)
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 253, 65_533])
def test_below_a_limit_all_are_reached_and_none_is_beyond(limit: int) -> None:
    made = Counter(random_below(limit) for _ in range(2000))
    assert max(made) < limit
    assert len(made) >= min(limit, 100)


def test_bits() -> None:
    made = [random_bits(12) for _ in range(2000)]
    assert max(made) < 1 << 12
    assert all(any(each >> bit & 1 for each in made) for bit in range(12))
