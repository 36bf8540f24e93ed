"""Rescue a server: boot it from a disk of another image, with its own disks beside it; and back.

A rescue that fails is undone: the guest boots from its own disks again, if it was on. A way back only goes forward:
until the rescue disk is gone the server is rescued still, and may be asked again; what fails from then on leaves it
in ERROR, which a hard reboot takes up. The guest's definition is replaced, never removed, so that what its
firmware remembers stays. Nova does this in ``compute.manager.rescue_instance``.
"""

from typing import Final

import msgspec

from berthline.domain.compute import PowerState, TaskState, VmState
from berthline.domain.errors import DisksInUse, Refused
from berthline.domain.ids import HostName, ImageId, SagaId, ServerId
from berthline.saga import Commit, Definition, Effect, Failure, Wait
from berthline.store import Connection
from berthline.store.compute.servers import admin_passwords, servers
from berthline.store.images import images
from berthline.workflows.outside import Outside
from berthline.workflows.server import earlier_work
from berthline.workflows.server.boot_steps import HostSteps
from berthline.workflows.server.failures import fault_at_step

RESCUE: Final = "server_rescue"
UNRESCUE: Final = "server_unrescue"
KINDS: Final = (RESCUE, UNRESCUE)
ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day; a delete ends that sooner."""

RESCUED_STILL: Final = frozenset({"earlier work ended", "power off", "guest", "rescue disk"})
"""The steps of the way back at whose failure the rescue disk may be there still: it is asked for again."""


class ServerRescue(msgspec.Struct, frozen=True, kw_only=True):
    """Input of the saga. ``before`` is the server's vm_state, ``power_before`` what it showed of its power."""

    server_id: ServerId
    host: HostName
    before: VmState
    power_before: PowerState
    image_id: ImageId
    has_password: bool
    """Whether a password waits for the config drive of the rescue."""
    after: tuple[SagaId, ...]


class ServerUnrescue(msgspec.Struct, frozen=True, kw_only=True):
    """Input of the saga."""

    server_id: ServerId
    host: HostName
    after: tuple[SagaId, ...]


def rescue_definition(outside: Outside) -> Definition[ServerRescue, Connection]:
    """The saga that boots a server from a rescue disk."""
    steps = _Rescue(outside)
    resumed = "undoing the rescue guest takes its power, running or not"
    return Definition(
        kind=RESCUE,
        input_type=ServerRescue,
        steps=(
            Wait("earlier work ended", earlier_work.look(outside), earlier_work.DEADLINE_SECONDS),
            Effect("image", steps.cache_image, None, "a cached image is shared by guests and is no leak", ATTEMPTS),
            Effect("rescue disk", steps.create_disks, steps.take_disks_back, attempts=ATTEMPTS),
            Effect("power off", steps.power_off, steps.bring_back, attempts=ATTEMPTS),
            Effect("rescue guest", steps.start_guest, steps.stop_guest, attempts=ATTEMPTS),
            Wait("ports up", steps.ports_up, outside.boot_deadline, joins=True),
            Effect("resume", steps.resume, None, resumed, ATTEMPTS, joins=True),
            Wait("running", steps.running, outside.boot_deadline, joins=True),
            Commit("rescued", steps.finish),
        ),
        undone=steps.fail,
    )


def unrescue_definition(outside: Outside) -> Definition[ServerUnrescue, Connection]:
    """The saga that boots a rescued server from its own disks again."""
    steps = _Unrescue(outside)
    forward = "the way back only goes forward; it may be asked again, or a hard reboot takes it up"
    return Definition(
        kind=UNRESCUE,
        input_type=ServerUnrescue,
        steps=(
            Wait("earlier work ended", earlier_work.look(outside), earlier_work.DEADLINE_SECONDS),
            Effect("power off", steps.power_off, None, forward, ATTEMPTS),
            Effect("guest", steps.start_guest, None, forward, ATTEMPTS),
            Effect("rescue disk", steps.delete_rescue_disks, None, forward, ATTEMPTS, joins=True),
            Wait("ports up", steps.ports_up, outside.boot_deadline, joins=True),
            Effect("resume", steps.resume, None, forward, ATTEMPTS, joins=True),
            Wait("running", steps.running, outside.boot_deadline, joins=True),
            Commit("unrescued", steps.finish),
        ),
        undone=steps.fail,
    )


class _Rescue(HostSteps):
    async def cache_image(self, rescue: ServerRescue) -> None:
        image = await self._outside.store.read_short(lambda connection: images.base_image(connection, rescue.image_id))
        await self._outside.host(rescue.host).cache_image(image, self._outside.images)

    async def create_disks(self, rescue: ServerRescue) -> None:
        """A server without a guest is one whose rebuild failed: of which image its disks are is not known."""
        if await self._outside.seen(rescue.host).power(rescue.server_id) == "absent":
            raise Refused(f"Server {rescue.server_id} has no guest on its host. Rebuild it.")
        spec = await self._boot.rescue_spec(rescue.server_id, rescue.image_id)
        there = self._outside.host(rescue.host)
        await self._boot.made_of_image(rescue.host, spec.image, lambda: there.create_rescue_disks(spec))

    async def take_disks_back(self, rescue: ServerRescue) -> None:
        """No rescue disk. A guest that uses one came behind the undoing: of a process that stood still meanwhile."""
        try:
            await self.delete_rescue_disks(rescue)
        except DisksInUse:
            await self.stop_guest(rescue)
            await self.bring_back(rescue)
            await self.delete_rescue_disks(rescue)

    async def bring_back(self, rescue: ServerRescue) -> None:
        """The guest of its own disks, on if it was on. One that was in ERROR may not be able to: so it stays."""
        spec, host = await self._boot.spec(rescue.server_id), self._outside.host(rescue.host)
        try:
            await host.start_paused(spec)
            if rescue.power_before == 1:
                await self._outside.host(rescue.host).resume(rescue.server_id)
            else:
                await self._outside.host(rescue.host).shutdown(rescue.server_id, 0.0)
        except Refused:
            if rescue.before != "error":
                raise

    async def start_guest(self, rescue: ServerRescue) -> None:
        spec = await self._boot.rescue_spec(rescue.server_id, rescue.image_id)
        await self._outside.host(rescue.host).start_paused(spec)

    async def stop_guest(self, rescue: ServerRescue) -> None:
        await self._boot.power_off(rescue.server_id, rescue.host, 0.0)

    def finish(self, connection: Connection, rescue: ServerRescue) -> None:
        """RESCUE; a delete that came meanwhile goes on from here."""
        now = self._outside.clock.now()
        if rescue.has_password:
            admin_passwords.forget(connection, rescue.server_id)
        servers.set_states(
            connection,
            rescue.server_id,
            expected_task_state="rescuing",
            vm_state="rescued",
            task_state=None,
            power_state=1,
            launched_at=now,
            wanted="running",
            what="rescued",
            at=now,
        )

    def fail(self, connection: Connection, rescue: ServerRescue, failure: Failure) -> None:
        """What it was before, with the reason."""
        if rescue.has_password:
            admin_passwords.forget(connection, rescue.server_id)
        now = self._outside.clock.now()
        _show(connection, rescue.server_id, "rescuing", rescue.before, failure, now)


class _Unrescue(HostSteps):
    async def start_guest(self, unrescue: ServerUnrescue) -> None:
        await self._boot.start_paused(unrescue.server_id, unrescue.host)

    def finish(self, connection: Connection, unrescue: ServerUnrescue) -> None:
        """ACTIVE, also where it was off before its rescue, as in Nova."""
        servers.set_states(
            connection,
            unrescue.server_id,
            expected_task_state="unrescuing",
            vm_state="active",
            task_state=None,
            power_state=1,
            fault=None,
            what="unrescued",
            at=self._outside.clock.now(),
        )

    def fail(self, connection: Connection, unrescue: ServerUnrescue, failure: Failure) -> None:
        """Rescued still, or in ERROR with a guest of its own disks; with the reason."""
        state: VmState = "rescued" if failure.step in RESCUED_STILL else "error"
        _show(connection, unrescue.server_id, "unrescuing", state, failure, self._outside.clock.now())


def _show(
    connection: Connection, server_id: ServerId, task: TaskState, vm_state: VmState, failure: Failure, at: int
) -> None:
    fault = fault_at_step(failure, at)
    servers.set_states(
        connection, server_id, expected_task_state=task, vm_state=vm_state, task_state=None, fault=fault, at=at
    )
