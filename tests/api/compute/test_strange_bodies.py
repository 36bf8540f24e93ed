"""Whatever a body holds, the answer is the caller's fault or fine, in Nova's shape: never an error of the cloud."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from berthline.api.compute.flavors import flavors
from berthline.api.compute.keypairs import keypairs
from berthline.api.compute.servers import block_devices, servers
from berthline.api.compute.servers import body as server_body
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import PUBLIC_KEY, World

ROOT = "/compute/v2.1"
STRANGE: list[Any] = [
    None, True, 0, -1, 1.5, 10**30, "", " ", "x" * 300, "a\x00b", "\u202e💥", "../../x", "' OR 1=1 --", [], [None],
    [[]], [{}], [{"a": 1}], {}, {"a": None}, {"": ""},
]  # fmt: skip
FAULTS = {"badRequest", "forbidden", "itemNotFound", "conflictingRequest", "overLimit"}


def names(struct: type[msgspec.Struct]) -> list[str]:
    """The fields of a body as they are written in JSON."""
    return [field.encode_name for field in msgspec.structs.fields(struct)]


def cases(good: dict[str, Any], fields: list[str]) -> Iterator[dict[str, Any]]:
    """The good item with each field in turn made strange."""
    for field in fields:
        for value in STRANGE:
            yield good | {field: value}


async def check(ground: Ground, method: str, path: str, body: Any, minor: int) -> int:
    headers = {"OpenStack-API-Version": f"compute 2.{minor}", "Content-Type": "application/json"}
    client = ground.admin if "flavors" in path or "quota" in path else ground.red
    answer = await client.request(method, ROOT + path, content=msgspec.json.encode(body), headers=headers)
    assert answer.status_code < 500, (path, body, answer.text)
    if answer.is_error:
        ((fault, details),) = answer.json().items()
        assert fault in FAULTS
        assert details["code"] == answer.status_code
        assert "Traceback" not in answer.text
    return answer.status_code


@pytest.mark.parametrize("minor", [1, 100])
async def test_strange_servers(ground: Ground, world: World, minor: int) -> None:
    good = ground.body()["server"]
    statuses = [
        await check(ground, "POST", "/servers", {"server": item}, minor)
        for item in cases(good, names(server_body.ServerItem))
    ]
    assert {400, 202} <= set(statuses) <= {202, 400, 403}
    await world.settle()


async def test_strange_networks_and_devices(ground: Ground, world: World) -> None:
    good = ground.body()["server"]
    network = {"uuid": ground.network}
    device = {"uuid": ground.image, "boot_index": 0, "source_type": "image", "destination_type": "local"}
    for item in cases(network, names(server_body.NetworkItem)):
        await check(ground, "POST", "/servers", {"server": good | {"networks": [item]}}, 100)
    for item in cases(device, names(block_devices.BlockDevice)):
        await check(ground, "POST", "/servers", {"server": good | {"block_device_mapping_v2": [item]}}, 100)
    await world.settle()


async def test_strange_flavors_keypairs_and_quotas(ground: Ground) -> None:
    flavor = {"name": "f", "ram": 64, "vcpus": 1, "disk": 0}
    for item in cases(flavor, names(flavors.FlavorItem)):
        await check(ground, "POST", "/flavors", {"flavor": item}, 100)
    for item in cases({"name": "k", "public_key": PUBLIC_KEY}, names(keypairs.KeypairItem)):
        await check(ground, "POST", "/os-keypairs", {"keypair": item}, 91)
    for value in STRANGE:
        await check(ground, "PUT", "/os-quota-sets/x", {"quota_set": {"cores": value}}, 100)
        await check(ground, "POST", "/flavors/42/os-extra_specs", {"extra_specs": {"a": value}}, 100)
        await check(ground, "POST", "/flavors/42/action", {"addTenantAccess": {"tenant": value}}, 100)


async def test_strange_changes_of_a_server(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    for item in cases({}, names(servers.UpdateItem)):
        await check(ground, "PUT", f"/servers/{server}", {"server": item}, 100)
    for value in STRANGE:
        for action in ("os-start", "reboot", "os-getConsoleOutput", "lock", "unlock", "x"):
            await check(ground, "POST", f"/servers/{server}/action", {action: value}, 100)
        await check(ground, "POST", f"/servers/{server}/action", value, 100)
        await check(ground, "PUT", f"/servers/{server}/metadata", {"metadata": {"a": value}}, 100)
        await check(ground, "PUT", f"/servers/{server}/tags", {"tags": value}, 100)
        await check(ground, "PUT", f"/servers/{server}/tags", {"tags": [value]}, 100)
    shown = await ground.red.get(f"{ROOT}/servers/{server}", headers=LATEST)
    assert shown.json()["server"]["status"] == "ACTIVE"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff", b'{"server": ' + b"[" * 5000, b'{"a":1,"a":2}'])
async def test_bodies_that_are_none(ground: Ground, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/servers", "/os-keypairs", "/servers/x/action"):
        answer = await ground.red.post(ROOT + path, content=body, headers=headers)
        assert answer.status_code == 400, answer.text


async def test_strange_queries(ground: Ground, world: World) -> None:
    await ground.boot(world)
    filters = ("name", "ip", "ip6", "status", "image", "flavor", "limit", "marker", "sort_key", "sort_dir", "tags",
               "changes-since", "changes-before", "all_tenants", "power_state", "task_state", "vm_state", "locked",
               "config_drive", "uuid", "host", "deleted", "created_at")  # fmt: skip
    for name in filters:
        for value in ("", "x", "-1", "0", "99999999999999999999", "[", "a{3}", "\\", "*", "a\x00", "💥", "true", "%"):
            for client in (ground.red, ground.admin):
                answer = await client.get(f"{ROOT}/servers/detail", params={name: value}, headers=LATEST)
                assert answer.status_code in {200, 400, 403}, (name, value, answer.text)


async def test_strange_paths(ground: Ground) -> None:
    for part in ("%00", "%20", "%F0%9F%92%A5", "..%2F..", "x" * 2000, "'", "%25"):
        for path in (f"/servers/{part}", f"/flavors/{part}", f"/os-keypairs/{part}", f"/servers/{part}/os-interface"):
            answer = await ground.red.get(ROOT + path)
            assert answer.status_code in {400, 404}, (path, answer.text)
