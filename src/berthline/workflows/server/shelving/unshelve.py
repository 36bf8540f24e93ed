"""Bring a shelved server back: on the host that it never left, or on another one from its image.

Its ports, addresses and MACs are those that it had. Nova does this in ``compute.manager.unshelve_instance``.
"""

from typing import Final

import msgspec

from berthline.domain.hypervisor import HELD
from berthline.domain.ids import HostName, ServerId
from berthline.saga import Commit, Definition, Effect, Failure, Wait
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.store.images import removal
from berthline.workflows.outside import Outside
from berthline.workflows.server.boot_steps import HostSteps
from berthline.workflows.server.failures import fault_of
from berthline.workflows.server.placing import free_place
from berthline.workflows.server.shelving.shelve import kept_task

HERE: Final = "server_unshelve_here"
ANEW: Final = "server_unshelve"
KINDS: Final = (HERE, ANEW)
HERE_ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day; a delete ends that sooner."""


class ServerUnshelve(msgspec.Struct, frozen=True):
    """Input of both sagas: the server, and the host it is on or was given."""

    server_id: ServerId
    host: HostName


def definitions(outside: Outside) -> tuple[Definition[ServerUnshelve, Connection], ...]:
    """The saga of a server that is on its host, and that of one that is on none."""
    steps = _Steps(outside)
    here = Definition(
        kind=HERE,
        input_type=ServerUnshelve,
        steps=(
            Effect("start", steps.start, None, "the image stays until it runs; a shelve stops it again", HERE_ATTEMPTS),
            Commit("active", steps.finish),
        ),
        undone=steps.stay,
    )
    networks = (Effect("networks", steps.realise, None, "the next host that takes it has them bound to itself"),)
    anew = Definition(
        kind=ANEW,
        input_type=ServerUnshelve,
        steps=(
            *(networks if outside.network.acts_outside else ()),
            Effect("image", steps.cache_image, None, "a cached image is shared by guests and is no leak"),
            Effect("disks", steps.create_disks, steps.delete_disks, joins=True),
            Effect("guest", steps.start_guest, steps.destroy_guest, joins=True),
            Wait("ports up", steps.ports_up, outside.boot_deadline, joins=True),
            Effect("resume", steps.resume, None, "undoing the guest step destroys the guest", joins=True),
            Wait("running", steps.running, outside.boot_deadline, joins=True),
            Commit("active", steps.finish),
        ),
        undone=steps.give_back,
    )
    return here, anew


class _Steps(HostSteps):
    """The steps, each do beside its undo."""

    async def start(self, unshelve: ServerUnshelve) -> None:
        """A guest that an offload took away before it failed is made anew, from the image that holds its disk."""
        power = await self._outside.seen(unshelve.host).power(unshelve.server_id)
        if power == "absent":
            await self.cache_image(unshelve)
            await self.create_disks(unshelve)
            await self.start_guest(unshelve)
        if power == "absent" or power in HELD:
            await self.resume(unshelve)
        else:
            await self._outside.host(unshelve.host).start(unshelve.server_id)

    async def realise(self, unshelve: ServerUnshelve) -> None:
        await self._outside.network.realise(unshelve.server_id, unshelve.host)

    async def cache_image(self, unshelve: ServerUnshelve) -> None:
        await self._boot.cache_image(unshelve.server_id, unshelve.host)

    async def create_disks(self, unshelve: ServerUnshelve) -> None:
        await self._boot.create_disks(unshelve.server_id, unshelve.host)

    async def delete_disks(self, unshelve: ServerUnshelve) -> None:
        await self._boot.delete_disks(unshelve.server_id, unshelve.host)

    async def start_guest(self, unshelve: ServerUnshelve) -> None:
        await self._boot.start_paused(unshelve.server_id, unshelve.host)

    async def destroy_guest(self, unshelve: ServerUnshelve) -> None:
        await self._boot.destroy(unshelve.server_id, unshelve.host)

    def finish(self, connection: Connection, unshelve: ServerUnshelve) -> None:
        """ACTIVE, unless a delete came meanwhile; the image that held the disk has done its part."""
        now = self._outside.clock.now()
        servers.lock(connection, unshelve.server_id)
        server = servers.get(connection, unshelve.server_id)
        if server is None:
            return
        servers.activate(connection, server.id, now)
        servers.forget_shelved(connection, server.id, now)
        if server.shelved_image_id is not None:
            removal.remove_if_there(connection, server.shelved_image_id, now)

    def stay(self, connection: Connection, unshelve: ServerUnshelve, failure: Failure) -> None:
        """Shelved, on its host, as it was."""
        now = self._outside.clock.now()
        servers.set_states(
            connection,
            unshelve.server_id,
            expected_task_state="unshelving",
            task_state=None,
            fault=fault_of(failure, now),
            at=now,
        )

    def give_back(self, connection: Connection, unshelve: ServerUnshelve, failure: Failure) -> None:
        """Shelved, on no host, as it was. A delete that came meanwhile gives its place back itself."""
        now = self._outside.clock.now()
        servers.lock(connection, unshelve.server_id)
        server = servers.get(connection, unshelve.server_id)
        if server is None or server.task_state == "deleting":
            return
        free_place(connection, server, now)
        self._outside.network.unbind(connection, server.id, now)
        servers.set_offloaded(connection, server.id, kept_task(server), now)
        servers.set_states(connection, server.id, fault=fault_of(failure, now), at=now)
