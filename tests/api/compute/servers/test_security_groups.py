"""addSecurityGroup and removeSecurityGroup over HTTP, in Nova's words and statuses."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from berthline.network.local import LocalNetworkService
from berthline.store import Store
from tests.api.builder import HandClock
from tests.api.compute.conftest import Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> LocalNetworkService:
    return LocalNetworkService(store, clock)


async def act(client: httpx.AsyncClient, server: str, body: Any) -> httpx.Response:
    return await client.post(f"{SERVERS}/{server}/action", json=body)


async def shown(ground: Ground, server: str) -> list[str]:
    answer = await ground.red.get(f"{SERVERS}/{server}")
    return sorted(group["name"] for group in answer.json()["server"].get("security_groups", []))


async def group(ground: Ground, name: str) -> str:
    answer = await ground.red.post("/network/v2.0/security-groups", json={"security_group": {"name": name}})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["security_group"]["id"]
    return made


async def test_groups_are_added_and_removed_by_name_and_id(ground: Ground, world: World) -> None:
    web, db = await group(ground, "web"), await group(ground, "db")
    server = await ground.boot(world, networks=[{"uuid": ground.network}, {"uuid": ground.network}])
    for body in ({"addSecurityGroup": {"name": "web"}}, {"addSecurityGroup": {"name": db}}):
        answer = await act(ground.red, server, body)
        assert (answer.status_code, answer.content) == (202, b"")
    assert await shown(ground, server) == ["db", "default", "web"]
    for name in ("default", web):
        assert (await act(ground.red, server, {"removeSecurityGroup": {"name": name}})).status_code == 202
    assert await shown(ground, server) == ["db"]
    listed = (await ground.red.get(f"{SERVERS}/{server}/os-security-groups")).json()["security_groups"]
    assert [one["name"] for one in listed] == ["db"]


async def test_refusals_are_novas(ground: Ground, world: World) -> None:
    await group(ground, "web")
    server = await ground.boot(world)
    bare = await ground.boot(world, "bare", networks="none")
    refusals: list[tuple[int, str, Any]] = [
        (404, server, {"addSecurityGroup": {"name": "nothing"}}),
        (404, server, {"addSecurityGroup": {"name": new_id()}}),
        (404, server, {"removeSecurityGroup": {"name": "nothing"}}),
        (404, server, {"removeSecurityGroup": {"name": "web"}}),
        (400, server, {"addSecurityGroup": {"name": "default"}}),
        (404, bare, {"addSecurityGroup": {"name": "web"}}),
        (404, bare, {"removeSecurityGroup": {"name": "web"}}),
        (404, new_id(), {"addSecurityGroup": {"name": "web"}}),
        (400, server, {"addSecurityGroup": {"name": ""}}),
        (400, server, {"addSecurityGroup": {"name": "  "}}),
        (400, server, {"addSecurityGroup": {}}),
        (400, server, {"addSecurityGroup": None}),
        (400, server, {"addSecurityGroup": {"name": 7}}),
        (400, server, {"addSecurityGroup": {"name": "web", "more": 1}}),
    ]
    for status, target, body in refusals:
        answer = await act(ground.red, target, body)
        assert answer.status_code == status, (body, answer.text)
    assert (await act(ground.reader, server, {"addSecurityGroup": {"name": "web"}})).status_code == 403
    assert (await act(ground.blue, server, {"addSecurityGroup": {"name": "web"}})).status_code == 404
    assert await shown(ground, server) == ["default"]
