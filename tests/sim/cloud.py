"""The world of a simulation: the fault tests' world with moody hosts, a second, narrow network, and small quotas."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, TypeVar

import msgspec
from sqlalchemy import select, update

from berthline.bootstrap.workers.owned_hosts import OwnedHosts
from berthline.domain.compute import Flavor, Migration, Server
from berthline.domain.errors import Unavailable
from berthline.domain.hypervisor import HostFacts, Hypervisor
from berthline.domain.ids import FlavorId, HostName, NetworkId, PortId, ServerId, SubnetId, new_id
from berthline.domain.image import Image
from berthline.domain.network import AllocationPool, Network, Port, Subnet
from berthline.reconcile.draining import Draining
from berthline.reconcile.lost_guests import LostGuests
from berthline.reconcile.stray_nics import StrayNics
from berthline.store import Connection, Store
from berthline.store.compute import aggregates, flavors, migrations
from berthline.store.compute.servers import servers
from berthline.store.control import quotas
from berthline.store.engine.changes import mark_for_projection
from berthline.store.images import images
from berthline.store.network import networks, ports, subnets
from berthline.store.tables.compute import admin_passwords
from berthline.store.tables.compute import servers as server_table
from berthline.store.tables.image import images as image_table
from berthline.store.tables.network import ports as port_table
from tests.sim import groups
from tests.sim.faults import Gate, MoodyHost, ReachedHost, SeededFaults
from tests.workflows.world import CLOCK, FLAVOR, HOSTS, IMAGE, NETWORK, PROJECT, Process, World

NARROW_NETWORK = NetworkId("44444444-4444-4444-8444-444444444444")
NETWORKS = (NETWORK, NARROW_NETWORK)
PREFIXES = ("10.0.0.", "10.1.0.")
SERVER_QUOTA = 10
PORT_QUOTA = 24
CORE_QUOTA = 16
WITH_AGENT = {"hw_qemu_guest_agent": "yes"}
FLAVORS = (
    FLAVOR,
    Flavor(id=FlavorId("large"), name="large", vcpus=3, ram=512, disk=0),
    Flavor(id=FlavorId("roomy"), name="roomy", vcpus=1, ram=256, disk=2),
)
CLAIM_SECONDS = 0.02


T = TypeVar("T")


class SimulationStore(Store):
    """A store whose subscribers end with their process, as they do where a process opens its own.

    A process that stands still neither asks it for anything nor hears what it answered.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.gate = Gate()
        self._landing: set[asyncio.Future[Any]] = set()

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await self._sent(super().write(work))

    async def write_short(self, work: Callable[[Connection], T]) -> T:
        return await self._sent(super().write_short(work))

    async def _sent(self, writing: Coroutine[Any, Any, T]) -> T:
        """What was written. Whoever asked may be dead by then: the database goes on with what it was sent."""
        try:
            await self.gate.passed()
        except asyncio.CancelledError:
            writing.close()
            raise
        landing = asyncio.ensure_future(writing)
        self._landing.add(landing)
        landing.add_done_callback(self._landing.discard)
        written = await asyncio.shield(landing)
        await self.gate.passed()
        return written

    async def landed(self) -> None:
        """Wait until the database has done all that it was sent."""
        await asyncio.gather(*self._landing, return_exceptions=True)

    async def read(self, work: Callable[[Connection], T]) -> T:
        await self.gate.passed()
        found = await super().read(work)
        await self.gate.passed()
        return found

    async def read_short(self, work: Callable[[Connection], T]) -> T:
        await self.gate.passed()
        found = await super().read_short(work)
        await self.gate.passed()
        return found

    def process_ended(self) -> None:
        """Forget who listens."""
        self._subscribers.clear()


class SimulationProcess(Process):
    """A life of Berthline in the simulation. A subclass plants a bug."""

    boot_deadline: ClassVar[float] = 1.0
    reclaim_seconds: ClassVar[float] = 86_400.0
    stray_nics_type: ClassVar[type[StrayNics]] = StrayNics
    lost_guests_type: ClassVar[type[LostGuests]] = LostGuests

    def retry_after(self, attempt: int, last: float) -> float:
        """Short, and longer with each attempt, so that a host out of reach does not cost all the time there is."""
        return min(0.001 * 2.0 ** min(attempt, 10), 0.03)

    def __init__(self, world: "SimulationWorld") -> None:
        super().__init__(world)
        asked = replace(self.outside, offload_seconds=0.0 if world.offload_shelved else -1.0)
        self.compute = self.compute_type(asked, self.engine)
        hosts = self.hosts = OwnedHosts(self.outside.hypervisors, self.worker)
        self.lost_guests = self.lost_guests_type(self.store, hosts)
        self.stray_nics = self.stray_nics_type(self.store, hosts, every_seconds=0.1, again_seconds=0.01)
        self.draining = Draining(self.store, self.clock)
        self._loops: tuple[asyncio.Task[None], ...] = ()

    async def start(self) -> None:
        await super().start()
        self._loops = tuple(map(asyncio.create_task, (self.stray_nics.run(), self._claim(), self._drain())))

    async def stop(self) -> None:
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await super().stop()

    def ended(self) -> list[object]:
        """Why what was to run as long as the process does so no more."""
        return [task.exception() for task in (*self._running, *self._loops) if task.done() and not task.cancelled()]

    def reached(self) -> Mapping[HostName, Hypervisor]:
        assert isinstance(self.world, SimulationWorld)
        return {host.host: ReachedHost(host, self.world.schedule, host) for host in self.world.hosts}

    async def _drain(self) -> None:
        """See drains through, as the process that has this loop does."""
        while True:
            with contextlib.suppress(Unavailable):
                await self.draining.run_once()
                await self.engine.look()
            await asyncio.sleep(CLAIM_SECONDS)

    async def _claim(self) -> None:
        """Look for what another engine has accepted and this one is to drive."""
        while not self.world.alone:
            with contextlib.suppress(Unavailable):
                await self.engine.look()
            await asyncio.sleep(CLAIM_SECONDS)


class SimulationWorld(World):
    """See the module."""

    offload_shelved = True
    hosts: list[MoodyHost]  # type: ignore[assignment]  # the same list, of a narrower type

    def __init__(self, store: SimulationStore, faults: SeededFaults, process_type: type[SimulationProcess]) -> None:
        super().__init__(store, faults)
        self.faults = faults
        self.process_type = process_type
        store.write_now(_fill)
        facts = HostFacts(
            hypervisor_type="simulated", hypervisor_version=1, vcpus=16, memory_mb=8192, disk_gb=100, cpu_info=""
        )
        self.hosts = [MoodyHost(HostName(name), facts, self.dataplane) for name in HOSTS]

    def begin(self) -> SimulationProcess:
        return self.process_type(self)

    def host_of(self, server: Server) -> MoodyHost | None:
        """The host that a server is said to be on."""
        return next((host for host in self.hosts if host.host == server.host), None)


class Content(msgspec.Struct, frozen=True):
    """What the store holds now."""

    servers: dict[str, Server]
    ports: dict[PortId, Port]
    moves: dict[ServerId, list[Migration]]
    """Of each server, the newest first."""
    images: tuple[Image, ...]
    passwords: frozenset[ServerId]
    """Servers whose password is kept until their guest is told."""


def content(connection: Connection) -> Content:
    """Every living server by its name, every port by its id, and what else is kept of servers."""
    rows = connection.execute(select(server_table).where(server_table.c.deleted_at.is_(None))).mappings().all()
    ids = [row.id for row in connection.execute(select(port_table.c.id))]
    image_ids = list(connection.execute(select(image_table.c.id)).scalars())
    moves: dict[ServerId, list[Migration]] = {}
    for migration in reversed(migrations.page(connection, {}, newest_first=False)):
        moves.setdefault(migration.server_id, []).append(migration)
    return Content(
        servers={server.name: server for server in servers.with_nics(connection, rows)},
        ports=ports.get_many(connection, ids),
        moves=moves,
        images=tuple(image for image in map(partial(images.get, connection), image_ids) if image is not None),
        passwords=frozenset(connection.execute(select(admin_passwords.c.server_id)).scalars()),
    )


def _fill(connection: Connection) -> None:
    now = CLOCK.now()
    wide = networks.get(connection, NETWORK)
    assert wide is not None
    narrow: Network = msgspec.structs.replace(wide, id=NARROW_NETWORK, name="narrow", segmentation_id=8)
    networks.add(connection, narrow)
    subnets.add(connection, _subnet(4, "10.1.0.0/28", "10.1.0.1", AllocationPool("10.1.0.2", "10.1.0.14"), now))
    pool = AllocationPool("2001:db8:1::2", "2001:db8:1::1f")
    subnets.add(connection, _subnet(6, "2001:db8:1::/64", "2001:db8:1::1", pool, now))
    quotas.take(connection, PROJECT, {"network": 1, "subnet": 2})
    quotas.set_limits(connection, PROJECT, {"instances": SERVER_QUOTA, "port": PORT_QUOTA, "cores": CORE_QUOTA})
    for flavor in FLAVORS[1:]:
        flavors.add(connection, flavor, now)
    connection.execute(update(image_table).where(image_table.c.id == IMAGE).values(properties=WITH_AGENT))
    mark_for_projection(connection, "network", NARROW_NETWORK, 1, now)
    groups.fill(connection)
    everywhere = aggregates.add(connection, new_id(), "all", None, now)
    for host in HOSTS:
        aggregates.add_host(connection, everywhere, HostName(host))


def _subnet(version: int, cidr: str, gateway: str, pool: AllocationPool, now: int) -> Subnet:
    return Subnet(
        id=SubnetId(new_id()),
        network_id=NARROW_NETWORK,
        project_id=PROJECT,
        name=f"narrow v{version}",
        description="",
        ip_version=4 if version == 4 else 6,
        cidr=cidr,
        gateway_ip=gateway,
        enable_dhcp=True,
        ipv6_ra_mode=None if version == 4 else "dhcpv6-stateful",
        ipv6_address_mode=None if version == 4 else "dhcpv6-stateful",
        pools=(pool,),
        dns_nameservers=(),
        host_routes=(),
        revision=1,
        created_at=now,
        updated_at=now,
    )
