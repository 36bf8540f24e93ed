"""The store: one writer with group commit, readers beside it, and wake-ups after each commit.

SQLite allows one writer, so Berthline has one writer thread. It takes what waits in the queue, up to a batch, runs each
piece of work in a savepoint of its own, and commits them together: one fsync for all of them, and each caller hears of
its own result only after that commit. A failing piece of work takes only its own savepoint with it.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from berthline.domain.errors import StoreClosed, Unavailable
from berthline.store import sqlite

T = TypeVar("T")
BATCH: Final = 64
QUEUE_LIMIT: Final = 4096
READERS: Final = 2
_TOPICS: Final = "berthline.topics"

log = structlog.get_logger(__name__)


def notify(connection: Connection, topic: str) -> None:
    """Wake the subscribers of ``topic`` once the current transaction has committed; nothing happens if it does not."""
    connection.info.setdefault(_TOPICS, set()).add(topic)


class _Work:
    """One piece of work on its way through the writer."""

    __slots__ = ("future", "run")

    def __init__(self, run: Callable[[Connection], Any]) -> None:
        self.run = run
        self.future: Future[Any] = Future()


class Store:
    """Access to the database. ``write`` and ``read`` take a function of a connection and give back what it returns.

    A write function must only touch the database: it may not wait for anything else. It runs at most once.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """Open the database file ``path``; its schema must be current (see ``migrate``).

        ``durable`` False trades safety against power loss for speed, for tests.
        """
        self._engine: Engine = sqlite.engine(path, durable=durable)
        self._queue: queue.Queue[_Work | None] = queue.Queue(QUEUE_LIMIT)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._reader = threading.local()
        self._reader_connections: list[Connection] = []
        self._subscribers: dict[str, list[Callable[[], None]]] = {}
        self._closed = False
        self.commits = 0
        self._thread = threading.Thread(target=self._write_loop, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for statement counters and tests."""
        return self._engine

    @property
    def closed(self) -> bool:
        """True once ``close`` was called: nothing can be read or written any more."""
        return self._closed

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction and return its result after the commit is durable.

        Raises whatever ``work`` raises (its changes are gone then), Unavailable when too much work waits, StoreClosed.
        """
        return await asyncio.wrap_future(self._submit(work))

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """``write`` for callers without an event loop (start-up, command line, tests); blocks."""
        result: T = self._submit(work).result()
        return result

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on a read-only snapshot, beside the writer."""
        if self._closed:
            raise StoreClosed("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """``read`` in the calling thread. For short look-ups by key; a scan here would hold the event loop."""
        connection: Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = sqlite.read_only(self._engine)
            self._reader.connection = connection
            self._reader_connections.append(connection)
        with connection.begin():
            return work(connection)

    def subscribe(self, topic: str, callback: Callable[[], None]) -> None:
        """Call ``callback`` (from the writer thread: it must not block) after each commit that notified ``topic``."""
        self._subscribers.setdefault(topic, []).append(callback)

    def close(self) -> None:
        """Finish the work that waits, then close. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._readers.shutdown(wait=True)
        for connection in self._reader_connections:
            connection.detach()
            connection.close()
        self._engine.dispose()

    def _submit(self, work: Callable[[Connection], T]) -> Future[T]:
        if self._closed:
            raise StoreClosed("the store is closed")
        item = _Work(work)
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            raise Unavailable("too many changes wait for the database; try again in a second") from None
        return item.future

    def _write_loop(self) -> None:
        with self._engine.connect() as connection:
            open_for_work = True
            while open_for_work and (first := self._queue.get()) is not None:
                batch = [first]
                open_for_work = self._take_waiting(batch)
                self._commit_together(connection, batch)
        self._refuse_the_rest()

    def _refuse_the_rest(self) -> None:
        """Answer what was handed in while the store closed; nobody waits for ever."""
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if item is not None and item.future.set_running_or_notify_cancel():
                    item.future.set_exception(StoreClosed("the store is closed"))

    def _take_waiting(self, batch: list[_Work]) -> bool:
        """Fill ``batch`` from the queue without waiting; False when the store is being closed."""
        while len(batch) < BATCH:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return True
            if item is None:
                return False
            batch.append(item)
        return True

    def _commit_together(self, connection: Connection, batch: list[_Work]) -> None:
        outcomes: list[tuple[_Work, Any, BaseException | None]] = []
        topics: set[str] = set()
        try:
            with connection.begin():
                for item in batch:
                    if not item.future.set_running_or_notify_cancel():
                        continue
                    outcomes.append((item, *self._run(connection, item, topics)))
            self.commits += 1
        except BaseException as failure:  # noqa: BLE001 - the commit itself failed: every caller of the batch hears it
            connection.rollback()
            for item in batch:
                if not item.future.done():
                    item.future.set_exception(failure)
            return
        for item, result, error in outcomes:
            if error is None:
                item.future.set_result(result)
            else:
                item.future.set_exception(error)
        self._wake(topics)

    @staticmethod
    def _run(connection: Connection, item: _Work, topics: set[str]) -> tuple[Any, BaseException | None]:
        connection.info.pop(_TOPICS, None)
        savepoint = connection.begin_nested()
        try:
            result = item.run(connection)
        except BaseException as error:  # noqa: BLE001 - handed to the caller through the future
            savepoint.rollback()
            return None, error
        savepoint.commit()
        topics |= connection.info.pop(_TOPICS, set())
        return result, None

    def _wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for callback in self._subscribers.get(topic, ()):
                try:
                    callback()
                except Exception:
                    # A hint that fails is a hint that is lost; the writer must go on for everybody else.
                    log.exception("a store subscriber failed", topic=topic)
