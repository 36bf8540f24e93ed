"""The store on SQLite: the writer, and readers with a connection each."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine

from berthline.store.engine.backend import Events
from berthline.store.engine.sqlite import codes, connections
from berthline.store.engine.sqlite.neighbours import Neighbours
from berthline.store.engine.sqlite.writer import Work, Writer
from berthline.store.engine.versions import version_of

T = TypeVar("T")
READERS: Final = 2
IMPATIENCE_MS: Final = 250
"""How long a write waits for another process that was found to hold the database for long."""


class SqliteBackend:
    """``backend.Backend`` on a file."""

    judge = staticmethod(codes.judge)

    def __init__(
        self,
        path: Path,
        events: Events,
        *,
        durable: bool,
        patience_ms: int | None,
        readers: int,
        neighbours: bool = False,
    ) -> None:
        """Open the file. ``patience_ms``: how long a write waits for another process that writes; ``neighbours``: who
        waits for commits is woken by those of other processes, too.
        """
        self._events = events
        self._patience_ms = connections.BUSY_TIMEOUT_MS if patience_ms is None else patience_ms
        self._engine = connections.engine(path, durable=durable)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-reader")
        self._reader = threading.local()
        self._reader_connections: list[Connection] = []
        self._neighbours = Neighbours(path, events.missed) if neighbours else None
        self._writer = Writer(self._engine, events.committed, events.wake, self._wait_ms)

    @property
    def engine(self) -> Engine:
        return self._engine

    @property
    def commits(self) -> int:
        return self._writer.commits

    @property
    def retries(self) -> int:
        return 0

    @property
    def waiting(self) -> int:
        return self._writer.waiting

    async def write(self, work: Callable[[Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.put(Work(work, future, loop))
        return await future

    async def write_short(self, work: Callable[[Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.put_short(Work(work, future, loop), loop)
        return await future

    def write_now(self, work: Callable[[Connection], T]) -> T:
        future: Future[T] = Future()
        self._writer.put(Work(work, future, None))
        return future.result()

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    async def read_short(self, work: Callable[[Connection], T]) -> T:
        return self.read_now(work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        connection = self._reading_connection()
        with connections.snapshot(connection):
            return work(connection)

    async def version(self, topic: str) -> int:
        return version_of(self._reading_connection(), topic)  # one statement is a snapshot by itself

    def listen(self) -> None:
        if self._neighbours is not None:
            self._neighbours.listen()

    def touch(self, connection: Connection) -> None:
        """Write a page of the file as it is."""
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version={version:d}")

    def close(self) -> None:
        if self._neighbours is not None:
            self._neighbours.close()
        self._writer.close()
        self._readers.shutdown(wait=True)
        for connection in self._reader_connections:
            connection.detach()
            connection.close()
        self._engine.dispose()

    def _reading_connection(self) -> Connection:
        """The one of the calling thread."""
        connection: Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = connections.read_only(self._engine)
            self._reader.connection = connection
            self._reader_connections.append(connection)
        return connection

    def _wait_ms(self) -> int:
        return min(self._patience_ms, IMPATIENCE_MS) if self._events.impatient() else self._patience_ms
