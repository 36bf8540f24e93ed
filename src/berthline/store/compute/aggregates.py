"""Host aggregates: their hosts, metadata and zone. A host's own zone is a column of it, which ``set_zone`` writes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from berthline.domain.ids import HostName
from berthline.domain.placing import Aggregate
from berthline.store.engine import locks
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.tables.base import to_json
from berthline.store.tables.placing import aggregates

_NAMES: Final = tuple(column.name for column in aggregates.c)
# What is put into these texts are names of columns.
_SELECT: Final = Prepared(f"SELECT {', '.join(_NAMES)} FROM aggregates ORDER BY id")  # noqa: S608
_GET: Final = Prepared(f"SELECT {', '.join(_NAMES)} FROM aggregates WHERE id = ?")  # noqa: S608
_BY_NAME: Final = Prepared("SELECT id FROM aggregates WHERE name = ?")
_HOSTS: Final = Prepared(
    "SELECT aggregate_id, host FROM aggregate_hosts "
    "WHERE aggregate_id IN (SELECT CAST(value AS BIGINT) FROM json_each(?)) ORDER BY aggregate_id, host"
)
_INSERT: Final = Prepared(
    "INSERT INTO aggregates (uuid, name, availability_zone, metadata, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id"
)
_SAVE: Final = Prepared(
    "UPDATE aggregates SET name = ?, availability_zone = ?, metadata = ?, updated_at = ? WHERE id = ?"
)
_REMOVE: Final = Prepared("DELETE FROM aggregates WHERE id = ?")
_ADD_HOST: Final = Prepared("INSERT INTO aggregate_hosts (aggregate_id, host) VALUES (?, ?)")
_REMOVE_HOST: Final = Prepared("DELETE FROM aggregate_hosts WHERE aggregate_id = ? AND host = ?")
_ZONES: Final = Prepared(
    "SELECT DISTINCT h.host, a.availability_zone FROM aggregate_hosts h JOIN aggregates a ON a.id = h.aggregate_id "
    "WHERE h.host IN (SELECT value FROM json_each(?)) AND a.id <> ? AND a.availability_zone IS NOT NULL"
)


def every(connection: Connection) -> tuple[Aggregate, ...]:
    """All aggregates with their hosts, in the order in which they were made; two statements."""
    return _with_hosts(connection, _SELECT.all(connection))


def without_hosts(connection: Connection) -> tuple[Aggregate, ...]:
    """All aggregates, not saying which hosts they have."""
    return tuple(_aggregate(row, ()) for row in _SELECT.all(connection))


def get(connection: Connection, aggregate_id: int) -> Aggregate | None:
    """One aggregate with its hosts, or None."""
    row = _GET.first(connection, aggregate_id)
    return None if row is None else _with_hosts(connection, [row])[0]


def has_name(connection: Connection, name: str) -> bool:
    """Whether there is an aggregate of this name."""
    return _BY_NAME.first(connection, name) is not None


def hosts_of(connection: Connection, ids: Collection[int]) -> frozenset[HostName]:
    """The hosts that are in any of these aggregates."""
    return frozenset(HostName(host) for _, host in _HOSTS.all(connection, to_json(list(ids))))


def other_zones(connection: Connection, aggregate_id: int, names: Collection[HostName]) -> dict[HostName, str]:
    """The zones that these hosts have by other aggregates than this one; a host that has none is left out."""
    rows = _ZONES.all(connection, to_json(list(names)), aggregate_id)
    return {HostName(host): str(zone) for host, zone in rows}


def lock(connection: Connection, aggregate_id: int) -> None:
    """For who changes an aggregate by what it is: one transaction at a time. See ``locks.lock``."""
    locks.lock(connection, aggregates, [aggregate_id])


def add(connection: Connection, uuid: str, name: str, zone: str | None, at: int) -> int:
    """Write an aggregate without hosts; its id. The database refuses a name that is taken."""
    row = _INSERT.first(connection, uuid, name, zone, "{}", at)
    assert row is not None, "an insert returns the row it wrote"
    return int(row[0])


def save(
    connection: Connection, aggregate_id: int, name: str, zone: str | None, metadata: Mapping[str, str], at: int
) -> None:
    """Change what is said of an aggregate, which is locked."""
    _SAVE.run(connection, name, zone, to_json(dict(metadata)), at, aggregate_id)


def remove(connection: Connection, aggregate_id: int) -> bool:
    """Delete an aggregate; False when there is none. The database refuses while it has hosts."""
    return _REMOVE.run(connection, aggregate_id) == 1


def add_host(connection: Connection, aggregate_id: int, host: HostName) -> None:
    """Put a host into an aggregate that has it not."""
    _ADD_HOST.run(connection, aggregate_id, host)


def remove_host(connection: Connection, aggregate_id: int, host: HostName) -> bool:
    """Take a host out; False when it was not in."""
    return _REMOVE_HOST.run(connection, aggregate_id, host) == 1


def _with_hosts(connection: Connection, rows: Sequence[Row]) -> tuple[Aggregate, ...]:
    found: dict[int, list[HostName]] = {row[0]: [] for row in rows}
    if rows:
        for aggregate_id, host in _HOSTS.all(connection, to_json(list(found))):
            found[aggregate_id].append(HostName(host))
    return tuple(_aggregate(row, tuple(found[row[0]])) for row in rows)


def _aggregate(row: Row, hosts: tuple[HostName, ...]) -> Aggregate:
    values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    values["metadata"] = msgspec.json.decode(values["metadata"])
    return Aggregate(**values, hosts=hosts)
