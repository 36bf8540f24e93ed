"""Until when each door of old is there; what is gone for everybody; and paths as they once were written."""

import pytest

from berthline.api.compute.old import gone
from berthline.domain.ids import new_id
from tests.api.builder import Cloud
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

ROOT = "/compute/v2.1"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


@pytest.mark.parametrize(
    ("path", "last"),
    [
        *((path, 35) for path in (
            "images", "images/detail", "os-security-groups", "os-floating-ips", "os-floating-ip-pools", "os-networks",
            "os-tenant-networks", "os-volumes", "os-volumes/detail", "os-snapshots", "os-snapshots/detail",
            "os-baremetal-nodes",
        )),
        ("os-hosts", 42), ("os-hosts/host-a", 42),
    ],
)  # fmt: skip
async def test_a_door_is_closed_from_the_microversion_after_its_last(ground: Ground, path: str, last: int) -> None:
    assert (await ground.admin.get(f"{ROOT}/{path}", headers=at(1))).status_code == 200
    assert (await ground.admin.get(f"{ROOT}/{path}", headers=at(last))).status_code == 200
    answer = await ground.admin.get(f"{ROOT}/{path}", headers=at(last + 1))
    assert (answer.status_code, list(answer.json())) == (404, ["itemNotFound"])


@pytest.mark.parametrize("path", gone.PATHS)
async def test_what_nova_took_away_is_gone_at_any_microversion(ground: Ground, path: str) -> None:
    concrete = path.replace("{gone_id:str}", "x").replace("{domain:str}", "y").replace("{server_id:str}", "z")
    for headers in (at(1), LATEST):
        answer = await ground.red.post(f"/compute{concrete}", json={"any": "thing"}, headers=headers)
        assert (answer.status_code, list(answer.json())) == (410, ["computeFault"])


async def test_there_are_no_volumes_and_none_can_be_made(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    attachments = f"{ROOT}/servers/{server}/os-volume_attachments"
    assert (await ground.red.get(f"{ROOT}/os-volumes")).json() == {"volumes": []}
    assert (await ground.red.get(f"{ROOT}/os-snapshots/detail")).json() == {"snapshots": []}
    assert (await ground.red.get(attachments)).json() == {"volumeAttachments": []}
    for method, path, status in (
        ("GET", f"{ROOT}/os-volumes/x", 404), ("DELETE", f"{ROOT}/os-volumes/x", 404),
        ("GET", f"{ROOT}/os-snapshots/x", 404), ("DELETE", f"{ROOT}/os-snapshots/x", 404),
        ("POST", f"{ROOT}/os-volumes", 400), ("POST", f"{ROOT}/os-snapshots", 400),
        ("POST", attachments, 400), ("GET", f"{attachments}/x", 404), ("PUT", f"{attachments}/x", 404),
        ("DELETE", f"{attachments}/x", 404), ("GET", f"{ROOT}/os-baremetal-nodes", 403),
        ("POST", f"{ROOT}/os-assisted-volume-snapshots", 403),
    ):  # fmt: skip
        assert (await ground.red.request(method, path)).status_code == status, path
    assert (await ground.blue.get(attachments)).status_code == 404
    for method, path, status in (
        ("POST", f"{ROOT}/os-assisted-volume-snapshots", 400),
        ("DELETE", f"{ROOT}/os-assisted-volume-snapshots/x", 400),
        ("GET", f"{ROOT}/os-baremetal-nodes/x", 404), ("POST", f"{ROOT}/os-baremetal-nodes", 400),
        ("DELETE", f"{ROOT}/os-baremetal-nodes/x", 400), ("POST", f"{ROOT}/os-baremetal-nodes/x/action", 400),
    ):  # fmt: skip
        assert (await ground.admin.request(method, path)).status_code == status, path


async def test_hosts_are_listed_shown_and_switched(ground: Ground, world: World, cloud: Cloud) -> None:
    hosts = f"{ROOT}/os-hosts"
    listed = (await ground.admin.get(hosts)).json()["hosts"]
    assert [(one["host_name"], one["service"], one["zone"]) for one in listed] == [
        ("host-a", "compute", "nova"), ("host-b", "compute", "nova"),
    ]  # fmt: skip
    assert len((await ground.admin.get(hosts, params={"zone": "nova"})).json()["hosts"]) == 2
    assert (await ground.admin.get(hosts, params={"zone": "x"})).json() == {"hosts": []}
    server = await ground.boot(world)
    host = (await ground.admin.get(f"{ROOT}/servers/{server}")).json()["server"]["OS-EXT-SRV-ATTR:host"]
    shown = [one["resource"] for one in (await ground.admin.get(f"{hosts}/{host}")).json()["host"]]
    red = cloud.people["red-member"].project_id
    assert [one["project"] for one in shown] == ["(total)", "(used_now)", "(used_max)", red]
    assert [shown[3][name] for name in ("host", "cpu", "memory_mb", "disk_gb")] == [host, 1, 128, 1]
    answer = await ground.admin.put(f"{hosts}/{host}", json={"status": "disable"})
    assert (answer.status_code, answer.json()) == (200, {"host": host, "status": "disabled"})
    assert host not in {one["host_name"] for one in (await ground.admin.get(hosts)).json()["hosts"]}
    for body, status in (({"status": "x"}, 400), ({"maintenance_mode": "x"}, 400), ({}, 400), ({"x": "enable"}, 400),
                         ({"status": "enable", "maintenance_mode": "enable"}, 501)):  # fmt: skip
        assert (await ground.admin.put(f"{hosts}/{host}", json=body)).status_code == status, body
    assert host not in {one["host_name"] for one in (await ground.admin.get(hosts)).json()["hosts"]}, "nothing changed"
    for verb in ("startup", "shutdown", "reboot"):
        assert (await ground.admin.get(f"{hosts}/{host}/{verb}")).status_code == 501
        assert (await ground.admin.get(f"{hosts}/nowhere/{verb}")).status_code == 404
        assert (await ground.red.get(f"{hosts}/{host}/{verb}")).status_code == 403
    assert (await ground.admin.put(f"{hosts}/nowhere", json={"status": "enable"})).status_code == 404
    assert (await ground.admin.get(f"{hosts}/nowhere")).status_code == 404
    assert (await ground.red.get(hosts)).status_code == 403


async def test_a_path_may_name_the_project_of_the_token(ground: Ground, world: World, cloud: Cloud) -> None:
    red, blue = (cloud.people[name].project_id for name in ("red-member", "blue-member"))
    server = await ground.boot(world)
    answer = await ground.red.get(f"{ROOT}/{red}/servers/{server}", headers=LATEST)
    assert (answer.status_code, answer.json()["server"]["id"]) == (200, server)
    assert (await ground.red.get(f"/compute/v2/{red}/servers")).status_code == 200
    for client, project in ((ground.red, blue), (ground.admin, red)):
        answer = await client.get(f"{ROOT}/{project}/servers/{server}", headers=LATEST)
        assert answer.status_code == 400
        assert answer.json()["badRequest"]["message"].startswith("Malformed request URL")
    assert (await cloud.anonymous().get(f"{ROOT}/{red}/servers")).status_code == 401


async def test_a_path_may_end_with_json_but_a_name_keeps_its_end(ground: Ground, world: World, cloud: Cloud) -> None:
    red = cloud.people["red-member"].project_id
    server = await ground.boot(world, metadata={"a.json": "1", "detail.json": "2"})
    for path in (
        "servers.json",
        "servers/detail.json",
        f"servers/{server}.json",
        f"{red}/flavors.json",
        "os-keypairs.json",
    ):
        assert (await ground.red.get(f"{ROOT}/{path}")).status_code == 200, path
    for key, value in (("a.json", "1"), ("detail.json", "2")):
        answer = await ground.red.get(f"{ROOT}/servers/{server}/metadata/{key}")
        assert answer.json() == {"meta": {key: value}}
    assert (await ground.red.get(f"{ROOT}/nothing.json")).status_code == 404
    assert (await ground.red.get(f"{ROOT}/servers/{new_id()}.json")).status_code == 404


async def test_a_path_without_its_id_is_no_path(ground: Ground) -> None:
    for path in ("servers/", "images/", "os-security-groups/", "os-simple-tenant-usage/", "flavors/"):
        for method in ("GET", "DELETE"):
            answer = await ground.admin.request(method, f"{ROOT}/{path}")
            assert (answer.status_code, list(answer.json())) == (404, ["itemNotFound"]), path
    assert (await ground.admin.get(f"{ROOT}/")).status_code == 200
