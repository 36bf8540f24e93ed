"""Roles of the cloud and of one domain, what implies what, and which of all these count."""

from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud, login

V3 = "/identity/v3"
BUILT_IN = ("admin", "manager", "member", "reader", "service")


async def make_role(admin: httpx.AsyncClient, name: str, domain: str | None = None) -> str:
    answer = await admin.post(f"{V3}/roles", json={"role": {"name": name, "domain_id": domain}})
    assert answer.status_code == 201, answer.text
    role_id: str = answer.json()["role"]["id"]
    return role_id


async def make_domain(admin: httpx.AsyncClient, name: str) -> str:
    answer = await admin.post(f"{V3}/domains", json={"domain": {"name": name}})
    domain_id: str = answer.json()["domain"]["id"]
    return domain_id


async def make_user(admin: httpx.AsyncClient, name: str) -> str:
    """A user of the default domain, whose password is its name."""
    answer = await admin.post(f"{V3}/users", json={"user": {"name": name, "password": name}})
    user_id: str = answer.json()["user"]["id"]
    return user_id


async def ask_token(cloud: Cloud, name: str, scope: Any) -> httpx.Response:
    return await cloud.anonymous().post(f"{V3}/auth/tokens", json=login(name, name, scope=scope))


async def effective(admin: httpx.AsyncClient, user_id: str, more: str = "") -> list[str]:
    answer = await admin.get(f"{V3}/role_assignments?user.id={user_id}&effective&include_names{more}")
    return sorted(each["role"]["name"] for each in answer.json()["role_assignments"])


@pytest.mark.parametrize("name", BUILT_IN)
async def test_a_role_of_a_domain_counts_for_nothing_whatever_its_name(cloud: Cloud, name: str) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"].project_id
    user, role = await make_user(admin, "ann"), await make_role(admin, name, "default")
    for where in (f"projects/{red}", "domains/default"):
        assert (await admin.put(f"{V3}/{where}/users/{user}/roles/{role}")).status_code == 204
    scopes: tuple[Any, ...] = ({"project": {"id": red}}, {"domain": {"id": "default"}}, {"system": {"all": True}})
    assert [(await ask_token(cloud, "ann", scope)).status_code for scope in scopes] == [401, 401, 401]
    assert await effective(admin, user) == []
    assert await effective(admin, user, f"&role.id={role}") == []
    plain = (await admin.get(f"{V3}/role_assignments?user.id={user}")).json()["role_assignments"]
    assert [each["role"]["id"] for each in plain] == [role, role]
    assert [each["id"] for each in (await admin.get(f"{V3}/projects/{red}/users/{user}/roles")).json()["roles"]] == [
        role
    ]
    unscoped = await ask_token(cloud, "ann", "unscoped")
    ann = cloud.anonymous(**{"x-auth-token": unscoped.headers["x-subject-token"]})
    for path in ("auth/projects", "auth/domains", f"users/{user}/projects"):
        assert (await ann.get(f"{V3}/{path}")).json()[path.rpartition("/")[2]] == []


@pytest.mark.parametrize("name", BUILT_IN)
async def test_beside_a_real_role_it_adds_nothing(cloud: Cloud, name: str) -> None:
    admin, red = await cloud.client_for("admin"), cloud.people["red-reader"]
    role = await make_role(admin, name, "default")
    await admin.put(f"{V3}/projects/{red.project_id}/users/{red.user_id}/roles/{role}")
    reader = await cloud.client_for("red-reader")
    own = await reader.get(f"{V3}/auth/tokens", headers={"x-subject-token": reader.headers["x-auth-token"]})
    assert own.json()["token"]["roles"] == [{"id": cloud.roles["reader"], "name": "reader"}]
    assert (await reader.get(f"{V3}/users")).status_code == 403
    assert (await reader.post(f"{V3}/roles", json={"role": {"name": "x"}})).status_code == 403
    image = {"name": "x", "disk_format": "raw", "container_format": "bare"}
    assert (await reader.post("/image/v2/images", json=image)).status_code == 403


async def test_it_counts_as_what_it_implies(cloud: Cloud) -> None:
    """Over several steps and through a circle; and no longer, at once, when one step is taken away."""
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"].project_id
    user = await make_user(admin, "ann")
    first, second = await make_role(admin, "operator", "default"), await make_role(admin, "helper", "default")
    await admin.put(f"{V3}/projects/{red}/users/{user}/roles/{first}")
    for prior, implied in ((first, second), (second, first), (second, cloud.roles["member"])):
        assert (await admin.put(f"{V3}/roles/{prior}/implies/{implied}")).status_code == 201
    answer = await ask_token(cloud, "ann", {"project": {"id": red}})
    assert [role["name"] for role in answer.json()["token"]["roles"]] == ["member", "reader"]
    assert await effective(admin, user) == ["member", "reader"]
    named = (await admin.get(f"{V3}/role_assignments?user.id={user}&effective")).json()["role_assignments"][0]
    assert named["links"]["assignment"].endswith(f"/projects/{red}/users/{user}/roles/{first}")
    assert named["links"]["prior_role"].endswith(f"/roles/{first}")
    ann = cloud.anonymous(**{"x-auth-token": answer.headers["x-subject-token"]})
    assert [project["id"] for project in (await ann.get(f"{V3}/auth/projects")).json()["projects"]] == [red]
    assert (await admin.delete(f"{V3}/roles/{second}/implies/{cloud.roles['member']}")).status_code == 204
    assert (await ann.get(f"{V3}/auth/projects")).status_code == 401
    assert await effective(admin, user) == []


async def test_implications_are_made_shown_and_taken_away(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    auditor, reader = await make_role(admin, "auditor"), cloud.roles["reader"]
    path = f"{V3}/roles/{auditor}/implies/{reader}"
    assert (await admin.head(path)).status_code == (await admin.get(path)).status_code == 404
    made = await admin.put(path)
    assert made.status_code == 201
    inference = made.json()["role_inference"]
    assert (inference["prior_role"]["name"], inference["implies"]["name"]) == ("auditor", "reader")
    assert inference["implies"]["links"]["self"].endswith(f"/identity/v3/roles/{reader}")
    assert (await admin.put(path)).status_code == 409
    assert (await admin.head(path)).status_code == 204
    assert (await admin.get(path)).json() == made.json()
    listed = (await admin.get(f"{V3}/roles/{auditor}/implies")).json()["role_inference"]
    assert [role["id"] for role in listed["implies"]] == [reader]
    everything = (await admin.get(f"{V3}/role_inferences")).json()["role_inferences"]
    assert [(each["prior_role"]["name"], [role["name"] for role in each["implies"]]) for each in everything] == [
        ("admin", ["manager", "member", "reader"]),
        ("auditor", ["reader"]),
        ("manager", ["member"]),
        ("member", ["reader"]),
    ]
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.delete(path)).status_code == 404
    await admin.put(path)
    assert (await admin.delete(f"{V3}/roles/{auditor}")).status_code == 204
    assert len((await admin.get(f"{V3}/role_inferences")).json()["role_inferences"]) == 3


async def test_what_may_not_be_implied(cloud: Cloud) -> None:
    """admin by anything, a role of a domain by one of the cloud; and what admin and member imply stays."""
    admin, roles = await cloud.client_for("admin"), cloud.roles
    wide, narrow = await make_role(admin, "auditor"), await make_role(admin, "auditor", "default")
    for prior, implied in ((wide, roles["admin"]), (narrow, roles["admin"]), (wide, narrow)):
        assert (await admin.put(f"{V3}/roles/{prior}/implies/{implied}")).status_code == 403
    for prior, implied in (("admin", "manager"), ("admin", "member"), ("manager", "member"), ("member", "reader")):
        assert (await admin.delete(f"{V3}/roles/{roles[prior]}/implies/{roles[implied]}")).status_code == 403
    for prior, implied in ((wide, "nothing"), ("nothing", wide)):
        for method in ("PUT", "GET", "HEAD", "DELETE"):
            answer = await admin.request(method, f"{V3}/roles/{prior}/implies/{implied}")
            assert answer.status_code == 404, (method, answer.text)


@pytest.mark.parametrize("method", ["PUT", "GET", "HEAD", "DELETE"])
async def test_only_an_admin_says_what_implies_what(cloud: Cloud, method: str) -> None:
    member = await cloud.client_for("red-member")
    path = f"{V3}/roles/{cloud.roles['reader']}/implies/{cloud.roles['member']}"
    assert (await member.request(method, path)).status_code == 403


async def test_where_a_role_of_a_domain_may_be_held(cloud: Cloud) -> None:
    """On its own domain's projects, on any domain, never on the system (Keystone)."""
    admin, red = await cloud.client_for("admin"), cloud.people["red-member"]
    labs = await make_domain(admin, "labs")
    role = await make_role(admin, "operator", labs)
    answer = await admin.post(f"{V3}/projects", json={"project": {"name": "inside", "domain_id": labs}})
    inside = answer.json()["project"]["id"]
    for where, status in (
        (f"projects/{inside}", 204),
        (f"projects/{red.project_id}", 403),
        (f"domains/{labs}", 204),
        ("domains/default", 204),
        ("system", 400),
    ):
        answer = await admin.put(f"{V3}/{where}/users/{red.user_id}/roles/{role}")
        assert answer.status_code == status, (where, answer.text)
    named = await admin.get(f"{V3}/role_assignments?role.id={role}&include_names")
    assert [each["role"]["domain"] for each in named.json()["role_assignments"]] == [{"id": labs, "name": "labs"}] * 3


async def test_makers_attributes_of_a_role_are_kept_and_merged(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    answer = await admin.post(f"{V3}/roles", json={"role": {"name": "auditor", "team": "blue", "level": 3}})
    assert answer.status_code == 201, answer.text
    role = answer.json()["role"]
    assert (role["team"], role["level"]) == ("blue", 3)
    path = f"{V3}/roles/{role['id']}"
    changed = await admin.patch(path, json={"role": {"id": role["id"], "team": "red"}})
    assert (changed.json()["role"]["team"], changed.json()["role"]["level"]) == ("red", 3)
    assert (await admin.get(path)).json() == changed.json()
    assert (await admin.patch(path, json={"role": {"id": "other"}})).status_code == 400
