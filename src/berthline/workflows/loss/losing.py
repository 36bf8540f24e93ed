"""A host is lost: it is made sure that it has no power, and its servers are made anew on other hosts, so many at once.

What an admin says is written as a row, and ``reconcile.losing`` sees it through, in whichever process has that loop by
then. Nothing is begun elsewhere before the fence has said that the host is off, or a person has. Servers whose owners
did not allow it are not made anew, as what is on their disks would be lost: they wait, in ERROR, for the host, or for
``evacuate``.
"""

import re
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import Fault, Server, VmState
from berthline.domain.errors import Conflict, NotFound
from berthline.domain.hosts.fencing import FenceKind
from berthline.domain.hosts.losing import (
    RECOVERY,
    AwaitingServer,
    HostLoss,
    LostServer,
    Recovery,
    recovery_of,
)
from berthline.domain.ids import HostName
from berthline.domain.server_actions import ACTIONS
from berthline.store import Connection
from berthline.store.compute import enrolled, hosts, losses
from berthline.store.compute.servers import servers

REASON: Final = "it was lost"
"""Why a host that was lost takes no new guests, until an admin enables it."""
NOT_ALLOWED: Final = f"it is not to be made anew from its image (metadata {RECOVERY}: anew allows it)"
_MARK: Final = re.compile(r"its host was lost; it was ([a-z_-]+)")
_MADE_ANEW: Final = ACTIONS["evacuate"].vm_states or frozenset()
_ENDS: Final[dict[VmState, str]] = {
    "resized": "it was resized or migrated, and that awaits to be confirmed or reverted",
    "paused": "it is paused, and what its memory held is lost: reset its state, and evacuate it",
    "suspended": "it is suspended, and its memory is on its disk there",
    "rescued": "it is in rescue, and its own disks are there",
    "soft-delete": "it is deleted and could be restored",
}


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a loss is. ``waiting``: servers that are looked at later, each with what is waited for."""

    loss: HostLoss
    lost: bool
    told: tuple[LostServer, ...]
    waiting: tuple[tuple[AwaitingServer, str], ...]


class Verdict(msgspec.Struct, frozen=True):
    """Whether a server is made anew; else it is left, or looked at later, for this ``reason``."""

    anew: bool
    reason: str = ""
    later: bool = False


def begin(
    connection: Connection,
    caller: Caller,
    name: HostName,
    *,
    fence: FenceKind,
    confirmed: bool,
    at_once: int,
    at: int,
) -> None:
    """Have the host be lost from now on: fenced first, unless a person has ``confirmed`` that it is off.

    Said again of one whose fence fails, with that: it goes on from there. Raises NotFound, and Conflict for a host that
    is being removed, that answers, or that nobody but a person can fence.
    """
    enrolled.lock(connection, [name])
    host, known = enrolled.get(connection, name), hosts.get(connection, name)
    if known is None and (host is None or host.removed_at is not None):
        raise NotFound(f"Host {name} could not be found.")
    if host is None or host.gone:
        raise Conflict(f"Host {name} is being removed.")
    if known is None:
        raise Conflict(f"Host {name} was never seen, and has no servers.")
    if known.answers and not known.forced_down and host.lost_at is None:
        raise Conflict(
            f"Host {name} answers, and its servers run there: drain it. Where it is to be given up all the same, force "
            "it down first."
        )
    if not confirmed and fence == "person":
        raise Conflict(
            f"This cloud cannot take the power of host {name} away (setting loss.fence). See to it that the host is "
            "off, and confirm that: as long as it may run, its guests would run twice."
        )
    before = losses.get(connection, name)
    if before is not None and before.ended_at is None:
        if confirmed and before.stage == "fencing":
            losses.set_stage(connection, before, "moving", at)
            declare(connection, name, at)
        return
    loss = HostLoss(
        host=name,
        stage="moving" if confirmed else "fencing",
        fence="person" if confirmed else fence,
        at_once=at_once,
        user_id=caller.user_id,
        project_id=caller.project_id,
        request_id=caller.request_id,
        started_at=at,
    )
    losses.begin(connection, loss)
    if confirmed:
        declare(connection, name, at)


def declare(connection: Connection, name: HostName, at: int) -> None:
    """The host has no power: nothing is begun there any more, and it takes no guests when it is back."""
    enrolled.set_lost(connection, name, at)
    hosts.set_up(connection, name, False, at)
    hosts.set_service(connection, name, at, enabled=False, disabled_reason=REASON)


def progress(connection: Connection, name: HostName, usual: Recovery) -> Progress:
    """How far the host's last loss is. Raises NotFound where there was none."""
    loss, host = losses.get(connection, name), enrolled.get(connection, name)
    if loss is None:
        raise NotFound(f"Host {name} was not lost." if host else f"Host {name} could not be found.")
    under_way = loss.ended_at is None
    waiting = losses.awaiting(connection, name) if under_way else ()
    return Progress(
        loss=loss,
        lost=host is not None and host.lost_at is not None,
        told=losses.told(connection, name),
        waiting=tuple((server, judged_by(server, usual).reason or "its turn comes") for server in waiting),
    )


def judged_by(server: AwaitingServer, usual: Recovery) -> Verdict:
    """What is to be done with a server of a lost host."""
    if server.vm_state == "resized" and server.task_state is None:
        return Verdict(False, _ENDS["resized"])
    if server.held:
        return Verdict(False, "a move of it ends", later=True)
    if server.task_state is not None or server.vm_state == "building":
        return Verdict(False, f"{server.task_state or 'its build'} ends", later=True)
    if server.vm_state not in _MADE_ANEW:
        return Verdict(False, _ENDS.get(server.vm_state, f"it is {server.vm_state}"))
    if recovery_of(server.metadata, server.extra_specs, usual) != "anew":
        return Verdict(False, NOT_ALLOWED)
    return Verdict(True)


def seen(server: Server, *, held: bool) -> AwaitingServer:
    """A server whose row is locked, as it is judged."""
    return AwaitingServer(
        server_id=server.id,
        name=server.name,
        vm_state=server.vm_state,
        task_state=server.task_state,
        held=held,
        metadata=server.metadata,
        extra_specs=server.flavor.extra_specs,
        created_at=server.created_at,
    )


def leave(connection: Connection, server: Server, host: HostName, reason: str, at: int) -> None:
    """The server, whose row is locked, waits for the lost host: it is in ERROR, unless it was before, and says why."""
    losses.note_left(connection, host, server.id, reason, at)
    if server.vm_state in {"error", "soft-delete", "resized"}:
        return
    message = (
        f"The host of this server was lost, and its disks are out of reach: {reason}. It is as before when the host is "
        "back. Until then an administrator may evacuate it, which makes it anew from its image."
    )
    details = f"its host was lost; it was {server.vm_state}"
    servers.fail(connection, server.id, Fault(code=500, message=message, details=details, created_at=at), at)


def restore(connection: Connection, server: Server, at: int) -> bool:
    """A server that waited for its host, which is back, is as it was before; False for any other one."""
    found = None if server.fault is None else _MARK.fullmatch(server.fault.details)
    if server.vm_state != "error" or server.task_state is not None or found is None:
        return False
    state: VmState = msgspec.convert(found[1], VmState)
    return servers.set_states(connection, server.id, expected_task_state=None, vm_state=state, fault=None, at=at)
