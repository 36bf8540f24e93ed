"""Living processes, and what each of them has by its lease: hosts, and loops of which a cloud runs one.

All times are the store's: a process's own clock is asked for nothing. What is read is only good for what is written by
one statement that asks again, so that any number of processes may do this at once.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal

import msgspec
from sqlalchemy import Connection

from berthline.domain.clock import Clock
from berthline.saga.worker import Holder, Turn
from berthline.store.engine.database import Store
from berthline.store.engine.prepared import Prepared

SECOND: Final = 1_000_000
NOBODY: Final = ""

Loop = Literal["projector", "ports", "history", "keys", "network_events", "late_ports", "metadata", "reclaim"]
LOOPS: Final[tuple[Loop, ...]] = Loop.__args__  # type: ignore[attr-defined]  # the words of the type
"""Loops of which a cloud runs one."""

_TIME: Final = Prepared(
    "SELECT CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
    postgresql="SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)",
)
"""Microseconds since the epoch by the clock of the database; SQLite's is that of the one machine that it is on."""

_JOIN: Final = Prepared("INSERT INTO workers (id, epoch, name, drives, joined_at, until) VALUES (?, ?, ?, ?, ?, ?)")
_RENEW: Final = Prepared("UPDATE workers SET until = ? WHERE id = ? AND epoch = ?")
_END: Final = Prepared("DELETE FROM workers WHERE until < ? AND id <> ?")
_LEAVE: Final = Prepared("DELETE FROM workers WHERE id = ? AND epoch = ?")
_DRIVERS: Final = Prepared("SELECT id FROM workers WHERE drives ORDER BY id")
_ALL: Final = Prepared("SELECT id, epoch, name, drives, joined_at, until FROM workers ORDER BY joined_at, id")
_VOID: Final = Prepared("DELETE FROM workers")

_LOOPS: Final = Prepared("SELECT name, owner, epoch FROM worker_leases")
_ADD_LOOP: Final = Prepared("INSERT INTO worker_leases (name, owner, epoch) VALUES (?, '', 0) ON CONFLICT DO NOTHING")
_TAKE_LOOP: Final = Prepared(
    "UPDATE worker_leases SET owner = ?2, epoch = epoch + 1 WHERE name = ?1 "
    "AND NOT EXISTS (SELECT 1 FROM workers WHERE workers.id = worker_leases.owner) RETURNING epoch"
)
_GIVE_LOOPS: Final = Prepared("UPDATE worker_leases SET owner = '' WHERE owner = ?")
_HAS_LOOP: Final = Prepared("SELECT 1 FROM worker_leases WHERE name = ? AND epoch = ?")

_SHARES: Final = Prepared("SELECT COALESCE(owner, ''), count(*) FROM hosts GROUP BY owner")
_OWNED: Final = Prepared("SELECT name, owner_epoch FROM hosts WHERE owner = ? ORDER BY name")
_FREE: Final = (
    "(hosts.owner IS NULL OR NOT EXISTS (SELECT 1 FROM workers WHERE workers.drives AND workers.id = hosts.owner))"
)
# What is put into this text is the condition above.
_TAKE_FREE: Final = Prepared(
    "UPDATE hosts SET owner = ?1, owner_epoch = owner_epoch + 1 "  # noqa: S608
    f"WHERE {_FREE} AND name IN (SELECT name FROM hosts WHERE {_FREE} ORDER BY name LIMIT ?2)"
)
_TAKE_FROM: Final = Prepared(
    "UPDATE hosts SET owner = ?1, owner_epoch = owner_epoch + 1 WHERE owner = ?2 "
    "AND name IN (SELECT name FROM hosts WHERE owner = ?2 ORDER BY name DESC LIMIT ?3)"
)
_GIVE_HOSTS: Final = Prepared("UPDATE hosts SET owner = NULL WHERE owner = ?")
_ORPHANS: Final = Prepared(
    "SELECT count(*) FROM hosts WHERE owner IS NULL OR NOT EXISTS "
    "(SELECT 1 FROM workers WHERE workers.drives AND workers.id = hosts.owner AND workers.until >= ?)"
)

_GIVE_SAGAS: Final = Prepared(
    "UPDATE sagas SET lease_owner = NULL WHERE lease_owner = ? AND state IN ('forward', 'unwinding')"
)
_WAITING: Final = Prepared(
    "SELECT count(*), MIN(wake_at) FROM sagas WHERE state IN ('forward', 'unwinding') AND (lease_owner IS NULL OR NOT "
    "EXISTS (SELECT 1 FROM workers WHERE workers.id = sagas.lease_owner AND workers.epoch = sagas.lease_epoch "
    "AND workers.until >= ?))"
)


class Living(msgspec.Struct, frozen=True, kw_only=True):
    """A process of the cloud. Times in microseconds; ``until`` its lease ends."""

    id: str
    epoch: int
    name: str
    drives: bool
    joined_at: int
    until: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the processes of a cloud stand: those that live, and what waits for one.

    ``sagas_waiting`` are unfinished ones that nobody drives, the oldest since ``waiting_since``; hosts likewise.
    """

    living: tuple[Living, ...]
    hosts_without_owner: int
    sagas_waiting: int
    waiting_since: int | None
    now: int


def standing(connection: Connection, now: int) -> Standing:
    """How things stand at ``now``, the store's time in microseconds; a process whose lease has ended is dead."""
    living = tuple(
        Living(id=worker, epoch=epoch, name=name, drives=bool(drives), joined_at=joined_at, until=until)
        for worker, epoch, name, drives, joined_at, until in _ALL.all(connection)
        if until >= now
    )
    orphans, waiting = _ORPHANS.first(connection, now), _WAITING.first(connection, now)
    return Standing(
        living=living,
        hosts_without_owner=orphans[0] if orphans else 0,
        sagas_waiting=waiting[0] if waiting else 0,
        waiting_since=waiting[1] if waiting else None,
        now=now,
    )


def void(connection: Connection) -> None:
    """Have everybody dead. For a process that knows that it is alone, when it starts."""
    _VOID.run(connection)


def has_loop(connection: Connection, name: Loop, epoch: int) -> bool:
    """Whether the loop is still whose it was in this epoch."""
    return _HAS_LOOP.first(connection, name, epoch) is not None


class StoredWorkers:
    """``saga.worker.WorkerLog`` on the store, for one process."""

    def __init__(
        self,
        store: Store,
        *,
        name: str = "",
        drives: bool = True,
        clock: Clock | None = None,
        loops: Collection[Loop] = LOOPS,
    ) -> None:
        """``name`` is for people. ``clock``: what the time is, for tests; the database's own otherwise. ``loops`` are
        those that this process can run: what it cannot is left to others.
        """
        self._store = store
        self._name = name
        self._drives = drives
        self._loops = tuple(name for name in LOOPS if name in loops)
        self._clock = clock

    def now(self, connection: Connection) -> int:
        """The store's time in microseconds."""
        if self._clock is not None:
            return self._clock.now()
        row = _TIME.first(connection)
        assert row is not None
        return int(row[0])

    async def join(self, holder: Holder, lease_seconds: float) -> None:
        """See WorkerLog.join."""

        def work(connection: Connection) -> None:
            now = self.now(connection)
            until = now + int(lease_seconds * SECOND)
            _JOIN.run(connection, holder.id, holder.epoch, self._name, self._drives, now, until)

        await self._store.write(work)

    async def turn(self, holder: Holder, lease_seconds: float) -> Turn | None:
        """See WorkerLog.turn."""

        def work(connection: Connection) -> Turn | None:
            now = self.now(connection)
            if not _RENEW.run(connection, now + int(lease_seconds * SECOND), holder.id, holder.epoch):
                return None
            _END.run(connection, now, holder.id)
            if not self._drives:
                return Turn(now=now)
            drivers = [worker for (worker,) in _DRIVERS.all(connection)]
            loops = _loops(connection, holder.id, drivers, self._loops)
            _balance(connection, holder.id, drivers)
            places: dict[str, int] = dict(_OWNED.all(connection, holder.id))
            return Turn(places=places, loops=loops, now=now)

        return await self._store.write(work)

    async def leave(self, holder: Holder) -> None:
        """See WorkerLog.leave."""

        def work(connection: Connection) -> None:
            if _LEAVE.run(connection, holder.id, holder.epoch):
                _GIVE_LOOPS.run(connection, holder.id)
                _GIVE_SAGAS.run(connection, holder.id)
                _GIVE_HOSTS.run(connection, holder.id)

        await self._store.write(work)

    async def standing(self) -> Standing:
        """How the cloud's processes stand now."""
        return await self._store.read(lambda connection: standing(connection, self.now(connection)))


def _loops(connection: Connection, worker: str, drivers: Collection[str], able: Collection[Loop]) -> Mapping[str, int]:
    """Take every loop of ``able`` that no living driver has; those that it has by then, with their epochs."""
    known = {name: (owner, epoch) for name, owner, epoch in _LOOPS.all(connection)}
    held: dict[str, int] = {}
    for name in able:
        owner, epoch = known.get(name, (None, 0))
        if owner == worker:
            held[name] = epoch
        elif owner not in drivers:
            if owner is None:
                _ADD_LOOP.run(connection, name)
            if taken := _TAKE_LOOP.first(connection, name, worker):
                held[name] = taken[0]
    return held


def _balance(connection: Connection, worker: str, drivers: Sequence[str]) -> None:
    """Take hosts up to this worker's share: first those that nobody has, then from those that have more than theirs.

    ``drivers`` are all that live, in the same order for each of them. What a worker has too much is taken from it,
    never given away: so no host is without owner meanwhile.
    """
    counts: dict[str, int] = dict(_SHARES.all(connection))
    each, more = divmod(sum(counts.values()), len(drivers))
    shares = {one: each + (place < more) for place, one in enumerate(drivers)}
    wanting = shares[worker] - counts.get(worker, 0)
    if wanting > 0 and set(counts) - set(drivers):
        wanting -= _TAKE_FREE.run(connection, worker, wanting)
    for other in drivers:
        surplus = counts.get(other, 0) - shares[other]
        if wanting > 0 and surplus > 0:
            wanting -= _TAKE_FROM.run(connection, worker, other, min(surplus, wanting))
