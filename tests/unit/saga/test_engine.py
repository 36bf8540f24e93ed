"""The saga engine on a real store: order, undo, retries, waits, cancelling, leases and crashes."""

import asyncio
from collections.abc import Sequence

import pytest
import structlog.testing

from berthline.domain.clock import SystemClock
from berthline.domain.errors import LeaseLost, Refused, Transient
from berthline.saga import Definition, Effect, Engine, Holder, SagaRecord, Wait
from berthline.store import Connection, Store
from berthline.store.control.sagas import StoredSagaLog, request_cancel, timeline
from tests.unit.saga.trips import Bench, Killed, Trip, World, running, until


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store, World())


async def test_steps_run_in_order_and_are_timed(bench: Bench) -> None:
    record = await bench.run()
    assert record.state == "done"
    assert bench.world.present == ["one", "two"]
    assert bench.world.calls == ["do one", "after one", "do two", "after two", "check", "finish"]
    times = bench.store.read_now(lambda connection: timeline(connection, record.id))
    assert [(time.name, time.outcome) for time in times] == [
        ("one", "done"),
        ("two", "done"),
        ("gate", "done"),
        ("finish", "done"),
    ]


@pytest.mark.parametrize("place", ["do one", "after one", "do two", "after two", "check", "finish"])
async def test_a_refusal_anywhere_undoes_everything_newest_first(bench: Bench, place: str) -> None:
    bench.world.failures[place] = [Refused("no room")]
    record = await bench.run()
    assert record.state == "undone"
    assert bench.world.present == []
    assert record.failure is not None
    assert (record.failure.type, record.failure.message) == ("Refused", "no room")
    undone = [call for call in bench.world.calls if call.startswith("undo")]
    assert undone == (["undo one"] if "one" in place else ["undo two", "undo one"])
    assert len(bench.world.undone_with) == 1


async def test_a_transient_error_is_tried_again(bench: Bench) -> None:
    bench.world.failures["do two"] = [Transient("busy")] * 3
    record = await bench.run()
    assert record.state == "done"
    assert bench.world.calls.count("do two") == 4


async def test_transient_errors_without_end_unwind(bench: Bench) -> None:
    bench.world.failures["do two"] = [Transient("busy")] * 50
    record = await bench.run()
    assert record.state == "undone"
    assert bench.world.calls.count("do two") == 6
    assert bench.world.present == []


async def test_an_undo_that_fails_is_seen_and_tried_until_it_works(bench: Bench) -> None:
    bench.world.failures["check"] = [Refused("broken")]
    bench.world.failures["undo two"] = [Refused("not now")] * 40
    seen: list[str] = []
    async with running(await bench.engine()) as engine:
        submitted = bench.submit(engine)
        await until(lambda: bench.record(submitted).undo_error is not None)
        seen.append(bench.record(submitted).undo_error or "")
        await asyncio.wait_for(engine.idle(), 60)
    assert seen == ["two: not now"]
    assert bench.record(submitted).state == "undone"
    assert bench.record(submitted).undo_error is None
    assert bench.world.present == []


async def test_a_wait_past_its_deadline_says_what_it_waited_for(bench: Bench) -> None:
    bench.world.ready = False
    definition = bench.world.definition()
    wait = definition.steps[2]
    assert isinstance(wait, Wait)
    steps = (*definition.steps[:2], Wait(wait.name, wait.check, 0.05), definition.steps[3])
    engine: Engine[Connection] = Engine(
        StoredSagaLog(bench.store),
        [Definition("trip", Trip, steps, definition.undone)],
        SystemClock(),
        worker=(await bench.engine()).worker,
    )
    async with running(engine):
        submitted = bench.submit(engine)
        await asyncio.wait_for(engine.idle(), 60)
    failure = bench.record(submitted).failure
    assert failure is not None
    assert failure.type == "DeadlineExceeded"
    assert "the gate is shut" in failure.message
    assert bench.world.present == []


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("joins", [False, True])
async def test_a_wait_that_lapses_is_followed_by_the_next_step(bench: Bench, *, killed: bool, joins: bool) -> None:
    """Also where its time ended while nobody looked."""
    bench.world.ready, bench.world.deadline, bench.world.lapses, bench.world.joins = False, 0.0, True, joins
    first = await bench.engine()
    bench.world.failures["check"] = [Killed()] if killed else []
    submitted = bench.submit(first)
    if killed:
        with pytest.raises(Killed):
            await first._running[submitted.id]
        assert bench.record(submitted).state == "forward"
        first = await bench.engine("second")
    async with running(first):
        await asyncio.wait_for(first.idle(), 60)
    assert bench.record(submitted).state == "done"
    assert bench.world.present == ["one", "two"]
    assert bench.world.calls[-2:] == ["check", "finish"]


async def test_a_wake_up_brings_the_next_look_forward(bench: Bench) -> None:
    bench.world.ready = False
    async with running(await bench.engine()) as engine:
        submitted = bench.submit(engine)
        await until(lambda: "check" in bench.world.calls)
        bench.world.ready = True
        engine.wake(submitted.id)
        await asyncio.wait_for(engine.idle(), 60)
    assert bench.record(submitted).state == "done"


async def test_cancelling_a_waiting_saga_unwinds_it(bench: Bench) -> None:
    bench.world.ready = False
    with structlog.testing.capture_logs() as logs:
        async with running(await bench.engine()) as engine:
            submitted = bench.submit(engine)
            await until(lambda: "check" in bench.world.calls)
            cancelled = bench.store.write_now(lambda connection: request_cancel(connection, "s", "trip"))
            assert cancelled == (submitted.id,)
            engine.wake(submitted.id)
            await asyncio.wait_for(engine.idle(), 60)
    record = bench.record(submitted)
    assert record.state == "undone"
    assert record.failure is not None
    assert record.failure.type == "Cancelled"
    assert bench.world.present == []
    assert logs == []  # somebody wanted it: it is no failure of ours


@pytest.mark.parametrize("place", ["do one", "after one", "do two", "after two", "check", "finish"])
async def test_a_killed_process_is_finished_by_the_next(bench: Bench, place: str) -> None:
    bench.world.failures[place] = [Killed()]
    first = await bench.engine()
    submitted = bench.submit(first)
    with pytest.raises(Killed):
        await first._running[submitted.id]
    assert bench.record(submitted).state == "forward"
    async with running(await bench.engine("second")) as second:
        await asyncio.wait_for(second.idle(), 60)
    assert bench.record(submitted).state == "done"
    assert bench.world.present == ["one", "two"]


@pytest.mark.parametrize("place", ["undo two", "undo one", "give back"])
async def test_a_process_killed_while_undoing_is_finished_by_the_next(bench: Bench, place: str) -> None:
    bench.world.failures["check"] = [Refused("broken")]
    bench.world.failures[place] = [Killed()]
    first = await bench.engine()
    submitted = bench.submit(first)
    with pytest.raises(Killed):
        await first._running[submitted.id]
    async with running(await bench.engine("second")) as second:
        await asyncio.wait_for(second.idle(), 60)
    assert bench.record(submitted).state == "undone"
    assert bench.world.present == []


async def test_a_lease_that_is_held_is_not_taken_and_one_that_ended_is(bench: Bench) -> None:
    bench.world.failures["do two"] = [Killed()]
    first = await bench.engine(lease_seconds=0.3)
    submitted = bench.submit(first)
    with pytest.raises(Killed):
        await first._running[submitted.id]
    async with running(await bench.engine("second", lease_seconds=0.3, alone=False)):
        assert bench.record(submitted).state == "forward"
        assert "after two" not in bench.world.calls
        await until(lambda: bench.record(submitted).state == "done")


async def test_a_worker_that_lost_its_lease_changes_nothing_more(bench: Bench) -> None:
    bench.world.ready = False
    first = await bench.engine("first")
    submitted = bench.submit(first)
    await until(lambda: "check" in bench.world.calls)
    async with running(await bench.engine("second")) as second:  # the first worker's lease is void
        bench.world.ready = True
        await asyncio.wait_for(second.idle(), 60)
        assert bench.record(submitted).state == "done"
        await asyncio.wait_for(first.idle(), 60)
    await first.stop()
    assert bench.world.calls.count("finish") == 1
    assert bench.record(submitted).state == "done"


def test_an_effect_without_undo_must_say_why() -> None:
    async def do(_: Trip) -> None: ...

    with pytest.raises(ValueError, match="does not say why"):
        Effect("careless", do, None)


@pytest.mark.parametrize("turns", range(4))
async def test_stop_ends_a_saga_that_was_woken_just_before(bench: Bench, turns: int) -> None:
    """A cancellation that comes while a wake-up is on its way, so many turns of the loop after it, is not lost."""
    bench.world.ready = False
    engine = await bench.engine()
    await engine.start()
    submitted = bench.submit(engine)
    await until(lambda: "check" in bench.world.calls)
    engine.wake(submitted.id)
    for _ in range(turns):
        await asyncio.sleep(0)
    await engine.stop()
    assert bench.record(submitted).state == "forward"


async def test_a_saga_that_was_put_aside_is_taken_up_with_the_next_turn(bench: Bench) -> None:
    """Nothing is begun in the last third of a lease, and the lease may be renewed all the same."""
    bench.world.failures["do two"] = [LeaseLost("the lease of this worker ends soon")]
    engine = await bench.engine()
    await engine.start()
    submitted = bench.submit(engine)
    await asyncio.wait_for(engine.idle(), 60)
    assert bench.record(submitted).state == "forward"
    await engine.worker.turn()
    await asyncio.wait_for(engine.idle(), 60)
    await engine.stop()
    assert bench.record(submitted).state == "done"


class _HeldLog(StoredSagaLog):
    """Claims wait while ``free`` is not set; ``asked`` counts them."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.free = asyncio.Event()
        self.free.set()
        self.asked = 0

    async def claim(self, holder: Holder, limit: int) -> Sequence[SagaRecord]:
        self.asked += 1
        await self.free.wait()
        return await super().claim(holder, limit)


async def test_sagas_are_claimed_also_after_one_that_waited_to_claim_was_cancelled(bench: Bench) -> None:
    held = _HeldLog(bench.store)
    worker = (await bench.engine()).worker
    engine: Engine[Connection] = Engine(held, [bench.world.definition()], SystemClock(), worker=worker)
    async with running(engine):
        held.free.clear()
        begun = held.asked
        first = bench.submit(engine, leased=False)
        looking = asyncio.create_task(engine.look())
        await until(lambda: held.asked > begun)
        waiting = asyncio.create_task(engine.look())
        await until(lambda: engine._claim_waits)
        waiting.cancel()
        held.free.set()
        await asyncio.gather(looking, waiting, return_exceptions=True)
        await asyncio.wait_for(engine.idle(), 60)
        second = bench.submit(engine, leased=False)
        await engine.look()
        await asyncio.wait_for(engine.idle(), 60)
    assert [bench.record(each).state for each in (first, second)] == ["done", "done"]
