"""Which port is which NIC of a server."""

from sqlalchemy import Connection, func, select

from berthline.domain.ids import PortId, ServerId
from berthline.store.tables.compute import server_nics


def in_order(connection: Connection, server_id: ServerId) -> tuple[PortId, ...]:
    """The ports of the server, in the order of its NICs."""
    rows = connection.execute(
        select(server_nics.c.port_id).where(server_nics.c.server_id == server_id).order_by(server_nics.c.position)
    )
    return tuple(PortId(row.port_id) for row in rows)


def next_position(connection: Connection, server_id: ServerId) -> int:
    """The position behind the last NIC."""
    last: int | None = connection.execute(
        select(func.max(server_nics.c.position)).where(server_nics.c.server_id == server_id)
    ).scalar()
    return 0 if last is None else last + 1
