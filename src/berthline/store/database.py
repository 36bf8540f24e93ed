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
from berthline.store.prepared import driver

T = TypeVar("T")
BATCH: Final = 64
QUEUE_LIMIT: Final = 4096
READERS: Final = 2
TOPICS: Final = "berthline.topics"

log = structlog.get_logger(__name__)


def notify(connection: Connection, topic: str) -> None:
    """Wake the subscribers of ``topic`` once the current transaction has committed; nothing happens if it does not."""
    connection.info.setdefault(TOPICS, set()).add(topic)


class _Work:
    """One piece of work on its way through the writer; ``loop`` is that of its future, None when a thread waits."""

    __slots__ = ("future", "loop", "run")

    def __init__(
        self,
        run: Callable[[Connection], Any],
        future: "asyncio.Future[Any] | Future[Any]",
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        self.run = run
        self.future = future
        self.loop = loop


Outcome = tuple[_Work, Any, BaseException | None]


class Store:
    """Access to the database. ``write`` and ``read`` take a function of a connection and give back what it returns.

    A write function must only touch the database: it may not wait for anything else. It runs at most once.
    """

    def __init__(self, path: Path, *, durable: bool = True, waiting: int = QUEUE_LIMIT) -> None:
        """Open the database file ``path``; its schema must be current (see ``migrate``).

        ``durable`` False trades safety against power loss for speed, for tests. ``waiting``: how many writes, and how
        many reads, may wait before more of them are refused.
        """
        self._engine: Engine = sqlite.engine(path, durable=durable)
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._most_waiting = waiting
        self._reading = 0
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._reader = threading.local()
        self._reader_connections: list[Connection] = []
        self._subscribers: dict[str, list[Callable[[], None]]] = {}
        self._versions: dict[str, int] = {}
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
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._submit(_Work(work, future, loop))
        return await future

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """``write`` for callers without an event loop (start-up, command line, tests); blocks."""
        future: Future[T] = Future()
        self._submit(_Work(work, future, None))
        return future.result()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on a read-only snapshot, beside the writer.

        Raises whatever ``work`` raises, Unavailable when too many wait to read, StoreClosed.
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

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """``read`` in the calling thread. For short look-ups by key; a scan here would hold the event loop."""
        connection: Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = sqlite.read_only(self._engine)
            self._reader.connection = connection
            self._reader_connections.append(connection)
        with sqlite.transaction(connection, writes=False):
            return work(connection)

    def version(self, topic: str) -> int:
        """How many commits have notified ``topic``. It is raised before those who wrote hear that they did."""
        return self._versions.get(topic, 0)

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

    def _submit(self, item: _Work) -> None:
        if self._closed:
            raise StoreClosed("the store is closed")
        if self._queue.qsize() >= self._most_waiting:
            raise Unavailable("too many changes wait for the database; try again in a second")
        self._queue.put(item)

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
                if item is not None:
                    _tell([(item, None, StoreClosed("the store is closed"))])

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
        topics: set[str] = set()
        try:
            with sqlite.transaction(connection, writes=True):
                wanted = (item for item in batch if not item.future.cancelled())
                outcomes = [self._run(connection, item, topics) for item in wanted]
            self.commits += 1
        except BaseException as failure:  # noqa: BLE001 - the commit itself failed: every caller of the batch hears it
            _tell([(item, None, failure) for item in batch])
            return
        for topic in topics:
            self._versions[topic] = self._versions.get(topic, 0) + 1
        _tell(outcomes)
        self._wake(topics)

    @staticmethod
    def _run(connection: Connection, item: _Work, topics: set[str]) -> Outcome:
        connection.info.pop(TOPICS, None)
        try:
            with sqlite.savepoint(connection):
                result = item.run(connection)
        except BaseException as error:
            if not driver(connection).in_transaction:
                raise  # what went wrong took the whole transaction with it
            return item, None, error
        topics |= connection.info.pop(TOPICS, set())
        return item, result, None

    def _wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for callback in self._subscribers.get(topic, ()):
                try:
                    callback()
                except Exception:
                    # A hint that fails is a hint that is lost; the writer must go on for everybody else.
                    log.exception("a store subscriber failed", topic=topic)


def _tell(outcomes: Iterable[Outcome]) -> None:
    """Give each caller its result: all callers of one event loop by one call into it."""
    of_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        loop = outcome[0].loop
        if loop is None:
            _resolve([outcome])
        else:
            of_loop.setdefault(loop, []).append(outcome)
    for loop, those in of_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended, and those who waited with it
            loop.call_soon_threadsafe(_resolve, those)


def _resolve(outcomes: Iterable[Outcome]) -> None:
    for item, result, error in outcomes:
        if item.future.done():  # whoever waited was cancelled
            continue
        if error is None:
            item.future.set_result(result)
        else:
            item.future.set_exception(error)
