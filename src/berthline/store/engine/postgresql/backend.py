"""The store on PostgreSQL: many transactions at a time, each on a connection of its own.

A transaction that others were in the way of (a deadlock, a row that changed) is run again, a bounded number of times.
One whose connection is lost is undone by the server; only of one that was being committed nobody knows.
"""

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from berthline.domain.errors import Unavailable
from berthline.store.engine.backend import Events, topics_of
from berthline.store.engine.postgresql import codes
from berthline.store.engine.postgresql.connections import begin, connect, driver, drop, end, engine
from berthline.store.engine.postgresql.hints import Hints
from berthline.store.engine.postgresql.lines import LinesOfLoops
from berthline.store.engine.postgresql.session import BEGIN, SNAPSHOT, Session
from berthline.store.engine.postgresql.switching import spawn
from berthline.store.engine.postgresql.watched import Watched
from berthline.store.engine.versions import raise_versions, version_of

T = TypeVar("T")
CONNECTIONS: Final = 16
"""How many transactions run at a time in one event loop."""
THREADS: Final = 8
"""How many of those that may take long run beside it."""
MOST_LOST: Final = 2
"""How often a transaction is begun anew since its connection was lost: an idle one may be from before a restart."""
MOST_RUNS: Final = 8
REFUSED_RUNS: Final = 3
"""What is refused so often by a foreign key or a unique index will be refused again: no look of the work sees why."""
FIRST_PAUSE: Final = 0.002
"""Seconds that a transaction waits before it is run again grow from here, twice as many each time."""


class PostgresqlBackend:
    """``backend.Backend`` on a server."""

    judge = staticmethod(codes.judge)

    def __init__(
        self, url: str, events: Events, *, durable: bool, patience_ms: int | None, connections: int | None
    ) -> None:
        """Connect once, so that a server that does not answer is known at once. Raises what the driver raises."""
        self._most = most = connections or CONNECTIONS
        self._events = events
        self._engine = engine(url, durable=durable, patience_ms=patience_ms)
        self._threads = ThreadPoolExecutor(min(most, THREADS), thread_name_prefix="store")
        self._idle: deque[Connection] = deque()
        self._lines = LinesOfLoops(self._engine, self._threads, most)
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
        return max(0, self._waiting - self._most)

    async def write(self, work: Callable[[Connection], T]) -> T:
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self.write_now, work)
        finally:
            self._waiting -= 1

    async def write_short(self, work: Callable[[Connection], T]) -> T:
        self._waiting += 1
        try:
            attempts = _Attempts()
            while True:
                try:
                    return await self._in_loop(BEGIN, lambda connection: self._write_on(connection, work))
                except Exception as error:  # noqa: BLE001 - what is not run again is raised
                    await asyncio.sleep(self._pause(attempts, error))
        finally:
            self._waiting -= 1

    def write_now(self, work: Callable[[Connection], T]) -> T:
        attempts = _Attempts()
        while True:
            try:
                return self._here(BEGIN, lambda connection: self._write_on(connection, work))
            except Exception as error:  # noqa: BLE001 - what is not run again is raised
                time.sleep(self._pause(attempts, error))

    async def read(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self.read_now, work)

    async def read_short(self, work: Callable[[Connection], T]) -> T:
        attempts = _Attempts()
        while True:
            try:
                return await self._in_loop(SNAPSHOT, work)
            except Exception as error:  # noqa: BLE001 - what is not run again is raised
                await asyncio.sleep(self._pause(attempts, error))

    def read_now(self, work: Callable[[Connection], T]) -> T:
        attempts = _Attempts()
        while True:
            try:
                return self._here(SNAPSHOT, work)
            except Exception as error:  # noqa: BLE001 - what is not run again is raised
                time.sleep(self._pause(attempts, error))

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
        self._watched.end()
        self._threads.shutdown(wait=True)
        self._lines.close()
        self._drop_idle()
        self._engine.dispose()

    def _write_on(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        """Do the work, commit it, and tell."""
        result = work(connection)
        raise_versions(connection)
        topics = topics_of(connection)
        _commit(driver(connection))
        with self._counting:
            self._commits += 1
            self._events.committed(topics)
        if topics:
            self._events.wake(topics)
            self._hints.tell(topics)
        return result

    async def _in_loop(self, how: bytes | None, work: Callable[[Connection], T]) -> T:
        """A transaction in the event loop, which does other things while the server works."""
        lines = self._lines.here()
        connection = await lines.taken()

        def run() -> T:
            try:
                if how is not None:  # one statement is a transaction of its own
                    begin(connection, how)
                return work(connection)
            finally:
                try:
                    end(connection, at_once=how is not SNAPSHOT)
                finally:
                    lines.give_back(connection)

        return await spawn(run, lines.loop)

    def _here(self, how: bytes, work: Callable[[Connection], T]) -> T:
        """A transaction in the calling thread."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
        try:
            begin(connection, how)
            return work(connection)
        finally:
            try:
                end(connection)
            finally:
                if driver(connection).lost:
                    drop(connection)
                else:
                    self._idle.append(connection)

    def _pause(self, attempts: "_Attempts", error: Exception) -> float:
        """Seconds until the transaction is run again. Raises what ends it instead."""
        if codes.waited_long(error):
            raise Unavailable("another change holds what this one needs; try again in a second") from error
        if (told := codes.refused_value(error)) is not None:
            raise told from error
        if codes.stale(error):
            self._drop_idle()
            self._lines.drop_idle()
            attempts.lost += 1
            if attempts.lost > MOST_LOST:
                raise error
            return 0.0
        if not codes.may_run_again(error):
            raise error
        attempts.overtaken += 1
        if codes.was_refused(error) and attempts.overtaken >= REFUSED_RUNS:
            raise error
        if attempts.overtaken >= MOST_RUNS:
            raise Unavailable("other changes are in the way of this one again and again; try again in a second")
        with self._counting:
            self._retries += 1
        return random.random() * FIRST_PAUSE * float(2**attempts.overtaken)  # noqa: S311 - so that two do not meet again

    def _drop_idle(self) -> None:
        while self._idle:
            drop(self._idle.pop())


@dataclass(slots=True)
class _Attempts:
    """How often a transaction was run in vain: because others were in its way, or the connection was lost."""

    overtaken: int = 0
    lost: int = 0


def _commit(session: Session) -> None:
    """Raises OutcomeUnknown when the connection is lost meanwhile."""
    try:
        done = session.commit()
    except psycopg.Error as error:
        if codes.stale(error) or session.lost:
            raise codes.outcome_unknown() from error
        raise DBAPIError.instance("COMMIT", None, error, psycopg.Error, hide_parameters=True) from error
    if not done:  # what failed was caught, and work went on: the server has undone all of it
        raise psycopg.errors.InFailedSqlTransaction("a statement failed, and its transaction cannot be committed")
