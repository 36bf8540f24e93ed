"""Bodies of requests on servers: what Nova's schemas refuse is refused, and nothing is taken and dropped."""

from typing import Any

import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"
DRY = f"{SERVERS}?dry_run=true"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


@pytest.mark.parametrize(
    "fields",
    [
        {"config_drive": None}, {"availability_zone": None}, {"availability_zone": ""},
        {"trusted_image_certificates": []},
        {"hostname": "x"}, {"host": ""}, {"host": "a b"}, {"hypervisor_hostname": "a/b"}, {"unknown": 1},
        {"adminPass": None}, {"description": 5}, {"tags": None}, {"metadata": {"a": 1}}, {"min_count": 0},
    ],
)  # fmt: skip
async def test_values_that_nova_refuses(ground: Ground, fields: dict[str, Any]) -> None:
    answer = await ground.admin.post(DRY, json=ground.body(**fields), headers=at(93))
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("item", [{"fixed_ip": None}, {"fixed_ip": ""}, {"fixed_ip": "x"}, {"tag": None}, {"tag": ""}])
async def test_a_nic_is_asked_for_in_whole(ground: Ground, item: dict[str, Any]) -> None:
    body = ground.body(networks=[{"uuid": ground.network} | item])
    assert (await ground.red.post(DRY, json=body, headers=LATEST)).status_code == 400


async def test_a_host_that_there_is_not(ground: Ground) -> None:
    for fields in ({"host": "host-z"}, {"hypervisor_hostname": "host-z"}, {"availability_zone": "nova:host-z"}):
        answer = await ground.admin.post(SERVERS, json=ground.body(**fields), headers=LATEST)
        assert answer.status_code == 400
        assert answer.json()["badRequest"]["message"] == "Compute host host-z could not be found."
    assert (await ground.admin.get(SERVERS, headers=LATEST)).json()["servers"] == []


@pytest.mark.parametrize(
    "item",
    [{"port_id": None}, {"net_id": None}, {"fixed_ips": None}, {"tag": None}, {"net_id": "x"}, {"fixed_ips": []}],
)
async def test_an_attachment_of_null_attaches_nothing(ground: Ground, world: World, item: dict[str, Any]) -> None:
    server = await ground.boot(world)
    path = f"{SERVERS}/{server}/os-interface"
    answer = await ground.red.post(path, json={"interfaceAttachment": item}, headers=LATEST)
    assert answer.status_code == 400
    assert len((await ground.red.get(path)).json()["interfaceAttachments"]) == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [("a\u3000b", 200), ("a\u00a0b", 200), ("\U0001f600", 200), ("a\u200bb", 400), ("a\u2028b", 400), ("a\u3000", 400)],
)
async def test_names_hold_blanks_of_any_width(ground: Ground, name: str, status: int) -> None:
    assert (await ground.red.post(DRY, json=ground.body(name), headers=LATEST)).status_code == status


@pytest.mark.parametrize(
    "hint",
    ["group", "different_host", "same_host", "query", "target_cell", "different_cell", "build_near_host_ip", "cidr"],
)
async def test_hints_that_cannot_be_met_are_refused_by_name(ground: Ground, hint: str) -> None:
    body = ground.body() | {"os:scheduler_hints": {hint: new_id()}}
    answer = await ground.red.post(DRY, json=body, headers=LATEST)
    assert answer.status_code == 400
    message = answer.json()["badRequest"]["message"]
    assert hint in message or message == f"Instance group {body['os:scheduler_hints'][hint]} could not be found."
