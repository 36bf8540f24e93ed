"""A simulated cloud whose worlds outlive its processes, for the fault tests of the workflows.

``World`` is what is outside and what is on disk; ``Process`` is one life of Berthline in it, without HTTP.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, ClassVar

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.projector import Pace, Projector
from berthline.domain.auth import Caller
from berthline.domain.clock import Clock, SystemClock
from berthline.domain.compute import Flavor, Host, RequestedNetwork, Server
from berthline.domain.dataplane import Unit
from berthline.domain.hypervisor import HostFacts, Hypervisor
from berthline.domain.ids import (
    DomainId,
    FlavorId,
    HostName,
    ImageId,
    NetworkId,
    PortId,
    ProjectId,
    ServerId,
    SubnetId,
    UserId,
    new_id,
    new_request_id,
)
from berthline.domain.image import Image
from berthline.domain.network import AllocationPool, Network, Subnet
from berthline.hypervisor.memory import SimulatedHost
from berthline.images.service import Images
from berthline.network.nics.in_store import StoreNetworkService
from berthline.reconcile.leaks import find_leaks
from berthline.reconcile.stray_nics import StrayNics
from berthline.saga import Engine, Worker
from berthline.store import Connection, Store
from berthline.store.compute import flavors, hosts
from berthline.store.compute.servers import servers
from berthline.store.control import quotas, workers
from berthline.store.control.leaks import Leak
from berthline.store.control.sagas import StoredSagaLog, list_sagas
from berthline.store.control.workers import StoredWorkers
from berthline.store.engine.changes import mark_for_projection
from berthline.store.images import images
from berthline.store.network import networks, subnets
from berthline.store.network.info import network_info
from berthline.store.tables import metadata
from berthline.testing.faults import FaultSchedule, FaultyDataplane, FaultyHypervisor, FaultyImages
from berthline.testing.image_place import PlaceInMemory
from berthline.workflows.compute import Compute
from berthline.workflows.definitions import definitions
from berthline.workflows.outside import Outside
from berthline.workflows.requests import ServerRequest
from tests import lock_order
from tests.doctor import attend

IMAGE = ImageId("11111111-1111-4111-8111-111111111111")
OTHER_IMAGE = ImageId("44444444-4444-4444-8444-444444444444")
CONTENTS = {IMAGE: b"not a real disk" * 100, OTHER_IMAGE: b"another disk" * 100}
SHA512 = {image: hashlib.sha512(content).hexdigest() for image, content in CONTENTS.items()}
FLAVOR = Flavor(id=FlavorId("tiny"), name="tiny", vcpus=1, ram=128, disk=0)
NETWORK = NetworkId("22222222-2222-4222-8222-222222222222")
PROJECT = ProjectId("33333333333343338333333333333333")
HOSTS = ("host-a", "host-b")
SIZE: Any = {"vcpus": 16, "memory_mb": 8192, "disk_gb": 100}
CLOCK = SystemClock()


def member() -> Caller:
    """A member of the one project, with a request id of its own."""
    return Caller(
        user_id=UserId("member"),
        user_name="member",
        project_id=PROJECT,
        project_name="demo",
        domain_id=DomainId("default"),
        roles=frozenset({"member", "reader"}),
        request_id=new_request_id(),
    )


def soon(_attempt: int, _last: float) -> float:
    """Seconds before a retry: next to none, the schedules are many."""
    return 0.001


class KnownImages(Images):
    """Images of which two were there before the cloud."""

    async def read(self, image_id: ImageId) -> AsyncIterator[bytes]:
        if image_id in CONTENTS:
            yield CONTENTS[image_id]
            return
        async for chunk in super().read(image_id):
            yield chunk


class World:
    """What outlives a process: what is committed, the dataplane, the hosts, and the schedule of faults.

    The store is opened once for many worlds, and emptied for each: opening it anew would cost more than all the rest,
    and a process that dies leaves of it what was committed, which is what the next one finds here.
    """

    alone: ClassVar[bool] = True
    """Whether a process that begins knows that no other one lives."""

    clock: Clock = CLOCK

    def __init__(self, store: Store, schedule: FaultSchedule | None = None) -> None:
        self.store = store
        store.write_now(empty)
        store.write_now(fill)
        self.schedule = schedule or FaultSchedule()
        self.dataplane = SimulatedDataplane()
        self.place = PlaceInMemory()
        facts = HostFacts(hypervisor_type="simulated", hypervisor_version=1, cpu_info="", **SIZE)
        self.hosts = [SimulatedHost(HostName(name), facts, self.dataplane) for name in HOSTS]
        attend(store, self.last_leaks)

    @contextlib.asynccontextmanager
    async def process(self) -> AsyncIterator["Process"]:
        """One life: starts, takes up what was left, and ends however it ends."""
        self.schedule.restarted()
        process = self.begin()
        await process.start()
        try:
            yield process
        finally:
            await process.stop()

    def begin(self) -> "Process":
        """A process that has not started yet."""
        return Process(self)

    def new_worker(self) -> Worker:
        """Who a process is that begins."""
        return Worker(StoredWorkers(self.store), new_id())

    async def leaks(self) -> tuple[Leak, ...]:
        """Every leak there is."""
        return await find_leaks(self.store, self.dataplane, self.hosts)

    async def last_leaks(self) -> tuple[Leak, ...]:
        """Every leak there is once a last life, in which nothing fails any more, has done what was left to do."""
        self.schedule.end()
        self.dataplane.reachable = True
        async with self.process() as process:
            assert await process.quiet()
            await StrayNics(self.store, process.outside.hypervisors).run_once()
        return await self.leaks()

    async def guests(self) -> set[ServerId]:
        """Every guest on every host."""
        return {guest for host in self.hosts for guest in await host.guests()}


class Process:
    """Berthline without HTTP, on a world. A subclass may put other parts in the place of its own."""

    engine_type: ClassVar[type[Engine[Connection]]] = Engine
    log_type: ClassVar[type[StoredSagaLog]] = StoredSagaLog
    compute_type: ClassVar[type[Compute]] = Compute
    boot_deadline: ClassVar[float] = 10.0
    patience: ClassVar[float] = 30.0
    soft_reboot_seconds: ClassVar[float] = 0.05
    reclaim_seconds: ClassVar[float] = 0.0

    def __init__(self, world: World) -> None:
        self.world = world
        self.store = world.store
        dataplane = FaultyDataplane(world.dataplane, world.schedule)
        self.clock = world.clock
        self.worker = world.new_worker()
        self.images = KnownImages(self.store, self.clock, world.place)
        self.outside = Outside(
            store=self.store,
            clock=self.clock,
            dataplane=dataplane,
            network=StoreNetworkService(self.store, self.clock, dataplane),
            hypervisors=self.reached(),
            images=FaultyImages(self.images, world.schedule),
            boot_deadline=self.boot_deadline,
            stop_grace=0.01,
            soft_reboot_seconds=self.soft_reboot_seconds,
            look_again=0.01,
            epoch_of=self.worker.epoch_of,
            reclaim_seconds=self.reclaim_seconds,
        )
        self.engine = self.engine_type(
            self.log_type(self.store),
            definitions(self.outside),
            self.clock,
            worker=self.worker,
            retry=self.retry_after,
        )
        self.compute = self.compute_type(self.outside, self.engine)
        pace = Pace(gather=0.0, poll=0.05, retry_first=0.001, retry_most=0.01, retry_refused=0.01)
        self.projector = Projector(
            self.store, dataplane, self.clock, pace=pace, lease=lambda: self.worker.loop("projector")
        )
        self.killed = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []

    def reached(self) -> Mapping[HostName, Hypervisor]:
        return {host.host: FaultyHypervisor(host, self.world.schedule) for host in self.world.hosts}

    def retry_after(self, attempt: int, last: float) -> float:
        """Seconds before attempt number ``attempt`` + 1."""
        return soon(attempt, last)

    async def start(self) -> None:
        """Begin as bootstrap does, for a process that has the store alone or for one of several."""
        if self.world.alone:
            await self.store.write(workers.void)
        await self.worker.join()
        self.world.schedule.on_kill(self.killed.set)
        self.outside.dataplane.on_change(self._wake)
        self.projector.on_projected(self._projected)
        self._running = [asyncio.create_task(self.projector.run()), asyncio.create_task(self.worker.run())]
        await self.engine.start()

    def _projected(self, units: Collection[Unit]) -> None:
        for unit in units:
            self._wake(PortId(unit.id))

    def _wake(self, port: PortId) -> None:
        if server := self.outside.waiting_ports.get(port):
            self.engine.wake_subject(server)

    async def stop(self) -> None:
        """End at once: nothing that was begun is finished."""
        await self.engine.stop()
        self.images.close()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.world.dataplane.close()  # nobody listens for a dead process

    async def quiet(self) -> bool:
        """Wait until nothing is left to do; False when the process was killed first."""
        killed = asyncio.create_task(self.killed.wait())
        resting = asyncio.create_task(self._rest())
        try:
            await asyncio.wait({killed, resting}, return_when=asyncio.FIRST_COMPLETED, timeout=self.patience)
            assert killed.done() or resting.done(), f"not quiet: {self.unfinished()}"
            return not killed.done()
        finally:
            killed.cancel()
            resting.cancel()
            await asyncio.gather(killed, resting, return_exceptions=True)

    async def _rest(self) -> None:
        await self.engine.idle()
        while (await self.projector.status()).changes or self.unfinished():
            await asyncio.sleep(0.002)
            await self.engine.idle()

    def unfinished(self) -> Sequence[object]:
        """Sagas that are neither done nor undone."""
        return self.store.read_now(lambda connection: list_sagas(connection, unfinished_only=True))

    def servers(self) -> dict[ServerId, Server]:
        """Every server that is not deleted."""
        found = self.store.read_now(list_sagas)
        ids = {ServerId(saga.subject_id) for saga in found}
        return {server.id: server for server in self.store.read_now(lambda c: servers.get_many(c, ids))}

    async def boot(self, nics: int = 1, count: int = 1) -> tuple[Server, ...]:
        """Ask for servers with so many NICs on the one network."""
        request = ServerRequest(
            name="guest",
            image_id=IMAGE,
            flavor_id=FLAVOR.id,
            networks=tuple(RequestedNetwork(network_id=NETWORK) for _ in range(nics)) or "none",
            min_count=count,
            max_count=count,
        )
        return await self.compute.create(member(), request)

    def check_active(self, server: Server, nics: int) -> None:
        """An ACTIVE server has all its NICs, in order, up, and nothing less."""
        info = self.store.read_now(lambda connection: network_info(connection, [server.id]))[server.id]
        assert [vif.id for vif in info.vifs] == [nic.port_id for nic in server.nics]
        assert len(info.vifs) == nics
        assert all(vif.fixed_ips() for vif in info.vifs)
        assert {vif.id for vif in info.vifs} <= set(self.world.dataplane.plugged())


def empty(connection: Connection) -> None:
    """Delete every row."""
    lock_order.of_the_test(connection)
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())


def fill(connection: Connection) -> None:
    """What every test needs: hosts, a flavor, an image, a network with an IPv4 and an IPv6 subnet."""
    now = CLOCK.now()
    for name in HOSTS:
        host = Host(
            name=HostName(name),
            chassis=name,
            hypervisor_type="simulated",
            **SIZE,
            vcpus_used=0,
            memory_mb_used=0,
            disk_gb_used=0,
            running_vms=0,
            enabled=True,
            up=True,
        )
        hosts.upsert(connection, host, now)
    flavors.add(connection, FLAVOR, now)
    for image_id in CONTENTS:
        images.insert_image(connection, _image(image_id, now))
    networks.add(connection, _network(now))
    for subnet in _subnets(now):
        subnets.add(connection, subnet)
    quotas.take(connection, PROJECT, {"network": 1, "subnet": 2})
    mark_for_projection(connection, "network", NETWORK, 1, now)


def _image(image_id: ImageId, now: int) -> Image:
    return Image(
        id=image_id,
        project_id=PROJECT,
        name="tiny",
        status="active",
        visibility="private",
        container_format="bare",
        disk_format="raw",
        min_disk=0,
        min_ram=0,
        size=(size := len(CONTENTS[image_id])),
        virtual_size=size,
        checksum="",
        sha512=SHA512[image_id],
        protected=False,
        hidden=False,
        properties={},
        revision=1,
        created_at=now,
        updated_at=now,
    )


def _network(now: int) -> Network:
    return Network(
        id=NETWORK,
        project_id=PROJECT,
        name="net",
        description="",
        admin_state_up=True,
        shared=False,
        external=False,
        is_default=False,
        mtu=1442,
        port_security_enabled=True,
        dns_domain="",
        network_type="geneve",
        physical_network=None,
        segmentation_id=7,
        revision=1,
        created_at=now,
        updated_at=now,
    )


def _subnets(now: int) -> tuple[Subnet, Subnet]:
    def subnet(version: int, cidr: str, gateway: str, pool: AllocationPool) -> Subnet:
        return Subnet(
            id=SubnetId(new_id()),
            network_id=NETWORK,
            project_id=PROJECT,
            name=f"v{version}",
            description="",
            ip_version=4 if version == 4 else 6,
            cidr=cidr,
            gateway_ip=gateway,
            enable_dhcp=True,
            ipv6_ra_mode=None if version == 4 else "slaac",
            ipv6_address_mode=None if version == 4 else "slaac",
            pools=(pool,),
            dns_nameservers=(),
            host_routes=(),
            revision=1,
            created_at=now,
            updated_at=now,
        )

    return (
        subnet(4, "10.0.0.0/24", "10.0.0.1", AllocationPool("10.0.0.2", "10.0.0.254")),
        subnet(6, "2001:db8::/64", "2001:db8::1", AllocationPool("2001:db8::2", "2001:db8::ffff")),
    )
