"""Lists of flavors by microversion, and what they do not tell of flavors that one may not see."""

from typing import Any

import httpx
import pytest

from tests.api.builder import Cloud
from tests.api.compute.conftest import Ground

LISTS = ("/compute/v2.1/flavors", "/compute/v2.1/flavors/detail")


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


@pytest.fixture
async def three(ground: Ground) -> Ground:
    """Beside the tiny one a large public flavor with a description, and a private one."""
    large: dict[str, Any] = {"name": "large", "id": "7", "ram": 512, "vcpus": 2, "disk": 9, "description": "so big"}
    private = {"name": "own", "id": "50", "ram": 64, "vcpus": 1, "disk": 0, "os-flavor-access:is_public": False}
    for flavor in (large, private):
        answer = await ground.admin.post(LISTS[0], json={"flavor": flavor}, headers=at(100))
        assert answer.status_code == 200, answer.text
    return ground


async def _names(client: httpx.AsyncClient, minor: int, /, **query: Any) -> list[str]:
    found = []
    for path in LISTS:
        answer = await client.get(path, params=query, headers=at(minor))
        assert answer.status_code == 200, answer.text
        found.append([flavor["name"] for flavor in answer.json()["flavors"]])
    assert found[0] == found[1]
    return found[0]


async def test_a_marker_does_not_tell_that_a_private_flavor_exists(three: Ground, cloud: Cloud) -> None:
    for path in LISTS:
        answers = [await three.blue.get(path, params={"marker": marker}) for marker in ("50", "51")]
        assert [answer.status_code for answer in answers] == [400, 400]
        texts = [answer.text.replace(marker, "") for answer, marker in zip(answers, ("50", "51"), strict=True)]
        assert texts[0] == texts[1]
    assert await _names(three.admin, 1, marker="50", is_public="none") == ["large"]
    access = {"addTenantAccess": {"tenant": cloud.people["blue-member"].project_id}}
    assert (await three.admin.post(f"{LISTS[0]}/50/action", json=access)).status_code == 200
    assert await _names(three.blue, 1, marker="50") == ["large"]


async def test_every_key_of_nova_s_sorts_and_pages(three: Ground) -> None:
    expected = {
        "flavorid": ["tiny", "large"], "name": ["large", "tiny"], "memory_mb": ["tiny", "large"],
        "vcpus": ["tiny", "large"],
        "root_gb": ["tiny", "large"], "description": ["tiny", "large"], "created_at": ["tiny", "large"],
        "id": ["tiny", "large"],
    }  # fmt: skip
    same = ("disabled", "ephemeral_gb", "is_public", "rxtx_factor", "swap", "updated_at", "vcpu_weight")
    for key in (*expected, *same):
        for minor in (1, 100):
            upwards = await _names(three.red, minor, sort_key=key)
            assert upwards == expected.get(key, ["tiny", "large"])
            assert await _names(three.red, minor, sort_key=key, sort_dir="desc") == upwards[::-1]
            first = {"large": "7", "tiny": "42"}[upwards[0]]
            assert await _names(three.red, minor, sort_key=key, marker=first) == upwards[1:]


async def test_names_since_2_102(three: Ground) -> None:
    """A regular expression, as for servers; below, the parameter is unknown."""
    assert await _names(three.red, 74, name="tiny") == ["tiny", "large"]
    assert (await three.red.get(LISTS[0], params={"name": "tiny"}, headers=at(101))).status_code == 400
    for pattern, found in {
        "tiny": ["tiny"],
        "^l.*e$": ["large"],
        "i|r": ["tiny", "large"],
        "own": [],
        "": ["tiny", "large"],
    }.items():
        assert await _names(three.red, 102, name=pattern) == found
    assert await _names(three.admin, 102, name="own", is_public="none") == ["own"]
    for pattern in ("(", "(a+)+"):
        assert (await three.red.get(LISTS[0], params={"name": pattern}, headers=at(102))).status_code == 400


async def test_the_factor_that_nothing_heeds_is_gone_since_2_102(three: Ground) -> None:
    before, after = [(await three.red.get(f"{LISTS[0]}/7", headers=at(minor))).json()["flavor"] for minor in (101, 102)]
    assert set(before) - set(after) == {"rxtx_factor", "OS-FLV-DISABLED:disabled"}
    assert (await three.red.get(LISTS[0], params={"sort_key": "rxtx_factor"}, headers=at(102))).status_code == 400
    flavor = {"name": "f", "ram": 64, "vcpus": 1, "disk": 0}
    given = {"flavor": flavor | {"rxtx_factor": 1.0}}
    refused = await three.admin.post(LISTS[0], json=given, headers=at(102))
    assert (refused.status_code, "rxtx_factor" in refused.text) == (400, True)
    assert (await three.admin.post(LISTS[0], json={"flavor": flavor}, headers=at(102))).status_code == 200
    assert (await three.admin.post(LISTS[0], json=given, headers=at(101))).status_code == 409


async def test_what_each_microversion_takes(three: Ground) -> None:
    for name in ("colour", "fields", "sort", "page_reverse"):
        assert await _names(three.red, 74, **{name: "x"}) == ["tiny", "large"]
        assert (await three.red.get(LISTS[0], params={name: "x"}, headers=at(75))).status_code == 400
    for query in (
        {"sort_key": "hats"}, {"sort_dir": "up"}, {"limit": "x"}, {"limit": ["1", "x"]}, {"minRam": "x"},
        {"minDisk": "1.5"}, {"sort_key": ["hats", "name"]},
    ):  # fmt: skip
        for minor in (1, 100):
            assert (await three.red.get(LISTS[0], params=query, headers=at(minor))).status_code == 400, query
    assert await _names(three.red, 1, minRam="200") == await _names(three.red, 1, minDisk="9") == ["large"]
    assert await _names(three.red, 1, minRam="-5", is_public="nonsense") == ["tiny", "large"]
    assert (await three.admin.get(LISTS[0], params={"is_public": "nonsense"})).status_code == 400


async def test_a_public_flavor_takes_accesses_before_2_7(three: Ground, cloud: Cloud) -> None:
    tenant = cloud.people["red-member"].project_id
    path, access = f"{LISTS[0]}/7/action", {"addTenantAccess": {"tenant": tenant}}
    for minor in (7, 100):
        assert (await three.admin.post(path, json=access, headers=at(minor))).status_code == 409
    answer = await three.admin.post(path, json=access, headers=at(6))
    assert (answer.status_code, answer.json()) == (200, {"flavor_access": [{"flavor_id": "7", "tenant_id": tenant}]})
    assert (await three.admin.post(path, json=access, headers=at(1))).status_code == 409, "there already"
    assert await _names(three.blue, 1) == ["tiny", "large"], "it stays public"
    gone = await three.admin.post(path, json={"removeTenantAccess": {"tenant": tenant}}, headers=at(100))
    assert (gone.status_code, gone.json()) == (200, {"flavor_access": []})
