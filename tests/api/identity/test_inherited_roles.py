"""Roles that hold on all projects below a domain or a project: what they are good for, and when that ends."""

from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.identity.test_groups import make_group
from tests.api.identity.test_hierarchy import make_chain
from tests.api.identity.test_roles import V3, ask_token, effective, make_domain, make_role, make_user

BASE = "http://cloud.test"


def inherited(where: str, role_id: str) -> str:
    return f"{V3}/OS-INHERIT/{where}/roles/{role_id}/inherited_to_projects"


async def roles_on(cloud: Cloud, project_id: str) -> list[str] | None:
    """Of ann's token for the project; None when she gets none."""
    answer = await ask_token(cloud, "ann", {"project": {"id": project_id}})
    if answer.status_code == 401:
        return None
    return [each["name"] for each in answer.json()["token"]["roles"]]


async def listed(admin: httpx.AsyncClient, query: str) -> list[Any]:
    answer = await admin.get(f"{V3}/role_assignments?{query}")
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["role_assignments"]
    return found


@pytest.mark.parametrize("kind", ["domain", "project"])
@pytest.mark.parametrize("holder", ["user", "group"])
async def test_it_holds_below_and_not_on_what_it_was_made_on(cloud: Cloud, kind: str, holder: str) -> None:
    admin = await cloud.client_for("admin")
    top, middle, leaf = await make_chain(admin, "top", "middle", "leaf")
    user, group = await make_user(admin, "ann"), await make_group(admin)
    await admin.put(f"{V3}/groups/{group}/users/{user}")
    target = f"projects/{top}" if kind == "project" else "domains/default"
    path = inherited(f"{target}/{holder}s/{user if holder == 'user' else group}", cloud.roles["member"])
    assert (await admin.get(path)).status_code == (await admin.delete(path)).status_code == 404
    assert [(await admin.put(path)).status_code for _ in range(2)] == [204, 204]
    assert (await admin.head(path)).status_code == (await admin.get(path)).status_code == 204
    below = [middle, leaf] + ([top] if kind == "domain" else [])
    for project in (top, middle, leaf):
        assert await roles_on(cloud, project) == (["member", "reader"] if project in below else None)
    assert (await ask_token(cloud, "ann", {"domain": {"id": "default"}})).status_code == 401
    token = await ask_token(cloud, "ann", {"project": {"id": leaf}})
    ann = cloud.anonymous(**{"x-auth-token": token.headers["x-subject-token"]})
    names = {each["id"] for each in (await ann.get(f"{V3}/auth/projects")).json()["projects"]}
    assert names & {top, middle, leaf} == set(below)
    assert (await ann.get(f"{V3}/auth/domains")).json()["domains"] == []
    assert (await ann.get("/compute/v2.1/servers")).status_code == 200
    assert (await admin.delete(path)).status_code == 204
    assert (await ann.get("/compute/v2.1/servers")).status_code == 401
    assert [await roles_on(cloud, project) for project in (top, middle, leaf)] == [None] * 3
    assert (await admin.delete(path)).status_code == 404


async def test_a_project_that_is_made_later_has_them_too(cloud: Cloud) -> None:
    admin, labs = await cloud.client_for("admin"), await make_domain(await cloud.client_for("admin"), "labs")
    user = await make_user(admin, "ann")
    await admin.put(inherited(f"domains/{labs}/users/{user}", cloud.roles["reader"]))
    body = {"project": {"name": "p", "domain_id": labs}}
    made = (await admin.post(f"{V3}/projects", json=body)).json()["project"]["id"]
    (elsewhere,) = await make_chain(admin, "elsewhere")
    assert (await roles_on(cloud, made), await roles_on(cloud, elsewhere)) == (["reader"], None)


async def test_an_inherited_assignment_is_beside_the_plain_one(cloud: Cloud) -> None:
    """The same role on the same target: each is made, listed and taken away by itself."""
    admin = await cloud.client_for("admin")
    user, reader = await make_user(admin, "ann"), cloud.roles["reader"]
    plain, below = f"{V3}/domains/default/users/{user}/roles", f"{V3}/OS-INHERIT/domains/default/users/{user}/roles"
    await admin.put(f"{below}/{reader}/inherited_to_projects")
    assert (await admin.head(f"{plain}/{reader}")).status_code == 404
    assert (await admin.get(plain)).json()["roles"] == []
    assert [each["name"] for each in (await admin.get(f"{below}/inherited_to_projects")).json()["roles"]] == ["reader"]
    await admin.put(f"{plain}/{reader}")
    flags = [each["scope"].get("OS-INHERIT:inherited_to") for each in await listed(admin, f"user.id={user}")]
    assert flags == [None, "projects"]
    await admin.delete(f"{below}/{reader}/inherited_to_projects")
    assert (await admin.head(f"{plain}/{reader}")).status_code == 204
    assert len(await listed(admin, f"user.id={user}")) == 1


async def test_lists_say_what_is_inherited_and_from_where(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    top, leaf = await make_chain(admin, "top", "leaf")
    user, group = await make_user(admin, "ann"), await make_group(admin)
    await admin.put(f"{V3}/groups/{group}/users/{user}")
    given = inherited(f"projects/{top}/groups/{group}", cloud.roles["member"])
    await admin.put(given)
    (made,) = await listed(admin, f"group.id={group}")
    assert made["scope"] == {"project": {"id": top}, "OS-INHERIT:inherited_to": "projects"}
    assert made["links"] == {"assignment": BASE + given}
    held = await listed(admin, f"user.id={user}&effective")
    assert [each["scope"]["project"]["id"] for each in held] == [leaf, leaf]
    of_role = {each["role"]["id"]: each for each in held}
    links = {"assignment": BASE + given, "membership": f"{BASE}{V3}/groups/{group}/users/{user}"}
    assert of_role[cloud.roles["member"]]["links"] == links
    assert of_role[cloud.roles["member"]]["scope"]["OS-INHERIT:inherited_to"] == "projects"
    prior = {"prior_role": f"{BASE}{V3}/roles/{cloud.roles['member']}"}
    assert of_role[cloud.roles["reader"]]["links"] == links | prior
    assert await effective(admin, user, f"&scope.project.id={leaf}") == ["member", "reader"]
    assert await effective(admin, user, f"&scope.project.id={top}") == []
    own = f"{V3}/projects/{leaf}/users/{user}/roles/{cloud.roles['reader']}"
    await admin.put(own)
    (plain,) = await listed(admin, f"user.id={user}&effective&role.id={cloud.roles['reader']}")
    assert (plain["links"], "OS-INHERIT:inherited_to" in plain["scope"]) == ({"assignment": BASE + own}, False)
    for choice, count in (("projects", 2), ("none", 1)):
        query = f"user.id={user}&effective&scope.OS-INHERIT:inherited_to={choice}"
        assert len(await listed(admin, query)) == count
    assert len(await listed(admin, f"group.id={group}&scope.OS-INHERIT:inherited_to=projects")) == 1
    assert await listed(admin, f"group.id={group}&scope.OS-INHERIT:inherited_to=none") == []


async def test_a_subtree_is_the_project_and_all_below_it(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    top, middle, leaf = await make_chain(admin, "top", "middle", "leaf")
    user, reader = await make_user(admin, "ann"), cloud.roles["reader"]
    for path in (
        f"{V3}/projects/{top}/users/{user}/roles/{reader}",
        f"{V3}/projects/{leaf}/users/{user}/roles/{reader}",
        inherited(f"projects/{middle}/users/{user}", reader),
    ):
        assert (await admin.put(path)).status_code == 204

    async def where(project: str, more: str = "") -> list[str]:
        found = await listed(admin, f"user.id={user}&scope.project.id={project}&include_subtree{more}")
        return sorted(each["scope"]["project"]["id"] for each in found)

    assert await where(top) == sorted([top, middle, leaf])
    assert await where(middle) == sorted([middle, leaf])
    assert await where(top, "=0") == [top]
    assert await where(top, "&scope.OS-INHERIT:inherited_to=projects") == [middle]
    assert await where(top, "&effective") == sorted([top, leaf])
    assert await where(top, "&effective&scope.OS-INHERIT:inherited_to=projects") == [leaf]
    for wrong in ("include_subtree", "scope.domain.id=default&include_subtree"):
        assert (await admin.get(f"{V3}/role_assignments?{wrong}")).status_code == 400
    nothing = f"{V3}/role_assignments?scope.project.id={'0' * 32}&include_subtree"
    assert (await admin.get(nothing)).status_code == 404
    both = "effective&scope.domain.id=default&scope.OS-INHERIT:inherited_to=projects"
    assert (await admin.get(f"{V3}/role_assignments?{both}")).status_code == 400


async def test_a_role_of_a_domain_counts_inherited_through_what_it_implies(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    (project,) = await make_chain(admin, "top")
    user, role = await make_user(admin, "ann"), await make_role(admin, "admin", "default")
    assert (await admin.put(inherited(f"domains/default/users/{user}", role))).status_code == 204
    assert await roles_on(cloud, project) is None
    await admin.put(f"{V3}/roles/{role}/implies/{cloud.roles['reader']}")
    assert await roles_on(cloud, project) == ["reader"]


async def test_with_the_assignment_end_the_credentials_that_were_made_by_it(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    top, leaf = await make_chain(admin, "top", "leaf")
    user, reader = await make_user(admin, "ann"), cloud.roles["reader"]
    path = inherited(f"projects/{top}/users/{user}", reader)
    await admin.put(path)
    await admin.put(f"{V3}/projects/{top}/users/{user}/roles/{reader}")
    for project, name in ((top, "above"), (leaf, "below")):
        token = await ask_token(cloud, "ann", {"project": {"id": project}})
        ann = cloud.anonymous(**{"x-auth-token": token.headers["x-subject-token"]})
        body = {"application_credential": {"name": name}}
        made = await ann.post(f"{V3}/users/{user}/application_credentials", json=body)
        assert made.status_code == 201, made.text
    await admin.delete(path)
    left = (await admin.get(f"{V3}/users/{user}/application_credentials")).json()["application_credentials"]
    assert [each["name"] for each in left] == ["above"]


async def test_what_was_inherited_goes_with_its_target(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    (top,) = await make_chain(admin, "top")
    labs, user = await make_domain(admin, "labs"), await make_user(admin, "ann")
    for target in (f"projects/{top}", f"domains/{labs}"):
        assert (await admin.put(inherited(f"{target}/users/{user}", cloud.roles["reader"]))).status_code == 204
    assert (await admin.delete(f"{V3}/projects/{top}")).status_code == 204
    await admin.patch(f"{V3}/domains/{labs}", json={"domain": {"enabled": False}})
    assert (await admin.delete(f"{V3}/domains/{labs}")).status_code == 204
    assert await listed(admin, f"user.id={user}") == []


@pytest.mark.parametrize("name", ["red-member", "blue-member", "red-reader"])
async def test_only_admins_see_and_give_them(cloud: Cloud, name: str) -> None:
    """Those that are there as those that are not."""
    client, red = await cloud.client_for(name), cloud.people["red-member"]
    for user in (red.user_id, "0" * 32):
        for where in (f"domains/default/users/{user}", f"projects/{red.project_id}/groups/{user}"):
            path = inherited(where, cloud.roles["admin"])
            answers = [await client.put(path), await client.get(path), await client.delete(path)]
            assert [each.status_code for each in answers] == [403] * 3
        shown = await client.get(f"{V3}/OS-INHERIT/domains/default/users/{user}/roles/inherited_to_projects")
        assert shown.status_code == 403


async def test_what_is_not_there_is_not_found(cloud: Cloud) -> None:
    admin, red, reader = await cloud.client_for("admin"), cloud.people["red-member"], cloud.roles["reader"]
    for path in (
        inherited(f"domains/none/users/{red.user_id}", reader),
        inherited("domains/default/users/none", reader),
        inherited("domains/default/groups/none", reader),
        inherited(f"projects/none/users/{red.user_id}", reader),
        inherited(f"domains/default/users/{red.user_id}", "none"),
    ):
        assert (await admin.put(path)).status_code == (await admin.delete(path)).status_code == 404
    assert (
        await admin.get(f"{V3}/OS-INHERIT/domains/none/users/{red.user_id}/roles/inherited_to_projects")
    ).status_code == 404
