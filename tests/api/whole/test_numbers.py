"""Numbers that nothing holds, in every place of every body, in queries and headers: refused, and never a failure."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from berthline.api.compute.old.gone import PATHS
from berthline.api.compute.servers.actions import _ACTIONS
from tests.api.compute.conftest import LATEST
from tests.api.test_routes import every_route
from tests.api.whole.bodies import ACTIONS, BODIES, TAGS, UNTIL_2_35, WITHOUT
from tests.api.whole.conftest import Whole
from tests.api.whole.test_many_values import is_unknown, parameters

GONE = {path.replace(":str", "") for path in PATHS}
PLACE = "@@"
DIGITS = "9" * 5000
BEYOND = (DIGITS, str(2**63))
"""Numbers that no column holds; how else they may be written is tried where bodies are read."""
STRANGE = (f'"{DIGITS}"', str(2**63 - 1), '"NaN"')
"""Of these some are right in some places: text may be any."""


def places(value: Any) -> Iterator[Any]:
    """The body with each of its values in turn, and each item of its lists, in the place of which a number comes."""
    yield PLACE
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: changed} for changed in places(item))
        yield {**value, "unheard_of": PLACE}
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from ([*value[:number], changed, *value[number + 1 :]] for changed in places(item))


def sent(whole: Whole, body: Any, number: str) -> str:
    """The body as it is sent, with ids of what there is."""
    text = json.dumps(body).replace(f'"{PLACE}"', number)
    return re.sub(r"\{([a-z_-]+)\}", lambda match: whole.ids.get(match[1], match[0]), text)


def bodies_of(service: str) -> Iterator[tuple[str, str, Any]]:
    for method, path in every_route():
        name = f"{method} {path}"
        if method not in {"POST", "PUT", "PATCH"} or not path.startswith(f"/{service}/") or name in WITHOUT:
            continue
        if path.removeprefix("/compute") in GONE:
            continue
        if path.endswith("/tags") and service == "network":
            yield method, path, TAGS
        elif "/tags/" not in path:
            yield method, path, BODIES[name]
    if service == "compute":
        for action, arguments in ACTIONS.items():
            yield "POST", "/compute/v2.1/servers/{server_id}/action", {action: arguments}


def test_every_action_is_tried() -> None:
    assert _ACTIONS.keys() <= ACTIONS.keys()


@pytest.mark.slow
@pytest.mark.parametrize("service", ["identity", "image", "network", "compute"])
async def test_no_number_in_a_body_makes_a_failure(whole: Whole, service: str) -> None:
    media = {"PATCH /image": "application/openstack-images-v2.1-json-patch"}
    for method, route, good in bodies_of(service):
        path = whole.path(route)
        old = route.removeprefix("/compute/v2.1").startswith(UNTIL_2_35)
        headers = {**({} if old else LATEST), "Content-Type": media.get(f"{method} {path[:6]}", "application/json")}
        for body in places(good):
            for number in (*BEYOND, *STRANGE):
                content = sent(whole, body, number)
                answer = await whole.admin.request(method, path, content=content, headers=headers)
                where = (method, route, json.dumps(body)[:300], number[:20], answer.text[:200])
                assert answer.status_code < 500, where
                if number in BEYOND:
                    assert answer.status_code in {400, 401, 403, 404}, where


@pytest.mark.parametrize("service", ["identity", "image", "network", "compute", "berthline"])
async def test_no_number_in_a_query_makes_a_failure(whole: Whole, service: str) -> None:
    lists = [path for method, path in every_route() if method == "GET" and path.startswith(f"/{service}/v")]
    for path in (whole.path(path) for path in lists if "{" not in path):
        for name in parameters():
            if is_unknown(await whole.admin.get(path, params={name: "1"}, headers=LATEST)):
                continue
            for number in (DIGITS, "-" + DIGITS, "1e999", "NaN", "Infinity", str(2**63), str(-(2**63) - 1)):
                answer = await whole.admin.get(path, params={name: number}, headers=LATEST)
                assert answer.status_code < 500, (path, name, number[:20], answer.text[:200])


@pytest.mark.parametrize("number", [DIGITS, "1e999", "NaN", "-1", str(2**64)])
async def test_no_number_in_a_header_makes_a_failure(whole: Whole, number: str) -> None:
    network = whole.ids["networks"]
    for headers in (
        {"OpenStack-API-Version": f"compute {number}.{number}"},
        {"OpenStack-API-Version": f"compute 2.{number}"},
        {"X-OpenStack-Nova-API-Version": number},
        {"If-Match": f"revision_number={number}"},
        {"Idempotency-Key": number},
        {"X-Auth-Token": number},
        {"Range": f"bytes={number}-{number}"},
    ):
        for method, path, body in (
            ("GET", "/compute/v2.1/servers", None),
            ("GET", f"/image/v2/images/{whole.ids['image_id']}/file", None),
            ("PUT", f"/network/v2.0/networks/{network}", {"network": {"name": "n"}}),
            ("POST", "/network/v2.0/networks", {"network": {"name": "n"}}),
        ):
            answer = await whole.admin.request(method, path, json=body, headers=headers)
            assert answer.status_code < 500, (headers, path, answer.text[:200])
