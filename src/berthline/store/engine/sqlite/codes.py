"""What SQLite's codes say of a database."""

import sqlite3
from typing import Final

_PASSING: Final = {
    sqlite3.SQLITE_BUSY: "another process holds it",
    sqlite3.SQLITE_LOCKED: "another process holds it",
    sqlite3.SQLITE_PROTOCOL: "another process holds it",
    sqlite3.SQLITE_FULL: "its disk is full",
    sqlite3.SQLITE_IOERR: "its disk fails",
    sqlite3.SQLITE_READONLY: "it may not be written",
    sqlite3.SQLITE_CANTOPEN: "its files cannot be opened",
    sqlite3.SQLITE_NOMEM: "there is no memory for it",
}
LASTING: Final = {
    sqlite3.SQLITE_CORRUPT: "it is damaged: put back a copy of it",
    sqlite3.SQLITE_NOTADB: "it is damaged: put back a copy of it",
}
_PRIMARY: Final = 0xFF
"""The part of an extended code that says what it is; the rest says where."""


def judge(error: BaseException, *, reading: bool) -> tuple[str, bool] | None:
    """``backend.Judge`` for SQLite."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if reading and code == sqlite3.SQLITE_READONLY:
        return None  # a reader that writes is a fault of ours, and hears the same as on a disk that cannot be written
    why = LASTING.get(code) or _PASSING.get(code)
    return None if why is None else (why, code in LASTING)
