"""The dataplane is what the store says, also where nothing changed in the store: everything is projected again.

Takes no input. What a change in the outbox explains is left to the projector; every other difference is drift, by
somebody's hand or a bug. It is put right by the projector's own path, and counted.
"""

import asyncio
import contextlib
from functools import partial
from typing import Final

import structlog
from prometheus_client import Counter

from berthline.dataplane.ovn.rows import DROP_UNIT
from berthline.dataplane.projector import Projector
from berthline.domain.batches import batches
from berthline.domain.dataplane import Applied, Dataplane
from berthline.domain.errors import LeaseLost, Transient, Unavailable
from berthline.domain.snapshot import UNIT_KINDS
from berthline.store import Store
from berthline.store.dataplane.projection import existing, units_after

log = structlog.get_logger("berthline.reconcile")

CHUNK: Final = 250
EVERY_SECONDS: Final = 300.0
RETRY_SECONDS: Final = 2.0

DRIFT: Final = Counter(
    "berthline_dataplane_drift", "Rows of the dataplane that differed from the store with no change pending.", ("kind",)
)


class DataplaneDrift:
    """``run`` looks at the start, on ``wake`` (when the dataplane was connected anew), and on a timer."""

    def __init__(
        self, store: Store, dataplane: Dataplane, projector: Projector, *, every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._store = store
        self._dataplane = dataplane
        self._projector = projector
        self._every = every_seconds
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look soon. To be called on the event loop."""
        self._wake.set()

    async def run(self) -> None:
        """Repair until cancelled."""
        while True:
            self._wake.clear()
            pause = self._every
            try:
                await self.run_once()
            except (LeaseLost, Transient, Unavailable) as error:
                log.info("the dataplane could not be compared; looking again soon", why=error.message)
                pause = RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def run_once(self) -> int:
        """Compare everything and put it right; returns how many rows differed. Raises Transient."""
        drift = self._count(await self._projector.repair([DROP_UNIT]))
        observed = await self._dataplane.observe()
        for units in batches(observed, CHUNK):
            known = await self._store.read(partial(existing, units=units))
            if strays := [unit for unit in units if unit not in known]:
                drift += self._count(await self._projector.repair(strays))
        for kind in UNIT_KINDS:
            after = ""
            while page := await self._store.read(partial(units_after, kind=kind, after=after, limit=CHUNK)):
                drift += self._count(await self._projector.repair(page))
                after = page[-1].id
        return drift

    def _count(self, applied: Applied) -> int:
        for kind, rows in (("missing", applied.inserted), ("changed", applied.updated), ("extra", applied.deleted)):
            if rows:
                DRIFT.labels(kind).inc(rows)
        if applied.total:
            log.warning("the dataplane differed from the store", rows=applied.total)
        return applied.total
