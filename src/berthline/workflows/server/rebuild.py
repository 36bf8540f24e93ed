"""Rebuild a server: the disks anew from an image, everything else of it the same: its host, its NICs, its flavor.

The image comes to the host first: until it is there the server is as it was. From then on it only goes forward, since
what was on the old disks is lost; what fails leaves the server in ERROR, with the reason, to be rebuilt again. Nova
(``compute.manager.rebuild_instance``) loses the old disks before it has the new image.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from berthline.domain.compute import Server, TaskState, VmState, WantedPower
from berthline.domain.disks import Disk
from berthline.domain.hardware import Hardware
from berthline.domain.ids import HostName, ImageId, SagaId, ServerId
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, SagaRecord, Wait
from berthline.store import Connection
from berthline.store.compute import hosts
from berthline.store.compute.servers import admin_passwords, guest_passwords, servers
from berthline.store.control.sagas import list_sagas
from berthline.workflows.outside import Outside
from berthline.workflows.server import earlier_work, evacuate
from berthline.workflows.server.boot_steps import BootSteps
from berthline.workflows.server.failures import fault_at_step

KIND: Final = "server_rebuild"
ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day; a delete ends that sooner."""

EARLIER: Final = "earlier work ended"
NOTHING_LOST: Final = frozenset({EARLIER, "image", "old guest"})
"""The steps at whose failure the old disks are still there. No later one joins them: what a worker before the one that
fails had begun would not be known.
"""

TASKS: Final[frozenset[TaskState | None]] = frozenset(
    {"rebuilding", "rebuild_block_device_mapping", "rebuild_spawning"}
)


DISKS: Final = "disks"


def left_old_disks(connection: Connection, server_id: ServerId) -> bool:
    """Whether the last rebuild failed amid the disks: what is there may be of the image before, or nothing whole."""
    own = list_sagas(connection, subject_id=server_id)
    last = next((saga for saga in own if saga.kind == KIND or _made_disks_elsewhere(saga)), None)
    return last is not None and last.kind == KIND and last.failure is not None and last.failure.step == DISKS


def _made_disks_elsewhere(saga: SagaRecord) -> bool:
    return saga.kind == evacuate.KIND and saga.state == "done"


class ServerRebuild(msgspec.Struct, frozen=True, kw_only=True):
    """Input of the saga; the server's row says what it shall be.

    ``before`` is its vm_state and ``wanted`` what its owner wants its guest to be; ``image_before`` and what else ends
    so say what its old disks were.
    """

    server_id: ServerId
    host: HostName
    before: VmState
    wanted: WantedPower
    image_before: ImageId | None
    image_disk_before: int
    disks_before: tuple[Disk, ...]
    hardware_before: Hardware | None
    image_disk: int
    keep_empty: bool
    has_password: bool
    """Whether a password waits for the config drive."""
    after: tuple[SagaId, ...]

    @property
    def stays_off(self) -> bool:
        """A server that is stopped, and one in ERROR, half a rebuild perhaps, whose owner had stopped it before."""
        return self.before == "stopped" or (self.before == "error" and self.wanted == "stopped")


Tell = Callable[[Connection, ServerRebuild], None]


def definition(outside: Outside) -> Definition[ServerRebuild, Connection]:
    """The saga that rebuilds a server on its host."""
    steps = _Steps(outside)
    lost = "what was on the old disks is lost: it only goes forward"
    kept = "the server is in ERROR with its new guest, which a hard reboot or a rebuild takes up"
    return Definition(
        kind=KIND,
        input_type=ServerRebuild,
        steps=(
            Wait(EARLIER, earlier_work.look(outside), earlier_work.DEADLINE_SECONDS),
            Effect("image", steps.cache_image, None, "a cached image is shared by guests and is no leak", ATTEMPTS),
            Commit("disks next", steps.tell("rebuilding", "rebuild_block_device_mapping")),
            Effect("old guest", steps.destroy_guest, None, lost, ATTEMPTS),
            Effect(DISKS, steps.renew_disks, None, lost, ATTEMPTS),
            Commit("guest next", steps.tell_of_guest),
            Effect("guest", steps.start_guest, None, kept, ATTEMPTS),
            Wait("ports up", steps.ports_up, outside.boot_deadline, joins=True),
            Effect("resume", steps.resume_guest, None, kept, ATTEMPTS, joins=True),
            Wait("running", steps.guest_running, outside.boot_deadline, joins=True),
            Commit("rebuilt", steps.finish),
        ),
        undone=steps.fail,
    )


class _Steps:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._start = BootSteps(outside)

    async def cache_image(self, rebuild: ServerRebuild) -> None:
        await self._start.cache_image(rebuild.server_id, rebuild.host)

    def tell(self, expected: TaskState, following: TaskState) -> Tell:
        """Show what is done next, unless something else is shown by now."""

        def apply(connection: Connection, rebuild: ServerRebuild) -> None:
            now = self._outside.clock.now()
            servers.set_states(
                connection, rebuild.server_id, expected_task_state=expected, task_state=following, at=now
            )

        return apply

    async def destroy_guest(self, rebuild: ServerRebuild) -> None:
        await self._start.destroy(rebuild.server_id, rebuild.host)

    async def renew_disks(self, rebuild: ServerRebuild) -> None:
        await self._start.renew_disks(rebuild.server_id, rebuild.host, keep_empty=rebuild.keep_empty)

    def tell_of_guest(self, connection: Connection, rebuild: ServerRebuild) -> None:
        """The password that the old guest left is nobody's any more: the new one may leave its own."""
        guest_passwords.forget(connection, rebuild.server_id)
        self.tell("rebuild_block_device_mapping", "rebuild_spawning")(connection, rebuild)

    async def start_guest(self, rebuild: ServerRebuild) -> None:
        await self._start.start_paused(rebuild.server_id, rebuild.host)

    async def ports_up(self, rebuild: ServerRebuild) -> Ready | NotYet:
        return Ready() if rebuild.stays_off else await self._start.ports_up(rebuild.server_id)

    async def resume_guest(self, rebuild: ServerRebuild) -> None:
        """It runs; one that was off has been shown to start, and has its power taken before it runs at all."""
        if rebuild.stays_off:
            await self._outside.host(rebuild.host).shutdown(rebuild.server_id, 0.0)
        else:
            await self._start.resume(rebuild.server_id, rebuild.host)

    async def guest_running(self, rebuild: ServerRebuild) -> Ready | NotYet:
        return Ready() if rebuild.stays_off else await self._start.running(rebuild.server_id, rebuild.host)

    def finish(self, connection: Connection, rebuild: ServerRebuild) -> None:
        """ACTIVE, or SHUTOFF as before; a delete that came meanwhile goes on from here."""
        now = self._outside.clock.now()
        servers.lock(connection, rebuild.server_id)
        server = servers.get(connection, rebuild.server_id)
        if server is None:
            return
        self._settle(connection, rebuild, server, rebuild.image_disk, now)
        servers.set_states(
            connection,
            rebuild.server_id,
            expected_task_state="rebuild_spawning",
            vm_state="stopped" if rebuild.stays_off else "active",
            task_state=None,
            power_state=4 if rebuild.stays_off else 1,
            launched_at=now,
            fault=None,
            wanted="stopped" if rebuild.stays_off else "running",
            what="rebuilt",
            at=now,
        )

    def fail(self, connection: Connection, rebuild: ServerRebuild, failure: Failure) -> None:
        """ERROR, with the reason; where the old disks are still there, the server is said to be of the old image."""
        now = self._outside.clock.now()
        servers.lock(connection, rebuild.server_id)
        server = servers.get(connection, rebuild.server_id)
        if server is None:
            return
        if failure.step in NOTHING_LOST:
            self._settle(connection, rebuild, server, rebuild.image_disk_before, now)
            servers.set_build(connection, server.id, image_id=rebuild.image_before, at=now)
            servers.set_disks(connection, server.id, rebuild.disks_before, rebuild.hardware_before, now)
        else:
            self._settle(connection, rebuild, server, rebuild.image_disk, now)
        if server.task_state in TASKS:
            servers.fail(connection, server.id, fault_at_step(failure, now), now)

    @staticmethod
    def _settle(connection: Connection, rebuild: ServerRebuild, server: Server, image_disk: int, at: int) -> None:
        """Forget the password, and give back what the larger of the two images took of the host beyond this one."""
        if rebuild.has_password:
            admin_passwords.forget(connection, server.id)
        flavor = msgspec.structs.replace(server.flavor, image_disk=image_disk)
        if flavor == server.flavor:
            return
        if server.host is not None:
            hosts.release(connection, server.host, 0, 0, server.flavor.claimed_disk - flavor.claimed_disk, at, guests=0)
        servers.set_build(connection, server.id, flavor=flavor, at=at)
