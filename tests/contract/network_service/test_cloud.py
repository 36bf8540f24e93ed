"""A whole cloud whose networks are another's: booted, changed and deleted over the public APIs."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from berthline.bootstrap import clouds_file
from berthline.bootstrap.cloud import Cloud, running_cloud
from berthline.config import Dataplane, Settings, Simulated
from berthline.config.model import Network
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.compute import Flavor
from berthline.domain.ids import FlavorId, NetworkId, PortId, ProjectId, ServerId
from berthline.store import flavors
from tests.interop.proxy import FaultProxy

from .ground import Project, admin_client

pytestmark = pytest.mark.asyncio(loop_scope="session")

LIMIT = 60.0


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

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.client.post(f"/compute/v2.1/{path}", json=body)

    async def boot(self, networks: Any) -> ServerId:
        """A server, just accepted."""
        wanted = {"name": "web", "imageRef": self.image, "flavorRef": "tiny", "networks": networks}
        reply = await self.post("servers", {"server": wanted})
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
        """What the agent of the Neutron outside does when the guest's tap is there."""
        dataplane = self.networks.outside.dataplane
        assert isinstance(dataplane, SimulatedDataplane)
        (host,) = self.cloud.outside.hypervisors
        dataplane.plug(PortId(port_id), host)

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


@pytest_asyncio.fixture(loop_scope="session")
async def demo(client: httpx.AsyncClient) -> Project:
    """The other cloud's project demo, which has the name of ours; its admin becomes a member of it."""
    found = (await client.get("/identity/v3/projects", params={"name": "demo"})).json()["projects"][0]
    role = (await client.get("/identity/v3/roles", params={"name": "member"})).json()["roles"][0]["id"]
    user = client.headers["X-Test-User"]
    reply = await client.put(f"/identity/v3/projects/{found['id']}/users/{user}/roles/{role}")
    assert reply.status_code == 204
    return Project(client, ProjectId(found["id"]), "demo")


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(cloud: Cloud) -> AsyncIterator[FaultProxy]:
    async with FaultProxy(cloud.url).running() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def compute(cloud: Cloud, proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[Compute]:
    """The cloud that has no networks of its own."""
    auth = clouds_file.read(cloud.folder.clouds).clouds[clouds_file.ADMIN_CLOUD].auth
    password = tmp_path / "password"
    password.write_text(auth.password + "\n")
    settings = Settings(
        data=str(tmp_path / "compute"),
        listen="127.0.0.1:0",
        dataplane=Dataplane(kind="simulated"),
        simulated=Simulated(hosts=1),
        network=Network(
            endpoint=f"{proxy.url}/network",
            auth="password",
            auth_url=auth.auth_url,
            username=auth.username,
            password_file=str(password),
            project=auth.project_name,
            projects="name",
        ),
    )
    async with running_cloud(settings, serve=True, durable=False) as running:
        client = await admin_client(running, "demo")
        image = (await client.post("/image/v2/images", json={"disk_format": "raw", "container_format": "bare"})).json()
        octets = {"Content-Type": "application/octet-stream"}
        await client.put(f"/image/v2/images/{image['id']}/file", content=bytes(4096), headers=octets)
        tiny = Flavor(id=FlavorId("tiny"), name="tiny", vcpus=1, ram=64, disk=1)
        await running.services.store.write(lambda connection: flavors.add(connection, tiny, at=0))
        admin = await admin_client(running)
        yield Compute(running, client, admin, cloud, image["id"])
        await admin.aclose()
        await client.aclose()
        await eventually(running.leaks, lambda leaks: not leaks)


async def test_a_server_lives_on_the_networks_of_another_cloud(
    compute: Compute, demo: Project, proxy: FaultProxy
) -> None:
    network = await demo.network("outer")
    port = await demo.port(network)
    proxy.clear()
    server_id = await compute.boot([{"uuid": network}, {"port": port}, {"uuid": network}])
    held = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 3)
    waiting = await compute.server(server_id)
    assert waiting["status"] == "BUILD"
    for one in held:
        compute.bring_up(one)
        await compute.event(server_id, "network-vif-plugged", one)
    server = await compute.until(server_id, "ACTIVE")
    macs = [address["OS-EXT-IPS-MAC:mac_addr"] for address in server["addresses"]["outer"]]
    assert set(macs) == {one["mac_address"] for one in held.values()}
    assert macs[1] == held[port]["mac_address"]
    assert await compute.interfaces(server_id) == [
        next(id_ for id_, one in held.items() if one["mac_address"] == mac) for mac in macs
    ]
    assert {one["binding:host_id"] for one in held.values()} == set(compute.cloud.outside.hypervisors)
    assert (await compute.client.delete(f"/compute/v2.1/servers/{server_id}")).status_code == 204
    await compute.until(server_id, "DELETED")
    left = await demo.ports()
    assert [left[port]["device_id"], await demo.ports_of(server_id)] == ["", {}]
    await demo.delete(f"ports/{port}")


async def test_nics_are_attached_and_detached(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer")
    server_id = await compute.boot([{"uuid": network}])
    (first,) = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 1)
    compute.bring_up(first)
    await compute.until(server_id, "ACTIVE")
    attach = asyncio.create_task(
        compute.post(f"servers/{server_id}/os-interface", {"interfaceAttachment": {"net_id": network}})
    )
    held = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 2)
    (second,) = set(held) - {first}
    compute.bring_up(second)
    attached = await attach
    assert attached.status_code == 200, attached.text
    assert attached.json()["interfaceAttachment"]["port_id"] == second
    assert await compute.interfaces(server_id) == [first, second]
    reply = await compute.client.delete(f"/compute/v2.1/servers/{server_id}/os-interface/{first}")
    assert reply.status_code == 202
    await eventually(lambda: demo.ports_of(server_id), lambda ports: set(ports) == {second})
    await eventually(lambda: compute.interfaces(server_id), lambda ports: ports == [second])
    await compute.client.delete(f"/compute/v2.1/servers/{server_id}")
    await compute.until(server_id, "DELETED")


async def test_a_nic_whose_port_is_deleted_is_detached(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer")
    server_id = await compute.boot([{"uuid": network}, {"uuid": network}])
    held = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 2)
    for one in held:
        compute.bring_up(one)
    await compute.until(server_id, "ACTIVE")
    first, second = await compute.interfaces(server_id)
    await demo.delete(f"ports/{first}")
    await compute.event(server_id, "network-vif-deleted", first)
    await eventually(lambda: compute.interfaces(server_id), lambda ports: ports == [second])
    plane = compute.cloud.outside.dataplane
    assert isinstance(plane, SimulatedDataplane)
    await eventually(lambda: asyncio.sleep(0, plane.plugged()), lambda taps: set(taps) == {second})
    await compute.client.delete(f"/compute/v2.1/servers/{server_id}")
    await compute.until(server_id, "DELETED")


async def test_what_no_event_told_is_found_all_the_same(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer")
    server_id = await compute.boot([{"uuid": network}, {"uuid": network}])
    held = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 2)
    for one in held:
        compute.bring_up(one)
    await compute.until(server_id, "ACTIVE")
    first, second = await compute.interfaces(server_id)
    await demo.delete(f"ports/{second}")
    await compute.cloud.services.compute.network_events.run_once()  # its turn comes once a minute
    await eventually(lambda: compute.interfaces(server_id), lambda ports: ports == [first])
    await compute.event(server_id, "network-vif-deleted", first)  # which is not true
    await compute.cloud.services.compute.network_events.look_at_hinted()
    assert await compute.interfaces(server_id) == [first]
    await compute.client.delete(f"/compute/v2.1/servers/{server_id}")
    await compute.until(server_id, "DELETED")


async def test_a_boot_that_fails_leaves_nothing_outside(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer", "10.8.0.0/30")
    server_id = await compute.boot([{"uuid": network}, {"uuid": network}])
    server = await compute.until(server_id, "ERROR")
    assert "No more IP addresses" in server["fault"]["message"] or "No fixed IP" in server["fault"]["message"]
    assert await demo.ports_of(server_id) == {}
    await compute.client.delete(f"/compute/v2.1/servers/{server_id}")
    await compute.until(server_id, "DELETED")


async def test_a_server_is_deleted_while_it_is_built(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer")
    port = await demo.port(network)
    server_id = await compute.boot([{"uuid": network}, {"port": port}])
    await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 2)
    await compute.client.delete(f"/compute/v2.1/servers/{server_id}")
    await compute.until(server_id, "DELETED")
    assert await demo.ports_of(server_id) == {}
    assert (await demo.get(f"ports/{port}"))["device_id"] == ""
    await demo.delete(f"ports/{port}")


async def test_refusals_reach_the_user_at_once(compute: Compute, demo: Project) -> None:
    wanted = {"name": "web", "imageRef": compute.image, "flavorRef": "tiny"}
    nowhere = NetworkId("11111111-1111-4111-8111-111111111111")
    reply = await compute.post("servers", {"server": {**wanted, "networks": [{"uuid": nowhere}]}})
    assert reply.status_code == 400
    assert nowhere in reply.json()["badRequest"]["message"]
    network = await demo.network("outer")
    taken = await demo.port(network, device_id="somebody")
    reply = await compute.post("servers", {"server": {**wanted, "networks": [{"port": taken}]}})
    assert reply.status_code == 409
    await demo.delete(f"ports/{taken}")


async def test_the_catalogue_says_where_networks_are(compute: Compute, proxy: FaultProxy) -> None:
    catalogue = (await compute.client.get("/identity/v3/auth/catalog")).json()["catalog"]
    urls = {one["type"]: {endpoint["url"] for endpoint in one["endpoints"]} for one in catalogue}
    assert urls["network"] == {f"{proxy.url}/network"}
    assert urls["compute"] == {f"{compute.cloud.url}/compute/v2.1"}
    reply = await compute.client.get("/network/v2.0/ports")
    assert reply.status_code == 404
    assert f"{proxy.url}/network" in reply.json()["NeutronError"]["message"]
