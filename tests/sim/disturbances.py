"""What happens to one of several engines: it stands still for longer than its lease, its clock is set wrong, it dies.

All of it is drawn from the seed. A lease passes some steps after what ends it: meanwhile nobody knows.
"""

import random
from collections.abc import Sequence
from typing import Final, Literal

from tests.sim.engines import Seat, SimulatedTime, lease_passes

STANDSTILL: Final = 0.05
"""How likely one is to stand still from the next effect on, where none does."""
PATIENCE: Final = 4
"""Steps until it stands still wherever it is."""
SKEW: Final = 0.012
STEPS: Final = 25
"""How many steps it takes at most until the lease has passed, and as many again until the engine goes on."""
SKEW_SECONDS: Final = 40


class Disturber:
    """``step`` is called before each operation. With one engine nothing happens."""

    def __init__(self, seed: int, seats: Sequence[Seat], time: SimulatedTime) -> None:
        self.standstills = 0
        self.skews = 0
        self._seats = seats
        self._time = time
        self._dice = random.Random(f"engines of {seed}")
        self._number = 0
        self._passes_at: int | None = None
        self._goes_on_at = -1
        self._stopping: tuple[Seat, int] | None = None

    def entrance(self) -> Seat:
        """The engine that the next operation enters by: any that does not stand still."""
        return self._dice.choice([seat for seat in self._seats if not seat.stands_still])

    def died(self) -> None:
        """An engine was killed: its lease passes some steps from now."""
        if self._passes_at is None:
            self._passes_at = self._number + self._dice.randrange(STEPS)

    async def step(self, number: int) -> None:
        """Do what is due at this step, and draw what begins."""
        self._number = number
        if len(self._seats) < 2:
            return
        begins, skews = self._dice.random() < STANDSTILL, self._dice.random() < SKEW
        seat, seconds = self._dice.choice(self._seats), self._dice.uniform(-SKEW_SECONDS, SKEW_SECONDS)
        side: Literal["before", "after"] = self._dice.choice(("before", "after"))
        lease_steps, more_steps = self._dice.randrange(STEPS), self._dice.randrange(STEPS)
        self._stop_the_late(number)
        if self._goes_on_at < 0 and any(each.stands_still for each in self._seats):
            self.standstills += 1
            self._stopping = None
            self._passes_at = number + lease_steps
            self._goes_on_at = self._passes_at + more_steps
        if self._passes_at is not None and number >= self._passes_at:
            await self._pass()
        if self._passes_at is None and 0 <= self._goes_on_at <= number:
            self._go_on()
        if skews:
            self.skews += 1
            seat.skew(seconds)
        if begins and self._stopping is None and not any(each.stands_still for each in self._seats):
            seat.faults.stops_at = side
            self._stopping = seat, number + PATIENCE

    def _stop_the_late(self, number: int) -> None:
        if self._stopping is not None and number >= self._stopping[1]:
            self._stopping[0].faults.gate.close()
            self._stopping[0].faults.stops_at = None

    async def end(self) -> None:
        """Let what was begun be over: leases pass, and who stands still goes on."""
        self._stopping = None
        for seat in self._seats:
            seat.faults.stops_at = None
        if self._passes_at is not None or any(seat.stands_still for seat in self._seats):
            await self._pass()
        self._go_on()

    async def _pass(self) -> None:
        self._passes_at = None
        if len(self._seats) > 1:
            await lease_passes(self._time, self._seats)

    def _go_on(self) -> None:
        self._goes_on_at = -1
        for seat in self._seats:
            seat.faults.gate.open()
