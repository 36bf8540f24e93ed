"""A cloud with rows in every table goes from a file to PostgreSQL and back; what stands in the way is told."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from berthline.store import Store
from berthline.store.control.leaks import stored_leaks
from berthline.store.control.soundness import soundness
from berthline.store.engine import copying
from berthline.store.engine.copying import Copied, copy
from berthline.store.engine.location import Location
from berthline.store.engine.migrate import migrate
from berthline.store.engine.postgresql.copying import PostgresqlSide
from berthline.store.engine.side import CopyRefused
from berthline.store.tables import metadata
from tests.databases import PostgresqlDatabases

pytestmark = pytest.mark.postgresql
RELEASED = sorted((Path(__file__).parents[1] / "migrations" / "databases").glob("*.sql"))[-1]


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A file with rows in every table that a release had."""
    path = tmp_path / "full.db"
    with closing(sqlite3.connect(path)) as made:
        made.executescript(RELEASED.read_text(encoding="utf-8"))
    migrate(path)
    return path


@pytest.fixture
def blank(postgresql: PostgresqlDatabases) -> Iterator[str]:
    made = postgresql.blank()
    yield made
    postgresql.drop(made)


def copied(source: Location, target: Location) -> tuple[Copied, ...]:
    told: list[Copied] = []
    made = copy(source, target, told.append)
    assert tuple(told) == made
    return made


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything a file holds, byte by byte."""
    with closing(sqlite3.connect(path)) as opened:
        named = [
            name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        asked = {name: opened.execute(f"SELECT * FROM {name}") for name in named if name != "sqlite_stat1"}  # noqa: S608
        return {name: sorted(found.fetchall(), key=repr) for name, found in asked.items()}


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as opened:
        return opened.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()


def sound(where: Location) -> bool:
    store = Store(where, durable=False)
    try:
        return store.read_now(lambda connection: soundness(connection, where)).sound
    finally:
        store.close()


def test_there_and_back_every_row_is_the_same(full: Path, blank: str, tmp_path: Path) -> None:
    there = copied(full, blank)
    assert {one.table for one in there} == set(metadata.tables)
    assert sum(one.rows for one in there) > 200
    back = tmp_path / "back.db"
    assert copied(blank, back) == there
    assert rows(back) == rows(full)
    migrate(tmp_path / "new.db")
    assert schema(back) == schema(tmp_path / "new.db")
    assert sound(full)
    assert sound(blank)
    assert sound(back)


def test_a_copy_goes_on_where_the_cloud_was(full: Path, blank: str) -> None:
    with closing(sqlite3.connect(full, isolation_level=None)) as opened:
        opened.execute("DELETE FROM outbox")
        (last,) = opened.execute("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").fetchone()
    copied(full, blank)
    store = Store(blank, durable=False)
    try:
        columns = "at, kind, object_id, project_id, revision, what, unit"
        tell = f"INSERT INTO events ({columns}) VALUES (1, 'k', 'o', 'p', 1, 'w', 'port')"  # noqa: S608
        store.write_now(lambda connection: connection.execute(text(tell)))
        asked = "SELECT sequence FROM outbox"
        assert store.read_now(lambda connection: connection.execute(text(asked)).scalars().all()) == [last + 1]
        assert store.read_now(stored_leaks) == ()
    finally:
        store.close()


def test_more_rows_than_are_in_memory_at_a_time(full: Path, blank: str) -> None:
    with closing(sqlite3.connect(full)) as opened:
        many = [("port", f"many-{number}", number, number) for number in range(2500)]
        opened.executemany("INSERT INTO projections VALUES (?, ?, ?, ?)", many)
        opened.commit()
    by_table = {one.table: one.rows for one in copied(full, blank)}
    assert by_table["projections"] > 2500 > 2 * copying.BATCH


def test_a_target_with_rows_is_refused_and_stays_as_it_was(full: Path, blank: str, tmp_path: Path) -> None:
    copied(full, blank)
    with pytest.raises(CopyRefused, match=r"is not empty \(\d+ rows in \w+\)"):
        copied(full, blank)
    back = tmp_path / "back.db"
    copied(blank, back)
    before = rows(back)
    with pytest.raises(CopyRefused, match="is not empty"):
        copied(blank, back)
    assert rows(back) == before


def test_what_is_no_cloud_of_this_release_is_refused(
    full: Path, blank: str, tmp_path: Path, postgresql: PostgresqlDatabases
) -> None:
    with pytest.raises(CopyRefused, match="has no cloud that could be copied"):
        copied(blank, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()
    with closing(sqlite3.connect(tmp_path / "old.db")) as made:
        made.executescript(RELEASED.read_text(encoding="utf-8"))
    with pytest.raises(CopyRefused, match="start its cloud once by this release"):
        copied(tmp_path / "old.db", blank)
    with pytest.raises(CopyRefused, match="has to name another"):
        copied(full, full)
    name = blank.partition("?")[0].rpartition("/")[2]
    postgresql.cluster.sql("CREATE TABLE somebodys (n int)", database=name)
    with pytest.raises(CopyRefused, match="--to has to name a database without tables"):
        copied(full, blank)


def test_a_database_that_a_process_uses_is_refused(full: Path, blank: str, tmp_path: Path) -> None:
    copied(full, blank)
    store = Store(blank, durable=False)
    try:
        store.read_now(stored_leaks)
        with pytest.raises(CopyRefused, match=r"is in use by .* connections of Berthline"):
            copied(blank, tmp_path / "back.db")
        assert not list(tmp_path.glob("back.db*")), "a file that was made for the copy goes with it"
    finally:
        store.close()
    copied(blank, tmp_path / "back.db")


def test_a_row_that_the_other_cannot_hold_leaves_nothing_behind(full: Path, blank: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(full)) as opened:
        opened.execute("UPDATE servers SET name = name || char(0) || 'x'")
        opened.commit()
    with pytest.raises(CopyRefused, match="no row was written"):
        copied(full, blank)
    with closing(sqlite3.connect(full)) as opened:
        opened.execute("UPDATE servers SET name = 'web'")
        opened.commit()
    copied(full, blank)


def test_a_copy_that_reads_back_otherwise_does_not_count(full: Path, blank: str) -> None:
    migrate(blank)
    side = PostgresqlSide(blank)
    with side.engine.connect() as connection, connection.begin():
        connection.execute(
            text("CREATE RULE spoilt AS ON INSERT TO flavors DO ALSO UPDATE flavors SET name = name || 'x'")
        )
    with pytest.raises(CopyRefused, match=r"table flavors: .* not the same were read back"):
        copied(full, blank)
    with side.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM domains")).scalar() == 0
    side.engine.dispose()
