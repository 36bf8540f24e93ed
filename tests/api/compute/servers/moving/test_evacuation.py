"""evacuate over HTTP: its bodies and answers by microversion, who may, and how it shows."""

from typing import Any

import pytest

from berthline.domain.ids import ServerId, new_id
from berthline.store import Store
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.servers.moving.test_moves import MIGRATIONS, SERVERS, act, message, shown
from tests.api.compute.servers.test_states_and_actions import force_down
from tests.api.compute.world import World

SHARED = "onSharedStorage is not offered: each host has disks of its own, and a server is made anew from its image."
NO_FORCE = "force is not offered: a host is always asked whether it has room, and what the server needs."


async def on_a_host_that_is_down(ground: Ground, world: World, store: Store) -> tuple[str, str, str]:
    """A server, the host that it is on, and the other one."""
    server = await ground.boot(world)
    host = await force_down(store, ServerId(server))
    (other,) = {str(name) for name in world.outside.hypervisors} - {host}
    return server, host, other


@pytest.mark.parametrize(
    ("minor", "arguments", "status"),
    [
        (1, {"onSharedStorage": False, "adminPass": "given"}, "ACTIVE"),
        (14, {}, "ACTIVE"),
        (29, {"force": False}, "ACTIVE"),
        (68, {"adminPass": "given"}, "ACTIVE"),
        (95, {}, "SHUTOFF"),
    ],
)
async def test_each_microversion_has_its_body_and_its_answer(
    ground: Ground, world: World, store: Store, minor: int, arguments: dict[str, Any], status: str
) -> None:
    server, host, other = await on_a_host_that_is_down(ground, world, store)
    before = (await shown(ground, server))["addresses"]
    answer = await act(ground.admin, server, minor, evacuate=arguments | {"host": other})
    assert answer.status_code == 200, answer.text
    assert answer.content == b"" if minor >= 14 else answer.json() == {"adminPass": "given"}
    await world.settle()
    now = await shown(ground, server)
    assert (now["status"], now["OS-EXT-SRV-ATTR:host"], now["addresses"]) == (status, other, before)
    (listed,) = (await ground.admin.get(MIGRATIONS, headers=LATEST)).json()["migrations"]
    assert (listed["migration_type"], listed["status"]) == ("evacuation", "completed")
    assert (listed["source_compute"], listed["dest_compute"]) == (host, other)
    actions = (await ground.red.get(f"{SERVERS}/{server}/os-instance-actions", headers=LATEST)).json()
    assert actions["instanceActions"][0]["action"] == "evacuate"


@pytest.mark.parametrize(
    ("minor", "arguments", "said"),
    [
        (13, {}, "onSharedStorage"),
        (13, {"onSharedStorage": True}, SHARED),
        (13, {"onSharedStorage": "true", "adminPass": "x"}, "admin password can't be changed on existing disk"),
        (14, {"onSharedStorage": False}, "onSharedStorage"),
        (28, {"force": False}, "force"),
        (29, {"force": True}, "Can't force to a non-provided destination"),
        (67, {"force": "true", "host": "host-b"}, NO_FORCE),
        (68, {"force": False}, "force"),
        (95, {"host": "no host!"}, "host"),
        (95, {"adminPass": "x" * 256}, "adminPass"),
        (95, {"adminPass": 5}, "adminPass"),
    ],
)
async def test_what_it_does_not_take_is_refused_by_name(
    ground: Ground, world: World, store: Store, minor: int, arguments: dict[str, Any], said: str
) -> None:
    server, _, _ = await on_a_host_that_is_down(ground, world, store)
    status, why = message(await act(ground.admin, server, minor, evacuate=arguments))
    assert status == 400
    assert said in why
    assert (await shown(ground, server))["OS-EXT-STS:task_state"] is None


async def test_it_is_for_admins_and_for_hosts_that_are_down(ground: Ground, world: World, store: Store) -> None:
    server = await ground.boot(world)
    source = (await shown(ground, server))["OS-EXT-SRV-ATTR:host"]
    for client, expected in ((ground.red, 403), (ground.reader, 403), (ground.blue, 404)):
        assert (await act(client, server, evacuate={})).status_code == expected
    assert (await act(ground.admin, new_id(), evacuate={})).status_code == 404
    up = await act(ground.admin, server, evacuate={})
    assert message(up) == (400, f"Compute service of {source} is still in use.")
    await force_down(store, ServerId(server))
    unknown = await act(ground.admin, server, evacuate={"host": "nowhere"})
    assert message(unknown) == (404, "Compute host nowhere not found.")
    same = await act(ground.admin, server, evacuate={"host": source})
    assert message(same) == (400, "The target host can't be the same one.")
