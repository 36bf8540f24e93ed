"""The actions rescue and unrescue over HTTP."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.servers.test_rebuild import new_image, shown
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"


async def act(client: httpx.AsyncClient, server: str, body: dict[str, Any]) -> httpx.Response:
    return await client.post(f"{SERVERS}/{server}/action", json=body, headers=LATEST)


async def test_a_rescue_tells_its_password_and_comes_back(ground: Ground, world: World) -> None:
    """The guest learns it by the config drive of the rescue; its own config drive is there again afterwards."""
    other = await new_image(ground)
    server = await ground.boot(world, config_drive=True, adminPass="first")
    was = await shown(ground, server)
    answer = await act(ground.red, server, {"rescue": {"adminPass": "told", "rescue_image_ref": other}})
    assert (answer.status_code, answer.json()) == (200, {"adminPass": "told"})
    await world.settle()
    now = await shown(ground, server)
    assert (now["status"], now["OS-EXT-STS:vm_state"], now["image"]["id"]) == ("RESCUE", "rescued", ground.image)
    assert "progress" not in now
    assert now["addresses"] == was["addresses"]
    found = [host.disks_of(server) for host in world.outside.hypervisors.values()]  # type: ignore[attr-defined]
    (disks,) = [each for each in found if each is not None]
    assert b"told" in disks.rescue.config_drive
    assert b"told" not in disks.config_drive
    assert b"first" in disks.config_drive
    listed = (await ground.red.get(f"{SERVERS}?status=RESCUE")).json()["servers"]
    assert [one["id"] for one in listed] == [server]
    assert (await act(ground.red, server, {"unrescue": None})).status_code == 202
    await world.settle()
    assert (await shown(ground, server))["status"] == "ACTIVE"
    assert b"first" in disks.config_drive
    actions = (await ground.red.get(f"{SERVERS}/{server}/os-instance-actions", headers=LATEST)).json()
    assert [one["action"] for one in actions["instanceActions"]] == ["unrescue", "rescue", "create"]
    assert world.store.read_now(lambda c: c.exec_driver_sql("SELECT count(*) FROM admin_passwords").scalar()) == 0


@pytest.mark.parametrize("arguments", [None, {}])
async def test_without_arguments_it_is_the_servers_own_image_and_a_new_password(
    ground: Ground, world: World, arguments: Any
) -> None:
    server = await ground.boot(world)
    answer = await act(ground.red, server, {"rescue": arguments})
    assert len(answer.json()["adminPass"]) == 12
    await world.settle()
    assert (await shown(ground, server))["status"] == "RESCUE"


async def test_what_is_wrong_is_refused_and_changes_nothing(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    was = await shown(ground, server)
    private = await ground.blue.post("/image/v2/images", json={"disk_format": "raw", "container_format": "bare"})
    floppy = await new_image(ground, hw_rescue_device="floppy")
    wrongs: tuple[Any, ...] = (
        {"rescue_image_ref": "x"}, {"rescue_image_ref": new_id()}, {"rescue_image_ref": private.json()["id"]},
        {"rescue_image_ref": floppy}, {"adminPass": None}, {"more": 1}, [], "text",
    )  # fmt: skip
    for wrong in wrongs:
        answer = await act(ground.red, server, {"rescue": wrong})
        assert answer.status_code == 400, wrong
    for client, status in ((ground.reader, 403), (ground.blue, 404)):
        assert (await act(client, server, {"rescue": None})).status_code == status
        assert (await act(client, server, {"unrescue": None})).status_code == status
    assert await shown(ground, server) == was


@pytest.mark.parametrize(
    ("properties", "devices"),
    [
        ({}, ("vda", "vdb")),
        ({"hw_rescue_bus": "virtio"}, ("vda", "vdb")),
        ({"hw_rescue_device": "cdrom", "hw_rescue_bus": "sata"}, ("vda", "sda")),
    ],
)
async def test_an_image_says_how_its_rescue_disk_is_attached(
    ground: Ground, world: World, properties: dict[str, str], devices: tuple[str, ...]
) -> None:
    image = await new_image(ground, **properties)
    server = await ground.boot(world)
    assert (await act(ground.red, server, {"rescue": {"rescue_image_ref": image}})).status_code == 200
    await world.settle()
    found = [host.devices_of(server) for host in world.outside.hypervisors.values()]  # type: ignore[attr-defined]
    assert devices in found
