"""Short work: run in the event loop, committed by the writer's thread, and as whole and as durable as any other."""

import asyncio
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from berthline.domain.errors import StoreClosed, Unavailable
from berthline.store import Connection, Store, notify
from berthline.store.tables.identity import domains
from tests.databases import NewStore


class Adding:
    """Adds a domain of this name, and then fails when told to; counts how often it ran, and in which thread."""

    def __init__(self, name: str, failure: Exception | None = None) -> None:
        self.name = name
        self.failure = failure
        self.threads: list[int] = []

    def __call__(self, connection: Connection) -> str:
        self.threads.append(threading.get_ident())
        connection.execute(insert(domains), {"id": self.name, "name": self.name})
        notify(connection, f"added-{self.name}")
        if self.failure is not None:
            raise self.failure
        return self.name


def names(connection: Connection) -> set[str]:
    return set(connection.execute(select(domains.c.name)).scalars())


class Holding:
    """Long work that keeps the writer until it is let go."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.gate = threading.Event()

    def __call__(self, _connection: Connection) -> None:
        self.begun.set()
        assert self.gate.wait(30)


async def held(store: Store) -> "tuple[Holding, asyncio.Task[None]]":
    holding = Holding()
    task = asyncio.create_task(store.write(holding))
    await asyncio.to_thread(holding.begun.wait, 30)
    return holding, task


async def test_short_work_runs_in_the_event_loop_and_other_work_does_not(store: Store) -> None:
    short, other = Adding("short"), Adding("other")
    assert await store.write_short(short) == "short"
    assert await store.write(other) == "other"
    assert short.threads == [threading.get_ident()]
    assert other.threads != [threading.get_ident()]
    assert store.read_now(names) == {"short", "other"}


@pytest.mark.sqlite("its one writer takes work in turn, and commits what waits together")
async def test_short_work_that_comes_together_shares_a_commit(store: Store) -> None:
    before = store.commits
    asked = [str(number) for number in range(40)]
    assert await asyncio.gather(*(store.write_short(Adding(name)) for name in asked)) == asked
    assert store.commits - before < len(asked) // 2  # how many depends on how fast the machine is
    assert store.read_now(names) == set(asked)


async def test_a_failing_piece_of_short_work_takes_only_itself_with_it(store: Store) -> None:
    heard: list[str] = []
    for name in ("one", "two", "three"):
        store.subscribe(f"added-{name}", lambda name=name: heard.append(name))  # type: ignore[misc]
    work = [Adding("one"), Adding("two", ValueError("no")), Adding("three")]
    results = await asyncio.gather(*(store.write_short(each) for each in work), return_exceptions=True)
    assert (results[0], results[2]) == ("one", "three")
    assert isinstance(results[1], ValueError)
    assert store.read_now(names) == {"one", "three"}
    await store.write(names)
    assert {"one", "three"} <= set(heard), "there may be hints beside"


async def test_short_work_that_fails_alone_runs_once(store: Store) -> None:
    failing, holding = Adding("failing", ValueError("no")), Holding()
    short = asyncio.create_task(store.write_short(failing))
    await asyncio.sleep(0)
    other = asyncio.create_task(store.write(holding))  # the thread may be waiting for the turn already
    holding.gate.set()
    results = await asyncio.wait_for(asyncio.gather(short, other, return_exceptions=True), 30)
    assert isinstance(results[0], ValueError)
    assert results[1] is None
    assert failing.threads == [threading.get_ident()]
    assert store.read_now(names) == set()


@pytest.mark.sqlite("its one writer takes work in turn, and commits what waits together")
async def test_short_work_waits_for_work_that_is_under_way(store: Store) -> None:
    holding, task = await held(store)
    short = asyncio.create_task(store.write_short(Adding("short")))
    await asyncio.sleep(0.02)
    assert not short.done()
    holding.gate.set()
    await task
    assert await asyncio.wait_for(short, 30) == "short"


async def test_short_and_other_work_by_turns_is_all_done(store: Store) -> None:
    async def many(kind: str) -> None:
        for number in range(60):
            work = Adding(f"{kind}-{number}")
            await (store.write_short(work) if kind.startswith("short") else store.write(work))

    kinds = ["short-a", "short-b", "long-a", "long-b"]
    await asyncio.wait_for(asyncio.gather(*map(many, kinds)), 60)
    assert len(store.read_now(names)) == 60 * len(kinds)


@pytest.mark.sqlite("its one writer takes work in turn, and commits what waits together")
async def test_another_process_that_writes_does_not_hold_the_loop(store: Store, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "berthline.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    short = asyncio.create_task(store.write_short(Adding("short")))
    for _ in range(20):
        await asyncio.sleep(0.001)  # the loop goes on
    assert not short.done()
    other.execute("ROLLBACK")
    other.close()
    assert await asyncio.wait_for(short, 30) == "short"
    assert await store.write_short(Adding("again")) == "again"


@pytest.mark.sqlite("its one writer takes work in turn, and commits what waits together")
async def test_a_caller_that_was_cancelled_leaves_nothing(store: Store) -> None:
    holding, task = await held(store)
    given_up = asyncio.create_task(store.write_short(Adding("given up")))
    kept = asyncio.create_task(store.write_short(Adding("kept")))
    await asyncio.sleep(0.01)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    holding.gate.set()
    await asyncio.gather(task, kept)
    assert store.read_now(names) == {"kept"}


async def test_closing_finishes_short_work_that_waits(store: Store) -> None:
    holding, task = await held(store)
    short = asyncio.create_task(store.write_short(Adding("short")))
    await asyncio.sleep(0.01)
    closing = asyncio.create_task(asyncio.to_thread(store.close))
    await asyncio.sleep(0.01)
    holding.gate.set()
    await asyncio.wait_for(closing, 30)
    await task
    assert await short == "short"
    with pytest.raises(StoreClosed):
        await store.write_short(Adding("late"))


async def test_closing_waits_for_short_work_that_the_loop_runs(store: Store) -> None:
    closer = threading.Thread(target=store.close)

    def slow(_connection: Connection) -> None:
        closer.start()
        time.sleep(0.05)  # longer than the loop runs short work at a time, and the thread has heard that it is to close

    waiting = [asyncio.create_task(store.write_short(work)) for work in (slow, Adding("next"))]
    await asyncio.wait_for(asyncio.gather(*waiting), 30)
    await asyncio.wait_for(asyncio.to_thread(closer.join), 30)
    assert waiting[1].result() == "next"


def test_short_work_of_a_loop_that_has_ended_does_not_stop_the_next(store: Store) -> None:
    async def leave_behind() -> None:
        holding, task = await held(store)
        left = asyncio.create_task(store.write_short(Adding("left")))
        await asyncio.sleep(0)
        holding.gate.set()
        left.cancel()
        task.cancel()
        await asyncio.gather(left, task, return_exceptions=True)

    asyncio.run(leave_behind())
    assert asyncio.run(store.write_short(Adding("next"))) == "next"


@pytest.mark.sqlite("its one writer takes work in turn, and commits what waits together")
async def test_short_work_over_the_limit_is_refused(new_store: NewStore) -> None:
    store = new_store(waiting=4)
    holding, task = await held(store)
    waiting = [asyncio.create_task(store.write_short(Adding(str(number)))) for number in range(4)]
    await asyncio.sleep(0.01)
    with pytest.raises(Unavailable):
        await store.write_short(Adding("too many"))
    holding.gate.set()
    await task
    assert await asyncio.gather(*waiting) == ["0", "1", "2", "3"]
