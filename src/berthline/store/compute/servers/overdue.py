"""Servers for which something is due by now, as reconcilers ask for them: some at a time, the oldest first."""

from typing import Final

from sqlalchemy import Connection

from berthline.domain.ids import ServerId
from berthline.store.engine.prepared import Prepared

_TO_RECLAIM: Final = Prepared(
    "SELECT id FROM servers WHERE soft_deleted_at IS NOT NULL AND soft_deleted_at <= ? AND task_state IS NULL "
    "AND vm_state = 'soft-delete' AND deleted_at IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM postponements p WHERE p.subject_id = servers.id AND p.until > ?) "
    "ORDER BY soft_deleted_at, id LIMIT ?"
)
_TO_OFFLOAD: Final = Prepared(
    "SELECT id FROM servers WHERE shelved_at IS NOT NULL AND shelved_at <= ? AND vm_state = 'shelved' "
    "AND task_state IS NULL AND host IS NOT NULL AND deleted_at IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM postponements p WHERE p.subject_id = servers.id AND p.until > ?) "
    "ORDER BY shelved_at, id LIMIT ?"
)


def to_reclaim(connection: Connection, now: int, before: int, limit: int) -> list[ServerId]:
    """Some of the servers at rest that were deleted before that moment and not restored, the oldest first.

    Those that are left for ``now`` are none of them.
    """
    return [ServerId(row[0]) for row in _TO_RECLAIM.all(connection, before, now, limit)]


def to_offload(connection: Connection, now: int, before: int, limit: int) -> list[ServerId]:
    """Some of the servers at rest that were shelved before that moment and are on their hosts, the oldest first.

    Those that are left for ``now`` are none of them.
    """
    return [ServerId(row[0]) for row in _TO_OFFLOAD.all(connection, before, now, limit)]
