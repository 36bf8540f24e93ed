"""One connection to PostgreSQL: hand-written statements, prepared at the server, and the transaction they are in.

It goes past psycopg's cursors, to libpq as psycopg has it: a cursor costs as much as the statement itself.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import psycopg
from psycopg import errors, pq
from psycopg.adapt import Loader, Transformer
from sqlalchemy.exc import DBAPIError

from berthline.store.engine.prepared import Row, text_on_postgresql

_PLACES: Final = re.compile(r"'[^']*'|\?(\d*)")
_GIVE_ROWS: Final = pq.ExecStatus.TUPLES_OK
_GIVE_NONE: Final = pq.ExecStatus.COMMAND_OK
_IDLE: Final = pq.TransactionStatus.IDLE
_BYTES: Final = 1
"""The format of a value that is sent as it is; 0 is that of one sent as text."""


class WholeNumber(Loader):
    """Sums of whole numbers, which PostgreSQL has as numeric, are whole numbers."""

    def load(self, data: Any) -> int | float:
        text = bytes(data)
        return float(text) if b"." in text or b"N" in text else int(text)


def translated(text: str) -> str:
    """The statement with PostgreSQL's ``$1`` for each ``?`` or ``?1``, but for those in quotes."""
    count = 0

    def place(found: re.Match[str]) -> str:
        nonlocal count
        if found[0].startswith("'"):
            return found[0]
        count += 1
        return f"${found[1] or count}"

    return _PLACES.sub(place, text_on_postgresql(text))


class Rows:
    """``prepared.Cursor``: what a statement gave, all of it."""

    __slots__ = ("_at", "_rows", "rowcount")

    def __init__(self, rows: list[Row], rowcount: int) -> None:
        self._rows = rows
        self._at = 0
        self.rowcount = rowcount

    def fetchall(self) -> list[Row]:
        rows = self._rows[self._at :] if self._at else self._rows
        self._at = len(self._rows)
        return rows

    def fetchone(self) -> Row | None:
        if self._at >= len(self._rows):
            return None
        self._at += 1
        return self._rows[self._at - 1]

    def close(self) -> None:
        self._at = len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        while (row := self.fetchone()) is not None:
            yield row


class Session:
    """``prepared.Driver`` on a connection of psycopg, which must be in autocommit: transactions are begun here."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._pgconn = connection.pgconn
        self._transformer = Transformer(connection)
        self._names: dict[str, bytes] = {}

    @property
    def lost(self) -> bool:
        """The connection is no more."""
        return self._pgconn.status != pq.ConnStatus.OK

    @property
    def in_transaction(self) -> bool:
        return bool(self._pgconn.transaction_status != _IDLE)

    def execute(self, text: str, values: Sequence[Any], /) -> Rows:
        """Run a prepared statement. Raises what SQLAlchemy would, without the values."""
        try:
            name = self._names.get(text) or self._prepare(text)
            written: Any = [_written(value) for value in values]
            formats = [_BYTES if isinstance(value, bytes) else 0 for value in values]
            return self._rows(self._pgconn.exec_prepared(name, written, formats))
        except psycopg.Error as error:
            raise DBAPIError.instance(text, None, error, psycopg.Error, hide_parameters=True) from error

    def executemany(self, text: str, many: Iterable[Sequence[Any]], /) -> Rows:
        return Rows([], sum(self.execute(text, values).rowcount for values in many))

    def command(self, text: bytes) -> bytes:
        """Run a statement without values; what it says it was. Raises psycopg.Error."""
        result = self._pgconn.exec_(text)
        self._checked(result)
        return result.command_status or b""

    def _prepare(self, text: str) -> bytes:
        name = b"b%d" % len(self._names)
        self._checked(self._pgconn.prepare(name, translated(text).encode()))
        self._names[text] = name
        return name

    def _rows(self, result: pq.abc.PGresult) -> Rows:
        if result.status == _GIVE_ROWS:
            self._transformer.set_pgresult(result)
            return Rows(self._transformer.load_rows(0, result.ntuples, tuple), result.command_tuples or 0)
        self._checked(result)
        return Rows([], result.command_tuples or 0)

    def _checked(self, result: pq.abc.PGresult) -> None:
        if result.status in {_GIVE_NONE, _GIVE_ROWS}:
            return
        if self.lost:
            raise errors.OperationalError(f"the connection is lost: {result.get_error_message().strip()}")
        raise errors.error_from_result(result)


def _written(value: Any) -> bytes | None:
    """A value as PostgreSQL reads it; of which type it is, the statement says."""
    if value is None:
        return None
    if isinstance(value, str):
        if "\0" in value:
            raise errors.DataError("PostgreSQL's texts cannot hold the character NUL")
        return value.encode()
    if value is True or value is False:
        return b"t" if value else b"f"
    if isinstance(value, bytes):
        return value
    return str(value).encode()
