"""The cloud's health as one process knows it: what its database counts, and what the process sees itself."""

import asyncio
from collections.abc import Callable
from typing import Final

from berthline.bootstrap.vitals.certificates import Certificates
from berthline.bootstrap.watch import Watch
from berthline.domain.clock import Clock
from berthline.domain.errors import BerthlineError
from berthline.domain.vitals import OvnVitals, StoredVitals, Vitals
from berthline.store import Store
from berthline.store.control.vitals import vitals
from berthline.store.control.workers import StoredWorkers

KEPT_SECONDS: Final = 1.0
"""Several who ask at once, and /healthz beside /metrics, are told the same."""
PATIENCE_SECONDS: Final = 3.0


class Gathering:
    """See the module. ``ovn`` None: the dataplane is simulated."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        workers: StoredWorkers,
        watch: Watch,
        certificates: Certificates,
        ovn: Callable[[], OvnVitals] | None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._workers = workers
        self._watch = watch
        self._certificates = certificates
        self._ovn = ovn
        self._lock = asyncio.Lock()
        self._kept: tuple[float, Vitals] | None = None

    async def vitals(self) -> Vitals:
        """What is known now; a database that does not answer is told as such, and is waited for three seconds."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._kept is None or now - self._kept[0] > KEPT_SECONDS:
                self._kept = now, await self._gather()
            return self._kept[1]

    async def _gather(self) -> Vitals:
        stored, certificates = await asyncio.gather(self._stored(), self._certificates.look())
        hosts, silent = self._watch.counts()
        return Vitals(
            at=self._clock.now(),
            stored=stored,
            ovn=None if self._ovn is None else self._ovn(),
            hosts=hosts,
            silent_hosts=silent,
            waiting_writes=self._store.waiting,
            certificates=certificates.ends,
            unreadable=certificates.unreadable,
        )

    async def _stored(self) -> StoredVitals | None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._store.read(lambda connection: vitals(connection, self._workers.now(connection)))
        except (BerthlineError, TimeoutError):
            return None
