"""Quota counters: exact under concurrency, never below nothing, never above the limit unless forced."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from berthline.domain.errors import InvalidInput, OverQuota
from berthline.store import Store
from berthline.store.control import quotas


async def test_32_at_once_take_exactly_what_there_is(store: Store) -> None:
    store.write_now(lambda connection: quotas.set_limits(connection, "p", {"port": 50}))

    async def take() -> bool:
        try:
            await store.write(lambda connection: quotas.take(connection, "p", {"port": 3}))
        except OverQuota:
            return False
        return True

    taken = await asyncio.gather(*(take() for _ in range(32)))
    assert sum(taken) == 16
    assert store.read_now(lambda connection: quotas.used(connection, "p", ["port"])) == {"port": 48}
    assert store.read_now(lambda connection: quotas.left(connection, "p", ["port"])) == {"port": 2}


def test_what_is_short_is_named_and_nothing_is_taken(store: Store) -> None:
    store.write_now(lambda connection: quotas.set_limits(connection, "p", {"cores": 4, "ram": -1}))
    with pytest.raises(OverQuota, match=r"\['cores'\]") as refused:
        store.write_now(lambda connection: quotas.take(connection, "p", {"cores": 5, "ram": 10**9, "instances": 1}))
    assert refused.value.details == {
        "left": {"cores": 4},
        "requested": {"cores": 5, "ram": 10**9, "instances": 1},
    }
    names = ["cores", "ram", "instances"]
    assert store.read_now(lambda connection: quotas.used(connection, "p", names)) == dict.fromkeys(names, 0)
    assert store.read_now(lambda connection: quotas.left(connection, "p", ["ram"])) == {"ram": None}


def test_forced_counts_past_the_limit_and_nothing_counts_below_zero(store: Store) -> None:
    store.write_now(lambda connection: quotas.set_limits(connection, "p", {"port": 1}))
    store.write_now(lambda connection: quotas.take(connection, "p", {"port": 2}, forced=True))
    assert store.read_now(lambda connection: quotas.left(connection, "p", ["port"])) == {"port": 0}
    store.write_now(lambda connection: quotas.give_back(connection, "p", {"port": 2}))
    with pytest.raises(IntegrityError):
        store.write_now(lambda connection: quotas.give_back(connection, "p", {"port": 1}))


def test_limits_are_of_one_project_and_can_be_reset(store: Store) -> None:
    store.write_now(lambda connection: quotas.set_limits(connection, "p", {"port": 7}))
    assert store.read_now(lambda connection: quotas.limits(connection, "q", ["port"])) == {"port": 500}
    assert store.read_now(lambda connection: quotas.projects_with_limits(connection, ["port"])) == ("p",)
    store.write_now(lambda connection: quotas.reset_limits(connection, "p", ["port"]))
    assert store.read_now(lambda connection: quotas.limits(connection, "p", ["port"])) == {"port": 500}
    with pytest.raises(InvalidInput):
        store.write_now(lambda connection: quotas.set_limits(connection, "p", {"port": -2}))
