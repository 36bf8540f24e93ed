"""Server groups and who is in them. Who places a member locks its group first; that is what keeps a policy exact."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from berthline.domain.ids import HostName, ProjectId, ServerGroupId, ServerId
from berthline.domain.placing import ServerGroup
from berthline.store.engine import locks
from berthline.store.engine.prepared import Prepared, Row
from berthline.store.tables.base import to_json
from berthline.store.tables.placing import server_groups

_NAMES: Final = tuple(column.name for column in server_groups.c)
_COLUMNS: Final = ", ".join(f"g.{name}" for name in _NAMES)
# What is put into these texts are names of columns.
_INSERT: Final = Prepared(
    f"INSERT INTO server_groups ({', '.join(_NAMES)}) VALUES ({', '.join('?' for _ in _NAMES)})"  # noqa: S608
)
_GET: Final = Prepared(
    f"SELECT {_COLUMNS} FROM server_groups g WHERE g.id = ?1 AND (g.project_id = ?2 OR ?2 IS NULL)"  # noqa: S608
)
_PAGE: Final = Prepared(
    f"SELECT {_COLUMNS} FROM server_groups g ORDER BY g.created_at, g.id LIMIT ? OFFSET ?"  # noqa: S608
)
_PAGE_OF_PROJECT: Final = Prepared(
    f"SELECT {_COLUMNS} FROM server_groups g WHERE g.project_id = ? "  # noqa: S608
    "ORDER BY g.created_at, g.id LIMIT ? OFFSET ?"
)
_MEMBERS: Final = Prepared(
    "SELECT m.group_id, m.server_id FROM server_group_members m JOIN servers s ON s.id = m.server_id "
    "WHERE m.group_id IN (SELECT value FROM json_each(?)) AND s.deleted_at IS NULL ORDER BY s.created_at, s.id"
)
_MEMBER: Final = (
    "SELECT m.server_id, {host} AS host FROM server_group_members m JOIN servers s ON s.id = m.server_id {joined}"
    "WHERE m.group_id = ?1 AND s.deleted_at IS NULL AND {host} IS NOT NULL AND s.id <> ?2"
)
_MOVE: Final = "JOIN migrations g ON g.server_id = m.server_id AND g.held "
_HELD: Final = Prepared(
    "SELECT host, count(*) FROM ("  # noqa: S608 - our own words
    + " UNION ".join(
        (
            _MEMBER.format(host="s.host", joined=""),
            _MEMBER.format(host="g.source", joined=_MOVE),
            _MEMBER.format(host="g.destination", joined=_MOVE),
        )
    )
    + ") AS places GROUP BY host"
)
_COUNT: Final = Prepared(
    "SELECT count(*) FROM server_group_members m JOIN servers s ON s.id = m.server_id "
    "WHERE m.group_id = ? AND s.deleted_at IS NULL"
)
_GROUPS_OF: Final = Prepared(
    "SELECT server_id, group_id FROM server_group_members WHERE server_id IN (SELECT value FROM json_each(?))"
)
_JOIN: Final = Prepared("INSERT INTO server_group_members (server_id, group_id) VALUES (?, ?)")
_REMOVE: Final = Prepared("DELETE FROM server_groups WHERE id = ?")


def add(connection: Connection, group: ServerGroup) -> None:
    """Write a group; it has no members yet."""
    _INSERT.run(connection, *(getattr(group, name) for name in _NAMES))


def get(connection: Connection, group_id: ServerGroupId, *, project_id: ProjectId | None = None) -> ServerGroup | None:
    """One group with its members, or None. With ``project_id`` only one of that project."""
    row = _GET.first(connection, group_id, project_id)
    return None if row is None else _with_members(connection, [row])[0]


def page(connection: Connection, *, project_id: ProjectId | None, limit: int, offset: int) -> tuple[ServerGroup, ...]:
    """Groups of a project, or of all (None), the oldest first, without the first ``offset``; two statements."""
    if project_id is None:
        rows = _PAGE.all(connection, limit, offset)
    else:
        rows = _PAGE_OF_PROJECT.all(connection, project_id, limit, offset)
    return _with_members(connection, rows)


def remove(connection: Connection, group_id: ServerGroupId) -> bool:
    """Delete a group; its servers live on, in none. False when there was none."""
    return _REMOVE.run(connection, group_id) == 1


def lock(connection: Connection, group_id: ServerGroupId) -> None:
    """For who places a member, adds one, or deletes the group: one transaction at a time. See ``locks.lock``."""
    locks.lock(connection, server_groups, [group_id])


def join(connection: Connection, group_id: ServerGroupId, server_ids: Collection[ServerId]) -> None:
    """Have these servers, which are in no group, be members."""
    _JOIN.run_many(connection, [(server_id, group_id) for server_id in server_ids])


def rule(connection: Connection, group_id: ServerGroupId, *, project_id: ProjectId | None = None) -> ServerGroup | None:
    """``get`` without the members."""
    row = _GET.first(connection, group_id, project_id)
    return None if row is None else _group(row, ())


def groups_of(connection: Connection, server_ids: Collection[ServerId]) -> dict[ServerId, ServerGroupId]:
    """The group of each of these servers that is in one."""
    rows = _GROUPS_OF.all(connection, to_json(list(server_ids)))
    return {ServerId(server_id): ServerGroupId(group_id) for server_id, group_id in rows}


def held(connection: Connection, group_id: ServerGroupId, besides: ServerId | None = None) -> dict[HostName, int]:
    """How many members each host has that has any, ``besides`` one of them. One that moves is at both ends."""
    return {HostName(host): int(count) for host, count in _HELD.all(connection, group_id, besides or "")}


def count(connection: Connection, group_id: ServerGroupId) -> int:
    """How many members there are that are not deleted."""
    row = _COUNT.first(connection, group_id)
    return 0 if row is None else int(row[0])


def _with_members(connection: Connection, rows: Sequence[Row]) -> tuple[ServerGroup, ...]:
    members: dict[str, list[ServerId]] = {row[0]: [] for row in rows}
    if rows:
        for group_id, server_id in _MEMBERS.all(connection, to_json(list(members))):
            members[group_id].append(ServerId(server_id))
    return tuple(_group(row, tuple(members[row[0]])) for row in rows)


def _group(row: Row, members: tuple[ServerId, ...]) -> ServerGroup:
    values: dict[str, Any] = dict(zip(_NAMES, row, strict=True))
    return ServerGroup(**values, members=members)
