"""The engines of a simulated cloud: one, or several on one database, each with a view of the world of its own.

Time is simulated where leases are concerned: the store's goes on by leaps, and so does what each process measures. What
an engine believes the time to be is the store's, and some seconds more or less from its start until it has asked:
a machine whose clock is set wrong later moves nothing.
"""

import asyncio
import contextlib
import copy
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Final

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import select

from berthline.domain.clock import FollowingClock, SystemClock
from berthline.domain.dataplane import Applied, Dataplane, PortState, Row, Unit
from berthline.domain.errors import BerthlineError
from berthline.domain.ids import PortId, new_id
from berthline.saga import Worker
from berthline.saga.log import UNFINISHED
from berthline.saga.worker import LEASE_SECONDS, Turn, since_boot
from berthline.store.control.workers import StoredWorkers
from berthline.store.tables.compute import hosts
from berthline.store.tables.control import sagas, workers
from tests.sim.calls import Calls
from tests.sim.cloud import SimulationProcess, SimulationStore, SimulationWorld
from tests.sim.faults import Gate, SeededFaults
from tests.sim.model import Model

SECOND: Final = 1_000_000
TURN_SECONDS: Final = 0.1
"""How often a worker takes a turn unasked: simulated leases do not end between two leaps, however slow the machine."""

TURN_AT_MOST: Final = 5.0
LATE_SECONDS: Final = 0.03


class SimulatedTime:
    """The time of the store, which leaps."""

    def __init__(self) -> None:
        self._own = SystemClock()
        self._ahead = 0

    def now(self) -> int:
        return self._own.now() + self._ahead

    def elapsed(self) -> float:
        """What a process measures, also while it stands still."""
        return since_boot() + self._ahead / SECOND

    def leap(self, seconds: float) -> None:
        """Have so much time pass at once."""
        self._ahead += int(seconds * SECOND)


class MeasuredTime:
    """``SimulatedTime.elapsed`` as a clock: what all machines agree on."""

    def __init__(self, time: SimulatedTime) -> None:
        self._time = time

    def now(self) -> int:
        return int(self._time.elapsed() * SECOND)


class SkewedClock:
    """The clock of a machine: ``skew`` microseconds before the store's."""

    def __init__(self, time: SimulatedTime) -> None:
        self._time = time
        self.skew = 0

    def now(self) -> int:
        return self._time.now() + self.skew


class LeapingWorker(Worker):
    """A worker that takes its turn as soon as it is poked: time may have leaped. After a standstill it is the last to
    hear of it: what else its process does goes on meanwhile, in the belief that nothing has happened.
    """

    gate: Gate

    async def run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TURN_SECONDS):
                    await self._poked.wait()
            self._poked.clear()
            if self.gate.closed:
                await self.gate.passed()
                await asyncio.sleep(LATE_SECONDS)
            with contextlib.suppress(BerthlineError):
                await self.turn()
            self._turned.set()
            self._turned = asyncio.Event()


class Connection:
    """An engine's connection to the dataplane that all share: it hears nothing once it is closed."""

    def __init__(self, inner: Dataplane, gate: Gate) -> None:
        self._inner = inner
        self._gate = gate
        self._callbacks: list[Callable[[PortId], None]] = []
        inner.on_change(self._tell)

    async def apply(self, desired: Mapping[Unit, Collection[Row]], epoch: int = 0) -> Applied:
        return await self._inner.apply(desired, epoch)

    async def observe(self) -> Mapping[Unit, frozenset[str]]:
        await self._gate.passed()
        return await self._inner.observe()

    async def port_states(self, ports: Collection[PortId]) -> Mapping[PortId, PortState]:
        await self._gate.passed()
        return await self._inner.port_states(ports)

    def on_change(self, callback: Callable[[PortId], None]) -> None:
        self._callbacks.append(callback)

    async def close(self) -> None:
        self._callbacks.clear()

    def _tell(self, port_id: PortId) -> None:
        for callback in self._callbacks:
            callback(port_id)


class OneOfSeveral(SimulationWorld):
    """The world as one of several engines has it: its own store, faults, connection and clock. See ``view_of``."""

    alone: ClassVar[bool] = False
    time: SimulatedTime
    machine: SkewedClock

    def begin(self) -> SimulationProcess:
        self.clock = FollowingClock(self.machine, MeasuredTime(self.time))
        return self.process_type(self)

    def new_worker(self) -> Worker:
        clock = self.clock
        assert isinstance(clock, FollowingClock)
        worker = LeapingWorker(StoredWorkers(self.store, clock=self.time), new_id(), elapsed=self.time.elapsed)
        worker.gate = self.faults.gate

        async def follow(turn: Turn) -> None:
            clock.follow(turn.now)

        worker.on_turn(follow)
        return worker


def view_of(world: SimulationWorld, store: SimulationStore, faults: SeededFaults, time: SimulatedTime) -> OneOfSeveral:
    """What an engine has of this world, which several have."""
    view = OneOfSeveral.__new__(OneOfSeveral)
    view.__dict__.update(copy.copy(world.__dict__))
    view.store, view.schedule, view.faults = store, faults, faults
    view.time, view.machine = time, SkewedClock(time)
    view.dataplane = Connection(world.dataplane, store.gate)  # type: ignore[assignment]  # as much of it as is used
    return view


class Seat:
    """An engine, through all of its lives. ``calls`` are those that entered by it and have no answer yet."""

    def __init__(self, number: int, world: SimulationWorld, model: Model) -> None:
        self.number = number
        self.world = world
        self.faults = world.faults
        self.process = world.begin()
        self.answers = Calls(world, model, self.process)
        self.calls: set[asyncio.Task[None]] = set()

    def __str__(self) -> str:
        """What it has and what it does, for whoever reads a violation."""
        worker, engine = self.process.worker, self.process.engine
        how = "stands still" if self.stands_still else "goes on"
        lines = [
            f"engine {self.number}: {worker.holder}, {dict(worker.places)}, ended: {self.process.ended()}",
            f"{how}, {self._ahead():+.1f} s before the store's time, to be taken up: {sorted(engine._strays)}",
            *(f"drives {saga}: {where(task)}" for saga, task in engine._running.items()),
        ]
        return "\n  ".join(lines)

    def _ahead(self) -> float:
        world = self.world
        return (world.clock.now() - world.time.now()) / SECOND if isinstance(world, OneOfSeveral) else 0.0

    @property
    def stands_still(self) -> bool:
        return self.faults.gate.closed

    def skew(self, seconds: float) -> None:
        """Have its machine's clock be so much before the store's. One that is alone has the store's own."""
        if isinstance(self.world, OneOfSeveral):
            self.world.machine.skew = int(seconds * SECOND)

    async def start(self) -> None:
        self.faults.restarted()
        self.process = self.answers.process = self.world.begin()
        await self.process.start()

    async def stop(self) -> None:
        """End as kill -9 does: calls get no answer, and others know of it by the lease alone."""
        for call in self.calls:
            call.cancel()
        await asyncio.gather(*self.calls, return_exceptions=True)
        await self.process.stop()
        self.faults.gate.open()
        assert isinstance(self.world.store, SimulationStore)
        await self.world.store.landed()  # what a dead process had sent is written: before anybody looks
        self.world.store.process_ended()

    async def takes_a_turn(self) -> None:
        """Wait until it has renewed its lease, or tried to."""
        self.process.worker.poke()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(TURN_AT_MOST):
                await self.process.worker.next_turn()


def where(task: "asyncio.Task[Any]") -> str:
    """What a task waits in, the outermost first."""
    frames: list[str] = []
    waits: Any = task.get_coro()
    while (code := getattr(waits, "cr_code", None)) is not None:
        frames.append(f"{code.co_name}:{waits.cr_frame.f_lineno if waits.cr_frame else '-'}")
        waits = waits.cr_await
    return " > ".join([*frames, repr(waits)])


def leases(connection: DatabaseConnection) -> str:
    """Who has a lease, on what hosts, and the sagas that are not ended with theirs, in words."""
    parts = (
        select(workers.c.id, workers.c.epoch, workers.c.until),
        select(hosts.c.name, hosts.c.owner, hosts.c.owner_epoch),
        select(
            sagas.c.id, sagas.c.kind, sagas.c.place, sagas.c.state, sagas.c.position, sagas.c.attempts,
            sagas.c.lease_owner, sagas.c.lease_epoch, sagas.c.wake_at, sagas.c.deadline_at, sagas.c.cancel_requested,
        ).where(sagas.c.state.in_(UNFINISHED)),
    )  # fmt: skip
    return "\n".join(f"{dict(row._mapping)}" for part in parts for row in connection.execute(part))


async def lease_passes(time: SimulatedTime, seats: Collection[Seat]) -> None:
    """Let a lease and more pass, by thirds, after each of which those that do not stand still renew theirs."""
    for _ in range(3):
        time.leap(LEASE_SECONDS / 3 + 0.1)
        await asyncio.gather(*(seat.takes_a_turn() for seat in seats if not seat.stands_still))
