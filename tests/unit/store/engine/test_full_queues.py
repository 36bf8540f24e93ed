"""A store that is asked for more than it can do says so at once, and goes on with what waits."""

import asyncio
import threading
from functools import partial

import pytest

from berthline.domain.errors import Unavailable
from berthline.store import Connection, Store
from tests.databases import NewStore

WAITING = 8


@pytest.fixture
def store(new_store: NewStore) -> Store:
    return new_store(waiting=WAITING)


@pytest.mark.sqlite("its one writer takes work in turn, and commits what waits together")
async def test_writes_over_the_limit_are_refused_and_the_others_done(store: Store) -> None:
    gate, begun, done = threading.Event(), threading.Event(), list[int]()

    def hold(_connection: Connection) -> None:
        begun.set()
        gate.wait(30)

    def note(number: int, _connection: Connection) -> None:
        done.append(number)

    holding = asyncio.create_task(store.write(hold))
    await asyncio.to_thread(begun.wait, 30)
    waiting = [asyncio.create_task(store.write(partial(note, n))) for n in range(WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await store.write(lambda _: done.append(-1))
    assert refused.value.retry_after > 0
    gate.set()
    await asyncio.gather(holding, *waiting)
    assert done == list(range(WAITING))
    await store.write(lambda _: done.append(99))
    assert done[-1] == 99


async def test_reads_over_the_limit_are_refused_and_the_others_done(store: Store) -> None:
    gate = threading.Event()
    waiting = [asyncio.create_task(store.read(lambda _: gate.wait(30))) for _ in range(WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await store.read(lambda _: None)
    gate.set()
    assert await asyncio.gather(*waiting) == [True] * WAITING
    assert await store.read(lambda _: "again") == "again"
