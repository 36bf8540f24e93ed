"""Bring a database file to the current schema, by Alembic; and write new migrations while developing.

``python -m berthline.store.engine.migrate "what changes"`` compares the tables with the newest migration and writes the
next.
An empty database is made from the record of what all migrations make, migrations/schema.sql, without Alembic, whose
import and work are a fifth of the first start. The same command writes the record; a test holds the two to be equal.
"""

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from berthline.domain.start import StartRefused
from berthline.store.engine import triggers
from berthline.store.engine.found import Found
from berthline.store.engine.inspection import STATEMENTS, copied, differences, inspected, unreadable
from berthline.store.engine.location import Location, on_postgresql
from berthline.store.engine.revisions import (
    HEAD,
    MIGRATIONS,
    TRIGGERS,
    alembic_config,
    known_revisions,
    unknown_revision,
)
from berthline.store.engine.sqlite import connections as sqlite
from berthline.store.engine.sqlite.connections import driver

RECORD: Final = MIGRATIONS / "schema.sql"
_BETWEEN: Final = ";\n\n"


def migrate(where: Location) -> None:
    """Create the database ``where`` or upgrade it to HEAD, for a Store to be opened on it. Raises StartRefused."""
    if on_postgresql(where):
        from berthline.store.engine.postgresql import migrate as postgresql  # a start on a file must be quick

        postgresql.migrate(str(where))
    else:
        _migrate_file(Path(where))


def _migrate_file(path: Path) -> None:
    """Create ``path`` (mode 0600) or upgrade it to HEAD. Nothing is imported or done when it is current.

    Before an upgrade the database is copied to ``path`` with its old revision added to the name. Raises StartRefused,
    with nothing changed, for what is no database of this or an earlier revision exactly as it was released.
    """
    found = inspected(path)
    if found.statements:
        _refuse_other(path, found)
        if found.revision == HEAD:
            return
        _keep_copy(path, str(found.revision))
    engine = sqlite.engine(path, durable=True)
    try:
        path.touch(mode=0o600)
        with engine.connect() as connection:
            if found.statements:
                upgrade(connection)
            else:
                _create(connection)
    except (OSError, DBAPIError) as error:
        raise StartRefused(unreadable(path, getattr(error, "orig", None) or error)) from None
    finally:
        engine.dispose()


def statements_of(revision: str) -> tuple[str, ...]:
    """The statements that make the tables and indexes of a known revision."""
    if revision == HEAD:
        return tuple(RECORD.read_text(encoding="utf-8").removesuffix(_BETWEEN).split(_BETWEEN))
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite.engine(Path(folder) / "empty.db", durable=False)
        try:
            with engine.connect() as connection:
                upgrade(connection, revision)
                return schema_of(connection)
        finally:
            engine.dispose()


def _refuse_other(path: Path, found: Found) -> None:
    """A revision's number is believed only when the tables are those that it made."""
    if found.revision is None:
        raise StartRefused(
            f"{path} has tables, and none that Berthline made: name another folder by --data, or move this file away"
        )
    if found.revision not in (known := known_revisions()):
        raise StartRefused(unknown_revision(path, found.revision, known))
    if wrong := differences(found.statements, statements_of(found.revision)):
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise StartRefused(
            f"{path} says that its schema is revision {found.revision}, but it is not as released "
            f"({', '.join(wrong[:3])}{more}): a build from before the release made it, or somebody changed it; start "
            "it with that build, undo the change, or move the folder away to begin anew"
        )


def _keep_copy(path: Path, revision: str) -> None:
    """The way back: an older release does not read what an upgrade makes. Raises StartRefused."""
    kept = path.with_name(f"{path.name}.{revision}")
    new = kept.with_name(f"{kept.name}.new")
    try:
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        copied(path, new)
        new.replace(kept)
    except (OSError, sqlite3.Error) as error:
        new.unlink(missing_ok=True)
        raise StartRefused(
            f"{path} cannot be upgraded from revision {revision}, since a copy of it, {kept}, cannot be written: "
            f"{error}; make room there"
        ) from None


def schema_of(connection: Connection) -> tuple[str, ...]:
    """The statements that make the tables and indexes that the database has, in an order in which they can be made."""
    return tuple(connection.execute(text(STATEMENTS)).scalars())


def _create(connection: Connection) -> None:
    """All tables, from the record, in an empty database."""
    with connection.begin():
        for statement in statements_of(HEAD):
            connection.exec_driver_sql(statement)
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
        _make_triggers(connection)


def _make_triggers(connection: Connection) -> None:
    for trigger in TRIGGERS:  # Alembic does not see triggers, so they are no part of a migration
        connection.exec_driver_sql(triggers.on_sqlite(trigger))


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations that the database has not seen, all in one transaction.

    Raises StartRefused, and undoes all of it, when a row would refer to what is not there.
    """
    from alembic import command

    # Off, or a table that is made anew under its name would take along what refers to it; none of it within one.
    driver(connection).execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():
            command.upgrade(alembic_config(connection), revision)
            if revision in {"head", HEAD}:
                _make_triggers(connection)
            astray = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if astray:
                raise StartRefused(
                    f"the database cannot be upgraded: {len(astray)} rows refer to what is not there, the first in "
                    f"table {astray[0][0]}; nothing was changed; start it with the release that wrote it"
                )
    finally:
        driver(connection).execute("PRAGMA foreign_keys=ON")


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
            config = alembic_config(connection)
            revisions = ScriptDirectory.from_config(config).get_heads()
            if revisions:
                upgrade(connection)
            with connection.begin():
                number = f"{int(revisions[0]) + 1:04}" if revisions else "0001"
                command.revision(config, message, autogenerate=True, rev_id=number)
        engine.dispose()
    shutil.rmtree(MIGRATIONS / "versions" / "__pycache__", ignore_errors=True)


if __name__ == "__main__":
    new_migration(" ".join(sys.argv[1:]))
    record_schema()
