"""What a transaction does so that others who write beside it do not make untrue what it decided by.

With one writer, as on SQLite, nothing of it is needed and the locks cost nothing. On PostgreSQL a transaction reads
what is committed, statement by statement, and others commit in between. Four things keep a decision true, the cheapest
first:

- a constraint or a unique index that refuses what may not be: the work is run again then, and finds why;
- one guarded statement, which says how many rows it changed: ``changed_one`` has the work run again when it was none;
- ``save``: a row is written over only at the revision at which it was read;
- a lock, taken before what is decided by is read: ``lock`` for who changes what hangs on a row, ``hold`` for who adds
  something to it that does not exclude what others add.

Locks are taken in one order, ``ORDER``, so that two transactions seldom wait for each other: a statement that changes
rows locks them, too. Where they do wait for each other after all, the database ends one of them, after a second, and
its work is run again.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table, update

from berthline.domain.errors import Overtaken
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json

ORDER: Final = (
    "servers",
    "sagas",
    "server_groups",
    "aggregates",
    "enrolled_hosts",
    "hosts",
    "quota_usage",
    "host_drains",
)
"""Tables, by when a transaction first locks rows of them. Every test run asserts it (``tests/lock_order.py``).

Asserted by nothing: images come before hosts, and between hosts and counters router, network, security group, port.
"""
heard: Final[list[Callable[[Connection, str], None]]] = []
"""For tests: called with each transaction and the table of which it is to lock rows, also where that is nothing."""

_kept: Final[dict[tuple[str, bool, bool], Prepared]] = {}
"""The statements that lock rows: of a table, shared or not, of one row or of several."""
_ALONE: Final = "sqlite"
"""The database with one writer: nobody writes beside a transaction that does."""


def lock(connection: Connection, table: Table, ids: Collection[str] | Collection[int]) -> bool:
    """Be the only one, until this transaction ends, who has these rows locked, held, changed or referred to anew.

    Waits for those who are before. Rows that are not there are passed over. What is read after it is as they left it.
    False where nobody can be before: what was read earlier in the transaction is still so.
    """
    for hear in heard:
        hear(connection, table.name)
    if alone(connection) or not ids:
        return False
    _rows(connection, table, ids, shared=False)
    return True


def hold(connection: Connection, table: Table, ids: Collection[str] | Collection[int]) -> bool:
    """Keep others from locking or removing these rows until this transaction ends; they may hold them, too.

    Otherwise as ``lock``. A row that is written with a foreign key to them holds them as well, from then on.
    """
    if alone(connection) or not ids:
        return False
    _rows(connection, table, ids, shared=True)
    return True


def alone(connection: Connection) -> bool:
    """Whether nobody writes beside this transaction, so that a look for the sake of a lock can be spared."""
    return connection.dialect.name == _ALONE


def save(connection: Connection, table: Table, values: Mapping[str, Any]) -> None:
    """Write ``values``, which have the next revision, over the row of their id. Raises Overtaken when it has another.

    The row was read in this transaction, at the revision before.
    """
    written = connection.execute(
        update(table).where(table.c.id == values["id"], table.c.revision == values["revision"] - 1), values
    )
    changed_one(written.rowcount)


def changed_one(rows: int) -> None:
    """Raise Overtaken unless a statement changed the one row that it found a moment ago."""
    if rows != 1:
        raise Overtaken("this was changed by others at the same moment; try again")


def _rows(connection: Connection, table: Table, ids: Collection[str] | Collection[int], *, shared: bool) -> None:
    """It goes with the statement that reads what is decided by, ahead of it."""
    one = len(ids) == 1
    statement = _kept.get((table.name, shared, one)) or _keep(table, shared=shared, one=one)
    statement.post(connection, next(iter(ids)) if one else to_json(sorted(ids)))


def _keep(table: Table, *, shared: bool, one: bool) -> Prepared:
    key = table.primary_key.columns[0].name
    those = "= ?" if one else "IN (SELECT value FROM json_each(?))"
    how = "KEY SHARE" if shared else "UPDATE"
    # What is put into this text are names of ours.
    made = Prepared(f"SELECT {key} FROM {table.name} WHERE {key} {those} ORDER BY {key} FOR {how}")  # noqa: S608
    _kept[table.name, shared, one] = made
    return made
