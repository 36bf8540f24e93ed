"""Hints between processes: heard in others, not by oneself, and lost without loss."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from sqlalchemy import insert

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.projector import Pace, Projector
from berthline.domain.clock import SystemClock
from berthline.store import Connection, Store, notify
from berthline.store.engine.changes import OUTBOX_TOPIC
from berthline.store.tables.control import outbox

from .conftest import Open

pytestmark = pytest.mark.postgresql
PATIENCE = 20.0


class Ear:
    """Counts how often a store wakes those who wait for the topic, and waits until it does."""

    def __init__(self, store: Store, topic: str) -> None:
        self.count = 0
        self._woken = threading.Event()
        store.subscribe(topic, self._wake)

    def _wake(self) -> None:
        self.count += 1
        self._woken.set()

    async def wakes(self) -> None:
        """Wait until it is woken, or was since the last time this was asked."""
        assert await asyncio.to_thread(self._woken.wait, PATIENCE), "no hint came"
        self._woken.clear()


def telling(topic: str) -> Callable[[Connection], None]:
    return lambda connection: notify(connection, topic)


async def test_a_commit_wakes_those_who_wait_in_another_process(opened: Open) -> None:
    one, other = opened(), opened()
    ear = Ear(other, "news")
    await ear.wakes()  # who begins to listen may have missed something
    await one.write(telling("news"))
    await ear.wakes()
    await one.write_short(telling("news"))
    await ear.wakes()


async def test_nobody_hears_of_its_own_twice_or_of_what_was_undone(opened: Open) -> None:
    one, other = opened(), opened()
    own, others = Ear(one, "news"), Ear(other, "last")
    await own.wakes()
    await others.wakes()

    def failing(connection: Connection) -> None:
        notify(connection, "last")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await one.write(failing)
    before = own.count, others.count
    await one.write(telling("news"))
    await one.write(telling("last"))
    await others.wakes()  # what was told before is told, too
    assert (own.count, others.count) == (before[0] + 1, before[1] + 1)


async def test_who_was_cut_off_is_woken_when_it_hears_again(opened: Open, cut: Callable[[str], int]) -> None:
    one, other = opened(), opened()
    ear = Ear(other, "news")
    await ear.wakes()
    assert cut("LISTEN") == 1
    await ear.wakes()
    await one.write(telling("news"))
    await ear.wakes()


async def test_who_tells_tells_later_when_it_was_cut_off(opened: Open, cut: Callable[[str], int]) -> None:
    one, other = opened(), opened()
    ear = Ear(other, "news")
    await ear.wakes()
    await one.write(telling("news"))
    await ear.wakes()
    assert cut("SELECT pg_notify") == 1
    await one.write(telling("news"))
    await ear.wakes()


async def _rest(projector: Projector) -> None:
    """Until nothing waits to be projected."""
    while (await projector.status()).changes:  # noqa: ASYNC110 - another process changes it
        await asyncio.sleep(0.02)


async def test_what_no_hint_told_of_is_projected_all_the_same(opened: Open, cut: Callable[[str], int]) -> None:
    """The listener is cut off again and again, from before the first change until all is projected."""
    one, other = opened(), opened()
    projector = Projector(other, SimulatedDataplane(), SystemClock(), pace=Pace(poll=0.05))
    over = threading.Event()

    def cutting() -> None:
        while not over.wait(0.01):
            cut("LISTEN")

    scissors = threading.Thread(target=cutting)
    scissors.start()
    projecting = asyncio.create_task(projector.run())
    try:
        for number in range(20):

            def change(connection: Connection, number: int = number) -> None:
                row = {"kind": "port", "object_id": f"port-{number}", "revision": 1, "at": 1}
                connection.execute(insert(outbox), row)
                notify(connection, OUTBOX_TOPIC)

            await one.write(change)
        rest = asyncio.create_task(_rest(projector))
        await asyncio.wait({rest, projecting}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        assert rest.done() or projecting.result() is None
    finally:
        over.set()
        scissors.join()
        projecting.cancel()
        await asyncio.gather(projecting, return_exceptions=True)
