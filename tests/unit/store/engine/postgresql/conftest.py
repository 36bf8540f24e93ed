"""Two stores on one database of PostgreSQL, as two processes have it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from berthline.store import Store
from tests.databases import PostgresqlDatabases

Open = Callable[..., Store]


@pytest.fixture
def url(postgresql: PostgresqlDatabases, tmp_path: Path) -> Iterator[str]:
    made = postgresql.migrated(tmp_path)
    yield made
    postgresql.drop(made)


@pytest.fixture
def opened(url: str) -> Iterator[Open]:
    """Opens one more store on it; they are closed at the end."""
    stores: list[Store] = []

    def make(**options: Any) -> Store:
        stores.append(Store(url, durable=False, **options))
        return stores[-1]

    yield make
    for each in stores:
        each.close()


@pytest.fixture
def cut(postgresql: PostgresqlDatabases, url: str) -> Callable[[str], int]:
    """Ends every connection to the database whose last statement begins like this; how many there were."""
    name = url.partition("?")[0].rpartition("/")[2]

    def end(beginning: str) -> int:
        counted = postgresql.cluster.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "  # noqa: S608 - of the test's own
            f"WHERE datname = '{name}' AND query LIKE '{beginning}%' AND pid <> pg_backend_pid()"
        )
        return int(counted.split()[-1])

    return end
