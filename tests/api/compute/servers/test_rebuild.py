"""The action rebuild over HTTP: its body and its answer by microversion, and what is refused with nothing changed."""

from typing import Any

import httpx
import pytest

from berthline.domain.compute import TaskState, VmState
from berthline.domain.ids import ServerId, new_id
from berthline.store import Store
from berthline.store.compute.servers import servers
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import PUBLIC_KEY, World

SERVERS = "/compute/v2.1/servers"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def new_image(ground: Ground, **fields: Any) -> str:
    plain = {"name": "two", "disk_format": "raw", "container_format": "bare"}
    made = await ground.red.post("/image/v2/images", json=plain | fields)
    image: str = made.json()["id"]
    stream = {"Content-Type": "application/octet-stream"}
    put = await ground.red.put(f"/image/v2/images/{image}/file", content=b"two" * 512, headers=stream)
    assert put.status_code == 204
    return image


async def rebuild(client: httpx.AsyncClient, server: str, minor: int = 100, **asked: Any) -> httpx.Response:
    return await client.post(f"{SERVERS}/{server}/action", json={"rebuild": asked}, headers=at(minor))


async def shown(ground: Ground, server: str) -> dict[str, Any]:
    body: dict[str, Any] = (await ground.admin.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    return body


async def test_all_that_a_rebuild_may_change_is_changed(ground: Ground, world: World) -> None:
    other = await new_image(ground)
    key = {"keypair": {"name": "k", "public_key": PUBLIC_KEY}}
    assert (await ground.red.post("/compute/v2.1/os-keypairs", json=key)).status_code == 200
    server = await ground.boot(world, metadata={"a": "b"})
    was = await shown(ground, server)
    disk_config: dict[str, Any] = {"OS-DCF:diskConfig": "AUTO"}
    answer = await rebuild(
        ground.red, server, imageRef=other, name="anew", description="d", metadata={"c": "d"}, adminPass="secret",
        key_name="k", user_data="aGVsbG8=", accessIPv4="192.0.2.1", accessIPv6="2001:db8::1", hostname="anew.example",
        preserve_ephemeral="true", trusted_image_certificates=None, **disk_config,
    )  # fmt: skip
    assert answer.status_code == 202, answer.text
    body = answer.json()["server"]
    assert answer.headers["Location"].endswith(f"/servers/{server}")
    assert (body["adminPass"], body["status"], body["progress"]) == ("secret", "REBUILD", 0)
    assert (body["key_name"], body["user_data"]) == ("k", "aGVsbG8=")
    await world.settle()
    now = await shown(ground, server)
    assert (now["name"], now["description"], now["metadata"]) == ("anew", "d", {"c": "d"})
    assert (now["key_name"], now["OS-EXT-SRV-ATTR:user_data"]) == ("k", "aGVsbG8=")
    assert (now["accessIPv4"], now["accessIPv6"], now["OS-DCF:diskConfig"]) == ("192.0.2.1", "2001:db8::1", "AUTO")
    assert (now["image"]["id"], now["OS-EXT-SRV-ATTR:hostname"], now["status"]) == (other, "anew.example", "ACTIVE")
    for same in ("addresses", "hostId", "flavor", "created"):
        assert now[same] == was[same]
    unset = await rebuild(ground.red, server, imageRef=other, key_name=None, user_data=None, description=None)
    assert (unset.json()["server"]["key_name"], unset.json()["server"]["user_data"]) == (None, None)
    assert unset.json()["server"]["name"] == "anew", "what is not given stays"
    await world.settle()
    actions = (await ground.red.get(f"{SERVERS}/{server}/os-instance-actions", headers=LATEST)).json()
    assert [one["action"] for one in actions["instanceActions"]] == ["rebuild", "rebuild", "create"]


@pytest.mark.parametrize(
    ("minor", "there", "not_there"),
    [
        (1, {"adminPass", "OS-DCF:diskConfig", "status"}, {"locked", "key_name", "OS-EXT-STS:vm_state", "user_data"}),
        (9, {"locked"}, {"description"}),
        (53, {"description", "tags"}, {"key_name"}),
        (54, {"key_name"}, {"user_data"}),
        (57, {"user_data"}, {"trusted_image_certificates"}),
        (63, {"trusted_image_certificates"}, {"server_groups"}),
        (71, {"server_groups"}, {"locked_reason"}),
        (74, {"locked_reason"}, {"OS-EXT-STS:vm_state", "security_groups", "OS-SRV-USG:launched_at"}),
        (75, {"OS-EXT-STS:vm_state", "security_groups", "OS-EXT-AZ:availability_zone", "config_drive"},
         {"OS-EXT-SRV-ATTR:user_data"}),
        (100, {"scheduler_hints", "pinned_availability_zone"}, {"OS-EXT-SRV-ATTR:user_data"}),
    ],
)  # fmt: skip
async def test_the_answer_is_the_server_as_its_microversion_shows_it(
    ground: Ground, world: World, minor: int, there: set[str], not_there: set[str]
) -> None:
    server = await ground.boot(world)
    body = (await rebuild(ground.admin, server, minor, imageRef=ground.image)).json()["server"]
    assert there <= set(body)
    assert not not_there & set(body)
    assert len(body["adminPass"]) == 12


@pytest.mark.parametrize(
    ("minor", "asked", "words"),
    [
        (18, {"description": "x"}, "'description' was unexpected"),
        (53, {"key_name": "k"}, "'key_name' was unexpected"),
        (56, {"user_data": "aGVsbG8="}, "'user_data' was unexpected"),
        (62, {"trusted_image_certificates": None}, "'trusted_image_certificates' was unexpected"),
        (89, {"hostname": "x"}, "'hostname' was unexpected"),
        (93, {"hostname": "x.example"}, "hostname"),
        (57, {"personality": []}, "'personality' was unexpected"),
        (56, {"personality": [{"path": "/a", "contents": "eA=="}]}, "personality"),
        (63, {"trusted_image_certificates": ["a"]}, "certificates"),
        (54, {"key_name": "none"}, "Invalid key_name provided."),
        (57, {"user_data": "!"}, "user_data"),
        (100, {"name": ""}, "name"),
        (100, {"name": None}, "name"),
        (100, {"metadata": {"": "x"}}, "metadata"),
        (100, {"preserve_ephemeral": "perhaps"}, "preserve_ephemeral"),
        (100, {"OS-DCF:diskConfig": "SOMETIMES"}, "diskConfig"),
        (100, {"accessIPv4": "::1"}, "accessIPv4"),
        (100, {"flavorRef": "42"}, "flavorRef"),
        (100, {"imageRef": "x"}, "imageRef"),
        (100, {"imageRef": "33333333-3333-4333-8333-333333333333"}, "Cannot find image for rebuild"),
        (100, {"imageRef": None}, "imageRef"),
    ],
)
async def test_what_is_wrong_is_400_and_changes_nothing(
    ground: Ground, world: World, minor: int, asked: dict[str, Any], words: str
) -> None:
    server = await ground.boot(world)
    was = await shown(ground, server)
    answer = await rebuild(ground.red, server, minor, **({"imageRef": ground.image} | asked))
    assert answer.status_code == 400, answer.text
    assert words in answer.json()["badRequest"]["message"]
    assert await shown(ground, server) == was


async def test_an_image_that_does_not_fit_or_is_not_seen_is_400(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    cases = [
        (await new_image(ground, min_ram=129), "Flavor's memory is too small for requested image."),
        (await new_image(ground, min_disk=2), "Flavor's disk is too small for requested image."),
        (await new_image(ground, hw_disk_bus="floppy"), "hw_disk_bus"),
        (await new_image(ground, hw_machine_type="q35", hw_disk_bus="ide"), "hw_disk_bus"),
    ]
    queued = await ground.red.post("/image/v2/images", json={"disk_format": "raw", "container_format": "bare"})
    cases.append((queued.json()["id"], "is not active"))
    private = await ground.blue.post("/image/v2/images", json={"disk_format": "raw", "container_format": "bare"})
    cases.append((private.json()["id"], "Cannot find image for rebuild"))
    for image, words in cases:
        answer = await rebuild(ground.red, server, imageRef=image)
        assert answer.status_code == 400
        assert words in answer.json()["badRequest"]["message"]


async def test_who_may_rebuild(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    for client, target, status in (
        (ground.reader, server, 403), (ground.blue, server, 404), (ground.red, new_id(), 404),
        (ground.admin, server, 202),
    ):  # fmt: skip
        assert (await rebuild(client, target, imageRef=ground.image)).status_code == status


async def test_the_guest_is_told_the_password_by_its_config_drive_and_nobody_keeps_it(
    ground: Ground, world: World
) -> None:
    """Also where the new image is the first to ask for a config drive."""
    demanding = await new_image(ground, img_config_drive="mandatory")
    server = await ground.boot(world)
    assert (await shown(ground, server))["config_drive"] == ""
    answer = await rebuild(ground.red, server, imageRef=demanding, adminPass="told-once")
    assert answer.json()["server"]["config_drive"] == "True"
    await world.settle()
    drives = [host.config_drive_of(server) for host in world.outside.hypervisors.values()]  # type: ignore[attr-defined]
    (drive,) = [each for each in drives if each is not None]
    assert b"told-once" in drive
    kept = world.store.read_now(lambda c: c.exec_driver_sql("SELECT count(*) FROM admin_passwords").scalar())
    assert kept == 0


@pytest.mark.parametrize("vm_state", ["active", "stopped", "error"])
@pytest.mark.parametrize("task_state", ["rebuilding", "rebuild_block_device_mapping", "rebuild_spawning"])
async def test_the_list_finds_servers_that_are_rebuilt(
    ground: Ground, world: World, store: Store, vm_state: VmState, task_state: TaskState
) -> None:
    server = ServerId(await ground.boot(world))

    async def found() -> list[str]:
        return [one["id"] for one in (await ground.red.get(f"{SERVERS}?status=REBUILD")).json()["servers"]]

    assert await found() == []
    await store.write(lambda c: servers.set_states(c, server, vm_state=vm_state, task_state=task_state, at=1))
    assert await found() == [server]
    assert (await shown(ground, server))["status"] == "REBUILD"
    await store.write(lambda c: servers.set_states(c, server, vm_state="active", task_state=None, at=1))
