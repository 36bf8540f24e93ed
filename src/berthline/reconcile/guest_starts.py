"""Starts of guests that nobody asked for: of one that crashed, of one that its host paused for want of room, and of all
that a host took with it when it went off.

What is begun is a saga at the guest's host, and an instance action by which the owner sees that it was.
"""

from collections.abc import Collection
from typing import Final, Literal

from berthline.domain.compute import Server, ServerAction, VmState
from berthline.domain.ids import HostName, new_request_id
from berthline.domain.server_actions import ACTIONS
from berthline.saga import SagaRecord
from berthline.store import Connection
from berthline.store.compute.guest_places import Resting
from berthline.store.compute.servers import actions as server_actions
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import insert_saga, unfinished_at
from berthline.workflows.server import power, returning

RESTART: Final = "restart_after_crash"
RETURN: Final = "return_after_host_reboot"
RESUME: Final = "resume_after_want_of_room"
RESTART_AGAIN_SECONDS: Final = 300
"""A guest that crashes again so soon after that is left off: what it is started from makes it crash. One that finds no
room for what it writes is tried as seldom."""

_RETURN_TO: Final[dict[str, Literal["running", "paused"]]] = {"running": "running", "paused": "paused"}
RETURNS_IN: Final[frozenset[VmState]] = frozenset({"active", "paused", "rescued", "resized"})
"""A suspended guest is off, and its memory on its host's disk; of the others nobody wants that they run."""


def returns(server: Resting) -> bool:
    """Whether its guest shall be on again when its host is."""
    return server.vm_state in RETURNS_IN and server.wanted in _RETURN_TO


def may_restart(connection: Connection, server: Resting, at: int, action: str = RESTART) -> bool:
    """Whether it was not started again for the same reason just now."""
    last = server_actions.last_begun(connection, server.id, action)
    return last is None or at - last > RESTART_AGAIN_SECONDS * 1_000_000


def restart(connection: Connection, server: Resting, at: int) -> None:
    """Have a crashed guest started, as a user would who looked; its server's row says so already."""
    whole = servers.get(connection, server.id)
    if whole is not None:
        start = power.ServerPower(server.id, server.host, "start", "stopped")
        _note(connection, whole, RESTART, _saga(connection, whole, server.host, power.kind("start"), start, at), at)


def show_stalled(connection: Connection, server: Resting, at: int) -> bool:
    """Say of an active server that its guest is paused for want of room, and have it go on unless that was just tried.

    Whether there is room by then shows in that: a guest that finds none is paused by its host again. False where
    nothing is to be said, or something else was done to the server since it was read.
    """
    tries = may_restart(connection, server, at, RESUME)
    if not tries and server.power_state == 3:
        return False
    moved = servers.set_states(
        connection,
        server.id,
        expected_vm_states=["active"],
        expected_task_state=None,
        expected_revision=server.revision,
        task_state=ACTIONS["unpause"].meanwhile if tries else None,
        power_state=3,
        at=at,
        what="power",
    )
    whole = servers.get(connection, server.id) if moved and tries else None
    if whole is not None:
        go_on = power.ServerPower(server.id, server.host, "unpause", "active")
        _note(connection, whole, RESUME, _saga(connection, whole, server.host, power.kind("unpause"), go_on, at), at)
    return moved


def rooms(connection: Connection, hosts: Collection[HostName], at_once: int) -> dict[HostName, int]:
    """How many more guests may begin to return at each of these hosts."""
    return {host: at_once - unfinished_at(connection, returning.KIND, host) for host in hosts}


def show_return(connection: Connection, server: Resting, at: int, *, begins: bool) -> bool:
    """Say of a server that its guest is off, and begin to have it as it was before its host went off if it is its turn.

    False where something else was done to the server since it was read.
    """
    moved = servers.set_states(
        connection,
        server.id,
        expected_vm_states=[server.vm_state],
        expected_task_state=None,
        expected_revision=server.revision,
        task_state=returning.MEANWHILE if begins else None,
        power_state=4,
        at=at,
        what="power",
    )
    whole = servers.get(connection, server.id) if moved and begins else None
    if whole is None:
        return moved
    to = _RETURN_TO[server.wanted]
    saga_input = returning.ServerReturn(server_id=server.id, host=server.host, to=to, vm_state=server.vm_state)
    _note(connection, whole, RETURN, _saga(connection, whole, server.host, returning.KIND, saga_input, at), at)
    return True


def _saga(
    connection: Connection,
    server: Server,
    host: HostName,
    kind: str,
    saga_input: power.ServerPower | returning.ServerReturn,
    at: int,
) -> SagaRecord:
    """Whoever drives the host takes it up."""
    return insert_saga(
        connection,
        kind=kind,
        subject_id=server.id,
        project_id=server.project_id,
        saga_input=saga_input,
        holder=None,
        place=host,
        at=at,
    )


def _note(connection: Connection, server: Server, action: str, saga: SagaRecord, at: int) -> None:
    server_actions.add(
        connection,
        ServerAction(
            server_id=server.id,
            request_id=new_request_id(),
            action=action,
            user_id=server.user_id,
            project_id=server.project_id,
            saga_id=saga.id,
            message=None,
            started_at=at,
            updated_at=at,
        ),
    )
