"""Every statement that is kept prepared is one that both databases can prepare, whether a test runs it or not."""

import gc
import importlib
import pkgutil
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

import berthline.store
from berthline.store.engine.migrate import migrate
from berthline.store.engine.postgresql.session import translated
from berthline.store.engine.prepared import Prepared
from tests.databases import PostgresqlDatabases, SqliteFiles

MIGRATIONS = "berthline.store.migrations"
NUMBERED = re.compile(r"\?(\d+)")


@pytest.fixture(scope="module")
def statements() -> list[str]:
    """The texts of all of them."""
    for module in pkgutil.walk_packages(berthline.store.__path__, "berthline.store."):
        if not module.name.startswith(MIGRATIONS):
            importlib.import_module(module.name)
    found = sorted({one.text for one in gc.get_objects() if isinstance(one, Prepared)})
    assert len(found) > 90
    return found


@pytest.fixture
def url(postgresql: PostgresqlDatabases) -> Iterator[str]:
    made = postgresql.blank()
    migrate(made)
    yield made
    postgresql.drop(made)


def test_sqlite_prepares_each(statements: list[str], tmp_path: Path) -> None:
    files = SqliteFiles()
    with closing(sqlite3.connect(files.migrated(tmp_path))) as opened:
        for name, count in (("address_text", 1), ("address_after", 1)):
            opened.create_function(name, count, lambda value: value, deterministic=True)
        for text in statements:
            places = max((int(one) for one in NUMBERED.findall(text)), default=0) or text.count("?")
            opened.execute(f"EXPLAIN {text}", [None] * places)
    files.close()


@pytest.mark.postgresql
def test_postgresql_prepares_each(statements: list[str], url: str) -> None:
    wrong: dict[str, str] = {}
    with psycopg.connect(url, autocommit=True) as opened:
        for number, text in enumerate(statements):
            prepared = opened.pgconn.prepare(b"s%d" % number, translated(text).encode())
            if prepared.status != psycopg.pq.ExecStatus.COMMAND_OK:
                wrong[translated(text)] = prepared.get_error_message()
    assert wrong == {}
