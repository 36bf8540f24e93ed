"""Runs a seed: its operations, several at once, through its faults, and looks at everything whenever it is quiet."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import msgspec

from berthline.domain.errors import NotFound
from berthline.domain.ids import ServerId
from tests.sim import caches, places
from tests.sim.calls import REFUSALS
from tests.sim.checks import Violation, check, return_guests
from tests.sim.cloud import SimulationProcess, SimulationStore, SimulationWorld, content
from tests.sim.disturbances import Disturber
from tests.sim.engines import Seat, SimulatedTime, leases, view_of
from tests.sim.faults import Rates, SeededFaults
from tests.sim.histories import told
from tests.sim.model import AskedServer, Model
from tests.sim.script import Operation, script

QUIESCE_EVERY: Final = 50
LIVES: Final = 200
"""More processes than one quiesce can need."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How a run went. ``effects`` is how many effects were numbered, ``struck`` names every fault that hit.

    ``standstills`` and ``skews``: how often one of several engines stood still, or its clock was set wrong.
    """

    seed: int
    steps: int
    seconds: float
    operations: tuple[Operation, ...]
    outcomes: Counter[str]
    effects: int
    struck: tuple[str, ...]
    processes: int
    looks: int
    standstills: int = 0
    skews: int = 0


class Simulation:
    """One seed on one database. ``run`` raises Violation when something does not hold.

    ``engines``: the stores of several engines, each open on the database of ``store``; none: one engine, on ``store``.
    """

    def __init__(
        self,
        store: SimulationStore,
        seed: int,
        steps: int,
        *,
        process_type: type[SimulationProcess] = SimulationProcess,
        rates: Rates | None = None,
        engines: Sequence[SimulationStore] = (),
    ) -> None:
        self.seed = seed
        self.operations = script(seed, steps)
        self.outcomes: Counter[str] = Counter()
        self.model = Model()
        self._store = store
        faults = SeededFaults(seed, rates)
        self._world = SimulationWorld(store, faults, process_type)
        self._world.offload_shelved = seed % 2 == 0
        time = SimulatedTime()
        views = [
            view_of(self._world, own, SeededFaults(seed, rates, engine=number, gate=own.gate), time)
            for number, own in enumerate(engines, 1)
        ]
        self._seats = [Seat(number, world, self.model) for number, world in enumerate(views or [self._world])]
        self._disturber = Disturber(seed, self._seats, time)
        self._processes = 0
        self._looks = 0
        self._unexpected: list[str] = []

    async def run(self) -> Report:
        """Every operation, with a look every so often; then everything is deleted, and nothing may be left."""
        started = time.perf_counter()
        try:
            for seat in self._seats:
                await self._start(seat)
            for operation in self.operations:
                await self._disturber.step(operation.number)
                await self._begin(operation)
                if operation.number % QUIESCE_EVERY == QUIESCE_EVERY - 1:
                    await self._look(operation.number)
            await self._end()
        finally:
            for seat in self._seats:
                await self._stop(seat)
        return Report(
            seed=self.seed,
            steps=len(self.operations),
            seconds=time.perf_counter() - started,
            operations=self.operations,
            outcomes=self.outcomes,
            effects=sum(len(seat.faults.calls) for seat in self._seats),
            struck=tuple(struck for seat in self._seats for struck in seat.faults.struck),
            processes=self._processes,
            looks=self._looks,
            standstills=self._disturber.standstills,
            skews=self._disturber.skews,
        )

    # --- lives ---

    async def _start(self, seat: Seat) -> None:
        self._processes += 1
        await seat.start()

    async def _stop(self, seat: Seat) -> None:
        await seat.stop()
        for answered in self.model.unanswered():
            answered.set()  # nobody will hear of it any more, or not of all

    async def _restart(self, seat: Seat) -> None:
        await self._stop(seat)
        await self._start(seat)
        self._disturber.died()

    async def _restart_the_dead(self) -> None:
        for seat in self._seats:
            if seat.faults.killed:
                await self._restart(seat)

    # --- operations ---

    async def _begin(self, operation: Operation) -> None:
        seat = self._disturber.entrance()
        await self._restart_the_dead()
        if operation.kind == "restart":
            await self._restart(seat)
        if self._unexpected:
            raise Violation("\n".join(self._unexpected))
        while len(calls := self._calls()) > operation.in_flight:
            await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED, timeout=0.5)
            await self._restart_the_dead()
            if calls == self._calls():
                await self._disturber.end()  # they wait for one that stands still, or for what a dead one had
        if (work := seat.answers.work(operation)) is None:
            self._at_once(operation)
        else:
            call = asyncio.create_task(self._call(operation, work))
            seat.calls.add(call)
            call.add_done_callback(seat.calls.discard)
        for _ in range(operation.yields):
            await asyncio.sleep(0)

    async def _call(self, operation: Operation, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except asyncio.CancelledError:
            self.outcomes[f"{operation.kind}: no answer"] += 1
            raise
        except REFUSALS.get(operation.kind, ()) as refusal:
            self.outcomes[f"{operation.kind}: {type(refusal).__name__}"] += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            self._unexpected.append(f"{operation} answered {type(error).__name__}: {error}")
        else:
            self.outcomes[f"{operation.kind}: done"] += 1

    def _at_once(self, operation: Operation) -> None:
        match operation.kind:
            case "host fails":
                self._world.hosts[operation.slot].mood = "failing"
            case "host hangs":
                self._world.hosts[operation.slot].mood = "hanging"
            case "host slows":
                self._world.hosts[operation.slot].mood = "slow"
            case "host is cut off":
                places.cut_off(self._world, operation.slot)
            case "host reboots":
                self._world.hosts[operation.slot].lose_power()
            case "hosts recover":
                places.recover(self._world)
            case "dataplane goes":
                self._world.dataplane.reachable = False
            case "dataplane comes":
                self._world.dataplane.reachable = True
            case "guest powers off" | "guest crashes":
                asked = self.model.server_slots.get(operation.slot)
                self._strike_guest(asked.id if asked else None, crash=operation.kind == "guest crashes")

    def _strike_guest(self, server_id: ServerId | None, *, crash: bool) -> None:
        for host in self._world.hosts:
            if server_id is not None and host.power_of(server_id) in {"running", "paused"}:
                (host.guest_crashes if crash else host.guest_powers_off)(server_id)

    def _calls(self) -> set[asyncio.Task[None]]:
        return set().union(*(seat.calls for seat in self._seats))

    # --- looks at a quiet cloud ---

    async def _look(self, number: int) -> None:
        places.recover(self._world)
        self._world.dataplane.reachable = True
        await self._disturber.end()
        await self._quiesce()
        await self._end_drains()
        await self._have_guests_return()
        self._calm(True)
        try:
            await self._check()
            await self._sweep()
            await self._have_images_come_and_go()
        except Violation as violation:
            history = self._store.read_now(partial(told, violation=str(violation)))
            raise Violation(f"after step {number}:\n{violation}\n{history}") from None
        finally:
            self._calm(False)
        self._looks += 1

    def _calm(self, calm: bool) -> None:
        for seat in self._seats:
            seat.faults.calm = calm

    async def _check(self) -> None:
        await check(self._world, [seat.process for seat in self._seats], self.model)

    async def _quiesce(self) -> None:
        """Until nothing is left to do, through however many processes that takes."""
        for _ in range(LIVES):
            await self._answered()
            if not self._killed() and await self._rested() and await self._nothing_under_way():
                if self._unexpected:
                    raise Violation("\n".join(self._unexpected))
                return
            await self._restart_the_dead()
            await self._disturber.end()
        raise Violation(f"not quiet after {LIVES} processes")

    async def _answered(self) -> None:
        """Until every call has its answer, or the process is dead."""
        deadline = time.monotonic() + self._patience
        while (calls := self._calls()) and not self._killed():
            await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED, timeout=0.05)
            if time.monotonic() > deadline:
                raise Violation(f"calls that get no answer: {calls}")

    async def _end_drains(self) -> None:
        """Until none is under way; hosts take guests by then."""
        for _ in range(LIVES):
            places.take_all(self._world)
            if places.drained(self._world):
                return
            for seat in self._seats:
                await seat.process.draining.run_once()
                await seat.process.engine.look()
            await self._quiesce()
        raise Violation(f"drains that did not end in {LIVES} looks")

    async def _have_guests_return(self) -> None:
        """Until none waits to be again what it was before its host rebooted."""
        for _ in range(LIVES):
            if not await return_guests(self._world):
                return
            for seat in self._seats:
                await seat.process.engine.look()
            await self._quiesce()
        raise Violation(f"guests that did not return in {LIVES} looks")

    def _killed(self) -> bool:
        return any(seat.faults.killed for seat in self._seats)

    async def _nothing_under_way(self) -> bool:
        """False where anything was: what a loop began at a host may have left work, or end the process yet."""
        if not any(seat.faults.under_way for seat in self._seats):
            return not self._killed()
        deadline = time.monotonic() + self._patience
        while any(seat.faults.under_way for seat in self._seats):
            await asyncio.sleep(0.002)
            if time.monotonic() > deadline:
                raise Violation("an effect at a host does not end")
        return False

    @property
    def _patience(self) -> float:
        return self._seats[0].process.patience

    async def _rested(self) -> bool:
        """Until every engine is at rest; False as soon as one was killed, on whom the others may wait."""
        resting = [asyncio.create_task(seat.process.quiet()) for seat in self._seats]
        try:
            for rested in asyncio.as_completed(resting):
                if not await rested:
                    return False
            return True
        except AssertionError as error:
            rows = self._store.read_now(leases)
            raise Violation("\n".join((str(error), rows, *map(str, self._seats)))) from None
        finally:
            for rest in resting:
                rest.cancel()
            await asyncio.gather(*resting, return_exceptions=True)

    async def _sweep(self) -> None:
        """Delete, in a calm, what no slot holds, and again what was to be deleted and refused to go."""
        model = self.model
        kept = set(map(id, model.server_slots.values()))
        going = [asked for asked in model.servers.values() if asked.deletion == "accepted" or id(asked) not in kept]
        await self._delete_all(going)
        held = set(map(id, model.port_slots.values()))
        stray = [asked for asked in model.ports.values() if id(asked) not in held]
        for asked_port in stray:
            assert asked_port.last is not None
            await self._seats[-1].answers.delete_port(asked_port, asked_port.last)
        if not going and not stray:
            return
        await self._quiesce()
        await self._check()
        if left := [asked.name for asked in going if asked.name in model.servers]:
            raise Violation(f"deleted in a calm, and not gone: {left}")

    async def _have_images_come_and_go(self) -> None:
        """Want all images on all hosts, in a calm, and have what nothing uses leave again."""
        await caches.want(self._seats[0].process, number=2)
        await self._quiesce()
        before = await caches.cached(self._world)
        for seat in self._seats:
            await caches.clean(seat.process)
        after = await caches.cached(self._world)
        if wrong := [*caches.missing(before), *caches.wrongly_cleaned(self._world, before, after)]:
            raise Violation("\n".join(wrong))

    async def _delete_all(self, going: list[AskedServer]) -> None:
        for asked in going:
            assert asked.id is not None
            with contextlib.suppress(NotFound):
                await self._seats[0].answers.delete(asked, asked.id)

    async def _end(self) -> None:
        """Delete everything: not a row, guest, tap or logical port may be left."""
        await self._look(len(self.operations))
        self._calm(True)
        self.model.server_slots.clear()
        self.model.port_slots.clear()
        await self._sweep()
        left = await self._store.read(content)
        kinds = {unit.kind for unit in await self._world.dataplane.observe()}
        disks = [disk for host in self._world.hosts for disk in await host.disks()]
        if left.servers or left.ports or disks or await self._world.guests() or kinds > {"network", "security_group"}:
            raise Violation(f"everything is deleted, and there are {left}, {disks}, {kinds}")
