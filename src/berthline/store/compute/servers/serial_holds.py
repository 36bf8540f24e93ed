"""Which process has a guest's serial console open, and where it is reached: one for each server."""

from typing import Final

import msgspec
from sqlalchemy import Connection

from berthline.domain.ids import ServerId
from berthline.store.engine.prepared import Prepared

_GET: Final = Prepared("SELECT id, url, machine FROM serial_holds WHERE server_id = ?")
_ADD: Final = Prepared(
    "INSERT INTO serial_holds (server_id, id, url, machine) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id"
)
_REPLACE: Final = Prepared(
    "UPDATE serial_holds SET id = ?, url = ?, machine = ? WHERE server_id = ? AND id = ? RETURNING id"
)
_RELEASE: Final = Prepared("DELETE FROM serial_holds WHERE server_id = ? AND id = ?")


class SerialHold(msgspec.Struct, frozen=True):
    """``id`` is that of this one hold. ``machine``: the one whose processes alone reach ``url``; "": all do."""

    id: str
    url: str
    machine: str


def claim(connection: Connection, server_id: ServerId, wanted: SerialHold, instead_of: str | None) -> SerialHold | None:
    """Hold it, where nobody does or the hold ``instead_of`` is still the one; else who holds it.

    None when it changed hands at this very moment: ask again.
    """
    if instead_of is not None:
        row = _REPLACE.first(connection, wanted.id, wanted.url, wanted.machine, server_id, instead_of)
    else:
        row = _ADD.first(connection, server_id, wanted.id, wanted.url, wanted.machine)
    if row is not None:
        return wanted
    found = _GET.first(connection, server_id)
    return None if found is None else SerialHold(*found)


def release(connection: Connection, server_id: ServerId, hold_id: str) -> None:
    """Hold it no more; nothing where another one does by now."""
    _RELEASE.run(connection, server_id, hold_id)
