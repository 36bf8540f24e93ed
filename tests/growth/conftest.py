"""A cloud whose SQL is counted. Nothing works in the background: what a count holds, the test has asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from bench.counting import Counter, counting
from bench.fill import ports as fill
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.hypervisor import BaseImage, GuestSpec, ImageSource
from berthline.domain.ids import HostName
from berthline.hypervisor.memory import SimulatedHost
from berthline.network.local import LocalNetworkService
from berthline.network.settings import NetworkSettings
from berthline.store import Store
from tests.api.builder import Cloud, HandClock, build_cloud
from tests.api.compute.world import FACTS, World, make_world
from tests.databases import NewStore

PRESENT = (10, 10_000)


@dataclass
class Gate:
    """Holds a boot before its host does anything, so that its ports are projected first, in each run alike."""

    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)

    async def passed(self) -> None:
        self.arrived.set()
        await self.opened.wait()

    def close(self) -> None:
        self.arrived.clear()
        self.opened.clear()


class GatedHost(SimulatedHost):
    """A simulated host behind the gate."""

    def __init__(self, name: HostName, dataplane: SimulatedDataplane, gate: Gate) -> None:
        super().__init__(name, FACTS, dataplane)
        self._gate = gate

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        await self._gate.passed()
        await super().cache_image(image, source)

    async def create_disks(self, spec: GuestSpec) -> None:
        await self._gate.passed()
        await super().create_disks(spec)

    async def start_paused(self, spec: GuestSpec) -> None:
        await self._gate.passed()
        await super().start_paused(spec)


@dataclass
class Counted:
    """A cloud with ports in it, a client of red's member, and what its SQL is counted by."""

    counter: Counter
    world: World
    gate: Gate
    client: httpx.AsyncClient
    network: str
    flavor: str
    image: str

    async def post(self, path: str, body: Any, status: int) -> Any:
        """POST and expect this status; the answer."""
        answer = await self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def project(self) -> None:
        """Have the dataplane hold what the store says."""
        await self.world.projector.settle_all()

    async def boot(self) -> str:
        """POST a server and see it through to ACTIVE; its id."""
        self.gate.close()
        wanted = {"name": "web", "imageRef": self.image, "flavorRef": self.flavor, "networks": [{"uuid": self.network}]}
        made = await self.post("/compute/v2.1/servers", {"server": wanted}, 202)
        await self.gate.arrived.wait()
        await self.project()
        self.gate.opened.set()
        await self.world.engine.idle()
        server_id: str = made["server"]["id"]
        return server_id


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is counted is what SQLite runs."""
    for item in items:
        if "counter" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.sqlite("what it runs is counted by its own steps"))


@pytest.fixture
def counter() -> Iterator[Counter]:
    with counting() as made:
        yield made


@pytest.fixture
def counted_store(counter: Counter, new_store: NewStore) -> Store:
    return new_store(alone=True)  # as `berthline up` has it


@pytest.fixture(params=PRESENT, ids=lambda present: f"{present}-present")
async def counted(
    request: pytest.FixtureRequest, counter: Counter, counted_store: Store, tmp_path: Path
) -> AsyncIterator[Counted]:
    """The cloud, warm: each kind of work was done once, so that what is made at first use is made."""
    clock = HandClock()
    world = await make_world(counted_store, clock, tmp_path)
    gate = Gate()
    hosts = cast(dict[HostName, Any], world.outside.hypervisors)
    for name in tuple(hosts):
        hosts[name] = GatedHost(name, cast(SimulatedDataplane, world.outside.dataplane), gate)
    network_service = LocalNetworkService(counted_store, clock, NetworkSettings())
    cloud = await build_cloud(counted_store, clock, tmp_path, network=network_service, compute=world.compute)
    project_id = cloud.people["red-member"].project_id
    fill.fill(tmp_path / "berthline.db", request.param)
    fill.fill_wide_network(tmp_path / "berthline.db", request.param, project_id, prefix=8)
    made = Counted(counter, world, gate, await cloud.client_for("red-member"), fill.WIDE_NETWORK, *await _ground(cloud))
    await made.boot()
    yield made
    await world.engine.stop()
    await cloud.close()


async def _ground(cloud: Cloud) -> tuple[str, str]:
    """A flavor and an image; room for what the tests make."""
    admin, red = await cloud.client_for("admin"), await cloud.client_for("red-member")
    project_id = cloud.people["red-member"].project_id
    answer = await admin.put(f"/network/v2.0/quotas/{project_id}", json={"quota": {"port": -1}})
    assert answer.status_code == 200, answer.text
    flavor = {"name": "tiny", "id": "42", "ram": 128, "vcpus": 1, "disk": 1}
    answer = await admin.post("/compute/v2.1/flavors", json={"flavor": flavor})
    assert answer.status_code == 200, answer.text
    plain = {"name": "img", "disk_format": "raw", "container_format": "bare"}
    image: str = (await red.post("/image/v2/images", json=plain)).json()["id"]
    stream = {"Content-Type": "application/octet-stream"}
    answer = await red.put(f"/image/v2/images/{image}/file", content=b"\0" * 4096, headers=stream)
    assert answer.status_code == 204, answer.text
    return "42", image
