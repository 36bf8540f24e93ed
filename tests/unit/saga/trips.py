"""A saga of two effects, a wait and a commit on a real store, that fails where a test says, for tests of the engine."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from berthline.domain.clock import SystemClock
from berthline.domain.ids import ProjectId
from berthline.saga import Commit, Definition, Effect, Engine, Failure, NotYet, Ready, SagaRecord, Wait, Worker
from berthline.store import Connection, Store
from berthline.store.control import workers
from berthline.store.control.sagas import StoredSagaLog, get_saga, insert_saga
from berthline.store.control.workers import StoredWorkers
from berthline.store.engine.changes import record_event


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
    deadline: float = 5.0
    lapses: bool = False

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
            Wait("gate", check, self.deadline, joins=self.joins, lapses=self.lapses),
            Commit("finish", finish),
        )
        return Definition("trip", Trip, steps, undone)


@dataclass
class Bench:
    store: Store
    world: World

    async def engine(
        self, owner: str = "first", lease_seconds: float = 30.0, *, alone: bool = True
    ) -> Engine[Connection]:
        """That of a worker which has joined; ``alone``: whoever was there before is dead."""
        if alone:
            await self.store.write(workers.void)
        worker = Worker(StoredWorkers(self.store), owner, lease_seconds=lease_seconds)
        await worker.join()
        log = StoredSagaLog(self.store)
        return Engine(log, [self.world.definition()], SystemClock(), worker=worker, retry=_soon)

    def submit(self, engine: Engine[Connection], *, leased: bool = True) -> SagaRecord:
        record = self.store.write_now(
            lambda connection: insert_saga(
                connection,
                kind="trip",
                subject_id="s",
                project_id=ProjectId("p"),
                saga_input=Trip("t"),
                holder=engine.holder_for(None) if leased else None,
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
        async with running(await self.engine()) as engine:
            submitted = self.submit(engine)
            await asyncio.wait_for(engine.idle(), 60)
        return self.record(submitted)


def _soon(attempt: int, last: float) -> float:
    return 0.001


@asynccontextmanager
async def running(engine: Engine[Connection]) -> AsyncIterator[Engine[Connection]]:
    turns = asyncio.create_task(engine.worker.run())
    await engine.start()
    try:
        yield engine
    finally:
        turns.cancel()
        await engine.stop()


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the condition never came true")
