"""Look at a PostgreSQL database without changing anything, before anything is done with it."""

from typing import Final

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from berthline.domain.start import StartRefused
from berthline.store.engine.found import Found
from berthline.store.engine.location import told
from berthline.store.engine.postgresql import codes, connections

OLDEST: Final = 150_000
"""PostgreSQL 15: the oldest that the tests have seen."""
_TABLES: Final = text(
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') "
    "ORDER BY relname"
)


def inspected(url: str) -> Found:
    """What the database holds. Raises StartRefused for one that cannot be used."""
    engine = connections.engine(url)
    try:
        with engine.connect() as connection:
            return looked_at(connection, url)
    except (DBAPIError, psycopg.Error) as error:
        raise StartRefused(refused(url, error)) from None
    finally:
        engine.dispose()


def looked_at(connection: Connection, url: str) -> Found:
    """What the database of the connection holds; its tables stand for the statements that made them."""
    version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if version < OLDEST:
        raise StartRefused(f"{told(url)} is a PostgreSQL {version // 10_000}: Berthline needs 15 or newer")
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise StartRefused(f"{told(url)} keeps text as {encoding}: make the database anew with ENCODING 'UTF8'")
    there = tuple(connection.execute(_TABLES).scalars())

    def rows(table: str, columns: str) -> list[tuple[str, ...]]:
        # Names of this file; a table of another's may have other columns, and then the whole database is refused.
        asked = text(f"SELECT {columns} FROM {table}")  # noqa: S608
        return [tuple(row) for row in connection.execute(asked)] if table in there else []

    if "alembic_version" not in there:
        return Found(statements=there)
    images = rows("images", "id, status")
    cloud = connection.execute(text("SELECT * FROM cloud")).mappings().first() if "cloud" in there else None
    return Found(
        revision=next((row[0] for row in rows("alembic_version", "version_num")), None),
        statements=there,
        begun=bool(rows("domains", "id")),
        cloud_id=cloud.get("cloud_id") if cloud else None,
        place_id=cloud.get("image_place_id") if cloud else None,
        images=frozenset(row[0] for row in images),
        stored=frozenset(row[0] for row in images if row[1] in {"active", "deactivated"}),
    )


def refused(url: str, error: BaseException) -> str:
    """The one line on a database that cannot be used."""
    found = codes.cause(error)
    judged = codes.judge(found, reading=False)
    why = judged[0] if judged else "an error"
    if isinstance(found, psycopg.OperationalError) and found.sqlstate is None:
        why = "no connection to it can be made"  # by libpq's words, which follow: there is no code for why
    first = next(iter(str(found).strip().splitlines()), "")
    return f"{told(url)} cannot be used as a database: {why} ({first}); see to it, or name another by database"
