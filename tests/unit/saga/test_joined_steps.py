"""Steps that join: one commit for all of them, and the same end as without, whatever fails and whoever takes over."""

import asyncio

import pytest

from berthline.domain.errors import NotHere, Refused, Transient
from berthline.domain.ids import ProjectId
from berthline.store import Store
from berthline.store.control.sagas import insert_saga, timeline
from tests.unit.saga.trips import Bench, Killed, Trip, World, running, until


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store, World(joins=True))


async def test_steps_that_join_cost_one_commit(bench: Bench) -> None:
    async with running(await bench.engine()) as engine:
        submitted = bench.submit(engine)
        before = bench.store.commits
        await asyncio.wait_for(engine.idle(), 60)
    assert bench.store.commits == before + 1
    assert bench.record(submitted).state == "done"
    times = bench.store.read_now(lambda connection: timeline(connection, submitted.id))
    assert [time.name for time in times] == ["one", "two", "gate", "finish"]


@pytest.mark.parametrize("place", ["do one", "after one", "do two", "after two", "check", "finish"])
async def test_a_refusal_among_joined_steps_undoes_what_was_begun(bench: Bench, place: str) -> None:
    bench.world.failures[place] = [Refused("no room")]
    record = await bench.run()
    assert record.state == "undone"
    assert bench.world.present == []
    undone = [call for call in bench.world.calls if call.startswith("undo")]
    assert undone == (["undo one"] if "one" in place else ["undo two", "undo one"])


@pytest.mark.parametrize("place", ["do one", "after one", "do two", "after two", "check", "finish"])
async def test_after_a_kill_among_joined_steps_all_that_was_intended_is_undone(bench: Bench, place: str) -> None:
    """The next worker cannot know how far the dead one came: when the first step is refused to it, it undoes both."""
    bench.world.failures[place] = [Killed()]
    first = await bench.engine()
    submitted = bench.submit(first)
    with pytest.raises(Killed):
        await first._running[submitted.id]
    bench.world.failures["do one"] = [Refused("no room")]
    async with running(await bench.engine("second")) as second:
        await asyncio.wait_for(second.idle(), 60)
    assert bench.record(submitted).state == "undone"
    assert bench.world.present == []
    assert [call for call in bench.world.calls if call.startswith("undo")] == ["undo two", "undo one"]


async def test_a_failed_attempt_among_joined_steps_is_recorded_where_it_was(bench: Bench) -> None:
    bench.world.failures["do two"] = [Transient("busy")] * 3
    record = await bench.run()
    assert record.state == "done"
    assert bench.world.calls.count("do one") == 1
    assert bench.world.calls.count("do two") == 4
    times = bench.store.read_now(lambda connection: timeline(connection, record.id))
    assert [time.outcome for time in times] == ["done", "retry", "retry", "retry", "done", "done", "done"]


async def test_a_saga_that_is_left_to_another_place_is_beyond_what_was_done_here(bench: Bench) -> None:
    """Else whoever takes it up there had to leave it again for the steps before, for ever."""
    bench.world.failures["do two"] = [NotHere("there is driven by another worker", "there")]
    engine = await bench.engine()
    submitted = bench.submit(engine)
    await asyncio.wait_for(engine._running[submitted.id], 60)
    left = bench.record(submitted)
    assert (left.state, left.position, left.place, left.holder) == ("forward", 1, "there", None)
    async with running(await bench.engine("second")) as second:
        await asyncio.wait_for(second.idle(), 60)
    assert bench.record(submitted).state == "done"
    assert bench.world.calls.count("do one") == 1
    await engine.stop()


async def test_a_joined_wait_that_lasts_is_recorded(bench: Bench) -> None:
    bench.world.ready = False
    async with running(await bench.engine()) as engine:
        submitted = bench.submit(engine)
        await until(lambda: bench.record(submitted).position == 2)
        assert bench.record(submitted).deadline_at is not None
        bench.world.ready = True
        engine.wake(submitted.id)
        await asyncio.wait_for(engine.idle(), 60)
    assert bench.record(submitted).state == "done"
    times = bench.store.read_now(lambda connection: timeline(connection, submitted.id))
    assert [time.name for time in times] == ["one", "two", "gate", "finish"]


async def test_a_saga_that_nobody_drove_before_knows_what_it_began(bench: Bench) -> None:
    bench.world.failures["do one"] = [Refused("no room")]
    submitted = bench.store.write_now(
        lambda connection: insert_saga(
            connection, kind="trip", subject_id="s", project_id=ProjectId("p"), saga_input=Trip("t"), holder=None, at=1
        )
    )
    async with running(await bench.engine()) as engine:
        await asyncio.wait_for(engine.idle(), 60)
    assert bench.record(submitted).state == "undone"
    assert [call for call in bench.world.calls if call.startswith("undo")] == ["undo one"]
