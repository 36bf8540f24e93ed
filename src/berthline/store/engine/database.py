"""The store: transactions on the database that it was opened on, and wake-ups after each commit."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar, Final, Protocol, TypeVar

import structlog
from sqlalchemy import Connection, Engine

from berthline.domain.errors import StoreClosed, Unavailable
from berthline.store.engine.backend import TOPICS, Backend
from berthline.store.engine.location import Location, on_postgresql
from berthline.store.engine.sqlite.backend import READERS, SqliteBackend
from berthline.store.engine.trouble import Trouble

T = TypeVar("T")
QUEUE_LIMIT: Final = 4096

log = structlog.get_logger(__name__)


class Wrapper(Protocol):
    """Makes of a piece of work another one with the same result."""

    def __call__(self, work: Callable[[Connection], T], /) -> Callable[[Connection], T]: ...


def notify(connection: Connection, topic: str) -> None:
    """Wake the subscribers of ``topic`` once the current transaction has committed; nothing happens if it does not."""
    connection.info.setdefault(TOPICS, set()).add(topic)


class Store:
    """Access to the database. ``write`` and ``read`` take a function of a connection and give back what it returns.

    A write function must only touch the database: it may not wait for anything else. It may run again, after all that
    it did was undone; so it has no effects but on the database, and in what it returns.
    """

    around: ClassVar[tuple[Wrapper, ...]] = ()
    """For tests: what each write's work is wrapped in, such as ``rehearsal.rehearsed``; the last is outermost."""

    def __init__(
        self,
        where: Location,
        *,
        durable: bool = True,
        waiting: int = QUEUE_LIMIT,
        patience_ms: int | None = None,
        readers: int = READERS,
        connections: int | None = None,
        alone: bool = False,
        neighbours: bool = False,
    ) -> None:
        """Open the database ``where``, a file of SQLite or a URL of PostgreSQL; its schema must be current (see
        ``migrate``). Raises StoreUnavailable.

        ``durable`` False trades safety against power loss for speed, for tests. ``waiting``: how many writes, and how
        many reads, may wait before more of them are refused. ``patience_ms``: how long a write waits for another
        process that writes; much less once one has waited in vain, so that requests do not pile up. ``readers``: how
        many threads read a file, each on a connection of its own that learns the schema at its first statement.
        ``connections``: how many a PostgreSQL is used by at a time. ``alone``: a lock keeps every other process from
        writing the file, so that what was written is known without a look. ``neighbours``: others write the file, and
        what they commit wakes those who wait for it here.
        """
        self._most_waiting = waiting
        self._reading = 0
        self._subscribers: dict[str, tuple[Callable[[], None], ...]] = {}
        self._versions: dict[str, int] = {}
        self._alone = alone and not on_postgresql(where)
        self._closed = False
        self._backend: Backend
        if on_postgresql(where):
            # Imported where it is used: a start on a file must be quick.
            from berthline.store.engine.postgresql import backend as postgresql

            self._trouble = Trouble(postgresql.PostgresqlBackend.judge)
            with self._trouble.writing:
                self._backend = postgresql.PostgresqlBackend(
                    str(where), self, durable=durable, patience_ms=patience_ms, connections=connections
                )
        else:
            self._trouble = Trouble(SqliteBackend.judge)
            with self._trouble.writing:
                self._backend = SqliteBackend(
                    Path(where),
                    self,
                    durable=durable,
                    patience_ms=patience_ms,
                    readers=readers,
                    neighbours=neighbours,
                )

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for statement counters and tests."""
        return self._backend.engine

    @property
    def commits(self) -> int:
        """How many transactions have been committed."""
        return self._backend.commits

    @property
    def retries(self) -> int:
        """How many transactions were run again because others were in their way."""
        return self._backend.retries

    @property
    def waiting(self) -> int:
        """How many pieces of work wait to be written."""
        return self._backend.waiting

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
            await self.write(self._backend.touch)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a transaction and return its result after the commit is durable.

        Raises whatever ``work`` raises (its changes are gone then), Unavailable when too much work waits or others are
        in its way again and again, StoreUnavailable when the database cannot be written, OutcomeUnknown when the
        connection to it was lost in the commit; StoreClosed.
        """
        self._may_write()
        with self._trouble.writing:
            return await self._backend.write(self._wrapped(work))

    async def write_short(self, work: Callable[[Connection], T]) -> T:
        """``write`` for some ten statements by key, which run in the event loop. A scan here would hold it.

        Raises as ``write``.
        """
        self._may_write()
        with self._trouble.writing:
            return await self._backend.write_short(self._wrapped(work))

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """``write`` for callers without an event loop (start-up, command line, tests); blocks."""
        self._may_write()
        with self._trouble.writing:
            return self._backend.write_now(self._wrapped(work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on a read-only snapshot, beside those who write.

        Raises whatever ``work`` raises, Unavailable when too many wait to read, StoreUnavailable, StoreClosed.
        """
        if self._closed:
            raise StoreClosed("the store is closed")
        if self._reading >= self._most_waiting:
            raise Unavailable("too many wait to read the database; try again in a second")
        self._reading += 1
        try:
            with self._trouble.reading:
                return await self._backend.read(work)
        finally:
            self._reading -= 1

    async def read_short(self, work: Callable[[Connection], T]) -> T:
        """``read`` for a look-up of some rows by key. It runs in the event loop: a file answers it in less time than a
        thread takes to begin, and while a server has not answered, the loop runs what else there is. A scan would hold
        the loop.

        Raises as ``read``.
        """
        with self._trouble.reading:
            return await self._backend.read_short(work)

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """``read`` in the calling thread, for callers without an event loop (start-up, command line, tests); blocks."""
        with self._trouble.reading:
            return self._backend.read_now(work)

    async def version(self, topic: str) -> int:
        """A number of ``topic``, one of ``versions.VERSIONED``, that is another after each commit that notified it, in
        whatever process, before those who wrote hear that they did. Read before a look-up, it says how long what was
        found is current. Raises StoreUnavailable.
        """
        if self._alone:
            return self._versions.get(topic, 0)
        with self._trouble.reading:
            return await self._backend.version(topic)

    def subscribe(self, topic: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback``, which must not block, after each commit that notified ``topic``, in whatever thread, until
        what is returned is called.

        Commits of other processes are told of by PostgreSQL, and by a file if it has ``neighbours``, whatever they
        notified. It is a hint, which may be lost: who calls this looks by itself as well.
        """
        self._subscribers[topic] = (*self._subscribers.get(topic, ()), callback)
        self._backend.listen()

        def end() -> None:
            self._subscribers[topic] = tuple(each for each in self._subscribers[topic] if each is not callback)

        return end

    def close(self) -> None:
        """Finish the work that waits, then close. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._backend.close()

    def _wrapped(self, work: Callable[[Connection], T]) -> Callable[[Connection], T]:
        for wrap in self.around:
            work = wrap(work)
        return work

    def _may_write(self) -> None:
        if self._closed:
            raise StoreClosed("the store is closed")
        if self._backend.waiting >= self._most_waiting:
            raise Unavailable("too many changes wait for the database; try again in a second")

    def impatient(self) -> bool:
        """``backend.Events``: there is trouble, so that waiting is mostly in vain."""
        return self._trouble.why is not None

    def missed(self) -> None:
        """``backend.Events``: hints of other processes may have been lost."""
        self.wake(tuple(self._subscribers))

    def committed(self, topics: Iterable[str]) -> None:
        """``backend.Events``: a transaction was committed, and nobody has heard of it yet."""
        self._trouble.over()
        for topic in topics:
            self._versions[topic] = self._versions.get(topic, 0) + 1

    def wake(self, topics: Iterable[str]) -> None:
        """``backend.Events``: those who wrote have heard; tell those who wait for it."""
        for topic in topics:
            for callback in self._subscribers.get(topic, ()):
                try:
                    callback()
                except Exception:
                    # A hint that fails is a hint that is lost; the writer must go on for everybody else.
                    log.exception("a store subscriber failed", topic=topic)
