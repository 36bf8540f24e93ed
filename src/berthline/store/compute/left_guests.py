"""What is left on lost hosts of guests whose servers were given other hosts, until it is removed there."""

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import Connection

from berthline.domain.compute import Flavor
from berthline.domain.ids import HostName, ServerId
from berthline.store.compute import hosts
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json

_ADD: Final = Prepared(
    "INSERT INTO left_guests (host, server_id, vcpus, memory_mb, disk_gb, left_at) VALUES (?, ?, ?, ?, ?, ?)"
)
_OF_HOST: Final = Prepared("SELECT server_id, keeps_disks FROM left_guests WHERE host = ? ORDER BY server_id")
_HOSTS: Final = Prepared(
    "SELECT DISTINCT host FROM left_guests WHERE host IN (SELECT value FROM json_each(?)) AND NOT keeps_disks"
)
_HOSTS_OF: Final = Prepared("SELECT host FROM left_guests WHERE server_id = ?")
_GIVE_UP: Final = Prepared("UPDATE left_guests SET keeps_disks = FALSE WHERE server_id = ?")
_TAKE_BACK: Final = Prepared("DELETE FROM left_guests WHERE host = ? AND server_id = ?")
_REMOVE: Final = Prepared(
    "DELETE FROM left_guests WHERE host = ? AND server_id = ? AND NOT keeps_disks RETURNING vcpus, memory_mb, disk_gb"
)
_AT_WORK: Final = Prepared(
    "SELECT 1 FROM left_guests l JOIN sagas s ON s.subject_id = l.server_id "
    "WHERE l.host = ?1 AND s.state IN ('forward', 'unwinding') AND s.kind <> ?2 LIMIT 1"
)


class LeftGuest(NamedTuple):
    """``keeps_disks``: its server may yet have to go back to them."""

    server_id: ServerId
    keeps_disks: bool


def add(connection: Connection, host: HostName, server_id: ServerId, flavor: Flavor, at: int) -> None:
    """A server is given another host: what it takes of this one is the left guest's from now on."""
    _ADD.run(connection, host, server_id, flavor.vcpus, flavor.ram, flavor.claimed_disk, at)


def of_host(connection: Connection, host: HostName) -> tuple[LeftGuest, ...]:
    """All that is left on a host."""
    return tuple(LeftGuest(ServerId(row[0]), bool(row[1])) for row in _OF_HOST.all(connection, host))


def hosts_with_waste(connection: Connection, among: Collection[HostName]) -> frozenset[HostName]:
    """Those of these hosts that have something which nobody needs any more."""
    return frozenset(HostName(row[0]) for row in _HOSTS.all(connection, to_json(sorted(among))))


def hosts_of(connection: Connection, server_id: ServerId) -> frozenset[HostName]:
    """The hosts that something of the server was left on."""
    return frozenset(HostName(row[0]) for row in _HOSTS_OF.all(connection, server_id))


def give_up(connection: Connection, server_id: ServerId) -> None:
    """Nothing that was left of the server is needed any more: it is where it was brought, or deleted."""
    _GIVE_UP.run(connection, server_id)


def take_back(connection: Connection, host: HostName, server_id: ServerId) -> bool:
    """What was left is the server's own again, with what it takes of the host; False where nothing was."""
    return _TAKE_BACK.run(connection, host, server_id) == 1


def remove(connection: Connection, host: HostName, server_id: ServerId, at: int) -> bool:
    """It is not there any more: give back what it took of the host. False where it is needed, or was removed before."""
    row = _REMOVE.first(connection, host, server_id)
    if row is None:
        return False
    hosts.release(connection, host, int(row[0]), int(row[1]), int(row[2]), at)
    return True


def earlier_work(connection: Connection, host: HostName, but: str) -> bool:
    """Whether sagas, but for those of the kind ``but``, are at work on servers that left something on the host."""
    return _AT_WORK.first(connection, host, but) is not None
