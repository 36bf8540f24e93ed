"""A worker: a process that drives sagas, by a lease that it renews and others see end.

It has an id, which is its own for ever, and an epoch, which is another one each time it joins: what it began before it
lost its lease is not its own any more. With the lease it holds places (a host is one), whose sagas run here and nowhere
else, and loops, of which the cloud runs one each. All of that is given out by the log, in its own time: what a process
believes the time to be matters to nobody else. What the process itself measures is only how long ago it asked.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol

import msgspec
import structlog

from berthline.domain.errors import BerthlineError, LeaseLost, NotHere

LEASE_SECONDS: Final = 6.0
"""What is left of ten seconds to replace a worker, when those who replace it look every third of a lease."""

log = structlog.get_logger(__name__)


class Holder(NamedTuple):
    """Who has a lease: a worker in one of its lives."""

    id: str
    epoch: int


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker holds for the next lease: each place and each loop with the epoch under which it does.

    ``now`` is the log's time in microseconds.
    """

    places: Mapping[str, int] = {}
    loops: Mapping[str, int] = {}
    now: int


class WorkerLog(Protocol):
    """Where leases are kept. ``now`` and the end of a lease are in its own time."""

    async def join(self, holder: Holder, lease_seconds: float) -> None:
        """Have a lease from now on."""
        ...

    async def turn(self, holder: Holder, lease_seconds: float) -> Turn | None:
        """Renew the lease, end those that ran out, take one's share of what is free; None where one's own has ended."""
        ...

    async def leave(self, holder: Holder) -> None:
        """Give the lease back, and with it all that it held."""
        ...


def since_boot() -> float:
    """Seconds that pass also while the process is stopped or its machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Worker:
    """See the module. ``run`` keeps the lease; ``on_turn`` and ``on_lost`` tell of it, on the event loop."""

    def __init__(
        self,
        worker_log: WorkerLog,
        worker_id: str,
        *,
        drives: bool = True,
        lease_seconds: float = LEASE_SECONDS,
        elapsed: Callable[[], float] = since_boot,
    ) -> None:
        """``drives``: False for a process that only accepts what others do. ``elapsed``: seconds since some moment,
        never back.
        """
        self._log = worker_log
        self.id = worker_id
        self.drives = drives
        self.lease_seconds = lease_seconds
        self._elapsed = elapsed
        self._epoch = 0
        self._until = 0.0
        self._held: Turn | None = None
        self._in_hand: Counter[str] = Counter()
        self._lingering: dict[str, int] = {}
        self._on_turn: list[Callable[[Turn], Awaitable[None]]] = []
        self._on_lost: list[Callable[[], object]] = []
        self._poked = asyncio.Event()
        self._turned = asyncio.Event()

    @property
    def holder(self) -> Holder | None:
        """Who it is in what it writes; None while it has no lease."""
        return None if self._held is None else Holder(self.id, self._epoch)

    @property
    def places(self) -> Mapping[str, int]:
        """The places that it holds, with the epoch of each."""
        return {} if self._held is None else self._held.places

    def holder_for(self, place: str | None) -> Holder | None:
        """Who drives a saga of this place that is written now: this worker, or None: whoever claims it."""
        return self.holder if self.drives and (place is None or place in self.places) else None

    @contextlib.contextmanager
    def in_hand(self, place: str | None) -> Iterator[None]:
        """While a saga of this place is driven here: it keeps the place for it, also where another worker is given it
        meanwhile, which drives the sagas that come after.
        """
        if place is None:
            yield
            return
        self._in_hand[place] += 1
        try:
            yield
        finally:
            self._in_hand[place] -= 1
            if not self._in_hand[place]:
                del self._in_hand[place]
                self._lingering.pop(place, None)

    def loop(self, name: str) -> int | None:
        """The epoch under which it runs this loop now; None when it may not."""
        if self._held is None or self._elapsed() >= self._until:
            return None
        return self._held.loops.get(name)

    def epoch_of(self, place: str) -> int:
        """The epoch under which something may be begun at this place now.

        Nothing is begun in the last third of a lease, so that it is over, or known to hang, when another worker begins.
        Raises LeaseLost then, and NotHere where the place is another worker's.
        """
        if self._held is None or self._until - self._elapsed() < self.lease_seconds / 3:
            raise LeaseLost("the lease of this worker ends soon, or has ended: nothing is begun under it")
        epoch = self._held.places.get(place) or self._lingering.get(place)
        if epoch is None:
            raise NotHere(f"{place} is driven by another worker", place)
        return epoch

    def on_turn(self, callback: Callable[[Turn], Awaitable[None]]) -> None:
        """Call back after each turn, with what is held now."""
        self._on_turn.append(callback)

    def on_lost(self, callback: Callable[[], object]) -> None:
        """Call back when the lease was found to have ended: nothing that was held is held any more."""
        self._on_lost.append(callback)

    async def next_turn(self) -> None:
        """Wait until a turn was taken, or tried in vain."""
        await self._turned.wait()

    def poke(self) -> None:
        """Have the next turn soon: something was put where this worker may take it."""
        self._poked.set()

    async def join(self) -> None:
        """Have a lease and one's share. Raises Unavailable where the log cannot be used."""
        self._epoch += 1
        await self._log.join(Holder(self.id, self._epoch), self.lease_seconds)
        await self.turn()

    async def turn(self) -> None:
        """Renew the lease, or join anew where it has ended. Raises Unavailable."""
        asked = self._elapsed()
        held = await self._log.turn(Holder(self.id, self._epoch), self.lease_seconds)
        if held is None:
            self._lose()
            await self.join()
            return
        gone = {place: epoch for place, epoch in self.places.items() if place not in held.places}
        self._lingering |= {place: epoch for place, epoch in gone.items() if place in self._in_hand}
        self._held, self._until = held, asked + self.lease_seconds
        for callback in self._on_turn:
            await callback(held)

    async def run(self) -> None:
        """Take turns until cancelled. A poke brings the next one forward, but no more than one in a tenth of them."""
        every = self.lease_seconds / 3
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await self._poked.wait()
                await asyncio.sleep(every / 10)
            self._poked.clear()
            try:
                await self.turn()
            except BerthlineError as error:
                log.warning("the lease of this worker was not renewed", error=error.message)
            self._turned.set()
            self._turned = asyncio.Event()

    async def leave(self) -> None:
        """Give everything back at once; nothing where there is nothing."""
        holder = self.holder
        self._held = None
        if holder is not None:
            await self._log.leave(holder)

    def _lose(self) -> None:
        if self._held is None:
            return
        log.warning("this worker's lease has ended: what it did is dropped, and it joins anew", worker=self.id)
        self._held = None
        self._lingering.clear()
        for callback in self._on_lost:
            callback()
