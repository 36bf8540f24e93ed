"""Whose NIC a port is: what the cloud noted, and never what a user wrote on a port."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from berthline.network.local import LocalNetworkService
from berthline.store import Store
from tests.api.builder import HandClock
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"
PORTS = "/network/v2.0/ports"
ROUTERS = "/network/v2.0/routers"


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> LocalNetworkService:
    return LocalNetworkService(store, clock)


async def own_port(ground: Ground, **attributes: Any) -> dict[str, Any]:
    answer = await ground.red.post(PORTS, json={"port": {"network_id": ground.network, **attributes}})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["port"]
    return made


async def shown(client: httpx.AsyncClient, port: str) -> dict[str, Any]:
    answer = await client.get(f"{PORTS}/{port}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["port"]
    return found


async def nics(ground: Ground, server: str) -> list[str]:
    answer = await ground.red.get(f"{SERVERS}/{server}/os-interface")
    return [each["port_id"] for each in answer.json()["interfaceAttachments"]]


async def delete(ground: Ground, world: World, servers: Sequence[str]) -> None:
    for server in servers:
        assert (await ground.red.delete(f"{SERVERS}/{server}")).status_code == 204
    await world.settle()
    assert await world.leaks() == ()


async def test_a_nic_does_not_say_that_it_is_anothers_or_nobodys(ground: Ground, world: World) -> None:
    port = (await own_port(ground))["id"]
    server = await ground.boot(world, networks=[{"port": port}])
    other = await ground.boot(world, "other")
    (made,) = await nics(ground, other)
    for nic in (port, made):
        before = await shown(ground.admin, nic)
        changes: list[dict[str, Any]] = [
            {"device_id": ""},
            {"device_id": None},
            {"device_id": "any text"},
            {"device_id": new_id()},
            {"device_id": other if nic == port else server},
            {"device_id": "", "dns_name": ""},
            {"device_owner": ""},
            {"device_owner": None},
            {"device_owner": "compute:elsewhere"},
            {"device_owner": "network:dhcp"},
            {"device_id": "", "device_owner": "", "name": "mine"},
        ]
        for change in changes:
            for client in (ground.red, ground.admin):
                answer = await client.put(f"{PORTS}/{nic}", json={"port": change})
                assert answer.status_code == 409, (change, answer.text)
                assert answer.json()["NeutronError"]["type"] == "PortInUse"
        for host in ("", None, "host-b"):
            answer = await ground.admin.put(f"{PORTS}/{nic}", json={"port": {"binding:host_id": host}})
            assert answer.status_code == (200 if host == before["binding:host_id"] else 409), answer.text
            answer = await ground.red.put(f"{PORTS}/{nic}", json={"port": {"binding:host_id": host}})
            assert answer.status_code == 403, answer.text
        now = await shown(ground.admin, nic)
        assert {**now, "revision_number": 0, "updated_at": ""} == {**before, "revision_number": 0, "updated_at": ""}
    answer = await ground.red.put(f"{PORTS}/{port}", json={"port": {"device_id": server, "name": "kept"}})
    assert (answer.status_code, answer.json()["port"]["name"]) == (200, "kept"), "as it is is no change"
    await delete(ground, world, (server, other))
    free = await shown(ground.admin, port)
    assert (free["device_id"], free["device_owner"], free["binding:host_id"], free["dns_name"]) == ("", "", "", "")


async def test_a_nic_becomes_neither_another_servers_nor_a_routers(ground: Ground, world: World) -> None:
    port = (await own_port(ground))["id"]
    server = await ground.boot(world, networks=[{"port": port}])
    before = await shown(ground.admin, port)
    body = ground.body("second", networks=[{"port": port}])
    answer = await ground.red.post(SERVERS, json=body, headers=LATEST)
    assert answer.status_code == 409, answer.text
    router = (await ground.red.post(ROUTERS, json={"router": {}})).json()["router"]["id"]
    answer = await ground.red.put(f"{ROUTERS}/{router}/add_router_interface", json={"port_id": port})
    assert (answer.status_code, answer.json()["NeutronError"]["type"]) == (409, "PortInUse")
    assert await shown(ground.admin, port) == before
    assert await nics(ground, server) == [port]
    await delete(ground, world, [server])


async def test_a_port_that_names_a_server_is_none_of_its_nics(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    (nic,) = await nics(ground, server)
    words = {"device_id": server, "device_owner": "compute:nova"}
    foreign = await own_port(ground, **words, fixed_ips=[{"ip_address": "10.9.0.217"}])
    later = (await own_port(ground))["id"]
    assert (await ground.red.put(f"{PORTS}/{later}", json={"port": words})).status_code == 200
    assert await nics(ground, server) == [nic]
    assert await world.leaks() == ()
    for port in (foreign["id"], later):
        answer = await ground.red.delete(f"{SERVERS}/{server}/os-interface/{port}")
        assert answer.status_code == 404, answer.text
    answer = await ground.red.get(SERVERS, params={"ip": "10.9.0.217"})
    assert answer.json()["servers"] == []
    fixed = (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["addresses"]["private"]
    assert "10.9.0.217" not in [each["addr"] for each in fixed]
    answer = await ground.red.post(f"{SERVERS}/{server}/action", json={"removeFixedIp": {"address": "10.9.0.217"}})
    assert answer.status_code == 400, answer.text
    await delete(ground, world, [server])
    for port in (foreign["id"], later):
        assert (await shown(ground.red, port))["device_id"] == server, "it was no NIC, so it stays as it is"
    gone = await ground.red.get(f"{PORTS}/{nic}")
    assert gone.status_code == 404


async def test_a_port_that_names_a_deleted_server_is_no_leak(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    await delete(ground, world, [server])
    await own_port(ground, device_id=server, device_owner="compute:nova")
    assert await world.leaks() == ()


@pytest.mark.parametrize(
    "owner", ["network:router_interface", "network:router_gateway", "network:floatingip", "network:distributed"]
)
async def test_no_port_is_made_to_look_like_the_clouds_own(ground: Ground, world: World, owner: str) -> None:
    port = (await own_port(ground))["id"]
    for client in (ground.red, ground.admin):
        body = {"port": {"network_id": ground.network, "device_owner": owner}}
        assert (await client.post(PORTS, json=body)).status_code == 400
        assert (await client.put(f"{PORTS}/{port}", json={"port": {"device_owner": owner}})).status_code == 400
    assert (await shown(ground.red, port))["device_owner"] == ""
