"""POST, GET, HEAD and DELETE /v3/auth/tokens: who gets a token, what it is good for, and when that ends."""

from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud, login

TOKENS = "/identity/v3/auth/tokens"


async def log_in(
    cloud: Cloud, name: str = "red-member", password: str | None = None, scope: Any = None
) -> httpx.Response:
    person = cloud.people[name]
    return await cloud.anonymous().post(TOKENS, json=login(name, password or person.password, scope=scope))


def by_token(token: str, scope: Any = None) -> dict[str, Any]:
    identity = {"methods": ["token"], "token": {"id": token}}
    return {"auth": {"identity": identity, **({} if scope is None else {"scope": scope})}}


def on(cloud: Cloud, name: str) -> dict[str, Any]:
    return {"project": {"id": cloud.people[name].project_id}}


async def works(cloud: Cloud, token: str) -> bool:
    answer = await cloud.anonymous(**{"x-auth-token": token}).get("/identity/v3/auth/projects")
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


async def test_a_password_gives_a_token_with_roles_and_catalogue(cloud: Cloud) -> None:
    answer = await log_in(cloud, scope={"project": {"name": "red", "domain": {"name": "Default"}}})
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert token["methods"] == ["password"]
    assert token["user"] == {
        "id": cloud.people["red-member"].user_id,
        "name": "red-member",
        "domain": {"id": "default", "name": "Default"},
        "password_expires_at": None,
    }
    assert token["project"]["id"] == cloud.people["red-member"].project_id
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    assert token["expires_at"] > token["issued_at"]
    urls = {service["type"]: {each["url"] for each in service["endpoints"]} for service in token["catalog"]}
    assert urls == {
        "identity": {"http://cloud.test/identity"},
        "image": {"http://cloud.test/image"},
        "network": {"http://cloud.test/network"},
        "compute": {"http://cloud.test/compute/v2.1"},
    }
    assert {each["interface"] for each in token["catalog"][0]["endpoints"]} == {"public", "internal", "admin"}
    assert await works(cloud, answer.headers["x-subject-token"])


async def test_a_user_may_be_named_by_id(cloud: Cloud) -> None:
    person = cloud.people["red-member"]
    user = {"id": person.user_id, "password": person.password}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    assert (await cloud.anonymous().post(TOKENS, json=body)).status_code == 201


async def test_nocatalog_leaves_the_catalogue_out(cloud: Cloud) -> None:
    person = cloud.people["red-member"]
    body = login(person.name, person.password, scope=on(cloud, "red-member"))
    assert "catalog" not in (await cloud.anonymous().post(f"{TOKENS}?nocatalog", json=body)).json()["token"]


async def test_an_unscoped_token_has_neither_roles_nor_project(cloud: Cloud) -> None:
    scopes: tuple[Any, ...] = (None, "unscoped", {"unscoped": {}})
    for scope in scopes:
        token = (await log_in(cloud, scope=scope)).json()["token"]
        assert not {"project", "roles", "catalog", "domain", "system"} & token.keys()


async def test_the_default_project_is_the_scope_when_none_is_asked_for(cloud: Cloud) -> None:
    admin, person = await cloud.client_for("admin"), cloud.people["red-member"]
    change = {"user": {"default_project_id": person.project_id}}
    assert (await admin.patch(f"/identity/v3/users/{person.user_id}", json=change)).status_code == 200
    assert (await log_in(cloud)).json()["token"]["project"]["name"] == "red"
    assert "project" not in (await log_in(cloud, scope="unscoped")).json()["token"]


async def test_a_system_token_is_for_those_with_a_role_on_the_system(cloud: Cloud) -> None:
    token = (await log_in(cloud, "admin", scope={"system": {"all": True}})).json()["token"]
    assert token["system"] == {"all": True}
    assert (await log_in(cloud, scope={"system": {"all": True}})).status_code == 401


async def test_a_domain_token_is_for_those_with_a_role_on_the_domain(cloud: Cloud) -> None:
    assert (await log_in(cloud, scope={"domain": {"id": "default"}})).status_code == 401
    person, admin = cloud.people["red-member"], await cloud.client_for("admin")
    path = f"/identity/v3/domains/default/users/{person.user_id}/roles/{cloud.roles['reader']}"
    assert (await admin.put(path)).status_code == 204
    token = (await log_in(cloud, scope={"domain": {"name": "Default"}})).json()["token"]
    assert token["domain"] == {"id": "default", "name": "Default"}
    assert [role["name"] for role in token["roles"]] == ["reader"]


async def test_every_failed_login_says_the_same(cloud: Cloud) -> None:
    admin, blue = await cloud.client_for("admin"), cloud.people["blue-member"]
    await admin.patch(f"/identity/v3/users/{blue.user_id}", json={"user": {"enabled": False}})
    nobody = login("nobody", "secret")
    nowhere = login("red-member", cloud.people["red-member"].password, domain="nowhere")
    answers = [
        await cloud.anonymous().post(TOKENS, json=nobody),
        await cloud.anonymous().post(TOKENS, json=nowhere),
        await log_in(cloud, password="wrong"),
        await log_in(cloud, "blue-member"),
        await log_in(cloud, "blue-member", scope=on(cloud, "blue-member")),
        await log_in(cloud, scope=on(cloud, "blue-member")),
        await log_in(cloud, scope={"project": {"id": "no-such-project"}}),
        await log_in(cloud, scope={"project": {"name": "blue", "domain": {"id": "default"}}}),
        await cloud.anonymous().post(TOKENS, json=by_token("not.a.token")),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers[:-1]}) == 1


async def test_an_unknown_user_costs_a_hash_as_a_known_one_does(cloud: Cloud) -> None:
    """Seen by counting verifications, since a timed test would fail on a busy machine."""
    passwords = cloud.services.identity._passwords
    costs = []
    for body in (login("nobody", "one"), login("red-member", "two"), login("red-member", "x", domain="nowhere")):
        before = passwords.verified
        await cloud.anonymous().post(TOKENS, json=body)
        costs.append(passwords.verified - before)
    assert costs == [1, 1, 1]


async def test_a_long_password_is_refused_before_it_is_hashed(cloud: Cloud) -> None:
    assert (await log_in(cloud, password="x" * 5000)).status_code == 401


@pytest.mark.parametrize(
    "auth",
    [
        {},
        {"identity": {}},
        {"identity": {"methods": []}},
        {"identity": {"methods": ["password"]}},
        {"identity": {"methods": ["totp"], "totp": {}}},
        {"identity": {"methods": ["password"], "password": {"user": {"password": "x"}}}},
        {"identity": {"methods": ["password"], "password": {"user": {"name": "red-member", "password": "x"}}}},
        {"identity": {"methods": ["password"], "password": {"user": {"id": 5, "password": "x"}}}},
        {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {}},
        {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {"project": {}}},
        {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {"project": {"name": "red"}}},
        {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {"system": {"all": False}}},
        {"identity": {"methods": ["token"], "token": {"id": "x"}}, "scope": {"system": {"all": True}, "unscoped": {}}},
    ],
)
async def test_a_malformed_login_is_400(cloud: Cloud, auth: dict[str, Any]) -> None:
    assert (await cloud.anonymous().post(TOKENS, json={"auth": auth})).status_code == 400


async def test_a_token_gives_another_that_expires_no_later(cloud: Cloud) -> None:
    first = await log_in(cloud)
    cloud.clock.advance(1000)
    scope = on(cloud, "red-member")
    second = await cloud.anonymous().post(TOKENS, json=by_token(first.headers["x-subject-token"], scope))
    assert second.status_code == 201
    before, after = first.json()["token"], second.json()["token"]
    assert after["expires_at"] == before["expires_at"]
    assert after["methods"] == ["token", "password"]
    assert after["audit_ids"][1:] == before["audit_ids"]
    assert after["project"]["name"] == "red"


async def test_password_and_token_must_be_of_one_user(cloud: Cloud) -> None:
    blue = await cloud.token_for("blue-member")
    person = cloud.people["red-member"]
    body = login(person.name, person.password)
    body["auth"]["identity"] |= {"methods": ["password", "token"], "token": {"id": blue}}
    assert (await cloud.anonymous().post(TOKENS, json=body)).status_code == 401
    body["auth"]["identity"]["token"] = {"id": await cloud.token_for("red-member")}
    assert (await cloud.anonymous().post(TOKENS, json=body)).status_code == 201


async def test_a_token_expires(cloud: Cloud) -> None:
    token = await cloud.token_for("red-member")
    cloud.clock.advance(3599)
    assert await works(cloud, token)
    cloud.clock.advance(2)
    assert not await works(cloud, token)


async def test_a_revoked_token_is_no_longer_valid_and_others_are(cloud: Cloud) -> None:
    first, second = await cloud.token_for("red-member"), await cloud.token_for("red-member")
    client = cloud.anonymous(**{"x-auth-token": second})
    assert (await client.delete(TOKENS, headers={"x-subject-token": first})).status_code == 204
    assert not await works(cloud, first)
    assert await works(cloud, second)
    assert (await client.get(TOKENS, headers={"x-subject-token": first})).status_code == 404
    assert (await cloud.anonymous().post(TOKENS, json=by_token(first))).status_code == 401


async def test_showing_a_token_says_what_issuing_it_said(cloud: Cloud) -> None:
    answer = await log_in(cloud, scope=on(cloud, "red-member"))
    token = answer.headers["x-subject-token"]
    client = cloud.anonymous(**{"x-auth-token": token, "x-subject-token": token})
    shown = await client.get(TOKENS)
    assert (shown.status_code, shown.json()) == (200, answer.json())
    checked = await client.head(TOKENS)
    assert (checked.status_code, checked.content) == (200, b"")


async def test_only_an_admin_may_look_at_or_revoke_anothers_token(cloud: Cloud) -> None:
    red, blue, admin = [await cloud.token_for(name) for name in ("red-member", "blue-member", "admin")]
    stranger = cloud.anonymous(**{"x-auth-token": blue, "x-subject-token": red})
    assert (await stranger.get(TOKENS)).status_code == 403
    assert (await stranger.delete(TOKENS)).status_code == 403
    operator = cloud.anonymous(**{"x-auth-token": admin, "x-subject-token": red})
    assert (await operator.get(TOKENS)).status_code == 200
    assert (await operator.delete(TOKENS)).status_code == 204
    assert not await works(cloud, red)


async def test_a_subject_token_must_be_named_and_known(cloud: Cloud) -> None:
    client = await cloud.client_for("red-member")
    assert (await client.get(TOKENS)).status_code == 400
    assert (await client.get(TOKENS, headers={"x-subject-token": "x.y.z"})).status_code == 404


async def test_a_password_change_ends_all_tokens(cloud: Cloud) -> None:
    old, person = await cloud.token_for("red-member"), cloud.people["red-member"]
    path = f"/identity/v3/users/{person.user_id}/password"
    wrong = {"user": {"original_password": "not it", "password": "new secret"}}
    assert (await cloud.anonymous().post(path, json=wrong)).status_code == 401
    assert await works(cloud, old)
    right = {"user": {"original_password": person.password, "password": "new secret"}}
    assert (await cloud.anonymous().post(path, json=right)).status_code == 204
    assert not await works(cloud, old)
    assert (await log_in(cloud)).status_code == 401
    fresh = await log_in(cloud, password="new secret")
    assert await works(cloud, fresh.headers["x-subject-token"])


async def test_changing_the_password_of_nobody_is_401(cloud: Cloud) -> None:
    body = {"user": {"original_password": "x", "password": "y"}}
    assert (await cloud.anonymous().post("/identity/v3/users/nobody/password", json=body)).status_code == 401


@pytest.mark.parametrize("what", ["user", "project", "domain", "role", "user deleted", "project deleted"])
async def test_what_an_admin_takes_away_is_gone_at_once(cloud: Cloud, what: str) -> None:
    token, person, admin = (
        await cloud.token_for("red-member"),
        cloud.people["red-member"],
        await cloud.client_for("admin"),
    )
    assert await works(cloud, token)
    user, project = f"/identity/v3/users/{person.user_id}", f"/identity/v3/projects/{person.project_id}"
    match what:
        case "user":
            answer = await admin.patch(user, json={"user": {"enabled": False}})
        case "project":
            answer = await admin.patch(project, json={"project": {"enabled": False}})
        case "domain":
            answer = await admin.patch("/identity/v3/domains/default", json={"domain": {"enabled": False}})
        case "role":
            answer = await admin.delete(f"{project}/users/{person.user_id}/roles/{cloud.roles['member']}")
        case "user deleted":
            answer = await admin.delete(user)
        case _:
            answer = await admin.delete(project)
    assert answer.is_success, answer.text
    assert not await works(cloud, token)


async def test_disabling_a_user_ends_tokens_for_good(cloud: Cloud) -> None:
    token, person, admin = (
        await cloud.token_for("red-member"),
        cloud.people["red-member"],
        await cloud.client_for("admin"),
    )
    for enabled in (False, True):
        await admin.patch(f"/identity/v3/users/{person.user_id}", json={"user": {"enabled": enabled}})
    assert not await works(cloud, token)
    assert (await log_in(cloud)).status_code == 201


async def test_a_new_role_holds_for_a_token_that_is_older(cloud: Cloud) -> None:
    client, person, admin = (
        await cloud.client_for("red-reader"),
        cloud.people["red-reader"],
        await cloud.client_for("admin"),
    )
    body = {"name": "mine", "container_format": "bare", "disk_format": "raw"}
    assert (await client.post("/image/v2/images", json=body)).status_code == 403
    path = f"/identity/v3/projects/{person.project_id}/users/{person.user_id}/roles/{cloud.roles['member']}"
    await admin.put(path)
    assert (await client.post("/image/v2/images", json=body)).status_code == 201


async def test_a_token_signed_by_another_key_is_refused(cloud: Cloud) -> None:
    import jwt

    token = await cloud.token_for("red-member")
    claims = jwt.decode(token, options={"verify_signature": False})
    headers = jwt.get_unverified_header(token)
    forged = jwt.encode(claims, b"x" * 32, algorithm="HS256", headers={"kid": headers["kid"]})
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": headers["kid"]})
    nameless = jwt.encode(claims, b"x" * 32, algorithm="HS256", headers={"kid": "unknown"})
    for bad in (forged, unsigned, nameless, token[:-2], token + "x" * 5000):
        assert not await works(cloud, bad)
    assert await works(cloud, token)


async def test_what_a_token_may_be_scoped_to(cloud: Cloud) -> None:
    client = await cloud.client_for("red-member")
    projects = (await client.get("/identity/v3/auth/projects")).json()["projects"]
    assert [project["name"] for project in projects] == ["red"]
    assert (await client.get("/identity/v3/auth/domains")).json()["domains"] == []
    system = await client.get("/identity/v3/auth/system")
    assert system.json() == {"system": [], "links": {"self": "http://cloud.test/identity/v3/auth/system"}}
    admin = await cloud.client_for("admin")
    assert (await admin.get("/identity/v3/auth/system")).json()["system"] == [{"all": True}]


async def test_versions_need_no_token(cloud: Cloud) -> None:
    client = cloud.anonymous()
    choices = await client.get("/identity")
    assert choices.status_code == 300
    version = choices.json()["versions"]["values"][0]
    assert version["links"][0]["href"] == "http://cloud.test/identity/v3/"
    assert (await client.get("/identity/v3/")).json()["version"] == version


async def test_a_configured_public_url_is_in_every_link(cloud: Cloud) -> None:
    import dataclasses

    from berthline.api.app import create_app

    services = dataclasses.replace(cloud.services, public_url="https://api.example.org/")
    cloud.app = create_app(services)
    answer = await log_in(cloud, scope=on(cloud, "red-member"))
    urls = {each["url"] for service in answer.json()["token"]["catalog"] for each in service["endpoints"]}
    assert all(url.startswith("https://api.example.org/") and "//" not in url[8:] for url in urls)
