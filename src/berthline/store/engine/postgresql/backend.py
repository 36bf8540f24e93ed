"""The store on PostgreSQL: many transactions at a time, each on a connection of its own.

A transaction that others were in the way of (a deadlock, a row that changed) is run again, a bounded number of times.
One whose connection is lost is undone by the server; only of one that was being committed nobody knows.
"""

import asyncio
import contextlib
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from berthline.domain.errors import OutcomeUnknown, Unavailable
from berthline.store.engine import prepared
from berthline.store.engine.backend import Events, topics_of
from berthline.store.engine.postgresql import codes, connections
from berthline.store.engine.postgresql.connections import connect
from berthline.store.engine.postgresql.hints import Hints
from berthline.store.engine.postgresql.watched import Watched
from berthline.store.engine.versions import raise_versions, version_of

T = TypeVar("T")
CONNECTIONS: Final = 8
"""How many transactions of one process run at a time."""
MOST_RUNS: Final = 8
REFUSED_RUNS: Final = 3
"""What is refused so often by a foreign key or a unique index will be refused again: no look of the work sees why."""
SNAPSHOT: Final = b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""Reads are all of one moment, as on SQLite: values are put together of several statements."""
FIRST_PAUSE: Final = 0.002
"""Seconds, at most, before a transaction is run again; twice as many before the next time."""


class PostgresqlBackend:
    """``backend.Backend`` on a server."""

    judge = staticmethod(codes.judge)

    def __init__(
        self, url: str, events: Events, *, durable: bool, patience_ms: int | None, connections: int | None
    ) -> None:
        """Connect once, so that a server that does not answer is known at once. Raises what the driver raises."""
        self._events = events
        self._engine = _engine(url, durable, patience_ms)
        self._threads = ThreadPoolExecutor(connections or CONNECTIONS, thread_name_prefix="store")
        self._idle: deque[Connection] = deque()
        self._counting = threading.Lock()
        self._waiting = 0
        self._commits = 0
        self._retries = 0
        self._idle.append(self._engine.connect())
        aside = partial(connect, url, {"synchronous_commit": "off"})
        self._hints = Hints(aside, events.wake, events.missed)
        self._watched = Watched(aside)

    @property
    def engine(self) -> Engine:
        return self._engine

    @property
    def commits(self) -> int:
        return self._commits

    @property
    def retries(self) -> int:
        return self._retries

    @property
    def waiting(self) -> int:
        return self._waiting

    async def write(self, work: Callable[[Connection], T]) -> T:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self.write_now, work)
        finally:
            self._waiting -= 1

    async def write_short(self, work: Callable[[Connection], T]) -> T:
        return await self.write(work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        pause = FIRST_PAUSE
        for run in range(1, MOST_RUNS + 1):
            try:
                result, topics = self._transact(work)
            except Exception as error:
                if codes.waited_long(error):
                    raise Unavailable("another change holds what this one needs; try again in a second") from error
                if not codes.may_run_again(error) or (run >= REFUSED_RUNS and codes.was_refused(error)):
                    raise
            else:
                self._events.wake(topics)
                self._hints.tell(topics)
                return result
            with self._counting:
                self._retries += 1
            time.sleep(random.random() * pause)  # noqa: S311 - so that two do not meet again
            pause *= 2
        raise Unavailable("other changes are in the way of this one again and again; try again in a second")

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_now, work)

    async def read_short(self, work: Callable[[Connection], T]) -> T:
        return await self.read(work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        with self._begun(SNAPSHOT) as connection:
            return work(connection)

    async def version(self, topic: str) -> int:
        found = await self._watched.versions()
        if found is None:
            return await self.read_short(lambda connection: version_of(connection, topic))
        return found.get(topic, 0)

    def listen(self) -> None:
        self._hints.listen()

    def touch(self, connection: Connection) -> None:
        """Write a row as it is."""
        connection.execute(text("UPDATE alembic_version SET version_num = version_num"))

    def close(self) -> None:
        self._hints.close()
        self._watched.close()
        self._threads.shutdown(wait=True)
        self._drop_idle()
        self._engine.dispose()

    def _transact(self, work: Callable[[Connection], T]) -> tuple[T, set[str]]:
        with self._begun(b"BEGIN") as connection:
            result = work(connection)
            raise_versions(connection)
            topics = topics_of(connection)
            _commit(connections.driver(connection))
            with self._counting:
                self._commits += 1
                self._events.committed(topics)
        return result, topics

    @contextmanager
    def _begun(self, begin: bytes) -> Iterator[Connection]:
        """A transaction on a connection of its own, rolled back at the end unless it was committed."""
        connection = self._begin(begin)
        try:
            yield connection
        finally:
            connections.end(connection)
            if connections.driver(connection).lost:
                _drop(connection)
            else:
                self._idle.append(connection)

    def _begin(self, begin: bytes) -> Connection:
        """Those connections that the server has closed meanwhile are dropped: nothing was done on them yet."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._engine.connect()
                connections.begin(connection, begin)
                return connection
            try:
                connections.begin(connection, begin)
            except psycopg.OperationalError:
                _drop(connection)
            else:
                return connection

    def _drop_idle(self) -> None:
        while self._idle:
            _drop(self._idle.pop())


def _engine(url: str, durable: bool, patience_ms: int | None) -> Engine:
    return connections.engine(url, durable=durable, patience_ms=patience_ms)


def _commit(session: Any) -> None:
    """Raises OutcomeUnknown when the connection is lost meanwhile."""
    try:
        done = session.command(b"COMMIT")
    except psycopg.Error as error:
        if codes.stale(error) or session.lost:
            raise OutcomeUnknown(
                "The connection to the database was lost in the commit: whether the change was made is not known. "
                "Look before you try again."
            ) from error
        raise
    if done != b"COMMIT":  # what failed was caught, and work went on: the server has undone all of it
        raise psycopg.errors.InFailedSqlTransaction("a statement failed, and its transaction cannot be committed")


def _drop(connection: Connection) -> None:
    prepared.forget(connection)
    with contextlib.suppress(DBAPIError, psycopg.Error):
        connection.invalidate()
    connection.close()
