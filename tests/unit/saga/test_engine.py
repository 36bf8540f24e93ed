"""The saga engine on a real store: order, undo, retries, waits, cancelling, leases and crashes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec
import pytest
import structlog.testing

from berthline.domain.clock import SystemClock
from berthline.domain.errors import Refused, Transient
from berthline.domain.ids import ProjectId
from berthline.saga import Commit, Definition, Effect, Engine, Failure, NotYet, Ready, SagaRecord, Wait
from berthline.store import Connection, Store
from berthline.store.changes import record_event
from berthline.store.sagas import StoredSagaLog, get_saga, insert_saga, request_cancel, timeline


class Killed(BaseException):
    """The process ends here."""


class Trip(msgspec.Struct, frozen=True):
    name: str


@dataclass
class World:
    """What the steps of the test saga changed outside, and which of them fail how often."""

    present: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    failures: dict[str, list[BaseException]] = field(default_factory=dict)
    undone_with: list[Failure] = field(default_factory=list)
    ready: bool = True
    joins: bool = False

    def call(self, name: str) -> None:
        self.calls.append(name)
        if waiting := self.failures.get(name):
            raise waiting.pop(0)

    def effect(self, name: str) -> Effect[Trip]:
        async def do(_: Trip) -> None:
            self.call(f"do {name}")
            if name not in self.present:
                self.present.append(name)
            self.call(f"after {name}")

        async def undo(_: Trip) -> None:
            self.call(f"undo {name}")
            if name in self.present:
                self.present.remove(name)

        return Effect(name, do, undo, joins=self.joins and name != "one")

    def definition(self) -> Definition[Trip, Connection]:
        async def check(_: Trip) -> Ready | NotYet:
            self.call("check")
            return Ready() if self.ready else NotYet("the gate is shut", retry_after=0.01)

        def undone(connection: Connection, trip: Trip, failure: Failure) -> None:
            self.undone_with.append(failure)
            self.call("give back")

        def finish(connection: Connection, trip: Trip) -> None:
            self.call("finish")
            record_event(
                connection, kind="trip", object_id=trip.name, project_id="p", revision=1, what="finished", at=1
            )

        steps = (
            self.effect("one"),
            self.effect("two"),
            Wait("gate", check, 5.0, joins=self.joins),
            Commit("finish", finish),
        )
        return Definition("trip", Trip, steps, undone)


@dataclass
class Bench:
    store: Store
    world: World

    def engine(self, owner: str = "first", lease_seconds: float = 30.0) -> Engine[Connection]:
        log = StoredSagaLog(self.store, SystemClock())
        return Engine(
            log, [self.world.definition()], SystemClock(), owner=owner, lease_seconds=lease_seconds, retry=_soon
        )

    def submit(self, engine: Engine[Connection]) -> SagaRecord:
        record = self.store.write_now(
            lambda connection: insert_saga(
                connection,
                kind="trip",
                subject_id="s",
                project_id=ProjectId("p"),
                saga_input=Trip("t"),
                owner=engine.owner,
                lease_seconds=engine.lease_seconds,
                at=SystemClock().now(),
            )
        )
        engine.adopt(record)
        return record

    def record(self, before: SagaRecord) -> SagaRecord:
        now = self.store.read_now(lambda connection: get_saga(connection, before.id))
        assert now is not None
        return now

    async def run(self) -> SagaRecord:
        async with running(self.engine()) as engine:
            submitted = self.submit(engine)
            await asyncio.wait_for(engine.idle(), 10)
        return self.record(submitted)


def _soon(attempt: int, last: float) -> float:
    return 0.001


@asynccontextmanager
async def running(engine: Engine[Connection]) -> AsyncIterator[Engine[Connection]]:
    await engine.start(alone=True)
    try:
        yield engine
    finally:
        await engine.stop()


@pytest.fixture
def bench(store: Store) -> Bench:
    return Bench(store, World())


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the condition never came true")


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
    async with running(bench.engine()) as engine:
        submitted = bench.submit(engine)
        await until(lambda: bench.record(submitted).undo_error is not None)
        seen.append(bench.record(submitted).undo_error or "")
        await asyncio.wait_for(engine.idle(), 10)
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
        StoredSagaLog(bench.store, SystemClock()),
        [Definition("trip", Trip, steps, definition.undone)],
        SystemClock(),
        owner="first",
    )
    async with running(engine):
        submitted = bench.submit(engine)
        await asyncio.wait_for(engine.idle(), 10)
    failure = bench.record(submitted).failure
    assert failure is not None
    assert failure.type == "DeadlineExceeded"
    assert "the gate is shut" in failure.message
    assert bench.world.present == []


async def test_a_wake_up_brings_the_next_look_forward(bench: Bench) -> None:
    bench.world.ready = False
    async with running(bench.engine()) as engine:
        submitted = bench.submit(engine)
        await until(lambda: "check" in bench.world.calls)
        bench.world.ready = True
        engine.wake(submitted.id)
        await asyncio.wait_for(engine.idle(), 10)
    assert bench.record(submitted).state == "done"


async def test_cancelling_a_waiting_saga_unwinds_it(bench: Bench) -> None:
    bench.world.ready = False
    with structlog.testing.capture_logs() as logs:
        async with running(bench.engine()) as engine:
            submitted = bench.submit(engine)
            await until(lambda: "check" in bench.world.calls)
            cancelled = bench.store.write_now(lambda connection: request_cancel(connection, "s", "trip"))
            assert cancelled == (submitted.id,)
            engine.wake(submitted.id)
            await asyncio.wait_for(engine.idle(), 10)
    record = bench.record(submitted)
    assert record.state == "undone"
    assert record.failure is not None
    assert record.failure.type == "Cancelled"
    assert bench.world.present == []
    assert logs == []  # somebody wanted it: it is no failure of ours


@pytest.mark.parametrize("place", ["do one", "after one", "do two", "after two", "check", "finish"])
async def test_a_killed_process_is_finished_by_the_next(bench: Bench, place: str) -> None:
    bench.world.failures[place] = [Killed()]
    first = bench.engine()
    submitted = bench.submit(first)
    with pytest.raises(Killed):
        await first._running[submitted.id]
    assert bench.record(submitted).state == "forward"
    async with running(bench.engine("second")) as second:
        await asyncio.wait_for(second.idle(), 10)
    assert bench.record(submitted).state == "done"
    assert bench.world.present == ["one", "two"]


@pytest.mark.parametrize("place", ["undo two", "undo one", "give back"])
async def test_a_process_killed_while_undoing_is_finished_by_the_next(bench: Bench, place: str) -> None:
    bench.world.failures["check"] = [Refused("broken")]
    bench.world.failures[place] = [Killed()]
    first = bench.engine()
    submitted = bench.submit(first)
    with pytest.raises(Killed):
        await first._running[submitted.id]
    async with running(bench.engine("second")) as second:
        await asyncio.wait_for(second.idle(), 10)
    assert bench.record(submitted).state == "undone"
    assert bench.world.present == []


async def test_a_lease_that_is_held_is_not_taken_and_one_that_ended_is(bench: Bench) -> None:
    bench.world.failures["do two"] = [Killed()]
    first = bench.engine(lease_seconds=0.3)
    submitted = bench.submit(first)
    with pytest.raises(Killed):
        await first._running[submitted.id]
    second = bench.engine("second", lease_seconds=0.3)
    await second.start(alone=False)
    assert bench.record(submitted).state == "forward"
    assert "after two" not in bench.world.calls
    await until(lambda: bench.record(submitted).state == "done")
    await second.stop()


async def test_a_worker_that_lost_its_lease_changes_nothing_more(bench: Bench) -> None:
    bench.world.ready = False
    first = bench.engine("first")
    submitted = bench.submit(first)
    await until(lambda: "check" in bench.world.calls)
    async with running(bench.engine("second")) as second:  # alone=True voids the first worker's lease
        bench.world.ready = True
        await asyncio.wait_for(second.idle(), 10)
        assert bench.record(submitted).state == "done"
        await asyncio.wait_for(first.idle(), 10)
    await first.stop()
    assert bench.world.calls.count("finish") == 1
    assert bench.record(submitted).state == "done"


async def test_steps_that_join_cost_one_commit(bench: Bench) -> None:
    bench.world.joins = True
    async with running(bench.engine()) as engine:
        submitted = bench.submit(engine)
        before = bench.store.commits
        await asyncio.wait_for(engine.idle(), 10)
    assert bench.store.commits == before + 1
    assert bench.record(submitted).state == "done"
    times = bench.store.read_now(lambda connection: timeline(connection, submitted.id))
    assert [time.name for time in times] == ["one", "two", "gate", "finish"]


@pytest.mark.parametrize("place", ["do one", "after one", "do two", "after two", "check", "finish"])
async def test_a_refusal_among_joined_steps_undoes_what_was_begun(bench: Bench, place: str) -> None:
    bench.world.joins = True
    bench.world.failures[place] = [Refused("no room")]
    record = await bench.run()
    assert record.state == "undone"
    assert bench.world.present == []
    undone = [call for call in bench.world.calls if call.startswith("undo")]
    assert undone == (["undo one"] if "one" in place else ["undo two", "undo one"])


@pytest.mark.parametrize("place", ["do one", "after one", "do two", "after two", "check", "finish"])
async def test_after_a_kill_among_joined_steps_all_that_was_intended_is_undone(bench: Bench, place: str) -> None:
    """The next worker cannot know how far the dead one came: when the first step is refused to it, it undoes both."""
    bench.world.joins = True
    bench.world.failures[place] = [Killed()]
    first = bench.engine()
    submitted = bench.submit(first)
    with pytest.raises(Killed):
        await first._running[submitted.id]
    bench.world.failures["do one"] = [Refused("no room")]
    async with running(bench.engine("second")) as second:
        await asyncio.wait_for(second.idle(), 10)
    assert bench.record(submitted).state == "undone"
    assert bench.world.present == []
    assert [call for call in bench.world.calls if call.startswith("undo")] == ["undo two", "undo one"]


async def test_a_failed_attempt_among_joined_steps_is_recorded_where_it_was(bench: Bench) -> None:
    bench.world.joins = True
    bench.world.failures["do two"] = [Transient("busy")] * 3
    record = await bench.run()
    assert record.state == "done"
    assert bench.world.calls.count("do one") == 1
    assert bench.world.calls.count("do two") == 4
    times = bench.store.read_now(lambda connection: timeline(connection, record.id))
    assert [time.outcome for time in times] == ["done", "retry", "retry", "retry", "done", "done", "done"]


async def test_a_joined_wait_that_lasts_is_recorded(bench: Bench) -> None:
    bench.world.joins = True
    bench.world.ready = False
    async with running(bench.engine()) as engine:
        submitted = bench.submit(engine)
        await until(lambda: bench.record(submitted).position == 2)
        assert bench.record(submitted).deadline_at is not None
        bench.world.ready = True
        engine.wake(submitted.id)
        await asyncio.wait_for(engine.idle(), 10)
    assert bench.record(submitted).state == "done"
    times = bench.store.read_now(lambda connection: timeline(connection, submitted.id))
    assert [time.name for time in times] == ["one", "two", "gate", "finish"]


async def test_a_saga_that_nobody_drove_before_knows_what_it_began(bench: Bench) -> None:
    bench.world.joins = True
    bench.world.failures["do one"] = [Refused("no room")]
    submitted = bench.store.write_now(
        lambda connection: insert_saga(
            connection, kind="trip", subject_id="s", project_id=ProjectId("p"), saga_input=Trip("t"), owner=None, at=1
        )
    )
    async with running(bench.engine()) as engine:
        await asyncio.wait_for(engine.idle(), 10)
    assert bench.record(submitted).state == "undone"
    assert [call for call in bench.world.calls if call.startswith("undo")] == ["undo one"]


def test_an_effect_without_undo_must_say_why() -> None:
    async def do(_: Trip) -> None: ...

    with pytest.raises(ValueError, match="does not say why"):
        Effect("careless", do, None)


@pytest.mark.parametrize("turns", range(4))
async def test_stop_ends_a_saga_that_was_woken_just_before(bench: Bench, turns: int) -> None:
    """A cancellation that comes while a wake-up is on its way, so many turns of the loop after it, is not lost."""
    bench.world.ready = False
    engine = bench.engine()
    await engine.start(alone=True)
    submitted = bench.submit(engine)
    await until(lambda: "check" in bench.world.calls)
    engine.wake(submitted.id)
    for _ in range(turns):
        await asyncio.sleep(0)
    await engine.stop()
    assert bench.record(submitted).state == "forward"
