"""A file of SQLite as one side of a copy: ``copying.Side``."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, text

from berthline.store.engine.location import Location
from berthline.store.engine.sqlite import connections


class SqliteSide:
    """Its transactions hold out others that write, from their beginning."""

    def __init__(self, where: Location) -> None:
        self.engine = connections.engine(Path(where), durable=True)

    def hold_out_writers(self, connection: Connection) -> None:
        connection.execute(text("SELECT 1"))  # it begins with BEGIN IMMEDIATE

    @contextlib.contextmanager
    def loading(self, connection: Connection) -> Iterator[None]:
        """Triggers cannot rest here: they are taken out and put in again, in the one transaction."""
        found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _ in found:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        yield
        for _, statement in found:
            connection.exec_driver_sql(statement)

    def damage(self, connection: Connection) -> str | None:
        found = str(connection.execute(text("PRAGMA quick_check(1)")).scalar())
        return None if found == "ok" else " ".join(found.split())

    def last_number(self, connection: Connection, column: Column[Any]) -> int:
        asked = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return int(connection.execute(asked, {"name": column.table.name}).scalar() or 0)

    def go_on_after(self, connection: Connection, column: Column[Any], last: int) -> None:
        name = {"name": column.table.name}
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), name)
        if last:  # SQLite has no row of a table that never had one
            counted = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
            connection.execute(counted, {**name, "last": last})
