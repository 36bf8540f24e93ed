"""A cloud with hosts and servers in it, at rest, whose SQL is counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx

from bench.counting import Counter
from bench.fill.servers import fill_servers
from berthline.bootstrap.filling import FillingHere
from berthline.bootstrap.hosts.looking import look_at_hosts, simulated_hosts
from berthline.bootstrap.simulated_world import fill_dataplane, fill_hosts
from berthline.config import Settings, Simulated
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName
from berthline.network.local import LocalNetworkService
from berthline.network.settings import NetworkSettings
from berthline.store import Store
from tests.api.builder import Cloud, HandClock, build_cloud
from tests.api.compute.world import World, make_world


@dataclass
class Crowd:
    """What stands around the servers. ``admin`` is a client of the cloud's admin."""

    counter: Counter
    world: World
    cloud: Cloud
    settings: Settings
    admin: httpx.AsyncClient

    @property
    def store(self) -> Store:
        return self.world.store

    @property
    def hosts(self) -> dict[HostName, Hypervisor]:
        return cast(dict[HostName, Hypervisor], self.world.outside.hypervisors)

    async def get(self, path: str) -> Any:
        """GET and expect 200; the answer."""
        answer = await self.admin.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def crowd(
    counter: Counter, store: Store, folder: Path, *, hosts: int, servers: int, history: bool = False
) -> AsyncIterator[Crowd]:
    """So many servers on so many simulated hosts, their guests made and their ports projected."""
    clock = HandClock()
    world = await make_world(store, clock, folder)
    network = LocalNetworkService(store, clock, NetworkSettings())
    cloud = await build_cloud(store, clock, folder, network=network, compute=world.compute)
    admin = await cloud.client_for("admin")
    settings = Settings(data=str(folder), simulated=Simulated(hosts=hosts, vcpus=10**6, memory_mb=10**9, disk_gb=10**8))
    made = Crowd(counter, world, cloud, settings, admin)
    made.hosts.clear()
    made.hosts.update(simulated_hosts(settings, cast(SimulatedDataplane, world.outside.dataplane)))
    await look_at_hosts(store, clock, made.hosts, settings)
    fill_servers(folder / "berthline.db", servers, hosts, await _image(admin), history=history)
    await fill_hosts(world.outside, FillingHere(made.hosts))
    await fill_dataplane(store, world.projector)
    yield made
    await world.engine.stop()
    await cloud.close()


async def _image(admin: httpx.AsyncClient) -> str:
    plain = {"name": "img", "disk_format": "raw", "container_format": "bare", "visibility": "public"}
    image: str = (await admin.post("/image/v2/images", json=plain)).json()["id"]
    stream = {"Content-Type": "application/octet-stream"}
    answer = await admin.put(f"/image/v2/images/{image}/file", content=b"\0" * 4096, headers=stream)
    assert answer.status_code == 204, answer.text
    return image
