"""Domains, projects, users, roles and assignments."""

from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud, login

V3 = "/identity/v3"


async def make(client: httpx.AsyncClient, noun: str, **fields: Any) -> dict[str, Any]:
    answer = await client.post(f"{V3}/{noun}s", json={noun: fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()[noun]
    return made


@pytest.mark.parametrize(
    ("noun", "fields", "change"),
    [
        ("domain", {"name": "labs", "description": "d"}, {"description": "e", "enabled": False}),
        ("project", {"name": "green", "description": "d", "tags": ["a"]}, {"name": "greener", "enabled": False}),
        ("user", {"name": "ann", "email": "ann@example.org"}, {"name": "anna", "description": "x"}),
        ("role", {"name": "auditor"}, {"name": "inspector", "description": "looks"}),
    ],
)
async def test_make_show_find_change_delete(
    cloud: Cloud, noun: str, fields: dict[str, Any], change: dict[str, Any]
) -> None:
    admin = await cloud.client_for("admin")
    made = await make(admin, noun, **fields)
    assert {name: made[name] for name in fields} == fields
    path = f"{V3}/{noun}s/{made['id']}"
    assert (await admin.get(path)).json()[noun] == made
    assert (await admin.get(f"{V3}/{noun}s?name={fields['name']}")).json()[f"{noun}s"] == [made]
    assert (await admin.get(f"{V3}/{noun}s?name=nothing")).json()[f"{noun}s"] == []
    again = await admin.post(f"{V3}/{noun}s", json={noun: fields})
    assert again.status_code == 409
    changed = (await admin.patch(path, json={noun: change})).json()[noun]
    assert changed == {**made, **change}
    assert (await admin.get(path)).json()[noun] == changed
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    assert (await admin.patch(path, json={noun: change})).status_code == 404
    assert (await admin.delete(path)).status_code == 404


WRITES = [
    ("POST", "/domains", {"domain": {"name": "x"}}),
    ("PATCH", "/domains/default", {"domain": {"description": "x"}}),
    ("DELETE", "/domains/default", None),
    ("POST", "/projects", {"project": {"name": "x"}}),
    ("PATCH", "/projects/{project}", {"project": {"name": "x"}}),
    ("DELETE", "/projects/{project}", None),
    ("POST", "/users", {"user": {"name": "x"}}),
    ("PATCH", "/users/{user}", {"user": {"enabled": True}}),
    ("DELETE", "/users/{user}", None),
    ("POST", "/roles", {"role": {"name": "x"}}),
    ("PATCH", "/roles/{role}", {"role": {"name": "x"}}),
    ("DELETE", "/roles/{role}", None),
    ("PUT", "/projects/{project}/users/{user}/roles/{role}", None),
    ("DELETE", "/projects/{project}/users/{user}/roles/{role}", None),
    ("PUT", "/system/users/{user}/roles/{role}", None),
    ("PUT", "/domains/default/users/{user}/roles/{role}", None),
    ("GET", "/projects", None),
    ("GET", "/users", None),
    ("GET", "/domains", None),
    ("GET", "/roles", None),
    ("GET", "/role_assignments", None),
    ("GET", "/services", None),
    ("GET", "/endpoints", None),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
@pytest.mark.parametrize("who", ["red-member", "red-reader"])
async def test_only_an_admin_may(cloud: Cloud, who: str, method: str, path: str, body: Any) -> None:
    """Also on one's own user and project: nobody raises his own rights."""
    person = cloud.people[who]
    filled = path.format(project=person.project_id, user=person.user_id, role=cloud.roles["admin"])
    client = await cloud.client_for(who)
    assert (await client.request(method, V3 + filled, json=body)).status_code == 403


async def test_one_sees_oneself_and_ones_project_and_no_other(cloud: Cloud) -> None:
    client, red, blue = await cloud.client_for("red-reader"), cloud.people["red-reader"], cloud.people["blue-reader"]
    assert (await client.get(f"{V3}/users/{red.user_id}")).status_code == 200
    assert (await client.get(f"{V3}/projects/{red.project_id}")).status_code == 200
    assert (await client.get(f"{V3}/users/{red.user_id}/projects")).json()["projects"][0]["name"] == "red"
    assert (await client.get(f"{V3}/domains/default")).status_code == 200
    for there in (f"users/{blue.user_id}", f"projects/{blue.project_id}", f"users/{blue.user_id}/projects"):
        strange = await client.get(f"{V3}/{there}")
        missing = await client.get(f"{V3}/{there.replace(blue.user_id, 'x' * 32).replace(blue.project_id, 'y' * 32)}")
        assert strange.status_code == missing.status_code == 403
        assert strange.text == missing.text


async def test_a_password_is_never_shown(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    made = await make(admin, "user", name="ann", password="very secret")
    assert "password" not in made
    for answer in (await admin.get(f"{V3}/users"), await admin.get(f"{V3}/users/{made['id']}")):
        assert "very secret" not in answer.text
        assert "argon2" not in answer.text


async def test_makers_attributes_are_kept_and_merged(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    made = await make(admin, "user", name="ann", desk="5", floor=2)
    assert (made["desk"], made["floor"]) == ("5", 2)
    path = f"{V3}/users/{made['id']}"
    changed = (await admin.patch(path, json={"user": {"desk": "6"}})).json()["user"]
    assert (changed["desk"], changed["floor"]) == ("6", 2)
    assert (await admin.patch(path, json={"user": {"id": made["id"], "desk": "6"}})).status_code == 200
    assert (await admin.patch(path, json={"user": {"id": "other"}})).status_code == 400
    assert (await admin.post(f"{V3}/users", json={"user": {"id": "mine", "name": "x"}})).status_code == 400


async def test_an_admin_sets_a_password_and_the_old_one_ends(cloud: Cloud) -> None:
    admin, person = await cloud.client_for("admin"), cloud.people["red-member"]
    client = await cloud.client_for("red-member")
    change = {"user": {"password": "from the admin"}}
    assert (await admin.patch(f"{V3}/users/{person.user_id}", json=change)).status_code == 200
    assert (await client.get(f"{V3}/auth/projects")).status_code == 401
    anonymous = cloud.anonymous()
    old = await anonymous.post(f"{V3}/auth/tokens", json=login(person.name, person.password))
    new = await anonymous.post(f"{V3}/auth/tokens", json=login(person.name, "from the admin"))
    assert (old.status_code, new.status_code) == (401, 201)


async def test_projects_below_projects(cloud: Cloud) -> None:
    admin, person = await cloud.client_for("admin"), cloud.people["red-member"]
    child = await make(admin, "project", name="child", parent_id=person.project_id)
    assert (child["parent_id"], child["domain_id"]) == (person.project_id, "default")
    assert (await admin.delete(f"{V3}/projects/{person.project_id}")).status_code == 409
    found = (await admin.get(f"{V3}/projects?parent_id={person.project_id}")).json()["projects"]
    assert [project["name"] for project in found] == ["child"]
    missing = await admin.post(f"{V3}/projects", json={"project": {"name": "x", "parent_id": "nothing"}})
    assert missing.status_code == 404


async def test_tags_of_a_project(cloud: Cloud) -> None:
    admin, person = await cloud.client_for("admin"), cloud.people["red-member"]
    path = f"{V3}/projects/{person.project_id}/tags"
    assert (await admin.put(f"{path}/one")).status_code == 201
    assert (await admin.put(f"{path}/one")).status_code == 201
    assert (await admin.head(f"{path}/one")).status_code == (await admin.get(f"{path}/one")).status_code == 204
    assert (await admin.head(f"{path}/two")).status_code == 404
    assert (await admin.put(path, json={"tags": ["b", "a", "b"]})).json() == {"tags": ["b", "a"]}
    assert (await admin.put(path, json={"tags": ["a,b"]})).status_code == 400
    assert (await admin.put(f"{path}/a,b")).status_code == 400
    assert (await admin.put(path, json={"tags": [str(number) for number in range(81)]})).status_code == 400
    assert (await admin.delete(f"{path}/b")).status_code == 204
    assert (await admin.delete(f"{path}/b")).status_code == 404
    member = await cloud.client_for("red-member")
    assert (await member.get(path)).json() == {"tags": ["a"]}
    assert (await member.put(f"{path}/mine")).status_code == 403
    assert (await admin.delete(path)).status_code == 204
    assert (await member.get(path)).json() == {"tags": []}


async def test_the_same_name_in_two_domains(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    labs = await make(admin, "domain", name="labs")
    user = await make(admin, "user", name="red-member", domain_id=labs["id"], password="of the labs")
    assert user["domain_id"] == labs["id"]
    answer = await cloud.anonymous().post(
        f"{V3}/auth/tokens", json=login("red-member", "of the labs", domain=labs["id"])
    )
    assert answer.json()["token"]["user"]["id"] == user["id"]


async def test_a_domain_is_deleted_disabled_and_empty(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    labs = await make(admin, "domain", name="labs")
    path = f"{V3}/domains/{labs['id']}"
    user = await make(admin, "user", name="ann", domain_id=labs["id"])
    assert (await admin.delete(path)).status_code == 403
    await admin.patch(path, json={"domain": {"enabled": False}})
    assert (await admin.delete(path)).status_code == 409
    await admin.delete(f"{V3}/users/{user['id']}")
    assert (await admin.delete(path)).status_code == 204


async def test_roles_that_rights_hang_on_stay(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    for role_id in cloud.roles.values():
        assert (await admin.delete(f"{V3}/roles/{role_id}")).status_code == 403
        assert (await admin.patch(f"{V3}/roles/{role_id}", json={"role": {"name": "x"}})).status_code == 403
    implied = (await admin.get(f"{V3}/roles/{cloud.roles['admin']}/implies")).json()["role_inference"]["implies"]
    assert sorted(role["name"] for role in implied) == ["manager", "member", "reader"]


async def test_assignments_are_made_checked_listed_and_taken_away(cloud: Cloud) -> None:
    admin, red, blue = await cloud.client_for("admin"), cloud.people["red-member"], cloud.people["blue-member"]
    base = f"{V3}/projects/{blue.project_id}/users/{red.user_id}/roles"
    path = f"{base}/{cloud.roles['reader']}"
    assert (await admin.head(path)).status_code == 404
    assert (await admin.put(path)).status_code == 204
    assert (await admin.put(path)).status_code == 204
    assert (await admin.head(path)).status_code == (await admin.get(path)).status_code == 204
    assert [role["name"] for role in (await admin.get(base)).json()["roles"]] == ["reader"]
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.delete(path)).status_code == 404


@pytest.mark.parametrize("missing", ["project", "user", "role"])
async def test_an_assignment_needs_all_three_ends(cloud: Cloud, missing: str) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"]
    ends = {"project": red.project_id, "user": red.user_id, "role": cloud.roles["reader"], missing: "nothing"}
    path = f"{V3}/projects/{ends['project']}/users/{ends['user']}/roles/{ends['role']}"
    assert (await admin.put(path)).status_code == 404


async def test_listing_assignments(cloud: Cloud) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"]

    async def assigned(query: str) -> list[Any]:
        answer = await admin.get(f"{V3}/role_assignments?{query}")
        assert answer.status_code == 200, answer.text
        return list(answer.json()["role_assignments"])

    plain = await assigned(f"user.id={red.user_id}")
    assert [(each["role"]["id"], each["scope"]["project"]["id"]) for each in plain] == [
        (cloud.roles["member"], red.project_id)
    ]
    named = await assigned(f"user.id={red.user_id}&effective&include_names=true")
    assert sorted(each["role"]["name"] for each in named) == ["member", "reader"]
    assert named[0]["user"]["name"] == "red-member"
    assert named[0]["scope"]["project"]["domain"] == {"id": "default", "name": "Default"}
    system = await assigned("scope.system=all")
    assert [each["user"]["id"] for each in system] == [cloud.people["admin"].user_id]
    on_red = await assigned(f"scope.project.id={red.project_id}&role.id={cloud.roles['reader']}&effective=true")
    assert len(on_red) == 2
    both = await admin.get(f"{V3}/role_assignments?scope.system=all&scope.project.id={red.project_id}")
    assert both.status_code == 400


async def test_a_reader_of_the_system_sees_all_and_changes_nothing(cloud: Cloud) -> None:
    admin, person = await cloud.client_for("admin"), cloud.people["red-reader"]
    await admin.put(f"{V3}/system/users/{person.user_id}/roles/{cloud.roles['reader']}")
    answer = await cloud.anonymous().post(
        f"{V3}/auth/tokens", json=login(person.name, person.password, scope={"system": {"all": True}})
    )
    client = cloud.anonymous(**{"x-auth-token": answer.headers["x-subject-token"]})
    for path in ("users", "projects", "roles", "role_assignments", "services", "endpoints", "domains"):
        assert (await client.get(f"{V3}/{path}")).status_code == 200
    assert (await client.post(f"{V3}/roles", json={"role": {"name": "x"}})).status_code == 403


async def test_the_catalogue_is_shown_in_parts(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    service = (await admin.get(f"{V3}/services?type=compute")).json()["services"][0]
    assert (await admin.get(f"{V3}/services/{service['id']}")).json()["service"] == service
    endpoints = (await admin.get(f"{V3}/endpoints?service_id={service['id']}&interface=public")).json()["endpoints"]
    assert [each["url"] for each in endpoints] == ["http://cloud.test/compute/v2.1"]
    assert (await admin.get(f"{V3}/endpoints/{endpoints[0]['id']}")).json()["endpoint"] == endpoints[0]
    assert (await admin.get(f"{V3}/regions")).json()["regions"][0]["id"] == "RegionOne"
    assert (await admin.get(f"{V3}/services/nothing")).status_code == 404
