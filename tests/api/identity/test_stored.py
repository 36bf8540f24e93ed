"""Credentials and policies that are kept for other services: whose they are, and what is refused."""

import hashlib
import json
from typing import Any

import httpx
from sqlalchemy import text

from berthline.domain.identity import StoredCredential, StoredPolicy
from berthline.identity.stored_credentials import MOST as MOST_CREDENTIALS
from berthline.identity.stored_policies import MOST as MOST_POLICIES
from berthline.store import Connection, Store
from berthline.store.identity import stored as rows
from tests.api.builder import Cloud

V3 = "/identity/v3"


async def make(client: httpx.AsyncClient, **values: Any) -> Any:
    answer = await client.post(f"{V3}/credentials", json={"credential": {"type": "cert", "blob": "abc"} | values})
    assert answer.status_code == 201, answer.text
    return answer.json()["credential"]


async def test_a_credential_is_kept_chosen_changed_and_deleted(cloud: Cloud) -> None:
    member, admin = await cloud.client_for("red-member"), await cloud.client_for("admin")
    mine = cloud.people["red-member"].user_id
    made = await make(member, colour="red")
    path = f"{V3}/credentials/{made['id']}"
    assert made == {
        "id": made["id"], "user_id": mine, "project_id": None, "type": "cert", "blob": "abc", "colour": "red",
        "links": {"self": f"http://cloud.test{path}"},
    }  # fmt: skip
    theirs = await make(admin, type="totp")
    assert (await member.get(f"{V3}/credentials")).json()["credentials"] == [made]
    listed = (await admin.get(f"{V3}/credentials")).json()["credentials"]
    assert {each["id"] for each in listed} == {made["id"], theirs["id"]}
    for query in (f"user_id={mine}", "type=cert", f"user_id={mine}&type=cert", "type__contains=er"):
        assert (await admin.get(f"{V3}/credentials?{query}")).json()["credentials"] == [made]
    changed = (await member.patch(path, json={"credential": {"blob": "new", "size": 1}})).json()["credential"]
    assert changed == made | {"blob": "new", "size": 1}
    assert (await member.get(path)).json()["credential"] == changed
    assert [(await member.delete(path)).status_code for _ in range(2)] == [204, 404]
    assert (await member.get(path)).status_code == 404


async def test_nobody_but_its_user_and_admins_sees_a_credential(cloud: Cloud) -> None:
    member, other, admin = [await cloud.client_for(name) for name in ("red-member", "blue-member", "admin")]
    made = await make(member)
    path, unknown = f"{V3}/credentials/{made['id']}", f"{V3}/credentials/{'0' * 32}"
    for each in (path, unknown):
        assert (await other.get(each)).status_code == 404
        assert (await other.delete(each)).status_code == 404
        assert (await other.patch(each, json={"credential": {"blob": "theirs"}})).status_code == 404
    assert (await other.get(f"{V3}/credentials?user_id={made['user_id']}")).json()["credentials"] == []
    stolen = {"credential": {"type": "cert", "blob": "x", "user_id": made["user_id"]}}
    assert (await other.post(f"{V3}/credentials", json=stolen)).status_code == 403
    away = {"credential": {"user_id": cloud.people["blue-member"].user_id}}
    assert (await member.patch(path, json=away)).status_code == 403
    assert (await admin.get(path)).json()["credential"] == made


async def test_an_ec2_credential_is_the_digest_of_its_access_key(cloud: Cloud) -> None:
    member = await cloud.client_for("red-member")
    mine, project = cloud.people["red-member"].user_id, cloud.people["red-member"].project_id
    base = f"{V3}/users/{mine}/credentials/OS-EC2"
    answer = await member.post(base, json={"tenant_id": project})
    assert answer.status_code == 201, answer.text
    made = answer.json()["credential"]
    assert (made["user_id"], made["tenant_id"], made["trust_id"]) == (mine, project, None)
    assert len(made["access"]) == len(made["secret"]) == 32
    assert (await member.get(base)).json()["credentials"] == [made]
    assert (await member.get(f"{base}/{made['access']}")).json()["credential"] == made
    digest = hashlib.sha256(made["access"].encode()).hexdigest()
    stored = (await member.get(f"{V3}/credentials/{digest}")).json()["credential"]
    assert (stored["type"], stored["project_id"]) == ("ec2", project)
    assert json.loads(stored["blob"]) == {"access": made["access"], "secret": made["secret"], "trust_id": None}
    again = {"type": "ec2", "project_id": project, "blob": stored["blob"]}
    assert (await member.post(f"{V3}/credentials", json={"credential": again})).status_code == 409
    for wrong in ({"blob": "{}"}, {"blob": "no json"}, {"project_id": None}):
        assert (await member.post(f"{V3}/credentials", json={"credential": again | wrong})).status_code == 400
    moved = {"credential": {"project_id": cloud.people["blue-member"].project_id}}
    assert (await member.patch(f"{V3}/credentials/{digest}", json=moved)).status_code == 400
    other = await cloud.client_for("blue-member")
    assert (await other.get(base)).status_code == 403
    assert (await other.post(base, json={"tenant_id": project})).status_code == 403
    assert (await other.delete(f"{base}/{made['access']}")).status_code == 403
    assert (await member.post(base, json={"tenant_id": "0" * 32})).status_code == 404
    assert [(await member.delete(f"{base}/{made['access']}")).status_code for _ in range(2)] == [204, 404]


async def test_a_restricted_application_credential_makes_no_lasting_secret(cloud: Cloud) -> None:
    member = await cloud.client_for("red-member")
    mine = cloud.people["red-member"].user_id
    body = {"application_credential": {"name": "program"}}
    made = (await member.post(f"{V3}/users/{mine}/application_credentials", json=body)).json()["application_credential"]
    identity = {"methods": ["application_credential"], "application_credential": {k: made[k] for k in ("id", "secret")}}
    program = cloud.anonymous()
    answer = await program.post(f"{V3}/auth/tokens", json={"auth": {"identity": identity}})
    headers = {"x-auth-token": answer.headers["x-subject-token"]}
    wanted = {"credential": {"type": "cert", "blob": "x"}}
    assert (await program.post(f"{V3}/credentials", json=wanted, headers=headers)).status_code == 403
    place = f"{V3}/users/{mine}/credentials/OS-EC2"
    assert (await program.post(place, json={"tenant_id": made["project_id"]}, headers=headers)).status_code == 403
    assert (await program.get(f"{V3}/credentials", headers=headers)).json()["credentials"] == []


async def test_credentials_end_with_their_user_and_are_bounded(cloud: Cloud, store: Store) -> None:
    admin = await cloud.client_for("admin")
    user = (await admin.post(f"{V3}/users", json={"user": {"name": "short-lived"}})).json()["user"]["id"]

    def fill(connection: Connection) -> None:
        for number in range(MOST_CREDENTIALS):
            each = StoredCredential(id=f"{number:064x}", user_id=user, project_id=None, type="cert", blob="x")
            rows.add_credential(connection, each, 1)

    await store.write(fill)
    full = await admin.post(f"{V3}/credentials", json={"credential": {"type": "cert", "blob": "x", "user_id": user}})
    assert full.status_code == 403
    assert (await admin.delete(f"{V3}/users/{user}")).status_code == 204
    assert (await admin.get(f"{V3}/credentials?user_id={user}")).json()["credentials"] == []
    for wrong in (
        {},
        {"type": "cert"},
        {"type": "cert", "blob": 1},
        {"type": "cert", "blob": "x", "user_id": "0" * 32},
    ):
        answer = await admin.post(f"{V3}/credentials", json={"credential": wrong})
        assert answer.status_code == (404 if "user_id" in wrong else 400)


async def test_a_policy_is_kept_for_admins_alone(cloud: Cloud, store: Store) -> None:
    admin, member = await cloud.client_for("admin"), await cloud.client_for("red-member")
    body = {"policy": {"type": "application/json", "blob": '{"a": "role:b"}', "user_id": "u"}}
    answer = await admin.post(f"{V3}/policies", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()["policy"]
    path = f"{V3}/policies/{made['id']}"
    assert made == {"id": made["id"], "links": {"self": f"http://cloud.test{path}"}, **body["policy"]}
    assert (await admin.get(f"{V3}/policies")).json()["policies"] == [made]
    assert (await admin.get(f"{V3}/policies?type=text")).json()["policies"] == []
    changed = (await admin.patch(path, json={"policy": {"type": "text"}})).json()["policy"]
    assert changed == (await admin.get(path)).json()["policy"] == made | {"type": "text"}
    assert (await member.get(f"{V3}/policies")).status_code == (await member.get(path)).status_code == 403
    assert (
        (await member.delete(path)).status_code == (await member.post(f"{V3}/policies", json=body)).status_code == 403
    )

    def fill(connection: Connection) -> None:
        for number in range(MOST_POLICIES - 1):
            rows.put_policy(connection, StoredPolicy(id=f"{number:032x}", type="x", blob="x", extra={}), 1, new=True)

    await store.write(fill)
    assert (await admin.post(f"{V3}/policies", json=body)).status_code == 403
    assert [(await admin.delete(path)).status_code for _ in range(2)] == [204, 404]
    for wrong in ({}, {"type": "x"}, {"type": "", "blob": "x"}):
        assert (await admin.post(f"{V3}/policies", json={"policy": wrong})).status_code == 400


async def test_no_secret_is_in_an_event(cloud: Cloud, store: Store) -> None:
    await make(await cloud.client_for("red-member"), blob="a very secret text")
    events = store.read_now(lambda connection: connection.execute(text("SELECT * FROM events")).all())
    assert "credential" in repr(events)
    assert "a very secret text" not in repr(events)
