"""A PostgreSQL as one side of a copy: ``copying.Side``."""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Column, Connection, text

from berthline.store.engine.location import told
from berthline.store.engine.postgresql import connections
from berthline.store.engine.side import CopyRefused
from berthline.store.tables import metadata

_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name LIKE 'berthline%'"
)
_SEQUENCE: Final = text("SELECT pg_get_serial_sequence(:table, :column)")


class PostgresqlSide:
    """One snapshot, with every table locked against changes."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.engine = connections.engine(url)

    def hold_out_writers(self, connection: Connection) -> None:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        # The other side may take its time.
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        connection.exec_driver_sql(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        if others := connection.execute(_OTHERS).scalar_one():
            raise CopyRefused(
                f"{told(self._url)} is in use by {others} connections of Berthline: end its processes first"
            )

    @contextlib.contextmanager
    def loading(self, connection: Connection) -> Iterator[None]:
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
        yield
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ENABLE TRIGGER USER")

    def damage(self, connection: Connection) -> None:
        """PostgreSQL finds damage by the checksums of its pages, when it reads them."""

    def last_number(self, connection: Connection, column: Column[Any]) -> int:
        name = self._sequence(connection, column)
        last, called = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {name}").one()  # noqa: S608
        return int(last) if called else int(last) - 1

    def go_on_after(self, connection: Connection, column: Column[Any], last: int) -> None:
        chosen = {"name": self._sequence(connection, column), "next": last + 1}
        connection.execute(text("SELECT setval(CAST(:name AS regclass), :next, false)"), chosen)

    def _sequence(self, connection: Connection, column: Column[Any]) -> str:
        name = {"table": column.table.name, "column": column.name}
        return str(connection.execute(_SEQUENCE, name).scalar_one())
