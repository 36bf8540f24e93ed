"""Delete a server, in any state: its guest, its disks, its ports and addresses, its place on its host.

A delete only goes forward. When a step is refused for good the server is left in ERROR with the reason, and may be
deleted again; nothing was given back that something outside still uses.
"""

from typing import Final

import msgspec

from berthline.domain.errors import Refused
from berthline.domain.ids import HostName, ServerId
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.store.compute.servers import servers
from berthline.store.control import quotas
from berthline.store.control.sagas import unfinished
from berthline.store.images import images, removal
from berthline.workflows.outside import Outside
from berthline.workflows.server.boot_steps import delete_disks
from berthline.workflows.server.create import leave_in_error
from berthline.workflows.server.failures import fault_at_step
from berthline.workflows.server.placing import free_place
from berthline.workflows.server.resize import holding

KIND: Final = "server_delete"
OTHERS_DEADLINE_SECONDS: Final = 86_400.0
ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day before the delete says so."""


WITH_ITS_GUEST: Final = frozenset({"earlier work ended", "guest", "power off"})
"""Steps of a delete, for good or not, at whose failure the server's guest is defined still."""


def leave_undeleted(connection: Connection, server_id: ServerId, failure: Failure, at: int) -> None:
    """ERROR with the reason. One whose guest boots from a rescue disk is rescued still: from ERROR a reboot would have
    it run on from that disk as if it were its own, and only the way back from a rescue takes it off. For the same
    reason one that was deleted softly is so still: it may have been rescued, and its restore takes that disk off.
    """
    if failure.step in WITH_ITS_GUEST and servers.set_states(
        connection, server_id, expected_vm_states=["soft-delete"], task_state=None, at=at
    ):
        return
    if failure.step in WITH_ITS_GUEST and servers.set_states(
        connection,
        server_id,
        expected_vm_states=["rescued"],
        task_state=None,
        fault=fault_at_step(failure, at),
        at=at,
    ):
        return
    leave_in_error(connection, server_id, failure, at)


class ServerDelete(msgspec.Struct, frozen=True):
    """Input of the saga."""

    server_id: ServerId
    places: tuple[HostName, ...] = ()
    """Both ends of a move that it was in the middle of, or that waited to be confirmed."""


def definition(outside: Outside) -> Definition[ServerDelete, Connection]:
    """The saga that takes a server away."""
    steps = _Steps(outside)
    forward = "a delete only goes forward: what it took away is not wanted back"
    return Definition(
        kind=KIND,
        input_type=ServerDelete,
        steps=(
            Wait("earlier work ended", steps.alone, OTHERS_DEADLINE_SECONDS),
            Effect("guest", steps.destroy_guest, None, forward, ATTEMPTS, joins=True),
            Effect("disks", steps.delete_disks, None, forward, ATTEMPTS, joins=True),
            Effect("other host", steps.clear_other_host, None, forward, ATTEMPTS, joins=True),
            *(
                (Effect("networks", steps.free_networks, None, forward, ATTEMPTS),)
                if outside.network.acts_outside
                else ()
            ),
            Commit("deleted", steps.delete),
        ),
        undone=steps.fail,
    )


class _Steps:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def alone(self, delete: ServerDelete) -> Ready | NotYet:
        """Ready once no other saga works on the server: a boot that was cancelled unwinds first."""
        others = await self._outside.store.read_short(lambda connection: unfinished(connection, delete.server_id))
        earlier = [saga for saga in others if saga.kind != KIND]
        return NotYet(f"{earlier[0].kind} is not ended", retry_after=self._outside.look_again) if earlier else Ready()

    async def destroy_guest(self, delete: ServerDelete) -> None:
        """One that is said not to go, and is not there, was taken away by whoever drove this before: what is told of
        the server when this step fails is that its guest is there still.
        """
        if name := await self._host(delete):
            try:
                await self._outside.host(name).destroy(delete.server_id)
            except Refused:
                if await self._outside.seen(name).power(delete.server_id) != "absent":
                    raise

    async def delete_disks(self, delete: ServerDelete) -> None:
        if name := await self._host(delete):
            await delete_disks(self._outside, delete.server_id, name)

    async def clear_other_host(self, delete: ServerDelete) -> None:
        """At the other end of a move its guest, off, or its disks may be."""
        if len(set(delete.places)) < 2:
            return
        held = await self._outside.store.read_short(lambda connection: servers.host_of(connection, delete.server_id))
        for name in delete.places:
            if name != held:
                await self._outside.host(name).destroy(delete.server_id)
                await delete_disks(self._outside, delete.server_id, name)

    async def free_networks(self, delete: ServerDelete) -> None:
        await self._outside.network.take_back(delete.server_id)

    def delete(self, connection: Connection, delete: ServerDelete) -> None:
        """One transaction: everything the server owned, its quota, and the server."""
        now = self._outside.clock.now()
        servers.lock(connection, delete.server_id)
        server = servers.get(connection, delete.server_id)
        if server is None:
            return
        if server.shelved_image_id is not None:
            images.lock(connection, server.shelved_image_id)  # before hosts, as everybody does
        if delete.places and (migration := migrations.held_by(connection, server.id)) is not None:
            holding.end(connection, migration, "confirmed", now, moved=True)
        free_place(connection, server, now)  # before the ports and their counters, as a boot takes them
        self._outside.network.release(connection, server.id, now)
        servers.mark_deleted(connection, server.id, now)
        if server.shelved_image_id is not None:
            removal.remove_if_there(connection, server.shelved_image_id, now)
        flavor = server.flavor
        quotas.give_back(connection, server.project_id, {"instances": 1, "cores": flavor.vcpus, "ram": flavor.ram})

    def fail(self, connection: Connection, delete: ServerDelete, failure: Failure) -> None:
        """Leave the server in ERROR, with the reason, to be deleted again; or rescued still; see above."""
        leave_undeleted(connection, delete.server_id, failure, self._outside.clock.now())

    async def _host(self, delete: ServerDelete) -> HostName | None:
        """The host that has the guest; None when the server never got one or gave it back."""
        return await self._outside.store.read_short(lambda connection: servers.host_of(connection, delete.server_id))
