"""Versions of topics, read with each request: without a thread, and for all who ask at a time by one statement.

A statement on a thread of the pool costs two wake-ups beside it, and a place among those who read and write. This one
goes out by a connection of its own when the event loop has run what was ready, and its answer wakes the loop as any
client's request does.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, Final

import psycopg

Versions = dict[str, int]
_NAME: Final = b"versions"
_TEXT: Final = b"SELECT topic, version FROM topics"


class Watched:
    """Belongs to one event loop at a time. It connects beside the loop, and again when the connection is lost."""

    def __init__(self, connect: Callable[[], "psycopg.Connection[Any]"]) -> None:
        self._connect = connect
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connecting: asyncio.Future[psycopg.Connection[Any]] | None = None
        self._connection: psycopg.Connection[Any] | None = None
        self._made: psycopg.Connection[Any] | None = None
        """One that the loop has not heard of yet, and may never: it may end before."""
        self._making = threading.Lock()
        self._ended = False
        self._socket = -1
        self._waiting: list[asyncio.Future[Versions | None]] = []
        self._asked: list[asyncio.Future[Versions | None]] = []

    async def versions(self) -> Versions | None:
        """All of them, as they are at some moment after this was asked. None while there is no connection."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._connection is None:
            self._begin(loop)
            return None
        waiter: asyncio.Future[Versions | None] = loop.create_future()
        self._waiting.append(waiter)
        if len(self._waiting) == 1 and not self._asked:
            loop.call_soon(self._ask)
        return await waiter

    def end(self) -> None:
        """``close``, and connect no more."""
        with self._making:
            self._ended = True
            made, self._made = self._made, None
        if made is not None:
            made.close()
        self.close()

    def close(self) -> None:
        """Let go of the connection; who waits for an answer gets None. Idempotent."""
        connection, self._connection = self._connection, None
        if connection is not None and self._loop is not None:
            if not self._loop.is_closed():
                self._loop.remove_reader(self._socket)
            connection.close()
        self._answer([*self._asked, *self._waiting], None)
        self._asked, self._waiting = [], []

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Connect beside the loop, unless that is under way."""
        if self._loop is not loop:
            self.close()
            self._loop, self._connecting = loop, None
        if self._connecting is None:
            self._connecting = loop.run_in_executor(None, self._opened)
            self._connecting.add_done_callback(self._connected)

    def _opened(self) -> "psycopg.Connection[Any]":
        connection = self._connect()
        result = connection.pgconn.prepare(_NAME, _TEXT)
        if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
            connection.close()
            raise psycopg.OperationalError(result.get_error_message())
        with self._making:
            if self._ended:
                connection.close()
                raise psycopg.OperationalError("the store was closed meanwhile")
            before, self._made = self._made, connection
        if before is not None:  # made for a loop that ended before it heard of it
            before.close()
        return connection

    def _connected(self, done: "asyncio.Future[psycopg.Connection[Any]]") -> None:
        if done.cancelled() or done.exception() is not None:
            if done is self._connecting:
                self._connecting = None
            return
        connection = done.result()
        with self._making:
            ours, self._made = self._made is connection, None if self._made is connection else self._made
        if not ours or done is not self._connecting or self._loop is None:
            connection.close()
            return
        self._connecting, self._connection = None, connection
        connection.pgconn.nonblocking = 1
        self._socket = connection.pgconn.socket  # which one that is lost does not tell any more
        self._loop.add_reader(self._socket, self._readable)

    def _ask(self) -> None:
        if self._connection is None or not self._waiting or self._asked:
            return
        self._asked, self._waiting = self._waiting, []
        try:
            self._connection.pgconn.send_query_prepared(_NAME, [])
            unsent = self._connection.pgconn.flush()
        except psycopg.Error:
            unsent = 1
        if unsent:  # so short a statement always fits, or the connection is of no use
            self.close()

    def _readable(self) -> None:
        if self._connection is None:
            return
        found: Versions | None = None
        try:
            pgconn = self._connection.pgconn
            pgconn.consume_input()
            if pgconn.is_busy():
                return
            while (result := pgconn.get_result()) is not None:
                if result.status != psycopg.pq.ExecStatus.TUPLES_OK:
                    raise psycopg.OperationalError(result.get_error_message())
                rows = range(result.ntuples)
                found = {_text(result.get_value(row, 0)): int(_text(result.get_value(row, 1))) for row in rows}
        except psycopg.Error:
            self.close()
            return
        if found is not None:
            asked, self._asked = self._asked, []
            self._answer(asked, found)
            self._ask()

    def _answer(self, waiters: list["asyncio.Future[Versions | None]"], found: Versions | None) -> None:
        for waiter in waiters:
            if not waiter.done():
                with contextlib.suppress(RuntimeError):  # its event loop has ended
                    waiter.set_result(found)


def _text(value: bytes | None) -> str:
    return (value or b"").decode()
