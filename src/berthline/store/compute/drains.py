"""Drains of hosts, one a host, and what became of each server of it.

Who begins something, or ends a drain, swaps its revision in the same transaction: so no two begin one too many.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from berthline.domain.compute import Fault
from berthline.domain.hosts.draining import DrainedServer, DrainedState, HostDrain, MovingServer, StayingServer
from berthline.domain.ids import HostName, MigrationId, ServerId
from berthline.store.engine import locks
from berthline.store.engine.changes import HOSTS_TOPIC
from berthline.store.engine.database import notify
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.tables.enrolment import host_drains

_NAMES: Final = HostDrain.__struct_fields__
_COLUMNS: Final = ", ".join(_NAMES)
# What is put into these texts are names of columns.
_ONE: Final = Prepared(f"SELECT {_COLUMNS} FROM host_drains WHERE host = ?")  # noqa: S608
_UNDER_WAY: Final = Prepared(f"SELECT {_COLUMNS} FROM host_drains WHERE ended_at IS NULL ORDER BY host")  # noqa: S608
_BEGIN: Final = Prepared(
    "INSERT INTO host_drains (host, at_once, user_id, project_id, request_id, started_at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (host) DO UPDATE SET at_once = excluded.at_once, user_id = excluded.user_id, "
    "project_id = excluded.project_id, request_id = excluded.request_id, started_at = excluded.started_at, "
    "cancelled_at = NULL, ended_at = NULL, revision = host_drains.revision + 1"
)
_FORGET_LEFT: Final = Prepared("DELETE FROM drained_servers WHERE host = ? AND state = 'left'")
_FORGET_MOVED: Final = Prepared("DELETE FROM drained_servers WHERE host = ? AND state = 'moved'")
_CANCEL: Final = Prepared(
    "UPDATE host_drains SET cancelled_at = ?2, revision = revision + 1 "
    "WHERE host = ?1 AND ended_at IS NULL AND cancelled_at IS NULL"
)
_SWAP: Final = Prepared("UPDATE host_drains SET revision = revision + 1 WHERE host = ? AND revision = ?")
_END: Final = Prepared(
    "UPDATE host_drains SET ended_at = ?3, revision = revision + 1 WHERE host = ?1 AND revision = ?2"
)
_COUNT_MOVING: Final = Prepared("SELECT count(*) FROM drained_servers WHERE host = ? AND state = 'moving'")
_TELLS: Final = Prepared("SELECT 1 FROM drained_servers WHERE host = ? AND server_id = ?")
_NOTE: Final = Prepared(
    "INSERT INTO drained_servers (host, server_id, state, migration_id, reason, updated_at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_SET: Final = Prepared(
    "UPDATE drained_servers SET state = ?4, reason = ?5, updated_at = ?6 "
    "WHERE host = ?1 AND server_id = ?2 AND migration_id = ?3 AND state = 'moving'"
)
_FORGET: Final = Prepared(
    "DELETE FROM drained_servers WHERE host = ? AND server_id = ? AND migration_id = ? AND state = 'moving'"
)
_MOVING: Final = Prepared(
    "SELECT s.id, s.host, s.deleted_at IS NOT NULL, s.vm_state, s.task_state, s.fault, m.created_at, m.id, m.status, "
    "m.held, "
    "EXISTS (SELECT 1 FROM postponements WHERE subject_id = m.id AND until > ?2) "
    "FROM drained_servers d JOIN servers s ON s.id = d.server_id JOIN migrations m ON m.id = d.migration_id "
    "WHERE d.host = ?1 AND d.state = 'moving' ORDER BY s.id"
)
_TOLD: Final = Prepared(
    "SELECT s.id, s.name, s.host, d.state, d.migration_id, d.reason FROM drained_servers d "
    "JOIN servers s ON s.id = d.server_id WHERE d.host = ? AND s.deleted_at IS NULL ORDER BY s.id"
)
_UNTOLD: Final = "NOT EXISTS (SELECT 1 FROM drained_servers d WHERE d.host = ?1 AND d.server_id = s.id)"
_STAYING: Final = Prepared(
    "SELECT s.id, s.name, s.host, s.vm_state, s.task_state, "  # noqa: S608
    "EXISTS (SELECT 1 FROM migrations m WHERE m.server_id = s.id AND m.held) FROM servers s "
    f"WHERE s.host = ?1 AND s.deleted_at IS NULL AND {_UNTOLD} ORDER BY s.id"
)
_ELSEWHERE: Final = Prepared(
    "SELECT s.id, s.name, s.host, s.vm_state, s.task_state, TRUE FROM migrations m "  # noqa: S608
    "JOIN servers s ON s.id = m.server_id WHERE m.held AND (m.source = ?1 OR m.destination = ?1) "
    f"AND (s.host IS NULL OR s.host <> ?1) AND s.deleted_at IS NULL AND {_UNTOLD} ORDER BY m.server_id"
)


def get(connection: Connection, host: HostName) -> HostDrain | None:
    """The last drain of the host; None where there was none."""
    row = _ONE.first(connection, host)
    return None if row is None else _drain(row)


def under_way(connection: Connection) -> tuple[HostDrain, ...]:
    """Every drain that has not ended, by host."""
    return tuple(map(_drain, _UNDER_WAY.all(connection)))


def begin(connection: Connection, drain: HostDrain) -> None:
    """Have a drain of the host under way, beginning with what is moving by now. What was left is looked at anew."""
    locks.lock(connection, host_drains, [drain.host])
    known = get(connection, drain.host)
    _BEGIN.run(
        connection,
        drain.host,
        drain.at_once,
        drain.user_id,
        drain.project_id,
        drain.request_id,
        drain.started_at,
    )
    _FORGET_LEFT.run(connection, drain.host)
    if known is not None and known.ended_at is not None:
        _FORGET_MOVED.run(connection, drain.host)
    notify(connection, HOSTS_TOPIC)


def cancel(connection: Connection, host: HostName, at: int) -> None:
    """Have nothing more be begun of the host's drain, if one is under way."""
    if _CANCEL.run(connection, host, at):
        notify(connection, HOSTS_TOPIC)


def swap(connection: Connection, drain: HostDrain) -> None:
    """Be the only one who begins something of the drain as it was read. Raises Overtaken where another did."""
    locks.changed_one(_SWAP.run(connection, drain.host, drain.revision))


def end(connection: Connection, drain: HostDrain, at: int) -> None:
    """Nothing of it is under way any more. Raises Overtaken as ``swap``."""
    locks.changed_one(_END.run(connection, drain.host, drain.revision, at))


def count_moving(connection: Connection, host: HostName) -> int:
    """How many of its servers are under way."""
    row = _COUNT_MOVING.first(connection, host)
    assert row is not None, "an aggregate has a row"
    return int(row[0])


def tells(connection: Connection, host: HostName, server_id: ServerId) -> bool:
    """Whether it has said something of the server."""
    return _TELLS.first(connection, host, server_id) is not None


def note_moving(connection: Connection, host: HostName, server_id: ServerId, move: MigrationId, at: int) -> None:
    """A server begins to be moved. Raises Overtaken where the drain has said something of it."""
    locks.changed_one(_NOTE.run(connection, host, server_id, "moving", move, None, at))


def note_left(connection: Connection, host: HostName, server_id: ServerId, reason: str, at: int) -> None:
    """A server is left, and why; again: no change."""
    _NOTE.run(connection, host, server_id, "left", None, reason, at)


def note_end(
    connection: Connection,
    host: HostName,
    moving: MovingServer,
    state: DrainedState,
    reason: str | None,
    at: int,
) -> None:
    """What became of a server that was under way; again: no change."""
    _SET.run(connection, host, moving.server_id, moving.migration_id, state, reason, at)


def forget(connection: Connection, host: HostName, moving: MovingServer) -> None:
    """Say nothing of a server that is gone."""
    _FORGET.run(connection, host, moving.server_id, moving.migration_id)


def moving(connection: Connection, host: HostName, at: int) -> tuple[MovingServer, ...]:
    """Its servers that are under way, by id; as many as it has at once."""
    return tuple(map(_moving, _MOVING.all(connection, host, at)))


def told(connection: Connection, host: HostName) -> tuple[DrainedServer, ...]:
    """What it says of servers that there are, by id."""
    names = DrainedServer.__struct_fields__
    return tuple(DrainedServer(**dict(zip(names, row, strict=True))) for row in _TOLD.all(connection, host))


def staying(connection: Connection, host: HostName) -> tuple[StayingServer, ...]:
    """Servers of which it has said nothing: those on the host, then those with a move that has an end there."""
    rows = (*_STAYING.all(connection, host), *_ELSEWHERE.all(connection, host))
    return tuple(_staying(row) for row in rows)


def _drain(row: Row) -> HostDrain:
    return HostDrain(**dict(zip(_NAMES, row, strict=True)))


def _moving(row: Row) -> MovingServer:
    values: dict[str, Any] = dict(zip(MovingServer.__struct_fields__, row, strict=True))
    fault = values["fault"]
    values["fault"] = None if fault is None else msgspec.json.decode(fault, type=Fault)
    return MovingServer(**values | {name: bool(values[name]) for name in ("deleted", "held", "postponed")})


def _staying(row: Row) -> StayingServer:
    values: dict[str, Any] = dict(zip(StayingServer.__struct_fields__, row, strict=True))
    return StayingServer(**values | {"held": bool(values["held"])})
