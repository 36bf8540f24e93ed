"""Transactions on PostgreSQL: run again when others were in the way, begun anew when a connection is lost, and never
reported as undone when nobody knows.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from berthline.domain.errors import BadRequest, OutcomeUnknown, StoreUnavailable
from berthline.store import Connection, Store
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.identity import domains

ADD = Prepared("INSERT INTO domains (id, name) VALUES (?, ?)")
NAMES = Prepared("SELECT name FROM domains ORDER BY name")
RENAME = Prepared("UPDATE domains SET description = ? WHERE id = ?")
ADD_WHOLE = Prepared("INSERT INTO domains (id, name) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id")
KILL_ME = Prepared("SELECT pg_terminate_backend(pg_backend_pid())")
KILL_OTHERS = Prepared(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND application_name = 'berthline'"
)

LATE = """
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    IF NEW.name = 'refused' THEN RAISE check_violation; END IF;
    IF NEW.name = 'killed' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END$$;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON domains DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION late()
"""
"""What the commit does, after the row of the statement was sent."""


@pytest.fixture
def store(opened: Callable[..., Store]) -> Store:
    return opened()


async def _write(store: Store, work: Callable[[Connection], Any]) -> Any:
    return await store.write(work)


async def _write_short(store: Store, work: Callable[[Connection], Any]) -> Any:
    return await store.write_short(work)


async def _write_now(store: Store, work: Callable[[Connection], Any]) -> Any:
    return await asyncio.to_thread(store.write_now, work)


WAYS = (_write, _write_short, _write_now)


def names(store: Store) -> list[str]:
    return [name for (name,) in store.read_now(NAMES.all)]


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_posted_is_there_with_the_commit(store: Store, way: Any) -> None:
    def work(connection: Connection) -> None:
        ADD.post(connection, "1", "one")
        connection.execute(insert(domains), {"id": "2", "name": "two"})
        ADD.post_many(connection, [("3", "three"), ("4", "four")])

    await way(store, work)
    assert names(store) == ["four", "one", "three", "two"]


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_wrong_with_what_is_posted_is_raised_by_the_commit(store: Store, way: Any) -> None:
    def work(connection: Connection) -> None:
        ADD.post(connection, "1", "one")
        ADD.post(connection, "2", "one")

    with pytest.raises(IntegrityError):
        await way(store, work)
    assert names(store) == []


@pytest.mark.parametrize("way", WAYS)
async def test_two_that_wait_for_each_other_both_come_through(store: Store, way: Any) -> None:
    store.write_now(lambda connection: ADD.run_many(connection, [("a", "a"), ("b", "b")]))
    met = threading.Barrier(2)
    first = {"a": True, "b": True}

    def crossing(mine: str, other: str) -> Callable[[Connection], None]:
        def work(connection: Connection) -> None:
            RENAME.run(connection, mine, mine)
            if first[mine]:  # run again, the other is over
                first[mine] = False
                met.wait(30)
            RENAME.run(connection, mine, other)

        return work

    other = asyncio.create_task(asyncio.to_thread(store.write_now, crossing("a", "b")))
    await (way if way is not _write_short else _write)(store, crossing("b", "a"))
    await other
    assert store.retries >= 1


@pytest.mark.parametrize("way", WAYS)
async def test_connections_that_the_server_ended_are_replaced(store: Store, way: Any) -> None:
    await way(store, lambda connection: ADD.run(connection, "1", "one"))
    await store.read_short(NAMES.all)
    store.write_now(KILL_OTHERS.all)
    await way(store, lambda connection: ADD.run(connection, "2", "two"))
    assert await store.read_short(NAMES.all) == [("one",), ("two",)]
    assert await store.read(NAMES.all) == [("one",), ("two",)]
    assert not store.trouble


@pytest.mark.parametrize("way", WAYS)
async def test_work_whose_connection_is_lost_before_the_commit_is_done_once(store: Store, way: Any) -> None:
    runs: list[int] = []

    def work(connection: Connection) -> None:
        ADD.run(connection, "1", "one")
        runs.append(1)
        if len(runs) == 1:
            KILL_ME.run(connection)

    await way(store, work)
    assert (len(runs), names(store)) == (2, ["one"])


@pytest.mark.parametrize("way", WAYS)
async def test_a_commit_whose_answer_is_lost_is_told_as_unknown_and_not_repeated(store: Store, way: Any) -> None:
    runs: list[int] = []

    def work(connection: Connection) -> None:
        runs.append(1)
        ADD.run(connection, "1", "one")
        KILL_ME.post(connection)  # it goes with the commit

    with pytest.raises(OutcomeUnknown, match="not known") as told:
        await way(store, work)
    assert (told.value.status, len(runs)) == (503, 1)
    await way(store, lambda connection: ADD.run(connection, "2", "two"))
    assert "two" in names(store)


@pytest.mark.parametrize("way", WAYS)
async def test_what_failed_and_was_caught_is_not_committed_in_silence(store: Store, way: Any) -> None:
    await way(store, lambda connection: ADD.run(connection, "1", "one"))

    def work(connection: Connection) -> None:
        connection.execute(update(domains).values(description="changed"))
        with pytest.raises(IntegrityError):
            ADD.run(connection, "2", "one")

    with pytest.raises((DBAPIError, psycopg.Error)):
        await way(store, work)
    assert store.read_now(lambda connection: connection.execute(select(domains.c.description)).scalar()) == ""


@pytest.mark.parametrize("way", WAYS)
async def test_a_text_that_the_database_cannot_hold_is_a_bad_request(store: Store, way: Any) -> None:
    with pytest.raises(BadRequest, match="NUL"):
        await way(store, lambda connection: ADD.run(connection, "1", "o\0ne"))
    with pytest.raises(BadRequest, match="NUL"):
        await way(store, lambda connection: connection.execute(insert(domains), {"id": "1", "name": "o\0ne"}))
    assert names(store) == []


@pytest.mark.parametrize("way", WAYS)
async def test_a_whole_transaction_is_committed_by_its_only_statement(
    store: Store, opened: Callable[..., Store], way: Any
) -> None:
    """Before its work ends others see it; so that it fails afterwards undoes nothing, and nothing may follow."""
    other = opened()
    seen: list[list[str]] = []

    def work(connection: Connection) -> None:
        assert ADD_WHOLE.whole(connection, "1", "one") == ("1",)
        seen.append(names(other))
        with pytest.raises(AssertionError, match="committed"):
            ADD.run(connection, "2", "two")

    before = store.commits
    await way(store, work)
    assert (seen, names(store), store.commits - before) == ([["one"]], ["one"], 1)


@pytest.mark.parametrize("way", WAYS)
async def test_a_whole_transaction_that_gives_no_row_goes_on(store: Store, way: Any) -> None:
    def work(connection: Connection) -> None:
        assert ADD_WHOLE.whole(connection, "1", "one") is None
        ADD.run(connection, "2", "two")
        if fails:
            raise ZeroDivisionError

    store.write_now(lambda connection: ADD.run(connection, "1", "one"))
    fails = True
    with pytest.raises(ZeroDivisionError):
        await way(store, work)
    assert names(store) == ["one"]
    fails = False
    await way(store, work)
    assert names(store) == ["one", "two"]


@pytest.mark.parametrize("way", WAYS)
async def test_what_is_not_the_first_is_no_whole_transaction(store: Store, way: Any) -> None:
    def work(connection: Connection) -> None:
        ADD.post(connection, "1", "one")
        assert ADD_WHOLE.whole(connection, "2", "two") == ("2",)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await way(store, work)
    assert names(store) == []


@pytest.mark.parametrize("way", WAYS)
async def test_a_whole_transaction_by_a_connection_that_had_ended_is_done_once(store: Store, way: Any) -> None:
    await way(store, lambda connection: ADD.run(connection, "1", "one"))
    store.write_now(KILL_OTHERS.all)
    assert await way(store, lambda connection: ADD_WHOLE.whole(connection, "2", "two")) == ("2",)
    assert names(store) == ["one", "two"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_whole_transaction_that_the_commit_refuses_is_not_told_as_done(store: Store, way: Any) -> None:
    """The row comes before the commit: what that says is heard as well, and that it said nothing."""
    runs: list[str] = []

    def adding(name: str) -> Callable[[Connection], Any]:
        def work(connection: Connection) -> Any:
            runs.append(name)
            return ADD_WHOLE.whole(connection, name, name)

        return work

    store.write_now(lambda connection: connection.exec_driver_sql(LATE))
    with pytest.raises(IntegrityError):
        await way(store, adding("refused"))
    with pytest.raises(OutcomeUnknown, match="not known"):
        await way(store, adding("killed"))
    assert (runs, names(store)) == (["refused", "killed"], [])
    assert await way(store, adding("right")) == ("right",)
    assert names(store) == ["right"]


async def test_many_more_than_there_are_connections_are_done_in_turn(store: Store) -> None:
    def adding(number: int) -> Callable[[Connection], int]:
        return lambda connection: ADD.run(connection, str(number), str(number))

    await asyncio.gather(*(store.write_short(adding(number)) for number in range(200)))
    assert len(names(store)) == 200


async def test_one_that_was_given_up_gives_its_connection_back(store: Store) -> None:
    async def one(number: int) -> None:
        await store.write_short(lambda connection: ADD.run(connection, str(number), str(number)))

    tasks = [asyncio.create_task(one(number)) for number in range(60)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(asyncio.gather(*(one(number) for number in range(100, 160))), 60)


async def test_what_was_acknowledged_while_connections_ended_is_there_and_whole(store: Store) -> None:
    acknowledged: set[str] = set()
    tried: set[str] = set()

    async def client(number: int) -> None:
        for turn in range(8):
            name = f"{number}-{turn}"
            tried.add(name)

            def work(connection: Connection, name: str = name) -> None:
                ADD.post(connection, name, name)
                connection.execute(insert(domains), {"id": f"{name}a", "name": f"{name}a"})
                ADD.run(connection, f"{name}b", f"{name}b")

            with contextlib.suppress(OutcomeUnknown, StoreUnavailable):
                await store.write_short(work)
                acknowledged.add(name)

    async def ending() -> None:
        for _ in range(6):
            with contextlib.suppress(OutcomeUnknown, StoreUnavailable):
                await store.write(KILL_OTHERS.all)

    await asyncio.gather(ending(), *(client(number) for number in range(20)))
    there = set(names(store))
    assert acknowledged <= there
    assert [name for name in tried if len({name, f"{name}a", f"{name}b"} & there) not in {0, 3}] == []
