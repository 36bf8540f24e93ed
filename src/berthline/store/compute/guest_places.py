"""Where the guests of servers are, for reconcilers that look at hosts."""

from collections.abc import Collection
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, exists, select

from berthline.domain.compute import PowerState, VmState, WantedPower
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.saga.log import UNFINISHED
from berthline.store.engine.changes import LOST_NICS_TOPIC, record_event
from berthline.store.engine.database import notify
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json
from berthline.store.tables.compute import server_nics, servers
from berthline.store.tables.control import sagas
from berthline.store.tables.remote import remote_nics

_DIGESTS_ON: Final = Prepared(
    "SELECT DISTINCT i.sha512 FROM servers s JOIN images i ON i.id = s.image_id "
    "WHERE s.host = ? AND s.deleted_at IS NULL AND i.sha512 IS NOT NULL"
)


class GuestPlace(msgspec.Struct, frozen=True):
    """A server and its host. ``busy``: a saga is at work on it, and may be about to change its guest."""

    server_id: ServerId
    host: HostName
    busy: bool


class Resting(NamedTuple):
    """A server that nothing is being done to, as far as its power goes."""

    host: HostName
    id: ServerId
    vm_state: VmState
    power_state: PowerState
    revision: int
    wanted: WantedPower


_AT_WORK: Final = exists().where(sagas.c.subject_id == servers.c.id, sagas.c.state.in_(UNFINISHED))
_PLACES: Final = select(servers.c.id, servers.c.host, _AT_WORK.label("busy")).where(
    servers.c.host.is_not(None), servers.c.deleted_at.is_(None)
)
_NICS_ON: Final = Prepared(
    # By what hosts have of ports, an index that holds all it is asked for: a server's own row is not read for its NICs.
    "SELECT n.server_id, n.port_id FROM ports p JOIN server_nics n ON n.port_id = p.id "
    "WHERE p.binding_host IN (SELECT value FROM json_each(?1)) AND p.binding_host <> '' "
    "UNION ALL SELECT s.id, n.port_id FROM servers s JOIN remote_nics n ON n.server_id = s.id "
    "WHERE s.host IN (SELECT value FROM json_each(?1)) AND s.deleted_at IS NULL AND n.port_id IS NOT NULL "
    # Asked once, and false in a cloud whose networks are its own: then the servers are not gone through again.
    "AND EXISTS (SELECT 1 FROM remote_nics)"
)
_KEPT: Final = Prepared(
    "SELECT id, name, vm_state FROM servers WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NULL"
)
_KEPT_NICS: Final = Prepared(
    "SELECT n.server_id, p.id, p.mac_address FROM server_nics n JOIN ports p ON p.id = n.port_id "
    "WHERE n.server_id IN (SELECT value FROM json_each(?)) ORDER BY n.server_id, n.position"
)
_RESTING: Final = Prepared(
    # Said by what a server is not: nearly all are active, and an index on their state would be taken for one on hosts.
    "SELECT host, id, vm_state, power_state, revision, wanted FROM servers "
    "WHERE host IN (SELECT value FROM json_each(?)) "
    "AND vm_state NOT IN ('building', 'deleted') AND task_state IS NULL AND deleted_at IS NULL"
)


def resting_on(connection: Connection, hosts: Collection[HostName]) -> list[Resting]:
    """Servers on these hosts that were built, or failed, and that nothing is being done to."""
    return list(map(Resting._make, _RESTING.all(connection, to_json(list(hosts)))))


def nics_on(connection: Connection, hosts: Collection[HostName]) -> frozenset[tuple[ServerId, PortId]]:
    """NICs, server and port, on these hosts, ours and those of a network service outside.

    A quick look: of ours those whose port is bound to one of the hosts. One that is missing may be a NIC all the same.
    """
    return frozenset(_NICS_ON.all(connection, to_json(list(hosts))))


class KeptServer(NamedTuple):
    """What a simulated host's guest is made anew from; ``nics`` are ports and their MACs, in order."""

    id: ServerId
    name: str
    vm_state: VmState
    nics: list[tuple[PortId, str]]


def kept_servers(connection: Connection, server_ids: Collection[ServerId]) -> list[KeptServer]:
    """Those of the servers that are not deleted, with the NICs that are ports of ours."""
    ids = to_json(list(server_ids))
    nics: dict[str, list[tuple[PortId, str]]] = {}
    for server_id, port_id, mac_address in _KEPT_NICS.all(connection, ids):
        nics.setdefault(server_id, []).append((port_id, mac_address))
    rows = _KEPT.all(connection, ids)
    return [KeptServer(server_id, name, state, nics.get(server_id, [])) for server_id, name, state in rows]


def places_of(connection: Connection, server_ids: Collection[ServerId]) -> tuple[GuestPlace, ...]:
    """These servers, as far as they exist and have a host."""
    rows = connection.execute(_PLACES.where(servers.c.id.in_(list(server_ids))))
    return tuple(GuestPlace(row.id, row.host, bool(row.busy)) for row in rows)


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


_LOST: Final = Prepared(
    "SELECT found.value ->> 0, s.id FROM json_each(?) AS found JOIN servers s ON s.id = found.value ->> 1 "
    "WHERE (s.host IS NULL OR s.host <> found.value ->> 0) AND NOT EXISTS "
    "(SELECT 1 FROM sagas WHERE sagas.subject_id = s.id AND sagas.state IN ('forward', 'unwinding')) "
    "AND NOT EXISTS (SELECT 1 FROM migrations m WHERE m.server_id = s.id AND m.held "
    "AND found.value ->> 0 IN (m.source, m.destination)) "
    "AND NOT EXISTS (SELECT 1 FROM left_guests l WHERE l.server_id = s.id AND l.host = found.value ->> 0)"
)


def lost_of(
    connection: Connection, found: Collection[tuple[HostName, ServerId]]
) -> frozenset[tuple[HostName, ServerId]]:
    """Those of these guests, by host and server, whose servers are deleted or elsewhere, and nothing is at work on.

    A guest of a server that this database never had is none of them: it may be another cloud's, or newer than a backup.
    """
    return frozenset((host, server_id) for host, server_id in _LOST.all(connection, to_json(list(found))))


_NEWEST: Final = Prepared("SELECT COALESCE(max(sequence), 0) FROM events")
_LOST_NICS: Final = Prepared(
    "SELECT sequence, object_id FROM events WHERE sequence > ? AND kind = 'server' AND what = 'nic_lost'"
)


def note_lost_nic(connection: Connection, server_id: ServerId, project_id: str, at: int) -> None:
    """Tell whoever drives the server's host, in whatever process, that a port was deleted which its guest has."""
    record_event(
        connection, kind="server", object_id=server_id, project_id=project_id, revision=0, what="nic_lost", at=at
    )
    notify(connection, LOST_NICS_TOPIC)


def newest_event(connection: Connection) -> int:
    """The sequence of the newest event, for ``lost_nics``."""
    row = _NEWEST.first(connection)
    return 0 if row is None else int(row[0])


def lost_nics(connection: Connection, after: int) -> tuple[int, frozenset[ServerId]]:
    """Servers of which that was noted since this event, and the newest event of those. One that commits late is missed:
    who asks looks at all guests as well, now and then.
    """
    rows = _LOST_NICS.all(connection, after)
    return max((int(row[0]) for row in rows), default=after), frozenset(ServerId(row[1]) for row in rows)


def digests_on(connection: Connection, host: HostName) -> frozenset[str]:
    """The SHA-512 of each image that a server on the host is, or is to be, made of."""
    return frozenset(row[0] for row in _DIGESTS_ON.all(connection, host))
