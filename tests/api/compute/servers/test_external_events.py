"""os-server-external-events over HTTP: each event is answered for itself, and none changes what is not so."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

PATH = "/compute/v2.1/os-server-external-events"


async def send(client: httpx.AsyncClient, *events: Any) -> httpx.Response:
    return await client.post(PATH, json={"events": list(events)})


async def codes(ground: Ground, *events: Any) -> tuple[int, list[int]]:
    """The status of the whole, and each event's code."""
    answer = await send(ground.admin, *events)
    return answer.status_code, [event["code"] for event in answer.json()["events"]]


async def ports(ground: Ground, server: str) -> list[str]:
    answer = await ground.red.get(f"/compute/v2.1/servers/{server}/os-interface")
    return [interface["port_id"] for interface in answer.json()["interfaceAttachments"]]


async def test_every_network_event_is_taken(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    (port,) = await ports(ground, server)
    events = [
        {"name": name, "server_uuid": server, "tag": port, "status": status}
        for name in ("network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted")
        for status in ("completed", "failed")
    ]
    answer = await send(ground.admin, *events)
    assert answer.status_code == 200
    assert answer.json()["events"] == [{**event, "code": 200} for event in events]
    bare = {"name": "network-changed", "server_uuid": server}
    answer = await send(ground.admin, bare)
    assert answer.json()["events"] == [{**bare, "status": "completed", "code": 200}]


async def test_an_event_that_is_not_true_changes_nothing(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    held = await ports(ground, server)
    for name in ("network-vif-deleted", "network-vif-unplugged"):
        assert await codes(ground, {"name": name, "server_uuid": server, "tag": held[0]}) == (200, [200])
    await world.settle()
    assert await ports(ground, server) == held
    shown = await ground.red.get(f"/compute/v2.1/servers/{server}", headers=LATEST)
    assert shown.json()["server"]["status"] == "ACTIVE"


async def test_one_bad_event_does_not_drop_the_batch(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    good = {"name": "network-changed", "server_uuid": server}
    batch: list[tuple[Any, int]] = [
        (good, 200),
        ({"name": "network-changed", "server_uuid": new_id()}, 404),
        ({"name": "network-changed", "server_uuid": "no uuid"}, 404),
        ({"name": "network-vif-deleted", "server_uuid": server}, 400),
        ({"name": "volume-extended", "server_uuid": server, "tag": new_id()}, 400),
        ({"name": "power-update", "server_uuid": server, "tag": "POWER_OFF"}, 400),
        ({"name": "made-up", "server_uuid": server}, 400),
        ({"name": "network-changed"}, 400),
        ({**good, "status": "perhaps"}, 400),
        ({**good, "more": 1}, 400),
        ({**good, "tag": ["x"]}, 400),
        ({}, 400),
        (good, 200),
    ]
    status, found = await codes(ground, *(event for event, _ in batch))
    assert status == 207
    assert found == [code for _, code in batch]


async def test_a_server_that_has_no_host_is_not_ready_for_events(ground: Ground, world: World) -> None:
    flavor = {"name": "vast", "id": "vast", "ram": 64, "vcpus": 512, "disk": 1}
    await ground.admin.post("/compute/v2.1/flavors", json={"flavor": flavor})
    await ground.admin.put(f"/compute/v2.1/os-quota-sets/{await _project(ground)}", json={"quota_set": {"cores": -1}})
    server = await ground.boot(world, flavorRef="vast")
    assert await codes(ground, {"name": "network-changed", "server_uuid": server}) == (207, [422])


async def _project(ground: Ground) -> str:
    token = {"X-Subject-Token": ground.red.headers["X-Auth-Token"]}
    answer = await ground.red.get("/identity/v3/auth/tokens", headers=token)
    found: str = answer.json()["token"]["project"]["id"]
    return found


async def test_another_projects_users_may_not_tell(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    for client in (ground.red, ground.blue, ground.reader):
        answer = await send(client, {"name": "network-changed", "server_uuid": server})
        assert answer.status_code == 403
        assert "os-server-external-events:create" in answer.json()["forbidden"]["message"]


@pytest.mark.parametrize(
    "body", [{}, {"events": []}, {"events": "all"}, {"events": ["x"]}, {"events": [{}], "more": 1}]
)
async def test_what_is_no_batch_is_refused(ground: Ground, body: Any) -> None:
    assert (await ground.admin.post(PATH, json=body)).status_code == 400
