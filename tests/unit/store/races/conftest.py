"""Two stores on one PostgreSQL, whatever the rest of the run is on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from berthline.store import Store
from berthline.store.control.leaks import stored_leaks
from tests.databases import postgresql_of_the_run
from tests.unit.store.races.beside import POINTS, Beside, HeldStore, Point
from tests.unit.store.races.cloud import fill


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them need PostgreSQL."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.postgresql)


@pytest.fixture(params=POINTS)
def point(request: pytest.FixtureRequest) -> Point:
    """Where the first work is held."""
    found: Point = request.param
    return found


@pytest.fixture
def beside(point: Point, tmp_path: Path) -> Iterator[Beside]:
    """Two stores on one database with a small cloud in it, which has no leak at the end."""
    databases = postgresql_of_the_run()
    url = databases.migrated(tmp_path)
    one, other = HeldStore(url, durable=False), Store(url, durable=False)
    try:
        one.write_now(fill)
        yield Beside(one, other, url, point)
        assert one.read_now(stored_leaks) == ()
    finally:
        one.close()
        other.close()
        databases.drop(url)
