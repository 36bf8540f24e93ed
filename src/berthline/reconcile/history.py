"""What is over does not stay for ever: old events, finished sagas and deleted servers go, some hundred at a time.

It takes no input: the rows say how old they are. A number of days that is 0 keeps a kind for ever.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
from prometheus_client import Counter

from berthline.domain.clock import Clock
from berthline.store import Connection, Store
from berthline.store.control.history import Removed, remove_deleted_servers, remove_events, remove_sagas
from berthline.store.control.postponements import forget_old

AT_ONCE: Final = 500
SERVERS_AT_ONCE: Final = 50
"""A server takes its actions, sagas and their steps with it."""
DAY: Final = 24 * 3600 * 1_000_000

PRUNED: Final = Counter("berthline_pruned", "Rows of the past that were taken out of the database.", ("kind",))


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """For how many days each kind is kept; 0 for ever."""

    events_days: int
    sagas_days: int
    deleted_servers_days: int


class HistoryPruner:
    """``run_once`` takes out all that is too old.

    It remembers up to which saga it looked: those before are kept for an action of a server, and go with that server.
    """

    def __init__(self, store: Store, clock: Clock, retention: Retention) -> None:
        self._store = store
        self._clock = clock
        self._retention = retention
        self._looked_at = (0, "")

    async def run_once(self) -> int:
        """Returns how many events, sagas and servers were taken out."""
        kept, removed = self._retention, 0
        await self._store.write(partial(forget_old, at=self._clock.now()))
        if kept.events_days:
            removed += await self._remove_events(self._before(kept.events_days))
        if kept.sagas_days:
            removed += await self._remove_sagas(self._before(kept.sagas_days))
        if kept.deleted_servers_days:
            removed += await self._remove_servers(self._before(kept.deleted_servers_days))
        return removed

    def _before(self, days: int) -> int:
        return self._clock.now() - days * DAY

    async def _remove_events(self, before: int) -> int:
        after, removed = 0, 0
        while (part := await self._part(partial(remove_events, after=after, before=before, limit=AT_ONCE))).end:
            after = part.end[0]
            removed += part.rows
        return _count("event", removed)

    async def _remove_sagas(self, before: int) -> int:
        removed = 0
        while (
            part := await self._part(partial(remove_sagas, after=self._looked_at, before=before, limit=AT_ONCE))
        ).end:
            self._looked_at = part.end
            removed += part.rows
        return _count("saga", removed)

    async def _remove_servers(self, before: int) -> int:
        removed = 0
        work = partial(remove_deleted_servers, before=before, limit=SERVERS_AT_ONCE)
        while some := await self._store.write(work):
            removed += some
        return _count("server", removed)

    async def _part(self, work: Callable[[Connection], Removed]) -> Removed:
        return await self._store.write(work)


def _count(kind: str, rows: int) -> int:
    PRUNED.labels(kind).inc(rows)
    return rows
