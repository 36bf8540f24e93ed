"""A simulated cloud behind the compute API: two hosts, a dataplane, sagas that run."""

import asyncio
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import exists, select

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.projector import Projector
from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName, NetworkId, ProjectId, new_id
from berthline.hypervisor.memory import SimulatedHost
from berthline.images import Images
from berthline.images.stores.folder import FolderStore
from berthline.network.nics.in_store import StoreNetworkService
from berthline.placement.capacity import Overcommit, host_from_facts
from berthline.reconcile.leaks import find_leaks
from berthline.saga import Engine, Worker
from berthline.store import Connection, Store
from berthline.store.compute import hosts
from berthline.store.control import quotas
from berthline.store.control.leaks import Leak
from berthline.store.control.sagas import StoredSagaLog
from berthline.store.control.workers import StoredWorkers
from berthline.store.engine.changes import mark_for_projection
from berthline.store.tables.control import outbox
from berthline.store.tables.network import networks, subnets
from berthline.testing.faults import FaultSchedule, FaultyHypervisor
from berthline.workflows.compute import Compute
from berthline.workflows.definitions import definitions
from berthline.workflows.outside import Outside
from tests.api.builder import START, HandClock
from tests.doctor import attend

FACTS = HostFacts(
    hypervisor_type="QEMU",
    hypervisor_version=7_002_000,
    vcpus=4,
    memory_mb=2048,
    disk_gb=100,
    cpu_info="{}",
    traits=("COMPUTE_SECURITY_TPM_2_0", "COMPUTE_SECURITY_TPM_TIS"),
)
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB6DQm7mgqrCNy0O5xU4mSbLRn1WuZkEbzIgeeOYv8Oo me@here"


@dataclass
class World:
    """Everything below the API. ``settle`` waits until no saga runs."""

    store: Store
    outside: Outside
    engine: Engine[Connection]
    projector: Projector
    compute: Compute

    async def settle(self) -> None:
        await self.engine.idle()

    def away(self) -> FaultSchedule:
        """Have no host be reached from now on, until the schedule is ended: what is begun stays where it is."""
        schedule, known = FaultSchedule(), self.outside.hypervisors
        assert isinstance(known, dict)
        known |= {name: FaultyHypervisor(host, schedule) for name, host in known.items()}
        schedule.hosts_away = True
        return schedule

    async def rest(self) -> None:
        """Wait until no saga runs and nothing waits for the dataplane; the projector has to be at work."""
        await self.engine.idle()
        waiting = select(exists().where(outbox.c.sequence > 0))
        while True:
            if not await self.store.read(lambda connection: connection.execute(waiting).scalar()):
                return
            await asyncio.sleep(0.005)

    async def leaks(self) -> tuple[Leak, ...]:
        """Every leak there is."""
        return await find_leaks(self.store, self.outside.dataplane, tuple(self.outside.hypervisors.values()))


async def make_world(store: Store, clock: HandClock, folder: Path) -> World:
    """Two simulated hosts, known to the store."""
    dataplane = SimulatedDataplane()
    names = (HostName("host-a"), HostName("host-b"))
    hypervisors = {name: SimulatedHost(name, FACTS, dataplane) for name in names}
    for name in names:
        host = host_from_facts(name, None, FACTS, Overcommit(vcpus=4, memory=1, disk=1))
        await store.write(lambda connection, host=host: hosts.upsert(connection, host, clock.now()))  # type: ignore[misc]
    outside = Outside(
        store=store,
        clock=clock,
        dataplane=dataplane,
        network=StoreNetworkService(store, clock, dataplane),
        hypervisors=hypervisors,
        images=Images(store, clock, FolderStore(folder / "images")),
    )
    worker = Worker(StoredWorkers(store), new_id())
    await worker.join()
    engine: Engine[Connection] = Engine(StoredSagaLog(store), definitions(outside), clock, worker=worker)
    world = World(store, outside, engine, Projector(store, dataplane, clock), Compute(outside, engine))
    attend(store, world.leaks)
    return world


POOL: Final = (10, 200)
"""From which to which last byte the addresses of ``add_network`` are handed out at random; tests name others."""


async def add_network(store: Store, project_id: str, name: str, cidr: str = "10.9.0.0/24") -> NetworkId:
    """A network with one subnet, as rows; the network API is not what is tested here."""
    network, prefix = NetworkId(new_id()), cidr.rpartition(".")[0]
    stamps = {"revision": 1, "created_at": START, "updated_at": START, "project_id": ProjectId(project_id)}

    def write(connection: Connection) -> None:
        row: dict[str, Any] = {"id": network, "name": name, "mtu": 1442, "network_type": "geneve", **stamps}
        connection.execute(networks.insert(), row | {"segmentation_id": uuid.UUID(network).int % 2**20})
        pools = [{"start": f"{prefix}.{POOL[0]}", "end": f"{prefix}.{POOL[1]}"}]
        subnet = {"id": new_id(), "network_id": network, "ip_version": 4, "cidr": cidr, "pools": pools, **stamps}
        connection.execute(subnets.insert(), subnet | {"gateway_ip": f"{prefix}.1"})
        quotas.take(connection, ProjectId(project_id), {"network": 1, "subnet": 1})
        mark_for_projection(connection, "network", network, 1, START)

    await store.write(write)
    return network


def run_projector(world: World) -> "asyncio.Task[None]":
    """Have the projector work beside the test."""
    return asyncio.create_task(world.projector.run())
