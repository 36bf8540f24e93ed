"""Fixtures that every suite shares."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from berthline.localhost.commands import missing
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
    """Skip a test marked ``dataplane`` where it cannot run; fail it there when BERTHLINE_REQUIRE_DATAPLANE is 1."""
    if item.get_closest_marker("dataplane") is None:
        return
    lacking = [*missing(DATAPLANE_PROGRAMS), *(["root"] if os.geteuid() else [])]
    if lacking and os.environ.get("BERTHLINE_REQUIRE_DATAPLANE") == "1":
        pytest.fail(
            f"the real data plane is required, and it lacks {', '.join(lacking)}: run scripts/host-packages as root"
        )
    if lacking:
        pytest.skip(f"the real data plane lacks {', '.join(lacking)}: run scripts/host-packages as root")
