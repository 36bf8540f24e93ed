"""Every write of a test run takes its locks in the one order that ``store.engine.locks`` states, on either database.

Two transactions that take locks in one order never wait for each other in a circle. What is compared is the first
time that a transaction locks something of each table.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, event

from berthline.store import Store
from berthline.store.engine import locks

T = TypeVar("T")
LAST: Final = "berthline.tests.locked"
"""Where a connection has the tables that its transaction has locked something of."""

_LOCKING: Final = (
    re.compile(r"^\s*UPDATE (\w+)"),
    re.compile(r"^\s*DELETE FROM (\w+)"),
    re.compile(r"^\s*INSERT INTO (\w+).*ON CONFLICT.*DO UPDATE", re.DOTALL),
    re.compile(r"^\s*SELECT .*? FROM (\w+) .* FOR (?:NO KEY )?UPDATE", re.DOTALL),
)
_FUNCTIONS: Final = {"FROM add_port(": "quota_usage"}
"""Functions of PostgreSQL, by how they are called, and what each locks."""


class OutOfOrder(AssertionError):
    """A transaction locks something that comes before what it has locked already."""


@cache
def locked_by(statement: str) -> str | None:
    """The table of which a statement locks rows, as far as the order names it."""
    for pattern in _LOCKING:
        if found := pattern.match(statement):
            return found[1] if found[1] in locks.ORDER else None
    return next((table for call, table in _FUNCTIONS.items() if call in statement), None)


def ordered(work: Callable[[Connection], T]) -> Callable[[Connection], T]:
    """Work that raises OutOfOrder when it does not keep to the order."""

    def watched(connection: Connection) -> T:
        info = connection.info  # it cannot be asked for once the connection is lost
        info[LAST] = []
        try:
            return work(connection)
        finally:
            info.pop(LAST, None)

    return watched


def note(connection: Connection, table: str) -> None:
    """The transaction locks something of the table."""
    had: list[str] | None = connection.info.get(LAST)
    if had is None or table not in locks.ORDER or table in had:
        return
    later = [each for each in had if locks.ORDER.index(each) > locks.ORDER.index(table)]
    if later:
        raise OutOfOrder(f"{table} is locked after {', '.join(later)}; the order is {', '.join(locks.ORDER)}")
    had.append(table)


def of_the_test(connection: Connection) -> None:
    """What this transaction does from now on is a test's own, made in whatever order suits it."""
    connection.info[LAST] = None


def watch() -> None:
    """Have it asserted from now on, in every store of this process."""

    def on_statement(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if table := locked_by(statement):
            note(connection, table)

    event.listen(Engine, "before_cursor_execute", on_statement)
    locks.heard.append(note)
    Store.around = (*Store.around, ordered)
