"""createImage and createBackup over HTTP: what they take, what they answer, and the image that comes of them."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"
IMAGES = "/image/v2/images"
BACKUP = {"name": "night", "backup_type": "daily", "rotation": 1}


async def act(client: httpx.AsyncClient, server: str, minor: int, **action: Any) -> httpx.Response:
    headers = {"OpenStack-API-Version": f"compute 2.{minor}"}
    return await client.post(f"{SERVERS}/{server}/action", json=action, headers=headers)


async def test_an_image_is_made_and_found_by_its_location(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    answer = await act(ground.red, server, 1, createImage={"name": "copy", "metadata": {"own": "words"}})
    assert (answer.status_code, answer.content) == (202, b"")
    image = answer.headers["location"].rpartition("/")[2]
    await world.engine.idle()
    shown = (await ground.red.get(f"{IMAGES}/{image}")).json()
    assert (shown["status"], shown["name"], shown["visibility"]) == ("active", "copy", "private")
    assert (shown["disk_format"], shown["container_format"]) == ("qcow2", "bare")
    assert (shown["instance_uuid"], shown["image_type"], shown["own"]) == (server, "snapshot", "words")
    actions = (await ground.red.get(f"{SERVERS}/{server}/os-instance-actions")).json()["instanceActions"]
    assert [one["action"] for one in actions] == ["createImage", "create"]


async def test_from_2_45_the_body_has_the_id(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    for action in ({"createImage": {"name": "copy"}}, {"createBackup": BACKUP}):
        answer = await act(ground.red, server, 45, **action)
        assert answer.status_code == 202
        assert "location" not in answer.headers
        await world.engine.idle()
        shown = (await ground.red.get(f"{IMAGES}/{answer.json()['image_id']}")).json()
        assert shown["status"] == "active"


async def test_a_backup_that_is_not_kept_has_no_location(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    kept = await act(ground.red, server, 1, createBackup=BACKUP)
    assert kept.headers["location"].startswith("http")
    await world.engine.idle()
    gone = await act(ground.red, server, 1, createBackup=BACKUP | {"rotation": "0"})
    assert gone.status_code == 202
    assert "location" not in gone.headers
    await world.engine.idle()
    assert (await ground.red.get(IMAGES, params={"instance_uuid": server})).json()["images"] == []


@pytest.mark.parametrize(
    "action",
    [
        {"createImage": {}}, {"createImage": {"name": ""}}, {"createImage": {"name": " a"}},
        {"createImage": {"name": "a" * 256}}, {"createImage": {"name": "a", "more": 1}},
        {"createImage": {"name": "a", "metadata": {"": "b"}}}, {"createImage": {"name": "a", "metadata": {"b": 1}}},
        {"createImage": {"name": "a", "metadata": {"b": "c" * 256}}}, {"createImage": None},
        {"createBackup": {"name": "a", "backup_type": "daily"}}, {"createBackup": BACKUP | {"rotation": -1}},
        {"createBackup": BACKUP | {"rotation": "many"}}, {"createBackup": BACKUP | {"backup_type": "a" * 256}},
        {"createBackup": BACKUP | {"more": 1}},
    ],
)  # fmt: skip
async def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    ground: Ground, world: World, action: dict[str, Any]
) -> None:
    server = await ground.boot(world)
    before = (await ground.red.get(f"{SERVERS}/{server}")).json()
    assert (await act(ground.red, server, 100, **action)).status_code == 400
    assert (await ground.red.get(f"{SERVERS}/{server}")).json() == before


async def test_another_projects_server_is_not_there(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    for target in (server, new_id()):
        for action in ({"createImage": {"name": "copy"}}, {"createBackup": BACKUP}):
            answer = await act(ground.blue, target, 100, **action)
            assert answer.status_code == 404
    assert (await ground.blue.get(IMAGES, params={"instance_uuid": server})).json()["images"] == []


async def test_a_locked_server_lets_an_image_be_made_of_it(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    assert (await act(ground.red, server, 1, lock=None)).status_code == 202
    assert (await act(ground.red, server, 1, createImage={"name": "copy"})).status_code == 202
    await world.engine.idle()


async def test_states_that_do_not_fit_are_a_conflict(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    await act(ground.admin, server, 1, **{"os-resetState": {"state": "error"}})
    answer = await act(ground.red, server, 1, createImage={"name": "copy"})
    assert answer.status_code == 409
    told = answer.json()["conflictingRequest"]["message"]
    assert told == f"Cannot 'createImage' instance {server} while it is in vm_state error"
