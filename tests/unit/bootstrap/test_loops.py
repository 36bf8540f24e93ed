"""What a loop says of its turns."""

import asyncio
import contextlib
from collections.abc import Iterator

from structlog.testing import capture_logs

from berthline.bootstrap.loops import Loop
from berthline.domain.errors import BerthlineError, StoreUnavailable, Transient


async def told(*turns: BerthlineError | None) -> list[tuple[str, str]]:
    """What is logged, and of which error, by a loop whose turns end so."""
    left: Iterator[BerthlineError | None] = iter(turns)
    over = asyncio.Event()

    async def work() -> None:
        try:
            error = next(left)
        except StopIteration:
            over.set()
            return
        if error is not None:
            raise error

    with capture_logs() as logs:
        running = asyncio.create_task(Loop("test", work, seconds=0.0, pause=0.0).run())
        async with asyncio.timeout(30):
            await over.wait()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    return [(entry["event"], str(entry.get("error", entry.get("failed_turns")))) for entry in logs]


async def test_what_is_in_the_way_of_many_turns_is_said_once_and_that_it_is_over() -> None:
    away = StoreUnavailable("away")
    assert await told(None, away, away, away, None, None) == [("loop failed", "away"), ("loop goes on", "3")]


async def test_another_kind_of_failure_is_said_too() -> None:
    failures = StoreUnavailable("away"), Transient("no answer")
    assert await told(*failures, None) == [("loop failed", "away"), ("loop failed", "no answer"), ("loop goes on", "2")]


async def test_a_failure_after_a_good_turn_is_said_again() -> None:
    away = StoreUnavailable("away")
    assert [event for event, _ in await told(away, None, away, None)] == ["loop failed", "loop goes on"] * 2
