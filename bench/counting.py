"""Counts the SQL statements that SQLite runs, and the commits, whoever sends them and by whatever way."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event

CONTROL = frozenset({"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA"})

EACH_STEPS = 50
WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE"})


@dataclass
class Counter:
    """Statements that SQLite was given, once for each row of an executemany; transaction control is not among them.

    What a trigger does is part of the statement that set it off: Python's trace tells it as that statement again.
    """

    statements: list[str] = field(default_factory=list, repr=False)
    commits: int = 0
    """Transactions that wrote something and were committed."""
    steps: int = 0
    """Steps of SQLite's virtual machine: they follow the rows that are looked at.

    To the next EACH_STEPS of each statement, which goes on from its last run; inside ``exactly`` each of them.
    """
    _connections: list[sqlite3.Connection] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reset(self) -> None:
        """Forget what was counted."""
        with self._lock:
            self.statements.clear()
            self.commits = 0
            self.steps = 0

    def watch(self, connection: sqlite3.Connection) -> None:
        """Count on this connection from now on."""
        writing = False
        before = ""

        def ran(statement: str) -> None:
            nonlocal writing, before
            word = statement.split(None, 1)[0].upper().rstrip(";")
            with self._lock:
                if word in {"COMMIT", "END"}:
                    self.commits += writing
                elif word not in CONTROL and not (word in WRITES and statement == before):
                    self.statements.append(statement)
            before = statement
            if word in {"BEGIN", "COMMIT", "END", "ROLLBACK"}:
                writing = "IMMEDIATE" in statement.upper()

        connection.set_trace_callback(ran)
        self._count_steps(connection, EACH_STEPS)
        self._connections.append(connection)

    @contextlib.contextmanager
    def exactly(self) -> Iterator[None]:
        """Count every single step inside the block, on connections that are open and that nobody else uses then."""
        self._count_steps_everywhere(1)
        try:
            yield
        finally:
            self._count_steps_everywhere(EACH_STEPS)

    def _count_steps_everywhere(self, each: int) -> None:
        for connection in self._connections:
            with contextlib.suppress(sqlite3.ProgrammingError):  # it was closed since
                self._count_steps(connection, each)

    def _count_steps(self, connection: sqlite3.Connection, each: int) -> None:
        def stepped() -> int:
            with self._lock:
                self.steps += each
            return 0

        connection.set_progress_handler(stepped, each)


@contextlib.contextmanager
def counting() -> Iterator[Counter]:
    """Count on every connection that SQLAlchemy opens inside the block, as long as it is open."""
    counter = Counter()

    def connected(connection: Any, _record: Any) -> None:
        counter.watch(connection)

    event.listen(Engine, "connect", connected)
    try:
        yield counter
    finally:
        event.remove(Engine, "connect", connected)
