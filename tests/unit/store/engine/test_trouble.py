"""A database that cannot be used is told apart from a request that is at fault, and trouble ends by itself."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from berthline.domain.errors import StoreUnavailable
from berthline.store import Connection, Store
from berthline.store.engine import trouble
from berthline.store.engine.sqlite import codes
from tests.databases import Databases

pytestmark = pytest.mark.sqlite("how a file fails, and by which codes that is known")


@pytest.fixture
def path(databases: Databases, tmp_path: Path) -> Path:
    location = databases.migrated(tmp_path)
    assert isinstance(location, Path)
    return location


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path, durable=False, patience_ms=20)
    yield opened
    opened.close()


def note(connection: Connection) -> None:
    """A row that takes pages of its own."""
    values = {"name": "n", "owner": "o" * 9000, "epoch": 1}
    asked = "INSERT OR REPLACE INTO worker_leases (name, owner, epoch) VALUES (:name, :owner, :epoch)"
    connection.execute(text(asked), values)


def _most_pages(store: Store, pages: int) -> None:
    """Let the file have so many pages: more are what a full disk refuses, by the same code of SQLite's."""
    store.write_now(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={pages}").close())


async def _write(store: Store) -> None:
    await store.write(note)


async def _write_short(store: Store) -> None:
    await store.write_short(note)


async def _write_now(store: Store) -> None:
    store.write_now(note)


WAYS = (_write, _write_short, _write_now)


@pytest.mark.parametrize("way", WAYS)
async def test_a_full_disk_is_told_and_passes(store: Store, way: Callable[[Store], Any]) -> None:
    _most_pages(store, 1)  # SQLite takes what there is for the least
    with pytest.raises(StoreUnavailable, match="its disk is full") as refused:
        await way(store)
    assert (refused.value.status, refused.value.retry_after) == (503, 1)
    assert "full" in str(store.trouble)
    assert (
        store.read_now(lambda connection: connection.execute(text("SELECT count(*) FROM worker_leases")).scalar()) == 0
    )
    _most_pages(store, 100_000)
    await store.probe()
    assert not store.trouble
    await way(store)


@pytest.mark.parametrize("way", WAYS)
async def test_a_database_that_another_process_holds_is_told_and_passes(
    store: Store, path: Path, way: Callable[[Store], Any]
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="another process holds it"):
            await way(store)
        with pytest.raises(StoreUnavailable):
            await store.probe()
        await store.read(lambda connection: connection.execute(text("SELECT 1")).scalar())
        assert store.trouble, "that it can be read says nothing of writing"
        other.execute("ROLLBACK")
    await store.probe()
    assert not store.trouble
    await way(store)


async def test_others_of_a_batch_hear_of_a_full_disk_too(store: Store) -> None:
    _most_pages(store, 1)
    results = await asyncio.gather(*(store.write(note) for _ in range(5)), return_exceptions=True)
    assert [type(result) for result in results] == [StoreUnavailable] * 5


async def test_a_probe_writes_nothing_where_there_is_no_trouble(store: Store) -> None:
    before = store.commits
    await store.probe()
    assert store.commits == before


@pytest.mark.parametrize("code", sorted(codes.LASTING))
def test_damage_is_not_over_with_the_next_commit(code: int) -> None:
    held = trouble.Trouble(codes.judge)
    damage = sqlite3.DatabaseError("damaged")
    damage.sqlite_errorcode = code
    with pytest.raises(StoreUnavailable, match="damaged"):
        _raise_in(held, damage)
    held.over()
    assert held.why is not None


@pytest.mark.parametrize(
    "error", [sqlite3.IntegrityError("twice"), sqlite3.OperationalError("no such table"), KeyError()]
)
def test_what_the_work_is_at_fault_for_is_raised_as_it_is(error: Exception) -> None:
    held = trouble.Trouble(codes.judge)
    with pytest.raises(type(error)):
        _raise_in(held, error)
    assert held.why is None


def _raise_in(held: trouble.Trouble, error: Exception) -> None:
    with held.writing:
        raise error
