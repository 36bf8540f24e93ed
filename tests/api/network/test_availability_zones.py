"""Hints of availability zones: kept and shown as they were given, and refused for a zone that is not there."""

from typing import Any

import pytest

from tests.api.network.conftest import PREFIX, Api


@pytest.mark.parametrize("noun", ["network", "router"])
async def test_hints_are_kept_and_shown(red: Api, noun: str) -> None:
    made = await red.make(noun, availability_zone_hints=["nova"])
    assert (made["availability_zone_hints"], made["availability_zones"]) == (["nova"], ["nova"])
    path = f"{noun}s/{made['id']}"
    assert (await red.fetch(path))[noun]["availability_zone_hints"] == ["nova"]
    assert (await red.change(path, {noun: {"name": "new"}}))[noun]["availability_zone_hints"] == ["nova"]
    plain = await red.make(noun)
    assert plain["availability_zone_hints"] == []
    listed = (await red.fetch(f"{noun}s", sort_key="created_at", fields=["id", "availability_zone_hints"]))[f"{noun}s"]
    assert {each["id"]: each["availability_zone_hints"] for each in listed} == {made["id"]: ["nova"], plain["id"]: []}
    asked: dict[str, Any] = {noun: {"availability_zone_hints": []}}
    assert (await red.refused("PUT", path, asked))[:2] == (400, "HTTPBadRequest")


@pytest.mark.parametrize("noun", ["network", "router"])
async def test_an_unknown_zone_is_not_found(red: Api, noun: str) -> None:
    for hints in (["nope"], ["nova", "nope"], ["nope", "nova"], [""]):
        refused = await red.refused("POST", f"{noun}s", {noun: {"availability_zone_hints": hints}})
        assert refused[:2] == (404, "AvailabilityZoneNotFound")
    bulk = {f"{noun}s": [{"availability_zone_hints": ["nova"]}, {"availability_zone_hints": ["nope"]}]}
    assert (await red.refused("POST", f"{noun}s", bulk))[:2] == (404, "AvailabilityZoneNotFound")
    twice = {noun: {"availability_zone_hints": ["nova", "nova"]}}
    assert (await red.refused("POST", f"{noun}s", twice))[:2] == (400, "InvalidInput")
    answer = await red.client.get(f"{PREFIX}/{noun}s")
    assert answer.json() == {f"{noun}s": []}
