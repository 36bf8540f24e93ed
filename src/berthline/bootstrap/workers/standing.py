"""How the cloud's processes stand, in words: for /healthz, and for doctor."""

from typing import Final

from berthline.api.frame import Health
from berthline.reconcile.leaks import Silent
from berthline.store.control.workers import Standing, StoredWorkers

WAITING_SECONDS: Final = 30.0
"""A saga that nobody drives for so long makes /healthz say so."""

SECOND: Final = 1_000_000
NO_WORKER: Final = "no worker runs: what is accepted waits for one; start `berthline worker`"


class WorkersWatch:
    """Asks the store, whichever process is asked."""

    def __init__(self, stored: StoredWorkers) -> None:
        self._stored = stored

    async def health(self) -> Health:
        """What /healthz tells of workers: how many live, and what waits for one."""
        standing = await self._stored.standing()
        waiting = _waiting_seconds(standing)
        facts: dict[str, int | float | str] = {
            "workers": sum(1 for one in standing.living if one.drives),
            "only_api": sum(1 for one in standing.living if not one.drives),
            "hosts_without_owner": standing.hosts_without_owner,
            "sagas_waiting": standing.sagas_waiting,
            "waiting_seconds": round(waiting, 3),
        }
        trouble = _trouble(standing)
        return Health(trouble is None, facts | ({} if trouble is None else {"trouble": trouble}))

    async def silent(self) -> tuple[Silent, ...]:
        """What doctor tells of workers."""
        trouble = _trouble(await self._stored.standing())
        return () if trouble is None else (Silent("workers", "all of them", trouble),)


def _waiting_seconds(standing: Standing) -> float:
    return 0.0 if standing.waiting_since is None else max(0, standing.now - standing.waiting_since) / SECOND


def _trouble(standing: Standing) -> str | None:
    if not any(one.drives for one in standing.living):
        return NO_WORKER
    waiting = _waiting_seconds(standing)
    if waiting > WAITING_SECONDS:
        return (
            f"{standing.sagas_waiting} sagas wait for a worker, the oldest for {waiting:.0f} s; see the workers' logs"
        )
    return None
