"""A role of one domain that is named admin shows its holder nothing of others, in none of the four services."""

from typing import Any

import httpx
import pytest

from berthline.network.local import LocalNetworkService
from berthline.store import Store
from tests.api.builder import Cloud, HandClock, login
from tests.api.compute.conftest import Ground
from tests.api.compute.world import World

V3 = "/identity/v3"
EVERYBODYS = (
    "/network/v2.0/networks",
    "/network/v2.0/subnets",
    "/network/v2.0/ports",
    "/network/v2.0/security-groups",
    "/network/v2.0/routers",
    "/compute/v2.1/servers",
    "/compute/v2.1/servers?all_tenants=1",
    "/image/v2/images",
)
ADMINS = (
    f"{V3}/users",
    f"{V3}/projects",
    f"{V3}/domains",
    f"{V3}/roles",
    f"{V3}/role_assignments",
    "/compute/v2.1/os-hypervisors",
    "/compute/v2.1/os-services",
    "/berthline/v1/leaks",
    "/berthline/v1/sagas",
)


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> Any:
    return LocalNetworkService(store, clock)


async def told(client: httpx.AsyncClient) -> str:
    """All that the lists of everybody's things say to this client."""
    answers = [await client.get(path) for path in EVERYBODYS]
    return "".join(answer.text for answer in answers)


@pytest.mark.parametrize("implied", ["member", "reader"])
async def test_a_role_of_a_domain_named_admin_shows_nothing_of_others(
    cloud: Cloud, ground: Ground, world: World, implied: str
) -> None:
    server = await ground.boot(world)
    admin, blue = ground.admin, cloud.people["blue-member"].project_id
    answer = await admin.post(f"{V3}/roles", json={"role": {"name": "admin", "domain_id": "default"}})
    role = answer.json()["role"]["id"]
    answer = await admin.post(f"{V3}/users", json={"user": {"name": "eve", "password": "eve"}})
    eve = answer.json()["user"]["id"]
    for where in (f"projects/{blue}", "domains/default"):
        assert (await admin.put(f"{V3}/{where}/users/{eve}/roles/{role}")).status_code == 204
    assert (await admin.put(f"{V3}/roles/{role}/implies/{cloud.roles[implied]}")).status_code == 201
    theirs = (server, ground.network, ground.image, cloud.people["red-member"].project_id)
    everything = await told(admin)  # an admin does see them: the question is a good one
    assert [one for one in theirs if one not in everything] == []
    for scope in ({"project": {"id": blue}}, {"domain": {"id": "default"}}):
        token = await cloud.anonymous().post(f"{V3}/auth/tokens", json=login("eve", "eve", scope=scope))
        client = cloud.anonymous(**{"x-auth-token": token.headers["x-subject-token"]})
        shown = await told(client)
        assert [one for one in theirs if one in shown] == []
        for path in ADMINS:
            assert (await client.get(path)).status_code == 403, path
        for path in (f"/compute/v2.1/servers/{server}", f"/network/v2.0/networks/{ground.network}"):
            assert (await client.get(path)).status_code == 404
        assert (await client.delete(f"/compute/v2.1/servers/{server}")).status_code in {403, 404}


async def test_a_role_of_a_domain_named_service_tells_no_events(cloud: Cloud, ground: Ground, world: World) -> None:
    server, red = await ground.boot(world), cloud.people["red-member"]
    path, events = "/compute/v2.1/os-server-external-events", [{"name": "network-changed", "server_uuid": server}]
    for domain, status in (("default", 403), (None, 200)):
        role = cloud.roles["service"]
        if domain is not None:
            answer = await ground.admin.post(f"{V3}/roles", json={"role": {"name": "service", "domain_id": domain}})
            role = answer.json()["role"]["id"]
        granted = await ground.admin.put(f"{V3}/projects/{red.project_id}/users/{red.user_id}/roles/{role}")
        assert granted.status_code == 204
        assert (await ground.red.post(path, json={"events": events})).status_code == status
