"""Runs a seed: its operations, several at once, through its faults, and looks at everything whenever it is quiet."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from berthline.domain.errors import NotFound
from berthline.domain.ids import ServerId
from tests.sim.calls import REFUSALS, Calls
from tests.sim.checks import Violation, check
from tests.sim.cloud import SimulationProcess, SimulationStore, SimulationWorld, content
from tests.sim.faults import Rates, SeededFaults
from tests.sim.model import AskedServer, Model
from tests.sim.script import Operation, script

QUIESCE_EVERY: Final = 50
LIVES: Final = 200
"""More processes than one quiesce can need."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """How a run went. ``effects`` names every effect that was numbered, ``struck`` every fault that hit."""

    seed: int
    steps: int
    seconds: float
    operations: tuple[Operation, ...]
    outcomes: Counter[str]
    effects: int
    struck: tuple[str, ...]
    processes: int
    looks: int


class Simulation:
    """One seed on one store. ``run`` raises Violation when something does not hold."""

    def __init__(
        self,
        store: SimulationStore,
        seed: int,
        steps: int,
        *,
        process_type: type[SimulationProcess] = SimulationProcess,
        rates: Rates | None = None,
    ) -> None:
        self.seed = seed
        self.operations = script(seed, steps)
        self.outcomes: Counter[str] = Counter()
        self.model = Model()
        self._store = store
        self._faults = SeededFaults(seed, rates)
        self._world = SimulationWorld(store, self._faults, process_type)
        self._process = self._world.begin()
        self._answers = Calls(self._world, self.model, self._process)
        self._processes = 0
        self._looks = 0
        self._calls: set[asyncio.Task[None]] = set()
        self._unexpected: list[str] = []

    async def run(self) -> Report:
        """Every operation, with a look every so often; then everything is deleted, and nothing may be left."""
        started = time.perf_counter()
        await self._start()
        try:
            for operation in self.operations:
                await self._begin(operation)
                if operation.number % QUIESCE_EVERY == QUIESCE_EVERY - 1:
                    await self._look(operation.number)
            await self._end()
        finally:
            await self._stop()
        return Report(
            seed=self.seed,
            steps=len(self.operations),
            seconds=time.perf_counter() - started,
            operations=self.operations,
            outcomes=self.outcomes,
            effects=len(self._faults.calls),
            struck=tuple(self._faults.struck),
            processes=self._processes,
            looks=self._looks,
        )

    # --- lives ---

    async def _start(self) -> None:
        self._processes += 1
        self._faults.restarted()
        self._process = self._answers.process = self._world.begin()
        await self._process.start()

    async def _stop(self) -> None:
        """End the process as kill -9 does: calls get no answer."""
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        for answered in self.model.unanswered():
            answered.set()  # nobody will hear of it any more
        await self._process.stop()
        self._store.process_ended()

    async def _restart(self) -> None:
        await self._stop()
        await self._start()

    # --- operations ---

    async def _begin(self, operation: Operation) -> None:
        if self._faults.killed or operation.kind == "restart":
            await self._restart()
        if self._unexpected:
            raise Violation("\n".join(self._unexpected))
        while len(self._calls) > operation.in_flight:
            await asyncio.wait(self._calls, return_when=asyncio.FIRST_COMPLETED)
        if (work := self._answers.work(operation)) is None:
            self._at_once(operation)
        else:
            call = asyncio.create_task(self._call(operation, work))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
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
            case "hosts recover":
                self._recover()
            case "dataplane goes":
                self._world.dataplane.reachable = False
            case "dataplane comes":
                self._world.dataplane.reachable = True
            case "guest powers off" | "guest crashes":
                asked = self.model.server_slots.get(operation.slot)
                self._strike_guest(asked.id if asked else None, crash=operation.kind == "guest crashes")

    def _recover(self) -> None:
        for host in self._world.hosts:
            host.mood = "well"

    def _strike_guest(self, server_id: ServerId | None, *, crash: bool) -> None:
        for host in self._world.hosts:
            if server_id is not None and host.power_of(server_id) in {"running", "paused"}:
                (host.guest_crashes if crash else host.guest_powers_off)(server_id)

    # --- looks at a quiet cloud ---

    async def _look(self, number: int) -> None:
        self._recover()
        self._world.dataplane.reachable = True
        await self._quiesce()
        self._faults.calm = True
        try:
            await check(self._world, self._process, self.model)
            await self._sweep()
        except Violation as violation:
            raise Violation(f"after step {number}:\n{violation}") from None
        finally:
            self._faults.calm = False
        self._looks += 1

    async def _quiesce(self) -> None:
        """Until nothing is left to do, through however many processes that takes."""
        for _ in range(LIVES):
            await self._answered()
            if not self._faults.killed and await self._rested():
                if self._unexpected:
                    raise Violation("\n".join(self._unexpected))
                return
            await self._restart()
        raise Violation(f"not quiet after {LIVES} processes")

    async def _answered(self) -> None:
        """Until every call has its answer, or the process is dead."""
        deadline = time.monotonic() + self._process.patience
        while self._calls and not self._faults.killed:
            await asyncio.wait(self._calls, return_when=asyncio.FIRST_COMPLETED, timeout=0.05)
            if time.monotonic() > deadline:
                raise Violation(f"calls that get no answer: {self._calls}")

    async def _rested(self) -> bool:
        try:
            return await self._process.quiet()
        except AssertionError as error:
            raise Violation(str(error)) from None

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
            await self._answers.delete_port(asked_port, asked_port.last)
        if not going and not stray:
            return
        await self._quiesce()
        await check(self._world, self._process, model)
        if left := [asked.name for asked in going if asked.name in model.servers]:
            raise Violation(f"deleted in a calm, and not gone: {left}")

    async def _delete_all(self, going: list[AskedServer]) -> None:
        for asked in going:
            assert asked.id is not None
            with contextlib.suppress(NotFound):
                await self._answers.delete(asked, asked.id)

    async def _end(self) -> None:
        """Delete everything: not a row, guest, tap or logical port may be left."""
        await self._look(len(self.operations))
        self._faults.calm = True
        self.model.server_slots.clear()
        self.model.port_slots.clear()
        await self._sweep()
        left = await self._store.read(content)
        kinds = {unit.kind for unit in await self._world.dataplane.observe()}
        disks = [disk for host in self._world.hosts for disk in await host.disks()]
        if left.servers or left.ports or disks or await self._world.guests() or kinds > {"network", "security_group"}:
            raise Violation(f"everything is deleted, and there are {left}, {disks}, {kinds}")
