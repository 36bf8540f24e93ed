"""The status of every port is what the dataplane says of it now.

Takes no input: it looks at every port that something uses on a timer, now and then at every other one too, and at
single ones sooner when the dataplane hints that they changed.
"""

import asyncio
import contextlib
from collections.abc import Collection
from functools import partial
from itertools import islice
from typing import Final

import structlog

from berthline.domain.batches import batches
from berthline.domain.clock import Clock
from berthline.domain.dataplane import Dataplane, PortState
from berthline.domain.errors import Transient, Unavailable
from berthline.domain.ids import PortId
from berthline.domain.network import PortStatus
from berthline.store import Connection, Store
from berthline.store.dataplane.projection import inner_ports
from berthline.store.network.port_status import (
    StatusRow,
    bound_statuses_after,
    set_status,
    statuses_after,
    statuses_of,
)

log = structlog.get_logger("berthline.reconcile")

READ_AT_ONCE: Final = 1000
"""At rest nothing is written, and each part costs a turn of a reader."""
CHUNK: Final = 500
"""So many are written at once, and asked for by name."""
EVERY_SECONDS: Final = 60.0
IDLE_PORTS_TURNS: Final = 10
"""In every so many turns also ports that nothing uses are looked at: somebody may have plugged one by hand unheard."""
GATHER_SECONDS: Final = 0.02
RETRY_SECONDS: Final = 1.0


class PortStatusReconciler:
    """``run`` is the loop; ``run_once`` looks at every port."""

    def __init__(
        self, store: Store, dataplane: Dataplane, clock: Clock, *, every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._store = store
        self._dataplane = dataplane
        self._clock = clock
        self._every = every_seconds
        self._hinted: set[PortId] = set()
        self._wake = asyncio.Event()
        dataplane.on_change(self._hint)

    async def run(self) -> None:
        """Look until cancelled: at ports at the start and on the timer, at hinted ones at once."""
        loop = asyncio.get_running_loop()
        all_due = loop.time()
        turns = 0
        while True:
            try:
                if loop.time() >= all_due:
                    turns += 1
                    await (self.run_once() if turns % IDLE_PORTS_TURNS == 0 else self.look_at_ports_in_use())
                    all_due = loop.time() + self._every
                await self.look_at_hinted()
            except (Transient, Unavailable) as error:
                log.info("ports could not be looked at; looking again soon", why=error.message)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, all_due - loop.time())):
                    await self._wake.wait()
                await asyncio.sleep(GATHER_SECONDS)

    async def run_once(self) -> int:
        """Bring every port's status to what the dataplane says; returns how many changed. Raises Transient."""
        changed = 0
        after = ""
        while page := await self._store.read(partial(statuses_after, after=after, limit=READ_AT_ONCE)):
            changed += await self._bring(page)
            after = page[-1].id
        return changed

    async def look_at_ports_in_use(self) -> int:
        """``run_once`` for the ports that a host, a router or a network's metadata has."""
        changed = 0
        end = ("", "")
        while True:
            page, end = await self._store.read(partial(bound_statuses_after, after=end, limit=READ_AT_ONCE))
            if not page:
                break
            changed += await self._bring(page)
        for some in batches(await self._store.read(inner_ports), CHUNK):
            changed += await self._bring(await self._store.read(partial(statuses_of, ids=some)))
        return changed

    async def look_at_hinted(self) -> int:
        """Bring the status of the ports that were hinted at; returns how many changed. Raises Transient."""
        self._wake.clear()
        changed = 0
        while self._hinted:
            some = set(islice(self._hinted, CHUNK))
            rows = await self._store.read(partial(statuses_of, ids=some))
            self._hinted -= some  # before asking: a hint that comes meanwhile is a new one
            try:
                changed += await self._bring(rows)
            except (Transient, Unavailable):
                self._hinted |= some
                raise
        return changed

    async def _bring(self, rows: Collection[StatusRow]) -> int:
        if not rows:
            return 0
        states = await self._dataplane.port_states([row.id for row in rows])
        wrong = [(row, status) for row in rows if (status := shown(row.status, states[row.id])) != row.status]
        changed = 0
        for some in batches(wrong, CHUNK):
            changed += await self._store.write(partial(_set_all, statuses=some, at=self._clock.now()))
        return changed

    def _hint(self, port: PortId) -> None:
        self._hinted.add(port)
        self._wake.set()


def _set_all(connection: Connection, statuses: Collection[tuple[StatusRow, PortStatus]], at: int) -> int:
    return sum(set_status(connection, row, status, at) for row, status in statuses)


def shown(status: PortStatus, state: PortState) -> PortStatus:
    """The status that a port in this state shows; an error stays until traffic passes."""
    if state.up:
        return "ACTIVE"
    return "ERROR" if status == "ERROR" else "DOWN"
