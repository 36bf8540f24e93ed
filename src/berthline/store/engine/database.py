"""The store: one writer with group commit, readers beside it, and wake-ups after each commit."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from berthline.domain.errors import StoreClosed, Unavailable
from berthline.store.engine import sqlite
from berthline.store.engine.trouble import Trouble
from berthline.store.engine.writer import TOPICS, Work, Writer

T = TypeVar("T")
QUEUE_LIMIT: Final = 4096
READERS: Final = 2
IMPATIENCE_MS: Final = 250
"""How long a write waits for another process that was found to hold the database for long."""

log = structlog.get_logger(__name__)


def notify(connection: Connection, topic: str) -> None:
    """Wake the subscribers of ``topic`` once the current transaction has committed; nothing happens if it does not."""
    connection.info.setdefault(TOPICS, set()).add(topic)


def _touch(connection: Connection) -> None:
    """Write a page of the file as it is."""
    connection.exec_driver_sql(
        f"PRAGMA user_version={connection.exec_driver_sql('PRAGMA user_version').scalar_one():d}"
    )


class Store:
    """Access to the database. ``write`` and ``read`` take a function of a connection and give back what it returns.

    A write function must only touch the database: it may not wait for anything else. It runs at most once.
    """

    def __init__(
        self,
        path: Path,
        *,
        durable: bool = True,
        waiting: int = QUEUE_LIMIT,
        patience_ms: int = sqlite.BUSY_TIMEOUT_MS,
        readers: int = READERS,
    ) -> None:
        """Open the database file ``path``; its schema must be current (see ``migrate``).

        ``durable`` False trades safety against power loss for speed, for tests. ``waiting``: how many writes, and how
        many reads, may wait before more of them are refused. ``patience_ms``: how long a write waits for another
        process that writes; much less once one has waited in vain, so that requests do not pile up. ``readers``: how
        many threads read, each on a connection of its own that learns the schema at its first statement.
        """
        self._trouble = Trouble()
        self._patience_ms = patience_ms
        self._engine: Engine = sqlite.engine(path, durable=durable)
        self._most_waiting = waiting
        self._reading = 0
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="store-reader")
        self._reader = threading.local()
        self._reader_connections: list[Connection] = []
        self._subscribers: dict[str, list[Callable[[], None]]] = {}
        self._versions: dict[str, int] = {}
        self._closed = False
        with self._trouble.writing:
            self._writer = Writer(self._engine, self._count, self._wake, self._wait_ms)

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for statement counters and tests."""
        return self._engine

    @property
    def commits(self) -> int:
        """How many transactions have been committed."""
        return self._writer.commits

    @property
    def closed(self) -> bool:
        """True once ``close`` was called: nothing can be read or written any more."""
        return self._closed

    @property
    def trouble(self) -> str | None:
        """Why the database could not be used last; None when the newest commit succeeded."""
        return self._trouble.why

    async def probe(self) -> None:
        """While there is trouble, write something without meaning: nobody else might, and then it would never be over.

        Raises StoreUnavailable while it is not.
        """
        if self._trouble.why is not None:
            await self.write(_touch)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction and return its result after the commit is durable.

        Raises whatever ``work`` raises (its changes are gone then), Unavailable when too much work waits,
        StoreUnavailable when the disk is full, another process holds the database, or it is damaged; StoreClosed.
        """
        self._may_write()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.put(Work(work, future, loop))
        with self._trouble.writing:
            return await future

    async def write_short(self, work: Callable[[Connection], T]) -> T:
        """``write`` for some ten statements by key, which run in the event loop. A scan here would hold it.

        ``work`` may be run again after all that it did was undone, because other work that shares its commit failed.
        Raises as ``write``.
        """
        self._may_write()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._writer.put_short(Work(work, future, loop), loop)
        with self._trouble.writing:
            return await future

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """``write`` for callers without an event loop (start-up, command line, tests); blocks."""
        self._may_write()
        future: Future[T] = Future()
        self._writer.put(Work(work, future, None))
        with self._trouble.writing:
            return future.result()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on a read-only snapshot, beside the writer.

        Raises whatever ``work`` raises, Unavailable when too many wait to read, StoreUnavailable, StoreClosed.
        """
        if self._closed:
            raise StoreClosed("the store is closed")
        if self._reading >= self._most_waiting:
            raise Unavailable("too many wait to read the database; try again in a second")
        self._reading += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)
        finally:
            self._reading -= 1

    async def read_short(self, work: Callable[[Connection], T]) -> T:
        """``read`` for a look-up of some rows by key: in the event loop where the database is a file, which answers it
        in less time than a thread takes to begin, and else in a thread. A scan here would hold the loop.

        Raises as ``read``.
        """
        return self.read_now(work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """``read`` in the calling thread, for callers without an event loop (start-up, command line, tests); blocks."""
        with self._trouble.reading:
            connection: Connection | None = getattr(self._reader, "connection", None)
            if connection is None:
                connection = sqlite.read_only(self._engine)
                self._reader.connection = connection
                self._reader_connections.append(connection)
            with sqlite.snapshot(connection):
                return work(connection)

    def version(self, topic: str) -> int:
        """How many commits have notified ``topic``. It is raised before those who wrote hear that they did."""
        return self._versions.get(topic, 0)

    def subscribe(self, topic: str, callback: Callable[[], None]) -> None:
        """Call ``callback``, which must not block, after each commit that notified ``topic``, in whatever thread."""
        self._subscribers.setdefault(topic, []).append(callback)

    def close(self) -> None:
        """Finish the work that waits, then close. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        self._readers.shutdown(wait=True)
        for connection in self._reader_connections:
            connection.detach()
            connection.close()
        self._engine.dispose()

    def _may_write(self) -> None:
        if self._closed:
            raise StoreClosed("the store is closed")
        if self._writer.waiting >= self._most_waiting:
            raise Unavailable("too many changes wait for the database; try again in a second")

    def _wait_ms(self) -> int:
        return self._patience_ms if self._trouble.why is None else min(self._patience_ms, IMPATIENCE_MS)

    def _count(self, topics: Iterable[str]) -> None:
        self._trouble.over()
        for topic in topics:
            self._versions[topic] = self._versions.get(topic, 0) + 1

    def _wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for callback in self._subscribers.get(topic, ()):
                try:
                    callback()
                except Exception:
                    # A hint that fails is a hint that is lost; the writer must go on for everybody else.
                    log.exception("a store subscriber failed", topic=topic)
