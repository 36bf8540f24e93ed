"""One cloud: everything that the API, the sagas and the loops stand on."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from berthline.api.frame import Health, HealthCheck, Services
from berthline.bootstrap import optional
from berthline.bootstrap.clouds_file import Door
from berthline.bootstrap.credentials import ensure_clouds
from berthline.bootstrap.data_folder import DataFolder
from berthline.bootstrap.database import folder_of
from berthline.bootstrap.hosts.enrolment import kind_of
from berthline.bootstrap.hosts.probing import look_at_one
from berthline.bootstrap.image_place import folder_of_images, health_of_images, open_images
from berthline.bootstrap.loops import running
from berthline.bootstrap.metadata import answers_metadata
from berthline.bootstrap.network import open_network, own_networks, places_elsewhere
from berthline.bootstrap.ownership import claim, refuse_strangers, told_in_one_line
from berthline.bootstrap.plane import Plane, open_plane
from berthline.bootstrap.process import Cloud as Cloud
from berthline.bootstrap.process import Role
from berthline.bootstrap.serve import address_of, bind, serving
from berthline.bootstrap.vitals.certificates import Certificates
from berthline.bootstrap.vitals.checks import checks
from berthline.bootstrap.vitals.gathering import Gathering
from berthline.bootstrap.watch import Watch
from berthline.bootstrap.workers.owned_hosts import OwnedHosts
from berthline.bootstrap.workers.standing import WorkersWatch
from berthline.bootstrap.working import working
from berthline.config import Settings
from berthline.dataplane.projector import LOOP as PROJECTOR
from berthline.dataplane.projector import Projector
from berthline.domain.clock import Clock, FollowingClock, SteadyClock, SystemClock
from berthline.domain.errors import BerthlineError
from berthline.domain.hypervisor.moving import MoveWays
from berthline.domain.ids import ImageId, new_id
from berthline.domain.start import StartRefused
from berthline.identity import Identity, IdentitySettings
from berthline.images import Images
from berthline.network.local import LocalNetworkService
from berthline.reconcile.leaks import Report, examine
from berthline.reconcile.stray_nics import StrayNics
from berthline.saga import Engine, Turn, Worker
from berthline.store import Connection, Store
from berthline.store.control import workers
from berthline.store.control.sagas import StoredSagaLog
from berthline.store.control.workers import StoredWorkers
from berthline.store.engine.migrate import migrate
from berthline.workflows.compute import Compute
from berthline.workflows.consoles.settings import ConsoleSettings
from berthline.workflows.definitions import definitions
from berthline.workflows.enrolment.hosts import Enrolling
from berthline.workflows.outside import Outside

if TYPE_CHECKING:
    from litestar import Litestar

log = structlog.get_logger(__name__)

BEHIND_SECONDS: Final = 30.0
"""A dataplane this far behind the store makes /healthz say so."""


@contextlib.asynccontextmanager
async def running_cloud(
    settings: Settings,
    *,
    role: Role = "up",
    serve: bool = False,
    clock: Clock | None = None,
    durable: bool = True,
    patience_ms: int | None = None,
) -> AsyncIterator[Cloud]:
    """A process of the cloud of these settings while the block runs; with ``serve`` it listens as they say.

    ``durable`` and ``patience_ms`` are the store's.

    Raises DataFolderInUse, StartRefused, CannotListen, and OutsideError when the dataplane or a host is refused for
    good.
    """
    if role != "up" and settings.dataplane.kind == "simulated" and not settings.simulated.world:
        raise StartRefused(
            "simulated hosts of one process cannot be shared: start `berthline simulate`, and give the address that it "
            "tells to --simulated"
        )
    folder = folder_of(settings)
    async with contextlib.AsyncExitStack() as stack:
        with told_in_one_line(folder):
            cloud = await _started(settings, role, folder, clock, stack, serve, durable, patience_ms)
        yield cloud


async def _started(
    settings: Settings,
    role: Role,
    folder: DataFolder,
    own_clock: Clock | None,
    stack: contextlib.AsyncExitStack,
    serve: bool,
    durable: bool,
    patience_ms: int | None,
) -> Cloud:
    """The process of the cloud, at work; it ends with ``stack``."""
    alone = role == "up"
    stack.enter_context(folder.held(alone=alone))
    with contextlib.nullcontext() if alone else folder.starting():
        refuse_strangers(folder, folder_of_images(settings, folder))
        stack.enter_context(folder.held_database(alone=alone))
        listening = stack.enter_context(bind(settings.host, settings.port)) if serve else None
        place = address_of(listening) if listening else settings.listen
        address = settings.public_url or f"{settings.scheme}://{place}"
        store = _open_store(folder, stack, alone, durable, patience_ms)
        clock = FollowingClock(own_clock or SystemClock(), own_clock or SteadyClock())
        cloud_id = claim(store, clock)
        if role != "worker":
            door = Door(f"{address.rstrip('/')}/identity/v3", settings.region, settings.tls.authorities)
            ensure_clouds(folder, store, clock, door, cloud_id, alone=alone)
    worker = await _joined(settings, role, store, own_clock, clock, stack)
    plane = await stack.enter_async_context(open_plane(settings, store, clock, cloud_id))
    cloud = await _assemble(settings, role, folder, store, clock, worker, plane, address.rstrip("/"), stack)
    ready = asyncio.Event()
    await stack.enter_async_context(working(cloud, plane, ready))
    if listening is not None and cloud.app is not None:
        cloud.services.compute.consoles.listens_at(*listening.getsockname()[:2], scheme=settings.scheme)
        await stack.enter_async_context(serving(cloud.app, listening, settings.http, settings.tls))
    ready.set()
    return cloud


def _open_store(
    folder: DataFolder,
    stack: contextlib.ExitStack | contextlib.AsyncExitStack,
    alone: bool,
    durable: bool,
    patience_ms: int | None,
) -> Store:
    migrate(folder.database)
    store = Store(folder.database, durable=durable, patience_ms=patience_ms, alone=alone, neighbours=not alone)
    stack.callback(store.close)
    if alone and not folder.postgresql:  # this process holds the database, so whoever left leases behind is dead
        store.write_now(workers.void)
    return store


async def _joined(
    settings: Settings,
    role: Role,
    store: Store,
    own_clock: Clock | None,
    clock: FollowingClock,
    stack: contextlib.AsyncExitStack,
) -> Worker:
    """Have this process be one of the cloud's until all else of it has ended."""
    drives = role != "api"
    named = f"{socket.gethostname()}:{os.getpid()}"
    able = [name for name in workers.LOOPS if name != "metadata" or answers_metadata(settings)]
    leases = StoredWorkers(store, name=named, drives=drives, clock=own_clock, loops=able)
    worker = Worker(leases, new_id(), drives=drives)

    async def follow(turn: Turn) -> None:
        clock.follow(turn.now)

    async def leave() -> None:
        with contextlib.suppress(BerthlineError):  # else its leases run out
            await worker.leave()

    worker.on_turn(follow)
    await worker.join()
    stack.push_async_callback(leave)
    await stack.enter_async_context(running(worker=worker.run))
    return worker


async def _assemble(
    settings: Settings,
    role: Role,
    folder: DataFolder,
    store: Store,
    clock: Clock,
    worker: Worker,
    plane: Plane,
    address: str,
    stack: contextlib.AsyncExitStack,
) -> Cloud:
    """Make every part; nothing of it works yet."""
    identity = Identity(store, clock, IdentitySettings(token_lifetime_seconds=settings.tokens.lifetime_seconds))
    stack.callback(identity.close)
    images = await open_images(settings, folder, store, clock, stack)
    outside = _outside(settings, store, clock, worker, plane, images, stack)
    kinds = definitions(outside)
    engine: Engine[Connection] = Engine(StoredSagaLog(store), kinds, clock, worker=worker)
    projector = _projector(settings, store, clock, plane, worker)
    watch = _watch(plane)
    workers_watch = WorkersWatch(StoredWorkers(store))
    gathering = _gathering(settings, store, clock, plane, watch)
    looks = partial(_examine, store, plane, watch, workers_watch)
    strays = StrayNics(store, OwnedHosts(plane.hypervisors, worker))
    services = Services(
        store=store,
        clock=clock,
        identity=identity,
        images=images,
        network=LocalNetworkService(store, clock, own_networks(settings.dataplane)),
        compute=_compute(settings, outside, engine, plane),
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
            HealthCheck("workers", workers_watch.health),
            *checks(gathering.vitals, ovn=plane.daemons is not None),
        ),
        vitals=gathering.vitals,
    )
    app = None if role == "worker" else _app(services)
    parts = (services, outside, worker, engine, projector, strays, watch, looks)
    return Cloud(settings, role, folder, address, app, *parts)


def _compute(settings: Settings, outside: Outside, engine: Engine[Connection], plane: Plane) -> Compute:
    networks = None if plane.ovn is None else plane.ovn.physical_networks
    enrolling = Enrolling(kind_of(settings), partial(look_at_one, plane.make, networks))
    return Compute(outside, engine, ConsoleSettings(**msgspec.structs.asdict(settings.consoles)), enrolling)


def _app(services: Services) -> "Litestar":
    with optional.without():
        from berthline.api.app import create_app

        return create_app(services)


def _outside(
    settings: Settings,
    store: Store,
    clock: Clock,
    worker: Worker,
    plane: Plane,
    images: Images,
    stack: contextlib.AsyncExitStack,
) -> Outside:
    networks = own_networks(settings.dataplane)
    return Outside(
        store=store,
        clock=clock,
        dataplane=plane.dataplane,
        network=open_network(settings.network, store, clock, plane.dataplane, stack, networks),
        hypervisors=plane.hypervisors,
        images=images,
        move_ways=MoveWays(settings.migration.auto_converge, settings.migration.post_copy),
        move_deadline=settings.migration.deadline_seconds,
        drain_at_once=settings.migration.drain_at_once,
        fence=settings.loss.fence,
        lost_at_once=settings.loss.at_once,
        recovery=settings.loss.recovery,
        boot_deadline=settings.timeouts.boot_seconds,
        soft_reboot_seconds=settings.timeouts.soft_reboot_seconds,
        epoch_of=worker.epoch_of,
        tracer=plane.tracer,
        reclaim_seconds=settings.guests.reclaim_seconds,
        offload_seconds=settings.shelving.offload_seconds,
        rescue_image=ImageId(settings.guests.rescue_image) if settings.guests.rescue_image else None,
    )


def _projector(settings: Settings, store: Store, clock: Clock, plane: Plane, worker: Worker) -> Projector:
    chosen = settings.dataplane
    return Projector(
        store,
        plane.dataplane,
        clock,
        gateway_chassis=chosen.gateway_chassis,
        dns_servers=chosen.dns_servers,
        lease=lambda: worker.loop(PROJECTOR),
    )


def _watch(plane: Plane) -> Watch:
    roster, daemons = plane.hypervisors, plane.daemons
    if daemons is None:
        return Watch(roster, None)
    return Watch(roster, lambda: daemons.look([roster.enrolled[name].chassis for name in roster]))


def _gathering(settings: Settings, store: Store, clock: Clock, plane: Plane, watch: Watch) -> Gathering:
    roster, daemons = plane.hypervisors, plane.daemons
    own = {
        "http": settings.tls.certificate,
        "http_ca": settings.tls.authorities,
        "ovn": settings.dataplane.certificate,
        "ovn_ca": settings.dataplane.authorities,
    }
    certificates = Certificates(lambda: {roster.enrolled[name].options.uri for name in roster}, own)
    ovn = None if daemons is None else daemons.vitals
    return Gathering(store, clock, StoredWorkers(store), watch, certificates, ovn)


async def _examine(store: Store, plane: Plane, watch: Watch, workers_watch: WorkersWatch) -> Report:
    await plane.filled.wait()
    hosts = tuple(plane.hypervisors.values())
    report = await examine(store, plane.dataplane, hosts, begins_empty=plane.filling is not None)
    silent = (*report.silent, *watch.silent(), *await workers_watch.silent())
    return msgspec.structs.replace(report, silent=silent)


async def _dataplane_health(projector: Projector) -> Health:
    status = await projector.status()
    facts = {"changes": status.changes, "behind_seconds": round(status.behind_seconds, 3), "refused": status.refused}
    unreachable = {"unreachable": status.unreachable} if status.unreachable else {}
    ready = not status.unreachable and status.behind_seconds < BEHIND_SECONDS
    return Health(ready, {**facts, **unreachable})
