"""The waterfall of any action: chosen by name or request, for its project alone, with what no step accounts for."""

from typing import Any

import httpx
import pytest

from berthline.api.berthline.waterfall import unaccounted
from berthline.domain.ids import new_id
from berthline.saga import StepTime
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World


def path(server: str, query: str = "") -> str:
    return f"/berthline/v1/servers/{server}/waterfall{query}"


async def waterfall(client: httpx.AsyncClient, server: str, query: str = "") -> dict[str, Any]:
    answer = await client.get(path(server, query))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["waterfall"]
    return found


async def act(ground: Ground, world: World, server: str, **body: Any) -> str:
    answer = await ground.red.post(f"/compute/v2.1/servers/{server}/action", json=body, headers=LATEST)
    assert answer.status_code == 202, answer.text
    await world.settle()
    return answer.headers["x-openstack-request-id"]


async def test_each_action_has_its_waterfall(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    first = await act(ground, world, server, **{"os-stop": None})
    await act(ground, world, server, **{"os-start": None})
    second = await act(ground, world, server, **{"os-stop": None})
    boot = await waterfall(ground.red, server)
    assert (boot["action"], boot["state"]) == ("create", "done")
    assert {"image", "disks", "guest"} <= {step["name"] for step in boot["steps"]}
    stop = await waterfall(ground.red, server, "?action=stop")
    assert (stop["action"], stop["request_id"]) == ("stop", second)
    assert stop == await waterfall(ground.admin, server, f"?request_id={second}")
    before = await waterfall(ground.red, server, f"?request_id={first}")
    assert before["saga_id"] != stop["saga_id"]
    for found in (boot, stop):
        worked = sum(step["duration_ms"] for step in found["steps"])
        assert found["steps"]
        assert found["unaccounted_ms"] + worked == pytest.approx(found["total_ms"], abs=0.01)


async def test_what_is_not_there_is_said(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    answer = await ground.red.post(f"/compute/v2.1/servers/{server}/action", json={"lock": None}, headers={**LATEST})
    assert answer.status_code == 202
    for query, status, words in (
        ("?action=resize", 404, f"Action resize on instance {server} not found"),
        ("?action=lock", 404, "has no steps"),
        (f"?request_id=req-{new_id()}", 404, "not found"),
        ("?action=create&request_id=x", 400, "send one of them"),
        ("?kind=create", 400, "unknown query parameter kind"),
    ):
        answer = await ground.red.get(path(server, query))
        assert (answer.status_code, words in answer.text) == (status, True), answer.text
    for query in ("", "?action=create"):
        assert (await ground.blue.get(path(server, query))).status_code == 404


def test_what_no_step_accounts_for_is_counted_once() -> None:
    def step(begin: int, end: int) -> StepTime:
        return StepTime(name="x", direction="do", started_at=begin, finished_at=end, outcome="done")

    assert unaccounted(0, 100, [step(10, 30), step(20, 50), step(60, 90)]) == 10 + 10 + 10
    assert unaccounted(0, 100, []) == 100
    assert unaccounted(0, 90, [step(0, 90), step(10, 20)]) == 0
