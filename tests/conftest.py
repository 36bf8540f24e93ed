"""Fixtures that every suite shares."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from berthline.localhost.commands import missing
from berthline.localhost.postgresql import missing_programs
from berthline.store import Store
from berthline.store.engine.migrate import migrate


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file of the current schema, to be copied, so that each test does not migrate anew."""
    path = tmp_path_factory.mktemp("schema") / "empty.db"
    migrate(path)
    return path


@pytest.fixture
def store(empty_database: Path, tmp_path: Path) -> Iterator[Store]:
    """A fresh store, not synced to disk."""
    path = tmp_path / "berthline.db"
    shutil.copy(empty_database, path)
    opened = Store(path, durable=False)
    yield opened
    opened.close()


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
