"""os-server-groups, and servers that are placed by their group."""

from collections import Counter
from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World

GROUPS = "/compute/v2.1/os-server-groups"
SERVERS = "/compute/v2.1/servers"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def make(client: httpx.AsyncClient, policy: str, minor: int = 100, **rules: Any) -> dict[str, Any]:
    """A group that was made."""
    item: dict[str, Any] = {"name": "g"} | ({"policy": policy} if minor >= 64 else {"policies": [policy]})
    if rules:
        item["rules"] = rules
    answer = await client.post(GROUPS, json={"server_group": item}, headers=at(minor))
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()["server_group"]
    return made


async def boot(ground: Ground, world: World, group: str, count: int = 1) -> httpx.Response:
    body = ground.body(min_count=count, max_count=count) | {"os:scheduler_hints": {"group": group}}
    answer = await ground.red.post(SERVERS, json=body, headers=LATEST)
    await world.settle()
    return answer


async def hosts_of(ground: Ground, group: str) -> Counter[str | None]:
    """How many members each host has; None: those without one."""
    found: Counter[str | None] = Counter()
    for server in (await ground.admin.get(f"{GROUPS}/{group}", headers=LATEST)).json()["server_group"]["members"]:
        shown = (await ground.admin.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
        found[shown["OS-EXT-SRV-ATTR:host"]] += 1
        assert shown["server_groups"] == [group]
        if shown["OS-EXT-SRV-ATTR:host"] is None:
            assert shown["status"] == "ERROR"
    return found


@pytest.mark.parametrize(
    ("minor", "keys"),
    [
        (1, {"id", "name", "members", "policies", "metadata"}),
        (13, {"id", "name", "members", "policies", "metadata", "project_id", "user_id"}),
        (64, {"id", "name", "members", "policy", "rules", "project_id", "user_id"}),
    ],
)
async def test_a_group_is_shown_as_its_microversion_has_it(ground: Ground, minor: int, keys: set[str]) -> None:
    made = await make(ground.red, "affinity", minor)
    assert set(made) == keys
    assert made["members"] == []
    shown = await ground.red.get(f"{GROUPS}/{made['id']}", headers=at(minor))
    assert shown.json() == {"server_group": made}
    assert (await ground.red.get(GROUPS, headers=at(minor))).json() == {"server_groups": [made]}


async def test_rules_are_shown_and_only_for_anti_affinity(ground: Ground) -> None:
    assert (await make(ground.red, "anti-affinity", max_server_per_host="3"))["rules"] == {"max_server_per_host": 3}
    assert (await make(ground.red, "anti-affinity"))["rules"] == {}


@pytest.mark.parametrize(
    ("minor", "item", "word"),
    [
        (1, {"name": "g", "policies": ["soft-affinity"]}, "policies"),
        (1, {"name": "g", "policies": []}, "policies"),
        (1, {"name": "g", "policies": ["affinity", "anti-affinity"]}, "policies"),
        (1, {"name": "g", "policy": "affinity"}, "policy"),
        (1, {"name": "g"}, "policies"),
        (63, {"name": "g", "policies": ["anti-affinity"], "rules": {"max_server_per_host": 2}}, "rules"),
        (64, {"name": "g", "policies": ["affinity"]}, "policies"),
        (64, {"name": "g"}, "policy"),
        (64, {"name": "g", "policy": "legacy"}, "policy"),
        (64, {"name": "", "policy": "affinity"}, "name"),
        (64, {"name": "g", "policy": "affinity", "rules": {"max_server_per_host": 2}}, "Only anti-affinity"),
        (64, {"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": 0}}, "max_server_per_host"),
        (64, {"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": True}}, "max_server_per_host"),
        (64, {"name": "g", "policy": "anti-affinity", "rules": {"more": 1}}, "more"),
    ],
)
async def test_what_is_wrong_is_named_and_makes_nothing(
    ground: Ground, minor: int, item: dict[str, Any], word: str
) -> None:
    answer = await ground.red.post(GROUPS, json={"server_group": item}, headers=at(minor))
    assert answer.status_code == 400
    assert word in answer.json()["badRequest"]["message"]
    assert (await ground.red.get(GROUPS, headers=LATEST)).json() == {"server_groups": []}


async def test_a_group_is_its_projects(ground: Ground) -> None:
    made = await make(ground.red, "affinity")
    nowhere = await ground.blue.get(f"{GROUPS}/{new_id()}", headers=LATEST)
    for verb in (ground.blue.get, ground.blue.delete):
        answer = await verb(f"{GROUPS}/{made['id']}", headers=LATEST)
        assert answer.status_code == nowhere.status_code == 404
        told = answer.json()["itemNotFound"]["message"]
        assert told == f"Instance group {made['id']} could not be found."
    assert (await ground.blue.get(f"{GROUPS}?all_projects", headers=LATEST)).json() == {"server_groups": []}
    everywhere = (await ground.admin.get(f"{GROUPS}?all_projects=1", headers=LATEST)).json()["server_groups"]
    assert [group["id"] for group in everywhere] == [made["id"]]
    assert (await ground.admin.get(GROUPS, headers=LATEST)).json() == {"server_groups": []}
    body = ground.body() | {"os:scheduler_hints": {"group": made["id"]}}
    answer = await ground.blue.post(SERVERS, json=body, headers=LATEST)
    assert answer.status_code == 400
    assert (await ground.reader.get(f"{GROUPS}/{made['id']}", headers=LATEST)).status_code == 200
    refused = await ground.reader.post(
        GROUPS, json={"server_group": {"name": "g", "policy": "affinity"}}, headers=LATEST
    )
    assert refused.status_code == 403
    assert (await ground.reader.delete(f"{GROUPS}/{made['id']}", headers=LATEST)).status_code == 403


async def test_groups_come_in_pages(ground: Ground) -> None:
    made = [(await make(ground.red, "affinity"))["id"] for _ in range(4)]

    async def page(query: str, minor: int = 100) -> httpx.Response:
        return await ground.red.get(f"{GROUPS}?{query}", headers=at(minor))

    for query, expected in (("limit=2", made[:2]), ("limit=2&offset=1", made[1:3]), ("offset=3", made[3:])):
        assert [group["id"] for group in (await page(query)).json()["server_groups"]] == expected
    for query in ("limit=x", "offset=-1", "marker=1"):
        assert (await page(query)).status_code == 400
    assert (await page("marker=1", 74)).status_code == 200


async def test_quotas_count_groups_and_members(ground: Ground, world: World) -> None:
    project = (await make(ground.red, "soft-affinity"))["project_id"]
    limits = {"quota_set": {"server_groups": 2, "server_group_members": 2}}
    answer = await ground.admin.put(f"/compute/v2.1/os-quota-sets/{project}", json=limits, headers=LATEST)
    assert answer.status_code == 200, answer.text
    group = (await make(ground.red, "soft-affinity"))["id"]
    body = {"server_group": {"name": "g", "policy": "affinity"}}
    full = await ground.red.post(GROUPS, json=body, headers=LATEST)
    assert (full.status_code, full.json()["forbidden"]["message"]) == (403, "Quota exceeded, too many server groups.")
    absolute = (await ground.red.get("/compute/v2.1/limits", headers=LATEST)).json()["limits"]["absolute"]
    assert (absolute["totalServerGroupsUsed"], absolute["maxServerGroups"]) == (2, 2)
    assert (await boot(ground, world, group, 2)).status_code == 202
    more = await boot(ground, world, group)
    assert (more.status_code, more.json()["forbidden"]["message"]) == (403, "Quota exceeded, too many servers in group")
    members = (await ground.red.get(f"{GROUPS}/{group}", headers=LATEST)).json()["server_group"]["members"]
    assert (await ground.red.delete(f"{SERVERS}/{members[0]}", headers=LATEST)).status_code == 204
    await world.settle()
    shown = (await ground.red.get(f"{GROUPS}/{group}", headers=LATEST)).json()["server_group"]
    assert shown["members"] == members[1:], "a deleted server is no member"
    assert (await boot(ground, world, group)).status_code == 202
    assert (await ground.red.delete(f"{GROUPS}/{group}", headers=LATEST)).status_code == 204
    assert (await ground.red.delete(f"{GROUPS}/{group}", headers=LATEST)).status_code == 404
    assert (await ground.red.post(GROUPS, json=body, headers=LATEST)).status_code == 200
    left = (await ground.red.get(f"{SERVERS}/{members[1]}", headers=LATEST)).json()["server"]
    assert (left["server_groups"], left["status"]) == ([], "ACTIVE")


@pytest.mark.parametrize(
    ("policy", "rules", "count", "expected"),
    [
        ("affinity", {}, 3, [3]),
        ("anti-affinity", {}, 2, [1, 1]),
        ("anti-affinity", {"max_server_per_host": 2}, 4, [2, 2]),
        ("soft-affinity", {}, 5, [4, 1]),
        ("soft-anti-affinity", {}, 4, [2, 2]),
    ],
)
async def test_servers_of_one_request_are_placed_by_their_group(
    ground: Ground, world: World, policy: str, rules: dict[str, int], count: int, expected: list[int]
) -> None:
    flavor = {"name": "wide", "id": "wide", "ram": 128, "vcpus": 4, "disk": 1}  # four of them fill a host
    await ground.admin.post("/compute/v2.1/flavors", json={"flavor": flavor})
    group = (await make(ground.red, policy, **rules))["id"]
    hints = {"os:scheduler_hints": {"group": [group]}}
    body = ground.body(min_count=count, max_count=count, flavorRef="wide") | hints
    answer = await ground.red.post(SERVERS, json=body, headers=LATEST)
    assert answer.status_code == 202, answer.text
    await world.settle()
    assert sorted((await hosts_of(ground, group)).values(), reverse=True) == expected


async def test_one_more_than_hosts_has_none_and_says_why(ground: Ground, world: World) -> None:
    group = (await make(ground.red, "anti-affinity"))["id"]
    await boot(ground, world, group, 2)
    body = ground.body() | {"os:scheduler_hints": {"group": group}}
    plan = await ground.admin.post(f"{SERVERS}?dry_run=true", json=ground.body(), headers=LATEST)
    assert plan.status_code == 200, "without the group there is room"
    assert (await ground.red.post(f"{SERVERS}?dry_run=true", json=body, headers=LATEST)).status_code == 409
    third = (await boot(ground, world, group)).json()["server"]["id"]
    fault = (await ground.admin.get(f"{SERVERS}/{third}", headers=LATEST)).json()["server"]["fault"]
    reason = "it has 1 of the servers of group g, and may have 1 (anti-affinity)"
    assert fault["details"] == f"host-a: {reason}; host-b: {reason}"
    assert "details" not in (await ground.red.get(f"{SERVERS}/{third}", headers=LATEST)).json()["server"]["fault"]
    assert (await hosts_of(ground, group)) == {"host-a": 1, "host-b": 1, None: 1}


async def test_hints_name_servers_to_be_with_and_away_from(ground: Ground, world: World) -> None:
    first = await ground.boot(world, "first")

    async def host_of(server: str) -> str:
        shown = (await ground.admin.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
        host: str = shown["OS-EXT-SRV-ATTR:host"]
        return host

    async def beside(**hints: Any) -> str:
        body = ground.body() | {"os:scheduler_hints": hints}
        answer = await ground.red.post(SERVERS, json=body, headers=LATEST)
        assert answer.status_code == 202, answer.text
        await world.settle()
        return await host_of(answer.json()["server"]["id"])

    home = await host_of(first)
    assert [await beside(same_host=first) for _ in range(3)] == [home] * 3
    assert [await beside(different_host=[first]) for _ in range(3)].count(home) == 0
    both = ground.body() | {"os:scheduler_hints": {"same_host": [first], "different_host": first}}
    refused = await ground.red.post(f"{SERVERS}?dry_run=1", json=both, headers=LATEST)
    assert refused.status_code == 409
    public = [{"op": "replace", "path": "/visibility", "value": "public"}]
    patch = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    shared = await ground.admin.patch(f"/image/v2/images/{ground.image}", json=public, headers=patch)
    assert shared.status_code == 200, shared.text
    other = ground.body(networks="none") | {"os:scheduler_hints": {"same_host": first}}
    hidden = await ground.blue.post(f"{SERVERS}?dry_run=1", json=other, headers=LATEST)
    assert (hidden.status_code, first in hidden.text) == (400, True)
    wrong = ground.body() | {"os:scheduler_hints": {"different_host": ["no-uuid"]}}
    assert (await ground.red.post(f"{SERVERS}?dry_run=1", json=wrong, headers=LATEST)).status_code == 400
