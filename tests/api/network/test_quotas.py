"""Limits of a project: none below what it uses, unless an admin insists."""

import pytest

from tests.api.network.common.nouns import NOUNS, made_in_bulk, three_bodies
from tests.api.network.conftest import Api


@pytest.mark.parametrize("noun", NOUNS)
async def test_a_limit_below_the_use_is_refused(red: Api, admin: Api, noun: str) -> None:
    await made_in_bulk(red, noun, await three_bodies(noun, red, admin))
    path = f"quotas/{red.project_id}"
    used = (await red.fetch(f"{path}/details"))["quota"][noun]["used"]
    assert used >= 3
    before = await red.fetch(path)
    other = "subnet" if noun == "network" else "network"
    for more in ({"check_limit": True}, {}, {"force": False}, {"check_limit": False}):
        asked = {"quota": {noun: used - 1, other: 77, **more}}
        assert (await admin.refused("PUT", path, asked))[:2] == (400, "BadRequest")
    assert await red.fetch(path) == before
    for limit in (used, -1):
        changed = await admin.change(path, {"quota": {noun: limit, "check_limit": True}})
        assert changed["quota"][noun] == limit
    forced = await admin.change(path, {"quota": {noun: 0, "force": True}})
    assert forced["quota"][noun] == 0


async def test_flags_are_flags(red: Api, admin: Api) -> None:
    for flag in ("force", "check_limit"):
        asked = {"quota": {"network": 5, flag: "yes"}}
        assert (await admin.refused("PUT", f"quotas/{red.project_id}", asked))[:2] == (400, "InvalidInput")
    assert (await red.fetch(f"quotas/{red.project_id}"))["quota"]["network"] != 5
