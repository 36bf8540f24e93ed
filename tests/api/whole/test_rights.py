"""Every route of the Compute API, asked in each role: who is refused is who the one table says."""

import ast
import fnmatch
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from berthline.api.compute import rights
from berthline.api.compute.old.gone import PATHS
from berthline.api.compute.rights import RIGHTS, ROUTES, Right
from tests.api.builder import Cloud
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World
from tests.api.test_routes import every_route
from tests.api.whole.bodies import BODIES, TAGS, UNTIL_2_35
from tests.api.whole.conftest import Whole

ROOT = "/compute/v2.1"
SOURCE = Path(rights.__file__).parent
OLD = (*UNTIL_2_35, "/os-baremetal", "/os-networks", "/os-tenant-networks", "/os-volumes", "/os-snapshots")
GONE = {path.removeprefix("/v2.1").replace(":str", "") for path in PATHS}
BY_THEMSELVES = {
    "POST /servers/{server_id}/action": "each action has its rule",
    "POST /flavors/{flavor_id}/action": "each action has its rule",
    "POST /os-aggregates/{aggregate_id}/action": "each action has its rule",
    "POST /os-networks": "gone for everybody", "POST /os-networks/add": "gone for everybody",
    "POST /os-tenant-networks": "gone for everybody", "DELETE /os-networks/{network_id}": "gone for everybody",
    "DELETE /os-tenant-networks/{network_id}": "gone for everybody",
    "POST /os-baremetal-nodes": "refused to everybody", "DELETE /os-baremetal-nodes/{node_id}": "refused to everybody",
    "POST /os-baremetal-nodes/{node_id}/action": "refused to everybody",
}  # fmt: skip
VERBS = {"require": None, "require_admin": Right.ADMIN, "for_admin": Right.ADMIN, "require_writer": Right.MEMBER}
"""How a handler asks for a right, and which one that is; ``require`` asks the table."""


def routes() -> Iterator[tuple[str, str]]:
    """Method and path below the version, of each route that has a rule or needs one."""
    for method, path in every_route():
        rest = path.removeprefix(ROOT)
        if path.startswith(f"{ROOT}/") and method != "HEAD" and rest not in GONE:
            yield method, rest


def rule_of(method: str, path: str) -> str | None:
    return ROUTES.get(f"{method} {path}")


async def _ask(client: httpx.AsyncClient, whole: Whole, method: str, path: str) -> httpx.Response:
    body = TAGS if path.endswith("/tags") and method == "PUT" else BODIES.get(f"{method} {ROOT}{path}")
    content = None
    if body is not None:
        text = json.dumps(body)
        content = re.sub(r"\{([a-z_-]+)\}", lambda match: whole.ids.get(match[1], match[0]), text)
    headers = {} if path.startswith(OLD) else LATEST
    headers = headers | ({"Content-Type": "application/json"} if content else {})
    return await client.request(method, whole.path(ROOT + path), content=content, headers=headers)


@pytest.fixture
async def here(whole: Whole, ground: Ground, world: World) -> Whole:
    """Everything there is, and a server of red's in the place of the admin's."""
    return Whole(whole.admin, {**whole.ids, "server_id": await ground.boot(world, "of red")})


@pytest.mark.slow
@pytest.mark.parametrize("person", ["red-reader", "red-member"])
async def test_who_lacks_the_right_is_refused_and_nothing_changes(here: Whole, cloud: Cloud, person: str) -> None:
    client = await cloud.client_for(person)
    held = {Right.ANYBODY, Right.OWN, Right.READER} | ({Right.MEMBER} if person == "red-member" else set())
    refused = 0
    for method, path in routes():
        rule = rule_of(method, path)
        right = RIGHTS[rule] if rule else (Right.READER if method == "GET" else Right.MEMBER)
        if right in held or f"{method} {path}" in BY_THEMSELVES or path.startswith("/images"):
            continue
        answer = await _ask(client, here, method, path)
        assert answer.status_code == 403, (method, path, answer.text[:200])
        if rule is not None:
            assert rule in answer.text, (method, path, answer.text[:200])
        refused += 1
    assert refused > 20
    assert (await here.admin.get(f"{ROOT}/servers/{here.ids['server_id']}")).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("person", ["admin", "red-reader"])
async def test_who_has_the_right_may_look(here: Whole, cloud: Cloud, person: str) -> None:
    client = await cloud.client_for(person)
    looked = 0
    for method, path in routes():
        rule = rule_of(method, path)
        held = rule is not None and RIGHTS[rule] in {Right.ANYBODY, Right.OWN, Right.READER}
        held = held or person == "admin" or (rule is None and path.startswith(("/flavors", "/images")))
        if method == "GET" and held and "{project_id}" not in path:
            assert (await _ask(client, here, method, path)).status_code != 403, path
            looked += 1
    assert looked > 30


@pytest.mark.slow
async def test_a_server_of_another_project_is_as_none_to_a_member(here: Whole, cloud: Cloud) -> None:
    client = await cloud.client_for("blue-member")
    asked = 0
    for method, path in routes():
        rule = rule_of(method, path)
        if "{server_id}" in path and rule is not None and RIGHTS[rule] in {Right.READER, Right.MEMBER}:
            answer = await _ask(client, here, method, path)
            assert answer.status_code == 404, (method, path, answer.text[:200])
            asked += 1
    assert asked > 20


def rules_in_the_source() -> Iterator[tuple[str, str, str]]:
    """File, verb and rule (with * for what is put in) of each place that asks for a right by a text."""
    for file in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            verb = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            rule = node.args[-1]
            if verb not in VERBS:
                continue
            if isinstance(rule, ast.JoinedStr):
                parts = (each.value if isinstance(each, ast.Constant) else "*" for each in rule.values)
                yield file.name, verb, "".join(map(str, parts))
            elif isinstance(rule, ast.Constant):
                yield file.name, verb, str(rule.value)


def test_every_rule_that_is_asked_for_is_in_the_table_and_asks_for_that_right() -> None:
    asked = list(rules_in_the_source())
    assert len(asked) > 60
    for file, verb, rule in asked:
        found = {right for name, right in RIGHTS.items() if fnmatch.fnmatchcase(name, rule)}
        assert found, f"{file}: {rule} is in no table"
        assert VERBS[verb] in (None, *found), f"{file}: {rule} is asked for by {verb}, and takes {sorted(found)}"


def test_the_table_names_routes_and_rules_that_there_are() -> None:
    assert set(ROUTES.values()) <= RIGHTS.keys()
    assert ROUTES.keys() - {f"{method} {path}" for method, path in routes()} == set()
