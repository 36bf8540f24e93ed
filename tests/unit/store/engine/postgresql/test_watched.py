"""Versions read by the event loop itself: by one connection for all, and past it when it is lost."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from berthline.store import Connection, Store, notify
from berthline.store.engine.versions import STANDINGS_TOPIC

from .conftest import Open

pytestmark = pytest.mark.postgresql
PATIENCE = 20.0


def change(connection: Connection) -> None:
    notify(connection, STANDINGS_TOPIC)


async def connected(store: Store, cut: Callable[[str], int]) -> None:
    """Wait until versions go by the connection of their own; it is cut by that."""
    async with asyncio.timeout(PATIENCE):
        while not cut("SELECT topic, version"):
            await store.version(STANDINGS_TOPIC)


async def test_many_who_ask_at_once_all_hear_the_newest(opened: Open) -> None:
    one, other = opened(), opened()
    for number in range(1, 20):
        await one.write(change)
        asked = [other.version(STANDINGS_TOPIC) for _ in range(number)]
        assert await asyncio.gather(*asked) == [number] * number


async def test_who_stops_waiting_takes_nobody_with_it(opened: Open) -> None:
    store = opened()
    await store.write(change)
    for _ in range(20):
        asked = [asyncio.ensure_future(store.version(STANDINGS_TOPIC)) for _ in range(4)]
        await asyncio.sleep(0)
        asked[0].cancel()
        assert await asyncio.gather(*asked[1:]) == [1, 1, 1]


async def test_a_lost_connection_is_made_up_for_at_once(opened: Open, cut: Callable[[str], int]) -> None:
    one, other = opened(), opened()
    for number in range(1, 4):
        await one.write(change)
        await connected(other, cut)
        assert await other.version(STANDINGS_TOPIC) == number
    await one.write(change)
    assert await other.version(STANDINGS_TOPIC) == 4


async def test_it_needs_no_place_among_those_who_write(opened: Open) -> None:
    store = opened(connections=1)
    await store.version(STANDINGS_TOPIC)
    held, go_on = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        held.set()
        assert go_on.wait(PATIENCE)

    for _ in range(20):
        if await _answers_past(store, hold, held, go_on):
            return
    raise AssertionError("no version is told while the only connection of the pool is held")


async def _answers_past(
    store: Store, hold: Callable[[Connection], None], held: threading.Event, go_on: threading.Event
) -> bool:
    """Whether the version is told while the only connection is held."""
    held.clear()
    go_on.clear()
    holding = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(held.wait, PATIENCE)
    asking = asyncio.create_task(store.version(STANDINGS_TOPIC))
    await asyncio.wait({asking}, timeout=0.5)
    answered = asking.done()
    go_on.set()
    await asyncio.gather(holding, asking)
    return answered


def test_it_follows_the_event_loop_that_asks(opened: Open) -> None:
    store = opened()

    async def ask() -> list[int]:
        found = []
        for _ in range(50):
            await store.write(change)
            found.append(await store.version(STANDINGS_TOPIC))
        return found

    assert asyncio.run(ask()) == list(range(1, 51))
    assert asyncio.run(ask()) == list(range(51, 101))
