"""What /healthz makes of a part that says nothing."""

import asyncio

from berthline.api.frame import Health
from berthline.api.health import _ask


async def test_a_part_that_never_answers_is_not_waited_for() -> None:
    async def never() -> Health:
        await asyncio.Event().wait()
        raise AssertionError("nobody set it")

    told = await asyncio.wait_for(_ask(never), 60)
    assert told == Health(False, {"trouble": "it has not answered for 3 s"})


async def test_a_part_that_answers_is_told_as_it_is() -> None:
    async def soon() -> Health:
        return Health(True, {"lag": 1})

    assert await _ask(soon) == Health(True, {"lag": 1})
    assert await _ask(lambda: Health(False, {})) == Health(False, {})
