"""Access rules of application credentials: held against every request, of every service."""

import re

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.identity.test_application_credentials import TOKENS, V3, make, of, robot
from tests.api.test_routes import PUBLIC, every_route

IMAGES = {"service": "image", "path": "/v2/images", "method": "GET"}


async def test_what_no_rule_allows_is_refused_by_every_route(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    rule = {"service": "image", "path": "/v2/nothing/**", "method": "GET"}
    program = await robot(cloud, await make(admin, of(cloud, "admin"), unrestricted=True, access_rules=[rule]))
    for method, path in every_route():
        if f"{method} {path}" not in PUBLIC:
            answer = await program.request(method, re.sub(r"\{[a-z_]+\}", "x", path))
            assert answer.status_code == 401, (method, path, answer.text)
            assert method == "HEAD" or "access rules" in answer.text


async def test_a_rule_allows_one_method_of_what_its_path_matches(cloud: Cloud) -> None:
    member = await cloud.client_for("red-member")
    rules = [
        IMAGES,
        {"service": "image", "path": "/v2/images/{image_id}", "method": "DELETE"},
        {"service": "identity", "path": "/v3/auth/**", "method": "GET"},
    ]
    made = await make(member, of(cloud), access_rules=rules)
    said = [{name: rule[name] for name in IMAGES} for rule in made["access_rules"]]
    assert sorted(said, key=str) == sorted(rules, key=str)
    program = await robot(cloud, made)

    async def status(method: str, path: str) -> int:
        return (await program.request(method, path)).status_code

    assert await status("GET", "/image/v2/images?limit=1") == 200
    assert await status("POST", "/image/v2/images") == 401
    assert await status("GET", "/image/v2/images/x") == 401
    assert await status("DELETE", "/image/v2/images/x") == 404
    assert await status("DELETE", "/image/v2/images/x/members/y") == 401
    assert await status("DELETE", "/image/v2/images/x%2Fmembers%2Fy") == 401
    assert await status("GET", f"{V3}/auth/projects") == 200
    assert await status("GET", f"{V3}/users") == 401
    assert await status("GET", "/network/v2.0/networks") == 401


async def test_a_service_that_does_not_know_rules_is_told_of_no_such_token(cloud: Cloud) -> None:
    admin = await cloud.client_for("admin")
    made = await make(await cloud.client_for("red-member"), of(cloud), access_rules=[IMAGES])
    token = (await robot(cloud, made)).headers["x-auth-token"]
    for header, status in (
        ({}, 404),
        ({"openstack-identity-access-rules": "x"}, 404),
        ({"openstack-identity-access-rules": "1.0"}, 200),
    ):
        for method in ("GET", "HEAD"):
            answer = await admin.request(method, TOKENS, headers={"x-subject-token": token, **header})
            assert answer.status_code == status
    shown = await admin.get(TOKENS, headers={"x-subject-token": token, "openstack-identity-access-rules": "1"})
    assert shown.json()["token"]["application_credential"]["access_rules"] == made["access_rules"]


async def test_rules_are_the_users_and_outlive_their_credentials(cloud: Cloud) -> None:
    member, path = await cloud.client_for("red-member"), f"{V3}/users/{cloud.people['red-member'].user_id}/access_rules"
    made = await make(member, of(cloud), access_rules=[IMAGES, IMAGES])
    rule = made["access_rules"][0]
    assert made["access_rules"] == [rule]
    again = await make(member, of(cloud), "second", access_rules=[{"id": rule["id"]}, IMAGES])
    assert again["access_rules"] == [rule]
    other = {"id": rule["id"], "path": "/v2/other"}
    answer = await member.post(of(cloud), json={"application_credential": {"name": "third", "access_rules": [other]}})
    assert answer.status_code == 400
    assert (await member.get(f"{path}/{rule['id']}")).json()["access_rule"] == {
        **rule,
        "links": {"self": f"http://cloud.test{path}/{rule['id']}"},
    }
    assert (await member.delete(f"{path}/{rule['id']}")).status_code == 403
    for each in (made, again):
        await member.delete(of(cloud, rest=f"/{each['id']}"))
    assert len((await member.get(f"{path}?service=image")).json()["access_rules"]) == 1
    assert (await member.get(f"{path}?service=compute")).json()["access_rules"] == []
    assert (await member.delete(f"{path}/{rule['id']}")).status_code == 204
    assert (await member.delete(f"{path}/{rule['id']}")).status_code == 404


@pytest.mark.parametrize("version", ["v2", "v2.1"])
async def test_a_path_of_old_is_held_against_rules_as_what_it_is_taken_for(cloud: Cloud, version: str) -> None:
    member = await cloud.client_for("red-member")
    rule = {"service": "compute", "path": "/v2.1/os-keypairs", "method": "GET"}
    program = await robot(cloud, await make(member, of(cloud), access_rules=[rule]))
    project = cloud.people["red-member"].project_id
    answers: list[httpx.Response] = [
        await program.get(f"/compute/{version}/{project}/os-keypairs"),
        await program.get(f"/compute/{version}/{project}/servers"),
    ]
    assert answers[0].status_code != 401
    assert answers[1].status_code == 401
