"""What a database has to offer to the store. There are two: SQLite, and PostgreSQL; nothing else knows which it is."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from sqlalchemy import Connection, Engine

T = TypeVar("T")

TOPICS: Final = "berthline.topics"
"""Where a connection notes the topics of its transaction."""

Work = Callable[[Connection], T]


class Judge(Protocol):
    """Tells what an error says of the database."""

    def __call__(self, error: BaseException, *, reading: bool) -> tuple[str, bool] | None:
        """Why the database cannot be used, and whether that lasts until it is repaired and the cloud started anew.

        None when the error says nothing of it; some say something only to those who write, not to ``reading`` ones.
        """


class Backend(Protocol):
    """Runs work in transactions. Errors are raised as they come; which of them speak of the database, it can judge."""

    judge: Judge

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for statement counters and tests."""

    @property
    def commits(self) -> int:
        """How many transactions have been committed."""

    @property
    def retries(self) -> int:
        """How many transactions were run again because others were in their way."""

    @property
    def waiting(self) -> int:
        """How many pieces of work wait to be written."""

    async def write(self, work: Work[T]) -> T:
        """Run it in a transaction, beside the event loop."""

    async def write_short(self, work: Work[T]) -> T:
        """The same for work so short that it may run in the event loop."""

    def write_now(self, work: Work[T]) -> T:
        """The same, and wait for it in the calling thread."""

    async def read(self, work: Work[T]) -> T:
        """Run it on a read-only snapshot, beside the event loop."""

    async def read_short(self, work: Work[T]) -> T:
        """The same for work so short that it may run in the event loop, where the database is as near as a file."""

    def read_now(self, work: Work[T]) -> T:
        """The same in the calling thread."""

    async def version(self, topic: str) -> int:
        """The version of a topic in the database now, whoever has raised it. It must not hold up the event loop."""

    def listen(self) -> None:
        """Hear of what other processes commit, where the database tells of it: a hint, which may be lost."""

    def touch(self, connection: Connection) -> None:
        """Write something without meaning."""

    def close(self) -> None:
        """Finish the work that waits, then close."""


class Events(Protocol):
    """What a backend tells the store of its transactions."""

    def committed(self, topics: set[str]) -> None:
        """One was committed, which notified ``topics``; nobody has heard of it yet."""

    def wake(self, topics: set[str]) -> None:
        """Those who wrote it have heard."""

    def missed(self) -> None:
        """Other processes may have committed something that nobody told of."""

    def impatient(self) -> bool:
        """There is trouble with the database: to wait for it any longer is in vain."""


def topics_of(connection: Connection) -> set[str]:
    """The topics that were noted in the transaction, which are forgotten by that."""
    topics: set[str] = connection.info.pop(TOPICS, set())
    return topics
