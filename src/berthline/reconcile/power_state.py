"""Servers whose guests stopped, or run again, by themselves: the row is brought to what the host says.

Takes no input: it looks at every server at rest and at its guest. A change notice only makes it look sooner. A guest
that crashed is left off, or started again where the cloud is set so; one that soon crashes again is left.
"""

import asyncio
from collections.abc import Collection, Mapping
from functools import partial
from typing import Final

from berthline.domain.batches import batches
from berthline.domain.clock import Clock
from berthline.domain.compute import PowerState, ServerAction, VmState
from berthline.domain.errors import Transient
from berthline.domain.hypervisor import GuestPower, Hypervisor
from berthline.domain.ids import ServerId, new_request_id
from berthline.domain.server_actions import ACTIONS
from berthline.store import Connection, Store
from berthline.store.compute.guest_places import Resting, resting_on
from berthline.store.compute.servers import actions as server_actions
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import insert_saga, unfinished
from berthline.workflows.server import power

Shown = tuple[VmState, PowerState]
RUNS: Final[Shown] = ("active", 1)
OFF: Final[Shown] = ("stopped", 4)
PAUSED: Final[Shown] = ("paused", 3)
CRASHED: Final[Shown] = ("stopped", 6)

PAUSED_BY_OTHERS: Final[Shown] = ("active", 3)
"""As in Nova: whoever paused it, to look at its memory perhaps, lets it go on."""

POWERS: Final[dict[GuestPower, PowerState]] = {"running": 1, "paused": 3, "shutoff": 4, "crashed": 6}


def _power_only(vm_state: VmState) -> dict[GuestPower, Shown]:
    """Of a state that an action of its own ends: its guest's power is told, whatever it is, and the state stays."""
    return {told: (vm_state, power_state) for told, power_state in POWERS.items()}


_AT_WORK: Final[dict[GuestPower, Shown]] = {"running": RUNS, "shutoff": OFF, "crashed": CRASHED}
SHOWN: Final[dict[VmState, dict[GuestPower, Shown]]] = {
    "active": _AT_WORK | {"paused": PAUSED_BY_OTHERS},
    "stopped": _AT_WORK,
    "paused": _AT_WORK | {"paused": PAUSED},
    # Off is what a suspended guest is: its memory waits on the host's disk.
    "suspended": {"running": RUNS, "paused": PAUSED, "crashed": CRASHED},
    "rescued": _power_only("rescued"),
    "resized": _power_only("resized"),
    "shelved": _power_only("shelved"),
    "soft-delete": _power_only("soft-delete"),
    "error": _power_only("error"),
}
"""What a server in a state shows for its guest's power, as Nova's ``_sync_instance_power_state``; others pass."""

RESTART: Final = "restart_after_crash"
"""The instance action by which the owner sees that it was started again."""
RESTART_AGAIN_SECONDS: Final = 300
"""A guest that crashes again so soon after that is left off: what it is started from makes it crash."""

HOSTS_AT_ONCE: Final = 16
"""So many hosts are asked side by side, and the rows of their servers read together."""
WRITES_AT_ONCE: Final = 100


async def reconcile_power(
    store: Store, clock: Clock, hosts: Collection[Hypervisor], *, restart_crashed: bool = False
) -> int:
    """Look at every server at rest on these hosts and return how many rows changed.

    ``restart_crashed``: start a guest of an active server that crashed again, rather than show it as off. Each host is
    asked once, for all its guests. A host out of reach is passed over.
    """
    changed = 0
    for some in batches(tuple(hosts), HOSTS_AT_ONCE):
        # The rows first: one that is changed after it was read has another revision, and is left alone.
        resting = await store.read(partial(resting_on, hosts=[host.host for host in some]))
        powers = await asyncio.gather(*map(_powers, some))
        told = {host.host: guests for host, guests in zip(some, powers, strict=True)}
        looked = ((server, _change(server, told[server.host].get(server.id))) for server in resting)
        for part in batches([(server, shown) for server, shown in looked if shown is not None], WRITES_AT_ONCE):
            changed += await store.write(partial(_bring, changes=part, at=clock.now(), restart_crashed=restart_crashed))
    return changed


async def _powers(host: Hypervisor) -> Mapping[ServerId, GuestPower]:
    try:
        return await host.powers()
    except Transient:
        return {}


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
    starts = (
        restart_crashed and shown == CRASHED and server.vm_state == "active" and _may_restart(connection, server, at)
    )
    moved = servers.set_states(
        connection,
        server.id,
        expected_vm_states=[server.vm_state],
        expected_task_state=None,
        expected_revision=server.revision,
        vm_state=vm_state,
        task_state=ACTIONS["start"].meanwhile if starts else None,
        power_state=power_state,
        at=at,
        what="power",
    )
    if moved and starts:
        _restart(connection, server, at)
    return moved


def _may_restart(connection: Connection, server: Resting, at: int) -> bool:
    """Whether it was not started again for the same reason just now."""
    last = server_actions.last_begun(connection, server.id, RESTART)
    return last is None or at - last > RESTART_AGAIN_SECONDS * 1_000_000


def _restart(connection: Connection, server: Resting, at: int) -> None:
    """Have the guest started, as a user would who looked; whoever drives its host takes it up."""
    whole = servers.get(connection, server.id)
    if whole is None:
        return
    saga = insert_saga(
        connection,
        kind=power.kind("start"),
        subject_id=server.id,
        project_id=whole.project_id,
        saga_input=power.ServerPower(server.id, server.host, "start", "stopped"),
        holder=None,
        place=server.host,
        at=at,
    )
    server_actions.add(
        connection,
        ServerAction(
            server_id=server.id,
            request_id=new_request_id(),
            action=RESTART,
            user_id=whole.user_id,
            project_id=whole.project_id,
            saga_id=saga.id,
            message=None,
            started_at=at,
            updated_at=at,
        ),
    )
