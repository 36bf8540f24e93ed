"""Where a database is: the path of a SQLite file, or the URL of a PostgreSQL."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

Location = Path | str

_SCHEMES: Final = ("postgresql://", "postgres://")


def on_postgresql(where: Location) -> bool:
    """Whether it is the URL of a PostgreSQL, as libpq takes it."""
    return isinstance(where, str) and where.startswith(_SCHEMES)


def told(where: Location) -> str:
    """The location for people and logs: without user, password and parameters."""
    if not on_postgresql(where):
        return str(where)
    url = urlsplit(str(where))
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"
