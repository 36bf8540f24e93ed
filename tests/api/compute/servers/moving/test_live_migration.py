"""os-migrateLive over HTTP by microversion, and a server's live migrations: shown, aborted, made to end."""

import asyncio
from typing import Any, cast

import pytest

from berthline.hypervisor.memory import SimulatedHost
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.servers.moving.test_moves import MIGRATIONS, SERVERS, act, at, message, new_flavor, shown
from tests.api.compute.world import World

MIB = 1024**2


def auto(host: str | None = None, **more: Any) -> dict[str, Any]:
    return {"os-migrateLive": {"host": host, "block_migration": "auto"} | more}


def of_server(server: str) -> str:
    return f"{SERVERS}/{server}/migrations"


async def begun(ground: Ground, world: World) -> tuple[str, SimulatedHost, int]:
    """A server on its way, the host that it leaves, and the number of its migration."""
    server = await ground.boot(world)
    source = cast("SimulatedHost", world.outside.hypervisors[(await shown(ground, server))["OS-EXT-SRV-ATTR:host"]])
    source.hold_moves()
    answer = await act(ground.admin, server, **auto())
    assert (answer.status_code, answer.content) == (202, b"")
    async with asyncio.timeout(30):
        while True:
            (moving,) = (await ground.admin.get(of_server(server), headers=LATEST)).json()["migrations"]
            if moving["memory_total_bytes"] is not None:
                return server, source, int(moving["id"])
            await asyncio.sleep(0.005)


async def test_a_server_is_shown_on_its_way_and_there(ground: Ground, world: World) -> None:
    server, source, number = await begun(ground, world)
    now = await shown(ground, server)
    assert (now["status"], now["OS-EXT-STS:task_state"]) == ("MIGRATING", "migrating")
    (there,) = {str(name) for name in world.outside.hypervisors} - {str(source.host)}
    one = (await ground.admin.get(f"{of_server(server)}/{number}", headers=LATEST)).json()["migration"]
    assert (one["status"], one["server_uuid"]) == ("running", server)
    assert (one["source_compute"], one["dest_compute"], one["dest_host"]) == (source.host, there, there)
    assert (one["memory_total_bytes"], one["memory_remaining_bytes"]) == (128 * MIB, 128 * MIB)
    assert set(one) >= {"disk_total_bytes", "disk_processed_bytes", "disk_remaining_bytes", "memory_processed_bytes"}
    assert {"uuid", "user_id", "project_id"} <= set(one)
    old = (await ground.admin.get(f"{of_server(server)}/{number}", headers=at(23))).json()["migration"]
    assert not {"uuid", "user_id", "project_id"} & set(old)
    assert (await ground.red.get(f"{SERVERS}?status=MIGRATING")).json()["servers"][0]["id"] == server
    source.let_moves_end()
    await world.settle()
    now = await shown(ground, server)
    assert (now["status"], now["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", there)
    assert (await ground.admin.get(of_server(server), headers=LATEST)).json() == {"migrations": []}
    over = await ground.admin.get(f"{of_server(server)}/{number}", headers=LATEST)
    assert message(over) == (404, f"Live migration {number} for server {server} is not in progress.")
    (listed,) = (await ground.admin.get(MIGRATIONS, headers=LATEST)).json()["migrations"]
    assert (listed["migration_type"], listed["status"]) == ("live-migration", "completed")


async def test_a_migration_is_aborted(ground: Ground, world: World) -> None:
    server, source, number = await begun(ground, world)
    assert (await ground.admin.delete(f"{of_server(server)}/{number}", headers=at(23))).status_code == 404
    assert (await ground.admin.delete(f"{of_server(server)}/999", headers=at(24))).status_code == 404
    answer = await ground.admin.delete(f"{of_server(server)}/{number}", headers=at(24))
    assert (answer.status_code, answer.content) == (202, b"")
    await world.settle()
    now = await shown(ground, server)
    assert (now["status"], now["OS-EXT-SRV-ATTR:host"]) == ("ACTIVE", source.host)
    actions = (await ground.red.get(f"{SERVERS}/{server}/os-instance-actions", headers=LATEST)).json()
    assert [one["action"] for one in actions["instanceActions"]] == [
        "live_migration_cancel",
        "live-migration",
        "create",
    ]
    source.let_moves_end()


async def test_one_that_is_queued_is_aborted_from_2_65(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    hosts = world.away()
    assert (await act(ground.admin, server, **auto())).status_code == 202
    (moving,) = (await ground.admin.get(of_server(server), headers=LATEST)).json()["migrations"]
    assert moving["status"] in {"queued", "preparing"}
    assert moving["memory_total_bytes"] is None
    one = f"{of_server(server)}/{moving['id']}"
    status, why = message(await ground.admin.delete(one, headers=at(64)))
    assert (status, "Cannot abort live migration while the migration is in this state." in why) == (400, True)
    status, why = message(await ground.admin.post(f"{one}/action", json={"force_complete": None}, headers=at(22)))
    assert (status, "Cannot force complete" in why) == (400, True)
    assert (await ground.admin.delete(one, headers=at(65))).status_code == 202
    hosts.end()
    await world.settle()
    assert (await shown(ground, server))["status"] == "ACTIVE"


async def test_a_migration_is_made_to_end(ground: Ground, world: World) -> None:
    server, source, number = await begun(ground, world)
    act_on = f"{of_server(server)}/{number}/action"
    assert (await ground.admin.post(act_on, json={"force_complete": None}, headers=at(21))).status_code == 404
    assert (await ground.admin.post(act_on, json={"force_complete": 1}, headers=LATEST)).status_code == 400
    assert (await ground.admin.post(act_on, json={"force_complete": None}, headers=at(22))).status_code == 202
    await world.settle()
    assert (await shown(ground, server))["OS-EXT-SRV-ATTR:host"] != source.host
    source.let_moves_end()


@pytest.mark.parametrize(
    ("minor", "body", "why"),
    [
        (24, {"host": None, "block_migration": "auto", "disk_over_commit": False}, "block_migration"),
        (24, {"host": None, "block_migration": True}, "disk_over_commit"),
        (24, {"host": None, "block_migration": True, "disk_over_commit": "True"}, "disk_over_commit is not offered"),
        (24, {"block_migration": True, "disk_over_commit": False}, "host"),
        (25, {"host": None, "block_migration": True, "disk_over_commit": False}, "disk_over_commit"),
        (25, {"host": None, "block_migration": False}, "disks are not on shared storage"),
        (29, {"host": None, "block_migration": "auto", "force": False}, "force"),
        (30, {"host": None, "block_migration": "auto", "force": True}, "Can't force to a non-provided destination"),
        (67, {"host": "host-a", "block_migration": "auto", "force": "true"}, "force is not offered"),
        (68, {"host": None, "block_migration": "auto", "force": False}, "force"),
        (100, {"host": "no host", "block_migration": "auto"}, "host"),
        (100, {"host": "nowhere", "block_migration": "auto"}, "Compute host nowhere could not be found."),
        (100, {"host": None, "block_migration": "maybe"}, "block_migration"),
    ],
)
async def test_what_cannot_be_had_is_refused_by_name(
    ground: Ground, world: World, minor: int, body: dict[str, Any], why: str
) -> None:
    server = await ground.boot(world)
    status, told = message(await act(ground.admin, server, minor, **{"os-migrateLive": body}))
    assert (status, why in told) == (400, True), told
    assert (await shown(ground, server))["OS-EXT-STS:task_state"] is None


@pytest.mark.parametrize(
    ("minor", "body"),
    [
        (1, {"host": None, "block_migration": "True", "disk_over_commit": "False"}),
        (25, {"host": None, "block_migration": True}),
        (67, {"host": None, "block_migration": "auto", "force": False}),
    ],
)
async def test_each_microversion_has_its_body(ground: Ground, world: World, minor: int, body: dict[str, Any]) -> None:
    server = await ground.boot(world)
    was = (await shown(ground, server))["OS-EXT-SRV-ATTR:host"]
    assert (await act(ground.admin, server, minor, **{"os-migrateLive": body})).status_code == 202
    await world.settle()
    assert (await shown(ground, server))["OS-EXT-SRV-ATTR:host"] != was


async def test_only_admins_move_servers(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    was = (await shown(ground, server))["OS-EXT-SRV-ATTR:host"]
    assert (await act(ground.red, server, **auto(was))).status_code == 403
    for client in (ground.red, ground.blue):
        assert (await client.get(of_server(server), headers=LATEST)).status_code in {403, 404}
    same = await act(ground.admin, server, **auto(was))
    assert message(same) == (400, f"Unable to migrate instance ({server}) to current host ({was}).")
    await act(ground.admin, server, lock=None)
    await ground.admin.post(f"{SERVERS}/{server}/action", json={"os-stop": None}, headers=LATEST)
    await world.settle()
    stopped = await act(ground.admin, server, **auto())
    assert message(stopped) == (409, f"Cannot 'os-migrateLive' instance {server} while it is in vm_state stopped")


async def test_a_server_that_is_resized_is_in_no_live_migration(ground: Ground, world: World) -> None:
    server, large = await ground.boot(world), await new_flavor(ground)
    await act(ground.red, server, resize={"flavorRef": large})
    await world.settle()
    (migration,) = (await ground.admin.get(MIGRATIONS, headers=LATEST)).json()["migrations"]
    assert (await ground.admin.get(of_server(server), headers=LATEST)).json() == {"migrations": []}
    one = f"{of_server(server)}/{migration['id']}"
    assert message(await ground.admin.get(one, headers=LATEST)) == (
        404, f"Migration {migration['id']} for server {server} is not live-migration.",
    )  # fmt: skip
    assert (await ground.admin.get(f"{of_server(server)}/9999", headers=LATEST)).status_code == 404
    assert (await ground.admin.delete(one, headers=LATEST)).status_code == 409
    force = await ground.admin.post(f"{one}/action", json={"force_complete": None}, headers=LATEST)
    assert force.status_code == 409
    assert (await ground.admin.get(of_server(server), headers=at(22))).status_code == 404
