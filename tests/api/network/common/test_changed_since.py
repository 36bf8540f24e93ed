"""``changed_since``: what was made or changed at a time or after it (Network API, standard-attr-timestamp)."""

import pytest

from tests.api.builder import HandClock
from tests.api.network.common.nouns import NOUNS, listed, made_in_bulk, path_of, three_bodies
from tests.api.network.conftest import Api


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_list_is_cut_to_what_changed_since(red: Api, admin: Api, clock: HandClock, noun: str) -> None:
    bodies = await three_bodies(noun, red, admin)
    (first,) = await made_in_bulk(red, noun, bodies[:1])
    clock.advance(60)
    (second,) = await made_in_bulk(red, noun, bodies[1:2])

    async def since(text: str) -> set[str]:
        return {each["id"] for each in await listed(red, noun, changed_since=text)}

    everything = {each["id"] for each in await listed(red, noun)}
    assert await since("2020-01-01T00:00:00Z") == everything >= {first["id"], second["id"]}
    assert await since("2100-01-01T00:00:00Z") == set()
    at = second["updated_at"]
    assert at > first["updated_at"]
    assert await since(at) == {second["id"]}, "a thing that changed at this very second is there"
    assert await since(at.replace("Z", "+00:00")) == await since(at.removesuffix("Z")) == {second["id"]}
    assert await since(at.replace("Z", "-01:00")) == set()
    assert first["id"] in await since(first["updated_at"])
    if noun != "security_group_rule":
        clock.advance(60)
        field = {"subnet": "name", "port": "name"}.get(noun, "description")
        await red.change(f"{path_of(noun)}/{first['id']}", {noun: {field: "new"}})
        clock.advance(60)
        changed = next(each for each in await listed(red, noun) if each["id"] == first["id"])
        assert await since(changed["updated_at"]) == {first["id"]}


@pytest.mark.parametrize("noun", NOUNS)
async def test_what_is_no_time_is_refused(red: Api, noun: str) -> None:
    for text in ("yesterday", "", "2020-13-01T00:00:00Z", "1e9"):
        refused = await red.refused("GET", f"{path_of(noun)}?changed_since={text}")
        assert refused[:2] == (400, "InvalidInput")
