"""What Keystone's schemas leave open is let pass or kept here too; what would mean something else is refused."""

from typing import Any

import pytest

from tests.api.builder import Cloud, login

V3 = "/identity/v3"
UNKNOWN: dict[str, Any] = {"tenantName": "red", "unknown": {"nested": [1]}}


def opened(body: Any) -> Any:
    """The body with unknown members at every level."""
    if isinstance(body, list):
        return [opened(each) for each in body]
    return {name: opened(value) for name, value in body.items()} | UNKNOWN if isinstance(body, dict) else body


async def test_a_login_may_hold_what_nobody_knows_at_every_level(cloud: Cloud) -> None:
    person = cloud.people["red-member"]
    scopes: tuple[Any, ...] = (
        {"project": {"name": "red", "domain": {"id": "default"}}},
        {"project": {"id": person.project_id}},
        None,
    )
    for scope in scopes:
        body = opened(login(person.name, person.password, scope=scope))
        answer = await cloud.anonymous().post(f"{V3}/auth/tokens", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json()["token"].get("project", {}).get("id") == (person.project_id if scope else None)
    identity = {"methods": ["token"], "token": {"id": await cloud.token_for("red-member")}}
    body = opened({"auth": {"identity": identity, "scope": scopes[0]}})
    assert (await cloud.anonymous().post(f"{V3}/auth/tokens", json=body)).status_code == 201


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"identity": {"methods": ["totp"], "totp": {}}}, 400),
        ({"identity": {"methods": ["password"]}}, 400),
        ({"identity": {"methods": []}}, 400),
        ({"scope": {"OS-TRUST:trust": {"id": "x"}}}, 400),
        ({"scope": {"OS-TRUST:trust": {"id": "x"}, "project": {"id": "x"}}}, 400),
        ({"scope": {"tenantName": "red"}}, 400),
        ({"scope": "everything"}, 400),
    ],
)
async def test_what_asks_for_other_rights_is_not_let_pass(cloud: Cloud, change: dict[str, Any], status: int) -> None:
    person = cloud.people["red-member"]
    body = {"auth": login(person.name, person.password)["auth"] | change}
    assert (await cloud.anonymous().post(f"{V3}/auth/tokens", json=body)).status_code == status


@pytest.mark.parametrize("noun", ["domain", "project", "user", "role"])
async def test_makers_attributes_are_kept_on_every_noun(cloud: Cloud, noun: str) -> None:
    admin = await cloud.client_for("admin")
    answer = await admin.post(f"{V3}/{noun}s", json={noun: {"name": "x"} | UNKNOWN})
    assert answer.status_code == 201, answer.text
    path = f"{V3}/{noun}s/{answer.json()[noun]['id']}"
    changed = await admin.patch(path, json={noun: {"tenantName": "blue"}})
    assert changed.status_code == 200, changed.text
    shown = (await admin.get(path)).json()[noun]
    assert (shown["tenantName"], shown["unknown"]) == ("blue", UNKNOWN["unknown"])
    for reserved in ("id", "links"):
        assert (await admin.patch(path, json={noun: {reserved: "other"}})).status_code == 400
    beside = {noun: {"name": "y"}, "beside": 1}
    assert (await admin.post(f"{V3}/{noun}s", json=beside)).status_code == 400


@pytest.mark.parametrize("noun", ["domain", "project", "user", "role"])
async def test_a_description_may_be_null(cloud: Cloud, noun: str) -> None:
    admin = await cloud.client_for("admin")
    answer = await admin.post(f"{V3}/{noun}s", json={noun: {"name": "x", "description": None}})
    assert answer.status_code == 201, answer.text
    path = f"{V3}/{noun}s/{answer.json()[noun]['id']}"
    await admin.patch(path, json={noun: {"description": "some"}})
    changed = await admin.patch(path, json={noun: {"description": None}})
    assert changed.status_code == 200, changed.text
    assert not changed.json()[noun].get("description")


async def test_a_domain_has_tags_and_may_have_its_id_chosen(cloud: Cloud) -> None:
    admin, chosen = await cloud.client_for("admin"), "0123456789abcdef" * 2
    body: dict[str, Any] = {"domain": {"name": "labs", "tags": ["a", "b"], "explicit_domain_id": chosen}}
    answer = await admin.post(f"{V3}/domains", json=body)
    assert answer.status_code == 201, answer.text
    domain = answer.json()["domain"]
    assert (domain["id"], domain["tags"]) == (chosen, ["a", "b"])
    assert "explicit_domain_id" not in domain
    body["domain"]["name"] = "other"
    assert (await admin.post(f"{V3}/domains", json=body)).status_code == 409
    for wrong in ("short", "0123456789ABCDEF" * 2, 5):
        body["domain"]["explicit_domain_id"] = wrong
        assert (await admin.post(f"{V3}/domains", json=body)).status_code == 400
    again = {"domain": {"explicit_domain_id": chosen}}
    assert (await admin.patch(f"{V3}/domains/{chosen}", json=again)).status_code == 400


async def test_users_of_elsewhere_are_refused_by_name(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    answer = await admin.post(f"{V3}/users", json={"user": {"name": "x", "federated": []}})
    assert (answer.status_code, "federated" in answer.text) == (400, True)
