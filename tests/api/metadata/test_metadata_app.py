"""The metadata service of a network knows a guest by its address on that network, and by nothing else."""

import base64
from typing import Any

import httpx
import msgspec
import pytest

from berthline.domain.ids import NetworkId
from berthline.metadata.app import create_metadata_app
from berthline.store import Store
from berthline.store.compute.servers import servers
from berthline.store.network.info import network_info
from berthline.workflows.server.guest_metadata import guest_files
from tests.api.builder import Cloud
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import PUBLIC_KEY, World, add_network


def guest(store: Store, network: str, address: str) -> httpx.AsyncClient:
    """An HTTP client that has ``address`` on ``network``."""
    transport = httpx.ASGITransport(create_metadata_app(store, NetworkId(network)), client=(address, 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://169.254.169.254")


async def address_of(ground: Ground, server: str) -> str:
    """The first fixed address of a server."""
    shown = (await ground.red.get(f"/compute/v2.1/servers/{server}")).json()["server"]
    address: str = shown["addresses"]["private"][0]["addr"]
    return address


@pytest.fixture
async def server(ground: Ground, world: World) -> str:
    key = {"keypair": {"name": "me", "public_key": PUBLIC_KEY}}
    assert (await ground.red.post("/compute/v2.1/os-keypairs", json=key, headers=LATEST)).status_code == 201
    script = base64.b64encode(b"#!/bin/sh\n").decode()
    return await ground.boot(world, key_name="me", user_data=script, metadata={"role": "web"})


async def test_a_guest_learns_who_it_is(ground: Ground, world: World, server: str) -> None:
    async with guest(world.store, ground.network, await address_of(ground, server)) as client:
        meta = await client.get("/openstack/latest/meta_data.json")
        assert meta.status_code == 200
        assert meta.headers["content-type"] == "application/json"
        assert (meta.json()["uuid"], meta.json()["meta"]) == (server, {"role": "web"})
        assert meta.json()["public_keys"] == {"me": PUBLIC_KEY}
        assert (await client.get("/openstack/latest/user_data")).content == b"#!/bin/sh\n"
        assert (await client.get("/latest/meta-data/hostname")).text == "web"
        assert (await client.get("/latest/meta-data/public-keys/0/openssh-key")).text == PUBLIC_KEY
        links = (await client.get("/openstack/2018-08-27/network_data.json")).json()["links"]
        assert links[0]["mtu"] == 1442
        head = await client.head("/latest/meta-data/hostname")
        assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "3")


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-For": "{address}"}, {"X-Instance-ID": "{server}"}])
async def test_nobody_else_learns_it(
    ground: Ground, world: World, cloud: Cloud, server: str, headers: dict[str, str]
) -> None:
    address = await address_of(ground, server)
    told = {name: text.format(address=address, server=server) for name, text in headers.items()}
    other = await add_network(world.store, cloud.people["blue-member"].project_id, "other", "10.9.1.0/24")
    for network, client_address in ((ground.network, "10.9.0.250"), (other, address), (ground.network, "nonsense")):
        async with guest(world.store, network, client_address) as client:
            answer = await client.get("/openstack/latest/meta_data.json", headers=told)
            assert answer.status_code == 404
            assert server not in answer.text


async def test_only_reading_and_only_what_is_there(ground: Ground, world: World, server: str) -> None:
    async with guest(world.store, ground.network, await address_of(ground, server)) as client:
        for method in ("POST", "PUT", "DELETE"):
            answer = await client.request(method, "/latest/meta-data/hostname")
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
        for path in ("/latest/nothing", "/openstack/1999-01-01/meta_data.json", "/latest/../../etc/passwd"):
            assert (await client.get(path)).status_code == 404


async def test_a_deleted_guest_is_nobody(ground: Ground, world: World, server: str) -> None:
    address = await address_of(ground, server)
    await ground.red.delete(f"/compute/v2.1/servers/{server}")
    await world.settle()
    async with guest(world.store, ground.network, address) as client:
        assert (await client.get("/openstack/latest/meta_data.json")).status_code == 404


async def test_the_config_drive_says_the_same(ground: Ground, world: World, server: str) -> None:
    def read(connection: Any) -> Any:
        found = servers.get(connection, server)  # type: ignore[arg-type]
        assert found is not None
        return guest_files(found, network_info(connection, [found.id])[found.id])

    files = await world.store.read(read)
    async with guest(world.store, ground.network, await address_of(ground, server)) as client:
        served = await client.get("/openstack/latest/meta_data.json")
        older = await client.get("/openstack/2012-08-10/meta_data.json")
        mapped = await client.get("/latest/meta-data/block-device-mapping/ami")
    told = served.json()
    assert len(base64.b64decode(told.pop("random_seed"))) == 512
    assert msgspec.json.decode(files["openstack/latest/meta_data.json"]) == told
    assert "random_seed" not in older.json()
    assert mapped.text == "vda"


async def test_a_guest_leaves_a_password_once_and_its_owner_reads_and_clears_it(
    ground: Ground, world: World, server: str
) -> None:
    path = f"/compute/v2.1/servers/{server}/os-server-password"
    assert (await ground.red.get(path)).json() == {"password": ""}
    async with guest(world.store, ground.network, await address_of(ground, server)) as client:
        for version in ("2013-04-04", "latest"):
            assert (await client.get(f"/openstack/{version}/password")).text == ""
        for wrong, status in ((b"", 400), (b"x" * 1021, 400), (b"\xff\xfe", 400)):
            assert (await client.post("/openstack/latest/password", content=wrong)).status_code == status
        assert (await client.post("/openstack/2012-08-10/password", content=b"x")).status_code == 405
        assert (await client.put("/openstack/latest/password", content=b"x")).headers["allow"] == "GET, HEAD, POST"
        assert (await client.post("/openstack/2013-04-04/password", content=b"c2VjcmV0")).status_code == 200
        assert (await client.post("/openstack/latest/password", content=b"other")).status_code == 409
        assert (await client.get("/openstack/latest/password")).text == "c2VjcmV0"
        assert (await ground.red.get(path)).json() == {"password": "c2VjcmV0"}
        assert (await ground.blue.get(path)).status_code == 404
        assert (await ground.blue.delete(path)).status_code == 404
        assert (await ground.reader.delete(path)).status_code == 403
        assert (await ground.red.delete(path)).status_code == 204
        assert (await ground.red.get(path)).json() == {"password": ""}
        assert (await client.post("/openstack/latest/password", content=b"again")).status_code == 200
    body = {"rebuild": {"imageRef": ground.image}}
    assert (await ground.red.post(f"/compute/v2.1/servers/{server}/action", json=body)).status_code == 202
    await world.settle()
    assert (await ground.red.get(path)).json() == {"password": ""}, "the new guest may leave its own"
    async with guest(world.store, ground.network, "10.9.0.250") as stranger:
        assert (await stranger.post("/openstack/latest/password", content=b"x")).status_code == 404
