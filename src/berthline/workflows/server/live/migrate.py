"""Live migration: the guest goes on at another host, with its memory, its disks and its NICs.

The host carries the guest by itself, whatever becomes of this process. So nothing that is remembered says where the
guest is: both hosts are asked, and what they say is written once, as the status ``post-migrating``. Before that all
that is undone leads back to the source; from there on, also while the saga is undone, all leads to the destination.
Nova does it in ``compute.manager.live_migration`` and ``post_live_migration``.
"""

from typing import Final

from berthline.domain.compute import MigrationStatus
from berthline.domain.errors import Refused
from berthline.domain.hypervisor.moving import MoveProgress
from berthline.domain.ids import HostName
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.store.compute.servers import servers
from berthline.workflows.outside import Outside
from berthline.workflows.server import earlier_work, port_waits
from berthline.workflows.server.failures import fault_of
from berthline.workflows.server.resize import holding
from berthline.workflows.server.resize.verbs import ServerMove, Verbs, locked

KIND: Final = "server_live_migrate"
PATIENCE: Final = 20
"""How often a host that is not reached is tried before the guest stays where it is: some minutes."""

ATTEMPTS: Final = 10_000
"""Once the guest is there a host that cannot be reached is tried for about a day."""

NOTE_EVERY: Final = 1_000_000
"""Microseconds between two notes of how far it is."""


def definition(outside: Outside) -> Definition[ServerMove, Connection]:
    """The saga at whose end the server is on its new host."""
    steps = _Steps(outside)
    there = "the guest runs there by then: undoing the move itself finds that out, and clears the host that it left"
    return Definition(
        kind=KIND,
        input_type=ServerMove,
        steps=(
            Wait("earlier work ended", earlier_work.look(outside), earlier_work.DEADLINE_SECONDS),
            Commit("preparing", steps.preparing),
            Effect("image", steps.cache_image, steps.let_run, attempts=PATIENCE),
            Effect("disks", steps.await_disks, steps.clear_other_host, attempts=PATIENCE),
            Effect("networks", steps.await_on, steps.bind_where_it_is, attempts=PATIENCE),
            Wait("networks at both", steps.networks_told, outside.boot_deadline),
            Commit("running", steps.begins),
            Effect("move", steps.begin_move, steps.stop_move, attempts=PATIENCE),
            Wait("moved", steps.moved, outside.move_deadline),
            Commit("arrived", steps.note_arrival),
            Effect("networks there", steps.bind_where_it_is, None, there, ATTEMPTS),
            Effect("running there", steps.let_run, None, there, ATTEMPTS),
            Wait("ports up", steps.ports_up, outside.boot_deadline),
            Effect("old host", steps.clear_other_host, None, there, ATTEMPTS),
            Commit("completed", steps.completed),
        ),
        undone=steps.fail,
    )


class _Steps(Verbs):
    """The steps, each do beside its undo. What serves as both asks where the guest was found to be."""

    def preparing(self, connection: Connection, move: ServerMove) -> None:
        self._set_status(connection, move, "queued", "preparing")

    async def cache_image(self, move: ServerMove) -> None:
        image = (await self._migration(move)).image
        await self._outside.host(move.destination).cache_image(image, self._outside.images)

    async def let_run(self, move: ServerMove) -> None:
        """What is undone last: the guest that ran runs, where it is. A cached image stays: it is shared, and no leak.

        A guest that went off by itself meanwhile stays off; one that was lost is defined again.
        """
        place = move.destination if await self._has_arrived(move) else move.source
        power = await self._outside.seen(place).power(move.server_id)
        if power == "absent":
            await self.begin_guest(move, place, await self.new_spec(move))
        if power == "absent" or (power == "paused" and move.runs):
            await self.resume(move, place)

    async def await_disks(self, move: ServerMove) -> None:
        disks = await self._outside.seen(move.source).moving_disks(move.server_id)
        spec, there = await self.new_spec(move), self._outside.host(move.destination)
        await self._start.made_of_image(move.destination, spec.image, lambda: there.await_disks(spec, disks))

    async def clear_other_host(self, move: ServerMove) -> None:
        """Nothing is left where the guest is not."""
        place = move.source if await self._has_arrived(move) else move.destination
        host = self._outside.host(place)
        await host.destroy(move.server_id)
        await host.delete_disks(move.server_id)

    async def await_on(self, move: ServerMove) -> None:
        await self._await_on(move, move.destination)

    async def bind_where_it_is(self, move: ServerMove) -> None:
        if await self._has_arrived(move):
            await self.bind_to(move, move.destination)
        else:
            port_waits.forget(self._outside, move.server_id)
            await self._await_on(move, None)

    async def networks_told(self, move: ServerMove) -> Ready | NotYet:
        """Both ends have the ports before a tap appears at the second one."""
        states = await self._outside.network.nic_states(move.server_id)
        behind = [state for state in states if state.said == "not yet projected"]
        if not behind:
            return Ready()
        said = ", ".join(f"port {state.port_id} {state.said}" for state in behind)
        return NotYet(said, retry_after=self._outside.look_again)

    def begins(self, connection: Connection, move: ServerMove) -> None:
        self._set_status(connection, move, "preparing", "running")

    async def begin_move(self, move: ServerMove) -> None:
        there = self._outside.seen(move.destination)
        await self._outside.host(move.source).begin_move(move.server_id, there, self._outside.move_ways)

    async def stop_move(self, move: ServerMove) -> None:
        """It may have ended at the same moment: what both hosts say then is what counts from here on."""
        await self._outside.host(move.source).abort_move(move.server_id)
        if await self._is_there(move):
            await self._outside.store.write(lambda connection: self.note_arrival(connection, move))

    async def moved(self, move: ServerMove) -> Ready | NotYet:
        """Raises Refused where it has ended and the guest is not there."""
        progress = await self._outside.seen(move.source).move_progress(move.server_id)
        if progress is not None:
            await self._note(move, progress)
            return NotYet(_said(progress), retry_after=self._outside.look_again)
        if await self._is_there(move):
            return Ready()
        raise Refused(
            f"Live migration of server {move.server_id} failed, and it stays on its host. An operator finds the reason "
            "in the logs of both hosts."
        )

    def note_arrival(self, connection: Connection, move: ServerMove) -> None:
        self._set_status(connection, move, "running", "post-migrating")

    def completed(self, connection: Connection, move: ServerMove) -> None:
        """Its place there is the server's own; that at the source is given back. A delete goes on from here."""
        now = self._outside.clock.now()
        if (found := locked(connection, move)) is None:
            return
        server, migration = found
        holding.end(connection, migration, "completed", now, moved=True)
        servers.set_host(connection, server.id, move.destination, now)
        servers.set_states(connection, server.id, expected_task_state="migrating", task_state=None, fault=None, at=now)

    def fail(self, connection: Connection, move: ServerMove, failure: Failure) -> None:
        """The server is as it was, with the reason; or on its new host, where the guest had arrived before that."""
        now = self._outside.clock.now()
        if (found := locked(connection, move)) is None:
            return
        server, migration = found
        if migration.status == "post-migrating":
            self.completed(connection, move)
            return
        cancelled = failure.type == "Cancelled"
        holding.end(connection, migration, "cancelled" if cancelled else "error", now, moved=False)
        fault = server.fault if cancelled else fault_of(failure, now)
        servers.set_states(connection, server.id, expected_task_state="migrating", task_state=None, fault=fault, at=now)

    async def _has_arrived(self, move: ServerMove) -> bool:
        """What was written of where the guest is."""
        return (await self._migration(move)).status == "post-migrating"

    async def _is_there(self, move: ServerMove) -> bool:
        """Whether the guest is at the destination, by what both hosts say while no move is under way.

        One that is carried is paused there until it is let go here; a host that fails in between leaves it so at both,
        and then it is where its files were written last that all can be sure of: here.
        """
        there = await self._outside.seen(move.destination).power(move.server_id)
        if there == "absent":
            return False
        here = await self._outside.seen(move.source).power(move.server_id)
        return here == "absent" or (there == "running" and here != "running")

    async def _await_on(self, move: ServerMove, host: HostName | None) -> None:
        network = self._outside.network
        await self.say_of_nics(move, host, lambda c, at: network.await_on(c, move.server_id, host, at))

    def _set_status(
        self, connection: Connection, move: ServerMove, before: MigrationStatus, after: MigrationStatus
    ) -> None:
        now = self._outside.clock.now()
        migrations.set_status(connection, move.migration_id, after, now, expected=[before])

    async def _note(self, move: ServerMove, progress: MoveProgress) -> None:
        """Now and then, for those who ask how far it is, whichever process they ask."""
        now, known = self._outside.clock.now(), await self._migration(move)
        if known.progress is not None and now - known.updated_at < NOTE_EVERY:
            return
        await self._outside.store.write(
            lambda connection: migrations.set_progress(connection, move.migration_id, progress, now)
        )


def _said(progress: MoveProgress) -> str:
    left = progress.memory_remaining + progress.disk_remaining
    total = progress.memory_total + progress.disk_total
    return f"the guest is being moved: {left} of {total} bytes are left"
