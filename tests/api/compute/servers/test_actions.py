"""Actions on servers: which there are, for which microversion, and what their arguments may be."""

from typing import Any

import httpx
import pytest

from berthline.api.compute.servers.actions import _ACTIONS, CONSOLES
from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def _act(client: httpx.AsyncClient, server: str, minor: int, **action: Any) -> httpx.Response:
    return await client.post(f"{SERVERS}/{server}/action", json=action, headers=at(minor))


async def test_what_is_unknown_is_refused_by_name(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    for target in (server, new_id()):
        answer = await _act(ground.red, target, 100, fly={})
        assert (answer.status_code, answer.json()["badRequest"]["message"]) == (400, "There is no such action: fly")


@pytest.mark.parametrize(
    ("name", "minor", "status"),
    [
        ("os-getVNCConsole", 6, 404), ("os-getSerialConsole", 6, 404), ("os-getSPICEConsole", 6, 404),
        ("trigger_crash_dump", 16, 404), ("trigger_crash_dump", 17, 202),
        ("addFixedIp", 44, 404), ("removeFixedIp", 44, 404), ("addFloatingIp", 44, 404), ("removeFloatingIp", 44, 404),
    ],
)  # fmt: skip
async def test_actions_come_and_go_with_microversions(
    ground: Ground, world: World, name: str, minor: int, status: int
) -> None:
    server = await ground.boot(world)
    assert (await _act(ground.red, server, minor, **{name: None})).status_code == status


@pytest.mark.parametrize(
    ("minor", "arguments", "status"),
    [
        (1, None, 202), (1, {}, 202), (72, {"locked_reason": 5, "more": 1}, 202), (1, "text", 202), (1, [1], 202),
        (73, None, 202), (73, {}, 202), (73, {"locked_reason": "why"}, 202),
        (73, {"locked_reason": ""}, 400), (73, {"locked_reason": None}, 400), (73, {"locked_reason": "a" * 256}, 400),
        (73, {"more": 1}, 400), (73, "text", 400), (73, [], 400), (73, 0, 400),
    ],
)  # fmt: skip
async def test_a_lock_takes_what_its_microversion_takes(
    ground: Ground, world: World, minor: int, arguments: Any, status: int
) -> None:
    server = await ground.boot(world)
    assert (await _act(ground.red, server, minor, lock=arguments)).status_code == status
    shown = (await ground.red.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    given = arguments.get("locked_reason") if minor >= 73 and isinstance(arguments, dict) else None
    assert (shown["locked"], shown["locked_reason"]) == (status == 202, given if status == 202 else None)
    assert (await _act(ground.red, server, minor, unlock={"any": "thing"})).status_code == 202


ARGUMENTS: dict[str, Any] = {
    "os-start": None,
    "os-stop": None,
    "reboot": {"type": "SOFT"},
    "os-getConsoleOutput": {},
    "lock": None,
    "unlock": None,
    "addFixedIp": {"networkId": new_id()},
    "removeFixedIp": {"address": "10.0.0.9"},
    "addFloatingIp": {"address": "203.0.113.9"},
    "removeFloatingIp": {"address": "203.0.113.9"},
    "addSecurityGroup": {"name": "web"},
    "removeSecurityGroup": {"name": "web"},
    "pause": None,
    "unpause": None,
    "suspend": None,
    "resume": None,
    "trigger_crash_dump": None,
    "os-resetState": {"state": "active"},
    "injectNetworkInfo": None,
    "rebuild": {"imageRef": new_id()},
    "rescue": {"adminPass": "x"},
    "unrescue": None,
    "createImage": {"name": "a copy"},
    "shelve": None,
    "shelveOffload": None,
    "unshelve": None,
    "createBackup": {"name": "copy", "backup_type": "daily", "rotation": 1},
    "changePassword": {"adminPass": "x"},
    "forceDelete": None,
    "restore": None,
    "resize": {"flavorRef": "7"},
    "confirmResize": None,
    "revertResize": None,
    "migrate": None,
    "os-migrateLive": {"host": None, "block_migration": "auto"},
    "evacuate": {},
}
FREE = {"os-resetState", "migrate", "injectNetworkInfo", "createImage", "createBackup",
        "os-getConsoleOutput", "lock", "unlock", "addFloatingIp", "removeFloatingIp", "addSecurityGroup",
        "removeSecurityGroup"}  # fmt: skip
"""What Nova does on a locked server too: it changes nothing of the server itself, but what networks have of it."""


ADMINS = {"shelveOffload", "os-migrateLive", "evacuate"}
"""What a lock does not hold, since whom it holds may not do it at all."""


def test_every_action_is_tried() -> None:
    assert set(ARGUMENTS) | CONSOLES == set(_ACTIONS), "those of consoles are in test_consoles"


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
async def test_a_server_that_is_not_there_or_is_anothers_is_404(ground: Ground, world: World, name: str) -> None:
    server = await ground.boot(world)
    for client, target in ((ground.red, new_id()), (ground.blue, server)):
        answer = await _act(client, target, 43, **{name: ARGUMENTS[name]})
        assert answer.status_code == 404, answer.text
        assert answer.json()["itemNotFound"]["message"] == f"Instance {target} could not be found."


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) - FREE - ADMINS))
async def test_a_locked_server_refuses_what_changes_it(ground: Ground, world: World, name: str) -> None:
    server = await ground.boot(world)
    assert (await _act(ground.red, server, 43, lock=None)).status_code == 202
    answer = await _act(ground.red, server, 43, **{name: ARGUMENTS[name]})
    assert (answer.status_code, answer.json()["conflictingRequest"]["message"]) == (409, f"Instance {server} is locked")


@pytest.mark.parametrize("name", sorted(name for name in FREE if name.startswith(("add", "remove"))))
async def test_a_lock_does_not_hold_what_networks_have(ground: Ground, world: World, name: str) -> None:
    server = await ground.boot(world)
    assert (await _act(ground.red, server, 43, lock=None)).status_code == 202
    answer = await _act(ground.red, server, 43, **{name: ARGUMENTS[name]})
    assert answer.status_code == 404, "there is no such floating IP or group, which is asked past the lock"


async def test_a_lock_is_an_action_of_the_server_and_an_admins_stays_one(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    path = f"{SERVERS}/{server}"
    assert (await _act(ground.red, server, 73, lock={"locked_reason": "mine"})).status_code == 202
    assert (await _act(ground.red, server, 73, unlock=None)).status_code == 202
    assert (await _act(ground.admin, server, 73, lock={"locked_reason": "theirs"})).status_code == 202
    assert (await _act(ground.red, server, 73, lock={"locked_reason": "mine again"})).status_code == 202
    assert (await _act(ground.red, server, 73, unlock=None)).status_code == 403
    shown = (await ground.red.get(path, headers=LATEST)).json()["server"]
    assert (shown["locked"], shown["locked_reason"]) == (True, "theirs")
    actions = (await ground.red.get(f"{path}/os-instance-actions", headers=LATEST)).json()["instanceActions"]
    assert sorted(one["action"] for one in actions) == ["create", "lock", "lock", "unlock"]
    assert len({one["request_id"] for one in actions}) == 4


async def test_a_console_ends_with_as_many_lines_as_nova_counts(ground: Ground, world: World) -> None:
    server = await ground.boot(world)

    async def output(length: Any) -> str:
        answer = await _act(ground.red, server, 1, **{"os-getConsoleOutput": {"length": length}})
        assert answer.status_code == 200, answer.text
        text: str = answer.json()["output"]
        return text

    whole = await output(None)
    assert whole.endswith("\n")
    for length in range(1, 5):
        assert await output(length) == await output(str(length)) == "\n".join(whole.split("\n")[-length:])
    assert await output(0) == await output("0") == ""
    assert await output(-1) == await output("-1") == await output(10**12) == whole
    for wrong in (-2, "-2", "x", "", 1.5, True, [3]):
        answer = await _act(ground.red, server, 1, **{"os-getConsoleOutput": {"length": wrong}})
        assert answer.status_code == 400, wrong


@pytest.mark.parametrize(("kind", "status"), [("Hard", 202), ("SOFT", 202), ("hArD", 400), ("", 400), (None, 400)])
async def test_a_reboot_is_of_nova_s_kinds(ground: Ground, world: World, kind: Any, status: int) -> None:
    server = await ground.boot(world)
    assert (await _act(ground.red, server, 1, reboot={"type": kind})).status_code == status
    await world.settle()
