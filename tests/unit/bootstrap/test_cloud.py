"""A whole simulated cloud in this process: what a restart finds again, and what it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from berthline.bootstrap import clouds_file
from berthline.bootstrap.cloud import Cloud, running_cloud
from berthline.bootstrap.data_folder import DataFolderInUse
from berthline.config import Dataplane, Settings, Simulated
from berthline.domain.dataplane import Unit
from berthline.domain.ids import ServerId
from berthline.store.dataplane.projection import units_at_rest, units_in_use
from berthline.store.engine.prepared import Prepared
from tests.databases import databases_of_the_run

END_LIMIT = 60.0

pytestmark = pytest.mark.usefixtures("databases")


def settings(folder: Path) -> Settings:
    database = databases_of_the_run().setting(folder)
    return Settings(
        data=str(folder), database=database, dataplane=Dataplane(kind="simulated"), simulated=Simulated(hosts=2)
    )


@asynccontextmanager
async def user_of(cloud: Cloud, name: str = clouds_file.USER_CLOUD) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the token of the demo user, or of another of clouds.yaml, in process."""
    auth = clouds_file.read(cloud.folder.clouds).clouds[name].auth
    user = {"name": auth.username, "domain": {"id": "default"}, "password": auth.password}
    scope = {"project": {"name": auth.project_name, "domain": {"id": "default"}}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(cast(Any, cloud.app)), base_url=cloud.url) as client:
        token = await client.post("/identity/v3/auth/tokens", json=body)
        client.headers["X-Auth-Token"] = token.headers["X-Subject-Token"]
        yield client


async def made(client: httpx.AsyncClient, path: str, key: str, **body: Any) -> Any:
    reply = await client.post(path, json={key: body})
    assert reply.is_success, reply.text
    return reply.json()[key]


async def boot(cloud: Cloud, client: httpx.AsyncClient, count: int) -> None:
    """``count`` servers on a network of their own, asked for and not waited for."""
    network = await made(client, "/network/v2.0/networks", "network", name="net")
    subnet = {"network_id": network["id"], "ip_version": 4, "cidr": "10.0.0.0/24"}
    await made(client, "/network/v2.0/subnets", "subnet", **subnet)
    image = (await client.post("/image/v2/images", json={"disk_format": "raw", "container_format": "bare"})).json()
    octets = {"Content-Type": "application/octet-stream"}
    await client.put(f"/image/v2/images/{image['id']}/file", content=bytes(4096), headers=octets)
    await cloud.services.store.write(_add_flavor)
    for index in range(count):
        wanted = {"imageRef": image["id"], "flavorRef": "tiny", "networks": [{"uuid": network["id"]}]}
        await made(client, "/compute/v2.1/servers", "server", name=f"s{index}", **wanted)


def _add_flavor(connection: Any) -> None:
    from berthline.domain.compute import Flavor
    from berthline.domain.ids import FlavorId
    from berthline.store.compute import flavors

    flavors.add(connection, Flavor(id=FlavorId("tiny"), name="tiny", vcpus=1, ram=64, disk=1), at=0)


async def statuses(client: httpx.AsyncClient) -> list[str]:
    reply = await client.get("/compute/v2.1/servers/detail")
    return [server["status"] for server in reply.json()["servers"]]


async def all_ended(client: httpx.AsyncClient) -> list[str]:
    async with asyncio.timeout(END_LIMIT):
        while True:
            found = await statuses(client)
            if not set(found) - {"ACTIVE", "ERROR"}:
                return found
            await asyncio.sleep(0.01)


async def settled(cloud: Cloud) -> None:
    """Until every saga ended and every change is projected: only then does ``leaks`` look outside."""
    async with asyncio.timeout(END_LIMIT):
        await cloud.engine.idle()
        while True:
            if not (await cloud.projector.status()).changes:
                return
            await asyncio.sleep(0.01)


async def test_simulated_guests_are_there_again_after_a_restart(tmp_path: Path) -> None:
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        await boot(cloud, client, 3)
        assert await all_ended(client) == ["ACTIVE"] * 3
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        await settled(cloud)
        assert await statuses(client) == ["ACTIVE"] * 3
        assert await cloud.leaks() == ()
        for hypervisor in cloud.outside.hypervisors.values():
            for server in await hypervisor.guests():
                assert await hypervisor.power(ServerId(server)) == "running"
        for server in (await client.get("/compute/v2.1/servers")).json()["servers"]:
            assert (await client.delete(f"/compute/v2.1/servers/{server['id']}")).status_code == 204
        await settled(cloud)
        assert await statuses(client) == []
        assert await cloud.leaks() == ()


async def test_a_simulated_cloud_starts_again_when_what_its_servers_were_made_of_is_gone(tmp_path: Path) -> None:
    """Their image deactivated, its file lost, its row deleted; one of the servers is stopped."""
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        await boot(cloud, client, 4)
        assert await all_ended(client) == ["ACTIVE"] * 4
        found = (await client.get("/compute/v2.1/servers")).json()["servers"]
        stopped = found[0]["id"]
        assert (await client.post(f"/compute/v2.1/servers/{stopped}/action", json={"os-stop": None})).is_success
        await settled(cloud)
        image = (await client.get("/image/v2/images")).json()["images"][0]["id"]
    for gone in (f"{image}/actions/deactivate", None, image):
        if gone is None:
            next((tmp_path / "images").glob(f"{image}*")).unlink()
        async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
            await settled(cloud)
            assert sorted(await statuses(client)) == ["ACTIVE", "ACTIVE", "ACTIVE", "SHUTOFF"]
            assert await cloud.leaks() == ()
            powers = [
                await hypervisor.power(ServerId(server))
                for hypervisor in cloud.outside.hypervisors.values()
                for server in await hypervisor.guests()
            ]
            assert sorted(powers) == ["running", "running", "running", "shutoff"]
            if gone is not None:
                method = "DELETE" if gone == image else "POST"
                assert (await client.request(method, f"/image/v2/images/{gone}")).status_code == 204
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        await settled(cloud)
        assert (await client.post(f"/compute/v2.1/servers/{stopped}/action", json={"os-start": None})).is_success
        await settled(cloud)
        assert await statuses(client) == ["ACTIVE"] * 4
        for server in found:
            assert (await client.delete(f"/compute/v2.1/servers/{server['id']}")).status_code == 204
        await settled(cloud)
        assert await cloud.leaks() == ()


async def test_a_boot_that_was_cut_between_image_and_disks_goes_on(tmp_path: Path) -> None:
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        await boot(cloud, client, 1)
        assert await all_ended(client) == ["ACTIVE"]
        await settled(cloud)
        server = (await client.get("/compute/v2.1/servers")).json()["servers"][0]["id"]
        await cloud.services.store.write(partial(_back_to_the_disks, server=server))
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        assert await all_ended(client) == ["ACTIVE"]
        await settled(cloud)
        assert await cloud.leaks() == ()


_SAGA_BACK = Prepared("UPDATE sagas SET state = 'forward', position = 1 WHERE subject_id = ?")
_SERVER_BACK = Prepared(
    "UPDATE servers SET vm_state = 'building', task_state = 'spawning', power_state = 0 WHERE id = ?"
)


def _back_to_the_disks(connection: Any, server: str) -> None:
    """The rows as they were when the image was cached and the disks were not made yet."""
    _SERVER_BACK.run(connection, server)
    _SAGA_BACK.run(connection, server)


async def test_doctor_knows_what_a_simulated_network_is_not_told_at_a_start(tmp_path: Path) -> None:
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        network = await made(client, "/network/v2.0/networks", "network", name="net")
        subnet = {"network_id": network["id"], "ip_version": 4, "cidr": "10.0.0.0/24"}
        await made(client, "/network/v2.0/subnets", "subnet", **subnet)
        ports = [await made(client, "/network/v2.0/ports", "port", network_id=network["id"]) for _ in range(3)]
        await settled(cloud)
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        assert await cloud.leaks() == ()
        renamed = {"port": {"name": "now told"}}
        assert (await client.put(f"/network/v2.0/ports/{ports[0]['id']}", json=renamed)).is_success
        await settled(cloud)
        assert await cloud.leaks() == ()
        told = {unit.id for unit in await cloud.outside.dataplane.observe() if unit.kind == "port"}
        assert told & {port["id"] for port in ports} == {ports[0]["id"]}
        await cloud.outside.dataplane.apply({Unit("network", network["id"]): ()})
        assert "network not in the dataplane" in {leak.kind for leak in await cloud.leaks()}


async def test_a_start_waits_for_what_is_in_use_and_the_rest_follows(tmp_path: Path) -> None:
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        await boot(cloud, client, 1)
        idle = await made(client, "/network/v2.0/networks", "network", name="idle")
        assert await all_ended(client) == ["ACTIVE"]
        port = (await client.get("/network/v2.0/ports?device_owner=compute:nova")).json()["ports"][0]
        used = {Unit("port", port["id"]), Unit("network", port["network_id"])}
        used |= {Unit("security_group", group) for group in port["security_groups"]}
        in_use = await cloud.services.store.read(units_in_use)
        at_rest = await cloud.services.store.read(units_at_rest)
        assert used <= set(in_use)
        assert Unit("network", idle["id"]) in at_rest
        assert not set(in_use) & set(at_rest)
    async with running_cloud(settings(tmp_path), durable=False) as cloud:
        assert used <= (await cloud.outside.dataplane.observe()).keys()
        assert await cloud.leaks() == (), "what is told later is waited for"
        assert Unit("network", idle["id"]) in await cloud.outside.dataplane.observe()


async def test_boots_that_a_stop_cut_short_go_on(tmp_path: Path) -> None:
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        await boot(cloud, client, 8)
    async with running_cloud(settings(tmp_path), durable=False) as cloud, user_of(cloud) as client:
        assert await all_ended(client) == ["ACTIVE"] * 8
        await settled(cloud)
        assert await cloud.leaks() == ()


async def test_the_folder_is_one_clouds_alone(tmp_path: Path) -> None:
    async with running_cloud(settings(tmp_path), durable=False):
        with pytest.raises(DataFolderInUse):
            async with running_cloud(settings(tmp_path), durable=False):
                pass
