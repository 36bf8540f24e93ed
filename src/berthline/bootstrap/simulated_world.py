"""Gives simulated hosts back, when their process starts, the guests that their servers have.

A real host keeps its guests while Berthline is down; a simulated one lives in a process and is empty at its start. So
it is filled with what the store says was done: the guests of servers at rest, and of a boot under way exactly what
the steps recorded as done had made. What a saga is taking away is not brought back: undoing it twice is allowed.
"""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from typing import Final

import msgspec
import structlog

from berthline.bootstrap.filling import Filling
from berthline.dataplane.ovn.rows import DROP_UNIT
from berthline.dataplane.projector import Projector
from berthline.domain.compute import Migration, VmState
from berthline.domain.dataplane import Unit
from berthline.domain.errors import BerthlineError, LeaseLost, OutsideError, Unavailable
from berthline.domain.ids import HostName, ServerId
from berthline.domain.network_info import device_name
from berthline.domain.snapshot import UNIT_KINDS
from berthline.hypervisor.kept_guests import KeptGuest, KeptNic, KeptPower, kept_nic
from berthline.saga import SagaRecord
from berthline.store import Connection, Store
from berthline.store.compute import migrations
from berthline.store.compute.guest_places import kept_servers
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import at_work as sagas_at_work
from berthline.store.dataplane.projection import units_at_rest, units_in_use
from berthline.store.images.images import base_image_of
from berthline.workflows.outside import Outside
from berthline.workflows.server import create as server_create
from berthline.workflows.server import delete as server_delete
from berthline.workflows.server import rebuild as server_rebuild

log = structlog.get_logger("berthline.simulated")

CHUNK: Final = 250
RETRY_SECONDS: Final = 1.0
IMAGE: Final = "image"
DISKS: Final = "disks"
GUEST: Final = "guest"
RESUME: Final = "resume"
MAKING: Final = frozenset({server_create.KIND, server_rebuild.KIND})
"""What makes a guest, in steps of the same names."""
ALL: Final = frozenset({IMAGE, DISKS, GUEST, RESUME})
AT_REST: Final[dict[VmState, KeptPower]] = {
    "stopped": "shutoff",
    "shelved": "shutoff",
    "soft-delete": "shutoff",
    "paused": "paused",
    "suspended": "saved",
}
"""What the guest of a server is that does not run."""


class Wanted(msgspec.Struct, frozen=True):
    """One server's guest as it should be, and which effects of a boot it has seen."""

    host: HostName
    guest: KeptGuest
    done: frozenset[str]


@contextlib.contextmanager
def collecting_later() -> Iterator[None]:
    """Have Python look for cycles only once this is over: what is filled in stays, and each look goes through it."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


async def restore_hosts(outside: Outside, filling: Filling) -> None:
    """Have the hosts of the world hold what they held, unless they do."""
    if await filling.begin("hosts"):
        with collecting_later():
            await fill_hosts(outside, filling)
        await filling.end("hosts")


async def restore_dataplane(store: Store, projector: Projector, filling: Filling, filled: asyncio.Event) -> None:
    """Have its data plane hold what it held, unless it does; ``filled`` is set then.

    Where we alone use it, what nothing uses is left for ``fill_rest``, and ``filled`` to who calls that. To be called
    where the projector may project.
    """
    if await filling.begin("dataplane"):
        if filling.apart:
            await projector.repair([DROP_UNIT])  # which the projector knows to have made, in the world of before
        with collecting_later():
            await fill_dataplane(store, projector)
        if filling.apart:
            await fill_rest(store, projector)
        await filling.end("dataplane")
    if filling.apart:
        filled.set()


class Refill:
    """Restores a part of a world apart whenever that began anew. ``run`` is the loop."""

    def __init__(self, restore: Callable[[], Awaitable[None]]) -> None:
        self._restore = restore
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """The world is reached again; look whether it is the same. To be called on the event loop."""
        self._wake.set()

    async def run(self) -> None:
        """Restore whenever it is needed, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._restore()
            except (LeaseLost, OutsideError, Unavailable) as error:
                log.warning("the simulated world could not be filled; trying again", why=error.message)
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()


async def fill_hosts(outside: Outside, filling: Filling) -> int:
    """Make the guests that should be there; returns how many servers were looked at.

    What a server was made from may be gone since, such as its image: nothing but the rows of its guest is needed.
    """
    names = {
        definition.kind: tuple(step.name for step in definition.steps)
        for definition in (server_create.definition(outside),)
    }
    at_work = await outside.store.read(sagas_at_work)
    hosts = await outside.store.read(servers.placed)
    moves = {move.server_id: move for move in await outside.store.read(migrations.held)}
    here = [(host, server_id) for host, server_id in hosts if host in outside.hypervisors]
    for start in range(0, len(here), CHUNK):
        chosen = here[start : start + CHUNK]
        wanted = await outside.store.read(
            lambda connection, chosen=chosen: _wanted(connection, outside, chosen, at_work, names, moves)  # type: ignore[misc]
        )
        await filling.put_back([(one.host, one.guest) for one in wanted if DISKS in one.done])
        for one in wanted:
            await _bring_image_back(outside, one)
    return len(here)


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
    connection: Connection,
    outside: Outside,
    chosen: Collection[tuple[HostName, ServerId]],
    at_work: Mapping[str, Collection[SagaRecord]],
    names: Mapping[str, tuple[str, ...]],
    moves: Mapping[ServerId, Migration],
) -> tuple[Wanted, ...]:
    acts_outside = outside.network.acts_outside
    there = kept_servers(connection, [server_id for _, server_id in chosen])
    elsewhere = outside.network.network_info(connection, [server.id for server in there]) if acts_outside else {}
    hosts = {server_id: host for host, server_id in chosen}
    found = []
    for server in there:
        done = _done(at_work.get(server.id, ()), names)
        power = _power(done, server.vm_state)
        own = (KeptNic(port_id, mac, device_name(port_id)) for port_id, mac in server.nics)
        nics = tuple(map(kept_nic, elsewhere[server.id].vifs) if acts_outside else own)
        guest = KeptGuest(server_id=server.id, name=server.name, nics=nics, power=power)
        if (move := moves.get(server.id)) is not None and done:
            found += _of_move(move, guest)
        else:
            found.append(Wanted(hosts[server.id], guest, done))
    return tuple(found)


def _of_move(move: Migration, guest: KeptGuest) -> list[Wanted]:
    """What there is of a server in the middle of a move, at either end: as much as its next steps or its undo need.

    What is off too early is only shut off again; what a way back takes away is not brought back.
    """
    off = msgspec.structs.replace(guest, power="shutoff", has_copy=move.stays)
    if move.status not in {"finished", "confirming"}:
        disks = msgspec.structs.replace(guest, power=None)
        there = [] if move.stays or move.status == "reverting" else [Wanted(move.destination, disks, ALL)]
        return [Wanted(move.source, off, ALL), *there]
    on = msgspec.structs.replace(off, power="running") if move.before == "active" else off
    return [Wanted(move.destination, on, ALL), *([] if move.stays else [Wanted(move.source, off, ALL)])]


def _done(sagas: Collection[SagaRecord], names: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    if any(saga.state == "unwinding" or saga.kind == server_delete.KIND for saga in sagas):
        return frozenset()
    for saga in sagas:
        if saga.kind in MAKING:
            return ALL & frozenset(names[saga.kind][: saga.position])
    return ALL


def _power(done: frozenset[str], state: VmState) -> KeptPower | None:
    if GUEST not in done:
        return None
    if RESUME not in done:
        return "paused"
    return AT_REST.get(state, "running")


async def _bring_image_back(outside: Outside, wanted: Wanted) -> None:
    """Of a boot that had its image and no disks yet: the next step makes disks of the copy."""
    if IMAGE in wanted.done and DISKS not in wanted.done:
        # one that cannot be had any more is that step's to tell
        with contextlib.suppress(BerthlineError):
            image = await outside.store.read(lambda connection: base_image_of(connection, wanted.guest.server_id))
            await outside.seen(wanted.host).cache_image(image, outside.images)
