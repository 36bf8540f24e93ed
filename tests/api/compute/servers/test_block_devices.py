"""What is asked for by block devices: disks that a server gets, or a refusal that says which rule they break."""

from typing import Any

import httpx
import pytest

from berthline.domain.disks import Disk
from berthline.domain.ids import ServerId
from berthline.store.compute.servers import servers
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.servers.test_guests import image_with
from tests.api.compute.servers.test_servers import at
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"


async def flavor_of(ground: Ground, **fields: Any) -> str:
    body = {"flavor": {"name": "disks", "vcpus": 1, "ram": 64, "disk": 1} | fields}
    answer = await ground.admin.post("/compute/v2.1/flavors", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["flavor"]["id"])


async def boot(ground: Ground, minor: int = 100, **fields: Any) -> httpx.Response:
    return await ground.red.post(SERVERS, json=ground.body(networks="none", **fields), headers=at(minor))


def disks_of(world: World, server_id: str) -> tuple[Disk, ...]:
    server = world.store.read_now(lambda connection: servers.get(connection, ServerId(server_id)))
    assert server is not None
    return server.disks


def own(ground: Ground, **fields: Any) -> dict[str, Any]:
    """The image's own disk, as clients describe it."""
    return {
        "uuid": ground.image,
        "source_type": "image",
        "destination_type": "local",
        "boot_index": 0,
        "delete_on_termination": True,
    } | fields


def blank(**fields: Any) -> dict[str, Any]:
    return {"source_type": "blank", "destination_type": "local", "boot_index": -1} | fields


async def test_a_server_has_the_disks_that_were_described(ground: Ground, world: World) -> None:
    flavor = await flavor_of(ground, **{"OS-FLV-EXT-DATA:ephemeral": 3, "swap": 128})
    devices = [
        own(ground, tag="system", device_name="/dev/vda", volume_size=1),
        blank(volume_size=2, disk_bus="scsi", tag="data", device_type="disk"),
        blank(volume_size="64", guest_format="swap"),
    ]
    answer = await boot(ground, flavorRef=flavor, block_device_mapping_v2=devices)
    assert answer.status_code == 202, answer.text
    server = answer.json()["server"]["id"]
    await world.settle()
    assert (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["status"] == "ACTIVE"
    root, data, swap = disks_of(world, server)
    assert (root.device, root.size_mb, root.tag, root.image_id) == ("vda", 1024, "system", ground.image)
    assert (data.device, data.bus, data.size_mb, data.tag) == ("sda", "scsi", 2048, "data")
    assert (swap.device, swap.size_mb, swap.file_format) == ("vdb", 64, "raw")


async def test_the_root_device_is_what_the_bus_of_the_image_makes_it(ground: Ground, world: World) -> None:
    await image_with(ground, hw_disk_bus="scsi")
    server = await ground.boot(world)
    shown = (await ground.admin.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    assert shown["OS-EXT-SRV-ATTR:root_device_name"] == "/dev/sda"
    assert shown["os-extended-volumes:volumes_attached"] == []


async def test_the_older_form_still_makes_local_disks(ground: Ground, world: World) -> None:
    flavor = await flavor_of(ground, **{"OS-FLV-EXT-DATA:ephemeral": 2, "swap": 64})
    old = [
        {"virtual_name": "ephemeral0", "device_name": "vdb", "volume_size": 1},
        {"virtual_name": "swap", "volume_size": 32},
        {"device_name": "vdz", "no_device": True},
    ]
    answer = await boot(ground, minor=40, flavorRef=flavor, block_device_mapping=old)
    assert answer.status_code == 202, answer.text
    sizes = [disk.size_mb for disk in disks_of(world, answer.json()["server"]["id"])]
    assert sizes == [1024, 1024, 32]
    await world.settle()


@pytest.mark.parametrize(
    ("devices", "says"),
    [
        ([{"source_type": "volume", "uuid": "x"}], "from a volume or a snapshot of one"),
        ([{"source_type": "snapshot", "uuid": "x", "boot_index": 0}], "from a volume or a snapshot of one"),
        ([blank(destination_type="volume", volume_size=1)], "(destination_type volume) is not supported"),
        ([blank(uuid="x")], "Invalid device UUID."),
        ([blank(destination_type=None)], "destination_type"),
        ([blank(source_type=None)], "Some required fields are missing"),
        ([blank(volume_size=1)], "Boot sequence for the instance"),
        ([blank(boot_index=0, volume_size=1)], "Boot sequence for the instance"),
        (["own", "own"], "Boot sequence for the instance"),
        (["own", blank(boot_index=2, volume_size=1)], "Boot sequence for the instance"),
        (["own", {"source_type": "image", "destination_type": "local"}], "Missing device UUID."),
        (["own", {"source_type": "image", "destination_type": "local", "uuid": "y"}], "Mapping image to local"),
        (["own", blank(volume_size=3)], "Ephemeral disks requested are larger"),
        (["own", blank(guest_format="swap")], "volume_size, in MiB"),
        (["own", blank(guest_format="swap", volume_size=65)], "Swap drive requested is larger"),
        (["own", *[blank(guest_format="swap", volume_size=1)] * 2], "More than one swap drive"),
        (["own", *[blank(volume_size=0)] * 3], "more local devices than the limit allows"),
        (["own", blank(guest_format="ext4")], "guest_format ext4"),
        (["own", blank(disk_bus="floppy")], "disk bus floppy is not valid"),
        (["own", blank(disk_bus="fdc")], "disk bus fdc is not supported"),
        (["own", blank(device_type="lun")], "device type lun is not supported"),
        (["own", blank(device_type="cdrom")], "empty CD-ROM"),
        (["own", blank(device_name="vdq")], "cannot be called vdq"),
        (["own", blank(volume_size=-1)], "volume_size"),
        (["own", blank(volume_type="fast")], "volume_type"),
        (["own", blank(boot_index="first")], "boot_index"),
        (["own", blank(source_type="tape")], "source_type"),
    ],
)
async def test_what_cannot_be_is_refused_and_changes_nothing(
    ground: Ground, world: World, devices: list[Any], says: str
) -> None:
    flavor = await flavor_of(ground, **{"OS-FLV-EXT-DATA:ephemeral": 2, "swap": 64})
    asked = [own(ground) if device == "own" else device for device in devices]
    answer = await boot(ground, flavorRef=flavor, block_device_mapping_v2=asked)
    assert answer.status_code == 400, answer.text
    assert says in answer.json()["badRequest"]["message"]
    assert (await ground.red.get(SERVERS)).json() == {"servers": []}


@pytest.mark.parametrize(
    ("old", "says"),
    [
        ([{"volume_id": "x", "device_name": "vda"}], "volumes"),
        ([{"device_name": "vdb"}], "Unrecognized legacy format."),
        ([{"virtual_name": "ephemeral01"}], "Unrecognized legacy format."),
    ],
)
async def test_the_older_form_is_refused_where_it_means_nothing(
    ground: Ground, world: World, old: list[Any], says: str
) -> None:
    answer = await boot(ground, block_device_mapping=old)
    assert (answer.status_code, says in answer.text) == (400, True), answer.text
    both = await boot(ground, block_device_mapping=old, block_device_mapping_v2=[own(ground)])
    assert "different block_device_mapping syntaxes" in both.text


@pytest.mark.parametrize(("minor", "status"), [(31, 400), (32, 202), (36, 202), (41, 400), (42, 202)])
async def test_tags_are_of_the_microversions_that_have_them(
    ground: Ground, world: World, minor: int, status: int
) -> None:
    body = ground.body(block_device_mapping_v2=[own(ground, tag="system")])
    assert (await ground.red.post(SERVERS, json=body, headers=at(minor))).status_code == status
    await world.settle()


async def test_without_an_image_there_is_nothing_to_boot_from(ground: Ground) -> None:
    body = ground.body(block_device_mapping_v2=[{"source_type": "volume", "uuid": "x", "boot_index": 0}])
    del body["server"]["imageRef"]
    answer = await ground.red.post(SERVERS, json=body, headers=LATEST)
    assert (answer.status_code, "boots from a volume" in answer.text) == (400, True), answer.text
