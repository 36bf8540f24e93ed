"""os-hypervisors by microversion: pages, names, servers, and physical sizes."""

from typing import Any

import msgspec
import pytest

from berthline.api.compute.hosts.known import uptime
from berthline.domain.ids import HostName, new_id
from berthline.placement.capacity import Overcommit, host_from_facts
from berthline.store.compute import hosts
from tests.api.builder import START, HandClock
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import FACTS, World

LISTS = ("/compute/v2.1/os-hypervisors", "/compute/v2.1/os-hypervisors/detail")


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def _listed(ground: Ground, path: str, minor: int, **query: Any) -> list[dict[str, Any]]:
    answer = await ground.admin.get(path, params=query, headers=at(minor))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["hypervisors"]
    return found


def _names(found: list[dict[str, Any]]) -> list[str]:
    return [one["hypervisor_hostname"] for one in found]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("minor", [33, 52, 53, 100])
async def test_pages(ground: Ground, path: str, minor: int) -> None:
    answer = (await ground.admin.get(path, params={"limit": "1"}, headers=at(minor))).json()
    assert _names(answer["hypervisors"]) == ["host-a"]
    (link,) = answer["hypervisors_links"]
    assert link["rel"] == "next"
    following = link["href"].partition("cloud.test")[2]
    assert following.startswith(path)
    answer = (await ground.admin.get(following, headers=at(minor))).json()
    assert _names(answer["hypervisors"]) == ["host-b"]
    marker = answer["hypervisors"][0]["id"]
    assert await _listed(ground, path, minor, marker=str(marker)) == []
    unknown = new_id() if minor >= 53 else "7"
    assert (await ground.admin.get(path, params={"marker": unknown}, headers=at(minor))).status_code == 400
    assert (await ground.admin.get(path, params={"limit": "x"}, headers=at(minor))).status_code == 400


@pytest.mark.parametrize("path", LISTS)
async def test_before_there_were_pages_their_parameters_are_ignored(ground: Ground, path: str) -> None:
    assert _names(await _listed(ground, path, 32, limit="1", marker="x")) == ["host-a", "host-b"]
    found = await _listed(ground, path, 52, with_servers="true", hypervisor_hostname_pattern="b", colour="red")
    assert _names(found) == ["host-a", "host-b"]
    assert "servers" not in found[0]


@pytest.mark.parametrize("path", LISTS)
async def test_what_is_refused_from_2_53(ground: Ground, path: str) -> None:
    for query in (
        {"colour": "red"}, {"with_servers": "maybe"}, {"limit": ["1", "2"]}, {"hypervisor_hostname_pattern": ""},
        {"hypervisor_hostname_pattern": "a b"}, {"hypervisor_hostname_pattern": "a", "limit": "1"},
        {"hypervisor_hostname_pattern": "a", "marker": new_id()},
    ):  # fmt: skip
        assert (await ground.admin.get(path, params=query, headers=LATEST)).status_code == 400, query


@pytest.mark.parametrize("path", LISTS)
async def test_hosts_by_part_of_their_name(ground: Ground, path: str) -> None:
    assert _names(await _listed(ground, path, 53, hypervisor_hostname_pattern="st-b")) == ["host-b"]
    assert _names(await _listed(ground, path, 53, hypervisor_hostname_pattern="host")) == ["host-a", "host-b"]
    answer = await ground.admin.get(path, params={"hypervisor_hostname_pattern": "st_b"}, headers=LATEST)
    assert answer.status_code == 404


async def test_servers_beside_their_hosts(ground: Ground, world: World) -> None:
    server = await ground.boot(world, "web")
    found = (await ground.admin.get(f"/compute/v2.1/servers/{server}", headers=LATEST)).json()["server"]
    host = found["OS-EXT-SRV-ATTR:host"]
    held = [{"name": "web", "uuid": server}]
    for path in LISTS:
        for minor, empty in ((53, None), (74, None), (75, [])):
            listed = await _listed(ground, path, minor, with_servers="true")
            shown = {one["hypervisor_hostname"]: one.get("servers") for one in listed}
            assert shown == {"host-a": empty, "host-b": empty} | {host: held}
            assert all("servers" not in one for one in await _listed(ground, path, minor, with_servers="no"))
    ids = {one["hypervisor_hostname"]: one["id"] for one in await _listed(ground, LISTS[0], 100)}
    one = f"{LISTS[0]}/{ids[host]}"
    assert (await ground.admin.get(one, params={"with_servers": "1"}, headers=LATEST)).json()["hypervisor"][
        "servers"
    ] == held
    assert "servers" not in (await ground.admin.get(one, headers=LATEST)).json()["hypervisor"]
    await ground.red.delete(f"/compute/v2.1/servers/{server}")
    await world.settle()
    listed = await _listed(ground, LISTS[0], 100, with_servers="true")
    assert [one["servers"] for one in listed] == [[], []]


async def test_before_2_53_a_part_of_the_path_is_a_part_of_names(ground: Ground, world: World) -> None:
    server = await ground.boot(world, "web")
    found = (await ground.admin.get(f"/compute/v2.1/servers/{server}", headers=LATEST)).json()["server"]
    home = found["OS-EXT-SRV-ATTR:host"]
    for verb in ("search", "servers"):
        path = f"{LISTS[0]}/{home[-3:]}/{verb}"
        listed = (await ground.admin.get(path, headers=at(52))).json()["hypervisors"]
        held = {"servers": [{"name": "web", "uuid": server}]} if verb == "servers" else {}
        assert len(listed) == 1
        assert listed[0] == {
            "id": listed[0]["id"], "hypervisor_hostname": home, "state": "up", "status": "enabled", **held
        }  # fmt: skip
        assert isinstance(listed[0]["id"], int)
        every = (await ground.admin.get(f"{LISTS[0]}/host/{verb}")).json()["hypervisors"]
        assert [one.get("servers") for one in every].count(None) == (1 if held else 2)
        none = await ground.admin.get(f"{LISTS[0]}/nowhere/{verb}")
        told = none.json()["itemNotFound"]["message"]
        assert (none.status_code, told) == (404, "No hypervisor matching 'nowhere' could be found.")
        assert (await ground.admin.get(path, headers=at(53))).status_code == 404
        assert (await ground.red.get(path)).status_code == 403


async def test_one_hypervisor_is_known_by_its_id(ground: Ground) -> None:
    path = LISTS[0]
    for minor in (52, 53):
        one = (await _listed(ground, path, minor))[1]
        answer = await ground.admin.get(f"{path}/{one['id']}", headers=at(minor))
        assert answer.json()["hypervisor"]["hypervisor_hostname"] == "host-b"
    for minor, wanted, status in ((52, "x", 404), (52, "7", 404), (53, "x", 400), (53, new_id(), 404)):
        assert (await ground.admin.get(f"{path}/{wanted}", headers=at(minor))).status_code == status
    assert (await ground.admin.get(f"{path}/{new_id()}?limit=1", headers=at(53))).status_code == 400


async def test_sizes_are_physical(ground: Ground, world: World) -> None:
    await ground.boot(world)
    found = await _listed(ground, LISTS[1], 87)
    assert {one["vcpus"] for one in found} == {FACTS.vcpus}
    assert {one["memory_mb"] for one in found} == {FACTS.memory_mb}
    assert {one["local_gb"] for one in found} == {FACTS.disk_gb}
    assert sorted(one["free_ram_mb"] for one in found) == [FACTS.memory_mb - 128, FACTS.memory_mb]
    sums = (await ground.admin.get(f"{LISTS[0]}/statistics", headers=at(87))).json()["hypervisor_statistics"]
    assert (sums["count"], sums["vcpus"], sums["memory_mb"]) == (2, 2 * FACTS.vcpus, 2 * FACTS.memory_mb)
    assert (sums["vcpus_used"], sums["free_ram_mb"]) == (1, 2 * FACTS.memory_mb - 128)
    service = (await ground.admin.get("/compute/v2.1/os-services", headers=LATEST)).json()["services"][0]["id"]
    await ground.admin.put(f"/compute/v2.1/os-services/{service}", json={"status": "disabled"}, headers=LATEST)
    sums = (await ground.admin.get(f"{LISTS[0]}/statistics", headers=at(87))).json()["hypervisor_statistics"]
    assert sums["count"] == 1, "hosts that are disabled do not count, as in Nova"


async def test_what_is_left_of_a_disk_is_what_is_free_there(ground: Ground, world: World, clock: HandClock) -> None:
    """As far as that is less than what its claims leave."""
    for free, least in ((None, FACTS.disk_gb), (FACTS.disk_gb + 7, FACTS.disk_gb), (3, 3)):
        facts = msgspec.structs.replace(FACTS, free_disk_gb=free)
        host = host_from_facts(HostName("host-a"), None, facts, Overcommit(), at=clock.now())
        await world.store.write(lambda connection, host=host: hosts.upsert(connection, host, clock.now()))  # type: ignore[misc]
        shown = (await _listed(ground, LISTS[1], 87))[0]
        assert (shown["free_disk_gb"], shown["disk_available_least"]) == (FACTS.disk_gb, least)


async def test_for_how_long_a_host_is_up(ground: Ground, world: World, clock: HandClock) -> None:
    ids = [one["id"] for one in await _listed(ground, LISTS[0], 53)]
    path = f"{LISTS[0]}/{ids[0]}/uptime"
    answer = await ground.admin.get(path, headers=at(87))
    assert (answer.status_code, "uptime" in answer.text) == (501, True)
    facts = msgspec.structs.replace(FACTS, up_seconds=3 * 86_400 + 2 * 3600 + 61)
    host = host_from_facts(HostName("host-a"), None, facts, Overcommit(), at=clock.now())
    await world.store.write(lambda connection: hosts.upsert(connection, host, clock.now()))
    for minor, known in ((1, None), (53, ids[0]), (87, ids[0])):
        wanted = known or (await _listed(ground, LISTS[0], minor))[0]["id"]
        answer = await ground.admin.get(f"{LISTS[0]}/{wanted}/uptime", headers=at(minor))
        shown = answer.json()["hypervisor"]
        assert set(shown) == {"id", "hypervisor_hostname", "state", "status", "uptime"}
        assert shown["uptime"].endswith(" up 3 days,  2:01")
    assert (await ground.admin.get(path, headers=at(88))).status_code == 404
    for detail in await _listed(ground, LISTS[1], 88):
        assert (detail["uptime"] is None) == (detail["hypervisor_hostname"] == "host-b")
    assert (await ground.red.get(path, headers=at(87))).status_code == 403
    assert (await ground.admin.get(f"{LISTS[0]}/{new_id()}/uptime", headers=at(87))).status_code == 404
    assert (await ground.admin.get(f"{LISTS[0]}/7x/uptime", headers=at(87))).status_code == 400
    await world.store.write(lambda connection: hosts.set_up(connection, HostName("host-a"), False, clock.now()))
    assert (await ground.admin.get(path, headers=at(87))).status_code == 400


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(59, "0 min"), (300, "5 min"), (3_600, " 1:00"), (86_400, "1 day, 0 min"), (172_799, "1 day, 23:59")],
)
def test_how_an_uptime_is_said(seconds: int, said: str) -> None:
    facts = msgspec.structs.replace(FACTS, up_seconds=seconds)
    host = host_from_facts(HostName("h"), None, facts, Overcommit(), at=START)
    assert str(uptime(host, START)).partition(" up ")[2] == said
