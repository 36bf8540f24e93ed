"""Look at a database file without changing a byte of it, before anything is done with it."""

import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from berthline.domain.start import StartRefused
from berthline.store.engine.found import Found
from berthline.store.engine.location import Location, on_postgresql

STATEMENTS: Final = (
    "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite%' AND sql IS NOT NULL"
    " ORDER BY type DESC, name"
)
"""The statements that make what is in a database, in an order in which they can be run."""

_MADE: Final = re.compile(r"CREATE (?:UNIQUE )?(TABLE|INDEX) (\S+)", re.IGNORECASE)


LOOKED_THROUGH: Final = 16 * 1024 * 1024
"""A file of so many bytes is looked through at each start, in milliseconds; damage in a larger one is found in use."""


def inspected(where: Location) -> Found:
    """What the database ``where`` holds. Raises StartRefused for what cannot be read."""
    if on_postgresql(where):
        from berthline.store.engine.postgresql import inspection as postgresql  # a start on a file must be quick

        return postgresql.inspected(str(where))
    path = Path(where)
    if not path.exists():
        return Found()
    try:
        with _opened(path) as connection:
            if path.stat().st_size <= LOOKED_THROUGH and (wrong := _damage(connection)):
                raise StartRefused(unreadable(path, wrong))
            return _found(connection)
    except (sqlite3.DatabaseError, OSError) as error:
        raise StartRefused(unreadable(path, error)) from None


def unreadable(path: Path, why: object) -> str:
    """The one line on a database that cannot be used."""
    return (
        f"{path} cannot be used as a database: {why}; see to its disk and its rights, or put back a copy of it "
        "together with its images"
    )


def differences(found: Collection[str], wanted: Collection[str]) -> tuple[str, ...]:
    """What is not the same between two schemas, in words. How a statement is spaced and quoted is no difference."""
    has, needs = _by_name(found), _by_name(wanted)
    return (
        *(f"{name} is missing" for name in sorted(needs.keys() - has.keys())),
        *(f"{name} is not known" for name in sorted(has.keys() - needs.keys())),
        *(f"{name} differs" for name in sorted(has.keys() & needs.keys()) if has[name] != needs[name]),
    )


def copied(path: Path, to: Path) -> None:
    """Write all of a database, with what is still in its log, into the empty file ``to``, and have it on disk.

    Raises OSError, sqlite3.Error.
    """
    with _opened(path) as connection, closing(sqlite3.connect(to)) as copy:
        copy.execute("PRAGMA synchronous=FULL")
        connection.backup(copy)


def _damage(connection: sqlite3.Connection) -> str | None:
    found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return None if found == "ok" else f"it is damaged ({' '.join(found.split())})"


def _by_name(statements: Collection[str]) -> dict[str, str]:
    named: dict[str, str] = {}
    for statement in statements:
        plain = " ".join(statement.replace('"', "").split())
        match = _MADE.match(plain)
        named[f"{match[1].lower()} {match[2]}" if match else plain[:40]] = plain.replace(" ,", ",").replace(" )", ")")
    return named


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads; without a log beside the database it makes no file either."""
    path = path.resolve()  # the log lies beside the file itself, not beside a link to it
    log = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if log.exists() else "immutable=1"
    with closing(sqlite3.connect(f"file:{quote(str(path))}?{how}", uri=True)) as connection:
        yield connection


def _found(connection: sqlite3.Connection) -> Found:
    statements = tuple(row[0] for row in connection.execute(STATEMENTS))
    there = _by_name(statements).keys()

    def rows(table: str, columns: str) -> list[tuple[str, ...]]:
        # Names of this file; a table of another's may have other columns, and then the whole file is refused.
        asked = f"SELECT {columns} FROM {table}"  # noqa: S608
        return connection.execute(asked).fetchall() if f"table {table}" in there else []

    def first(table: str) -> dict[str, str | None]:
        """By its columns, of which an earlier release had fewer."""
        if f"table {table}" not in there:
            return {}
        asked = connection.execute(f"SELECT * FROM {table}")  # noqa: S608
        row = asked.fetchone()
        return {} if row is None else dict(zip((column[0] for column in asked.description), row, strict=True))

    images, cloud = rows("images", "id, status"), first("cloud")
    return Found(
        revision=next((row[0] for row in rows("alembic_version", "*")), None),
        statements=statements,
        begun=bool(rows("domains", "id")),
        cloud_id=cloud.get("cloud_id"),
        place_id=cloud.get("image_place_id"),
        images=frozenset(row[0] for row in images),
        stored=frozenset(row[0] for row in images if row[1] in {"active", "deactivated"}),
    )
