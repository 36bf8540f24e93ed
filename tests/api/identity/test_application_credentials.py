"""Application credentials: who makes them, what a token of one is good for, and when it ends."""

from typing import Any

import httpx
import pytest

from tests.api.builder import START, Cloud, HandClock

V3 = "/identity/v3"
TOKENS = f"{V3}/auth/tokens"


def of(cloud: Cloud, name: str = "red-member", rest: str = "") -> str:
    """The path of a person's credentials."""
    return f"{V3}/users/{cloud.people[name].user_id}/application_credentials{rest}"


async def make(client: httpx.AsyncClient, path: str, name: str = "robot", **more: Any) -> dict[str, Any]:
    answer = await client.post(path, json={"application_credential": {"name": name, **more}})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["application_credential"]
    return made


def by_credential(**said: Any) -> dict[str, Any]:
    return {"auth": {"identity": {"methods": ["application_credential"], "application_credential": said}}}


async def token_of(cloud: Cloud, made: dict[str, Any]) -> str:
    answer = await cloud.anonymous().post(TOKENS, json=by_credential(id=made["id"], secret=made["secret"]))
    assert answer.status_code == 201, answer.text
    token: str = answer.headers["x-subject-token"]
    return token


async def robot(cloud: Cloud, made: dict[str, Any]) -> httpx.AsyncClient:
    return cloud.anonymous(**{"x-auth-token": await token_of(cloud, made)})


async def works(client: httpx.AsyncClient) -> bool:
    answer = await client.get(f"{V3}/auth/projects")
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


async def test_it_is_made_with_a_secret_that_is_told_once(cloud: Cloud) -> None:
    member, person = await cloud.client_for("red-member"), cloud.people["red-member"]
    made = await make(member, of(cloud), description="for tests")
    assert len(made.pop("secret")) > 60
    assert (made["project_id"], made["unrestricted"], made["expires_at"]) == (person.project_id, False, None)
    assert [role["name"] for role in made["roles"]] == ["member", "reader"]
    assert "access_rules" not in made
    shown = await member.get(of(cloud, rest=f"/{made['id']}"))
    assert shown.json() == {"application_credential": made}
    assert made["links"]["self"] == str(shown.url)
    await make(member, of(cloud), "second")
    listed = (await member.get(of(cloud))).json()["application_credentials"]
    assert [each["name"] for each in listed] == ["robot", "second"]
    assert listed[0] == made
    for query, names in (("name=second", ["second"]), ("name__contains=obo", ["robot"]), ("limit=1", ["robot"])):
        listed = (await member.get(f"{of(cloud)}?{query}")).json()["application_credentials"]
        assert [each["name"] for each in listed] == names


async def test_its_token_acts_as_the_user_on_its_project_with_its_roles(cloud: Cloud) -> None:
    member, person = await cloud.client_for("red-member"), cloud.people["red-member"]
    made = await make(member, of(cloud), secret="a secret of my own", roles=[{"name": "reader"}])
    assert made["secret"] == "a secret of my own"
    user = {"name": person.name, "domain": {"name": "Default"}}
    for said in (
        {"id": made["id"]},
        {"name": "robot", "user": {"id": person.user_id}},
        {"name": "robot", "user": user},
    ):
        answer = await cloud.anonymous().post(TOKENS, json=by_credential(secret=made["secret"], **said))
        assert answer.status_code == 201, answer.text
        token = answer.json()["token"]
        assert (token["methods"], token["user"]["id"]) == (["application_credential"], person.user_id)
        assert token["project"]["id"] == person.project_id
        assert [role["name"] for role in token["roles"]] == ["reader"]
        assert token["application_credential"] == {"id": made["id"], "name": "robot", "restricted": True}
        assert token["catalog"]
    program = await robot(cloud, made)
    own = await program.get(TOKENS, headers={"x-subject-token": program.headers["x-auth-token"]})
    assert own.json()["token"]["application_credential"]["id"] == made["id"]
    image = {"name": "x", "disk_format": "raw", "container_format": "bare"}
    assert (await member.post("/image/v2/images", json=image)).status_code == 201
    assert (await program.get("/image/v2/images")).status_code == 200
    assert (await program.post("/image/v2/images", json=image)).status_code == 403


async def test_roles_by_id_bring_what_they_imply_and_none_that_the_token_lacks(cloud: Cloud) -> None:
    member = await cloud.client_for("red-member")
    made = await make(member, of(cloud), roles=[{"id": cloud.roles["member"]}])
    assert [role["name"] for role in made["roles"]] == ["member", "reader"]
    nothing = "f" * 32
    for role in ({"name": "admin"}, {"id": cloud.roles["admin"]}, {"id": nothing}, {"name": "nothing"}):
        answer = await member.post(of(cloud), json={"application_credential": {"name": "x", "roles": [role]}})
        assert answer.status_code == 400, answer.text
        assert "unassigned role" in answer.json()["error"]["message"]
    made = await make(member, of(cloud), "reader", roles=[{"name": "reader"}], unrestricted=True)
    reader = await robot(cloud, made)
    more = {"application_credential": {"name": "more", "roles": [{"name": "member"}]}}
    assert (await reader.post(of(cloud), json=more)).status_code == 400
    assert [role["name"] for role in (await make(reader, of(cloud), "less"))["roles"]] == ["reader"]


async def test_every_failed_login_says_the_same(cloud: Cloud) -> None:
    member, blue = await cloud.client_for("red-member"), cloud.people["blue-member"]
    made = await make(member, of(cloud))
    verified = cloud.services.identity._passwords.verified
    answers = [
        await cloud.anonymous().post(TOKENS, json=by_credential(**said))
        for said in (
            {"id": made["id"], "secret": "wrong"},
            {"id": "f" * 32, "secret": made["secret"]},
            {"name": "robot", "user": {"id": blue.user_id}, "secret": made["secret"]},
            {"name": "robot", "user": {"id": "nobody"}, "secret": made["secret"]},
            {"name": "other", "user": {"id": cloud.people["red-member"].user_id}, "secret": made["secret"]},
        )
    ]
    assert [answer.status_code for answer in answers] == [401] * 5
    assert len({answer.json()["error"]["message"] for answer in answers}) == 1
    assert cloud.services.identity._passwords.verified == verified + 5  # nobody learns from the time it takes


async def test_a_login_that_asks_for_more_is_refused(cloud: Cloud) -> None:
    member, person = await cloud.client_for("red-member"), cloud.people["red-member"]
    made = await make(member, of(cloud))
    sound = by_credential(id=made["id"], secret=made["secret"])
    scoped = {"auth": {**sound["auth"], "scope": {"project": {"id": person.project_id}}}}
    answer = await cloud.anonymous().post(TOKENS, json=scoped)
    assert answer.status_code == 401
    assert "cannot request a scope" in answer.json()["error"]["message"]
    identity = {
        **sound["auth"]["identity"],
        "methods": ["application_credential", "password"],
        "password": {"user": {"id": person.user_id, "password": person.password}},
    }
    assert (await cloud.anonymous().post(TOKENS, json={"auth": {"identity": identity}})).status_code == 400
    for said in ({"secret": "s"}, {"name": "robot", "secret": "s"}, {"id": made["id"]}):
        assert (await cloud.anonymous().post(TOKENS, json=by_credential(**said))).status_code == 400
    token = await token_of(cloud, made)
    again = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}, "scope": "unscoped"}}
    assert (await cloud.anonymous().post(TOKENS, json=again)).status_code == 403


async def test_deleting_it_ends_its_tokens_at_once(cloud: Cloud) -> None:
    member = await cloud.client_for("red-member")
    made = await make(member, of(cloud))
    program = await robot(cloud, made)
    assert await works(program)
    assert (await member.delete(of(cloud, rest=f"/{made['id']}"))).status_code == 204
    assert not await works(program)
    assert await works(member)
    assert (await member.get(of(cloud, rest=f"/{made['id']}"))).status_code == 404
    assert (await member.delete(of(cloud, rest=f"/{made['id']}"))).status_code == 404
    answer = await cloud.anonymous().post(TOKENS, json=by_credential(id=made["id"], secret=made["secret"]))
    assert answer.status_code == 401


async def test_it_ends_at_its_time_with_its_tokens(cloud: Cloud, clock: HandClock) -> None:
    member = await cloud.client_for("red-member")
    # START is 2027-01-15T08:00:00Z
    made = await make(member, of(cloud), expires_at="2027-01-15T09:10:00+01:00")
    assert made["expires_at"] == "2027-01-15T08:10:00"
    answer = await cloud.anonymous().post(TOKENS, json=by_credential(id=made["id"], secret=made["secret"]))
    assert answer.json()["token"]["expires_at"] == "2027-01-15T08:10:00.000000Z"
    program = cloud.anonymous(**{"x-auth-token": answer.headers["x-subject-token"]})
    assert await works(program)
    clock.advance((START + 601_000_000 - clock.now()) / 1_000_000)
    assert not await works(program)
    answer = await cloud.anonymous().post(TOKENS, json=by_credential(id=made["id"], secret=made["secret"]))
    assert answer.status_code == 401
    for text in ("2027-01-15T08:00:00Z", "tomorrow", "2027-13-01T00:00:00"):
        answer = await member.post(of(cloud), json={"application_credential": {"name": "x", "expires_at": text}})
        assert answer.status_code == 400, text


@pytest.mark.parametrize("how", ["role", "user", "project", "disabled user", "disabled project", "deleted role"])
async def test_it_is_worth_nothing_when_its_ground_is_gone(cloud: Cloud, how: str) -> None:
    admin, person = await cloud.client_for("admin"), cloud.people["red-member"]
    made = await make(await cloud.client_for("red-member"), of(cloud), access_rules=[])
    program = await robot(cloud, made)
    assert await works(program)
    member = f"{V3}/projects/{person.project_id}/users/{person.user_id}/roles/{cloud.roles['member']}"
    off = {"enabled": False}
    await {
        "role": lambda: admin.delete(member),
        "user": lambda: admin.delete(f"{V3}/users/{person.user_id}"),
        "project": lambda: admin.delete(f"{V3}/projects/{person.project_id}"),
        "disabled user": lambda: admin.patch(f"{V3}/users/{person.user_id}", json={"user": off}),
        "disabled project": lambda: admin.patch(f"{V3}/projects/{person.project_id}", json={"project": off}),
        "deleted role": lambda: admin.delete(f"{V3}/roles/{cloud.roles['member']}"),
    }[how]()
    assert await works(program) == (how == "deleted role")  # a role that rights hang on cannot be deleted
    listed = (await admin.get(of(cloud))).json()["application_credentials"]
    assert bool(listed) == (how in {"disabled project", "deleted role"})


async def test_a_role_of_it_that_is_deleted_goes_from_its_tokens(cloud: Cloud) -> None:
    admin, person = await cloud.client_for("admin"), cloud.people["red-member"]
    role = (await admin.post(f"{V3}/roles", json={"role": {"name": "auditor"}})).json()["role"]["id"]
    await admin.put(f"{V3}/projects/{person.project_id}/users/{person.user_id}/roles/{role}")
    made = await make(await cloud.client_for("red-member"), of(cloud), roles=[{"id": role}])
    program = await robot(cloud, made)
    assert await works(program)
    assert (await admin.delete(f"{V3}/roles/{role}")).status_code == 204
    assert not await works(program)


async def test_a_new_password_ends_its_tokens_and_not_the_credential(cloud: Cloud) -> None:
    person = cloud.people["red-member"]
    made = await make(await cloud.client_for("red-member"), of(cloud))
    program = await robot(cloud, made)
    change = {"user": {"original_password": person.password, "password": "another one"}}
    assert (await cloud.anonymous().post(f"{V3}/users/{person.user_id}/password", json=change)).status_code == 204
    assert not await works(program)
    assert await works(await robot(cloud, made))


async def test_one_that_is_restricted_makes_and_deletes_no_others(cloud: Cloud) -> None:
    member = await cloud.client_for("red-member")
    made = await make(member, of(cloud))
    program = await robot(cloud, made)
    body = {"application_credential": {"name": "more"}}
    assert (await program.post(of(cloud), json=body)).status_code == 403
    assert (await program.delete(of(cloud, rest=f"/{made['id']}"))).status_code == 403
    assert (await program.get(of(cloud))).status_code == 200
    free = await robot(cloud, await make(member, of(cloud), "free", unrestricted=True))
    assert (await free.post(of(cloud), json=body)).status_code == 201
    assert (await free.delete(of(cloud, rest=f"/{made['id']}"))).status_code == 204
    names = [each["name"] for each in (await member.get(of(cloud))).json()["application_credentials"]]
    assert names == ["free", "more"]


async def test_nobody_makes_or_sees_anothers(cloud: Cloud) -> None:
    """Not a member of the same or another project; an admin sees and deletes all, and makes only his own."""
    member = await cloud.client_for("red-member")
    rules = [{"service": "image", "path": "/v2/images", "method": "GET"}]
    made = await make(member, of(cloud), access_rules=rules)
    rule = made["access_rules"][0]["id"]
    body = {"application_credential": {"name": "theirs"}}
    for other in ("red-reader", "blue-member"):
        client = await cloud.client_for(other)
        for credential in (f"/{made['id']}", "/nothing"):
            for method in ("GET", "DELETE"):
                assert (await client.request(method, of(cloud, rest=credential))).status_code == 403
                assert (await client.request(method, of(cloud, other, rest=credential))).status_code == 404
        assert (await client.get(of(cloud))).status_code == (await client.post(of(cloud), json=body)).status_code == 403
        mine, theirs = (f"{V3}/users/{cloud.people[name].user_id}/access_rules" for name in (other, "red-member"))
        assert (await client.get(theirs)).status_code == 403
        for method in ("GET", "DELETE"):
            assert (await client.request(method, f"{theirs}/{rule}")).status_code == 403
            assert (await client.request(method, f"{mine}/{rule}")).status_code == 404
        assert (await client.get(mine)).json()["access_rules"] == []
        use = {"application_credential": {"name": "x", "access_rules": [{"id": rule}]}}
        assert (await client.post(of(cloud, other), json=use)).status_code == 404
    admin = await cloud.client_for("admin")
    assert (await admin.post(of(cloud), json=body)).status_code == 403
    assert [each["id"] for each in (await admin.get(of(cloud))).json()["application_credentials"]] == [made["id"]]
    assert (await admin.delete(of(cloud, rest=f"/{made['id']}"))).status_code == 204
    assert (
        await admin.delete(f"{V3}/users/{cloud.people['red-member'].user_id}/access_rules/{rule}")
    ).status_code == 204


async def test_what_cannot_be_made(cloud: Cloud) -> None:
    member, person = await cloud.client_for("red-member"), cloud.people["red-member"]
    await make(member, of(cloud))
    for said, status in (
        ({"name": "robot"}, 409),
        ({}, 400),
        ({"name": ""}, 400),
        ({"name": "x", "project_id": cloud.people["blue-member"].project_id}, 400),
        ({"name": "x", "id": "mine"}, 400),
        ({"name": "x", "secret": "s" * 1025}, 400),
        ({"name": "x", "unrestricted": "yes"}, 400),
        ({"name": "x", "roles": [{}]}, 400),
        ({"name": "x", "roles": [{"id": "a", "name": "b"}]}, 400),
        ({"name": "x", "access_rules": [{"service": "compute", "path": "/v2.1"}]}, 400),
        ({"name": "x", "access_rules": [{"service": "compute", "path": "v2.1", "method": "GET"}]}, 400),
        ({"name": "x", "access_rules": [{"service": "compute", "path": "/v2.1", "method": "OPTIONS"}]}, 400),
    ):
        answer = await member.post(of(cloud), json={"application_credential": said})
        assert answer.status_code == status, (said, answer.text)
    identity = {"methods": ["password"], "password": {"user": {"id": person.user_id, "password": person.password}}}
    body = {"auth": {"identity": identity, "scope": "unscoped"}}
    token = (await cloud.anonymous().post(TOKENS, json=body)).headers["x-subject-token"]
    unscoped = cloud.anonymous(**{"x-auth-token": token})
    assert (await unscoped.post(of(cloud), json={"application_credential": {"name": "x"}})).status_code == 400
    assert len((await member.get(of(cloud))).json()["application_credentials"]) == 1
