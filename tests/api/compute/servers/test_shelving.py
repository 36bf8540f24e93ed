"""shelve, shelveOffload and unshelve over HTTP: who may, what they take, and what is shown."""

from typing import Any

import httpx
import pytest

from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"


async def act(client: httpx.AsyncClient, server: str, minor: int, **action: Any) -> httpx.Response:
    headers = {"OpenStack-API-Version": f"compute 2.{minor}"}
    return await client.post(f"{SERVERS}/{server}/action", json=action, headers=headers)


async def shelved(ground: Ground, world: World) -> str:
    server = await ground.boot(world)
    assert (await act(ground.red, server, 1, shelve=None)).status_code == 202
    await world.rest()
    return server


async def test_a_shelved_server_is_shown_and_found(ground: Ground, world: World) -> None:
    server = await shelved(ground, world)
    shown = (await ground.admin.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    assert (shown["status"], shown["OS-EXT-STS:vm_state"]) == ("SHELVED_OFFLOADED", "shelved_offloaded")
    assert (shown["OS-EXT-SRV-ATTR:host"], shown["OS-EXT-STS:power_state"]) == (None, 4)
    found = (await ground.red.get(f"{SERVERS}?status=SHELVED_OFFLOADED")).json()["servers"]
    assert [one["id"] for one in found] == [server]
    images = (await ground.red.get("/image/v2/images", params={"instance_uuid": server})).json()["images"]
    assert [one["name"].endswith("-shelved") for one in images] == [True]
    actions = (await ground.red.get(f"{SERVERS}/{server}/os-instance-actions")).json()["instanceActions"]
    assert [one["action"] for one in actions] == ["shelve", "create"]


async def test_only_admins_offload_and_choose_hosts(ground: Ground, world: World) -> None:
    server = await shelved(ground, world)
    assert (await act(ground.red, server, 1, shelveOffload=None)).status_code == 403
    assert (await act(ground.red, server, 91, unshelve={"host": "host-a"})).status_code == 403
    assert (await act(ground.reader, server, 1, unshelve=None)).status_code == 403
    assert (await act(ground.blue, server, 1, unshelve=None)).status_code == 404
    assert (await act(ground.admin, server, 91, unshelve={"host": "host-b"})).status_code == 202
    await world.rest()
    shown = (await ground.admin.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    assert (shown["status"], shown["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", "host-b")


@pytest.mark.parametrize(
    ("minor", "arguments", "status"),
    [
        (1, None, 202), (1, {}, 202), (76, {"anything": 1}, 202),
        (77, None, 202), (77, {}, 400), (77, {"availability_zone": "nova"}, 202),
        (77, {"availability_zone": None}, 400),
        (77, {"availability_zone": "nowhere"}, 400), (77, {"host": "host-a"}, 400),
        (91, None, 202), (91, {}, 202), (91, {"availability_zone": None}, 202), (91, {"host": None}, 400),
        (91, {"host": "nobody"}, 400), (91, {"more": 1}, 400),
        (91, {"availability_zone": "nova", "host": "host-a"}, 202),
    ],
)  # fmt: skip
async def test_unshelve_takes_what_its_microversion_takes(
    ground: Ground, world: World, minor: int, arguments: Any, status: int
) -> None:
    server = await shelved(ground, world)
    answer = await act(ground.admin, server, minor, unshelve=arguments)
    assert answer.status_code == status, answer.text
    await world.rest()
    shown = (await ground.red.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    assert shown["status"] == ("ACTIVE" if status == 202 else "SHELVED_OFFLOADED")
    assert shown["OS-EXT-STS:task_state"] is None
