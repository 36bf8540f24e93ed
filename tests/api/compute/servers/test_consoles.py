"""URLs of consoles: who gets one, of which kinds, in which states, and what an admin is told of a token."""

import re
from typing import Any

import pytest

from berthline.domain.compute import TaskState
from berthline.domain.ids import ServerId, new_id
from berthline.store import Connection
from berthline.store.compute.servers import servers
from berthline.workflows.consoles.consoles import TOKENS_OF_A_SERVER
from tests.api.builder import URL, HandClock
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"
TOKENS = "/compute/v2.1/os-console-auth-tokens"


def speaking(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def create(client: Any, server: str, protocol: str, kind: str, minor: int = 100) -> Any:
    body = {"remote_console": {"protocol": protocol, "type": kind}}
    return await client.post(f"{SERVERS}/{server}/remote-consoles", json=body, headers=speaking(minor))


@pytest.mark.parametrize(("protocol", "kind"), [("vnc", "novnc"), ("serial", "serial")])
async def test_a_url_of_each_kind(ground: Ground, world: World, protocol: str, kind: str) -> None:
    server = await ground.boot(world)
    answer = await create(ground.red, server, protocol, kind, 6)
    assert answer.status_code == 200
    told = answer.json()["remote_console"]
    assert (told["protocol"], told["type"]) == (protocol, kind)
    page = f"console/{server}/{protocol}"
    nested = re.escape(f"{URL}/{page}?path={page}%3Ftoken%3D")
    assert re.fullmatch(nested if kind == "novnc" else re.escape(f"{URL}/{page}?token="), told["url"][:-43])
    assert re.fullmatch("[A-Za-z0-9_-]{43}", told["url"][-43:])
    assert (await create(ground.admin, server, protocol, kind)).status_code == 200


@pytest.mark.parametrize(
    ("protocol", "kind", "minor", "status", "words"),
    [
        ("vnc", "novnc", 5, 404, "The resource could not be found."),
        ("vnc", "xvpvnc", 6, 400, "Invalid console type xvpvnc"),
        ("vnc", "serial", 6, 400, "Invalid console type serial"),
        ("serial", "novnc", 6, 400, "Invalid console type novnc"),
        ("spice", "spice-html5", 6, 400, "Unavailable console type spice-html5."),
        ("rdp", "rdp-html5", 6, 400, "Unavailable console type rdp."),
        ("mks", "webmks", 7, 400, "protocol"),
        ("mks", "webmks", 8, 400, "Unavailable console type webmks."),
        ("spice", "spice-direct", 98, 400, "type"),
        ("spice", "spice-direct", 99, 400, "Unavailable console type spice-direct."),
        ("telnet", "novnc", 100, 400, "protocol"),
        ("vnc", "other", 100, 400, "type"),
    ],
)
async def test_what_there_is_not_is_refused(
    ground: Ground, world: World, protocol: str, kind: str, minor: int, status: int, words: str
) -> None:
    server = await ground.boot(world)
    answer = await create(ground.red, server, protocol, kind, minor)
    assert answer.status_code == status
    (error,) = answer.json().values()
    assert words in error["message"]


@pytest.mark.parametrize(
    ("name", "arguments", "status"),
    [
        ("os-getVNCConsole", {"type": "novnc"}, 200), ("os-getSerialConsole", {"type": "serial"}, 200),
        ("os-getVNCConsole", {"type": "xvpvnc"}, 400), ("os-getVNCConsole", {"type": "serial"}, 400),
        ("os-getVNCConsole", {}, 400), ("os-getVNCConsole", {"type": "novnc", "more": 1}, 400),
        ("os-getSPICEConsole", {"type": "spice-html5"}, 400), ("os-getRDPConsole", {"type": "rdp-html5"}, 410),
    ],
)  # fmt: skip
async def test_the_older_actions(ground: Ground, world: World, name: str, arguments: Any, status: int) -> None:
    server = await ground.boot(world)
    path = f"{SERVERS}/{server}/action"
    answer = await ground.red.post(path, json={name: arguments}, headers=speaking(5))
    assert answer.status_code == status, answer.text
    if status == 200:
        told = answer.json()["console"]
        assert told["type"] == arguments["type"]
        assert told["url"].startswith(f"{URL}/console/{server}/")
    later = await ground.red.post(path, json={name: arguments}, headers=speaking(6))
    assert later.status_code == 404


async def test_who_may_not(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    for client, wanted, status in (
        (ground.reader, server, 403), (ground.blue, server, 404), (ground.red, new_id(), 404)
    ):  # fmt: skip
        assert (await create(client, wanted, "vnc", "novnc")).status_code == status
        old = {"os-getSerialConsole": {"type": "serial"}}
        answer = await client.post(f"{SERVERS}/{wanted}/action", json=old, headers=speaking(1))
        assert answer.status_code == status


async def test_a_server_that_is_locked_or_off_has_one_as_with_nova(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    await ground.red.post(f"{SERVERS}/{server}/action", json={"os-stop": None})
    await world.settle()
    await ground.red.post(f"{SERVERS}/{server}/action", json={"lock": None})
    assert (await create(ground.red, server, "vnc", "novnc")).status_code == 200


async def test_a_server_without_a_guest_is_not_ready(ground: Ground, world: World) -> None:
    answer = await ground.red.post(SERVERS, json=ground.body(), headers=LATEST)
    server = answer.json()["server"]["id"]
    refused = await create(ground.red, server, "vnc", "novnc")
    assert (refused.status_code, refused.json()["conflictingRequest"]["message"]) == (
        409, f"Instance {server} is not ready"
    )  # fmt: skip
    await world.settle()
    assert (await create(ground.red, server, "vnc", "novnc")).status_code == 200


@pytest.mark.parametrize("action", ["get_vnc_console", "get_serial_console"])
async def test_one_that_is_being_deleted_has_none(ground: Ground, world: World, action: str) -> None:
    server = await ground.boot(world)

    async def show(task: TaskState | None) -> None:
        def work(connection: Connection) -> None:
            assert servers.set_states(connection, ServerId(server), task_state=task, at=1)

        await world.store.write(work)

    await show("deleting")
    protocol, kind = ("vnc", "novnc") if "vnc" in action else ("serial", "serial")
    refused = await create(ground.red, server, protocol, kind)
    assert refused.status_code == 409
    said = refused.json()["conflictingRequest"]["message"]
    assert said == f"Cannot '{action}' instance {server} while it is in task_state deleting"
    await show(None)


async def test_tokens_of_a_server_are_counted_and_go_by_time(ground: Ground, world: World, clock: HandClock) -> None:
    server, other = await ground.boot(world), await ground.boot(world)
    for _ in range(TOKENS_OF_A_SERVER):
        assert (await create(ground.red, server, "vnc", "novnc")).status_code == 200
    refused = await create(ground.red, server, "serial", "serial")
    assert refused.status_code == 403
    assert "open one of them" in refused.json()["forbidden"]["message"]
    assert (await create(ground.red, other, "vnc", "novnc")).status_code == 200, "another server has its own"
    clock.advance(601)
    assert (await create(ground.red, server, "vnc", "novnc")).status_code == 200


async def test_no_token_is_in_the_database(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    token = (await create(ground.red, server, "vnc", "novnc")).json()["remote_console"]["url"][-43:]
    rows = await world.store.read(
        lambda connection: [str(row) for row in connection.exec_driver_sql("SELECT * FROM console_tokens").all()]
    )
    assert len(rows) == 1
    assert token not in rows[0]


async def test_an_admin_is_told_what_a_token_opens(ground: Ground, world: World, clock: HandClock) -> None:
    server = await ground.boot(world)
    token = (await create(ground.red, server, "vnc", "novnc")).json()["remote_console"]["url"][-43:]
    for minor in (31, 99):
        for _ in range(2):  # looking does not use it up
            answer = await ground.admin.get(f"{TOKENS}/{token}", headers=speaking(minor))
            assert answer.status_code == 200
            told = answer.json()["console"]
            assert (told["instance_uuid"], told["port"], told["internal_access_path"]) == (server, 0, None)
            assert told["host"].startswith("host")
    assert (await ground.admin.get(f"{TOKENS}/{token}", headers=speaking(30))).status_code == 400
    assert (await ground.red.get(f"{TOKENS}/{token}", headers=speaking(31))).status_code == 403
    assert (await ground.admin.get(f"{TOKENS}/nonsense", headers=speaking(31))).status_code == 404
    clock.advance(601)
    assert (await ground.admin.get(f"{TOKENS}/{token}", headers=speaking(31))).status_code == 404
