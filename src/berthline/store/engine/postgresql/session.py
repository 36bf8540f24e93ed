"""One connection to PostgreSQL: hand-written statements, prepared at the server, and the transaction they are in.

It goes past psycopg's cursors, to libpq as psycopg has it: a cursor costs as much as the statement itself.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, Self

import psycopg
from psycopg import errors, pq
from psycopg.adapt import Loader, Transformer
from sqlalchemy.exc import DBAPIError

from berthline.store.engine.postgresql import codes
from berthline.store.engine.postgresql.switching import READY_R, SwitchingConnection, ready_here
from berthline.store.engine.prepared import Row, text_on_postgresql

_PLACES: Final = re.compile(r"'[^']*'|\?(\d*)")
_GIVE_ROWS: Final = pq.ExecStatus.TUPLES_OK
_GIVE_NONE: Final = pq.ExecStatus.COMMAND_OK
_IDLE: Final = pq.TransactionStatus.IDLE
_OK: Final = pq.ConnStatus.OK
BEGIN: Final = b"BEGIN"
SNAPSHOT: Final = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""Reads are all of one moment, as on SQLite: values are put together of several statements."""
COMMIT: Final = b"COMMIT"
ROLLBACK: Final = b"ROLLBACK"
_BYTES: Final = 1
"""The format of a value that is sent as it is; 0 is that of one sent as text."""


class _Call(NamedTuple):
    """A prepared statement and its values, as libpq takes them."""

    name: bytes
    values: Any
    formats: Any


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


def quiet(error: psycopg.Error) -> psycopg.Error:
    """The error without its details: they tell values, which may be secrets, and an error's text goes into the log."""
    if error.diag.message_primary:
        error.args = (error.diag.message_primary,)
    return error


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
    """``prepared.Driver`` on a connection of psycopg, which must be in autocommit: transactions are begun here.

    What gives nothing that anybody waits for, the beginning of a transaction and what is ``post``ed, is sent together
    with the next statement: a round trip costs as much as a statement.
    """

    def __init__(self, connection: SwitchingConnection) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._transformer = Transformer(connection)
        self._names: dict[str, bytes] = {}
        self._numbers = itertools.count()
        self._owed: list[_Call] = []
        self._unread = False
        self._silent = False
        self._over = False
        for name in (BEGIN, SNAPSHOT, COMMIT, ROLLBACK):
            self._checked(self._pgconn.prepare(name, name))

    @property
    def connection(self) -> SwitchingConnection:
        """The connection that it is on."""
        return self._connection

    @property
    def lost(self) -> bool:
        """The connection is of no more use."""
        return self._silent or self._pgconn.status != _OK

    @property
    def in_transaction(self) -> bool:
        """Whether one has begun, or is to begin with the next statement."""
        return bool(self._owed) or bool(self._pgconn.transaction_status != _IDLE and not self._unread)

    def begin(self, how: bytes = BEGIN) -> None:
        """Begin a transaction, ``BEGIN`` or ``SNAPSHOT``, with the next statement."""
        self._read_rest()
        self._over = False
        self._owed.append(_Call(how, (), ()))

    def commit(self) -> bool:
        """Commit what was sent and what is owed. False when the server has rolled it back instead."""
        if self._over:  # by its only statement
            return True
        if self._owed and self._owed[0].name in {BEGIN, SNAPSHOT} and len(self._owed) == 1:
            self._owed.clear()  # nothing was done
            return True
        return bool(self._run(_Call(COMMIT, (), ())).command_status == COMMIT)

    def rollback(self, *, at_once: bool = True) -> None:
        """Undo what was not committed. Not ``at_once``: what the server says is read before the next statement."""
        begun = not (self._owed and self._owed[0].name in {BEGIN, SNAPSHOT})
        self._owed.clear()
        if not begun or self._unread or self.lost or self._pgconn.transaction_status == _IDLE:
            return
        if at_once:
            self._run(_Call(ROLLBACK, (), ()))
        else:
            self._pgconn.send_query_prepared(ROLLBACK, None)
            self._flush()
            self._unread = True

    def execute(self, text: str, values: Sequence[Any], /) -> Rows:
        """Run a prepared statement. Raises what SQLAlchemy would, without the values."""
        try:
            return self._rows(self._run(self._call(text, values)))
        except psycopg.Error as error:
            raise _told(text, error) from error

    def executemany(self, text: str, many: Iterable[Sequence[Any]], /) -> Rows:
        """Run it for each of ``many``, all of them sent together."""
        try:
            calls = [self._call(text, values) for values in many]
            return Rows([], sum(result.command_tuples or 0 for result in self._run_all(calls)))
        except psycopg.Error as error:
            raise _told(text, error) from error

    def whole(self, text: str, values: Sequence[Any], /) -> Rows:
        """``execute`` for a statement that changes nothing when it gives no row.

        As the first of a transaction it is all of it, in one round trip: with its row it is committed, and nothing may
        follow. Raises OutcomeUnknown when the connection was lost in it, and nobody knows whether it was committed.
        """
        if [call.name for call in self._owed] != [BEGIN]:
            return self.execute(text, values)
        try:
            call = self._call(text, values)
            self._hear()
            self._owed.clear()
            rows = self._rows(self._committed(call))
        except psycopg.Error as error:
            raise _told(text, error) from error
        if rows.rowcount:
            self._over = True
        else:
            self._owed.append(_Call(BEGIN, (), ()))
        return rows

    def post(self, text: str, values: Sequence[Any], /) -> None:
        """Run it with the next statement, or in the commit, and have that raise what is wrong with it."""
        try:
            self._owed.append(self._call(text, values))
        except psycopg.Error as error:
            raise _told(text, error) from error

    def settle(self) -> None:
        """Send what is owed: somebody else is about to use the connection."""
        assert not self._over, "the transaction is committed"
        self._read_rest()
        if self._owed:
            self._run_all([])

    def command(self, text: bytes) -> None:
        """Run statements without values. Raises psycopg.Error."""
        self.settle()
        self._checked(self._pgconn.exec_(text))

    def prepare(self, text: str) -> bytes:
        """Have the server understand the statement; its name there. Raises psycopg.Error."""
        self._read_rest()
        name = b"b%d" % next(self._numbers)
        command = translated(text).encode()
        if self._connection.line is None:
            result = self._pgconn.prepare(name, command)
        else:  # the loop goes on meanwhile, also when the server never answers
            self._pgconn.send_prepare(name, command)
            result = self._answer()
        self._checked(result)
        self._names[text] = name
        return name

    def _call(self, text: str, values: Sequence[Any]) -> _Call:
        assert not self._over, "the transaction is committed"
        name = self._names.get(text) or self.prepare(text)
        return _Call(
            name, [_written(value) for value in values], [_BYTES if isinstance(value, bytes) else 0 for value in values]
        )

    def _run(self, call: _Call) -> Any:
        """The result of one statement, after what is owed."""
        if self._owed:
            return self._run_all([call])[-1]
        self._read_rest()
        if self._connection.line is None:
            result = self._pgconn.exec_prepared(*call)
        else:
            self._pgconn.send_query_prepared(*call)
            result = self._answer()
        self._checked(result)
        return result

    def _hear(self) -> None:
        """What the server has said since the last statement: that it ends the connection. Raises psycopg.Error."""
        try:
            self._pgconn.consume_input()
        except psycopg.Error:
            self._silent = True
            raise

    def _committed(self, call: _Call) -> Any:
        """The result of a statement that is a transaction of its own. Raises OutcomeUnknown, psycopg.Error."""
        try:
            self._pgconn.send_query_prepared(*call)
            self._flush()
            result, *more = iter(self._next, None)
        except psycopg.Error as error:
            raise codes.outcome_unknown() from error
        self._certain(result)
        for after in more:  # the commit failed
            self._certain(after, commits=True)
        return result

    def _certain(self, result: Any, *, commits: bool = False) -> None:
        """``_checked``. Raises OutcomeUnknown where the connection was lost and the server did not say before what."""
        try:
            self._checked(result)
        except psycopg.Error as error:
            if error.sqlstate is None or (commits and codes.stale(error)):
                raise codes.outcome_unknown() from error
            raise

    def _run_all(self, calls: Sequence[_Call]) -> list[Any]:
        """The results of some statements that are sent together, after what is owed."""
        self._read_rest()
        every, self._owed = [*self._owed, *calls], []
        pgconn = self._pgconn
        pgconn.enter_pipeline_mode()
        for call in every:
            pgconn.send_query_prepared(*call)
        pgconn.pipeline_sync()
        self._flush()
        results = []
        for _ in every:
            results.append(self._next())
            self._next()
        self._next()  # that of the synchronisation
        pgconn.exit_pipeline_mode()
        for result in results:
            self._checked(result)
        return results[len(every) - len(calls) :]

    def _answer(self) -> Any:
        """Send what is to be sent; what the server says of it."""
        self._flush()
        result = self._next()
        while self._next() is not None:
            pass
        return result

    def _read_rest(self) -> None:
        """What the server says of a rollback that nobody waited for."""
        if self._unread:
            while self._next() is not None:
                pass
            self._unread = False

    def _flush(self) -> None:
        while self._pgconn.flush():
            self._wait(writable=True)

    def _next(self) -> Any:
        while self._pgconn.is_busy():
            self._wait()
        return self._pgconn.get_result()

    def _wait(self, *, writable: bool = False) -> None:
        line = self._connection.line
        try:
            if line is None or writable:
                heard = ready_here(self._pgconn.socket, writable=writable)
            else:
                line.wait()
                heard = READY_R
            if heard & READY_R:
                self._pgconn.consume_input()
        except psycopg.Error:
            self._silent = True
            raise

    def _rows(self, result: Any) -> Rows:
        if result.status != _GIVE_ROWS:
            return Rows([], result.command_tuples or 0)
        self._transformer.set_pgresult(result)
        return Rows(self._transformer.load_rows(0, result.ntuples, tuple), result.command_tuples or 0)

    def _checked(self, result: Any) -> None:
        if result is not None and result.status in {_GIVE_NONE, _GIVE_ROWS}:
            return
        if result is None or self.lost:
            self._silent = True
            raise errors.OperationalError("the connection to the server is lost")
        raise quiet(errors.error_from_result(result))


class QuietCursor(psycopg.Cursor[Any]):
    """The cursor of SQLAlchemy's statements."""

    def execute(self, *arguments: Any, **more: Any) -> Self:
        try:
            self._settle()
            return super().execute(*arguments, **more)
        except psycopg.Error as error:
            raise quiet(error) from None

    def executemany(self, *arguments: Any, **more: Any) -> None:
        try:
            self._settle()
            super().executemany(*arguments, **more)
        except psycopg.Error as error:
            raise quiet(error) from None

    def _settle(self) -> None:
        session: Session | None = getattr(self.connection, "session", None)
        if session is not None:
            session.settle()


def _told(text: str, error: psycopg.Error) -> BaseException:
    """The error as SQLAlchemy raises it, without the values."""
    return DBAPIError.instance(text, None, error, psycopg.Error, hide_parameters=True)


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
