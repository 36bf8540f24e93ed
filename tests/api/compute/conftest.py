"""Fixtures of the compute API's tests: a cloud with an image, a flavor and a network."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from berthline.store import Store
from tests.api.builder import Cloud, HandClock
from tests.api.compute.world import World, add_network, make_world, run_projector
from tests.doctor import doctor

__all__ = ["doctor"]

LATEST = {"OpenStack-API-Version": "compute 2.104"}


@pytest.fixture
async def world(store: Store, clock: HandClock, tmp_path: Path) -> AsyncIterator[World]:
    made = await make_world(store, clock, tmp_path)
    projecting = run_projector(made)
    yield made
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(made.rest(), 5)
    projecting.cancel()
    await asyncio.gather(projecting, return_exceptions=True)
    await made.engine.stop()


@pytest.fixture
def compute_service(world: World) -> Any:
    return world.compute


@dataclass
class Ground:
    """What servers are made of, and a client of red's member, of blue's and of the admin."""

    image: str
    flavor: str
    network: str
    red: httpx.AsyncClient
    blue: httpx.AsyncClient
    reader: httpx.AsyncClient
    admin: httpx.AsyncClient

    def body(self, name: str = "web", **fields: Any) -> dict[str, Any]:
        """The body of POST /servers."""
        plain = {"name": name, "imageRef": self.image, "flavorRef": self.flavor, "networks": [{"uuid": self.network}]}
        return {"server": plain | fields}

    async def boot(self, world: World, name: str = "web", **fields: Any) -> str:
        """A server of red's that is built; gives back its id."""
        answer = await self.red.post("/compute/v2.1/servers", json=self.body(name, **fields), headers=LATEST)
        assert answer.status_code == 202, answer.text
        await world.settle()
        server_id: str = answer.json()["server"]["id"]
        return server_id


@pytest.fixture
async def ground(cloud: Cloud, world: World) -> Ground:
    admin = await cloud.client_for("admin")
    red = await cloud.client_for("red-member")
    flavor = {"name": "tiny", "id": "42", "ram": 128, "vcpus": 1, "disk": 1}
    answer = await admin.post("/compute/v2.1/flavors", json={"flavor": flavor})
    assert answer.status_code == 200, answer.text
    answer = await red.post("/image/v2/images", json={"name": "img", "disk_format": "raw", "container_format": "bare"})
    assert answer.status_code == 201, answer.text
    image = answer.json()["id"]
    stream = {"Content-Type": "application/octet-stream"}
    answer = await red.put(f"/image/v2/images/{image}/file", content=b"\0" * 4096, headers=stream)
    assert answer.status_code == 204, answer.text
    network = await add_network(world.store, cloud.people["red-member"].project_id, "private")
    await world.rest()
    return Ground(
        image=image,
        flavor="42",
        network=network,
        red=red,
        blue=await cloud.client_for("blue-member"),
        reader=await cloud.client_for("red-reader"),
        admin=admin,
    )
