"""A host is drained: it takes no new guests, and what it has is moved to others, so many at once.

What an admin asks for is written as a row, and ``reconcile.draining`` sees it through, in whichever process has that
loop by then. A server that runs or is paused moves as it is; of one that is stopped the disks move, and its move is
confirmed for it. Whatever else is on the host stays, and is told with the reason.
"""

from typing import Final, Literal

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.compute import VmState
from berthline.domain.errors import Conflict, NotFound
from berthline.domain.hosts.draining import DrainedServer, DrainState, HostDrain, StayingServer
from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.store.compute import drains, enrolled, hosts

REASON: Final = "it is being drained"
"""Of a host that was not disabled before."""

MOVES: Final[dict[VmState, Literal["live", "cold"]]] = {"active": "live", "paused": "live", "stopped": "cold"}
_STAYS: Final[dict[VmState, str]] = {
    "suspended": "it is suspended: resume it, or shelve it, which frees the host",
    "rescued": "it is in rescue: unrescue it first",
    "error": "it is in ERROR: reset its state, reboot it hard or delete it",
    "soft-delete": "it is deleted and can still be restored: restore it, or delete it for good",
}
_AWAITS: Final = "it was resized or migrated, and that awaits to be confirmed or reverted; either end holds its disks"


class Verdict(msgspec.Struct, frozen=True):
    """What is to be done with a server: moved in this ``way``; None: left, or looked at later, for this ``reason``."""

    way: Literal["live", "cold"] | None
    reason: str = ""
    later: bool = False


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a drain is. ``waiting``: servers that are to be moved later, each with what is waited for.

    ``shelved`` are on the host and lose nothing with it: their disks are in images. ``silent``: it does not answer.
    """

    drain: HostDrain
    state: DrainState
    silent: bool
    told: tuple[DrainedServer, ...]
    waiting: tuple[tuple[StayingServer, str], ...]
    shelved: tuple[StayingServer, ...]


def begin(connection: Connection, caller: Caller, name: HostName, at_once: int, at: int) -> None:
    """Have the host be drained from now on; of one that is being drained, with this ``at_once`` and all that was left.

    Raises NotFound, and Conflict for a host that is being removed, was never seen or does not answer.
    """
    enrolled.lock(connection, [name])
    host = enrolled.get(connection, name)
    hosts.lock(connection, [name])
    known = hosts.get(connection, name)
    if known is None and (host is None or host.removed_at is not None):
        raise NotFound(f"Host {name} could not be found.")
    if host is not None and host.gone:
        raise Conflict(f"Host {name} is being removed.")
    if known is None:
        raise Conflict(f"Host {name} was never seen: no worker has reached it yet. Try again when it is up.")
    if not known.up:
        raise Conflict(
            f"Host {name} does not answer, and nothing can be moved off it. Try again when it is up; where it is gone "
            "for good, remove it."
        )
    if known.enabled:
        hosts.set_service(connection, name, at, enabled=False, disabled_reason=REASON)
    drain = HostDrain(
        host=name,
        at_once=at_once,
        user_id=caller.user_id,
        project_id=caller.project_id,
        request_id=caller.request_id,
        started_at=at,
    )
    drains.begin(connection, drain)


def progress(connection: Connection, name: HostName) -> Progress:
    """How far the host's last drain is. Raises NotFound where there was none."""
    drain, host = drains.get(connection, name), hosts.get(connection, name)
    if drain is None:
        raise NotFound(f"Host {name} was not drained." if host else f"Host {name} could not be found.")
    told, staying = drains.told(connection, name), drains.staying(connection, name)
    judged = [(server, judged_by(server, name)) for server in staying if server.vm_state != "shelved"]
    return Progress(
        drain=drain,
        state=_state(drain, told),
        silent=host is None or not host.up,
        told=told,
        waiting=tuple((server, verdict.reason or "its turn comes") for server, verdict in judged if drain.begins_more),
        shelved=tuple(server for server in staying if server.vm_state == "shelved"),
    )


def judged_by(server: StayingServer, host: HostName) -> Verdict:
    """What is to be done with a server that is on the host, or has something there; none that is shelved."""
    if server.vm_state == "resized":
        return _later("its move ends") if server.task_state is not None else Verdict(None, _AWAITS)
    if server.vm_state == "error" and server.task_state is None:
        return Verdict(None, _STAYS["error"])
    if server.host != host or server.held:
        return _later("another move of it ends")
    if server.task_state is not None or server.vm_state == "building":
        return _later(f"{server.task_state or 'its build'} ends")
    if way := MOVES.get(server.vm_state):
        return Verdict(way)
    return Verdict(None, _STAYS.get(server.vm_state, f"it is {server.vm_state}"))


def _later(until: str) -> Verdict:
    return Verdict(None, until, later=True)


def _state(drain: HostDrain, told: tuple[DrainedServer, ...]) -> DrainState:
    if drain.cancelled_at is not None:
        return "cancelled"
    if drain.ended_at is None:
        return "draining"
    return "left" if any(server.state == "left" for server in told) else "drained"
