"""os-simple-tenant-usage: counted from the lives of servers, deleted ones too, by project and in pages."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.builder import Cloud, HandClock
from tests.api.compute.conftest import Ground
from tests.api.compute.world import World

USAGE = "/compute/v2.1/os-simple-tenant-usage"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


def moment(clock: HandClock, seconds: float = 0) -> str:
    return datetime.fromtimestamp(clock.now() / 1_000_000 + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


async def _usage(ground: Ground, project: str, minor: int = 1, **query: Any) -> Any:
    answer = await ground.red.get(f"{USAGE}/{project}", params=query, headers=at(minor))
    assert answer.status_code == 200, answer.text
    return answer.json()["tenant_usage"]


async def test_hours_are_those_that_servers_lived(ground: Ground, world: World, cloud: Cloud, clock: HandClock) -> None:
    project = cloud.people["red-member"].project_id
    start = moment(clock)
    gone = await ground.boot(world, "gone")
    clock.advance(1800)
    assert (await ground.red.delete(f"/compute/v2.1/servers/{gone}")).status_code == 204
    await world.settle()
    stays = await ground.boot(world, "stays")
    clock.advance(900)
    usage = await _usage(ground, project, start=start)
    by_name = {one["name"]: one for one in usage["server_usages"]}
    assert (by_name["gone"]["instance_id"], by_name["gone"]["state"]) == (gone, "terminated")
    assert (by_name["stays"]["instance_id"], by_name["stays"]["state"], by_name["stays"]["ended_at"]) == (
        stays,
        "active",
        None,
    )
    assert [round(by_name[name]["hours"], 3) for name in ("gone", "stays")] == [0.5, 0.25]
    assert by_name["gone"]["uptime"] == 1800
    assert [by_name["stays"][name] for name in ("vcpus", "memory_mb", "local_gb", "flavor")] == [1, 128, 1, "tiny"]
    assert round(usage["total_hours"], 3) == round(usage["total_vcpus_usage"], 3) == 0.75
    assert round(usage["total_memory_mb_usage"]) == 96
    for query in ({}, {"detailed": "1"}, {"detailed": "0"}):
        for minor in (1, 40):
            answer = await ground.admin.get(
                USAGE, params={"start": start, "end": usage["stop"], **query}, headers=at(minor)
            )
            (one,) = answer.json()["tenant_usages"]
            assert ("server_usages" in one) == (query == {"detailed": "1"})
            assert {
                name: value
                for name, value in one.items()
                if name.startswith("total") and value != pytest.approx(usage[name])
            } == {}
    half = await _usage(ground, project, start=moment(clock, -450))
    assert [(one["name"], round(one["hours"], 3)) for one in half["server_usages"]] == [("stays", 0.125)]
    assert await _usage(ground, project, start="2001-01-01T00:00:00", end="2001-01-02T00:00:00") == {}


async def test_a_server_that_never_ran_counts_nothing(
    ground: Ground, world: World, cloud: Cloud, clock: HandClock
) -> None:
    start = moment(clock)
    await ground.admin.put("/compute/v2.1/os-hosts/host-a", json={"status": "disable"})
    await ground.admin.put("/compute/v2.1/os-hosts/host-b", json={"status": "disable"})
    await ground.red.post("/compute/v2.1/servers", json=ground.body())
    await world.settle()
    clock.advance(100)
    assert await _usage(ground, cloud.people["red-member"].project_id, start=start) == {}
    assert (await ground.admin.get(USAGE, params={"start": start})).json() == {"tenant_usages": []}


async def test_pages_are_of_servers_from_2_40_on(ground: Ground, world: World, cloud: Cloud, clock: HandClock) -> None:
    project = cloud.people["red-member"].project_id
    start = moment(clock)
    made = [await ground.boot(world, name) for name in ("a", "b", "c")]
    clock.advance(1800)
    found: list[str] = []
    path: str | None = f"{USAGE}/{project}?start={start}&limit=2"
    while path:
        answer = (await ground.red.get(path, headers=at(40))).json()
        found += [one["instance_id"] for one in answer["tenant_usage"].get("server_usages", [])]
        path = answer["tenant_usage_links"][0]["href"] if "tenant_usage_links" in answer else None
    assert sorted(found) == sorted(made)
    listed = (await ground.admin.get(USAGE, params={"start": start, "limit": 2}, headers=at(40))).json()
    assert round(listed["tenant_usages"][0]["total_hours"], 3) == 1.0
    assert "marker=" in listed["tenant_usages_links"][0]["href"]
    assert (
        await ground.red.get(f"{USAGE}/{project}", params={"start": start, "marker": "x"}, headers=at(40))
    ).status_code == 400
    assert len((await _usage(ground, project, 39, start=start, limit=1))["server_usages"]) == 3


@pytest.mark.parametrize(
    "query",
    [{"start": "then"}, {"start": "2030-01-02T00:00:00", "end": "2030-01-01T00:00:00"}, {"start": "2030-01-01"}],
)
async def test_a_period_that_is_none_is_refused(ground: Ground, cloud: Cloud, query: dict[str, str]) -> None:
    project = cloud.people["red-member"].project_id
    assert (await ground.red.get(f"{USAGE}/{project}", params=query)).status_code == 400
    assert (await ground.admin.get(USAGE, params=query)).status_code == 400


async def test_a_period_that_is_not_named_is_this_moment(ground: Ground, world: World) -> None:
    await ground.boot(world)
    answer = await ground.admin.get(USAGE, params={"detailed": "1"})
    assert (answer.status_code, [one["total_hours"] for one in answer.json()["tenant_usages"]]) == (200, [0.0])


async def test_a_project_sees_its_own_usage_alone(ground: Ground, cloud: Cloud, clock: HandClock) -> None:
    red, start = cloud.people["red-member"].project_id, {"start": moment(clock, -10)}
    for client, status in ((ground.red, 200), (ground.reader, 200), (ground.admin, 200), (ground.blue, 403)):
        assert (await client.get(f"{USAGE}/{red}", params=start)).status_code == status
    assert (await ground.red.get(USAGE, params=start)).status_code == 403
    assert (await ground.red.get(f"{USAGE}/{red}", params={**start, "x": "1"}, headers=at(75))).status_code == 400


async def test_the_audit_log_tells_of_the_last_whole_month(ground: Ground) -> None:
    path = "/compute/v2.1/os-instance_usage_audit_log"
    log = (await ground.admin.get(f"{path}/2026-03-15 10:00:00")).json()["instance_usage_audit_log"]
    assert (log["period_beginning"], log["period_ending"]) == ("2026-02-01 00:00:00", "2026-03-01 00:00:00")
    assert (log["num_hosts"], log["num_hosts_done"], log["hosts_not_run"]) == (2, 0, ["host-a", "host-b"])
    first = (await ground.admin.get(f"{path}/2026-01-01 00:00:00")).json()["instance_usage_audit_log"]
    assert (first["period_beginning"], first["period_ending"]) == ("2025-11-01 00:00:00", "2025-12-01 00:00:00")
    assert (await ground.admin.get(path)).json()["instance_usage_audit_logs"]["log"] == {}
    for wrong in ("then", "0001-01-01 00:00:00"):
        assert (await ground.admin.get(f"{path}/{wrong}")).status_code == 400
    assert (await ground.red.get(path)).status_code == 403
