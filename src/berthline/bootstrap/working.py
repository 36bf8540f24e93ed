"""What a process of a cloud does besides answering requests: hosts, the dataplane, sagas and loops, by its leases."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from functools import partial
from typing import Final

import msgspec

from berthline.bootstrap.hosts.fences import fence_of
from berthline.bootstrap.hosts.looking import look_at_hosts, told_of_hosts
from berthline.bootstrap.hosts.roster import FOLLOW_SECONDS
from berthline.bootstrap.loops import Loop, running, while_held
from berthline.bootstrap.metadata import metadata_loop
from berthline.bootstrap.plane import Plane
from berthline.bootstrap.process import Cloud
from berthline.bootstrap.simulated_world import Refill, fill_rest, restore_dataplane, restore_hosts
from berthline.bootstrap.workers.owned_hosts import OwnedHosts
from berthline.dataplane.projector import LOOP as PROJECTOR
from berthline.dataplane.projector import Projector
from berthline.domain.clock import Clock
from berthline.domain.dataplane import Unit
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.images.sweeping import SWEEP_SECONDS
from berthline.reconcile.confirming import confirm_resizes
from berthline.reconcile.console_tokens import forget_expired_tokens
from berthline.reconcile.dataplane_drift import DataplaneDrift
from berthline.reconcile.draining import Draining
from berthline.reconcile.history import HistoryPruner, Retention
from berthline.reconcile.idempotency_keys import forget_expired_keys
from berthline.reconcile.losing import Losing
from berthline.reconcile.lost_guests import LostGuests
from berthline.reconcile.offloading import offload_shelved
from berthline.reconcile.port_status import PortStatusReconciler
from berthline.reconcile.power_state import StartsUnasked, reconcile_power
from berthline.reconcile.reclaiming import reclaim
from berthline.reconcile.returned_hosts import ReturnedHosts
from berthline.reconcile.unused_images import UnusedImages
from berthline.reconcile.ways_out import follow_ways_out
from berthline.store import Store
from berthline.store.control.workers import Loop as LoopName
from berthline.store.engine.changes import HOSTS_TOPIC, SAGAS_TOPIC

Run = Callable[[], Awaitable[None]]

HOST_SECONDS: Final = 30.0
POWER_SECONDS: Final = 60.0
"""A change of power that a host tells of is looked at at once; this finds those that nobody told of."""
RETURN_SECONDS: Final = 1.0
"""How soon it is looked again while guests of a host that was off wait until others of it are on."""
LOSS_SECONDS: Final = 0.5
RETURNED_SECONDS: Final = 5.0
"""How often it is looked whether a lost host is there again."""
UNUSED_IMAGES_SECONDS: Final = 600.0
DRAIN_SECONDS: Final = 1.0
"""How often it is looked whether servers that are moved off a host are there, so that the next ones can be."""
KEYS_SECONDS: Final = 600.0
HISTORY_SECONDS: Final = 3600.0
RECLAIM_SECONDS: Final = 60.0
PROBE_SECONDS: Final = 1.0
TIDY_SECONDS: Final = 15.0
WATCH_SECONDS: Final = 15.0
LATE_PORTS_SECONDS: Final = 60.0
WAYS_OUT_SECONDS: Final = 30.0
"""Chassis that change are heard of at once; this also finds the one of a host that was recorded since."""
CLAIM_SECONDS: Final = {"up": 2.0, "worker": 0.2}
"""How often a process looks unasked for sagas that others accepted: one by itself hears of all that it accepts."""


@contextlib.asynccontextmanager
async def working(cloud: Cloud, plane: Plane, ready: asyncio.Event) -> AsyncIterator[None]:
    """Let the parts work. What need not be done before the cloud is ready waits for ``ready``."""
    loops = _of_every_process(cloud, plane)
    if cloud.role == "api":
        plane.filled.set()  # whoever drives it sees to that
        told = Loop("hosts", partial(told_of_hosts, cloud.outside.store, cloud.watch), HOST_SECONDS)
        plane.hypervisors.on_followed(told.poke)
        loops["hosts"] = told.run
        async with running(**loops):
            yield
        return
    power = _power(cloud)
    outside, epoch = cloud.outside, partial(cloud.worker.loop, "metadata")
    async with metadata_loop(cloud.settings, outside.store, outside.clock, epoch) as metadata:
        _pass_hints_on(cloud, plane, power, metadata)
        await _begin(cloud, plane)
        loops |= _by_host(cloud, plane, power)
        loops |= {
            name: partial(while_held, cloud.worker, held, run) for name, held, run in _by_lease(cloud, plane, ready)
        }
        if metadata is not None:
            loops["metadata"] = partial(while_held, cloud.worker, "metadata", metadata.run)
        async with running(**loops):
            await cloud.engine.start()
            try:
                yield
            finally:
                await cloud.engine.stop()


async def _begin(cloud: Cloud, plane: Plane) -> None:
    """Know the hosts and have one's share of them; fill what is simulated and began empty."""
    await _look_at_hosts(cloud, plane)
    await cloud.worker.turn()
    if plane.filling is None:
        return
    await restore_hosts(cloud.outside, plane.filling)
    if cloud.worker.loop(PROJECTOR) is not None:
        await restore_dataplane(cloud.outside.store, cloud.projector, plane.filling, plane.filled)
    elif plane.filling.apart:  # the worker that projects sees to that
        plane.filled.set()


async def _look_at_hosts(cloud: Cloud, plane: Plane) -> int:
    outside, mine, roster = cloud.outside, [*map(HostName, cloud.worker.places)], plane.hypervisors
    told = cloud.watch.hosts_answered
    return await look_at_hosts(outside.store, outside.clock, roster, cloud.settings, told, mine, roster.enrolled)


async def _look_and_take(cloud: Cloud, plane: Plane) -> None:
    """Look at the hosts; one that was recorded for the first time is somebody's at once."""
    await _look_at_hosts(cloud, plane)
    if cloud.outside.hypervisors.keys() - cloud.worker.places.keys():
        cloud.worker.poke()


def _power(cloud: Cloud) -> Loop:
    outside = cloud.outside
    owned = OwnedHosts(outside.hypervisors, cloud.worker)
    guests = cloud.settings.guests

    def again() -> None:
        asyncio.get_running_loop().call_later(RETURN_SECONDS, loop.poke)

    starts = StartsUnasked(crashed=guests.on_crash == "restart", at_once=guests.return_at_once, again=again)

    async def look() -> None:
        await reconcile_power(outside.store, outside.clock, tuple(owned.values()), starts)

    loop = Loop("power", look, POWER_SECONDS)
    return loop


def _of_every_process(cloud: Cloud, plane: Plane) -> dict[str, Run]:
    """Loops about the process itself."""
    outside = cloud.outside
    loops: dict[str, Run] = {"store": Loop("store", outside.store.probe, PROBE_SECONDS).run}
    loops["roster"] = _roster(outside.store, plane).run
    loops["images"] = Loop("images", cloud.services.images.tidy, TIDY_SECONDS).run
    loops["image_sweep"] = Loop("image_sweep", cloud.services.images.sweep, SWEEP_SECONDS).run
    if plane.filling is None:
        loops["watch"] = Loop("watch", cloud.watch.look, WATCH_SECONDS).run
    if outside.network.acts_outside:
        events = cloud.services.compute.network_events
        events.looks_at_all = lambda: cloud.worker.loop("network_events") is not None
        outside.network.on_unread(events.hint)
        loops["network_events"] = events.run
    return loops


def _roster(store: Store, plane: Plane) -> Loop:
    """Follow which hosts there are."""
    return _poked_by_hosts(store, Loop("roster", partial(plane.hypervisors.follow, store), FOLLOW_SECONDS))


def _draining(store: Store, clock: Clock) -> Loop:
    """See drains of hosts through."""
    return _poked_by_hosts(store, Loop("drain", Draining(store, clock).run_once, DRAIN_SECONDS))


def _losing(cloud: Cloud) -> Loop:
    """See losses of hosts through."""
    losing = Losing(cloud.outside, fence_of(cloud.settings))
    return _poked_by_hosts(cloud.outside.store, Loop("lost", losing.run_once, LOSS_SECONDS))


def _poked_by_hosts(store: Store, work: Loop) -> Loop:
    """Have the loop look at once when something is said of hosts."""
    loop = asyncio.get_running_loop()

    def changed() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended before the store
            loop.call_soon_threadsafe(work.poke)

    store.subscribe(HOSTS_TOPIC, changed)
    return work


def _by_host(cloud: Cloud, plane: Plane, power: Loop) -> dict[str, Run]:
    """Loops that look at the hosts which this process drives, and claim the sagas there."""
    claims = Loop("claims", cloud.engine.look, CLAIM_SECONDS[cloud.role], pause=0.0)
    loop = asyncio.get_running_loop()

    def waits() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended before the store
            loop.call_soon_threadsafe(claims.poke)

    cloud.outside.store.subscribe(SAGAS_TOPIC, waits)
    hosts = Loop("hosts", lambda: _look_and_take(cloud, plane), HOST_SECONDS)
    plane.hypervisors.on_followed(hosts.poke)
    lost = LostGuests(cloud.outside.store, OwnedHosts(cloud.outside.hypervisors, cloud.worker))
    unused = UnusedImages(
        cloud.outside.store,
        cloud.outside.clock,
        OwnedHosts(cloud.outside.hypervisors, cloud.worker),
        unused_seconds=cloud.settings.guests.unused_images_hours * 3600,
        most_bytes=int(cloud.settings.guests.image_cache_gib * 2**30),
    )
    owned = OwnedHosts(cloud.outside.hypervisors, cloud.worker)
    returned = ReturnedHosts(cloud.outside.store, cloud.outside.clock, cloud.worker, owned, plane.make)
    back = Loop("returned_hosts", returned.run_once, RETURNED_SECONDS)
    plane.hypervisors.on_followed(back.poke)
    loops: dict[str, Run] = {
        "hosts": hosts.run,
        "returned_hosts": back.run,
        "lost_guests": lost.run,
        "power": power.run,
        "unused_images": Loop("unused_images", unused.run_once, UNUSED_IMAGES_SECONDS).run,
        "stray_nics": cloud.stray_nics.run,
        "claims": claims.run,
    }
    if plane.filling is not None and plane.filling.apart:
        again = Refill(partial(restore_hosts, cloud.outside, plane.filling))
        plane.on_connected(again.wake)
        loops["hosts again"] = again.run
    return loops


def _by_lease(cloud: Cloud, plane: Plane, ready: asyncio.Event) -> list[tuple[str, LoopName, Run]]:
    """Loops of which a cloud runs one, each with the lease that it runs under."""
    outside, projector = cloud.outside, cloud.projector
    store, clock = outside.store, outside.clock
    kept = Retention(**msgspec.structs.asdict(cloud.settings.retention))
    keys = Loop("keys", partial(_forget_expired, store, clock), KEYS_SECONDS)
    seconds = outside.reclaim_seconds
    reclaiming = Loop(
        "reclaim", lambda: reclaim(store, clock, seconds), min(RECLAIM_SECONDS, seconds or RECLAIM_SECONDS)
    )
    window = cloud.settings.guests.resize_confirm_window
    confirming = Loop(
        "confirm", lambda: confirm_resizes(store, clock, window), min(RECLAIM_SECONDS, window or RECLAIM_SECONDS)
    )
    stay = outside.offload_seconds
    offloading = Loop(
        "offload",
        lambda: offload_shelved(store, clock, stay),
        min(RECLAIM_SECONDS, stay) if stay > 0 else RECLAIM_SECONDS,
    )
    history = Loop("history", HistoryPruner(store, clock, kept).run_once, HISTORY_SECONDS)
    loops: list[tuple[str, LoopName, Run]] = [
        ("projector", PROJECTOR, partial(_project, store, plane, projector, ready)),
        ("ports", "ports", PortStatusReconciler(store, outside.dataplane, clock).run),
        ("keys", "keys", keys.run),
        ("history", "history", history.run),
        ("reclaim", "reclaim", reclaiming.run),
        ("offload", "reclaim", offloading.run),
        ("drain", "reclaim", _draining(store, clock).run),
        ("lost", "reclaim", _losing(cloud).run),
        ("confirm", "reclaim", confirming.run),  # under the same lease: both begin what nobody asked for in time
    ]
    if plane.filling is None:  # else nobody else can change its content, and it lies in memory
        drift = DataplaneDrift(store, outside.dataplane, projector)
        plane.on_connected(drift.wake)
        loops.append(("drift", PROJECTOR, drift.run))
        if plane.ovn is not None:
            look = plane.ovn.physical_networks
            ways = Loop("ways_out", lambda: follow_ways_out(store, clock, look), WAYS_OUT_SECONDS)
            plane.ovn.on_chassis(ways.poke)
            loops.append(("ways_out", PROJECTOR, ways.run))
    elif plane.filling.apart:
        again = Refill(partial(restore_dataplane, store, projector, plane.filling, plane.filled))
        plane.on_connected(again.wake)
        again.wake()
        loops.append(("dataplane again", PROJECTOR, again.run))
    if outside.network.acts_outside:
        late = Loop("late_ports", outside.network.free_late_ports, LATE_PORTS_SECONDS)
        loops.append(("late_ports", "late_ports", late.run))
    return loops


async def _forget_expired(store: Store, clock: Clock) -> None:
    """What ends by itself and is asked for no more."""
    await forget_expired_keys(store, clock)
    await forget_expired_tokens(store, clock)


async def _project(store: Store, plane: Plane, projector: Projector, ready: asyncio.Event) -> None:
    """Bring every change to the dataplane, and first what else belongs in one that began empty: all of it where an
    earlier process, that was killed, had the lease of this loop for some seconds more.
    """
    if not plane.filled.is_set():
        if plane.filling is not None and not plane.filling.apart:
            await restore_dataplane(store, projector, plane.filling, plane.filled)
        await ready.wait()
        await fill_rest(store, projector)
        plane.filled.set()
    await projector.run()


def _pass_hints_on(cloud: Cloud, plane: Plane, power: Loop, metadata: Loop | None) -> None:
    """What the outside says of a port or a guest makes those who wait for it look sooner."""
    waiting, engine = cloud.outside.waiting_ports, cloud.engine

    def port_changed(port: PortId) -> None:
        if server := waiting.get(port):
            engine.wake_subject(server)

    def projected(units: Collection[Unit]) -> None:
        for unit in units:
            if unit.kind == "port":
                port_changed(PortId(unit.id))
            elif unit.kind == "network" and metadata is not None:
                metadata.poke()

    def guest_changed(server: ServerId) -> None:
        if not engine.wake_subject(server):  # what a saga does to a guest is that saga's to look at
            power.poke()

    cloud.outside.dataplane.on_change(port_changed)
    cloud.projector.on_projected(projected)
    plane.hypervisors.on_added(lambda host: host.on_change(guest_changed))
