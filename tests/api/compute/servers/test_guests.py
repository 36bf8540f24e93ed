"""What of a request reaches the guest: its image's hardware, or a refusal that names it; a password."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from berthline.hypervisor.memory import SimulatedHost
from berthline.store import Connection
from berthline.store.tables.compute import admin_passwords
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"


async def image_with(ground: Ground, **properties: str) -> None:
    """Have the image with these properties."""
    patch = [{"op": "add", "path": f"/{name}", "value": value} for name, value in properties.items()]
    kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    answer = await ground.red.request("PATCH", f"/image/v2/images/{ground.image}", json=patch, headers=kind)
    assert answer.status_code == 200, answer.text


async def boot(ground: Ground, **fields: Any) -> httpx.Response:
    return await ground.red.post(SERVERS, json=ground.body(**fields), headers=LATEST)


@pytest.mark.parametrize(
    ("name", "value"),
    [("hw_disk_bus", "fdc"), ("hw_tpm_version", "3.0"), ("hw_firmware_type", "coreboot"), ("hw_of_tomorrow", "1")],
)
async def test_hardware_that_no_host_has_is_refused_by_name(
    ground: Ground, world: World, name: str, value: str
) -> None:
    await image_with(ground, **{name: value})
    answer = await boot(ground)
    assert answer.status_code == 400
    assert name in answer.json()["badRequest"]["message"]
    assert (await ground.red.get(SERVERS)).json()["servers"] == []


async def test_hardware_that_is_offered_boots(ground: Ground, world: World) -> None:
    await image_with(ground, hw_disk_bus="scsi", hw_qemu_guest_agent="yes", hw_machine_type="q35")
    server = await ground.boot(world)
    assert (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["status"] == "ACTIVE"


async def test_what_is_in_a_tpm_stays_with_its_server_or_the_action_is_refused(ground: Ground, world: World) -> None:
    """As Nova refuses them; and a move to another host, which cannot bring it there."""
    await image_with(ground, hw_tpm_version="2.0", hw_tpm_model="tpm-tis")
    server = await ground.boot(world)
    other = (await ground.red.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    for client, name, arguments in (
        (ground.red, "rebuild", {"imageRef": ground.image}),
        (ground.red, "rescue", {}),
        (ground.red, "shelve", None),
        (ground.admin, "migrate", {}),
    ):
        answer = await client.post(f"{SERVERS}/{server}/action", json={name: arguments}, headers=LATEST)
        assert answer.status_code == 400, answer.text
        said = answer.json()["badRequest"]["message"]
        assert said == f"Operation '{name}' not supported for vTPM-enabled instance ({server})."
    assert (await ground.red.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"] == other
    flavor = {"name": "more", "ram": 256, "vcpus": 1, "disk": 1}
    made = (await ground.admin.post("/compute/v2.1/flavors", json={"flavor": flavor})).json()["flavor"]["id"]
    for name, arguments in (("resize", {"flavorRef": made}), ("revertResize", None), ("createImage", {"name": "one"})):
        answer = await ground.red.post(f"{SERVERS}/{server}/action", json={name: arguments}, headers=LATEST)
        assert answer.status_code == 202, answer.text
        await world.settle()
    assert (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["status"] == "ACTIVE"
    too_large = {"name": "too large", "ram": 2048, "vcpus": 1, "disk": 1}
    made = (await ground.admin.post("/compute/v2.1/flavors", json={"flavor": too_large})).json()["flavor"]["id"]
    resize = {"resize": {"flavorRef": made}}
    assert (await ground.red.post(f"{SERVERS}/{server}/action", json=resize, headers=LATEST)).status_code == 400


async def test_a_tpm_is_neither_added_nor_taken_away_nor_had_for_a_rescue(ground: Ground, world: World) -> None:
    """Its state would be left on the host: libvirt removes that with a definition that has it."""
    server = await ground.boot(world)
    flavor = {"name": "with a TPM", "ram": 256, "vcpus": 1, "disk": 1}
    made = (await ground.admin.post("/compute/v2.1/flavors", json={"flavor": flavor})).json()["flavor"]["id"]
    specs = {"extra_specs": {"hw:tpm_version": "2.0"}}
    assert (await ground.admin.post(f"/compute/v2.1/flavors/{made}/os-extra_specs", json=specs)).status_code == 200
    resize = {"resize": {"flavorRef": made}}
    answer = await ground.red.post(f"{SERVERS}/{server}/action", json=resize, headers=LATEST)
    assert answer.status_code == 400
    assert "hw:tpm_version" in answer.json()["badRequest"]["message"]
    await image_with(ground, hw_tpm_version="2.0")
    answer = await ground.red.post(f"{SERVERS}/{server}/action", json={"rescue": {}}, headers=LATEST)
    assert answer.status_code == 400
    assert "hw_tpm_version" in answer.json()["badRequest"]["message"]
    assert (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["status"] == "ACTIVE"


async def test_a_server_whose_tpm_no_host_has_is_told_so(ground: Ground, world: World) -> None:
    await image_with(ground, hw_tpm_version="1.2")
    answer = await boot(ground)
    assert answer.status_code == 202
    await world.settle()
    server = (await ground.red.get(f"{SERVERS}/{answer.json()['server']['id']}")).json()["server"]
    assert (server["status"], server["fault"]["message"][:23]) == ("ERROR", "No valid host was found")


def kept(connection: Connection) -> list[str]:
    return list(connection.execute(select(admin_passwords.c.password)).scalars())


async def test_a_password_is_kept_no_longer_than_the_build(ground: Ground, world: World) -> None:
    answer = await boot(ground, config_drive=True, adminPass="of my choice", networks="none")
    assert answer.json()["server"]["adminPass"] == "of my choice"
    await world.settle()
    server = answer.json()["server"]["id"]
    assert (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["status"] == "ACTIVE"
    assert world.store.read_now(kept) == []
    hosts = [host for host in world.outside.hypervisors.values() if isinstance(host, SimulatedHost)]
    (drive,) = [drive for host in hosts if (drive := host.config_drive_of(server)) is not None]
    assert b'"admin_pass":"of my choice"' in drive
    assert b'"random_seed":' in drive


async def test_an_image_may_want_a_config_drive(ground: Ground, world: World) -> None:
    await image_with(ground, img_config_drive="mandatory")
    server = await ground.boot(world, networks="none")
    assert (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["config_drive"] == "True"
    assert world.store.read_now(kept) == []


async def test_without_a_config_drive_a_password_is_not_kept_at_all(ground: Ground, world: World) -> None:
    kept_meanwhile: list[str] = []
    answer = await boot(ground, adminPass="of my choice", networks="none")
    kept_meanwhile += world.store.read_now(kept)
    assert (answer.json()["server"]["adminPass"], kept_meanwhile) == ("of my choice", [])
    await world.settle()


async def test_every_disk_of_a_flavor_counts_on_its_host(ground: Ground, world: World) -> None:
    flavor = {
        "name": "wide",
        "id": "wide",
        "ram": 128,
        "vcpus": 1,
        "disk": 2,
        "swap": 1025,
        "OS-FLV-EXT-DATA:ephemeral": 3,
    }
    answer = await ground.admin.post("/compute/v2.1/flavors", json={"flavor": flavor})
    assert answer.status_code == 200, answer.text
    await ground.boot(world, flavorRef="wide", networks="none")
    found = (await ground.admin.get("/compute/v2.1/os-hypervisors/detail")).json()["hypervisors"]
    assert sum(host["local_gb_used"] for host in found) == 2 + 3 + 2
    assert await world.leaks() == ()


async def test_the_nic_that_does_not_fit_is_told(ground: Ground, world: World) -> None:
    server = await ground.boot(world, networks="none")
    item = {"interfaceAttachment": {"net_id": ground.network}}
    for _ in range(24):
        answer = await ground.red.post(f"{SERVERS}/{server}/os-interface", json=item)
        assert answer.status_code == 200, answer.text
    answer = await ground.red.post(f"{SERVERS}/{server}/os-interface", json=item)
    assert answer.status_code == 500
    assert "has 24 NICs, and no room for one more" in answer.text
    listed = (await ground.red.get(f"{SERVERS}/{server}/os-interface")).json()["interfaceAttachments"]
    assert len(listed) == 24
