"""What keeps the database from being used: told apart by SQLite's codes, and remembered until a commit succeeds."""

import sqlite3
from collections.abc import Collection
from types import TracebackType
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError

from berthline.domain.errors import StoreUnavailable

log = structlog.get_logger("berthline.store")

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
_LASTING: Final = {
    sqlite3.SQLITE_CORRUPT: "it is damaged: put back a copy of it",
    sqlite3.SQLITE_NOTADB: "it is damaged: put back a copy of it",
}
_PRIMARY: Final = 0xFF
"""The part of an extended code that says what it is; the rest says where."""


class Trouble:
    """What is known of the database's state. Work with it is done in ``with trouble.writing:`` or ``trouble.reading``:
    what the database is at fault for is raised as StoreUnavailable then, everything else as it is.
    """

    def __init__(self) -> None:
        self.why: str | None = None
        self._lasting = False
        self.writing = _Watch(self, frozenset())
        # A reader that writes is a fault of ours, and hears the same of SQLite as on a disk that cannot be written.
        self.reading = _Watch(self, frozenset({sqlite3.SQLITE_READONLY}))

    def over(self) -> None:
        """To be called after each commit: what kept from it is no more. Damage stays."""
        if self.why is not None and not self._lasting:
            log.warning("the database can be written again", was=self.why)
            self.why = None

    def told(self, error: DBAPIError | sqlite3.Error, but: Collection[int]) -> StoreUnavailable | None:
        """Remember what the error says of the database, and say it to a caller; None when it says nothing of it."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY
        why = None if code in but else _LASTING.get(code) or _PASSING.get(code)
        if why is None:
            return None
        if why != self.why and not self._lasting:
            log.error("the database cannot be used", why=why, error=str(cause))
            self.why, self._lasting = why, code in _LASTING
        return StoreUnavailable(f"The database cannot be used now: {why}. Try again soon.")


class _Watch:
    """A block of work; ``but``: codes that say nothing of the database in such a block. It holds nothing of its own, so
    that many blocks may share it.
    """

    __slots__ = ("_but", "_trouble")

    def __init__(self, trouble: Trouble, but: frozenset[int]) -> None:
        self._trouble = trouble
        self._but = but

    def __enter__(self) -> None:
        return

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, DBAPIError | sqlite3.Error) and (told := self._trouble.told(error, self._but)):
            raise told from error
