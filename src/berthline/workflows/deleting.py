"""The verbs that end a server, or seem to: delete, for good or so that it can be restored, and restore."""

from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Server
from berthline.domain.ids import ServerId
from berthline.domain.server_actions import ACTIONS
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import request_cancel, unfinished
from berthline.workflows.accepting import (
    Accepting,
    check_may_write,
    check_state,
    check_unlocked,
    owned_for_change,
)
from berthline.workflows.interfaces import attach as interface_attach
from berthline.workflows.server import (
    create,
    delete,
    earlier_work,
    evacuate,
    live,
    password,
    power,
    rebuild,
    rescue,
    resize,
    soft_delete,
)
from berthline.workflows.server.shelving import shelve, unshelve
from berthline.workflows.server.snapshots import create_image

OFF: Final = 4
"""A guest's power, as Nova numbers it."""
CANCELLED: Final = (
    create.KIND,
    rebuild.KIND,
    evacuate.KIND,
    *rescue.KINDS,
    *soft_delete.KINDS,
    create_image.KIND,
    *shelve.KINDS,
    *unshelve.KINDS,
    interface_attach.KIND,
    password.KIND,
    *power.KINDS,
    *resize.KINDS,
    *live.KINDS,
)
"""What a delete ends that is under way; for anything else it waits."""


class Deleting(Accepting):
    """What the compute API calls. Every method checks that the caller may, before anything changes."""

    async def delete(self, caller: Caller, server_id: ServerId, *, for_good: bool = False) -> None:
        """Begin to delete a server, in any state; a boot under way is cancelled. Deleting it again changes nothing.

        Where deletes are deferred, a server whose guest has run once can be restored for a while, unless it is to go
        ``for_good``, or is in the middle of a move between flavors or hosts. Raises NotFound, Forbidden, Conflict for a
        locked server.
        """
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord | None:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_unlocked(caller, server)
            if any(saga.kind == delete.KIND for saga in unfinished(connection, server_id)):
                return None
            places = resize.places_of(connection, server)
            if for_good or places or not self._outside.reclaim_seconds or server.launched_at is None:
                saga_input = delete.ServerDelete(server_id, places)
                return self._begin_delete(connection, caller, server, "delete", delete.KIND, saga_input, at)
            at_rest = (server.vm_state, server.task_state, server.power_state) == ("soft-delete", None, OFF)
            if server.task_state == "soft-deleting" or at_rest:
                return None
            return self._soft_delete(connection, caller, server, at)

        saga = await self._outside.store.write_short(work)
        self._engine.wake_subject(server_id)
        if saga is not None:
            self._engine.adopt(saga)

    async def restore(self, caller: Caller, server_id: ServerId) -> None:
        """Begin to start a server that was deleted and can be restored.

        Raises NotFound, Forbidden, Conflict for a locked server, InstanceInvalidState for one that is not deleted.
        """
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_unlocked(caller, server)
            rule = check_state(server, "restore")
            after = earlier_work.earlier(connection, server_id)
            servers.undelete(connection, server_id, at)
            servers.set_states(connection, server_id, task_state=rule.meanwhile, wanted=rule.wants, at=at)
            host = server.host if server.shelved_image_id is None else None
            saga_input = soft_delete.SoftDeletion(server_id=server_id, host=host, after=after)
            return self._begin(connection, caller, server, "restore", soft_delete.RESTORE, saga_input, at)

        self._engine.adopt(await self._outside.store.write(work))

    def _soft_delete(self, connection: Connection, caller: Caller, server: Server, at: int) -> SagaRecord:
        after = earlier_work.earlier(connection, server.id)
        saga_input = soft_delete.SoftDeletion(server_id=server.id, host=server.host, after=after)
        return self._begin_delete(connection, caller, server, "soft_delete", soft_delete.SOFT_DELETE, saga_input, at)

    def _begin_delete(
        self,
        connection: Connection,
        caller: Caller,
        server: Server,
        rule: str,
        kind: str,
        saga_input: msgspec.Struct,
        at: int,
    ) -> SagaRecord:
        """End what is under way, and begin. To users both are the action ``delete``."""
        servers.set_states(connection, server.id, task_state=ACTIONS[rule].meanwhile, at=at)
        request_cancel(connection, server.id, *CANCELLED)
        return self._begin(connection, caller, server, "delete", kind, saga_input, at)
