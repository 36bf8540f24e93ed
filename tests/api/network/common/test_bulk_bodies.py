"""Items of a bulk request, plain or each below the noun's name again."""

import pytest

from tests.api.network.common.nouns import NOUNS, listed, made_in_bulk, path_of, three_bodies
from tests.api.network.conftest import Api


@pytest.mark.parametrize("noun", NOUNS)
async def test_items_may_be_wrapped(red: Api, admin: Api, noun: str) -> None:
    bodies = await three_bodies(noun, red, admin)
    made = await made_in_bulk(red, noun, [{noun: bodies[0]}, bodies[1], {noun: bodies[2]}])
    for body, each in zip(bodies, made, strict=True):
        assert {name: each[name] for name in body} == body
    ids = {each["id"] for each in await listed(red, noun)}
    assert {each["id"] for each in made} <= ids


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_wrapping_holds_one_thing_and_nothing_else(red: Api, admin: Api, noun: str) -> None:
    good, other, _ = await three_bodies(noun, red, admin)
    before = await listed(red, noun)
    for wrong in ({noun: other, "name": "x"}, {noun: None}, {noun: [other]}, {noun: {noun: other}}, {noun: {"x": 1}}):
        refused = await red.refused("POST", path_of(noun), {f"{noun}s": [{noun: good}, wrong]})
        assert refused[:2] == (400, "HTTPBadRequest"), wrong
    assert await listed(red, noun) == before
