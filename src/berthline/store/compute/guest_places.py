"""Where the guests of servers are, for reconcilers that look at hosts."""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Select, exists, select

from berthline.domain.ids import HostName, PortId, ServerId
from berthline.saga.log import UNFINISHED
from berthline.store.tables.compute import server_nics, servers
from berthline.store.tables.control import sagas
from berthline.store.tables.remote import remote_nics


class GuestPlace(msgspec.Struct, frozen=True):
    """A server and its host. ``busy``: a saga is at work on it, and may be about to change its guest."""

    server_id: ServerId
    host: HostName
    busy: bool


_AT_WORK: Final = exists().where(sagas.c.subject_id == servers.c.id, sagas.c.state.in_(UNFINISHED))
_PLACES: Final = select(servers.c.id, servers.c.host, _AT_WORK.label("busy")).where(
    servers.c.host.is_not(None), servers.c.deleted_at.is_(None)
)


def places_after(connection: Connection, after: str, limit: int) -> tuple[GuestPlace, ...]:
    """The next servers that have a host, in order of id; ``after`` "" begins."""
    return _read(connection, _PLACES.where(servers.c.id > after).order_by(servers.c.id).limit(limit))


def places_of(connection: Connection, server_ids: Collection[ServerId]) -> tuple[GuestPlace, ...]:
    """These servers, as far as they exist and have a host."""
    return _read(connection, _PLACES.where(servers.c.id.in_(list(server_ids))))


def nics_of(connection: Connection, server_ids: Collection[ServerId]) -> dict[ServerId, frozenset[PortId]]:
    """The ports of each server's NICs, ours and those of a network service outside, as far as their ids are known."""
    ids = list(server_ids)
    own = select(server_nics.c.server_id, server_nics.c.port_id).where(server_nics.c.server_id.in_(ids))
    outside = select(remote_nics.c.server_id, remote_nics.c.port_id).where(
        remote_nics.c.server_id.in_(ids), remote_nics.c.port_id.is_not(None)
    )
    found: dict[ServerId, set[PortId]] = {server_id: set() for server_id in ids}
    for row in (*connection.execute(own), *connection.execute(outside)):
        found[row.server_id].add(row.port_id)
    return {server_id: frozenset(ports) for server_id, ports in found.items()}


def _read(connection: Connection, statement: Select[Any]) -> tuple[GuestPlace, ...]:
    return tuple(GuestPlace(row.id, row.host, bool(row.busy)) for row in connection.execute(statement))
