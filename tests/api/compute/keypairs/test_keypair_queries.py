"""The queries of os-keypairs by microversion."""

from typing import Any

import pytest

from tests.api.builder import Cloud
from tests.api.compute.conftest import Ground
from tests.api.compute.world import PUBLIC_KEY

KEYS = "/compute/v2.1/os-keypairs"


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


@pytest.fixture
async def two(ground: Ground) -> Ground:
    for name in ("a", "b"):
        body = {"keypair": {"name": name, "public_key": PUBLIC_KEY}}
        assert (await ground.red.post(KEYS, json=body)).status_code == 200
    return ground


async def _names(ground: Ground, minor: int, /, **query: Any) -> list[str] | int:
    answer = await ground.red.get(KEYS, params=query, headers=at(minor))
    if answer.status_code != 200:
        return answer.status_code
    return [one["keypair"]["name"] for one in answer.json()["keypairs"]]


async def test_pages_come_with_2_35(two: Ground) -> None:
    assert await _names(two, 34, limit="x", marker="z", user_id="nobody") == 403, "to name users is of 2.10"
    assert await _names(two, 34, limit="x", marker="z") == ["a", "b"]
    assert await _names(two, 35, limit="1") == ["a"]
    assert await _names(two, 35, marker="a") == ["b"]
    assert await _names(two, 35, limit="x") == 400
    assert await _names(two, 35, marker="z") == 400


async def test_others_are_refused_from_2_75(two: Ground, cloud: Cloud) -> None:
    assert await _names(two, 74, colour="x", sort_key="x", fields="x") == ["a", "b"]
    for name in ("colour", "sort_key", "fields"):
        assert await _names(two, 75, **{name: "x"}) == 400
    for minor, expected in ((74, 200), (75, 400)):
        assert (await two.red.get(f"{KEYS}/a?colour=x", headers=at(minor))).status_code == expected
    assert (await two.red.delete(f"{KEYS}/a?colour=x", headers=at(75))).status_code == 400
    mine = cloud.people["red-member"].user_id
    assert (await two.red.get(f"{KEYS}/a?user_id={mine}", headers=at(75))).status_code == 200
    assert (await two.red.get(f"{KEYS}/a?user_id=other", headers=at(9))).status_code == 200, "not known before 2.10"
    assert (await two.red.delete(f"{KEYS}/a", headers=at(75))).status_code == 204
