"""Resize and cold migration: the guest is shut off, had with its new flavor here or on another host, and started again.

The claim took the new flavor's room beside the old one's, and both are held until the move is confirmed or reverted.
The old disks survive until then. On the server's own host they are copied aside, and the guest goes on with the grown
originals; on another host it gets a copy, and the source keeps the originals and the definition. Whatever fails, the
guest is put back and started where it was. Nova does it in ``compute.manager.prep_resize``, ``resize_instance`` and
``finish_resize``.
"""

from typing import Final

from berthline.domain.compute import TaskState
from berthline.domain.server_actions import LEAVING
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.store.compute.servers import servers
from berthline.workflows.outside import Outside
from berthline.workflows.server import earlier_work, port_waits
from berthline.workflows.server.boot_steps import delete_disks
from berthline.workflows.server.failures import fault_of
from berthline.workflows.server.resize import holding
from berthline.workflows.server.resize.verbs import ServerMove, Verbs, locked, show

STAYS: Final = "server_resize"
GOES: Final = "server_migrate"
KINDS: Final = (STAYS, GOES)
"""A move on the server's own host, and one to another host, with a new flavor or without."""

PATIENCE: Final = 20
"""How often a host that is not reached is tried before the guest is put back where it was: some minutes."""


def kind(*, stays: bool) -> str:
    """The saga kind of such a move."""
    return STAYS if stays else GOES


def definitions(outside: Outside) -> tuple[Definition[ServerMove, Connection], ...]:
    """The sagas that leave a server in VERIFY_RESIZE."""
    steps = _Steps(outside)
    shared = "a cached image is shared by guests and is no leak"
    here = (
        Effect("keep disks", steps.keep_disks, steps.forget_kept_disks, attempts=PATIENCE),
        Effect("grow disks", steps.grow_disks, steps.restore_disks, attempts=PATIENCE),
        Commit("copied", steps.copied),
    )
    there = (
        Effect("image", steps.cache_image, None, shared, PATIENCE),
        Effect("disks", steps.receive_disks, steps.delete_disks, attempts=PATIENCE),
        Commit("copied", steps.copied),
        Effect("networks", steps.bind, steps.bind_back, attempts=PATIENCE),
    )
    return tuple(
        Definition(
            kind=each,
            input_type=ServerMove,
            steps=(
                Wait("earlier work ended", earlier_work.look(outside), earlier_work.DEADLINE_SECONDS),
                Effect("power off", steps.power_off, steps.power_on_again, attempts=PATIENCE),
                Commit("off", steps.off),
                *moving,
                Effect("guest", steps.begin_new_guest, steps.destroy_new_guest, attempts=PATIENCE),
                Wait("ports up", steps.ports_up, outside.boot_deadline),
                Effect("resume", steps.resume_there, None, "undoing the guest step ends it, running or not", PATIENCE),
                Wait("running", steps.running_there, outside.boot_deadline),
                Commit("resized", steps.resized),
            ),
            undone=steps.fail,
        )
        for each, moving in ((STAYS, here), (GOES, there))
    )


class _Steps(Verbs):
    """The steps, each do beside its undo."""

    async def power_off(self, move: ServerMove) -> None:
        if move.runs:
            await self._outside.host(move.source).shutdown(move.server_id, self._outside.stop_grace)

    async def power_on_again(self, move: ServerMove) -> None:
        """Defined as it was, it runs again if it ran; its ports are bound here again by now."""
        await self.begin_guest(move, move.source, await self.old_spec(move))
        await self.resume(move, move.source)

    def off(self, connection: Connection, move: ServerMove) -> None:
        self._show(connection, move, "resize_prep", "resize_migrating")

    async def keep_disks(self, move: ServerMove) -> None:
        await self._outside.host(move.source).keep_disks(move.server_id)

    async def forget_kept_disks(self, move: ServerMove) -> None:
        await self._outside.host(move.source).forget_kept_disks(move.server_id)

    async def grow_disks(self, move: ServerMove) -> None:
        await self._outside.host(move.source).grow_disks(await self.new_spec(move))

    async def restore_disks(self, move: ServerMove) -> None:
        await self._outside.host(move.source).restore_disks(move.server_id)

    async def cache_image(self, move: ServerMove) -> None:
        image = (await self._migration(move)).image
        await self._outside.host(move.destination).cache_image(image, self._outside.images)

    async def receive_disks(self, move: ServerMove) -> None:
        source, spec = self._outside.seen(move.source), await self.new_spec(move)
        receive = lambda: self._outside.host(move.destination).receive_disks(spec, source)  # noqa: E731
        await self._start.made_of_image(move.destination, spec.image, receive)

    async def delete_disks(self, move: ServerMove) -> None:
        await delete_disks(self._outside, move.server_id, move.destination)

    def copied(self, connection: Connection, move: ServerMove) -> None:
        self._show(connection, move, "resize_migrating", "resize_finish")
        now = self._outside.clock.now()
        migrations.set_status(connection, move.migration_id, "post-migrating", now, expected=["migrating"])

    async def bind(self, move: ServerMove) -> None:
        await self.bind_to(move, move.destination)

    async def bind_back(self, move: ServerMove) -> None:
        await self.bind_to(move, move.source)

    async def begin_new_guest(self, move: ServerMove) -> None:
        await self.begin_guest(move, move.destination, await self.new_spec(move))

    async def destroy_new_guest(self, move: ServerMove) -> None:
        port_waits.forget(self._outside, move.server_id)
        await self.end_new_guest(move)

    async def resume_there(self, move: ServerMove) -> None:
        await self.resume(move, move.destination)

    async def running_there(self, move: ServerMove) -> Ready | NotYet:
        return await self.running(move, move.destination)

    def resized(self, connection: Connection, move: ServerMove) -> None:
        """The server is of the new flavor, and its place there its own; the old place is what the move holds now.

        A delete that came meanwhile keeps its task state, and goes on from here.
        """
        now = self._outside.clock.now()
        if (found := locked(connection, move)) is None:
            return
        server, migration = found
        show(connection, migration, now, moved=True)
        servers.set_states(
            connection,
            server.id,
            vm_state="resized",
            task_state=server.task_state if server.task_state in LEAVING else None,
            power_state=1 if move.runs else 4,
            launched_at=now,
            fault=None,
            at=now,
        )
        migrations.set_status(connection, migration.id, "finished", now)

    def fail(self, connection: Connection, move: ServerMove, failure: Failure) -> None:
        """The guest is as it was; give back what the claim took, and show the server as it was, with the reason."""
        now = self._outside.clock.now()
        if (found := locked(connection, move)) is None:
            return
        server, migration = found
        holding.end(connection, migration, "error", now, moved=False)
        if server.task_state not in LEAVING:
            fault = fault_of(failure, now)
            servers.set_states(connection, server.id, task_state=None, fault=fault, at=now)

    def _show(self, connection: Connection, move: ServerMove, before: TaskState, after: TaskState) -> None:
        """The next task state, unless a delete has come meanwhile."""
        at = self._outside.clock.now()
        servers.set_states(connection, move.server_id, expected_task_state=before, task_state=after, at=at)
