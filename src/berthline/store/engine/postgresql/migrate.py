"""Bring a PostgreSQL database to the current schema, one process at a time.

An empty database gets the tables as they are now; there was no PostgreSQL before revision 0003, so no older one is ever
seen. Later revisions are Alembic's, the same as for a file. All of it is one transaction: DDL is undone like the rest.
Functions and triggers are code: they are made anew whenever their text is not the one that they were made from last.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from berthline.domain.start import StartRefused
from berthline.store.engine import triggers
from berthline.store.engine.location import told
from berthline.store.engine.postgresql import connections
from berthline.store.engine.postgresql.connections import driver
from berthline.store.engine.postgresql.inspection import looked_at, refused
from berthline.store.engine.revisions import HEAD, TRIGGERS, alembic_config, known_revisions, unknown_revision
from berthline.store.tables import metadata

FUNCTIONS: Final = Path(__file__).with_name("functions.sql")
FIRST: Final = "0003"
"""The first revision that there was for PostgreSQL."""
_NOTED: Final = "address_text(bytea)"
"""The function whose comment in the database says from which text all of them were made."""
_TURN: Final = 0x6265727468  # what processes of this program agree on: advisory locks are numbers
_PATIENCE: Final = "60s"


def migrate(url: str) -> None:
    """Make the tables in an empty database, or upgrade them to HEAD, and functions and triggers as they are here.
    Nothing is done when all are current.

    Two processes that start at once do this one after the other. Raises StartRefused, with nothing changed, for a
    database that cannot be used or has tables that this release does not know.
    """
    engine = connections.engine(url)
    try:
        with engine.connect() as connection, connection.begin():
            connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
            _migrate(url, connection)
    except (DBAPIError, psycopg.Error) as error:
        raise StartRefused(refused(url, error)) from None
    finally:
        engine.dispose()


def _migrate(url: str, connection: Connection) -> None:
    found = looked_at(connection, url)
    if not found.statements:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})
    elif found.revision is None:
        raise StartRefused(
            f"{told(url)} has tables, and none that Berthline made: name an empty database, or one of its own"
        )
    else:
        known = tuple(each for each in known_revisions() if each >= FIRST)
        if found.revision not in known:
            raise StartRefused(unknown_revision(told(url), found.revision, known))
        if found.revision != HEAD:
            from alembic import command

            command.upgrade(alembic_config(connection), "head")
    _make_functions(connection, (FUNCTIONS.read_text(encoding="utf-8"), *map(triggers.on_postgresql, TRIGGERS)))


def _make_functions(connection: Connection, statements: Sequence[str]) -> None:
    """Run the statements, unless the database has had just these last."""
    digest = hashlib.sha256("\0".join(statements).encode()).hexdigest()
    noted = text("SELECT obj_description(to_regprocedure(:noted), 'pg_proc')")
    if connection.execute(noted, {"noted": _NOTED}).scalar() == digest:
        return
    for statement in (*statements, f"COMMENT ON FUNCTION {_NOTED} IS '{digest}'"):
        driver(connection).command(statement.encode())
