"""Gives simulated hosts back, when the process starts, the guests that their servers have.

A real host keeps its guests while Berthline is down; a simulated one lives in the process and is empty at its start. So
it is filled with what the store says was done: the guests of servers at rest, and of a boot under way exactly what
the steps recorded as done had made. What a saga is taking away is not brought back: undoing it twice is allowed.
"""

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from berthline.dataplane.projector import Projector
from berthline.domain.dataplane import Unit
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName, ServerId
from berthline.domain.snapshot import UNIT_KINDS
from berthline.saga import SagaRecord
from berthline.store import Connection, Store
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import unfinished
from berthline.store.dataplane.projection import units_at_rest, units_in_use
from berthline.workflows.outside import Outside
from berthline.workflows.server import create as server_create
from berthline.workflows.server import delete as server_delete

CHUNK: Final = 250
DISKS: Final = "disks"
GUEST: Final = "guest"
RESUME: Final = "resume"
ALL: Final = frozenset({DISKS, GUEST, RESUME})


class Wanted(msgspec.Struct, frozen=True):
    """One server's guest as it should be: which effects of a boot it has seen, and whether it is shut off since."""

    server_id: ServerId
    host: HostName
    done: frozenset[str]
    shut_off: bool


async def fill_hosts(outside: Outside) -> int:
    """Make the guests that should be there; returns how many servers were looked at."""
    names = {
        definition.kind: tuple(step.name for step in definition.steps)
        for definition in (server_create.definition(outside),)
    }
    wanted = await outside.store.read(lambda connection: _wanted(connection, outside.hypervisors, names))
    for one in wanted:
        await _bring_back(outside, one)
    return len(wanted)


async def fill_dataplane(store: Store, projector: Projector) -> int:
    """Make what guests and routers need of the simulated network, which is empty at its start; returns how many units.

    The start waits for it. Ports that nothing uses are left out until they change: a cloud may have a million of them.
    """
    return await _tell(projector, await store.read(units_in_use))


async def fill_rest(store: Store, projector: Projector) -> int:
    """Make the networks and groups that nothing uses yet; returns how many.

    A change that needs one of them sooner brings it along: see ``Projector``.
    """
    return await _tell(projector, await store.read(units_at_rest))


async def _tell(projector: Projector, units: Collection[Unit]) -> int:
    in_order = sorted(units, key=lambda unit: UNIT_KINDS.index(unit.kind))
    for start in range(0, len(in_order), CHUNK):
        await projector.repair(in_order[start : start + CHUNK])
    return len(in_order)


def _wanted(
    connection: Connection, hosts: Mapping[HostName, Hypervisor], names: Mapping[str, tuple[str, ...]]
) -> tuple[Wanted, ...]:
    found = []
    for host, server_id in servers.placed(connection):
        server = servers.get(connection, ServerId(server_id))
        if server is None or host not in hosts:
            continue
        done = _done(unfinished(connection, server.id), names)
        found.append(Wanted(server.id, HostName(host), done, server.vm_state == "stopped"))
    return tuple(found)


def _done(sagas: Collection[SagaRecord], names: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    if any(saga.state == "unwinding" or saga.kind == server_delete.KIND for saga in sagas):
        return frozenset()
    for saga in sagas:
        if saga.kind == server_create.KIND:
            return ALL & frozenset(names[saga.kind][: saga.position])
    return ALL


async def _bring_back(outside: Outside, wanted: Wanted) -> None:
    if DISKS not in wanted.done:
        return
    host = outside.host(wanted.host)
    spec = await outside.store.read(
        lambda connection: server_create.guest_spec(connection, outside.network, wanted.server_id)
    )
    await host.cache_image(spec.image, outside.images)
    await host.create_disks(spec)
    if GUEST in wanted.done:
        await host.start_paused(spec)
    if RESUME in wanted.done:
        await host.resume(wanted.server_id)
    if wanted.shut_off:
        await host.shutdown(wanted.server_id, 0)
