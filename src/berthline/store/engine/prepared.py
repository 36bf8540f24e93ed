"""Hand-written SQL for what every request does, run on the driver's own connection.

SQLAlchemy's Core costs about seven times as much as such a statement itself (docs/decisions says how much). A prepared
statement runs in the transaction of the connection it is given, and those who count statements hear of it as of others.
Values and rows are as the driver has them: nothing is converted.
"""

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Row = tuple[Any, ...]


class Cursor(Protocol):
    """The rows that a statement gave."""

    @property
    def rowcount(self) -> int:
        """How many were changed."""

    def fetchall(self) -> list[Row]:
        """All that were not yet fetched."""

    def fetchone(self) -> Row | None:
        """The next; None when there is none."""

    def close(self) -> None:
        """Fetch no more."""

    def __iter__(self) -> Iterator[Row]:
        """Each that was not yet fetched."""


class Driver(Protocol):
    """A connection that runs statements with ``?`` for each value: sqlite3's own, or what does the same elsewhere."""

    def execute(self, text: str, values: Sequence[Any], /) -> Cursor:
        """Run the statement once."""

    def executemany(self, text: str, many: Iterable[Sequence[Any]], /) -> Cursor:
        """Run it for each of ``many``; the cursor knows how many rows were changed in all."""


class Posting(Driver, Protocol):
    """One to which a round trip is dear: it keeps back what nobody waits for."""

    def post(self, text: str, values: Sequence[Any], /) -> None:
        """Run it at the latest with the next statement."""

    def whole(self, text: str, values: Sequence[Any], /) -> Cursor:
        """Run it as all of its transaction, where nothing of that was run before. See ``Prepared.whole``."""


DRIVER: Final = "berthline.driver"
"""Where a connection notes its driver, when that is not the one of the database's own library."""
_drivers: WeakKeyDictionary[Connection, Driver] = WeakKeyDictionary()
_on_postgresql: dict[str, str] = {}


def driver(connection: Connection) -> Driver:
    """What runs statements on the connection."""
    found = _drivers.get(connection)
    if found is None:
        found = connection.info.get(DRIVER) or cast("Driver", connection.connection.driver_connection)
        _drivers[connection] = found
    return found


def forget(connection: Connection) -> None:
    """Have the next statement look for the driver anew."""
    _drivers.pop(connection, None)


def text_on_postgresql(text: str) -> str:
    """The text for PostgreSQL of a statement that has one of its own, or the text itself."""
    return _on_postgresql.get(text, text)


class Prepared:
    """One statement, with ``?`` or ``?1`` for each value. It is kept prepared, so its text must never be made up.

    ``postgresql`` is the text for PostgreSQL, where the same will not do; its values are the same in the same order.
    """

    __slots__ = ("text",)

    def __init__(self, text: str, *, postgresql: str | None = None) -> None:
        self.text = text
        if postgresql is not None:
            _on_postgresql[text] = postgresql

    def all(self, connection: Connection, *values: Any) -> list[Row]:
        """Every row."""
        return self._execute(connection, values).fetchall()

    def first(self, connection: Connection, *values: Any) -> Row | None:
        """The first row, or None when there is none."""
        cursor = self._execute(connection, values)
        row = cursor.fetchone()
        cursor.close()
        return row

    def whole(self, connection: Connection, *values: Any) -> Row | None:
        """``first`` for a statement that is all of its transaction, and has changed nothing when it gives no row.

        Where a round trip is dear it is committed as well, if nothing ran before it: after a row nothing may follow.
        """
        opened = driver(connection)
        if isinstance(opened, sqlite3.Connection):
            return self.first(connection, *values)
        self._tell(connection, values)
        return cast("Posting", opened).whole(self.text, values).fetchone()

    def each(self, connection: Connection, *values: Any) -> Generator[Row]:
        """Row by row, read only as far as the iterator is; close it when it is not used up."""
        cursor = self._execute(connection, values)
        try:
            yield from cursor
        finally:
            cursor.close()

    def run(self, connection: Connection, *values: Any) -> int:
        """Change rows; how many."""
        return self._execute(connection, values).rowcount

    def post(self, connection: Connection, *values: Any) -> None:
        """Change rows, with the next statement or the commit at the latest, which then raise what is wrong with it."""
        opened = driver(connection)
        if isinstance(opened, sqlite3.Connection):
            self._execute(connection, values)
        else:
            self._tell(connection, values)
            cast("Posting", opened).post(self.text, values)

    def post_many(self, connection: Connection, many: Sequence[Sequence[Any]]) -> None:
        """``post`` for each of ``many``."""
        opened = driver(connection)
        if isinstance(opened, sqlite3.Connection):
            self.run_many(connection, many)
            return
        self._tell(connection, many)
        for values in many:
            cast("Posting", opened).post(self.text, values)

    def run_many(self, connection: Connection, many: Sequence[Sequence[Any]]) -> int:
        """Change rows, once for each of ``many``; how many in all."""
        self._tell(connection, many)
        try:
            return driver(connection).executemany(self.text, many).rowcount
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _execute(self, connection: Connection, values: Row) -> Cursor:
        self._tell(connection, values)
        try:
            return driver(connection).execute(self.text, values)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _tell(self, connection: Connection, values: Any) -> None:
        """Let those hear who count SQLAlchemy's statements."""
        for hear in connection.dispatch.before_cursor_execute:
            hear(connection, None, self.text, values, None, False)

    def _failed(self, error: sqlite3.Error) -> BaseException:
        """The error as SQLAlchemy raises it, without the values."""
        return DBAPIError.instance(self.text, None, error, sqlite3.Error, hide_parameters=True)
