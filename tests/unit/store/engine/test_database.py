"""The writer: group commit, savepoints, wake-ups, and what happens when things fail or end."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError

from berthline.domain.errors import StoreClosed
from berthline.store import Connection, Store, notify
from berthline.store.engine.migrate import migrate
from berthline.store.engine.revisions import HEAD, current_revision
from berthline.store.tables.identity import domains


class Adding:
    """Adds a domain of this name, and then fails when told to."""

    def __init__(self, name: str, failure: Exception | None = None) -> None:
        self.name = name
        self.failure = failure

    def __call__(self, connection: Connection) -> str:
        connection.execute(insert(domains), {"id": self.name, "name": self.name})
        notify(connection, f"added-{self.name}")
        if self.failure is not None:
            raise self.failure
        return self.name


def names(connection: Connection) -> set[str]:
    return set(connection.execute(select(domains.c.name)).scalars())


async def test_a_failing_piece_of_work_takes_only_itself_with_it(store: Store) -> None:
    results = await asyncio.gather(
        store.write(Adding("one")),
        store.write(Adding("two", ValueError("no"))),
        store.write(Adding("three")),
        return_exceptions=True,
    )
    assert results[0] == "one"
    assert isinstance(results[1], ValueError)
    assert results[2] == "three"
    assert store.read_now(names) == {"one", "three"}


@pytest.mark.sqlite("its one writer takes work in turn, and commits what waits together")
async def test_many_writes_share_commits(store: Store) -> None:
    gate = threading.Event()
    blocked = asyncio.create_task(store.write(lambda _: gate.wait(10)))
    await asyncio.sleep(0.01)
    before = store.commits
    waiting = [asyncio.create_task(store.write(Adding(str(number)))) for number in range(50)]
    await asyncio.sleep(0.01)
    gate.set()
    await asyncio.gather(blocked, *waiting)
    assert store.commits - before == 2  # the one that blocked, and all that waited meanwhile
    assert (
        store.read_now(lambda connection: connection.execute(select(func.count()).select_from(domains)).scalar()) == 50
    )


@pytest.mark.sqlite("on PostgreSQL everybody is woken once more when the way to tell other processes is open")
async def test_subscribers_hear_of_commits_and_not_of_failures(store: Store) -> None:
    heard: list[str] = []
    store.subscribe("added-good", lambda: heard.append("good"))
    store.subscribe("added-bad", lambda: heard.append("bad"))
    with pytest.raises(ValueError, match="no"):
        await store.write(Adding("bad", ValueError("no")))
    await store.write(Adding("good"))
    await store.write(names)
    assert heard == ["good"]


async def test_a_subscriber_that_fails_does_not_end_the_writer(store: Store) -> None:
    def fail() -> None:
        raise RuntimeError("the loop is closed")

    store.subscribe("added-one", fail)
    await store.write(Adding("one"))
    assert await asyncio.wait_for(store.write(Adding("two")), 60) == "two"


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read.?only"):
        store.read_now(Adding("one"))
    assert store.read_now(names) == set()


async def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreClosed):
        await store.write(Adding("one"))
    with pytest.raises(StoreClosed):
        await store.read(names)


def test_errors_do_not_tell_values(store: Store) -> None:
    store.write_now(Adding("secret-name"))
    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        store.write_now(Adding("secret-name"))
    assert "secret-name" not in str(caught.value)


def test_a_new_database_is_current_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    migrate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    store = Store(path, durable=False)
    assert store.read_now(current_revision) == HEAD
    store.close()


def test_the_tables_are_what_the_migrations_make(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from berthline.store.tables import metadata

    path = tmp_path / "new.db"
    migrate(path)
    store = Store(path, durable=False)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    store.close()
