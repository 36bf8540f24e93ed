"""Fixtures that every suite shares."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from berthline.localhost.commands import missing
from berthline.localhost.postgresql import missing_programs
from berthline.store import Store
from berthline.store.engine.location import Location
from berthline.store.engine.rehearsal import rehearsed
from tests import lock_order
from tests.databases import (
    FILE,
    KINDS,
    VARIABLE,
    Databases,
    NewStore,
    PostgresqlDatabases,
    choose,
    chosen,
    close_all,
    databases_of_the_run,
    postgresql_of_the_run,
)


@pytest.fixture(scope="session")
def databases() -> Databases:
    """Where this run's tests have their databases. Whatever touches the store asks for it."""
    return databases_of_the_run()


@pytest.fixture(scope="session")
def postgresql() -> PostgresqlDatabases:
    """A PostgreSQL, whatever the other tests run on; for tests that are marked so."""
    return postgresql_of_the_run()


@pytest.fixture
def new_database(databases: Databases, tmp_path: Path) -> Iterator[Callable[[str], Location]]:
    """Makes databases of the current schema, which are dropped at the end."""
    made: list[Location] = []

    def make(name: str = FILE) -> Location:
        made.append(databases.migrated(tmp_path, name))
        return made[-1]

    yield make
    for location in made:
        databases.drop(location)


@pytest.fixture
def new_store(new_database: Callable[[str], Location]) -> Iterator[NewStore]:
    """Opens stores on new databases, not synced to disk; they are closed at the end."""
    opened: list[Store] = []

    def make(name: str = FILE, **options: Any) -> Store:
        opened.append(Store(new_database(name), durable=False, **options))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def store(new_store: NewStore) -> Store:
    """A fresh store."""
    return new_store()


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--database``."""
    parser.addoption("--database", choices=KINDS, help=f"what stores are opened on; else by {VARIABLE}, else sqlite")


def pytest_configure(config: pytest.Config) -> None:
    """One kind of database for the whole run; BERTHLINE_TEST_REHEARSAL=1 has every write run twice."""
    if os.environ.get("BERTHLINE_TEST_REHEARSAL") == "1":
        Store.around = (rehearsed,)
    lock_order.watch()
    try:
        choose(chosen(config.getoption("--database")))
    except ValueError as wrong:
        raise pytest.UsageError(str(wrong)) from None


def pytest_unconfigure() -> None:
    """No server and no file is left."""
    close_all()


def pytest_report_header() -> str:
    """Which database it is."""
    return f"database: {databases_of_the_run().kind}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run what touches the store; what is about SQLite itself is skipped by name."""
    if databases_of_the_run().kind == "sqlite":
        return
    touching = [item for item in items if "databases" in getattr(item, "fixturenames", ())]
    for item in touching:
        if marker := item.get_closest_marker("sqlite"):
            item.add_marker(pytest.mark.skip(reason=f"about SQLite: {marker.args[0]}"))
        item.add_marker(pytest.mark.postgresql)
    config.hook.pytest_deselected(items=[item for item in items if item not in set(touching)])
    items[:] = touching


DATAPLANE_PROGRAMS = ("ovsdb-server", "ovs-vswitchd", "ovn-northd", "ovn-controller", "libvirtd", "qemu-system-x86_64")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked ``dataplane`` or ``postgresql`` where it cannot run; fail it there when
    BERTHLINE_REQUIRE_DATAPLANE, or BERTHLINE_REQUIRE_POSTGRESQL, is 1.
    """
    if item.get_closest_marker("dataplane") is not None:
        lacking = [*missing(DATAPLANE_PROGRAMS), *(["root"] if os.geteuid() else [])]
        _need("the real data plane", lacking, "BERTHLINE_REQUIRE_DATAPLANE", "scripts/host-packages")
    if item.get_closest_marker("postgresql") is not None:
        _need("PostgreSQL", missing_programs(), "BERTHLINE_REQUIRE_POSTGRESQL", "scripts/host-packages --test")


def _need(what: str, lacking: Sequence[str], required: str, script: str) -> None:
    if not lacking:
        return
    why = f"{what} lacks {', '.join(lacking)}: run {script} as root"
    if os.environ.get(required) == "1":
        pytest.fail(f"it is required by {required}; {why}")
    pytest.skip(why)
