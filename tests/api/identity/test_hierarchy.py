"""Projects below projects, shown with those around them."""

from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud

V3 = "/identity/v3"


async def make_chain(admin: httpx.AsyncClient, *names: str) -> list[str]:
    """A project for each name, each below the one before; gives back their ids."""
    made: list[str] = []
    for name in names:
        body = {"name": name} | ({"parent_id": made[-1]} if made else {})
        answer = await admin.post(f"{V3}/projects", json={"project": body})
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["project"]["id"])
    return made


async def around(client: httpx.AsyncClient, project_id: str, query: str) -> Any:
    answer = await client.get(f"{V3}/projects/{project_id}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["project"]


async def test_a_project_alone_has_its_domain_above_and_nothing_below(cloud: Cloud) -> None:
    member, red = await cloud.client_for("red-member"), cloud.people["red-member"].project_id
    shown = await around(member, red, "parents_as_ids&subtree_as_ids")
    assert (shown["parents"], shown["subtree"]) == ({"default": None}, None)
    shown = await around(member, red, "parents_as_list&subtree_as_list=1")
    assert (shown["parents"], shown["subtree"]) == ([], [])
    shown = await around(member, red, "parents_as_ids=0&subtree_as_list=0")
    assert shown.keys().isdisjoint({"parents", "subtree"})


async def test_ids_nest_as_the_projects_do(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    top, middle, leaf = await make_chain(admin, "top", "middle", "leaf")
    answer = await admin.post(f"{V3}/projects", json={"project": {"name": "other", "parent_id": top}})
    other = answer.json()["project"]["id"]
    shown = await around(admin, leaf, "parents_as_ids=true&subtree_as_ids=true")
    assert (shown["parents"], shown["subtree"]) == ({middle: {top: {"default": None}}}, None)
    shown = await around(admin, top, "subtree_as_ids")
    assert shown["subtree"] == {middle: {leaf: None}, other: None}
    assert "parents" not in shown
    shown = await around(admin, middle, "parents_as_ids&subtree_as_ids")
    assert (shown["parents"], shown["subtree"]) == ({top: {"default": None}}, {leaf: None})


async def test_lists_hold_the_projects_on_which_the_caller_has_a_role(cloud: Cloud) -> None:
    admin, root = await cloud.client_for("admin"), cloud.people["admin"].user_id
    top, middle, leaf = await make_chain(admin, "top", "middle", "leaf")
    for project in (top, leaf):
        await admin.put(f"{V3}/projects/{project}/users/{root}/roles/{cloud.roles['reader']}")
    shown = await around(admin, leaf, "parents_as_list")
    assert [each["project"]["name"] for each in shown["parents"]] == ["top"]
    assert shown["parents"][0]["project"] == (await admin.get(f"{V3}/projects/{top}")).json()["project"]
    shown = await around(admin, top, "subtree_as_list&parents_as_list")
    assert [each["project"]["id"] for each in shown["subtree"]] == [leaf]
    shown = await around(admin, middle, "parents_as_list&subtree_as_ids")
    assert ([each["project"]["id"] for each in shown["parents"]], shown["subtree"]) == ([top], {leaf: None})


@pytest.mark.parametrize(
    "query",
    ["parents_as_ids&parents_as_list", "subtree_as_list=1&subtree_as_ids=true", "include_limits&parents_as_list"],
)
async def test_what_does_not_go_together_is_refused(cloud: Cloud, query: str) -> None:
    member, red = await cloud.client_for("red-member"), cloud.people["red-member"].project_id
    assert (await member.get(f"{V3}/projects/{red}?{query}")).status_code == 400


@pytest.mark.parametrize("name", ["parents_as_ids", "parents_as_list", "subtree_as_ids", "subtree_as_list"])
async def test_another_project_stays_unseen(cloud: Cloud, name: str) -> None:
    member, blue = await cloud.client_for("red-member"), cloud.people["blue-member"].project_id
    assert (await member.get(f"{V3}/projects/{blue}?{name}")).status_code == 403
    admin = await cloud.client_for("admin")
    assert (await admin.get(f"{V3}/projects/{'0' * 32}?{name}")).status_code == 404


async def test_projects_nest_five_deep(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    deepest = (await make_chain(admin, *"abcde"))[-1]
    answer = await admin.post(f"{V3}/projects", json={"project": {"name": "f", "parent_id": deepest}})
    assert answer.status_code == 403
    assert "Max hierarchy depth" in answer.text
