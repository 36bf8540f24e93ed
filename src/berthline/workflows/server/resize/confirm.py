"""Confirm a move: what the way back needed goes, on the host that the server left or beside its grown disks."""

from typing import Final

from berthline.domain.compute import VmState
from berthline.saga import Commit, Definition, Effect, Failure
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.store.compute.servers import servers
from berthline.workflows.outside import Outside
from berthline.workflows.server.boot_steps import delete_disks
from berthline.workflows.server.failures import fault_of
from berthline.workflows.server.resize import holding
from berthline.workflows.server.resize.verbs import ServerMove, Verbs, locked

KIND: Final = "server_confirm_resize"
ATTEMPTS: Final = 10_000
"""A host that cannot be reached is tried for about a day."""


def definition(outside: Outside) -> Definition[ServerMove, Connection]:
    """The saga that ends a move where it led to."""
    steps = _Steps(outside)
    forward = "a confirmation only goes forward: the way back is what it takes away"
    return Definition(
        kind=KIND,
        input_type=ServerMove,
        steps=(
            Effect("old guest", steps.destroy_old_guest, None, forward, ATTEMPTS),
            Effect("old disks", steps.delete_old_disks, None, forward, ATTEMPTS),
            Commit("confirmed", steps.confirmed),
        ),
        undone=steps.fail,
    )


class _Steps(Verbs):
    async def destroy_old_guest(self, move: ServerMove) -> None:
        """On its own host the guest has only one definition, which is the new one."""
        if not move.stays:
            await self._outside.host(move.source).destroy(move.server_id)

    async def delete_old_disks(self, move: ServerMove) -> None:
        if move.stays:
            await self._outside.host(move.source).forget_kept_disks(move.server_id)
        else:
            await delete_disks(self._outside, move.server_id, move.source)

    def confirmed(self, connection: Connection, move: ServerMove) -> None:
        """As it was before, or as its guest was seen since: that is the power reconciler's to tell."""
        now = self._outside.clock.now()
        if (found := locked(connection, move)) is None:
            return
        server, migration = found
        holding.end(connection, migration, "confirmed", now, moved=True)
        servers.set_states(
            connection,
            server.id,
            expected_vm_states=["resized"],
            vm_state="active" if move.runs else "stopped",
            fault=None,
            at=now,
        )

    def fail(self, connection: Connection, move: ServerMove, failure: Failure) -> None:
        """It waits for its confirmation again, with the reason: what is asked again goes on from here."""
        now = self._outside.clock.now()
        if (found := locked(connection, move)) is None:
            return
        server, migration = found
        migrations.set_status(connection, migration.id, "finished", now, expected=["confirming"])
        fault = fault_of(failure, now)
        states: list[VmState] = ["resized", "active"]  # active: as an admin has said of it
        servers.set_states(connection, server.id, expected_vm_states=states, vm_state="resized", fault=fault, at=now)
