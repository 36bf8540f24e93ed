"""A server gets another flavor, or another host, and its owner confirms that or goes back. See `move`."""

from typing import Final

from berthline.domain.compute import Server
from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.workflows.server.resize import confirm, move, revert

KINDS: Final = (*move.KINDS, confirm.KIND, revert.KIND)
"""Every kind of saga of a move."""


def places_of(connection: Connection, server: Server) -> tuple[HostName, ...]:
    """The hosts that may have something of a server while a move of it is held; none for one that is not moved."""
    task = server.task_state or ""
    moves = server.vm_state in {"resized", "error"} or task == "migrating" or task.startswith("resize")
    migration = migrations.held_by(connection, server.id) if moves else None
    return () if migration is None else (migration.source, migration.destination)
