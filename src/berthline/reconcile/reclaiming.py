"""Servers that were deleted so that they can be restored, and were not in time: they are deleted for good.

It takes no input: the rows say since when. Each delete is a saga, begun by whoever has the server's row first.
"""

from functools import partial
from typing import Final

from prometheus_client import Counter

from berthline.domain.clock import Clock
from berthline.domain.ids import ServerId
from berthline.reconcile.overdue import at_rest, begin_overdue
from berthline.store import Connection, Store
from berthline.store.compute.servers import overdue, servers
from berthline.store.control.sagas import insert_saga
from berthline.workflows.server import delete

AT_ONCE: Final = 50
SECOND: Final = 1_000_000
RECLAIMED: Final = Counter("berthline_reclaimed_servers", "Servers deleted for good that had been deleted softly.")


async def reclaim(store: Store, clock: Clock, seconds: float) -> int:
    """Begin to delete, every server that was deleted ``seconds`` ago or more; returns how many.

    0 seconds reclaim nothing: then servers are deleted for good at once, and one that is left is its user's.
    """
    if not seconds:
        return 0
    before = clock.now() - int(seconds * SECOND)
    some = partial(overdue.to_reclaim, before=before, limit=AT_ONCE)
    begun = await begin_overdue(store, clock, some, partial(_begin, before=before))
    RECLAIMED.inc(begun)
    return begun


def _begin(connection: Connection, server_id: ServerId, at: int, *, before: int) -> bool:
    server = at_rest(connection, server_id, "soft-delete")
    if server is None or server.soft_deleted_at is None or server.soft_deleted_at > before:
        return False
    servers.set_states(connection, server_id, task_state="deleting", at=at)
    insert_saga(
        connection,
        kind=delete.KIND,
        subject_id=server_id,
        project_id=server.project_id,
        saga_input=delete.ServerDelete(server_id),
        holder=None,
        place=server.host,
        at=at,
    )
    return True
