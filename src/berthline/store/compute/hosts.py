"""Hypervisor hosts: what they offer, and claims on it that are exact under any concurrency."""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, false, update

from berthline.domain.chance import random_below
from berthline.domain.compute import Host
from berthline.domain.ids import HostName
from berthline.store.compute import drains
from berthline.store.engine import locks
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.engine.upserts import insert
from berthline.store.tables.base import to_json
from berthline.store.tables.compute import hosts

_OWNERS: Final = frozenset({"owner", "owner_epoch"})
"""Columns that are workers' to know (see ``store.control.workers``), and nobody's who wants a host."""

_NAMES: Final = tuple(column.name for column in hosts.c if column.computed is None and column.name not in _OWNERS)
# What is put into these texts are names of columns.
_SELECT: Final = Prepared(f"SELECT {', '.join(_NAMES)} FROM hosts ORDER BY name")  # noqa: S608
_FIRST: Final = Prepared(f"SELECT {', '.join(_NAMES)} FROM hosts ORDER BY name LIMIT ?")  # noqa: S608
_COUNT: Final = Prepared("SELECT count(*) FROM hosts")
_ROOM: Final = (
    f"SELECT {', '.join(_NAMES)} FROM hosts WHERE enabled AND up AND fullness <= -CAST(?2 AS BIGINT) "  # noqa: S608
    "AND vcpus - vcpus_used >= ?1 AND disk_gb - disk_gb_used >= ?3 AND COALESCE(free_disk_gb, ?3) >= ?3 "
    "AND name NOT IN (SELECT value FROM json_each(?4)) "
    "ORDER BY fullness, name LIMIT ?5"
)
_WITH_ROOM: Final = Prepared(_ROOM)
"""The words of ix_hosts_room: the best hosts come first, and no more are read than are wanted."""
_FREE_WITH_ROOM: Final = Prepared(f"{_ROOM} ", postgresql=f"{_ROOM} FOR NO KEY UPDATE SKIP LOCKED")
"""Those on which nobody claims anything at the moment, which are this transaction's then."""
_NEXT_WITH_ROOM: Final = Prepared(
    f"SELECT {', '.join(_NAMES)} FROM hosts WHERE enabled AND up AND fullness <= -CAST(?2 AS BIGINT) "  # noqa: S608
    "AND vcpus - vcpus_used >= ?1 AND disk_gb - disk_gb_used >= ?3 AND COALESCE(free_disk_gb, ?3) >= ?3 "
    "AND name NOT IN (SELECT value FROM json_each(?4)) "
    "AND availability_zone = COALESCE(?6, availability_zone) AND (fullness > ?7 OR (fullness = ?7 AND name > ?8)) "
    "ORDER BY fullness, name LIMIT ?5"
)
_SELECT_THESE: Final = Prepared(
    f"SELECT {', '.join(_NAMES)} FROM hosts WHERE name IN (SELECT value FROM json_each(?)) ORDER BY name"  # noqa: S608
)
_ALL_NAMES: Final = Prepared("SELECT name FROM hosts ORDER BY name")
_PAGE: Final = Prepared(
    f"SELECT {', '.join(_NAMES)} FROM hosts WHERE name > ?1 AND instr(name, ?3) > 0 ORDER BY name LIMIT ?2"  # noqa: S608
)
_SELECT_ONE: Final = Prepared(f"SELECT {', '.join(_NAMES)} FROM hosts WHERE name = ?")  # noqa: S608
_SAW: Final = Prepared("UPDATE hosts SET seen_at = ? WHERE name IN (SELECT value FROM json_each(?))")
_HAS_ZONE: Final = Prepared("SELECT 1 FROM hosts WHERE availability_zone = ? AND enabled LIMIT 1")
_ZONES: Final = Prepared("SELECT availability_zone, max(CASE WHEN enabled THEN 1 ELSE 0 END) FROM hosts GROUP BY 1")
_SET_ZONE: Final = Prepared(
    "UPDATE hosts SET availability_zone = ?, updated_at = ? WHERE name IN (SELECT value FROM json_each(?))"
)
_CLAIM: Final = Prepared(
    "UPDATE hosts SET vcpus_used = vcpus_used + ?2, memory_mb_used = memory_mb_used + ?3, "
    "disk_gb_used = disk_gb_used + ?4, free_disk_gb = free_disk_gb - ?8, "
    "running_vms = running_vms + ?6, updated_at = ?5 "
    "WHERE name = ?1 AND enabled AND up AND vcpus_used + ?2 <= vcpus AND memory_mb_used + ?3 <= memory_mb "
    "AND disk_gb_used + ?4 <= disk_gb AND COALESCE(free_disk_gb, ?8) >= ?8 "
    "AND availability_zone = COALESCE(?7, availability_zone)"
)
_RELEASE: Final = Prepared(
    "UPDATE hosts SET vcpus_used = vcpus_used - ?2, memory_mb_used = memory_mb_used - ?3, "
    "disk_gb_used = disk_gb_used - ?4, running_vms = running_vms - ?6, updated_at = ?5 WHERE name = ?1"
)

_FLAGS: Final = ("enabled", "up", "forced_down", "answers", "gateway")
_FACTS = (
    "chassis",
    "hypervisor_type",
    "hypervisor_version",
    "cpu_info",
    "vcpus",
    "memory_mb",
    "disk_gb",
    "physical_vcpus",
    "physical_memory_mb",
    "physical_disk_gb",
    "answers",
    "traits",
    "free_disk_gb",
)
JITTER: Final = 60_000_000
"""By how much (µs) the moment that a host came up may seem to differ between two looks at it."""
HELD: Final = 16
"""Of so many hosts that others are claiming on, one is waited for: as many transactions as a process has at a time."""
FARTHEST: Final = (-(2**62), HostName(""))
"""Before every host in the order of ``next_with_room``."""


def upsert(connection: Connection, host: Host, at: int) -> None:
    """Record what a host offers and that it was seen ``at`` (µs).

    Of a host that is known only the facts change: what is claimed on it stays, what an operator said of it, and what
    networks it was seen to lead to.
    """
    values = {name: getattr(host, name) for name in _FACTS} | {"seen_at": at, "updated_at": at}
    values["booted_at"] = host.booted_at
    values["traits"] = " ".join(host.traits)
    networks = None if host.physical_networks is None else " ".join(host.physical_networks)
    statement = insert(hosts).values(
        name=host.name,
        enabled=host.enabled,
        up=host.answers,
        physical_networks=networks,
        gateway=host.gateway,
        **values,
    )
    known = values | {"up": _counts_as_up(host.answers)}
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=known))


def same_facts(host: Host, known: Host) -> bool:
    """Whether ``upsert`` of the host would change more of the known one than when it was seen."""
    return all(getattr(host, name) == getattr(known, name) for name in _FACTS) and _same_boot(host, known)


def _same_boot(host: Host, known: Host) -> bool:
    if host.booted_at is None or known.booted_at is None:
        return host.booted_at == known.booted_at
    return abs(host.booted_at - known.booted_at) <= JITTER


def saw(connection: Connection, names: Collection[HostName], at: int) -> None:
    """Record that these hosts were seen ``at`` (µs), by one statement."""
    _SAW.run(connection, at, to_json(list(names)))


def candidates(connection: Connection) -> tuple[Host, ...]:
    """Every host, by name, also those that may not take servers now."""
    return tuple(_host(row) for row in _SELECT.all(connection))


def first(connection: Connection, most: int) -> tuple[tuple[Host, ...], int]:
    """The first hosts by name, ``most`` at most, and how many there are in all: what a refusal is explained with."""
    found = tuple(_host(row) for row in _FIRST.all(connection, most))
    row = _COUNT.first(connection) if len(found) == most else None
    return found, len(found) if row is None else int(row[0])


def with_room(
    connection: Connection, vcpus: int, memory_mb: int, disk_gb: int, most: int, excluded: Collection[HostName] = ()
) -> tuple[Host, ...]:
    """The hosts that may take a guest of this size (MiB, GiB), most memory left first; ``most`` at most.

    A request for so many guests needs no more hosts than guests: none beyond them can become the best on the way.
    For one guest a host on which another transaction is claiming is passed over as long as there are others: two that
    chose the same best one would wait for each other until the first commits. Where there are none it is any of the
    best ``HELD``, so that those who have to wait do not all wait in one line.
    """
    if most == 1 and not locks.alone(connection):
        size = (vcpus, memory_mb, disk_gb, to_json(list(excluded)))
        if free := _FREE_WITH_ROOM.all(connection, *size, most):
            return tuple(map(_host, free))
        held = _WITH_ROOM.all(connection, *size, HELD)
        return (_host(held[random_below(len(held))]),) if held else ()
    rows = _WITH_ROOM.all(connection, vcpus, memory_mb, disk_gb, to_json(list(excluded)), most)
    return tuple(_host(row) for row in rows)


def next_with_room(
    connection: Connection,
    size: tuple[int, int, int],
    most: int,
    excluded: Collection[HostName],
    zone: str | None,
    after: tuple[int, HostName] = FARTHEST,
) -> tuple[Host, ...]:
    """``with_room`` for who cannot take every host: ``most`` at a time, those after a host's fullness and name.

    ``size``: vCPUs, MiB, GiB. ``zone``: only hosts in it.
    """
    rows = _NEXT_WITH_ROOM.all(connection, *size, to_json(list(excluded)), most, zone, *after)
    return tuple(_host(row) for row in rows)


def these(connection: Connection, names: Collection[HostName]) -> tuple[Host, ...]:
    """The hosts of these names that there are, by name."""
    return tuple(_host(row) for row in _SELECT_THESE.all(connection, to_json(sorted(names))))


def lock(connection: Connection, names: Collection[HostName]) -> None:
    """For who changes by what is claimed on them: nobody claims anything there meanwhile. See ``locks.lock``."""
    locks.lock(connection, hosts, names)


def has_zone(connection: Connection, zone: str) -> bool:
    """Whether a host that is not disabled is in this availability zone."""
    return _HAS_ZONE.first(connection, zone) is not None


def zones(connection: Connection) -> dict[str, bool]:
    """The zones that there are hosts in, and whether one of them is enabled."""
    return {str(zone): bool(enabled) for zone, enabled in _ZONES.all(connection)}


def set_zone(connection: Connection, names: Collection[HostName], zone: str, at: int) -> None:
    """Have these hosts be in this availability zone."""
    _SET_ZONE.run(connection, zone, at, to_json(list(names)))


def get(connection: Connection, name: HostName) -> Host | None:
    """One host, or None."""
    row = _SELECT_ONE.first(connection, name)
    return None if row is None else _host(row)


def claim(
    connection: Connection,
    name: HostName,
    vcpus: int,
    memory_mb: int,
    disk_gb: int,
    at: int,
    guests: int = 1,
    zone: str | None = None,
    new_disk_gb: int | None = None,
) -> bool:
    """Take room for ``guests`` more; False, with nothing changed, when the host has not all of it or may take no guest.

    The amounts are those of all of them; ``memory_mb`` in MiB, ``disk_gb`` in GiB. ``zone``: only while the host is in
    it. ``new_disk_gb`` of ``disk_gb`` is not on its disk yet (None: all of it), and has to find room there, as far as
    that was seen; it counts as written until the next look. One guarded statement, so that two claims never share the
    last room.
    """
    new = disk_gb if new_disk_gb is None else new_disk_gb
    return _CLAIM.run(connection, name, vcpus, memory_mb, disk_gb, at, guests, zone, new) == 1


def release(
    connection: Connection, name: HostName, vcpus: int, memory_mb: int, disk_gb: int, at: int, guests: int = 1
) -> None:
    """Give back what ``claim`` took for ``guests``; 0: a part of what one has.

    The caller's transaction makes sure that it happens once for each.

    Raises an integrity error of the database when more is given back than was taken.
    """
    _RELEASE.run(connection, name, vcpus, memory_mb, disk_gb, at, guests)


def set_up(connection: Connection, name: HostName, up: bool, at: int) -> bool:
    """Record whether the host answers; False when there is no such host."""
    values = {"answers": up, "up": _counts_as_up(up), "updated_at": at} | ({"seen_at": at} if up else {})
    return connection.execute(update(hosts).where(hosts.c.name == name).values(values)).rowcount == 1


def set_service(
    connection: Connection,
    name: HostName,
    at: int,
    *,
    enabled: bool | msgspec.UnsetType = msgspec.UNSET,
    disabled_reason: str | None = None,
    forced_down: bool | msgspec.UnsetType = msgspec.UNSET,
) -> bool:
    """Let the host take new servers, or not and why; let it count as down, or not. False when there is no such host.

    ``disabled_reason`` goes with ``enabled``: a host that is enabled has none. Its drain goes on no further then.
    """
    values: dict[str, Any] = {"updated_at": at}
    if enabled is not msgspec.UNSET:
        values |= {"enabled": enabled, "disabled_reason": None if enabled else disabled_reason}
    if forced_down is not msgspec.UNSET:
        values |= {"forced_down": forced_down, "up": false() if forced_down else hosts.c.answers}
    known = connection.execute(update(hosts).where(hosts.c.name == name).values(values)).rowcount == 1
    if known and enabled is True:
        drains.cancel(connection, name, at)
    return known


def names(connection: Connection) -> tuple[HostName, ...]:
    """The names of all hosts, sorted."""
    return tuple(HostName(name) for (name,) in _ALL_NAMES.all(connection))


def page(connection: Connection, after: str, limit: int, part: str = "") -> tuple[Host, ...]:
    """Hosts by name, those after the name ``after`` ("" begins) whose names hold ``part``; ``limit`` at most."""
    return tuple(_host(row) for row in _PAGE.all(connection, after, limit, part))


def _counts_as_up(answers: bool) -> ColumnElement[bool]:
    """Whether a host that does or does not answer is up: not when it was forced down."""
    return ~hosts.c.forced_down if answers else false()


def _host(row: Row) -> Host:
    values = dict(zip(_NAMES, row, strict=True))
    values["traits"] = tuple(values["traits"].split())
    networks = values["physical_networks"]
    values["physical_networks"] = None if networks is None else tuple(networks.split())
    return Host(**values | {name: bool(values[name]) for name in _FLAGS})
