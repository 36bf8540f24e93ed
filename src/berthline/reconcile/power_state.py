"""Servers whose guests stopped, or run again, by themselves: the row is brought to what the host says.

Takes no input: it looks at every server at rest and at its guest. A change notice only makes it look sooner.
"""

from collections.abc import Collection
from functools import partial
from typing import Final

from berthline.domain.clock import Clock
from berthline.domain.compute import PowerState, Server, VmState
from berthline.domain.errors import Transient
from berthline.domain.hypervisor import GuestPower, Hypervisor
from berthline.domain.ids import HostName
from berthline.store import Connection, Store
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import unfinished

SHOWN: Final[dict[GuestPower, tuple[VmState, PowerState]]] = {
    "running": ("active", 1),
    "shutoff": ("stopped", 4),
    "crashed": ("stopped", 6),
}
"""What a server shows for its guest's power, as Nova's ``_sync_instance_power_state`` does; others are passing."""


async def reconcile_power(store: Store, clock: Clock, hosts: Collection[Hypervisor]) -> int:
    """Look at every server at rest on these hosts and return how many rows changed.

    A host out of reach is passed over.
    """
    changed = 0
    for host in hosts:
        resting = await store.read(partial(_resting_on, host.host))
        for server in resting:
            try:
                power = await host.power(server.id)
            except Transient:
                break
            changed += await _bring(store, clock, server, power)
    return changed


def _resting_on(host: HostName, connection: Connection) -> tuple[Server, ...]:
    return servers.resting_on(connection, host)


async def _bring(store: Store, clock: Clock, server: Server, power: GuestPower) -> bool:
    shown = SHOWN.get(power)
    if shown is None or shown == (server.vm_state, server.power_state):
        return False
    vm_state, power_state = shown

    def work(connection: Connection) -> bool:
        if unfinished(connection, server.id):
            return False
        return servers.set_states(
            connection,
            server.id,
            expected_vm_states=[server.vm_state],
            expected_task_state=None,
            expected_revision=server.revision,
            vm_state=vm_state,
            power_state=power_state,
            at=clock.now(),
            what="power",
        )

    return await store.write(work)
