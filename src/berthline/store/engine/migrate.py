"""Bring a database file to the current schema, by Alembic; and write new migrations while developing.

``python -m berthline.store.engine.migrate "what changes"`` compares the tables with the newest migration and writes the
next.
An empty database is made from the record of what all migrations make, migrations/schema.sql, without Alembic, whose
import and work are a fifth of the first start. The same command writes the record; a test holds the two to be equal.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from berthline.store.engine import sqlite
from berthline.store.tables.control import TRIGGERS

if TYPE_CHECKING:
    from alembic.config import Config  # Alembic is imported only where it is needed: start-up must be quick

HEAD: Final = "0002"
"""The newest revision in migrations/versions; a test holds it to what Alembic finds there."""

_MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"
RECORD: Final = _MIGRATIONS / "schema.sql"
_BETWEEN: Final = ";\n\n"


def migrate(path: Path) -> None:
    """Create ``path`` (mode 0600) or upgrade it to HEAD. Nothing is imported or done when it is current."""
    if not path.exists():
        path.touch(mode=0o600)
    engine = sqlite.engine(path, durable=True)
    try:
        with engine.connect() as connection:
            revision, empty = current_revision(connection), not schema_of(connection)
            connection.rollback()
            if empty:
                _create(connection)
            elif revision != HEAD:
                upgrade(connection)
    finally:
        engine.dispose()


def current_revision(connection: Connection) -> str | None:
    """The revision the database says it has; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def schema_of(connection: Connection) -> tuple[str, ...]:
    """The statements that make the tables and indexes that the database has, in an order in which they can be made."""
    made = text(
        "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite%' AND sql IS NOT NULL"
        " ORDER BY type DESC, name"
    )
    return tuple(connection.execute(made).scalars())


def _create(connection: Connection) -> None:
    """All tables, from the record, in an empty database."""
    with connection.begin():
        for statement in RECORD.read_text(encoding="utf-8").removesuffix(_BETWEEN).split(_BETWEEN):
            connection.exec_driver_sql(statement)
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
        _make_triggers(connection)


def _make_triggers(connection: Connection) -> None:
    for trigger in TRIGGERS:  # Alembic does not see triggers, so they are no part of a migration
        connection.exec_driver_sql(trigger)


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Run the migrations that the database has not seen, all in one transaction."""
    from alembic import command

    with connection.begin():
        command.upgrade(_config(connection), "head")
        _make_triggers(connection)


def record_schema() -> None:
    """Write down what all migrations make of an empty database."""
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite.engine(Path(folder) / "empty.db", durable=False)
        with engine.connect() as connection:
            upgrade(connection)
            RECORD.write_text("".join(one + _BETWEEN for one in schema_of(connection)), encoding="utf-8")
        engine.dispose()


def new_migration(message: str) -> None:
    """Write the migration from the newest revision to the present tables into migrations/versions."""
    from alembic import command
    from alembic.script import ScriptDirectory

    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite.engine(Path(folder) / "empty.db", durable=False)
        with engine.connect() as connection:
            config = _config(connection)
            revisions = ScriptDirectory.from_config(config).get_heads()
            if revisions:
                upgrade(connection)
            with connection.begin():
                number = f"{int(revisions[0]) + 1:04}" if revisions else "0001"
                command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()
    shutil.rmtree(_MIGRATIONS / "versions" / "__pycache__", ignore_errors=True)


if __name__ == "__main__":
    new_migration(" ".join(sys.argv[1:]))
    record_schema()
