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
from tests.api.builder import Cloud, HandClock, login
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


def without_secrets(answer: httpx.Response) -> Any:
    body = answer.json()
    for thing in body.values():
        if isinstance(thing, dict):
            thing.pop("adminPass", None)
    return body


def same(first: httpx.Response, again: httpx.Response) -> None:
    """The second answer is the first without its secrets, and says that it is a repetition."""
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.json()) == (first.status_code, without_secrets(first))
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


async def test_a_key_is_a_users_own(ground: Ground, world: World) -> None:
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
    assert len({msgspec.json.encode(without_secrets(answer)) for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    await world.settle()
    assert len((await ground.red.get(PORTS)).json()["ports"]) == 1
    counted = {"instances": 1 if path == SERVERS else 0, "port": 1}
    assert world.store.read_now(lambda connection: quotas.used(connection, project, list(one))) == counted


async def test_a_nic_is_attached_once(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    path = f"{SERVERS}/{server}/os-interface"
    body = {"interfaceAttachment": {"net_id": ground.network, "fixed_ips": [{"ip_address": "10.9.0.250"}]}}
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


def kept(world: World) -> str:
    """All that the rows of keys hold, as text."""
    rows = world.store.read_now(lambda connection: connection.execute(idempotency_keys.select()).all())
    assert rows
    return repr(rows)


async def test_a_password_is_neither_kept_nor_told_again(ground: Ground, world: World) -> None:
    for key, fields in (("made", {}), ("chosen", {"adminPass": "chosen by me"})):
        first = await ground.red.post(SERVERS, json=ground.body(key, **fields), headers=keyed(key))
        password = first.json()["server"]["adminPass"]
        assert password
        again = await ground.red.post(SERVERS, json=ground.body(key, **fields), headers=keyed(key))
        same(first, again)
        assert again.headers["idempotency-left-out"] == "adminPass"
        assert "idempotency-left-out" not in first.headers
        assert "adminPass" not in again.json()["server"]
        assert password not in again.text + kept(world)
    await world.settle()


async def test_nobody_else_gets_the_answer(ground: Ground, world: World, cloud: Cloud) -> None:
    """Neither a reader nor another member of the same project, nor the same user with a token without a project."""
    server = await ground.boot(world, "first")
    other = await second_member(cloud, ground)
    red = cloud.people["red-member"]
    scopes: list[Any] = ["unscoped", {"domain": {"id": "default"}}, {"system": {"all": True}}]
    for where in ("domains/default", "system"):
        path = f"/identity/v3/{where}/users/{red.user_id}/roles/{cloud.roles['member']}"
        assert (await ground.admin.put(path)).status_code == 204
    without_project = [await client_of(cloud, red.name, red.password, scope) for scope in scopes]
    for path, body in (
        (SERVERS, ground.body()),
        (PORTS, {"port": {"network_id": ground.network}}),
        (f"{SERVERS}/{server}/os-interface", {}),
    ):
        first = await ground.red.post(path, json=body, headers=keyed(path))
        assert first.status_code in {200, 201, 202}, first.text
        await world.settle()
        for client in (ground.reader, *without_project):
            refused = await client.post(path, json=body, headers=keyed(path))
            assert refused.status_code in {400, 403}, (path, refused.text)
            assert "idempotency-replayed" not in refused.headers
        assert (await ground.reader.post(path, json=body, headers=keyed(path))).status_code == 403
        own = await other.post(path, json=body, headers=keyed(path))
        assert own.status_code == first.status_code
        assert "idempotency-replayed" not in own.headers
        same(first, await ground.red.post(path, json=body, headers=keyed(path)))
        await world.settle()


async def test_a_user_who_lost_a_role_does_not_get_the_answer(ground: Ground, world: World, cloud: Cloud) -> None:
    """An admin of red that becomes a member and then a reader; what a member made he gets, once he is an admin too."""
    project, name = cloud.people["red-member"].project_id, "ann"
    answer = await ground.admin.post("/identity/v3/users", json={"user": {"name": name, "password": name}})
    user = answer.json()["user"]["id"]
    roles = f"/identity/v3/projects/{project}/users/{user}/roles"

    async def as_a(role: str) -> httpx.AsyncClient:
        for each in (await ground.admin.get(roles)).json()["roles"]:
            await ground.admin.delete(f"{roles}/{each['id']}")
        assert (await ground.admin.put(f"{roles}/{cloud.roles[role]}")).status_code == 204
        return await client_of(cloud, name, name, {"project": {"id": project}})

    paths = {SERVERS: ground.body(), PORTS: {"port": {"network_id": ground.network}}}
    first: dict[tuple[str, str], httpx.Response] = {}
    for role in ("member", "admin"):
        client = await as_a(role)
        for path, body in paths.items():
            first[role, path] = await client.post(path, json=body, headers=keyed(role + path))
            assert first[role, path].status_code in {201, 202}, first[role, path].text
    for role, expected in (
        ("admin", {"member": "same", "admin": "same"}),
        ("member", {"member": "same", "admin": 403}),
        ("reader", {"member": 403, "admin": 403}),
    ):
        client = await as_a(role)
        for made_as, what in expected.items():
            for path, body in paths.items():
                again = await client.post(path, json=body, headers=keyed(made_as + path))
                if what == "same":
                    same(first[made_as, path], again)
                else:
                    assert again.status_code == what, (role, made_as, path, again.text)
    await world.settle()


async def test_callers_without_a_project_have_a_bucket_each(ground: Ground, world: World, cloud: Cloud) -> None:
    """Two admins with tokens for the system, that make ports for projects they name, with the same key."""
    project = cloud.people["red-member"].project_id
    answer = await ground.admin.post("/identity/v3/users", json={"user": {"name": "ann", "password": "ann"}})
    user = answer.json()["user"]["id"]
    assert (await ground.admin.put(f"/identity/v3/system/users/{user}/roles/{cloud.roles['admin']}")).status_code == 204
    root = cloud.people["admin"]
    one = await client_of(cloud, root.name, root.password, {"system": {"all": True}})
    two = await client_of(cloud, "ann", "ann", {"system": {"all": True}})
    body = {"port": {"network_id": ground.network, "project_id": project}}
    first, second = [await client.post(PORTS, json=body, headers=keyed()) for client in (one, two)]
    assert (first.status_code, second.status_code) == (201, 201), second.text
    assert first.json()["port"]["id"] != second.json()["port"]["id"]
    same(first, await one.post(PORTS, json=body, headers=keyed()))
    same(second, await two.post(PORTS, json=body, headers=keyed()))


async def client_of(cloud: Cloud, name: str, password: str, scope: Any) -> httpx.AsyncClient:
    """A client with a token of this scope."""
    token = await cloud.anonymous().post("/identity/v3/auth/tokens", json=login(name, password, scope=scope))
    assert token.status_code == 201, token.text
    return cloud.anonymous(**{"x-auth-token": token.headers["x-subject-token"]})


async def second_member(cloud: Cloud, ground: Ground) -> httpx.AsyncClient:
    """A client of another member of red."""
    project = cloud.people["red-member"].project_id
    answer = await ground.admin.post("/identity/v3/users", json={"user": {"name": "bob", "password": "bob"}})
    path = f"/identity/v3/projects/{project}/users/{answer.json()['user']['id']}/roles/{cloud.roles['member']}"
    assert (await ground.admin.put(path)).status_code == 204
    return await client_of(cloud, "bob", "bob", {"project": {"id": project}})


async def test_a_key_that_is_none_is_refused(ground: Ground) -> None:
    for key in ("", "x" * 256, "tab\there"):
        answer = await ground.red.post(SERVERS, json=ground.body(), headers=keyed(key))
        assert answer.status_code == 400, key
    assert await servers(ground) == []
