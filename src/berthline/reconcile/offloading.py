"""Servers that were shelved, and have stayed on their hosts as long as they may: they leave them.

It takes no input: the rows say since when. Each offload is a saga, begun by whoever has the server's row first.
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
from berthline.workflows.server.shelving import shelve

AT_ONCE: Final = 50
SECOND: Final = 1_000_000
OFFLOADED: Final = Counter("berthline_offloaded_servers", "Shelved servers that left their hosts since it was time.")


async def offload_shelved(store: Store, clock: Clock, seconds: float) -> int:
    """Have every server that was shelved ``seconds`` ago or more leave its host; returns how many begin to.

    0 or less: none. At 0 seconds a server leaves its host as it is shelved; one that is on a host nevertheless failed
    to, or was shelved under another setting, and is an admin's to offload.
    """
    if seconds <= 0:
        return 0
    before = clock.now() - int(seconds * SECOND)
    some = partial(overdue.to_offload, before=before, limit=AT_ONCE)
    begun = await begin_overdue(store, clock, some, partial(_begin, before=before))
    OFFLOADED.inc(begun)
    return begun


def _begin(connection: Connection, server_id: ServerId, at: int, *, before: int) -> bool:
    """False where somebody unshelves, offloads or deletes it by now."""
    server = at_rest(connection, server_id, "shelved")
    if server is None or server.host is None or server.shelved_at is None or server.shelved_at > before:
        return False
    servers.set_states(connection, server_id, task_state="shelving_offloading", at=at)
    insert_saga(
        connection,
        kind=shelve.OFFLOAD,
        subject_id=server_id,
        project_id=server.project_id,
        saga_input=shelve.ServerOffload(server_id, server.host),
        holder=None,
        place=server.host,
        at=at,
    )
    return True
