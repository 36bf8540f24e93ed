"""Hand-written SQL for what every request does, run on the driver's own connection.

SQLAlchemy's Core costs about seven times as much as such a statement itself (docs/decisions says how much). A prepared
statement runs in the transaction of the connection it is given, and those who count statements hear of it as of others.
Values and rows are as the driver has them: nothing is converted.
"""

import sqlite3
from collections.abc import Generator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Row = tuple[Any, ...]


_drivers: WeakKeyDictionary[Connection, sqlite3.Connection] = WeakKeyDictionary()


def driver(connection: Connection) -> sqlite3.Connection:
    """The connection that the database's own library knows."""
    found = _drivers.get(connection)
    if found is None:
        opened = connection.connection.driver_connection
        assert isinstance(opened, sqlite3.Connection)
        found = _drivers[connection] = opened
    return found


class Prepared:
    """One statement, with ``?`` for each value. The driver keeps it prepared, so its text must never be made up."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def all(self, connection: Connection, *values: Any) -> list[Row]:
        """Every row."""
        return self._execute(connection, values).fetchall()

    def first(self, connection: Connection, *values: Any) -> Row | None:
        """The first row, or None when there is none."""
        cursor = self._execute(connection, values)
        row: Row | None = cursor.fetchone()
        cursor.close()
        return row

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

    def run_many(self, connection: Connection, many: Sequence[Sequence[Any]]) -> int:
        """Change rows, once for each of ``many``; how many in all."""
        self._tell(connection, many)
        try:
            return driver(connection).executemany(self.text, many).rowcount
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _execute(self, connection: Connection, values: Row) -> sqlite3.Cursor:
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
