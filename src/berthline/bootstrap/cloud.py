"""One cloud: everything that the API, the sagas and the loops stand on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from berthline.api.app import create_app
from berthline.api.frame import Health, HealthCheck, Services
from berthline.bootstrap import optional
from berthline.bootstrap.credentials import ensure_clouds
from berthline.bootstrap.data_folder import DataFolder
from berthline.bootstrap.database import folder_of
from berthline.bootstrap.hosts import chassis_of, look_at_hosts
from berthline.bootstrap.image_place import folder_of_images, health_of_images, open_images
from berthline.bootstrap.loops import Loop, running
from berthline.bootstrap.metadata import metadata_loop
from berthline.bootstrap.network import open_network, own_networks, places_elsewhere
from berthline.bootstrap.ownership import claim, refuse_strangers, told_in_one_line
from berthline.bootstrap.plane import Plane, open_plane
from berthline.bootstrap.serve import address_of, bind, serving
from berthline.bootstrap.simulated_world import Refill, fill_rest, restore_dataplane, restore_hosts
from berthline.bootstrap.watch import Watch
from berthline.config import Settings
from berthline.dataplane.projector import Projector
from berthline.domain.clock import Clock, SystemClock
from berthline.domain.dataplane import Unit
from berthline.domain.ids import PortId, ServerId, new_id
from berthline.identity import Identity, IdentitySettings
from berthline.images.sweeping import SWEEP_SECONDS
from berthline.network.local import LocalNetworkService
from berthline.reconcile.dataplane_drift import DataplaneDrift
from berthline.reconcile.history import HistoryPruner, Retention
from berthline.reconcile.idempotency_keys import forget_expired_keys
from berthline.reconcile.leaks import Report, examine
from berthline.reconcile.port_status import PortStatusReconciler
from berthline.reconcile.power_state import reconcile_power
from berthline.reconcile.stray_nics import StrayNics
from berthline.saga import Engine
from berthline.store import Connection, Store
from berthline.store.control import worker_leases
from berthline.store.control.leaks import Leak
from berthline.store.control.sagas import StoredSagaLog
from berthline.store.engine.migrate import migrate
from berthline.workflows.compute import Compute
from berthline.workflows.definitions import definitions
from berthline.workflows.outside import Outside

if TYPE_CHECKING:
    from litestar import Litestar

log = structlog.get_logger(__name__)

HOST_SECONDS: Final = 30.0
POWER_SECONDS: Final = 60.0
"""A change of power that a host tells of is looked at at once; this finds those that nobody told of."""
KEYS_SECONDS: Final = 600.0
HISTORY_SECONDS: Final = 3600.0
PROBE_SECONDS: Final = 1.0
TIDY_SECONDS: Final = 15.0
WATCH_SECONDS: Final = 15.0
LATE_PORTS_SECONDS: Final = 60.0
BEHIND_SECONDS: Final = 30.0
"""A dataplane this far behind the store makes /healthz say so."""


@dataclass(frozen=True)
class Cloud:
    """A running cloud. ``url`` is its address when it listens, else the one its catalogue tells."""

    settings: Settings
    folder: DataFolder
    url: str
    app: "Litestar"
    services: Services
    outside: Outside
    engine: Engine[Connection]
    projector: Projector
    stray_nics: StrayNics
    watch: Watch
    examine: Callable[[], Awaitable[Report]]
    """Every leak there is now, and what could not be looked at."""

    async def leaks(self) -> tuple[Leak, ...]:
        """Every leak there is now, as far as everything that can be asked answers."""
        return (await self.examine()).leaks


@contextlib.asynccontextmanager
async def running_cloud(
    settings: Settings, *, serve: bool = False, clock: Clock | None = None, durable: bool = True
) -> AsyncIterator[Cloud]:
    """The cloud of these settings while the block runs; with ``serve`` it listens as the settings say.

    Raises DataFolderInUse, StartRefused, CannotListen, and OutsideError when the dataplane or a host is refused for
    good.
    """
    time = clock or SystemClock()
    folder = folder_of(settings)
    async with contextlib.AsyncExitStack() as stack:
        with told_in_one_line(folder):
            cloud = await _started(settings, folder, time, stack, serve=serve, durable=durable)
        yield cloud


async def _started(
    settings: Settings,
    folder: DataFolder,
    clock: Clock,
    stack: contextlib.AsyncExitStack,
    *,
    serve: bool,
    durable: bool,
) -> Cloud:
    """The cloud, at work; it ends with ``stack``."""
    stack.enter_context(folder.held())
    refuse_strangers(folder, folder_of_images(settings, folder))
    stack.enter_context(folder.held_database())
    listening = stack.enter_context(bind(settings.host, settings.port)) if serve else None
    address = settings.public_url or f"http://{address_of(listening) if listening else settings.listen}"
    store = _open_store(folder, stack, durable=durable)
    cloud_id = claim(store, clock)
    ensure_clouds(folder, store, clock, address.rstrip("/"), settings.region, cloud_id)
    plane = await stack.enter_async_context(open_plane(settings, store, cloud_id))
    cloud = await _assemble(settings, folder, store, clock, plane, address.rstrip("/"), stack)
    ready = asyncio.Event()
    await stack.enter_async_context(_working(cloud, plane, ready))
    if listening is not None:
        await stack.enter_async_context(serving(cloud.app, listening, settings.http))
    ready.set()
    return cloud


def _open_store(folder: DataFolder, stack: contextlib.ExitStack | contextlib.AsyncExitStack, *, durable: bool) -> Store:
    migrate(folder.database)
    store = Store(folder.database, durable=durable, alone=True)  # as the folder is held
    stack.callback(store.close)
    # This process holds the database alone, so whoever left leases behind is dead.
    store.write_now(worker_leases.void)
    return store


async def _assemble(
    settings: Settings,
    folder: DataFolder,
    store: Store,
    clock: Clock,
    plane: Plane,
    address: str,
    stack: contextlib.AsyncExitStack,
) -> Cloud:
    """Make every part; nothing of it works yet."""
    identity = Identity(store, clock, IdentitySettings(token_lifetime_seconds=settings.tokens.lifetime_seconds))
    stack.callback(identity.close)
    images = await open_images(settings, folder, store, clock, stack)
    network = own_networks(settings.dataplane)
    outside = Outside(
        store=store,
        clock=clock,
        dataplane=plane.dataplane,
        network=open_network(settings.network, store, clock, plane.dataplane, stack, network),
        hypervisors=plane.hypervisors,
        images=images,
        boot_deadline=settings.timeouts.boot_seconds,
    )
    kinds = definitions(outside)
    engine: Engine[Connection] = Engine(StoredSagaLog(store, clock), kinds, clock, owner=new_id())
    projector = _projector(settings, store, clock, plane)
    watch = _watch(settings, plane)
    looks = partial(_examine, store, plane, watch)
    strays = StrayNics(store, plane.hypervisors)
    services = Services(
        store=store,
        clock=clock,
        identity=identity,
        images=images,
        network=LocalNetworkService(store, clock, network, strays.hint),
        compute=Compute(outside, engine),
        examine=looks,
        saga_steps={one.kind: tuple(step.name for step in one.steps) for one in kinds},
        region=settings.region,
        elsewhere=places_elsewhere(settings),
        public_url=settings.public_url or None,
        body_limit=settings.limits.body_bytes,
        health=(
            HealthCheck("images", partial(health_of_images, images)),
            HealthCheck("dataplane", lambda: _dataplane_health(projector)),
            *watch.checks(),
        ),
    )
    with optional.without():
        app = create_app(services)
    return Cloud(settings, folder, address, app, services, outside, engine, projector, strays, watch, looks)


def _projector(settings: Settings, store: Store, clock: Clock, plane: Plane) -> Projector:
    chosen = settings.dataplane
    return Projector(
        store, plane.dataplane, clock, gateway_chassis=chosen.gateway_chassis, dns_servers=chosen.dns_servers
    )


def _watch(settings: Settings, plane: Plane) -> Watch:
    chassis = [name for host, name in chassis_of(settings).items() if host in plane.hypervisors]
    return Watch(plane.hypervisors, None if plane.daemons is None else partial(plane.daemons.look, chassis))


async def _examine(store: Store, plane: Plane, watch: Watch) -> Report:
    await plane.filled.wait()
    hosts = tuple(plane.hypervisors.values())
    report = await examine(store, plane.dataplane, hosts, begins_empty=plane.filling is not None)
    return msgspec.structs.replace(report, silent=(*report.silent, *watch.silent()))


async def _dataplane_health(projector: Projector) -> Health:
    status = await projector.status()
    facts = {"changes": status.changes, "behind_seconds": round(status.behind_seconds, 3), "refused": status.refused}
    unreachable = {"unreachable": status.unreachable} if status.unreachable else {}
    ready = not status.unreachable and status.behind_seconds < BEHIND_SECONDS
    return Health(ready, {**facts, **unreachable})


@contextlib.asynccontextmanager
async def _working(cloud: Cloud, plane: Plane, ready: asyncio.Event) -> AsyncIterator[None]:
    """Let the parts work: hosts known, ports projected, sagas of the last run taken up, loops running.

    What need not be done before the cloud is ready waits for ``ready``.
    """
    outside, engine, projector = cloud.outside, cloud.engine, cloud.projector
    store, clock, hypervisors = outside.store, outside.clock, outside.hypervisors
    answered = cloud.watch.hosts_answered
    hosts = Loop("hosts", lambda: look_at_hosts(store, clock, hypervisors, cloud.settings, answered), HOST_SECONDS)
    power = Loop("power", lambda: reconcile_power(store, clock, tuple(hypervisors.values())), POWER_SECONDS)
    drift = DataplaneDrift(store, outside.dataplane, projector)
    ports = PortStatusReconciler(store, outside.dataplane, clock)
    plane.on_connected(drift.wake)
    await look_at_hosts(store, clock, hypervisors, cloud.settings, answered)
    if plane.filling is not None:
        await restore_hosts(outside, plane.filling)
        await restore_dataplane(store, projector, plane.filling, plane.filled)
    kept = Retention(**msgspec.structs.asdict(cloud.settings.retention))
    history = Loop("history", HistoryPruner(store, clock, kept).run_once, HISTORY_SECONDS)
    keys = Loop("keys", lambda: forget_expired_keys(store, clock), KEYS_SECONDS)
    loops: dict[str, Callable[[], Awaitable[None]]] = {"projector": partial(_project, store, plane, projector, ready)}
    loops["store"] = Loop("store", store.probe, PROBE_SECONDS).run
    loops["images"] = Loop("images", cloud.services.images.tidy, TIDY_SECONDS).run
    loops["image_sweep"] = Loop("image_sweep", cloud.services.images.sweep, SWEEP_SECONDS).run
    loops |= {"ports": ports.run, "hosts": hosts.run, "power": power.run, "keys": keys.run}
    loops["history"] = history.run
    if plane.filling is None:  # else nobody else can change its content, and it lies in memory
        loops["drift"] = drift.run
        loops["watch"] = Loop("watch", cloud.watch.look, WATCH_SECONDS).run
    if plane.filling is not None and plane.filling.apart:
        for name, restore in (
            ("hosts again", partial(restore_hosts, outside, plane.filling)),
            ("dataplane again", partial(restore_dataplane, store, projector, plane.filling, plane.filled)),
        ):
            refill = Refill(restore)
            plane.on_connected(refill.wake)
            loops[name] = refill.run
    loops["stray_nics"] = cloud.stray_nics.run
    if outside.network.acts_outside:
        outside.network.on_unread(cloud.services.compute.network_events.hint)
        loops["network_events"] = cloud.services.compute.network_events.run
        loops["late_ports"] = Loop("late_ports", outside.network.free_late_ports, LATE_PORTS_SECONDS).run
    async with metadata_loop(cloud.settings, store) as metadata:
        if metadata is not None:
            loops["metadata"] = metadata.run
        _pass_hints_on(cloud, power, metadata)
        async with running(**loops):
            await engine.start(alone=True)
            try:
                yield
            finally:
                await engine.stop()


async def _project(store: Store, plane: Plane, projector: Projector, ready: asyncio.Event) -> None:
    """Bring every change to the dataplane, and first what else belongs in one that began empty."""
    if not plane.filled.is_set():
        await ready.wait()
        await fill_rest(store, projector)
        plane.filled.set()
    await projector.run()


def _pass_hints_on(cloud: Cloud, power: Loop, metadata: Loop | None) -> None:
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
    for hypervisor in cloud.outside.hypervisors.values():
        hypervisor.on_change(guest_changed)
