"""Servers whose guests stopped, or run again, by themselves: the row is brought to what the host says.

Takes no input: it looks at every server at rest and at its guest. A change notice only makes it look sooner. What a
guest does by itself its owner wanted, as in Nova; not so what its host did to it. A guest that crashed is left off, or
started again where the cloud is set so; one that soon crashes again is left. Guests that went off with their host
return to what was wanted.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Final, NamedTuple

import msgspec

from berthline.domain.batches import batches
from berthline.domain.clock import Clock
from berthline.domain.compute import PowerState, VmState, WantedPower
from berthline.domain.errors import Transient
from berthline.domain.hypervisor import GuestPower, Hypervisor
from berthline.domain.ids import HostName, ServerId
from berthline.domain.server_actions import ACTIONS, WANTED
from berthline.reconcile import guest_starts
from berthline.store import Connection, Store
from berthline.store.compute.guest_places import Resting, resting_on
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import unfinished

Shown = tuple[VmState, PowerState]
RUNS: Final[Shown] = ("active", 1)
OFF: Final[Shown] = ("stopped", 4)
PAUSED: Final[Shown] = ("paused", 3)
CRASHED: Final[Shown] = ("stopped", 6)

PAUSED_BY_OTHERS: Final[Shown] = ("active", 3)
"""As in Nova: whoever paused it, to look at its memory perhaps, lets it go on."""

POWERS: Final[dict[GuestPower, PowerState]] = {
    "running": 1, "paused": 3, "stalled": 3, "shutoff": 4, "cut": 4, "crashed": 6,
}  # fmt: skip

WANTED_BY_POWER: Final[dict[tuple[VmState, PowerState], WantedPower]] = {
    (vm_state, power): "running" if power == 1 else "stopped"
    for vm_state in ("rescued", "resized")
    for power in (1, 4, 6)
}
"""What a guest does by itself its owner wanted, also where the server's state does not tell. In ERROR it is another's
doing: half a rebuild has taken its guest."""


def _power_only(vm_state: VmState) -> dict[GuestPower, Shown]:
    """Of a state that an action of its own ends: its guest's power is told, whatever it is, and the state stays."""
    return {told: (vm_state, power_state) for told, power_state in POWERS.items()}


_AT_WORK: Final[dict[GuestPower, Shown]] = {"running": RUNS, "shutoff": OFF, "cut": OFF, "crashed": CRASHED}
SHOWN: Final[dict[VmState, dict[GuestPower, Shown]]] = {
    "active": _AT_WORK | {"paused": PAUSED_BY_OTHERS, "stalled": PAUSED_BY_OTHERS},
    "stopped": _AT_WORK,
    "paused": _AT_WORK | {"paused": PAUSED, "stalled": PAUSED},
    # Off is what a suspended guest is: its memory waits on the host's disk.
    "suspended": {"running": RUNS, "paused": PAUSED, "crashed": CRASHED},
    "rescued": _power_only("rescued"),
    "resized": _power_only("resized"),
    "shelved": _power_only("shelved"),
    "soft-delete": _power_only("soft-delete"),
    "error": _power_only("error"),
}
"""What a server in a state shows for its guest's power, as Nova's ``_sync_instance_power_state``; others pass."""

HOSTS_AT_ONCE: Final = 16
"""So many hosts are asked side by side, and the rows of their servers read together."""
WRITES_AT_ONCE: Final = 100


class StartsUnasked(msgspec.Struct, frozen=True, kw_only=True):
    """What guests are started again though nobody asks.

    ``crashed``: one of an active server that crashed. ``at_once``: so many at a time, of each host, of those that it
    took with it when it went off; 0: none, they are shown as off. ``again`` is called where more of them wait.
    """

    crashed: bool = False
    at_once: int = 0
    again: Callable[[], None] = lambda: None


class _Look(NamedTuple):
    """What one look found: rows that shall show something else, guests that shall return to what was wanted, and guests
    that found no room for what they wrote.
    """

    shown: list[tuple[Resting, Shown]]
    returning: list[Resting]
    stalled: list[Resting]


async def reconcile_power(
    store: Store, clock: Clock, hosts: Collection[Hypervisor], starts: StartsUnasked | None = None
) -> int:
    """Look at every server at rest on these hosts and return how many rows changed.

    Each host is asked once, for all its guests. A host out of reach is passed over. What is started is begun alone, and
    guests of a host that went off in the order in which their servers were made.
    """
    starts = starts or StartsUnasked()
    changed = 0
    for some in batches(tuple(hosts), HOSTS_AT_ONCE):
        # The rows first: one that is changed after it was read has another revision, and is left alone.
        resting = await store.read(partial(resting_on, hosts=[host.host for host in some]))
        powers = await asyncio.gather(*map(_powers, some))
        told = {host.host: guests for host, guests in zip(some, powers, strict=True)}
        found = _compare(resting, told, returns_any=starts.at_once > 0)
        for part in batches(found.shown, WRITES_AT_ONCE):
            changed += await store.write(partial(_bring, changes=part, at=clock.now(), restart_crashed=starts.crashed))
        if found.stalled:
            changed += await store.write(partial(_resume_stalled, stalled=found.stalled, at=clock.now()))
        begun = 0
        # An id begins with the time at which the server was made.
        for waiting in batches(sorted(found.returning, key=lambda one: one.id), WRITES_AT_ONCE):
            begun += await store.write(partial(_begin_returns, waiting=waiting, at_once=starts.at_once, at=clock.now()))
        changed += begun
        if begun < len(found.returning):
            starts.again()
    return changed


async def _powers(host: Hypervisor) -> Mapping[ServerId, GuestPower]:
    try:
        return await host.powers()
    except Transient:
        return {}


def _compare(
    resting: Collection[Resting], told: Mapping[HostName, Mapping[ServerId, GuestPower]], *, returns_any: bool
) -> _Look:
    found = _Look([], [], [])
    for server in resting:
        power = told[server.host].get(server.id)
        if power == "cut" and returns_any and guest_starts.returns(server):
            found.returning.append(server)
        elif power == "stalled" and server.vm_state == "active":
            found.stalled.append(server)
        elif (shown := _change(server, power)) is not None:
            found.shown.append((server, shown))
    return found


def _change(server: Resting, told: GuestPower | None) -> Shown | None:
    """What the server shall show from now on; None when it shows that, or when its guest does not tell."""
    shown = None if told is None else SHOWN.get(server.vm_state, {}).get(told)
    return None if shown == (server.vm_state, server.power_state) else shown


def _bring(
    connection: Connection, changes: Collection[tuple[Resting, Shown]], at: int, *, restart_crashed: bool
) -> int:
    """Write them, but for a server that a saga has taken up or that was changed since it was read; how many."""
    return sum(
        _bring_one(connection, server, shown, at, restart_crashed=restart_crashed)
        for server, shown in changes
        if not unfinished(connection, server.id)
    )


def _bring_one(connection: Connection, server: Resting, shown: Shown, at: int, *, restart_crashed: bool) -> bool:
    vm_state, power_state = shown
    crashed = restart_crashed and shown == CRASHED and server.vm_state == "active"
    starts = crashed and guest_starts.may_restart(connection, server, at)
    moved = servers.set_states(
        connection,
        server.id,
        expected_vm_states=[server.vm_state],
        expected_task_state=None,
        expected_revision=server.revision,
        vm_state=vm_state,
        task_state=ACTIONS["start"].meanwhile if starts else None,
        power_state=power_state,
        wanted="running" if starts else WANTED.get(vm_state) or WANTED_BY_POWER.get(shown),
        at=at,
        what="power",
    )
    if moved and starts:
        guest_starts.restart(connection, server, at)
    return moved


def _resume_stalled(connection: Connection, stalled: Collection[Resting], at: int) -> int:
    return sum(
        guest_starts.show_stalled(connection, server, at) for server in stalled if not unfinished(connection, server.id)
    )


def _begin_returns(connection: Connection, waiting: Collection[Resting], at_once: int, at: int) -> int:
    """Begin as many as may be under way; how many. The others are shown as off: they wait, and may be stopped."""
    rooms = guest_starts.rooms(connection, {server.host for server in waiting}, at_once)
    begun = 0
    for server in waiting:
        if unfinished(connection, server.id):
            continue
        begins = rooms[server.host] > 0
        if (begins or server.power_state != 4) and guest_starts.show_return(connection, server, at, begins=begins):
            rooms[server.host] -= begins
            begun += begins
    return begun
