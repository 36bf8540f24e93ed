"""Servers that wait longer than a window for their resize or migration to be confirmed: it is confirmed for them.

It takes no input: the rows say since when. Each confirmation is a saga, begun by whoever has the server's row first.
"""

from functools import partial
from typing import Final

from prometheus_client import Counter

from berthline.domain.clock import Clock
from berthline.domain.compute import ServerAction
from berthline.domain.ids import MigrationId, new_request_id
from berthline.reconcile.overdue import begin_overdue
from berthline.store import Connection, Store
from berthline.store.compute import migrations
from berthline.store.compute.servers import actions, servers
from berthline.store.control.sagas import insert_saga
from berthline.workflows.server.resize import confirm
from berthline.workflows.server.resize.verbs import ServerMove

AT_ONCE: Final = 50
SECOND: Final = 1_000_000
CONFIRMED: Final = Counter("berthline_confirmed_resizes", "Resizes confirmed since nobody did so in time.")


async def confirm_resizes(store: Store, clock: Clock, window: float) -> int:
    """Begin to confirm every move that has waited for ``window`` seconds or longer; returns how many. 0: none ever."""
    if not window:
        return 0
    before = clock.now() - int(window * SECOND)
    some = partial(migrations.finished_before, before=before, limit=AT_ONCE)
    begun = await begin_overdue(store, clock, some, begin_confirmation)
    CONFIRMED.inc(begun)
    return begun


def begin_confirmation(connection: Connection, migration_id: MigrationId, at: int) -> bool:
    """Begin to confirm a move. False where somebody confirms, reverts or deletes it by now."""
    migration = migrations.get(connection, migration_id)
    if migration is None:
        return False
    servers.lock(connection, migration.server_id)
    server = servers.get(connection, migration.server_id)
    if server is None or (server.vm_state, server.task_state) != ("resized", None):
        return False
    if not migrations.set_status(connection, migration.id, "confirming", at, expected=["finished"]):
        return False
    saga = insert_saga(
        connection,
        kind=confirm.KIND,
        subject_id=server.id,
        project_id=server.project_id,
        saga_input=ServerMove.of(migration),
        holder=None,
        place=migration.source,
        at=at,
    )
    action = ServerAction(
        server_id=server.id,
        request_id=new_request_id(),
        action="confirmResize",
        user_id=migration.user_id,
        project_id=server.project_id,
        saga_id=saga.id,
        message=None,
        started_at=at,
        updated_at=at,
    )
    actions.add(connection, action)
    return True
