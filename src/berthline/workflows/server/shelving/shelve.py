"""Shelve a server: its guest is stopped, its disk becomes an image, and then its host is given back.

Its ports stay its own, with their addresses and MACs. Nova does this in ``compute.manager.shelve_instance`` and
``shelve_offload_instance``.
"""

from typing import Final

import msgspec

from berthline.domain.compute import PowerState, Server, TaskState, VmState
from berthline.domain.hypervisor import ON
from berthline.domain.ids import HostName, ImageId, SagaId, ServerId
from berthline.domain.server_actions import LEAVING
from berthline.saga import Commit, Definition, Effect, Failure, Wait
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.images import removal
from berthline.workflows.outside import Outside
from berthline.workflows.server import earlier_work
from berthline.workflows.server.boot_steps import delete_disks
from berthline.workflows.server.failures import fault_of
from berthline.workflows.server.placing import free_place
from berthline.workflows.server.snapshots.copying import ATTEMPTS, CopySteps

SHELVE: Final = "server_shelve"
OFFLOAD: Final = "server_shelve_offload"
KINDS: Final = (SHELVE, OFFLOAD)
FORWARD_ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day; a delete ends that sooner."""

WORKING: Final[tuple[TaskState, ...]] = (
    "shelving", "shelving_image_pending_upload", "shelving_image_uploading", "shelving_offloading",
)  # fmt: skip
FORWARD: Final = "the image holds the disk: what is given back is not wanted again"


class ServerShelve(msgspec.Struct, frozen=True, kw_only=True):
    """Input of the saga. ``before`` and ``power_before`` are what to go back to; ``offload``: leave the host, too."""

    server_id: ServerId
    host: HostName
    image_id: ImageId
    before: VmState
    power_before: PowerState
    offload: bool
    after: tuple[SagaId, ...] = ()
    """The sagas that it is to find ended."""


class ServerOffload(msgspec.Struct, frozen=True):
    """Input of the saga that has a shelved server leave its host."""

    server_id: ServerId
    host: HostName


def definitions(outside: Outside) -> tuple[Definition[ServerShelve, Connection], Definition[ServerOffload, Connection]]:
    """The saga that shelves a server, and the one that has it leave its host later."""
    steps, offload = _Shelve(outside), _Offload(outside)
    copying = CopySteps(outside, pending="shelving_image_pending_upload", uploading="shelving_image_uploading")
    shelve: Definition[ServerShelve, Connection] = Definition(
        kind=SHELVE,
        input_type=ServerShelve,
        steps=(
            Wait("earlier work ended", earlier_work.look(outside), earlier_work.DEADLINE_SECONDS),
            Effect("stop", steps.stop, steps.start_again, attempts=FORWARD_ATTEMPTS),
            Commit("stopped", steps.show_stopped),
            Effect("copy", copying.copy, copying.delete, attempts=ATTEMPTS),
            Effect("upload", copying.upload, None, "an image of no use is removed at the end", ATTEMPTS),
            Effect("copy deleted", copying.delete, None, "it is what the undo of the copy does", ATTEMPTS, joins=True),
            Commit("shelved", steps.shelve),
            Effect("guest", steps.destroy, None, FORWARD, FORWARD_ATTEMPTS),
            Effect("disks", steps.delete_disks, None, FORWARD, FORWARD_ATTEMPTS, joins=True),
            Commit("offloaded", steps.offload),
        ),
        undone=steps.fail,
    )
    later: Definition[ServerOffload, Connection] = Definition(
        kind=OFFLOAD,
        input_type=ServerOffload,
        steps=(
            Effect("guest", offload.destroy, None, FORWARD, FORWARD_ATTEMPTS),
            Effect("disks", offload.delete_disks, None, FORWARD, FORWARD_ATTEMPTS, joins=True),
            Commit("offloaded", offload.finish),
        ),
        undone=offload.fail,
    )
    return shelve, later


def kept_task(server: Server) -> TaskState | None:
    """The task state that the server goes on to show when it is shelved or offloaded: that of a delete that came."""
    return server.task_state if server.task_state in LEAVING else None


class _Shelve:
    """The steps, each do beside its undo."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._offload = _Offload(outside)

    async def stop(self, shelve: ServerShelve) -> None:
        await self._outside.host(shelve.host).shutdown(shelve.server_id, self._outside.stop_grace)

    async def start_again(self, shelve: ServerShelve) -> None:
        """A guest that ran runs again, one that was paused is paused again, and has lost what it had in memory.

        Not that of a server that is shelved by now, or that is being deleted.
        """
        if shelve.before not in {"active", "paused"} or not await self._is_wanted(shelve):
            return
        host = self._outside.host(shelve.host)
        if await host.power(shelve.server_id) not in ON:
            await host.start(shelve.server_id)
        if shelve.before == "paused":
            await host.pause(shelve.server_id)

    async def _is_wanted(self, shelve: ServerShelve) -> bool:
        server = await self._outside.store.read_short(lambda connection: servers.get(connection, shelve.server_id))
        return server is not None and server.vm_state != "shelved" and server.task_state not in LEAVING

    def show_stopped(self, connection: Connection, shelve: ServerShelve) -> None:
        servers.set_states(
            connection,
            shelve.server_id,
            expected_task_state="shelving",
            task_state="shelving_image_pending_upload",
            power_state=4,
            at=self._outside.clock.now(),
        )

    def shelve(self, connection: Connection, shelve: ServerShelve) -> None:
        """From here on the image is the server's disk."""
        servers.lock(connection, shelve.server_id)
        server = servers.get(connection, shelve.server_id)
        task: TaskState | None = "shelving_offloading" if shelve.offload else None
        if server is not None:
            task = kept_task(server) or task
        servers.set_shelved(connection, shelve.server_id, shelve.image_id, task, self._outside.clock.now())

    async def destroy(self, shelve: ServerShelve) -> None:
        if shelve.offload:
            await self._offload.destroy(ServerOffload(shelve.server_id, shelve.host))

    async def delete_disks(self, shelve: ServerShelve) -> None:
        if shelve.offload:
            await self._offload.delete_disks(ServerOffload(shelve.server_id, shelve.host))

    def offload(self, connection: Connection, shelve: ServerShelve) -> None:
        if shelve.offload:
            self._offload.finish(connection, ServerOffload(shelve.server_id, shelve.host))

    def fail(self, connection: Connection, shelve: ServerShelve, failure: Failure) -> None:
        """Before it was shelved it is as it was, and there is no image; after that it is shelved, and on its host."""
        now = self._outside.clock.now()
        servers.lock(connection, shelve.server_id)
        server = servers.get(connection, shelve.server_id)
        shelved = server is not None and server.shelved_image_id == shelve.image_id
        if server is not None and server.task_state in WORKING:
            servers.set_states(
                connection,
                shelve.server_id,
                vm_state="shelved" if shelved else shelve.before,
                power_state=4 if shelved else shelve.power_before,
                task_state=None,
                fault=fault_of(failure, now),
                at=now,
            )
        if not shelved:
            removal.remove_if_there(connection, shelve.image_id, now)


class _Offload:
    """A shelved server leaves its host."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def destroy(self, offload: ServerOffload) -> None:
        await self._outside.host(offload.host).destroy(offload.server_id)

    async def delete_disks(self, offload: ServerOffload) -> None:
        await delete_disks(self._outside, offload.server_id, offload.host)

    def finish(self, connection: Connection, offload: ServerOffload) -> None:
        """Its place is given back, and its ports are on no host. A delete that came meanwhile does that itself."""
        now = self._outside.clock.now()
        servers.lock(connection, offload.server_id)
        server = servers.get(connection, offload.server_id)
        if server is None or server.task_state == "deleting":
            return
        free_place(connection, server, now)
        self._outside.network.unbind(connection, server.id, now)
        servers.set_offloaded(connection, server.id, kept_task(server), now)

    def fail(self, connection: Connection, offload: ServerOffload, failure: Failure) -> None:
        now = self._outside.clock.now()
        servers.set_states(
            connection,
            offload.server_id,
            expected_task_state="shelving_offloading",
            task_state=None,
            fault=fault_of(failure, now),
            at=now,
        )
