"""Go back from a move: the new guest and its disks go, and the old guest is started from the disks that were kept."""

from typing import Final

from berthline.domain.server_actions import LEAVING
from berthline.saga import Commit, Definition, Effect, Failure, NotYet, Ready, Wait
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.workflows.outside import Outside
from berthline.workflows.server.boot_steps import delete_disks
from berthline.workflows.server.create import leave_in_error
from berthline.workflows.server.resize import holding
from berthline.workflows.server.resize.verbs import ServerMove, Verbs, locked, show

KIND: Final = "server_revert_resize"
ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day."""

BACK: Final = frozenset({"ports up", "resume", "running", "reverted"})
"""Steps at which the guest is at the source again, as it was, and nothing of the move is left anywhere."""


def definition(outside: Outside) -> Definition[ServerMove, Connection]:
    """The saga that ends a move where it began."""
    steps = _Steps(outside)
    forward = "a way back only goes back: what it takes away was not wanted"
    return Definition(
        kind=KIND,
        input_type=ServerMove,
        steps=(
            Effect("new guest", steps.end_new_guest, None, forward, ATTEMPTS),
            Effect("disks", steps.bring_disks_back, None, forward, ATTEMPTS),
            Effect("networks", steps.bind_back, None, forward, ATTEMPTS),
            Effect("guest", steps.begin_old_guest, None, forward, ATTEMPTS),
            Effect("kept disks", steps.forget_kept_disks, None, forward, ATTEMPTS),
            Wait("ports up", steps.ports_up, outside.boot_deadline),
            Effect("resume", steps.resume_here, None, forward, ATTEMPTS),
            Wait("running", steps.running_here, outside.boot_deadline),
            Commit("reverted", steps.reverted),
        ),
        undone=steps.fail,
    )


class _Steps(Verbs):
    async def bring_disks_back(self, move: ServerMove) -> None:
        if move.stays:
            await self._outside.host(move.destination).restore_disks(move.server_id)
        else:
            await delete_disks(self._outside, move.server_id, move.destination)

    async def bind_back(self, move: ServerMove) -> None:
        if not move.stays:
            await self.bind_to(move, move.source)

    async def begin_old_guest(self, move: ServerMove) -> None:
        await self.begin_guest(move, move.source, await self.old_spec(move))

    async def forget_kept_disks(self, move: ServerMove) -> None:
        if move.stays:
            await self._outside.host(move.source).forget_kept_disks(move.server_id)

    async def resume_here(self, move: ServerMove) -> None:
        await self.resume(move, move.source)

    async def running_here(self, move: ServerMove) -> Ready | NotYet:
        return await self.running(move, move.source)

    def reverted(self, connection: Connection, move: ServerMove) -> None:
        """The server is of its old flavor, on its old host. A delete that came meanwhile goes on from here."""
        now = self._outside.clock.now()
        if (found := locked(connection, move)) is None:
            return
        server, migration = found
        holding.end(connection, migration, "reverted", now, moved=False)
        show(connection, migration, now, moved=False)
        servers.set_states(
            connection,
            server.id,
            vm_state="active" if move.runs else "stopped",
            task_state=server.task_state if server.task_state in LEAVING else None,
            power_state=1 if move.runs else 4,
            launched_at=now,
            fault=None,
            wanted="running" if move.runs else "stopped",
            at=now,
        )

    def fail(self, connection: Connection, move: ServerMove, failure: Failure) -> None:
        """ERROR, with the reason. Where the old guest is there by then, it is that which the server has from now on.

        Else the move is held still, and its way back may be asked for again: its steps may all be done twice.
        """
        now = self._outside.clock.now()
        if (found := locked(connection, move)) is None:
            return
        server, migration = found
        if failure.step in BACK:
            holding.end(connection, migration, "error", now, moved=False)
            show(connection, migration, now, moved=False)
        if server.task_state not in LEAVING:
            leave_in_error(connection, server.id, failure, now)
