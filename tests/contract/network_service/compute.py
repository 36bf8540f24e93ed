"""A cloud whose networks are another's, as its users and its operator see it over HTTP."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx

from berthline.bootstrap import clouds_file
from berthline.bootstrap.cloud import Cloud, running_cloud
from berthline.config import Dataplane, Settings, Simulated
from berthline.config.model import Network, Timeouts
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.compute import Flavor
from berthline.domain.ids import FlavorId, PortId, ServerId
from berthline.store import Connection
from berthline.store.compute import flavors
from tests.databases import databases_of_the_run

from .ground import admin_client

LIMIT = 60.0
TINY = Flavor(id=FlavorId("tiny"), name="tiny", vcpus=1, ram=64, disk=1)


class Compute:
    """A cloud with hosts and images, a member of its project demo, and an admin of it."""

    def __init__(
        self, cloud: Cloud, client: httpx.AsyncClient, admin: httpx.AsyncClient, networks: Cloud, image: str
    ) -> None:
        self.cloud = cloud
        self.client = client
        self.admin = admin
        self.networks = networks
        self.image = image
        (self._host,) = cloud.outside.hypervisors

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.client.post(f"/compute/v2.1/{path}", json=body)

    async def ask(self, networks: Any) -> httpx.Response:
        """Ask for a server."""
        wanted = {"name": "web", "imageRef": self.image, "flavorRef": "tiny", "networks": networks}
        return await self.post("servers", {"server": wanted})

    async def boot(self, networks: Any) -> ServerId:
        """A server, just accepted."""
        reply = await self.ask(networks)
        assert reply.status_code == 202, reply.text
        return ServerId(reply.json()["server"]["id"])

    async def server(self, server_id: ServerId) -> dict[str, Any]:
        reply = await self.client.get(f"/compute/v2.1/servers/{server_id}")
        answer: dict[str, Any] = reply.json()
        found: dict[str, Any] = answer.get("server") or {"status": "DELETED"}
        return found

    async def until(self, server_id: ServerId, status: str) -> dict[str, Any]:
        """The server once it has this status."""
        found: dict[str, Any] = await eventually(
            lambda: self.server(server_id), lambda server: bool(server["status"] == status)
        )
        return found

    async def interfaces(self, server_id: ServerId) -> list[str]:
        reply = await self.client.get(f"/compute/v2.1/servers/{server_id}/os-interface")
        return [one["port_id"] for one in reply.json()["interfaceAttachments"]]

    def bring_up(self, port_id: str) -> None:
        """What the agent of the Neutron outside does when the guest's tap is there, whether this cloud runs or not."""
        dataplane = self.networks.outside.dataplane
        assert isinstance(dataplane, SimulatedDataplane)
        dataplane.plug(PortId(port_id), self._host)

    async def delete(self, server_id: ServerId) -> None:
        """Delete a server, to the end."""
        assert (await self.client.delete(f"/compute/v2.1/servers/{server_id}")).status_code == 204
        await self.until(server_id, "DELETED")

    async def event(self, server_id: ServerId, name: str, tag: str) -> None:
        event = {"name": name, "server_uuid": server_id, "tag": tag}
        reply = await self.admin.post("/compute/v2.1/os-server-external-events", json={"events": [event]})
        assert reply.status_code == 200, reply.text


async def eventually(look: Any, good: Callable[[Any], bool]) -> Any:
    """What ``look`` gives once it is good."""
    async with asyncio.timeout(LIMIT):
        while not good(found := await look()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


def compute_settings(
    networks: Cloud, network_url: str, folder: Path, *, wait_for_ports: bool = True, boot_seconds: float = 300.0
) -> Settings:
    """A cloud in ``folder`` that asks ``network_url`` for the networks of ``networks``."""
    auth = clouds_file.read(networks.folder.clouds).clouds[clouds_file.ADMIN_CLOUD].auth
    password = folder / "password"
    password.write_text(auth.password + "\n")
    return Settings(
        data=str(folder / "compute"),
        database=databases_of_the_run().setting(folder / "compute"),
        listen="127.0.0.1:0",
        dataplane=Dataplane(kind="simulated"),
        simulated=Simulated(hosts=1),
        timeouts=Timeouts(boot_seconds=boot_seconds),
        network=Network(
            endpoint=f"{network_url}/network",
            auth="password",
            auth_url=auth.auth_url,
            username=auth.username,
            password_file=str(password),
            project=auth.project_name,
            projects="name",
            wait_for_ports=wait_for_ports,
        ),
    )


@contextlib.asynccontextmanager
async def running_compute(settings: Settings, networks: Cloud) -> AsyncIterator[Compute]:
    """One life of that cloud. An image and a flavor are there."""
    async with running_cloud(settings, serve=True, durable=False) as running:
        client, admin = await admin_client(running, "demo"), await admin_client(running)
        image = {"disk_format": "raw", "container_format": "bare"}
        made = (await client.post("/image/v2/images", json=image)).json()
        octets = {"Content-Type": "application/octet-stream"}
        await client.put(f"/image/v2/images/{made['id']}/file", content=bytes(4096), headers=octets)
        await running.services.store.write(_add_flavor)
        try:
            yield Compute(running, client, admin, networks, made["id"])
        finally:
            await admin.aclose()
            await client.aclose()


def _add_flavor(connection: Connection) -> None:
    if flavors.get(connection, TINY.id) is None:
        flavors.add(connection, TINY, at=0)
