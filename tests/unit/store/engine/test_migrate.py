"""An empty database is made from a record; it is what the migrations would have made."""

import sqlite3
from pathlib import Path

import pytest

from berthline.domain.start import StartRefused
from berthline.store.engine.migrate import RECORD, migrate, schema_of, upgrade
from berthline.store.engine.sqlite import connections as sqlite


def by_alembic(path: Path) -> tuple[str, ...]:
    """What the migrations make of an empty database."""
    engine = sqlite.engine(path, durable=False)
    with engine.connect() as connection:
        upgrade(connection)
        found = schema_of(connection)
    engine.dispose()
    return found


def everything(path: Path) -> list[tuple[str, ...]]:
    """What SQLite itself says that the file holds, and its revision."""
    connection = sqlite3.connect(path)
    try:
        made = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        return [*made, *connection.execute("SELECT * FROM alembic_version")]
    finally:
        connection.close()


def test_the_record_makes_what_the_migrations_make(tmp_path: Path) -> None:
    migrate(tmp_path / "recorded.db")
    statements = by_alembic(tmp_path / "migrated.db")
    assert len(statements) > 40
    assert not any(";" in statement for statement in statements)
    recorded = RECORD.read_text(encoding="utf-8")
    assert recorded == "".join(f"{one};\n\n" for one in statements), (
        "run berthline.store.engine.migrate's record_schema"
    )
    assert everything(tmp_path / "recorded.db") == everything(tmp_path / "migrated.db")
    assert any(row[0] == "trigger" for row in everything(tmp_path / "recorded.db"))


def test_a_database_of_somebody_else_is_refused_and_left(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE of_someone (id INTEGER)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StartRefused, match="none that Berthline made"):
        migrate(path)
    assert path.read_bytes() == before


def test_a_current_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "current.db"
    migrate(path)
    before = everything(path)
    migrate(path)
    assert everything(path) == before
