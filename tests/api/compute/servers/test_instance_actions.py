"""os-instance-actions by microversion: pages, times, and what is refused."""

from functools import partial
from typing import Any

import httpx
import pytest

from berthline.store.compute import hosts
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


async def test_what_waits_for_a_host_that_is_away_says_so(ground: Ground, world: World, clock: HandClock) -> None:
    """Until it is back, and does it. Its name is for admins."""
    server = await ground.boot(world)
    (host,) = [one.name for one in world.store.read_now(hosts.candidates) if one.running_vms]
    answers = partial(hosts.set_up, name=host, at=clock.now())
    away = world.away()
    await world.store.write(lambda connection: answers(connection, up=False))
    answer = await ground.red.post(f"{SERVERS}/{server}/action", json={"os-stop": None})
    assert answer.status_code == 202, answer.text
    request = answer.headers["x-openstack-request-id"]

    async def said(client: httpx.AsyncClient) -> list[str | None]:
        listed = (await client.get(f"{SERVERS}/{server}/os-instance-actions", headers=at(58))).json()["instanceActions"]
        shown = (await client.get(f"{SERVERS}/{server}/os-instance-actions/{request}", headers=at(58))).json()
        assert shown["instanceAction"]["message"] == listed[0]["message"]
        return [one["message"] for one in listed]

    words = "Waiting for {}, which does not answer: it is done once that is back."
    assert await said(ground.red) == [words.format("its host"), None]
    assert await said(ground.admin) == [words.format(f"host {host}"), None]
    now = (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]
    assert (now["status"], now["OS-EXT-STS:task_state"]) == ("ACTIVE", "powering-off")
    away.end()
    await world.store.write(lambda connection: answers(connection, up=True))
    await world.settle()
    assert await said(ground.admin) == [None, None]
    now = (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]
    assert (now["status"], now["OS-EXT-STS:task_state"]) == ("SHUTOFF", None)
