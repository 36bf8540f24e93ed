"""Groups of users: who is in them, what their roles are good for, and when that ends."""

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.identity.test_roles import V3, ask_token, effective, make_domain, make_role, make_user


async def make_group(admin: httpx.AsyncClient, name: str = "crew") -> str:
    answer = await admin.post(f"{V3}/groups", json={"group": {"name": name}})
    assert answer.status_code == 201, answer.text
    group_id: str = answer.json()["group"]["id"]
    return group_id


async def test_a_group_is_made_shown_changed_and_deleted(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    labs = await make_domain(admin, "labs")
    body = {"group": {"name": "crew", "domain_id": labs, "team": "blue"}}
    made = (await admin.post(f"{V3}/groups", json=body)).json()["group"]
    path = f"{V3}/groups/{made['id']}"
    assert (made["domain_id"], made["description"], made["team"]) == (labs, "", "blue")
    assert made["links"] == {"self": f"http://cloud.test{path}"}
    assert (await admin.post(f"{V3}/groups", json=body)).status_code == 409
    other = await make_group(admin)  # the name is the domain's
    for query, ids in (
        (f"domain_id={labs}", [made["id"]]),
        ("name=crew&domain_id=default", [other]),
        ("name__startswith=x", []),
    ):
        listed = (await admin.get(f"{V3}/groups?{query}")).json()["groups"]
        assert [each["id"] for each in listed] == ids
    change = {"group": {"name": "new", "description": None, "level": 3}}
    changed = (await admin.patch(path, json=change)).json()["group"]
    assert changed == {**made, "name": "new", "level": 3}
    assert (await admin.get(path)).json()["group"] == changed
    assert (await admin.patch(path, json={"group": {"domain_id": "default"}})).status_code == 400
    assert (await admin.post(f"{V3}/groups", json={"group": {}})).status_code == 400
    assert (await admin.post(f"{V3}/groups", json={"group": {"name": "x", "domain_id": "none"}})).status_code == 404
    await admin.patch(f"{V3}/domains/{labs}", json={"domain": {"enabled": False}})
    assert (await admin.delete(f"{V3}/domains/{labs}")).status_code == 409
    assert [(await admin.delete(path)).status_code for _ in range(2)] == [204, 404]
    assert (await admin.get(path)).status_code == 404
    assert (await admin.delete(f"{V3}/domains/{labs}")).status_code == 204


async def test_who_is_in_a_group(cloud: Cloud) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"]
    group, path = await make_group(admin), ""
    path = f"{V3}/groups/{group}/users/{red.user_id}"
    assert (await admin.head(path)).status_code == (await admin.delete(path)).status_code == 404
    assert [(await admin.put(path)).status_code for _ in range(2)] == [204, 204]
    assert (await admin.head(path)).status_code == (await admin.get(path)).status_code == 204
    users = (await admin.get(f"{V3}/groups/{group}/users")).json()["users"]
    assert [each["name"] for each in users] == ["red-member"]
    assert (await admin.get(f"{V3}/groups/{group}/users?name=other")).json()["users"] == []
    member = await cloud.client_for("red-member")
    assert [each["id"] for each in (await member.get(f"{V3}/users/{red.user_id}/groups")).json()["groups"]] == [group]
    assert (await member.head(path)).status_code == 204
    for nothing in (f"{V3}/groups/none/users/{red.user_id}", f"{V3}/groups/{group}/users/none"):
        assert (await admin.put(nothing)).status_code == (await admin.delete(nothing)).status_code == 404
    assert (await admin.delete(path)).status_code == 204
    assert (await member.get(f"{V3}/users/{red.user_id}/groups")).json()["groups"] == []


@pytest.mark.parametrize("kind", ["project", "domain", "system"])
@pytest.mark.parametrize("how", ["membership", "assignment", "group"])
async def test_a_role_of_a_group_is_its_users_until_it_is_taken_away(cloud: Cloud, kind: str, how: str) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"].project_id
    user, group = await make_user(admin, "ann"), await make_group(admin)
    where = {"project": f"projects/{red}", "domain": "domains/default", "system": "system"}[kind]
    scope = {"project": {"project": {"id": red}}, "domain": {"domain": {"id": "default"}}}.get(
        kind, {"system": {"all": True}}
    )
    role = f"{V3}/{where}/groups/{group}/roles/{cloud.roles['member']}"
    inside = f"{V3}/groups/{group}/users/{user}"
    assert (await admin.head(role)).status_code == 404
    assert (await admin.put(role)).status_code == 204
    assert (await ask_token(cloud, "ann", scope)).status_code == 401
    assert (await admin.put(inside)).status_code == 204
    answer = await ask_token(cloud, "ann", scope)
    assert [each["name"] for each in answer.json()["token"]["roles"]] == ["member", "reader"]
    ann = cloud.anonymous(**{"x-auth-token": answer.headers["x-subject-token"]})
    shown = (await ann.get(f"{V3}/auth/{kind if kind == 'system' else kind + 's'}")).json()
    assert len(shown["system" if kind == "system" else f"{kind}s"]) == 1
    assert (await admin.head(role)).status_code == 204
    listed = (await admin.get(f"{V3}/{where}/groups/{group}/roles")).json()["roles"]
    assert [each["name"] for each in listed] == ["member"]
    assert await effective(admin, user) == ["member", "reader"]
    gone = {"membership": inside, "assignment": role, "group": f"{V3}/groups/{group}"}[how]
    assert (await admin.delete(gone)).status_code == 204
    assert (await ann.get(f"{V3}/auth/projects")).status_code == 401
    assert (await ask_token(cloud, "ann", scope)).status_code == 401
    assert await effective(admin, user) == []


async def test_assignments_of_groups_are_listed_as_such_and_effective_ones_by_user(cloud: Cloud) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"].project_id
    user, group, reader = await make_user(admin, "ann"), await make_group(admin), cloud.roles["reader"]
    assignment = f"{V3}/projects/{red}/groups/{group}/roles/{reader}"
    for path in (assignment, f"{V3}/groups/{group}/users/{user}"):
        await admin.put(path)
    base = "http://cloud.test"
    (plain,) = (await admin.get(f"{V3}/role_assignments?group.id={group}&include_names")).json()["role_assignments"]
    assert plain["group"] == {"id": group, "name": "crew", "domain": {"id": "default", "name": "Default"}}
    assert "user" not in plain
    assert plain["links"] == {"assignment": base + assignment}
    asked = f"{V3}/role_assignments?scope.project.id={red}"
    assert [each["group"]["id"] for each in (await admin.get(asked)).json()["role_assignments"] if "group" in each] == [
        group
    ]
    assert (await admin.get(f"{V3}/role_assignments?user.id={user}")).json()["role_assignments"] == []
    (held,) = (await admin.get(f"{V3}/role_assignments?user.id={user}&effective")).json()["role_assignments"]
    assert held["user"] == {"id": user}
    assert held["links"] == {
        "assignment": base + assignment,
        "membership": f"{base}{V3}/groups/{group}/users/{user}",
    }
    own = f"{V3}/projects/{red}/users/{user}/roles/{reader}"
    await admin.put(own)
    (held,) = (await admin.get(f"{V3}/role_assignments?user.id={user}&effective")).json()["role_assignments"]
    assert held["links"] == {"assignment": base + own}
    for both in ("effective", f"user.id={user}"):
        assert (await admin.get(f"{V3}/role_assignments?group.id={group}&{both}")).status_code == 400


async def test_a_role_of_a_domain_counts_by_a_group_as_by_a_user(cloud: Cloud) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"].project_id
    user, group = await make_user(admin, "ann"), await make_group(admin)
    await admin.put(f"{V3}/groups/{group}/users/{user}")
    role = await make_role(admin, "admin", "default")
    assert (await admin.put(f"{V3}/projects/{red}/groups/{group}/roles/{role}")).status_code == 204
    assert (await admin.put(f"{V3}/system/groups/{group}/roles/{role}")).status_code == 400
    assert (await ask_token(cloud, "ann", {"project": {"id": red}})).status_code == 401


async def test_what_a_group_held_on_a_project_goes_with_it(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    group = await make_group(admin)
    project = (await admin.post(f"{V3}/projects", json={"project": {"name": "p"}})).json()["project"]["id"]
    await admin.put(f"{V3}/projects/{project}/groups/{group}/roles/{cloud.roles['member']}")
    assert (await admin.delete(f"{V3}/projects/{project}")).status_code == 204
    assert (await admin.get(f"{V3}/role_assignments?group.id={group}")).json()["role_assignments"] == []


@pytest.mark.parametrize("name", ["red-member", "blue-member", "red-reader"])
async def test_only_admins_see_and_change_groups(cloud: Cloud, name: str) -> None:
    """Members and readers see which ones they are in, and nothing else; those that are there as those that are not."""
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"].project_id
    client, person = await cloud.client_for(name), cloud.people[name]
    group, admins = await make_group(admin), cloud.people["admin"].user_id
    before = (await admin.get(f"{V3}/role_assignments")).json()["role_assignments"]
    role = cloud.roles["member"]
    for there in (group, "none"):
        for method, path in (
            *((method, f"groups/{there}") for method in ("GET", "PATCH", "DELETE")),
            *((method, f"groups/{there}/users/{admins}") for method in ("GET", "HEAD", "PUT", "DELETE")),
            *((method, f"groups/{there}/users/{person.user_id}") for method in ("PUT", "DELETE")),
            ("GET", f"groups/{there}/users"),
            *(
                (method, f"{where}/groups/{there}/roles/{role}")
                for method in ("GET", "HEAD", "PUT", "DELETE")
                for where in (f"projects/{red}", "domains/default", "system")
            ),
            ("GET", f"projects/{red}/groups/{there}/roles"),
            ("GET", "groups"),
            ("POST", "groups"),
            ("GET", f"users/{admins}/groups"),
        ):
            json = {"group": {"name": "x"}} if method in {"POST", "PATCH"} else None
            answer = await client.request(method, f"{V3}/{path}", json=json)
            assert answer.status_code == 403, (method, path, answer.text)
    assert (await client.get(f"{V3}/users/{person.user_id}/groups")).json()["groups"] == []
    assert (await admin.get(f"{V3}/role_assignments")).json()["role_assignments"] == before
