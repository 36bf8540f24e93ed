"""The verbs on a server's guest: start, stop, reboot, pause, suspend and their opposites, a crash dump."""

from typing import Final, Literal

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Fault, Migration, PowerState, Server
from berthline.domain.errors import Conflict, InstanceNotReady, Refused
from berthline.domain.hypervisor import GuestDiagnostics
from berthline.domain.ids import ServerId
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute import migrations
from berthline.store.compute.servers import admin_passwords, servers
from berthline.store.control.sagas import request_cancel, unfinished
from berthline.workflows.accepting import (
    Accepting,
    check_may_write,
    check_settled,
    check_state,
    check_unlocked,
    note_action,
    owned_for_change,
    wrong_state,
)
from berthline.workflows.outcomes import outcome
from berthline.workflows.server import password, power
from berthline.workflows.server.power import Action
from berthline.workflows.server.resize import confirm
from berthline.workflows.server.resize.verbs import ServerMove

AGENT_SECONDS: Final = 15.0
"""How long a request waits for a guest's agent; it may still be done after that."""

NAMES: Final[dict[Action, str]] = {"hard_reboot": "reboot"}
"""What users call an action, where that is not its own name."""

POWER_NAMES: Final[dict[PowerState, str]] = {
    0: "pending", 1: "running", 3: "paused", 4: "shutdown", 6: "crashed", 7: "suspended",
}  # fmt: skip
"""Nova's words for its numbers (``nova.compute.power_state``)."""


class ServerActions(Accepting):
    """What the compute API calls for a guest. Every method checks that the caller may, before anything changes."""

    async def begin(self, caller: Caller, server_id: ServerId, action: Action) -> None:
        """Begin the action. Raises NotFound, Forbidden, Conflict for a locked server, InstanceInvalidState.

        From which states it may begin is said by ``domain.server_actions``. One that is allowed while it is under way
        already joins it; one that is allowed while another is ends that first.
        """
        check_may_write(caller)
        name = NAMES.get(action, action)

        def work(connection: Connection) -> SagaRecord | None:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_unlocked(caller, server)
            rule = check_state(server, action, name)
            if server.host is None:
                raise wrong_state(server_id, name, "host", "None")
            check_settled(connection, server, name)
            if rule.meanwhile is not None and server.task_state == rule.meanwhile:
                note_action(connection, caller, server, name, None, at)
                return None
            if server.task_state is not None:
                request_cancel(connection, server_id, *power.KINDS)
            if rule.meanwhile is not None:
                servers.set_states(connection, server_id, task_state=rule.meanwhile, wanted=rule.wants, at=at)
            return self._begin(
                connection,
                caller,
                server,
                action=name,
                kind=power.kind(action),
                saga_input=power.ServerPower(server_id, server.host, action, server.vm_state),
                at=at,
            )

        saga = await self._outside.store.write(work)
        self._engine.wake_subject(server_id)
        if saga is not None:
            self._engine.adopt(saga)

    async def change_password(self, caller: Caller, server_id: ServerId, new: str) -> None:
        """Have the guest's agent change the administrator's password, and wait until it did, within limits.

        Raises NotFound, Forbidden, InstanceInvalidState, and Conflict for a locked server, for one whose image has no
        agent, and where the agent did not do it.
        """
        check_may_write(caller)

        def work(connection: Connection) -> SagaRecord:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            check_unlocked(caller, server)
            check_state(server, "changePassword")
            if server.host is None:
                raise wrong_state(server_id, "changePassword", "host", "None")
            if server.hardware is None or not server.hardware.guest_agent:
                raise Conflict("QEMU guest agent is not enabled: its image needs hw_qemu_guest_agent.")
            admin_passwords.forget(connection, server_id)
            admin_passwords.add(connection, [server_id], new)
            servers.set_states(connection, server_id, task_state="updating_password", at=at)
            return self._begin(
                connection,
                caller,
                server,
                action="changePassword",
                kind=password.KIND,
                saga_input=password.PasswordChange(server_id, server.host, server.hardware.administrator),
                at=at,
            )

        saga = await self._outside.store.write(work)
        self._engine.adopt(saga)
        ended = await outcome(self._outside, self._engine, saga.id, AGENT_SECONDS)
        if ended is not None and ended.failure is not None:
            raise Conflict(ended.failure.message)

    async def reset_state(self, caller: Caller, server_id: ServerId, state: Literal["active", "error"]) -> None:
        """Say of a server that it is in this state and nothing is done to it, for an admin. Raises NotFound.

        Work that is under way goes on; what it would have shown at its end is not shown any more. A move that waits to
        be confirmed is, of a server that is said to be active. Raises Conflict for that where its way back failed.
        """

        def work(connection: Connection) -> SagaRecord | None:
            at = self._outside.clock.now()
            server = owned_for_change(connection, caller, server_id)
            fault = _why_reset(server, at) if state == "error" else msgspec.UNSET
            servers.set_states(connection, server_id, vm_state=state, task_state=None, fault=fault, at=at)
            if server.soft_deleted_at is not None:
                servers.undelete(connection, server_id, at)
            if state == "active" and (migration := _waiting_move(connection, server, at)) is not None:
                moved, place = ServerMove.of(migration), migration.source
                return self._begin(connection, caller, server, "resetState", confirm.KIND, moved, at, place=place)
            note_action(connection, caller, server, "resetState", None, at)
            return None

        if saga := await self._outside.store.write(work):
            self._engine.adopt(saga)

    async def diagnostics(self, server: Server) -> GuestDiagnostics:
        """What the server's guest has used. Raises InstanceInvalidState for one that is off, or has no host."""
        if server.host is None:
            raise InstanceNotReady(f"Instance {server.id} is not ready")
        try:
            return await self._outside.seen(server.host).diagnostics(server.id)
        except Refused as error:
            raise wrong_state(server.id, "get_diagnostics", "power state", POWER_NAMES[server.power_state]) from error


def _why_reset(server: Server, at: int) -> Fault | msgspec.UnsetType:
    """What a server tells of an ERROR that somebody put it in; one that had a reason before tells that still."""
    if server.vm_state == "error" and server.fault is not None:
        return msgspec.UNSET
    return Fault(code=500, message="An administrator has set the server's state to error.", details="", created_at=at)


def _waiting_move(connection: Connection, server: Server, at: int) -> Migration | None:
    """The move of a server that nobody works on, which is being confirmed from now on; None where there is none.

    Raises Conflict where a way back from it failed: what the server would be is at neither end.
    """
    migration = migrations.held_by(connection, server.id)
    if migration is None or unfinished(connection, server.id):
        return None
    if not migrations.set_status(connection, migration.id, "confirming", at, expected=["finished"]):
        raise Conflict(f"The way back from a resize of instance {server.id} failed: revert it again, or delete it.")
    return migration
