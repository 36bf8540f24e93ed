"""os-instance-actions by microversion: pages, times, and what is refused."""

from typing import Any

import httpx
import pytest

from tests.api.builder import HandClock
from tests.api.compute.conftest import Ground
from tests.api.compute.world import World

SERVERS = "/compute/v2.1/servers"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


@pytest.fixture
async def path(ground: Ground, world: World, clock: HandClock) -> str:
    """The actions of a server that was made, stopped and started."""
    server = await ground.boot(world)
    for action in ("os-stop", "os-start"):
        clock.advance(10)
        await ground.red.post(f"{SERVERS}/{server}/action", json={action: None})
        await world.settle()
    return f"{SERVERS}/{server}/os-instance-actions"


async def _answer(ground: Ground, path: str, minor: int, /, **query: Any) -> httpx.Response:
    return await ground.red.get(path, params=query, headers=at(minor))


async def _listed(ground: Ground, path: str, minor: int, /, **query: Any) -> list[str]:
    answer = await _answer(ground, path, minor, **query)
    assert answer.status_code == 200, answer.text
    return [one["action"] for one in answer.json()["instanceActions"]]


async def test_pages_are_linked(ground: Ground, path: str) -> None:
    seen = []
    following = f"{path}?limit=1"
    for _ in range(3):
        body = (await ground.red.get(following, headers=at(58))).json()
        seen += [one["action"] for one in body["instanceActions"]]
        assert [link["rel"] for link in body["links"]] == ["next"]
        following = body["links"][0]["href"].partition("cloud.test")[2]
    assert seen == ["start", "stop", "create"]
    last = (await ground.red.get(following, headers=at(58))).json()
    assert last == {"instanceActions": []}
    assert "links" not in (await _answer(ground, path, 58)).json()
    assert (await _answer(ground, path, 58, marker="req-unknown")).status_code == 400


async def test_actions_by_the_time_of_their_last_change(ground: Ground, path: str) -> None:
    actions = (await _answer(ground, path, 58)).json()["instanceActions"]
    changed = [one["updated_at"] for one in actions]
    assert await _listed(ground, path, 58, **{"changes-since": changed[1]}) == ["start", "stop"]
    assert await _listed(ground, path, 66, **{"changes-before": changed[1]}) == ["stop", "create"]
    assert await _listed(ground, path, 66, **{"changes-since": changed[1], "changes-before": changed[1]}) == ["stop"]
    assert await _listed(ground, path, 58, **{"changes-since": "2100-01-01T00:00:00Z"}) == []
    assert await _listed(ground, path, 66, **{"changes-before": "2001-01-01T00:00:00Z"}) == []
    backwards = {"changes-since": changed[0], "changes-before": changed[2]}
    assert (await _answer(ground, path, 66, **backwards)).status_code == 400


async def test_what_each_microversion_takes(ground: Ground, path: str) -> None:
    everything = {"limit": "1", "marker": "x", "changes-since": "x", "changes-before": "x", "colour": "x"}
    assert await _listed(ground, path, 57, **everything) == ["start", "stop", "create"], "ignored before 2.58"
    assert await _listed(ground, path, 58, limit="0") == []
    for minor, query in (
        (58, {"colour": "x"}), (58, {"changes-before": "2001-01-01T00:00:00Z"}), (58, {"changes-since": "never"}),
        (66, {"changes-before": ""}), (58, {"limit": "-1"}), (58, {"limit": ["1", "2"]}), (58, {"marker": ["x", "y"]}),
    ):  # fmt: skip
        assert (await _answer(ground, path, minor, **query)).status_code == 400, (minor, query)
