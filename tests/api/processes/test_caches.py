"""What one process changed is so at the next request of the other: nothing that was kept outlives the change."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.compute.conftest import LATEST, Ground

IDENTITY = "/identity/v3"
NETWORK = "/network/v2.0"
COMPUTE = "/compute/v2.1"
Change = Callable[[Cloud, httpx.AsyncClient, str], Awaitable[httpx.Response]]


async def _revoke(_cloud: Cloud, admin: httpx.AsyncClient, token: str) -> httpx.Response:
    return await admin.delete(f"{IDENTITY}/auth/tokens", headers={"x-subject-token": token})


async def _disable_user(cloud: Cloud, admin: httpx.AsyncClient, _token: str) -> httpx.Response:
    path = f"{IDENTITY}/users/{cloud.people['red-member'].user_id}"
    return await admin.patch(path, json={"user": {"enabled": False}})


async def _delete_user(cloud: Cloud, admin: httpx.AsyncClient, _token: str) -> httpx.Response:
    return await admin.delete(f"{IDENTITY}/users/{cloud.people['red-member'].user_id}")


async def _set_password(cloud: Cloud, admin: httpx.AsyncClient, _token: str) -> httpx.Response:
    path = f"{IDENTITY}/users/{cloud.people['red-member'].user_id}"
    return await admin.patch(path, json={"user": {"password": "another one"}})


async def _disable_project(cloud: Cloud, admin: httpx.AsyncClient, _token: str) -> httpx.Response:
    path = f"{IDENTITY}/projects/{cloud.people['red-member'].project_id}"
    return await admin.patch(path, json={"project": {"enabled": False}})


async def _take_role(cloud: Cloud, admin: httpx.AsyncClient, _token: str) -> httpx.Response:
    red = cloud.people["red-member"]
    return await admin.delete(f"{IDENTITY}/projects/{red.project_id}/users/{red.user_id}/roles/{cloud.roles['member']}")


@pytest.mark.parametrize(
    "change",
    [_revoke, _disable_user, _delete_user, _set_password, _disable_project, _take_role],
    ids=lambda change: change.__name__.strip("_"),
)
async def test_a_token_ends_in_every_process_at_once(cloud: Cloud, other: Cloud, change: Change) -> None:
    token = await cloud.token_for("red-member")
    client = other.anonymous(**{"x-auth-token": token})
    assert [(await client.get(f"{NETWORK}/networks")).status_code for _ in range(2)] == [200, 200]
    done = await change(cloud, await cloud.client_for("admin"), token)
    assert done.status_code in {200, 204}, done.text
    assert (await client.get(f"{NETWORK}/networks")).status_code == 401


@pytest.mark.parametrize("seconds", [-60, 60])
async def test_which_tokens_a_new_password_ends_is_no_matter_of_clocks(
    cloud: Cloud, other: Cloud, seconds: int
) -> None:
    other.clock.advance(seconds)
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"]
    before = other.anonymous(**{"x-auth-token": await other.token_for("red-member")})
    assert (await before.get(f"{NETWORK}/networks")).status_code == 200
    changed = await admin.patch(f"{IDENTITY}/users/{red.user_id}", json={"user": {"password": red.password}})
    assert changed.status_code == 200, changed.text
    assert (await before.get(f"{NETWORK}/networks")).status_code == 401
    after = cloud.anonymous(**{"x-auth-token": await other.token_for("red-member")})
    assert (await after.get(f"{NETWORK}/networks")).status_code == 200


async def test_rights_that_are_left_are_those_that_count_in_the_other(cloud: Cloud, other: Cloud) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"]
    roles = f"{IDENTITY}/projects/{red.project_id}/users/{red.user_id}/roles"
    assert (await admin.put(f"{roles}/{cloud.roles['reader']}")).status_code == 204
    client = other.anonymous(**{"x-auth-token": await cloud.token_for("red-member")})

    async def making() -> int:
        return (await client.post(f"{NETWORK}/networks", json={"network": {}})).status_code

    assert await making() == 201
    assert (await admin.delete(f"{roles}/{cloud.roles['member']}")).status_code == 204
    assert await making() == 403
    assert (await admin.put(f"{roles}/{cloud.roles['member']}")).status_code == 204
    assert await making() == 201


async def test_what_one_process_logs_in_the_other_knows(cloud: Cloud, other: Cloud) -> None:
    client = other.anonymous(**{"x-auth-token": await cloud.token_for("red-member")})
    assert (await client.get(f"{NETWORK}/networks")).status_code == 200


async def test_many_requests_beside_changes_never_see_an_older_state(cloud: Cloud, other: Cloud) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"]
    path = f"{IDENTITY}/projects/{red.project_id}/users/{red.user_id}/roles/{cloud.roles['member']}"
    client = other.anonymous(**{"x-auth-token": await cloud.token_for("red-member")})

    async def ask() -> int:
        return (await client.get(f"{NETWORK}/networks?limit=1")).status_code

    for change, expected in ((admin.delete, 401), (admin.put, 200)) * 5:
        before = [asyncio.create_task(ask()) for _ in range(3)]
        assert (await change(path)).status_code == 204
        assert await asyncio.gather(*(ask() for _ in range(5))) == [expected] * 5
        assert set(await asyncio.gather(*before)) <= {200, 401}


async def test_a_quota_counts_in_the_other_at_once(cloud: Cloud, other: Cloud, ground: Ground) -> None:
    client = await other.client_for("red-member")
    project = cloud.people["red-member"].project_id

    async def port() -> int:
        return (await client.post(f"{NETWORK}/ports", json={"port": {"network_id": ground.network}})).status_code

    assert await port() == 201
    limits = await ground.admin.put(f"{NETWORK}/quotas/{project}", json={"quota": {"port": 1}})
    assert limits.status_code == 200, limits.text
    assert await port() == 409
    servers = await ground.admin.put(f"{COMPUTE}/os-quota-sets/{project}", json={"quota_set": {"instances": 0}})
    assert servers.status_code == 200, servers.text
    body = ground.body() | {}
    body["server"]["networks"] = "none"
    assert (await client.post(f"{COMPUTE}/servers", json=body, headers=LATEST)).status_code == 403


async def test_an_image_that_is_deactivated_is_so_in_the_other(cloud: Cloud, other: Cloud, ground: Ground) -> None:
    client = await other.client_for("red-member")
    path = f"/image/v2/images/{ground.image}"
    assert (await client.get(f"{path}/file")).status_code == 200
    assert (await ground.admin.post(f"{path}/actions/deactivate")).status_code == 204
    assert (await client.get(f"{path}/file")).status_code == 403
    assert (await client.post(f"{COMPUTE}/servers", json=ground.body(), headers=LATEST)).status_code == 400


async def test_a_flavor_is_what_it_is_now_in_the_other(cloud: Cloud, other: Cloud, ground: Ground) -> None:
    client = await other.client_for("red-member")
    path = f"{COMPUTE}/flavors/{ground.flavor}"

    async def specs() -> Any:
        return (await client.get(f"{path}/os-extra_specs", headers=LATEST)).json()["extra_specs"]

    assert await specs() == {}
    wanted = {"extra_specs": {"hw:cpu_sockets": "1"}}
    made = await ground.admin.post(f"{path}/os-extra_specs", json=wanted, headers=LATEST)
    assert made.status_code == 200, made.text
    assert await specs() == wanted["extra_specs"]
    assert (await ground.admin.delete(path)).status_code == 202
    assert (await client.get(path, headers=LATEST)).status_code == 404
    assert (await client.post(f"{COMPUTE}/servers", json=ground.body(), headers=LATEST)).status_code == 400


async def test_a_network_that_is_shared_no_more_is_unknown_in_the_other(
    cloud: Cloud, other: Cloud, ground: Ground
) -> None:
    made = await ground.admin.post(f"{NETWORK}/networks", json={"network": {"name": "all", "shared": True}})
    network = made.json()["network"]["id"]
    blue = await other.client_for("blue-member")
    path = f"{NETWORK}/networks/{network}"
    assert (await blue.get(path)).status_code == 200
    assert (await ground.admin.put(path, json={"network": {"shared": False}})).status_code == 200
    assert (await blue.get(path)).status_code == 404
    assert (await blue.post(f"{NETWORK}/ports", json={"port": {"network_id": network}})).status_code == 404
