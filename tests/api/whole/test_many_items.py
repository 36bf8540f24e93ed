"""Lists in bodies that are as long as a body may be: done or refused, and never a failure."""

import json
import re
from collections.abc import Iterator
from itertools import islice, product
from string import ascii_letters
from typing import Any

import pytest

from tests.api.compute.conftest import LATEST
from tests.api.compute.world import World
from tests.api.whole.conftest import Whole
from tests.api.whole.test_numbers import bodies_of

ROOM = 110_000
"""Bytes of a body, of which 114,688 are read."""


def grown(value: Any, room: int = ROOM) -> Iterator[Any]:
    """The body with each of its lists in turn as long as there is room, of the same item and of as many others."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: changed} for changed in grown(item))
    elif isinstance(value, list) and value:
        yield value * (room // (len(json.dumps(value[0])) + 1))
        if isinstance(value[0], str):
            yield ["".join(letters) for letters in islice(product(ascii_letters, repeat=3), room // 6)]
        for changed in grown(value[0]):
            yield [changed, *value[1:]]


@pytest.mark.slow
@pytest.mark.parametrize("service", ["identity", "image", "network", "compute"])
async def test_no_long_list_in_a_body_makes_a_failure(whole: Whole, world: World, service: str) -> None:
    tried = 0
    for method, route, good in bodies_of(service):
        path = whole.path(route)
        media = (
            "application/openstack-images-v2.1-json-patch" if method + path[:6] == "PATCH/image" else "application/json"
        )
        for body in grown(good):
            text = re.sub(
                r"\{([a-z_-]+)\}",
                lambda match: whole.ids.get(match[1], match[0]),
                json.dumps(body, separators=(",", ":")),
            )
            answer = await whole.admin.request(method, path, content=text, headers={**LATEST, "Content-Type": media})
            assert answer.status_code < 500, (method, route, text[:200], answer.text[:200])
            tried += 1
    assert tried
    await world.settle()
