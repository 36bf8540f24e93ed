"""Passwords for guests, from the request that chose one until the config drive that tells it is made: no longer."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from berthline.domain.ids import ServerId
from berthline.store.engine.prepared import Prepared

_ADD: Final = Prepared("INSERT INTO admin_passwords (server_id, password) VALUES (?, ?)")
_GET: Final = Prepared("SELECT password FROM admin_passwords WHERE server_id = ?")
_FORGET: Final = Prepared("DELETE FROM admin_passwords WHERE server_id = ?")


def add(connection: Connection, server_ids: Sequence[ServerId], password: str) -> None:
    """Keep the password of servers that are being built."""
    if server_ids:
        _ADD.run_many(connection, [(server_id, password) for server_id in server_ids])


def get(connection: Connection, server_id: ServerId) -> str | None:
    """The server's password while it is being built, else None."""
    row = _GET.first(connection, server_id)
    return None if row is None else str(row[0])


def forget(connection: Connection, server_id: ServerId) -> None:
    """The guest has it, or never will. Again: no change."""
    _FORGET.run(connection, server_id)
