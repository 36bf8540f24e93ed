"""Losses of hosts, one a host, and what became of each server of it.

Who begins something, or ends a loss, swaps its revision in the same transaction: so no two begin one too many.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from berthline.domain.compute import Flavor, MigrationStatus
from berthline.domain.hosts.losing import AwaitingServer, HostLoss, LossStage, LostServer
from berthline.domain.ids import HostName, MigrationId, ServerId
from berthline.store.engine import locks
from berthline.store.engine.changes import HOSTS_TOPIC
from berthline.store.engine.database import notify
from berthline.store.engine.prepared import Prepared, Row

_NAMES: Final = HostLoss.__struct_fields__
_COLUMNS: Final = ", ".join(_NAMES)
# What is put into these texts are names of columns.
_ONE: Final = Prepared(f"SELECT {_COLUMNS} FROM host_losses WHERE host = ?")  # noqa: S608
_UNDER_WAY: Final = Prepared(f"SELECT {_COLUMNS} FROM host_losses WHERE ended_at IS NULL ORDER BY host")  # noqa: S608
_FORGET: Final = Prepared("DELETE FROM host_losses WHERE host = ? AND ended_at IS NOT NULL")
_BEGIN: Final = Prepared(
    "INSERT INTO host_losses (host, stage, fence, at_once, user_id, project_id, request_id, started_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_SWAP: Final = Prepared("UPDATE host_losses SET revision = revision + 1 WHERE host = ? AND revision = ?")
_STAGE: Final = Prepared(
    "UPDATE host_losses SET stage = ?3, reason = ?4, fenced_at = COALESCE(fenced_at, ?5), ended_at = ?6, "
    "revision = revision + 1 WHERE host = ?1 AND revision = ?2"
)
_TRIED: Final = Prepared(
    "UPDATE host_losses SET attempts = attempts + 1, reason = ?3, revision = revision + 1 "
    "WHERE host = ?1 AND revision = ?2 RETURNING attempts"
)
_COUNT_MOVING: Final = Prepared("SELECT count(*) FROM lost_servers WHERE host = ? AND state = 'moving'")
_NOTE: Final = Prepared(
    "INSERT INTO lost_servers (host, server_id, state, migration_id, reason, updated_at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_TELLS: Final = Prepared("SELECT 1 FROM lost_servers WHERE host = ? AND server_id = ?")
_SET: Final = Prepared(
    "UPDATE lost_servers SET state = ?3, reason = ?4, updated_at = ?5 WHERE host = ?1 AND server_id = ?2 "
    "AND state = 'moving'"
)
_MOVING: Final = Prepared(
    "SELECT l.server_id, m.status, s.fault, s.deleted_at IS NOT NULL FROM lost_servers l "
    "JOIN migrations m ON m.id = l.migration_id JOIN servers s ON s.id = l.server_id "
    "WHERE l.host = ? AND l.state = 'moving' AND m.status <> 'accepted' ORDER BY l.server_id"
)
_TOLD: Final = Prepared(
    "SELECT s.id, s.name, s.host, l.state, l.migration_id, l.reason FROM lost_servers l "
    "JOIN servers s ON s.id = l.server_id WHERE l.host = ? AND s.deleted_at IS NULL ORDER BY s.id"
)
_AWAITING: Final = Prepared(
    "SELECT s.id, s.name, s.vm_state, s.task_state, "
    "EXISTS (SELECT 1 FROM migrations m WHERE m.server_id = s.id AND m.held), s.metadata, s.flavor, s.created_at "
    "FROM servers s WHERE s.host = ?1 AND s.deleted_at IS NULL AND s.vm_state <> 'shelved' "
    "AND NOT EXISTS (SELECT 1 FROM lost_servers l WHERE l.host = ?1 AND l.server_id = s.id)"
)


def get(connection: Connection, host: HostName) -> HostLoss | None:
    """The last loss of the host; None where there was none."""
    row = _ONE.first(connection, host)
    return None if row is None else _loss(row)


def under_way(connection: Connection) -> tuple[HostLoss, ...]:
    """Every loss that has not ended, by host."""
    return tuple(map(_loss, _UNDER_WAY.all(connection)))


def begin(connection: Connection, loss: HostLoss) -> None:
    """Have a loss of the host under way; one that has ended is forgotten, with what it said of servers."""
    _FORGET.run(connection, loss.host)
    _BEGIN.run(
        connection,
        loss.host,
        loss.stage,
        loss.fence,
        loss.at_once,
        loss.user_id,
        loss.project_id,
        loss.request_id,
        loss.started_at,
    )
    notify(connection, HOSTS_TOPIC)


def swap(connection: Connection, loss: HostLoss) -> None:
    """Be the only one who begins something of the loss as it was read. Raises Overtaken where another did."""
    locks.changed_one(_SWAP.run(connection, loss.host, loss.revision))


def set_stage(connection: Connection, loss: HostLoss, stage: LossStage, at: int, reason: str | None = None) -> None:
    """It has come so far, or ended. Raises Overtaken as ``swap``."""
    fenced = at if stage == "moving" else None
    ended = at if stage in {"ended", "failed"} else None
    locks.changed_one(_STAGE.run(connection, loss.host, loss.revision, stage, reason, fenced, ended))
    notify(connection, HOSTS_TOPIC)


def note_tried(connection: Connection, loss: HostLoss, reason: str) -> int:
    """The fence failed once more; how often it did. 0: somebody else has changed the loss."""
    row = _TRIED.first(connection, loss.host, loss.revision, reason)
    return 0 if row is None else int(row[0])


def count_moving(connection: Connection, host: HostName) -> int:
    """How many of its servers are under way."""
    row = _COUNT_MOVING.first(connection, host)
    assert row is not None, "an aggregate has a row"
    return int(row[0])


def tells(connection: Connection, host: HostName, server_id: ServerId) -> bool:
    """Whether it has said something of the server."""
    return _TELLS.first(connection, host, server_id) is not None


def note_moving(connection: Connection, host: HostName, server_id: ServerId, move: MigrationId, at: int) -> None:
    """A server begins to be made anew. Raises Overtaken where the loss has said something of it."""
    locks.changed_one(_NOTE.run(connection, host, server_id, "moving", move, None, at))


def note_left(connection: Connection, host: HostName, server_id: ServerId, reason: str, at: int) -> None:
    """A server is left, and why; again: no change."""
    _NOTE.run(connection, host, server_id, "left", None, reason, at)


def follow(connection: Connection, host: HostName, at: int) -> int:
    """Note what became of those that were under way and have ended; how many they are."""
    ended = _MOVING.all(connection, host)
    for server_id, status, fault, deleted in ended:
        if status == "completed" or deleted:
            _SET.run(connection, host, server_id, "moved", None, at)
        else:
            _SET.run(connection, host, server_id, "left", _said(status, fault), at)
    return len(ended)


def told(connection: Connection, host: HostName) -> tuple[LostServer, ...]:
    """What it says of servers that there are, by id."""
    names = LostServer.__struct_fields__
    return tuple(LostServer(**dict(zip(names, row, strict=True))) for row in _TOLD.all(connection, host))


def awaiting(connection: Connection, host: HostName) -> tuple[AwaitingServer, ...]:
    """Servers on the host of which it has said nothing, in the order in which they come; none whose disk is in an
    image.
    """
    return tuple(sorted(map(_awaiting, _AWAITING.all(connection, host)), key=lambda server: server.order))


def _said(status: MigrationStatus, fault: str | None) -> str:
    why = None if fault is None else msgspec.json.decode(fault, type=dict[str, Any]).get("message")
    return f"its evacuation ended as {status}" + (f": {why}" if why else "")


def _loss(row: Row) -> HostLoss:
    return HostLoss(**dict(zip(_NAMES, row, strict=True)))


def _awaiting(row: Row) -> AwaitingServer:
    server_id, name, vm_state, task_state, held, metadata, flavor, created_at = row
    return AwaitingServer(
        server_id=ServerId(server_id),
        name=name,
        vm_state=vm_state,
        task_state=task_state,
        held=bool(held),
        metadata=msgspec.json.decode(metadata, type=dict[str, str]),
        extra_specs=msgspec.json.decode(flavor, type=Flavor).extra_specs,
        created_at=created_at,
    )
