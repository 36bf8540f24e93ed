"""Servers whose guests stopped, or run again, by themselves: the row is brought to what the host says.

Takes no input: it looks at every server at rest and at its guest. A change notice only makes it look sooner.
"""

import asyncio
from collections.abc import Collection, Mapping
from functools import partial
from typing import Final

from berthline.domain.batches import batches
from berthline.domain.clock import Clock
from berthline.domain.compute import PowerState, VmState
from berthline.domain.errors import Transient
from berthline.domain.hypervisor import GuestPower, Hypervisor
from berthline.domain.ids import ServerId
from berthline.store import Connection, Store
from berthline.store.compute.guest_places import Resting, resting_on
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import unfinished

Shown = tuple[VmState, PowerState]
RUNS: Final[Shown] = ("active", 1)
OFF: Final[Shown] = ("stopped", 4)
PAUSED: Final[Shown] = ("paused", 3)
CRASHED: Final[Shown] = ("stopped", 6)

_AT_WORK: Final[dict[GuestPower, Shown]] = {"running": RUNS, "shutoff": OFF, "crashed": CRASHED}
SHOWN: Final[dict[VmState, dict[GuestPower, Shown]]] = {
    "active": _AT_WORK,
    "stopped": _AT_WORK,
    "paused": _AT_WORK | {"paused": PAUSED},
    # Off is what a suspended guest is: its memory waits on the host's disk.
    "suspended": {"running": RUNS, "paused": PAUSED, "crashed": CRASHED},
}
"""What a server in a state shows for its guest's power, as Nova's ``_sync_instance_power_state``; others pass."""

HOSTS_AT_ONCE: Final = 16
"""So many hosts are asked side by side, and the rows of their servers read together."""
WRITES_AT_ONCE: Final = 100


async def reconcile_power(store: Store, clock: Clock, hosts: Collection[Hypervisor]) -> int:
    """Look at every server at rest on these hosts and return how many rows changed.

    Each host is asked once, for all its guests. A host out of reach is passed over.
    """
    changed = 0
    for some in batches(tuple(hosts), HOSTS_AT_ONCE):
        # The rows first: one that is changed after it was read has another revision, and is left alone.
        resting = await store.read(partial(resting_on, hosts=[host.host for host in some]))
        powers = await asyncio.gather(*map(_powers, some))
        told = {host.host: guests for host, guests in zip(some, powers, strict=True)}
        looked = ((server, _change(server, told[server.host].get(server.id))) for server in resting)
        for part in batches([(server, shown) for server, shown in looked if shown is not None], WRITES_AT_ONCE):
            changed += await store.write(partial(_bring, changes=part, at=clock.now()))
    return changed


async def _powers(host: Hypervisor) -> Mapping[ServerId, GuestPower]:
    try:
        return await host.powers()
    except Transient:
        return {}


def _change(server: Resting, power: GuestPower | None) -> tuple[VmState, PowerState] | None:
    """What the server shall show from now on; None when it shows that, or when its guest does not tell."""
    shown = None if power is None else SHOWN.get(server.vm_state, {}).get(power)
    return None if shown == (server.vm_state, server.power_state) else shown


def _bring(connection: Connection, changes: Collection[tuple[Resting, tuple[VmState, PowerState]]], at: int) -> int:
    """Write them, but for a server that a saga has taken up or that was changed since it was read; how many."""
    return sum(
        servers.set_states(
            connection,
            server.id,
            expected_vm_states=[server.vm_state],
            expected_task_state=None,
            expected_revision=server.revision,
            vm_state=vm_state,
            power_state=power_state,
            at=at,
            what="power",
        )
        for server, (vm_state, power_state) in changes
        if not unfinished(connection, server.id)
    )
