"""Evacuate a server: its host is lost, and its guest is made anew from its image on another one, with the same NICs.

The claim has given it the other host and bound its NICs there, so that whatever the lost host still does reaches
nobody; what is left there is noted, and removed when the host is back (``reconcile.returned_hosts``). The old disks are
kept until the new guest is as it is to be: should it fail, the server is on its old host again, in ERROR. Nova does it
in ``compute.manager.rebuild_instance``, and leaves a server whose evacuation failed where it was, too.
"""

from typing import Final

import msgspec

from berthline.domain.compute import Fault, MigrationStatus, Server, TaskState, WantedPower
from berthline.domain.ids import HostName, MigrationId, SagaId, ServerId
from berthline.domain.server_actions import LEAVING
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection
from berthline.store.compute import hosts, left_guests, migrations
from berthline.store.compute.servers import admin_passwords, guest_passwords, servers
from berthline.workflows.outside import Outside
from berthline.workflows.server import earlier_work
from berthline.workflows.server.boot_steps import HostSteps
from berthline.workflows.server.failures import fault_at_step
from berthline.workflows.server.placing import free_place

KIND: Final = "server_evacuate"
PATIENCE: Final = 20
"""How often the new host is tried where it cannot be reached, before the server is given back: some minutes."""
HOST_GONE: Final = (
    "The host that this server was on was removed from this cloud, and its disks with it, while it was to be brought "
    "to another one. Delete the server; its ports and addresses are kept until then."
)


class ServerEvacuate(msgspec.Struct, frozen=True, kw_only=True):
    """Input of the saga: ``host`` is the new one, ``source`` the one that is lost.

    ``runs``: what its guest is to be. ``after`` are the sagas that it is to find ended.
    """

    server_id: ServerId
    host: HostName
    source: HostName
    migration_id: MigrationId
    runs: bool
    has_password: bool
    after: tuple[SagaId, ...] = ()


def definition(outside: Outside) -> Definition[ServerEvacuate, Connection]:
    """The saga that makes the guest anew."""
    steps = _Steps(outside)
    networks = (Effect("networks", steps.realise, None, "whoever has the server next has them bound to itself"),)
    return Definition(
        kind=KIND,
        input_type=ServerEvacuate,
        steps=(
            Wait("earlier work ended", earlier_work.look(outside), earlier_work.DEADLINE_SECONDS),
            *(networks if outside.network.acts_outside else ()),
            Effect("image", steps.cache_image, None, "a cached image is shared by guests and is no leak", PATIENCE),
            Commit("disks next", steps.tell_of_disks),
            Effect("disks", steps.create_disks, steps.delete_disks, attempts=PATIENCE),
            Commit("guest next", steps.tell_of_guest),
            Effect("guest", steps.begin_guest, steps.destroy_guest, attempts=PATIENCE),
            Wait("ports up", steps.ports_up_if_on, outside.boot_deadline, joins=True),
            Effect("resume", steps.let_run, None, "undoing the guest step ends it, running or not", joins=True),
            Wait("running", steps.as_wanted, outside.boot_deadline, joins=True),
            Commit("evacuated", steps.finish),
        ),
        undone=steps.fail,
    )


class _Steps(HostSteps):
    """The steps, each do beside its undo."""

    async def realise(self, evacuate: ServerEvacuate) -> None:
        await self._outside.network.realise(evacuate.server_id, evacuate.host)

    async def cache_image(self, evacuate: ServerEvacuate) -> None:
        await self._boot.cache_image(evacuate.server_id, evacuate.host)

    def tell_of_disks(self, connection: Connection, evacuate: ServerEvacuate) -> None:
        self._show(connection, evacuate, "rebuild_block_device_mapping")

    async def create_disks(self, evacuate: ServerEvacuate) -> None:
        await self._boot.create_disks(evacuate.server_id, evacuate.host)

    async def delete_disks(self, evacuate: ServerEvacuate) -> None:
        await self._boot.delete_disks(evacuate.server_id, evacuate.host)

    def tell_of_guest(self, connection: Connection, evacuate: ServerEvacuate) -> None:
        self._show(connection, evacuate, "rebuild_spawning")

    async def begin_guest(self, evacuate: ServerEvacuate) -> None:
        """Paused, its taps plugged; one that is to be off is only defined."""
        if evacuate.runs:
            await self._boot.start_paused(evacuate.server_id, evacuate.host)
        else:
            spec = await self._boot.spec(evacuate.server_id)
            await self._outside.host(evacuate.host).define(spec)

    async def destroy_guest(self, evacuate: ServerEvacuate) -> None:
        await self._boot.destroy(evacuate.server_id, evacuate.host)

    async def ports_up_if_on(self, evacuate: ServerEvacuate) -> Ready | NotYet:
        return await self.ports_up(evacuate) if evacuate.runs else Ready()

    async def let_run(self, evacuate: ServerEvacuate) -> None:
        if evacuate.runs:
            await self.resume(evacuate)

    async def as_wanted(self, evacuate: ServerEvacuate) -> Ready | NotYet:
        return await self.running(evacuate) if evacuate.runs else Ready()

    def finish(self, connection: Connection, evacuate: ServerEvacuate) -> None:
        """ACTIVE or SHUTOFF on its new host; a delete that came meanwhile goes on from here.

        What the old host has of it is needed no more. The password that the old guest left is nobody's any more.
        """
        now = self._outside.clock.now()
        servers.lock(connection, evacuate.server_id)
        server = servers.get(connection, evacuate.server_id)
        if server is None:
            return
        self._forget_password(connection, evacuate)
        guest_passwords.forget(connection, evacuate.server_id)
        wanted: WantedPower = "running" if evacuate.runs else "stopped"
        servers.set_states(
            connection,
            server.id,
            vm_state="active" if evacuate.runs else "stopped",
            task_state=server.task_state if server.task_state in LEAVING else None,
            power_state=1 if evacuate.runs else 4,
            launched_at=now,
            fault=None,
            wanted=wanted,
            what="evacuated",
            at=now,
        )
        migrations.end_evacuation(connection, evacuate.migration_id, "completed", now)
        left_guests.give_up(connection, server.id)

    def fail(self, connection: Connection, evacuate: ServerEvacuate, failure: Failure) -> None:
        """On its old host again, in ERROR, with the reason; nothing of it is on the new one.

        Where the old host was removed meanwhile it has none: then its disks are lost. A delete goes on from here.
        """
        now = self._outside.clock.now()
        servers.lock(connection, evacuate.server_id)
        server = servers.get(connection, evacuate.server_id)
        if server is None:
            return
        self._forget_password(connection, evacuate)
        hosts.lock(connection, sorted((evacuate.host, evacuate.source)))
        free_place(connection, server, now)
        ended: MigrationStatus = "cancelled" if failure.type == "Cancelled" else "failed"
        migrations.end_evacuation(connection, evacuate.migration_id, ended, now)
        fault = fault_at_step(failure, now)
        if left_guests.take_back(connection, evacuate.source, server.id):
            servers.set_host(connection, server.id, evacuate.source, now)
            if not self._outside.network.rebind(connection, server.id, evacuate.source, now):
                self._outside.network.unbind(connection, server.id, now)
        else:
            servers.set_host(connection, server.id, None, now)
            self._outside.network.unbind(connection, server.id, now)
            fault = Fault(code=500, message=HOST_GONE, details=fault.message, created_at=now)
        if server.task_state not in LEAVING:
            servers.fail(connection, server.id, fault, now)

    @staticmethod
    def _forget_password(connection: Connection, evacuate: ServerEvacuate) -> None:
        if evacuate.has_password:
            admin_passwords.forget(connection, evacuate.server_id)

    def _show(self, connection: Connection, evacuate: ServerEvacuate, task: TaskState) -> None:
        """What is done next, unless a delete came: what was ended for this may have shown something else meanwhile."""
        now = self._outside.clock.now()
        servers.lock(connection, evacuate.server_id)
        server: Server | None = servers.get(connection, evacuate.server_id)
        if server is not None and server.task_state not in LEAVING:
            servers.set_states(connection, server.id, task_state=task, at=now)
