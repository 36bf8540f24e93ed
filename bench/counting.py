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
    """Steps of SQLite's virtual machine, to the next EACH_STEPS: they follow the rows that are looked at."""
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

        def stepped() -> int:
            with self._lock:
                self.steps += EACH_STEPS
            return 0

        connection.set_trace_callback(ran)
        connection.set_progress_handler(stepped, EACH_STEPS)


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
