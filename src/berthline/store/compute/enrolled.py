"""Hosts as operators enrolled them: the truth about which there are, and how each is reached and used."""

from collections.abc import Collection, Iterable
from typing import Final

import msgspec
from sqlalchemy import Connection

from berthline.domain.hosts.enrolment import EnrolledHost, Fate, HostOptions
from berthline.domain.ids import HostName, ServerId
from berthline.store.engine import locks
from berthline.store.engine.changes import HOSTS_TOPIC
from berthline.store.engine.database import notify
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.tables.base import to_json
from berthline.store.tables.enrolment import enrolled_hosts

_COLUMNS: Final = "name, kind, options, revision, enrolled_at, updated_at, fate, removed_at, lost_at"
# What is put into these texts are names of columns.
_ALL: Final = Prepared(f"SELECT {_COLUMNS} FROM enrolled_hosts ORDER BY name")  # noqa: S608
_ONE: Final = Prepared(f"SELECT {_COLUMNS} FROM enrolled_hosts WHERE name = ?")  # noqa: S608
_VERSION: Final = Prepared("SELECT count(*), COALESCE(sum(revision), 0) FROM enrolled_hosts")
_ADD: Final = Prepared(
    "INSERT INTO enrolled_hosts (name, kind, options, revision, enrolled_at, updated_at) VALUES (?, ?, ?, 1, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_AGAIN: Final = Prepared(
    "UPDATE enrolled_hosts SET kind = ?2, options = ?3, revision = revision + 1, enrolled_at = ?4, updated_at = ?4, "
    "removed_at = NULL, fate = NULL, lost_at = NULL WHERE name = ?1 AND removed_at IS NOT NULL"
)
_CHANGE: Final = Prepared(
    "UPDATE enrolled_hosts SET options = ?2, revision = revision + 1, updated_at = ?3 "
    "WHERE name = ?1 AND removed_at IS NULL AND fate IS NULL"
)
_REPLACE: Final = Prepared(
    "UPDATE enrolled_hosts SET options = ?2, revision = revision + 1, enrolled_at = ?3, updated_at = ?3, "
    "lost_at = NULL WHERE name = ?1 AND removed_at IS NULL AND fate IS NULL"
)
_SET_FATE: Final = Prepared(
    "UPDATE enrolled_hosts SET fate = ?2, revision = revision + 1, updated_at = ?3 "
    "WHERE name = ?1 AND removed_at IS NULL"
)
_SET_LOST: Final = Prepared(
    "UPDATE enrolled_hosts SET lost_at = ?2, revision = revision + 1, updated_at = ?2 "
    "WHERE name = ?1 AND removed_at IS NULL AND fate IS NULL AND lost_at IS NULL"
)
_SET_FOUND: Final = Prepared(
    "UPDATE enrolled_hosts SET lost_at = NULL, revision = revision + 1, updated_at = ?2 "
    "WHERE name = ?1 AND lost_at IS NOT NULL"
)
_LOST: Final = Prepared(
    f"SELECT {_COLUMNS} FROM enrolled_hosts WHERE lost_at IS NOT NULL "  # noqa: S608
    "AND removed_at IS NULL AND fate IS NULL AND name IN (SELECT value FROM json_each(?)) ORDER BY name"
)
_REMOVE: Final = Prepared(
    "UPDATE enrolled_hosts SET fate = NULL, removed_at = ?2, revision = revision + 1, updated_at = ?2 WHERE name = ?1"
)
_LIVING: Final = Prepared(
    "SELECT name FROM enrolled_hosts WHERE removed_at IS NULL AND lost_at IS NULL "
    "AND name IN (SELECT value FROM json_each(?))"
)
_LEAVE_AGGREGATES: Final = Prepared("DELETE FROM aggregate_hosts WHERE host = ?")
_FORGET_PLACES: Final = Prepared("UPDATE servers SET host = NULL WHERE host = ? AND deleted_at IS NOT NULL")
_DELETE: Final = Prepared("DELETE FROM hosts WHERE name = ?")
_SERVERS: Final = Prepared("SELECT id FROM servers WHERE host = ? AND deleted_at IS NULL ORDER BY id LIMIT ?")
_COUNT_SERVERS: Final = Prepared("SELECT count(*) FROM servers WHERE host = ? AND deleted_at IS NULL")
_MOVES: Final = Prepared("SELECT count(*) FROM migrations WHERE held AND (source = ?1 OR destination = ?1)")
_AT_WORK: Final = Prepared(
    "SELECT count(*) FROM sagas WHERE state IN ('forward', 'unwinding') AND kind <> ?2 AND (place = ?1 "
    "OR subject_id IN (SELECT id FROM servers WHERE host = ?1 AND deleted_at IS NULL))"
)
ALL_SERVERS: Final = 2**31 - 1


def every(connection: Connection) -> tuple[EnrolledHost, ...]:
    """All hosts that are or were the cloud's, by name."""
    return tuple(map(_host, _ALL.all(connection)))


def get(connection: Connection, name: HostName) -> EnrolledHost | None:
    """One of them, or None."""
    row = _ONE.first(connection, name)
    return None if row is None else _host(row)


def version(connection: Connection) -> tuple[int, int]:
    """Another one after each change of any of them."""
    row = _VERSION.first(connection)
    assert row is not None, "an aggregate has a row"
    return int(row[0]), int(row[1])


def lock(connection: Connection, names: Collection[HostName]) -> None:
    """For who changes what a host is, or writes of one that it is there: one transaction at a time."""
    locks.lock(connection, enrolled_hosts, names)


def take_over(connection: Connection, found: Iterable[EnrolledHost]) -> int:
    """Enrol hosts of whose names none is or was the cloud's; how many those are."""
    added = sum(
        _ADD.run(connection, host.name, host.kind, to_json(host.options), host.enrolled_at, host.updated_at)
        for host in found
    )
    if added:
        notify(connection, HOSTS_TOPIC)
    return added


def add(connection: Connection, host: EnrolledHost) -> bool:
    """Enrol a host, also one that was removed; False where one of this name is the cloud's."""
    if not take_over(connection, (host,)):
        changed = _AGAIN.run(connection, host.name, host.kind, to_json(host.options), host.enrolled_at)
        notify(connection, HOSTS_TOPIC)
        return changed == 1
    return True


def change(connection: Connection, name: HostName, options: HostOptions, at: int) -> bool:
    """Say how a host is reached and used from now on; False where it is none, or being removed."""
    notify(connection, HOSTS_TOPIC)
    return _CHANGE.run(connection, name, to_json(options), at) == 1


def replace(connection: Connection, name: HostName, options: HostOptions, at: int) -> bool:
    """Have a host be another machine, enrolled now, which is not lost; False where it is none, or being removed."""
    notify(connection, HOSTS_TOPIC)
    return _REPLACE.run(connection, name, to_json(options), at) == 1


def set_fate(connection: Connection, name: HostName, fate: Fate | None, at: int) -> bool:
    """Begin, or end, the removal of a host; nothing is asked of it meanwhile. False where it is none."""
    notify(connection, HOSTS_TOPIC)
    return _SET_FATE.run(connection, name, fate, at) == 1


def set_lost(connection: Connection, name: HostName, at: int) -> bool:
    """Have nothing be begun at a host whose guests are given to others; False where it is none, or is lost already."""
    if _SET_LOST.run(connection, name, at) == 0:
        return False
    notify(connection, HOSTS_TOPIC)
    return True


def lost(connection: Connection, among: Collection[HostName]) -> tuple[EnrolledHost, ...]:
    """Those of these hosts that are lost, by name."""
    return tuple(map(_host, _LOST.all(connection, to_json(sorted(among)))))


def set_found(connection: Connection, name: HostName, at: int) -> bool:
    """Have a lost host be the cloud's again; False where it was not lost."""
    if _SET_FOUND.run(connection, name, at) == 0:
        return False
    notify(connection, HOSTS_TOPIC)
    return True


def forget_places(connection: Connection, name: HostName) -> None:
    """Have no deleted server say that it was on this host; before the host is locked, as servers come first."""
    _FORGET_PLACES.run(connection, name)


def remove(connection: Connection, name: HostName, at: int) -> None:
    """Have the cloud not have this host any more, which no server says it is on; that it had stays known."""
    _REMOVE.run(connection, name, at)
    _LEAVE_AGGREGATES.run(connection, name)
    _DELETE.run(connection, name)
    notify(connection, HOSTS_TOPIC)


def living(connection: Connection, names: Collection[HostName]) -> frozenset[HostName]:
    """Those of these that are neither removed nor lost."""
    return frozenset(HostName(row[0]) for row in _LIVING.all(connection, to_json(sorted(names))))


def servers_on(connection: Connection, name: HostName, most: int = ALL_SERVERS) -> tuple[ServerId, ...]:
    """The servers on a host, by id; ``most`` at most."""
    return tuple(ServerId(row[0]) for row in _SERVERS.all(connection, name, most))


def count_on(connection: Connection, name: HostName) -> tuple[int, int]:
    """How many servers are on a host, and how many moves that have not ended have an end there."""
    servers, moves = _COUNT_SERVERS.first(connection, name), _MOVES.first(connection, name)
    assert servers is not None
    assert moves is not None
    return int(servers[0]), int(moves[0])


def work_at(connection: Connection, name: HostName, but: str) -> int:
    """How many sagas, but for those of the kind ``but``, are at work at a host or on its servers."""
    row = _AT_WORK.first(connection, name, but)
    assert row is not None, "an aggregate has a row"
    return int(row[0])


def _host(row: Row) -> EnrolledHost:
    name, kind, options, revision, enrolled_at, updated_at, fate, removed_at, lost_at = row
    return EnrolledHost(
        name=HostName(name),
        kind=kind,
        options=msgspec.json.decode(options, type=HostOptions),
        revision=revision,
        enrolled_at=enrolled_at,
        updated_at=updated_at,
        fate=fate,
        removed_at=removed_at,
        lost_at=lost_at,
    )
