"""os-interface over HTTP: attach, detach, addFixedIp and removeFixedIp, in Nova's words and statuses."""

from typing import Any

import httpx

from berthline.domain.ids import ServerId, new_id
from berthline.store.network.info import network_info
from tests.api.builder import Cloud
from tests.api.compute.conftest import Ground
from tests.api.compute.world import World, add_network

SERVERS = "/compute/v2.1/servers"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def attach(ground: Ground, server: str, minor: int = 100, **item: Any) -> httpx.Response:
    body = {"interfaceAttachment": item}
    return await ground.red.post(f"{SERVERS}/{server}/os-interface", json=body, headers=at(minor))


async def ports(ground: Ground, server: str) -> list[str]:
    answer = await ground.red.get(f"{SERVERS}/{server}/os-interface")
    return [interface["port_id"] for interface in answer.json()["interfaceAttachments"]]


async def test_a_nic_is_attached_and_detached(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    (first,) = await ports(ground, server)
    answer = await attach(ground, server, 70, net_id=ground.network, fixed_ips=[{"ip_address": "10.9.0.219"}], tag="b")
    assert answer.status_code == 200, answer.text
    made = answer.json()["interfaceAttachment"]
    assert made["net_id"] == ground.network
    assert made["tag"] == "b"
    assert [fixed["ip_address"] for fixed in made["fixed_ips"]] == ["10.9.0.219"]
    assert await ports(ground, server) == [first, made["port_id"]]
    path = f"{SERVERS}/{server}/os-interface/{made['port_id']}"
    assert (await ground.red.get(path, headers=at(70))).json()["interfaceAttachment"] == made
    answer = await ground.red.delete(path)
    assert (answer.status_code, answer.content) == (202, b"")
    await world.settle()
    assert await ports(ground, server) == [first]
    assert (await ground.red.delete(path)).status_code == 404
    actions = (await ground.red.get(f"{SERVERS}/{server}/os-instance-actions")).json()["instanceActions"]
    assert [action["action"] for action in actions] == ["interface_detach", "interface_attach", "create"]


async def test_nothing_named_means_the_one_network(ground: Ground, world: World, cloud: Cloud) -> None:
    server = await ground.boot(world)
    answer = await ground.red.post(f"{SERVERS}/{server}/os-interface", headers=at(69))
    assert answer.status_code == 200, answer.text
    assert set(answer.json()["interfaceAttachment"]) == {"net_id", "port_id", "mac_addr", "port_state", "fixed_ips"}
    answer = await attach(ground, server, 70, tag="alone")
    assert answer.json()["interfaceAttachment"]["tag"] == "alone"
    await add_network(world.store, cloud.people["red-member"].project_id, "second", "10.8.0.0/24")
    items: list[dict[str, Any]] = [{}, {"tag": "x"}]
    for item in items:
        answer = await attach(ground, server, **item)
        assert answer.status_code == 400
        assert answer.json()["badRequest"]["message"].startswith("Multiple possible networks found")
        assert len(answer.json()["badRequest"]["details"]["candidates"]) == 2


async def test_what_cannot_be_is_refused_with_novas_status(ground: Ground, world: World) -> None:
    server, other = await ground.boot(world), await ground.boot(world, "other")
    (taken,) = await ports(ground, other)
    one = [{"ip_address": "10.9.0.218"}]
    assert (await attach(ground, server, net_id=ground.network, fixed_ips=one)).status_code == 200
    before = await ports(ground, server)
    refusals: list[tuple[int, dict[str, Any]]] = [
        (400, {"net_id": ground.network, "port_id": taken}),
        (400, {"fixed_ips": one}),
        (400, {"net_id": ground.network, "fixed_ips": [{"ip_address": "10.9.0"}]}),
        (400, {"net_id": ground.network, "fixed_ips": [*one, *one]}),
        (400, {"net_id": ground.network, "fixed_ips": [{"ip_address": "192.0.2.1"}]}),
        (400, {"net_id": "nonsense"}),
        (400, {"net_id": ground.network, "colour": "red"}),
        (400, {"net_id": ground.network, "tag": "a/b"}),
        (404, {"net_id": new_id()}),
        (404, {"port_id": new_id()}),
        (409, {"port_id": taken}),
        (409, {"net_id": ground.network, "fixed_ips": one}),
    ]
    for status, item in refusals:
        answer = await attach(ground, server, **item)
        assert answer.status_code == status, (item, answer.text)
    assert (await attach(ground, server, 48, net_id=ground.network, tag="early")).status_code == 400
    missing = f"{SERVERS}/{server}/os-interface/{taken}"
    assert (await ground.red.delete(missing)).status_code == 404
    assert (await ground.reader.delete(missing)).status_code == 403
    assert (await ground.blue.delete(missing)).status_code == 404
    body = {"interfaceAttachment": {"net_id": ground.network}}
    assert (await ground.blue.post(f"{SERVERS}/{server}/os-interface", json=body)).status_code == 404
    assert (await ground.reader.post(f"{SERVERS}/{server}/os-interface", json=body)).status_code == 403
    assert await ports(ground, server) == before


async def test_a_lock_and_a_state_hold_the_nics(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    (port,) = await ports(ground, server)
    assert (await ground.red.post(f"{SERVERS}/{server}/action", json={"lock": None})).status_code == 202
    answer = await attach(ground, server, net_id=ground.network)
    assert (answer.status_code, "conflictingRequest" in answer.json()) == (409, True)
    assert (await ground.red.delete(f"{SERVERS}/{server}/os-interface/{port}")).status_code == 409
    assert (await ground.red.post(f"{SERVERS}/{server}/action", json={"unlock": None})).status_code == 202
    answer = await ground.red.post(SERVERS, json=ground.body("late"), headers=at(100))
    late = answer.json()["server"]["id"]
    answer = await attach(ground, late, net_id=ground.network)
    assert answer.status_code == 409
    assert "Cannot 'attach_interface' instance" in answer.json()["conflictingRequest"]["message"]
    await world.settle()


async def test_an_address_more_and_one_less(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    path = f"{SERVERS}/{server}/action"

    def addresses() -> set[str]:
        info = world.store.read_now(lambda connection: network_info(connection, [ServerId(server)]))
        return {fixed.address for vif in info[ServerId(server)].vifs for fixed in vif.fixed_ips()}

    before = addresses()
    add = {"addFixedIp": {"networkId": ground.network}}
    assert (await ground.red.post(path, json=add, headers=at(43))).status_code == 202
    (added,) = addresses() - before
    assert (await ground.red.post(path, json=add, headers=at(44))).status_code == 404
    remove = {"removeFixedIp": {"address": added}}
    assert (await ground.red.post(path, json=remove, headers=at(44))).status_code == 404
    assert (await ground.reader.post(path, json=remove)).status_code == 403
    assert (await ground.red.post(path, json=remove)).status_code == 202
    assert addresses() == before
    assert (await ground.red.post(path, json=remove)).status_code == 400
    assert (await ground.red.post(path, json={"addFixedIp": {"networkId": new_id()}})).status_code == 400
    assert (await ground.red.post(path, json={"addFixedIp": {}})).status_code == 400
