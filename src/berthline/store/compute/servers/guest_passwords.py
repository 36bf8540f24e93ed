"""Passwords that guests made and left for their owners: kept as they came, once for each server."""

from typing import Final

from sqlalchemy import Connection

from berthline.domain.ids import ServerId
from berthline.store.engine.prepared import Prepared

_LEAVE: Final = Prepared("INSERT INTO guest_passwords (server_id, password) VALUES (?, ?) ON CONFLICT DO NOTHING")
_GET: Final = Prepared("SELECT password FROM guest_passwords WHERE server_id = ?")
_FORGET: Final = Prepared("DELETE FROM guest_passwords WHERE server_id = ?")


def leave(connection: Connection, server_id: ServerId, password: str) -> bool:
    """Keep what the guest left; False, with nothing changed, when something is kept already."""
    return _LEAVE.run(connection, server_id, password) == 1


def get(connection: Connection, server_id: ServerId) -> str:
    """What the guest left; "" for nothing."""
    row = _GET.first(connection, server_id)
    return "" if row is None else str(row[0])


def forget(connection: Connection, server_id: ServerId) -> None:
    """Keep nothing of it. Again: no change."""
    _FORGET.run(connection, server_id)
