"""Forms of fields that Nova's schemas refuse with 400: so are they here, and nothing is changed."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

ROOT = "/compute/v2.1"


async def _refused(ground: Ground, method: str, path: str, body: dict[str, Any], minor: int) -> None:
    headers = {"OpenStack-API-Version": f"compute 2.{minor}"}
    answer = await ground.admin.request(method, f"{ROOT}/{path}", json=body, headers=headers)
    assert answer.status_code == 400, (path, body, answer.text)


@pytest.mark.parametrize(
    "field",
    [{"config_drive": 1}, {"return_reservation_id": 0}, {"config_drive": "t"}, {"accessIPv4": ""}, {"user_data": None}],
)
async def test_of_new_servers(ground: Ground, field: dict[str, Any]) -> None:
    answer: httpx.Response = await ground.red.post(f"{ROOT}/servers", json=ground.body(**field), headers=LATEST)
    assert answer.status_code == 400, answer.text


async def test_of_servers_that_there_are(ground: Ground, world: World) -> None:
    server = f"servers/{await ground.boot(world)}"
    for changed in ({"accessIPv4": ""}, {"accessIPv6": None}):
        await _refused(ground, "PUT", server, {"server": changed}, 100)
    for field in ({"accessIPv4": ""}, {"preserve_ephemeral": 1}, {"key_name": ""}, {"key_name": "x" * 256}):
        await _refused(ground, "POST", f"{server}/action", {"rebuild": {"imageRef": ground.image, **field}}, 100)
    for wrong in ("", "x", None):
        body = {"addFloatingIp": {"address": "192.0.2.1", "fixed_address": wrong}}
        await _refused(ground, "POST", f"{server}/action", body, 1)


async def test_of_what_admins_change(ground: Ground) -> None:
    plain = {"name": "n", "ram": 1, "vcpus": 1, "disk": 1}
    await _refused(ground, "POST", "flavors", {"flavor": plain | {"os-flavor-access:is_public": 1}}, 1)
    for text in ("a\0b", "\x1b", "x" * 65_536):
        await _refused(ground, "POST", "flavors", {"flavor": plain | {"description": text}}, 55)
        await _refused(ground, "PUT", f"flavors/{ground.flavor}", {"flavor": {"description": text}}, 55)
    for tenant in ("", "x" * 256):
        await _refused(ground, "POST", f"flavors/{ground.flavor}/action", {"removeTenantAccess": {"tenant": tenant}}, 1)
    for host in ("", "a b", "x/y", "x" * 256):
        await _refused(ground, "PUT", "os-services/disable", {"host": host, "binary": "nova-compute"}, 1)
    await _refused(ground, "PUT", f"os-services/{new_id()}", {"forced_down": 1}, 53)
    answer = await ground.admin.post(f"{ROOT}/flavors", json={"flavor": plain | {"id": 1.5}})
    assert answer.json()["flavor"]["id"] == "1.5"
