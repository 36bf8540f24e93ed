"""Fixtures that every suite shares."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from berthline.store import Store
from berthline.store.migrate import migrate


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
