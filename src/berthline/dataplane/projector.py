"""The projector: keeps the dataplane what the store says, change by change, and repairs it by the same path.

One of a cloud's processes has the lease and does the work, under an epoch that dataplane and store look at: what a
process still does that was stopped, and has lost its lease since, changes nothing. The projector takes changed units
from the outbox, coalesces those that changed more than once, turns the store's rows as they are now into northbound
rows, applies the difference in one transaction, and notes what is projected. Nothing is refused or lost while the
dataplane cannot be reached: the changes wait in the outbox. A unit that the dataplane refuses is set apart, so that the
others go on, and tried again slowly.
"""

import asyncio
import collections
import contextlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from berthline.dataplane.ovn.rows import DROP_UNIT, base_rows, dependencies, rows_of
from berthline.domain.clock import Clock
from berthline.domain.dataplane import Applied, Dataplane, Row, Unit
from berthline.domain.errors import LeaseLost, OutsideError, Refused, Unavailable
from berthline.domain.snapshot import UNIT_KINDS, PortSnapshot, Snapshot
from berthline.store import Connection, Store
from berthline.store.control.workers import Loop, has_loop
from berthline.store.dataplane import outbox
from berthline.store.dataplane.projection import dependents, dependents_of_ports, record_projected
from berthline.store.dataplane.snapshots import load_snapshots
from berthline.store.engine.changes import IDLE_OUTBOX_TOPIC, OUTBOX_TOPIC

log = structlog.get_logger("berthline.dataplane")

LOOP: Final[Loop] = "projector"
BATCH: Final = 200
"""Units in one transaction: few enough that planning it does not hold the event loop for long."""

READ_AHEAD: Final = 10_000
"""Changes taken from the outbox before they are due; the others stay in the database until there is room."""

READ_AT_ONCE: Final = 2 * BATCH
"""Changes read by one statement, in the event loop: a thread would cost more than it."""

FEW: Final = 8
"""Ports that are read in the event loop for the same reason."""

SECOND: Final = 1_000_000

BATCHES: Final = Counter("berthline_projection_batches", "Batches of units applied to the dataplane.")
UNITS: Final = Counter("berthline_projection_units", "Units applied to the dataplane.", ("kind",))
REFUSED: Final = Gauge("berthline_projection_refused_units", "Units that the dataplane refuses now.")


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds. ``gather``: how long to collect changes after the first; ``poll``: how often to look unasked.

    ``gather_idle``: how long to collect those that nobody waits for. A pass costs as much as several ports, so a pass
    for each port that is made would cost more than the ports.
    """

    gather: float = 0.002
    gather_idle: float = 0.1
    poll: float = 1.0
    retry_first: float = 0.05
    retry_most: float = 5.0
    retry_refused: float = 30.0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """For /healthz. ``behind_seconds``: age of the oldest change that waits; ``unreachable``: why, or None."""

    changes: int
    behind_seconds: float
    refused: int
    unreachable: str | None


@dataclass(slots=True)
class _Work:
    """A unit to be projected: the outbox rows that ask for it, and when it is due (µs)."""

    due_at: int
    sequences: set[int] = field(default_factory=set)
    refusals: int = 0


_NOTHING_DONE: Final = Applied()


@dataclass(slots=True)
class _Outcome:
    """What a pass did: the revision each unit is at now (None: gone), who was refused and why."""

    applied: Applied = _NOTHING_DONE
    revisions: dict[Unit, int | None] = field(default_factory=dict)
    refused: dict[Unit, str] = field(default_factory=dict)


class Projector:
    """See the module. ``run`` is the loop; ``drain`` and ``repair`` are single passes."""

    def __init__(
        self,
        store: Store,
        dataplane: Dataplane,
        clock: Clock,
        *,
        gateway_chassis: Collection[str] = (),
        dns_servers: Collection[str] = (),
        pace: Pace | None = None,
        lease: Callable[[], int | None] = lambda: 0,
    ) -> None:
        """``gateway_chassis`` lead outside; empty: the chassis of every host. ``dns_servers`` are those of subnets
        without any. ``lease``: the epoch under which this process projects now, None when it may not, 0 for one that
        nobody else could take the place of.
        """
        self._store = store
        self._dataplane = dataplane
        self._clock = clock
        self._gateway_chassis = tuple(gateway_chassis)
        self._dns_servers = tuple(dns_servers)
        self._pace = pace or Pace()
        self._lease = lease
        self._epoch = 0
        self._lock = asyncio.Lock()
        self._work: dict[Unit, _Work] = {}
        self._unreachable: str | None = None
        self._has_base = False
        self._callbacks: list[Callable[[Collection[Unit]], None]] = []
        self._wake = asyncio.Event()

    def on_projected(self, callback: Callable[[Collection[Unit]], None]) -> None:
        """Call back, on the event loop, with units whose projection was just recorded."""
        self._callbacks.append(callback)

    async def status(self) -> Status:
        """How far the dataplane is behind the store."""
        lag = await self._store.read_short(outbox.lag)
        behind = 0 if lag.oldest_at is None else max(0, self._clock.now() - lag.oldest_at)
        refused = sum(1 for work in self._work.values() if work.refusals)
        return Status(
            changes=lag.changes, behind_seconds=behind / SECOND, refused=refused, unreachable=self._unreachable
        )

    async def run(self) -> None:
        """Project until cancelled."""
        with self._listening(asyncio.get_running_loop()):
            await self._run()

    async def _run(self) -> None:
        wake = self._wake
        failures = 0
        while True:
            wake.clear()
            try:
                done = await self.drain()
                failures = 0
            except LeaseLost as error:
                log.warning("another process projects now", why=error.message)
                self._work.clear()
                await self._idle()
                continue
            except (OutsideError, Unavailable) as error:  # refused as a whole: only the base rows can be
                failures += 1
                if isinstance(error, OutsideError):  # else it is the store that cannot be used, and says so itself
                    self._note_unreachable(error.message)
                await asyncio.sleep(min(self._pace.retry_most, self._pace.retry_first * 2 ** min(failures, 20)))
                continue
            if done < BATCH:
                await self._idle()
                await asyncio.sleep(self._pace.gather)

    @contextlib.contextmanager
    def _listening(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """While the block runs wake at once after a commit that somebody waits for, and a while after any other."""
        later: list[asyncio.TimerHandle] = []

        def wake_later() -> None:
            if not later or later[-1].when() <= loop.time():
                later[:] = [loop.call_later(self._pace.gather_idle, self._wake.set)]

        def committed(callback: Callable[[], object]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended before the store
                loop.call_soon_threadsafe(callback)

        ends = (
            self._store.subscribe(OUTBOX_TOPIC, lambda: committed(self._wake.set)),
            self._store.subscribe(IDLE_OUTBOX_TOPIC, lambda: committed(wake_later)),
        )
        try:
            yield
        finally:
            for end in ends:
                end()

    async def drain(self) -> int:
        """Project what is due now, up to one batch; returns how many units were handled, refused ones too.

        Raises Transient when the dataplane cannot be reached, LeaseLost when another process projects; the changes stay
        in the outbox.
        """
        async with self._lock:
            if not self._may():
                return 0
            await self._read_outbox()
            now = self._clock.now()
            due = [unit for unit, work in self._work.items() if work.due_at <= now][:BATCH]
            if not due:
                return 0
            await self._ensure_base()
            outcome = await self._project(await self._snapshots(due))
            await self._settle(due, outcome)
        done = tuple(outcome.revisions)
        for callback in self._callbacks:
            callback(done)
        return len(due)

    async def settle_all(self) -> int:
        """``drain`` until nothing is due; returns how many units were handled."""
        total = 0
        while done := await self.drain():
            total += done
        return total

    async def repair(self, units: Collection[Unit]) -> Applied:
        """Apply these units as the store has them, and say what had to be changed: drift, for nothing was pending.

        Units with changes in the outbox, and those that follow from these, are left out. Raises Transient, and
        LeaseLost where another process projects.
        """

        def load(connection: Connection) -> dict[Unit, Snapshot | None]:
            pending = {entry.unit for entry in outbox.waiting(connection, READ_AHEAD)}
            return self._load(connection, set(units) - pending - dependents(connection, pending))

        async with self._lock:
            if not self._may():
                raise LeaseLost("another process has the projector's lease: it is the one that repairs")
            await self._ensure_base()
            outcome = await self._project(await self._store.read(load))
            if DROP_UNIT in units:
                outcome.applied = _sum(outcome.applied, await self._told({DROP_UNIT: base_rows()}))
            now = self._clock.now()
            if outcome.revisions:
                await self._store.write(lambda connection: self._record(connection, outcome, now))
            self._set_apart(outcome.refused, now)
            return outcome.applied

    def _may(self) -> bool:
        """Whether this process projects now. What it had in hand is read anew after another one did."""
        epoch = self._lease()
        if epoch is None or epoch != self._epoch:
            self._work.clear()
            self._has_base = False
        self._epoch = epoch or 0
        return epoch is not None

    async def _told(self, rows: Mapping[Unit, Collection[Row]]) -> Applied:
        return await self._dataplane.apply(rows, self._epoch)

    def _record(self, connection: Connection, outcome: _Outcome, at: int) -> None:
        """Note what is projected. Raises LeaseLost where another process has projected since."""
        if self._epoch and not has_loop(connection, LOOP, self._epoch):
            raise LeaseLost("another process has the projector's lease: what this one did is not recorded")
        record_projected(connection, outcome.revisions, at)

    async def _read_outbox(self) -> None:
        in_hand = [sequence for work in self._work.values() for sequence in work.sequences]
        room = READ_AHEAD - len(in_hand)
        if room <= 0:
            return
        most = min(room, READ_AT_ONCE)
        entries = await self._store.read_short(lambda connection: outbox.waiting(connection, most, in_hand))
        for entry in entries:
            work = self._work.setdefault(entry.unit, _Work(entry.at))
            work.sequences.add(entry.sequence)
            work.due_at = 0  # a change is a reason to try a refused unit at once
        if len(entries) == most:
            self._wake.set()  # there may be more

    async def _ensure_base(self) -> None:
        """The rows that every cloud has, once for each start: that a new database lacks them is no drift."""
        if not self._has_base:
            await self._told({DROP_UNIT: base_rows()})
            self._has_base = True

    async def _snapshots(self, due: Collection[Unit]) -> dict[Unit, Snapshot | None]:
        """What the store says of these units and those that follow from them; a few ports are read without a thread."""

        def load(connection: Connection) -> dict[Unit, Snapshot | None]:
            found = self._load(connection, due)
            ports = [each for each in found.values() if isinstance(each, PortSnapshot)]
            others = [unit for unit in due if unit.kind == "network"]
            more = {*dependents_of_ports(ports), *dependents(connection, others)} - found.keys()
            return found | self._load(connection, more) if more else found

        if len(due) <= FEW and all(unit.kind == "port" for unit in due):
            return await self._store.read_short(load)
        return await self._store.read(load)

    def _load(self, connection: Connection, units: Collection[Unit]) -> dict[Unit, Snapshot | None]:
        """What the store says of the units now; None: they are gone."""
        wanted = set(units) - {DROP_UNIT}
        found = load_snapshots(connection, wanted, self._gateway_chassis, self._dns_servers)
        return {unit: found.get(unit) for unit in wanted}

    async def _project(self, snapshots: Mapping[Unit, Snapshot | None]) -> _Outcome:
        """Make the dataplane what the snapshots say. Raises Transient."""
        outcome = _Outcome()
        in_order = sorted(snapshots, key=lambda unit: UNIT_KINDS.index(unit.kind))
        await self._apply(in_order, snapshots, outcome)
        return outcome

    async def _apply(self, units: list[Unit], snapshots: Mapping[Unit, Snapshot | None], outcome: _Outcome) -> None:
        """Apply the units in one transaction; when that is refused, find out by halves which of them are."""
        if not units:
            return
        rows = {unit: _rows(snapshots[unit]) for unit in units}
        try:
            applied = await self._told(rows)
        except Refused:
            try:
                applied = await self._told(await self._with_dependencies(rows, units, snapshots))
            except Refused as error:
                if len(units) == 1:
                    outcome.refused[units[0]] = error.message
                    return
                middle = len(units) // 2
                await self._apply(units[:middle], snapshots, outcome)
                await self._apply(units[middle:], snapshots, outcome)
                return
        BATCHES.inc()
        self._unreachable = None
        outcome.applied = _sum(outcome.applied, applied)
        for kind, count in collections.Counter(unit.kind for unit in units).items():
            UNITS.labels(kind).inc(count)
        for unit in units:
            snapshot = snapshots[unit]
            outcome.revisions[unit] = None if snapshot is None else snapshot.revision

    async def _with_dependencies(
        self, rows: Mapping[Unit, Collection[Row]], units: list[Unit], snapshots: Mapping[Unit, Snapshot | None]
    ) -> Mapping[Unit, Collection[Row]]:
        """The rows together with those of the units they refer to: somebody may have deleted these by hand."""
        living = [snapshot for snapshot in (snapshots[unit] for unit in units) if snapshot is not None]
        needed = {unit for snapshot in living for unit in dependencies(snapshot)} - set(units)
        found = await self._store.read(
            lambda connection: load_snapshots(
                connection, needed - {DROP_UNIT}, self._gateway_chassis, self._dns_servers
            )
        )
        base = {DROP_UNIT: base_rows()} if DROP_UNIT in needed else {}
        return {**base, **{unit: rows_of(snapshot) for unit, snapshot in found.items()}, **rows}

    async def _settle(self, due: Iterable[Unit], outcome: _Outcome) -> None:
        """Note what is projected and take it from the outbox, in one write; set the refused apart."""
        now = self._clock.now()
        done = [unit for unit in due if unit not in outcome.refused]
        sequences = [sequence for unit in done for sequence in self._work[unit].sequences]

        def work(connection: Connection) -> None:
            self._record(connection, outcome, now)
            outbox.remove(connection, sequences)

        await self._store.write(work)
        for unit in done:
            del self._work[unit]
        self._set_apart(outcome.refused, now)

    def _set_apart(self, refused_units: Mapping[Unit, str], now: int) -> None:
        for unit, why in refused_units.items():
            refused = self._work.setdefault(unit, _Work(0))
            refused.refusals += 1
            refused.due_at = now + int(self._pace.retry_refused * SECOND)
            log.error("the dataplane refuses a unit", kind=unit.kind, id=unit.id, why=why, times=refused.refusals)
        REFUSED.set(sum(1 for each in self._work.values() if each.refusals))

    async def _idle(self) -> None:
        """Until something was committed, or it is time to look unasked."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pace.poll):
                await self._wake.wait()

    def _note_unreachable(self, why: str) -> None:
        if self._unreachable is None:
            log.warning("the dataplane cannot be reached; changes wait for it", why=why)
        self._unreachable = why


def _rows(snapshot: Snapshot | None) -> tuple[Row, ...]:
    return () if snapshot is None else rows_of(snapshot)


def _sum(one: Applied, other: Applied) -> Applied:
    return Applied(one.inserted + other.inserted, one.updated + other.updated, one.deleted + other.deleted)
