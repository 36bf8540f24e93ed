"""NICs outside that were given back a while ago: what a request that was only slow may have made of them after that."""

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import Connection, delete, insert, select, tuple_

from berthline.store.network.nics.remote import RemoteNic
from berthline.store.tables.remote import remote_nics, remote_released


def note(connection: Connection, nics: Sequence[RemoteNic], at: int) -> None:
    """Keep NICs that are given back in this transaction. One that was given back before counts from now."""
    forget(connection, nics)
    if nics:
        rows = [
            {
                "server_id": nic.server_id,
                "mac_address": nic.mac_address,
                "released_at": at,
                "nic": msgspec.json.encode(nic).decode(),
            }
            for nic in nics
        ]
        connection.execute(insert(remote_released), rows)


def due(connection: Connection, before: int, most: int) -> tuple[tuple[RemoteNic, bool], ...]:
    """NICs that were given back before a time, the oldest first, each with whether its server has it again."""
    again = select(remote_nics.c.mac_address).where(
        remote_nics.c.server_id == remote_released.c.server_id,
        remote_nics.c.mac_address == remote_released.c.mac_address,
    )
    found = connection.execute(
        select(remote_released.c.nic, again.exists())
        .where(remote_released.c.released_at < before)
        .order_by(remote_released.c.released_at)
        .limit(most)
    )
    return tuple((msgspec.json.decode(nic, type=RemoteNic), bool(held)) for nic, held in found)


def forget(connection: Connection, nics: Collection[RemoteNic]) -> None:
    """They have been looked at."""
    if nics:
        key = tuple_(remote_released.c.server_id, remote_released.c.mac_address)
        connection.execute(delete(remote_released).where(key.in_([(nic.server_id, nic.mac_address) for nic in nics])))
