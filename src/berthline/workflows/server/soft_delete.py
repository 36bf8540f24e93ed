"""Delete a server so that it can be restored, and restore it: its guest off meanwhile, all that it has kept.

It keeps its disks, its ports, its place on its host and its part of the quota until ``reconcile.reclaiming`` deletes it
for good. Nova does this with ``reclaim_instance_interval``.
"""

from typing import Final

import msgspec

from berthline.domain.compute import VmState
from berthline.domain.ids import HostName, SagaId, ServerId
from berthline.domain.server_actions import LEAVING
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.workflows.outside import Outside
from berthline.workflows.server import earlier_work
from berthline.workflows.server.boot_steps import BootSteps
from berthline.workflows.server.delete import leave_undeleted
from berthline.workflows.server.failures import fault_at_step

SOFT_DELETE: Final = "server_soft_delete"
RESTORE: Final = "server_restore"
KINDS: Final = (SOFT_DELETE, RESTORE)
ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day; a delete for good ends that sooner."""


class SoftDeletion(msgspec.Struct, frozen=True, kw_only=True):
    """Input of both sagas. ``host`` None: the server has none, or is shelved there, and nothing is done outside."""

    server_id: ServerId
    host: HostName | None
    after: tuple[SagaId, ...]


def soft_delete_definition(outside: Outside) -> Definition[SoftDeletion, Connection]:
    """The saga that takes a server's power and hides it."""
    steps = _Steps(outside)
    forward = "a delete only goes forward; the server can be restored"
    return Definition(
        kind=SOFT_DELETE,
        input_type=SoftDeletion,
        steps=(
            Wait("earlier work ended", earlier_work.look(outside), earlier_work.DEADLINE_SECONDS),
            Effect("power off", steps.power_off, None, forward, ATTEMPTS),
            Commit("soft-deleted", steps.hide),
        ),
        undone=steps.not_deleted,
    )


def restore_definition(outside: Outside) -> Definition[SoftDeletion, Connection]:
    """The saga that starts a restored server from its own disks."""
    steps = _Steps(outside)
    forward = "it is the user's to delete it again"
    return Definition(
        kind=RESTORE,
        input_type=SoftDeletion,
        steps=(
            Wait("earlier work ended", earlier_work.look(outside), earlier_work.DEADLINE_SECONDS),
            Effect("guest", steps.start_guest, None, forward, ATTEMPTS),
            Effect("rescue disk", steps.delete_rescue_disks, None, forward, ATTEMPTS, joins=True),
            Wait("ports up", steps.ports_up, outside.boot_deadline, joins=True),
            Effect("resume", steps.resume, None, forward, ATTEMPTS, joins=True),
            Wait("running", steps.running, outside.boot_deadline, joins=True),
            Commit("restored", steps.show),
        ),
        undone=steps.not_restored,
    )


class _Steps:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._boot = BootSteps(outside)

    async def power_off(self, deletion: SoftDeletion) -> None:
        if deletion.host is not None:
            await self._boot.power_off(deletion.server_id, deletion.host, self._outside.stop_grace)

    def hide(self, connection: Connection, deletion: SoftDeletion) -> None:
        servers.lock(connection, deletion.server_id)
        server = servers.get(connection, deletion.server_id)
        if server is not None:
            fault = server.fault if server.vm_state == "error" else None
            servers.soft_delete(connection, deletion.server_id, fault, self._outside.clock.now())

    def not_deleted(self, connection: Connection, deletion: SoftDeletion, failure: Failure) -> None:
        """To be deleted again, with the reason; a delete for good that came meanwhile goes on from here. One that was
        being restored is deleted again: a restore may have begun its guest, which a delete once more takes off.
        """
        server, now = servers.get(connection, deletion.server_id), self._outside.clock.now()
        if server is None or server.task_state != "soft-deleting":
            return
        if server.vm_state == "soft-delete" and server.soft_deleted_at is None:
            servers.soft_delete(connection, server.id, server.fault, now)
        else:
            leave_undeleted(connection, server.id, failure, now)

    async def start_guest(self, deletion: SoftDeletion) -> None:
        if deletion.host is not None:
            await self._boot.start_paused(deletion.server_id, deletion.host)

    async def delete_rescue_disks(self, deletion: SoftDeletion) -> None:
        """Of a server that was rescued when it was deleted."""
        if deletion.host is not None:
            await self._outside.host(deletion.host).delete_rescue_disks(deletion.server_id)

    async def ports_up(self, deletion: SoftDeletion) -> Ready | NotYet:
        return Ready() if deletion.host is None else await self._boot.ports_up(deletion.server_id)

    async def resume(self, deletion: SoftDeletion) -> None:
        if deletion.host is not None:
            await self._boot.resume(deletion.server_id, deletion.host)

    async def running(self, deletion: SoftDeletion) -> Ready | NotYet:
        return Ready() if deletion.host is None else await self._boot.running(deletion.server_id, deletion.host)

    def show(self, connection: Connection, deletion: SoftDeletion) -> None:
        """ACTIVE, as in Nova, whatever it was before; but a shelved server is shelved still, its disk in its image, and
        one in ERROR is so with the reason that it had: what was wrong with it, as half a rebuild, has not gone. A
        delete that came meanwhile goes on from here, and may be undone: the guest is there again, so the state says so.
        """
        servers.lock(connection, deletion.server_id)
        server = servers.get(connection, deletion.server_id)
        if server is None or server.task_state not in {"restoring", *LEAVING}:
            return
        vm_state: VmState = "active" if server.fault is None else "error"
        if server.shelved_image_id is not None:
            vm_state = "shelved_offloaded" if server.host is None else "shelved"
        servers.set_states(
            connection,
            server.id,
            expected_task_state=server.task_state,
            vm_state=vm_state,
            task_state=server.task_state if server.task_state in LEAVING else None,
            power_state=1 if vm_state in {"active", "error"} else 4,
            what="restored",
            at=self._outside.clock.now(),
        )

    def not_restored(self, connection: Connection, deletion: SoftDeletion, failure: Failure) -> None:
        """ERROR with the reason: it is not deleted any more."""
        now = self._outside.clock.now()
        servers.set_states(
            connection,
            deletion.server_id,
            expected_task_state="restoring",
            vm_state="error",
            task_state=None,
            fault=fault_at_step(failure, now),
            at=now,
        )
