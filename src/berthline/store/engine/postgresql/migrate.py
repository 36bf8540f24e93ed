"""Bring a PostgreSQL database to the current schema, one process at a time.

An empty database gets the tables as they are now; there was no PostgreSQL before revision 0003, so no older one is ever
seen. Later revisions are Alembic's, the same as for a file. All of it is one transaction: DDL is undone like the rest.
"""

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
_TURN: Final = 0x6265727468  # what processes of this program agree on: advisory locks are numbers
_PATIENCE: Final = "60s"


def migrate(url: str) -> None:
    """Make the tables in an empty database, or upgrade them to HEAD. Nothing is done when they are current.

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
        if found.revision == HEAD:
            return
        from alembic import command

        command.upgrade(alembic_config(connection), "head")
    for statement in (FUNCTIONS.read_text(encoding="utf-8"), *map(triggers.on_postgresql, TRIGGERS)):
        driver(connection).command(statement.encode())
