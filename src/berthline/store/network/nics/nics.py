"""Which port is which NIC of a server.

These rows alone say whose NIC a port is. Its ``device_id`` and ``device_owner`` only repeat it for readers: users write
them too, of ports that are no NICs, and what they write there is no claim.
"""

from typing import Final

from sqlalchemy import Connection

from berthline.domain.ids import PortId, ServerId
from berthline.store.engine.prepared import Prepared

_IN_ORDER: Final = Prepared("SELECT port_id FROM server_nics WHERE server_id = ? ORDER BY position")
_SERVER_OF: Final = Prepared("SELECT server_id FROM server_nics WHERE port_id = ?")
_NEXT_POSITION: Final = Prepared("SELECT COALESCE(MAX(position), -1) + 1 FROM server_nics WHERE server_id = ?")


def in_order(connection: Connection, server_id: ServerId) -> tuple[PortId, ...]:
    """The ports of the server, in the order of its NICs."""
    return tuple(PortId(port_id) for (port_id,) in _IN_ORDER.all(connection, server_id))


def server_of(connection: Connection, port_id: PortId) -> ServerId | None:
    """The server that has the port as a NIC, or None."""
    row = _SERVER_OF.first(connection, port_id)
    return None if row is None else ServerId(row[0])


def next_position(connection: Connection, server_id: ServerId) -> int:
    """The position behind the last NIC."""
    row = _NEXT_POSITION.first(connection, server_id)
    return 0 if row is None else int(row[0])
