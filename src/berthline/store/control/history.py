"""What is over, taken out of the database when it is old, a part at a time: events, finished sagas, deleted servers.

Nothing that something still needs is taken: see each function. Times are in µs.
"""

from typing import Final, NamedTuple

from sqlalchemy import Connection

from berthline.store.engine.prepared import Prepared
from berthline.store.tables.base import to_json

_EVENTS: Final = Prepared("SELECT sequence, at FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?")
_REMOVE_EVENTS: Final = Prepared(
    "DELETE FROM events WHERE sequence > ? AND sequence <= ? AND NOT (kind = 'image' AND what = 'deleted')"
)
_FINISHED: Final = "state IN ('done', 'undone')"
# What is put into these texts is the condition above, in the words of the index.
_SAGAS: Final = Prepared(
    f"SELECT updated_at, id FROM sagas WHERE {_FINISHED} AND (updated_at, id) > (?, ?) AND updated_at < ? "  # noqa: S608
    "ORDER BY updated_at, id LIMIT ?"
)
_REMOVE_SAGAS: Final = Prepared(
    f"DELETE FROM sagas WHERE id IN (SELECT value FROM json_each(?)) AND {_FINISHED} AND NOT EXISTS "  # noqa: S608
    "(SELECT 1 FROM server_actions WHERE server_id = sagas.subject_id AND saga_id = sagas.id)"
)
_SERVERS: Final = Prepared(
    "SELECT id FROM servers WHERE deleted_at IS NOT NULL AND deleted_at < ? "
    "AND NOT EXISTS (SELECT 1 FROM server_nics WHERE server_id = servers.id) "
    "AND NOT EXISTS (SELECT 1 FROM remote_nics WHERE server_id = servers.id) "
    "AND NOT EXISTS (SELECT 1 FROM sagas WHERE subject_id = servers.id AND state IN ('forward', 'unwinding')) "
    "ORDER BY deleted_at LIMIT ?"
)
_REMOVE_SERVERS_SAGAS: Final = Prepared("DELETE FROM sagas WHERE subject_id IN (SELECT value FROM json_each(?))")
_REMOVE_SERVERS: Final = Prepared(
    "DELETE FROM servers WHERE id IN (SELECT value FROM json_each(?)) AND deleted_at IS NOT NULL"
)


class Removed(NamedTuple):
    """How many rows were taken out of a part, and where the part ended; None when there was nothing old any more."""

    rows: int
    end: tuple[int, str] | None


def remove_events(connection: Connection, after: int, before: int, limit: int) -> Removed:
    """Take out events that were before that time, of the ``limit`` that follow the sequence ``after``.

    What says that an image was deleted stays: by it a start knows a file that was left over from one that was not its.
    """
    last = None
    for sequence, at in _EVENTS.all(connection, after, limit):
        if at >= before:
            break
        last = int(sequence)
    if last is None:
        return Removed(0, None)
    return Removed(_REMOVE_EVENTS.run(connection, after, last), (last, ""))


def remove_sagas(connection: Connection, after: tuple[int, str], before: int, limit: int) -> Removed:
    """Take out sagas that ended before that time, with their steps, of the ``limit`` that follow ``after``.

    One that an action of a server tells of stays as long as the server's row.
    """
    rows = _SAGAS.all(connection, *after, before, limit)
    if not rows:
        return Removed(0, None)
    removed = _REMOVE_SAGAS.run(connection, to_json([saga_id for _, saga_id in rows]))
    return Removed(removed, (int(rows[-1][0]), str(rows[-1][1])))


def remove_deleted_servers(connection: Connection, before: int, limit: int) -> int:
    """Take out servers that were deleted before that time, with their actions and sagas; how many, ``limit`` at most.

    One stays while a NIC or an unfinished saga is left of it.
    """
    ids = to_json([server_id for (server_id,) in _SERVERS.all(connection, before, limit)])
    removed = _REMOVE_SERVERS.run(connection, ids)
    _REMOVE_SERVERS_SAGAS.run(connection, ids)
    return removed
