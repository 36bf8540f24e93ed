"""os-services: what an operator says of a host is kept, shown everywhere, and obeyed by placement."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import HostName, new_id
from berthline.store.compute import hosts
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

SERVICES = "/compute/v2.1/os-services"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def _services(ground: Ground, minor: int = 100) -> dict[str, dict[str, Any]]:
    answer = await ground.admin.get(SERVICES, headers=at(minor))
    return {one["host"]: one for one in answer.json()["services"]}


async def _put(ground: Ground, service: str, minor: int, /, **body: Any) -> httpx.Response:
    return await ground.admin.put(f"{SERVICES}/{service}", json=body, headers=at(minor))


async def test_a_reason_is_kept_until_the_host_is_enabled(ground: Ground) -> None:
    service = (await _services(ground))["host-a"]["id"]
    answer = await _put(ground, service, 53, status="disabled", disabled_reason="new disk")
    assert answer.status_code == 200, answer.text
    shown = answer.json()["service"]
    assert (shown["status"], shown["disabled_reason"], shown["forced_down"]) == ("disabled", "new disk", False)
    assert (await _services(ground))["host-a"] == (await _services(ground, 53))["host-a"] == shown
    assert (await _services(ground, 1))["host-a"]["disabled_reason"] == "new disk"
    assert (await _services(ground))["host-b"]["disabled_reason"] is None
    for minor in (53, 88):
        found = (await ground.admin.get("/compute/v2.1/os-hypervisors/detail", headers=at(minor))).json()
        reasons = {one["service"]["host"]: one["service"]["disabled_reason"] for one in found["hypervisors"]}
        assert reasons == {"host-a": "new disk", "host-b": None}
    assert (await _put(ground, service, 53, status="enabled")).json()["service"]["disabled_reason"] is None
    assert (await _services(ground))["host-a"]["status"] == "enabled"
    assert (await _put(ground, service, 53, status="disabled")).json()["service"]["disabled_reason"] is None


async def test_a_host_that_is_forced_down_counts_as_down_until_it_is_not(ground: Ground, world: World) -> None:
    service = (await _services(ground))["host-a"]["id"]
    shown = (await _put(ground, service, 53, forced_down=True)).json()["service"]
    assert (shown["forced_down"], shown["state"], shown["status"]) == (True, "down", "enabled")
    assert "forced_down" not in (await _services(ground, 10))["host-a"]
    assert (await _services(ground, 11))["host-a"]["forced_down"] is True
    known = await world.store.read(lambda connection: hosts.get(connection, HostName("host-a")))
    assert known is not None
    await world.store.write(lambda connection: hosts.upsert(connection, known, 5))
    assert (await _services(ground))["host-a"]["state"] == "down", "that it answers changes nothing"
    servers = [await ground.boot(world, name) for name in ("one", "two")]
    for server in servers:
        found = (await ground.admin.get(f"/compute/v2.1/servers/{server}", headers=LATEST)).json()["server"]
        assert (found["OS-EXT-SRV-ATTR:host"], found["host_status"]) == ("host-b", "UP")
    other = (await _services(ground))["host-b"]["id"]
    await _put(ground, other, 53, forced_down="true", status="disabled")
    found = (await ground.admin.get(f"/compute/v2.1/servers/{servers[0]}", headers=LATEST)).json()["server"]
    assert found["host_status"] == "DOWN"
    await _put(ground, other, 53, forced_down=False)
    found = (await ground.admin.get(f"/compute/v2.1/servers/{servers[0]}", headers=LATEST)).json()["server"]
    assert found["host_status"] == "MAINTENANCE"
    assert (await _put(ground, service, 53, forced_down="no")).json()["service"]["state"] == "up"
    await world.store.write(lambda connection: hosts.set_up(connection, HostName("host-a"), False, 6))
    await _put(ground, service, 53, forced_down=True)
    assert (await _put(ground, service, 53, forced_down=False)).json()["service"]["state"] == "down"


@pytest.mark.parametrize(
    "body",
    [
        {}, {"disabled_reason": "alone"}, {"status": "enabled", "disabled_reason": "x"}, {"status": "up"},
        {"status": "disabled", "disabled_reason": ""}, {"status": "disabled", "disabled_reason": "a" * 256},
        {"status": "disabled", "disabled_reason": None}, {"forced_down": "maybe"}, {"forced_down": None},
        {"status": "disabled", "host": "host-a"},
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused_and_changes_nothing(ground: Ground, body: dict[str, Any]) -> None:
    before = await _services(ground)
    assert (await _put(ground, before["host-a"]["id"], 53, **body)).status_code == 400
    assert await _services(ground) == before


async def test_services_that_are_not_there(ground: Ground) -> None:
    assert (await _put(ground, new_id(), 53, status="disabled")).status_code == 404
    assert (await _put(ground, "host-a", 53, status="disabled")).status_code == 400
    assert (await ground.red.put(f"{SERVICES}/{new_id()}", json={}, headers=LATEST)).status_code == 403


async def test_the_actions_of_before_2_53(ground: Ground) -> None:
    named = {"host": "host-a", "binary": "nova-compute"}
    answer = await _put(ground, "disable-log-reason", 1, **named, disabled_reason="why")
    assert answer.json()["service"] == named | {"status": "disabled", "disabled_reason": "why"}
    assert (await _services(ground))["host-a"]["disabled_reason"] == "why"
    assert (await _put(ground, "disable", 1, **named)).json()["service"] == named | {"status": "disabled"}
    assert (await _put(ground, "enable", 52, **named)).json()["service"] == named | {"status": "enabled"}
    assert (await _put(ground, "force-down", 11, **named, forced_down=True)).json()["service"]["forced_down"] is True
    assert (await _services(ground))["host-a"]["forced_down"] is True
    assert (await _put(ground, "force-down", 10, **named)).status_code == 404
    assert (await _put(ground, "enable", 53, **named)).status_code == 400
    assert (await _put(ground, "restart", 1, **named)).status_code == 404
    assert (await _put(ground, "enable", 1, **(named | {"host": "host-z"}))).status_code == 404
    for action, body in (
        ("enable", named | {"binary": "nova-scheduler"}),
        ("enable", {"host": "host-a"}),
        ("disable-log-reason", named),
        ("disable", named | {"disabled_reason": "x"}),
        ("force-down", named),
        ("enable", named | {"forced_down": True}),
    ):
        assert (await _put(ground, action, 11, **body)).status_code == 400, (action, body)


async def test_services_are_listed_by_host_and_binary(ground: Ground) -> None:
    async def listed(minor: int, **query: str) -> list[str] | int:
        answer = await ground.admin.get(SERVICES, params=query, headers=at(minor))
        return [one["host"] for one in answer.json()["services"]] if answer.status_code == 200 else answer.status_code

    assert await listed(1, host="host-b") == ["host-b"]
    assert await listed(1, host="host-z") == []
    assert await listed(1, binary="nova-conductor") == []
    assert await listed(1, host="", binary="") == ["host-a", "host-b"]
    assert await listed(74, colour="red") == ["host-a", "host-b"]
    assert await listed(75, colour="red") == 400
