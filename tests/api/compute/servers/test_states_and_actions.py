"""Every action in every state: what the table allows is accepted, everything else is 409 and changes nothing."""

import json
from typing import Any, Final, get_args

import httpx
import pytest

from berthline.domain.compute import Server, TaskState, VmState
from berthline.domain.ids import ServerId, new_id
from berthline.domain.server_actions import ACTIONS
from berthline.store import Store
from berthline.store.compute import hosts
from berthline.store.compute.servers import servers
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

BODIES: Final[dict[str, dict[str, Any]]] = {
    "start": {"os-start": None},
    "stop": {"os-stop": None},
    "reboot": {"reboot": {"type": "SOFT"}},
    "hard_reboot": {"reboot": {"type": "HARD"}},
    "pause": {"pause": None},
    "unpause": {"unpause": None},
    "suspend": {"suspend": None},
    "resume": {"resume": None},
    "trigger_crash_dump": {"trigger_crash_dump": None},
    "rebuild": {"rebuild": {"imageRef": "{image}"}},
    "rescue": {"rescue": None},
    "unrescue": {"unrescue": None},
    "shelve": {"shelve": None},
    "shelveOffload": {"shelveOffload": None},
    "unshelve": {"unshelve": None},
    "createImage": {"createImage": {"name": "a copy"}},
    "createBackup": {"createBackup": {"name": "a copy", "backup_type": "daily", "rotation": 1}},
    "restore": {"restore": None},
    "resize": {"resize": {"flavorRef": "43"}},
    "confirmResize": {"confirmResize": None},
    "revertResize": {"revertResize": None},
    "migrate": {"migrate": None},
    "os-migrateLive": {"os-migrateLive": {"host": None, "block_migration": "auto"}},
    "changePassword": {"changePassword": {"adminPass": "another one"}},
    "evacuate": {"evacuate": {}},
}
BY_OTHER_ROUTES: Final = {
    "attach_interface", "detach_interface", "get_vnc_console", "get_serial_console", "delete", "soft_delete",
}  # fmt: skip
OF_ADMINS: Final = {"shelveOffload", "migrate", "os-migrateLive", "evacuate"}
ANSWERS: Final = {"rescue": 200, "confirmResize": 204, "evacuate": 200}
CALLED: Final = {"hard_reboot": "reboot", "os-migrateLive": "live-migration"}
"""Instance actions that have another name than the action of the API."""
ENDS_A_MOVE: Final = {"confirmResize", "revertResize"}
STAYS_OFF: Final = {("rebuild", "stopped"), *(("evacuate", state) for state in ("active", "stopped", "error"))}
"""Actions that leave a server of such a state off; an evacuation does from 2.95 on."""
STATES: Final[tuple[VmState, ...]] = tuple(state for state in get_args(VmState) if state != "deleted")
TASKS: Final[tuple[TaskState | None, ...]] = (None, *get_args(TaskState))
REFUSED: Final = "Cannot '{}' instance {} while it is in {} {}"


async def _bring(store: Store, server: ServerId, state: VmState, task: TaskState | None) -> Server:
    def work(connection: Any) -> Server:
        assert servers.set_states(connection, server, vm_state=state, task_state=task, at=1)
        found = servers.get(connection, server)
        assert found is not None
        return found

    return await store.write(work)


async def force_down(store: Store, server: ServerId) -> str:
    """An admin says that the server's host is off; its name."""
    name = store.read_now(lambda connection: servers.host_of(connection, server))
    assert name is not None
    await store.write(lambda connection: hosts.set_service(connection, name, 1, forced_down=True))
    return name


async def _act(ground: Ground, server: str, action: str) -> httpx.Response:
    body = json.dumps(BODIES[action]).replace("{image}", ground.image)
    headers = LATEST | {"Content-Type": "application/json"}
    client = ground.admin if action in OF_ADMINS else ground.red
    return await client.post(f"/compute/v2.1/servers/{server}/action", content=body, headers=headers)


@pytest.fixture(autouse=True)
async def larger_and_with_an_agent(ground: Ground) -> None:
    """A flavor to change to, and an image whose guests have an agent."""
    flavor = {"name": "larger", "id": "43", "ram": 256, "vcpus": 1, "disk": 1}
    assert (await ground.admin.post("/compute/v2.1/flavors", json={"flavor": flavor})).status_code == 200
    patch = json.dumps([{"op": "add", "path": "/hw_qemu_guest_agent", "value": "yes"}])
    kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    assert (await ground.red.patch(f"/image/v2/images/{ground.image}", content=patch, headers=kind)).status_code == 200


def test_every_action_of_the_table_is_tried() -> None:
    assert set(BODIES) | BY_OTHER_ROUTES == set(ACTIONS)


@pytest.mark.parametrize("action", sorted(BODIES))
async def test_a_pair_that_the_table_does_not_have_is_409(
    ground: Ground, world: World, store: Store, action: str
) -> None:
    server = ServerId(await ground.boot(world))
    name = "reboot" if action == "hard_reboot" else action
    refused = 0
    for state in STATES:
        for task in TASKS:
            now = await _bring(store, server, state, task)
            why = ACTIONS[action].refused_for(now)
            if why is None:
                continue
            refused += 1
            answer = await _act(ground, server, action)
            assert answer.status_code == 409, (state, task, answer.text)
            assert answer.json()["conflictingRequest"]["message"] == REFUSED.format(name, server, *why)
            assert store.read_now(lambda connection: servers.get(connection, server)) == now
    assert refused > len(STATES)
    await _bring(store, server, "active", None)


PAIRS: Final = [(action, state) for action in sorted(BODIES) for state in sorted(ACTIONS[action].vm_states or ())]
GETTING_THERE: Final[dict[VmState, tuple[str, ...]]] = {
    "active": (),
    "paused": ("pause",),
    "suspended": ("suspend",),
    "stopped": ("stop",),
    "rescued": ("rescue",),
    "shelved": ("stop",),
    "shelved_offloaded": ("shelve",),
    "resized": ("resize",),
}


@pytest.mark.parametrize(("action", "state"), PAIRS)
async def test_a_pair_that_the_table_has_is_done(
    ground: Ground, world: World, store: Store, action: str, state: VmState
) -> None:
    server = ServerId(await ground.boot(world))
    before = GETTING_THERE["resized"] if action in ENDS_A_MOVE else GETTING_THERE.get(state, ())
    for step in before:
        assert (await _act(ground, server, step)).status_code in {200, 202}
        await world.rest()
    if state in {"error", "soft-delete", "shelved"}:
        await _bring(store, server, state, None)
    if action == "evacuate":
        await force_down(store, server)
    answer = await _act(ground, server, action)
    assert answer.status_code == ANSWERS.get(action, 202), answer.text
    await world.rest()
    shown = (await ground.red.get(f"/compute/v2.1/servers/{server}", headers=LATEST)).json()["server"]
    wanted = "stopped" if (action, state) in STAYS_OFF else ACTIONS[action].vm_state or state
    if action in ENDS_A_MOVE:
        wanted = "active"
    assert (shown["OS-EXT-STS:vm_state"], shown["OS-EXT-STS:task_state"]) == (wanted, None)
    if ACTIONS[action].power_state is not None:
        assert shown["OS-EXT-STS:power_state"] == ACTIONS[action].power_state
    words = {
        "active": "ACTIVE",
        "paused": "PAUSED",
        "suspended": "SUSPENDED",
        "stopped": "SHUTOFF",
        "error": "ERROR",
        "rescued": "RESCUE",
        "soft-delete": "SOFT_DELETED",
        "shelved_offloaded": "SHELVED_OFFLOADED",
        "resized": "VERIFY_RESIZE",
    }
    assert shown["status"] == words[wanted]
    actions = (await ground.red.get(f"/compute/v2.1/servers/{server}/os-instance-actions", headers=LATEST)).json()
    assert actions["instanceActions"][0]["action"] == CALLED.get(action, action)


async def test_a_server_that_never_ran_is_not_stopped(ground: Ground, world: World, store: Store) -> None:
    server = ServerId(await ground.boot(world))
    await store.write(
        lambda connection: servers.set_states(connection, server, vm_state="error", launched_at=None, at=1)
    )
    answer = await _act(ground, server, "stop")
    assert (answer.status_code, answer.json()["conflictingRequest"]["message"]) == (
        409,
        REFUSED.format("stop", server, "launched_at", "None"),
    )


async def test_an_admin_resets_a_state_and_nobody_else(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    path = f"/compute/v2.1/servers/{server}/action"
    for client, status in ((ground.red, 403), (ground.reader, 403), (ground.blue, 404)):
        answer = await client.post(path, json={"os-resetState": {"state": "error"}}, headers=LATEST)
        assert answer.status_code == status, answer.text
    for state in ("error", "active"):
        answer = await ground.admin.post(path, json={"os-resetState": {"state": state}}, headers=LATEST)
        assert answer.status_code == 202
        shown = (await ground.red.get(f"/compute/v2.1/servers/{server}", headers=LATEST)).json()["server"]
        assert shown["OS-EXT-STS:vm_state"] == state
    for wrong in ({"state": "paused"}, {}, {"state": "active", "more": 1}, None, "active"):
        answer = await ground.admin.post(path, json={"os-resetState": wrong}, headers=LATEST)
        assert answer.status_code == 400


async def test_resetting_the_network_is_gone_and_injecting_it_is_for_admins(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    path = f"/compute/v2.1/servers/{server}/action"
    for client, where in ((ground.admin, path), (ground.red, path), (ground.red, path.replace(server, new_id()))):
        answer = await client.post(where, json={"resetNetwork": None}, headers=LATEST)
        assert (answer.status_code, answer.json()["computeFault"]["code"]) == (410, 410)
    answers = [
        await client.post(path, json={"injectNetworkInfo": None}, headers=LATEST)
        for client in (ground.admin, ground.red, ground.blue)
    ]
    assert [answer.status_code for answer in answers] == [202, 403, 404]
    assert "inject_network_info" in answers[1].json()["forbidden"]["message"]
