"""Idempotency-Key on POST /servers, os-interface and /ports: one thing is made, however often it is asked."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from berthline.network.local import LocalNetworkService
from berthline.reconcile.idempotency_keys import forget_expired_keys
from berthline.store import Connection, Store
from berthline.store.control import quotas
from berthline.store.control.sagas import list_sagas
from berthline.store.tables.control import idempotency_keys
from tests.api.builder import Cloud, HandClock
from tests.api.compute.conftest import Ground
from tests.api.compute.world import PUBLIC_KEY, World

SERVERS = "/compute/v2.1/servers"
PORTS = "/network/v2.0/ports"
DAY = 86_400


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> Any:
    return LocalNetworkService(store, clock)


def keyed(key: str = "k-1", minor: int = 100) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}", "Idempotency-Key": key}


async def servers(ground: Ground) -> list[str]:
    answer = await ground.red.get(SERVERS)
    return [server["id"] for server in answer.json()["servers"]]


def same(first: httpx.Response, again: httpx.Response) -> None:
    """The second answer is the first, and says that it is a repetition."""
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for name in ("location", "openstack-api-version", "content-type"):
        assert again.headers.get(name) == first.headers.get(name)


async def test_the_same_server_again_is_the_first(ground: Ground, world: World) -> None:
    first = await ground.red.post(SERVERS, json=ground.body(), headers=keyed())
    assert first.status_code == 202
    same(first, await ground.red.post(SERVERS, json=ground.body(), headers=keyed()))
    await world.settle()
    path = f"{SERVERS}/{first.json()['server']['id']}"
    assert (await ground.red.delete(path)).status_code == 204
    await world.settle()
    same(first, await ground.red.post(SERVERS, json=ground.body(), headers=keyed()))
    assert await servers(ground) == []
    other = await ground.red.post(SERVERS, json=ground.body("other"), headers=keyed())
    assert other.status_code == 422
    assert "Idempotency-Key 'k-1' was sent before with another request" in other.text
    assert await servers(ground) == []


async def test_a_key_is_a_projects_own(ground: Ground, world: World) -> None:
    body = {"port": {"network_id": ground.network, "name": "one"}}
    first = await ground.red.post(PORTS, json=body, headers=keyed())
    assert first.status_code == 201, first.text
    reordered = {"port": {"name": "one", "network_id": ground.network}}
    same(first, await ground.red.post(PORTS, json=reordered, headers=keyed()))
    theirs = await ground.blue.post(PORTS, json=body, headers=keyed())
    assert theirs.status_code == 404
    elsewhere = await ground.red.post(SERVERS, json=body, headers=keyed())
    assert elsewhere.status_code == 400
    bulk = {"ports": [{"network_id": ground.network}, {"network_id": ground.network}]}
    assert (await ground.red.post(PORTS, json=bulk, headers=keyed())).status_code == 422
    second = await ground.red.post(PORTS, json=bulk, headers=keyed("k-2"))
    same(second, await ground.red.post(PORTS, json=bulk, headers=keyed("k-2")))
    assert len((await ground.red.get(PORTS)).json()["ports"]) == 3


@pytest.mark.parametrize("path", [SERVERS, PORTS])
async def test_many_at_once_make_one_thing(ground: Ground, world: World, cloud: Cloud, path: str) -> None:
    """The quota is for one, so that those who come second are refused by it, and must be answered all the same."""
    project = cloud.people["red-member"].project_id
    one = {"instances": 1, "port": 1}
    world.store.write_now(lambda connection: quotas.set_limits(connection, project, one))
    body = ground.body() if path == SERVERS else {"port": {"network_id": ground.network}}
    answers = await asyncio.gather(*(ground.red.post(path, json=body, headers=keyed()) for _ in range(12)))
    assert {answer.status_code for answer in answers} == {202 if path == SERVERS else 201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    await world.settle()
    assert len((await ground.red.get(PORTS)).json()["ports"]) == 1
    counted = {"instances": 1 if path == SERVERS else 0, "port": 1}
    assert world.store.read_now(lambda connection: quotas.used(connection, project, list(one))) == counted


async def test_a_nic_is_attached_once(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    path = f"{SERVERS}/{server}/os-interface"
    body = {"interfaceAttachment": {"net_id": ground.network, "fixed_ips": [{"ip_address": "10.9.0.50"}]}}
    answers = await asyncio.gather(*(ground.red.post(path, json=body, headers=keyed()) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["interfaceAttachment"]["port_id"] for answer in answers}) == 1
    port = answers[0].json()["interfaceAttachment"]["port_id"]
    await world.settle()
    assert len((await ground.red.get(path)).json()["interfaceAttachments"]) == 2
    assert (await ground.red.delete(f"{path}/{port}")).status_code == 202
    await world.settle()
    again = await ground.red.post(path, json=body, headers=keyed())
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["interfaceAttachment"]["port_id"] == port
    body["interfaceAttachment"]["net_id"] = server
    assert (await ground.red.post(path, json=body, headers=keyed())).status_code == 422
    assert len((await ground.red.get(path)).json()["interfaceAttachments"]) == 1


async def test_what_was_begun_before_a_crash_is_waited_for(ground: Ground, world: World) -> None:
    """The row holds what to wait for until the answer is there; a process that ends between leaves just that."""
    server = await ground.boot(world)
    path = f"{SERVERS}/{server}/os-interface"
    first = await ground.red.post(path, json={}, headers=keyed())
    assert first.status_code == 200, first.text
    saga = next(saga for saga in world.store.read_now(list_sagas) if saga.kind == "interface_attach")
    waits = {"server_id": server, "nic": first.json()["interfaceAttachment"]["port_id"], "saga_id": saga.id}

    def as_if_killed(connection: Connection) -> None:
        response = msgspec.json.encode(({}, msgspec.json.encode(waits).decode())).decode()
        connection.execute(idempotency_keys.update().values(status=None, response=response))

    world.store.write_now(as_if_killed)
    again = await ground.red.post(path, json={}, headers=keyed())
    assert (again.status_code, again.json()) == (200, first.json())
    same(first, await ground.red.post(path, json={}, headers=keyed()))
    assert len((await ground.red.get(path)).json()["interfaceAttachments"]) == 2


async def test_what_was_refused_may_be_asked_again(ground: Ground, world: World) -> None:
    refused = await ground.red.post(SERVERS, json=ground.body(key_name="mine"), headers=keyed())
    assert refused.status_code == 400
    key = {"keypair": {"name": "mine", "public_key": PUBLIC_KEY}}
    assert (await ground.red.post("/compute/v2.1/os-keypairs", json=key)).status_code == 200
    made = await ground.red.post(SERVERS, json=ground.body(key_name="mine"), headers=keyed())
    assert made.status_code == 202
    await world.settle()


async def test_a_key_is_forgotten_after_a_day(ground: Ground, world: World, clock: HandClock, cloud: Cloud) -> None:
    def rows() -> int:
        return len(world.store.read_now(lambda connection: connection.execute(idempotency_keys.select()).all()))

    body = {"port": {"network_id": ground.network}}
    first = await ground.red.post(PORTS, json=body, headers=keyed())
    clock.advance(DAY - 60)
    red = await cloud.client_for("red-member")
    same(first, await red.post(PORTS, json=body, headers=keyed()))
    assert await forget_expired_keys(world.store, clock) == 0
    clock.advance(120)
    fresh = await red.post(PORTS, json={"port": {"network_id": ground.network, "name": "new"}}, headers=keyed())
    assert fresh.status_code == 201
    assert "idempotency-replayed" not in fresh.headers
    assert rows() == 1
    clock.advance(DAY + 60)
    assert await forget_expired_keys(world.store, clock) == 1
    assert rows() == 0


async def test_a_key_that_is_none_is_refused(ground: Ground) -> None:
    for key in ("", "x" * 256, "tab\there"):
        answer = await ground.red.post(SERVERS, json=ground.body(), headers=keyed(key))
        assert answer.status_code == 400, key
    assert await servers(ground) == []
