"""Drives sagas: records the intent, does the step, records the next; or undoes them newest first.

Steps that join are intended by one record, and done one after the other without a commit between them, as long as each
is quick. A worker knows which of them it began; one that takes the saga over undoes all that may have been begun.

One worker (an ``Engine``) moves a saga at a time, by lease. A saga that waits holds no thread and no place among the
running effects. A worker that dies leaves the record; another one claims it when the lease ends and does the recorded
step again, which every step allows.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

import msgspec
import structlog

from berthline.domain.clock import Clock
from berthline.domain.errors import BerthlineError, DeadlineExceeded, LeaseLost, Transient, Unavailable
from berthline.domain.ids import SagaId
from berthline.saga.definition import Commit, Definition, Effect, Failure, NotYet, Step, Wait
from berthline.saga.log import SagaLog, SagaRecord
from berthline.saga.place import Cancelled, Place, backoff, can_undo, ended, failure_of

Tx = TypeVar("Tx")
SECOND: Final = 1_000_000
CLAIM_LIMIT: Final = 256
RETRY_LAST: Final = 10.0
UNDO_LAST: Final = 60.0
QUICK: Final = SECOND
"""Microseconds. A step that took longer is recorded as done by itself, where anyone sees it, also when others join."""

log = structlog.get_logger(__name__)


class Engine(Generic[Tx]):
    """A worker. ``owner`` names it in leases; ``effects`` is how many effects may run at once."""

    def __init__(
        self,
        saga_log: SagaLog[Tx],
        definitions: Sequence[Definition[Any, Tx]],
        clock: Clock,
        *,
        owner: str,
        lease_seconds: float = 30.0,
        effects: int = 64,
        retry: Callable[[int, float], float] = backoff,
    ) -> None:
        self._log = saga_log
        self._definitions = {definition.kind: definition for definition in definitions}
        self._clock = clock
        self.owner = owner
        self.lease_seconds = lease_seconds
        self._retry = retry
        self._effects = asyncio.Semaphore(effects)
        self._running: dict[SagaId, asyncio.Task[None]] = {}
        self._wakes: dict[SagaId, asyncio.Event] = {}
        self._subjects: dict[str, set[SagaId]] = {}
        self._loop_task: asyncio.Task[None] | None = None
        self._claiming = asyncio.Lock()
        self._claim_waits = False
        self._idle = asyncio.Event()
        self._idle.set()

    # --- what callers use ---

    async def start(self, *, alone: bool) -> None:
        """Take up what was left behind and go on claiming what others lose.

        ``alone``: no other worker uses this store, so leases found at start are void.
        """
        if alone:
            await self._log.void_leases()
        await self._claim()
        self._loop_task = asyncio.create_task(self._claim_loop(), name="saga-claims")

    def adopt(self, record: SagaRecord) -> None:
        """Drive a saga that was written already leased to this worker."""
        if record.id in self._running:
            return
        self._wakes[record.id] = asyncio.Event()
        self._subjects.setdefault(record.subject_id, set()).add(record.id)
        self._idle.clear()
        task = asyncio.create_task(self._drive(record), name=f"saga-{record.kind}")
        self._running[record.id] = task
        task.add_done_callback(partial(self._ended, record))

    def wake(self, saga: SagaId) -> None:
        """Have a waiting saga look again now. A hint: for a saga that does not wait here it does nothing."""
        if event := self._wakes.get(saga):
            event.set()

    def wake_subject(self, subject_id: str) -> bool:
        """``wake`` for every saga on this subject; False when none is driven here."""
        sagas = self._subjects.get(subject_id, ())
        for saga in sagas:
            self.wake(saga)
        return bool(sagas)

    async def driven(self, saga: SagaId, at_most: float | None = None) -> None:
        """Wait until this worker no longer drives the saga, or ``at_most`` seconds. Its record says how it ended.

        For a saga that is not driven here it waits just ``at_most`` seconds.
        """
        if task := self._running.get(saga):
            await asyncio.wait({task}, timeout=at_most)
        elif at_most is not None:
            await asyncio.sleep(at_most)

    async def idle(self) -> None:
        """Wait until no saga is being driven here."""
        await self._idle.wait()

    async def stop(self) -> None:
        """Stop at once. What was begun stays recorded, and goes on with the next start."""
        tasks = [task for task in (self._loop_task, *self._running.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- claiming ---

    def _ended(self, record: SagaRecord, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            log.error("saga driver failed", saga=record.id, kind=record.kind, exc_info=error)
        self._running.pop(record.id, None)
        self._wakes.pop(record.id, None)
        others = self._subjects.get(record.subject_id, set())
        others.discard(record.id)
        if not others:
            self._subjects.pop(record.subject_id, None)
        self.wake_subject(record.subject_id)
        if not self._running:
            self._idle.set()

    async def _claim(self) -> None:
        for record in await self._log.claim(self.owner, self.lease_seconds, CLAIM_LIMIT):
            self.adopt(record)

    async def _claim_soon(self) -> None:
        """``_claim``, but once for all who ask before it has begun: many sagas may be undone at once."""
        if self._claim_waits:
            return
        self._claim_waits = True
        async with self._claiming:
            self._claim_waits = False
            await self._claim()

    async def _claim_loop(self) -> None:
        while True:
            await asyncio.sleep(self.lease_seconds / 3)
            try:
                await self._log.renew(self.owner, list(self._running), self.lease_seconds)
                await self._claim()
            except BerthlineError as error:
                log.warning("saga leases not renewed", error=error.message)

    # --- driving ---

    async def _drive(self, record: SagaRecord) -> None:
        definition = self._definitions[record.kind]
        subject = msgspec.json.decode(record.input, type=definition.input_type)
        try:
            while record.state == "forward":
                record = await self._forward(definition, subject, record)
            while record.state == "unwinding":
                record = await self._backward(definition, subject, record)
            if record.state == "undone":
                await self._claim_soon()  # giving back may have written a saga that tries it another way
        except LeaseLost:
            log.info("saga taken over by another worker", saga=record.id, kind=record.kind)
        except BerthlineError as error:
            # The store did not take the record (closed or overloaded): the lease ends and the saga is claimed again.
            log.warning("saga put aside", saga=record.id, kind=record.kind, error=error.message)

    async def _forward(self, definition: Definition[Any, Tx], subject: Any, record: SagaRecord) -> SagaRecord:
        """Take the step at the record's position and those that join it, and return the record after them."""
        place = Place(record.position)
        while True:
            step = definition.steps[place.position]
            place.started = self._clock.now()
            try:
                if record.cancel_requested:
                    raise Cancelled
                if isinstance(step, Effect):
                    async with self._effects:
                        await step.do(subject)
                elif isinstance(step, Wait):
                    record = await self._wait(step, subject, record, place)
                now = self._clock.now()
                place.timings.append(ended(step.name, "do", place.started, now, "done"))
                if now - place.started >= QUICK or not definition.joins(place.position + 1):
                    return await self._advance(definition, subject, record, place)
            except (LeaseLost, Unavailable):
                raise  # the store cannot be asked: nothing is known of the step, and it is taken again
            except Exception as error:  # noqa: BLE001 - whatever it is, the saga turns back, and it is logged
                return await self._failed(definition, record, place, error)
            place.position += 1

    async def _failed(
        self, definition: Definition[Any, Tx], record: SagaRecord, place: Place, error: Exception
    ) -> SagaRecord:
        """Record that the step is to be tried again, or that the saga turns back at it."""
        step = definition.steps[place.position]
        if isinstance(error, Transient):
            attempt = 1 + (record.attempts if place.position == record.position else 0)
            if attempt < (step.attempts if isinstance(step, Effect) else 1):
                return await self._again(definition, record, place, attempt, error.message)
        elif not isinstance(error, (BerthlineError, Cancelled)):
            log.error("saga step failed", saga=record.id, kind=record.kind, step=step.name, exc_info=error)
        return await self._unwind(definition, record, place, error)

    async def _advance(
        self, definition: Definition[Any, Tx], subject: Any, record: SagaRecord, place: Place
    ) -> SagaRecord:
        """Record that the steps are done, apply the commits that follow, and record the intent of the next step."""
        now = self._clock.now()
        timings = place.timings
        step = definition.steps[place.position]
        commits = [step] if isinstance(step, Commit) else []
        position = place.position + 1
        while position < len(definition.steps) and isinstance(following := definition.steps[position], Commit):
            commits.append(following)
            timings.append(ended(following.name, "do", now, now, "done"))
            position += 1
        finished = position == len(definition.steps)
        ahead = None if finished else definition.steps[position]
        after = msgspec.structs.replace(
            record,
            position=position,
            state="done" if finished else "forward",
            attempts=0,
            wake_at=now,
            deadline_at=now + int(ahead.deadline * SECOND) if isinstance(ahead, Wait) else None,
            updated_at=now,
            resumed=record.resumed and definition.joins(position),
        )

        def inside(transaction: Tx) -> None:
            for commit in commits:
                commit.apply(transaction, subject)

        return await self._log.move(record, after, self.owner, timings=timings, inside=inside if commits else None)

    async def _wait(self, step: Wait[Any], subject: Any, record: SagaRecord, place: Place) -> SagaRecord:
        """Look until ready; a wait that is not soon over is recorded meanwhile. Returns the record as it is then.

        Raises DeadlineExceeded, or Cancelled when somebody wants the saga unwound.
        """
        recorded = place.position == record.position
        begun = record.updated_at if recorded else place.started
        deadline = (record.deadline_at if recorded else None) or begun + int(step.deadline * SECOND)
        while True:
            self._wakes[record.id].clear()
            try:
                answer = await step.check(subject)
            except Transient as error:
                answer = NotYet(error.message)
            if not isinstance(answer, NotYet):
                return record
            now = self._clock.now()
            if now >= deadline:
                raise DeadlineExceeded(f"{step.name} was not reached within {step.deadline:g} s: {answer.state}")
            if await self._log.cancel_requested(record.id):
                raise Cancelled
            if not recorded and now - place.started >= QUICK:
                record = await self._note_wait(record, place, deadline, now)
                recorded = True
            until = deadline if recorded else min(deadline, place.started + QUICK)
            await self._nap(record.id, min(answer.retry_after, max((until - now) / SECOND, 0.0)))

    async def _note_wait(self, record: SagaRecord, place: Place, deadline: int, now: int) -> SagaRecord:
        """Record that the saga waits at this place."""
        after = msgspec.structs.replace(
            record, position=place.position, attempts=0, wake_at=now, deadline_at=deadline, updated_at=now
        )
        timings, place.timings = place.timings, []
        return await self._log.move(record, after, self.owner, timings=timings)

    async def _again(
        self, definition: Definition[Any, Tx], record: SagaRecord, place: Place, attempt: int, message: str
    ) -> SagaRecord:
        """Record a failed attempt and wait before the next."""
        now = self._clock.now()
        pause = self._retry(attempt, RETRY_LAST)
        after = msgspec.structs.replace(
            record,
            position=place.position,
            attempts=attempt,
            wake_at=now + int(pause * SECOND),
            deadline_at=None,
            updated_at=now,
        )
        name = definition.steps[place.position].name
        timings = [*place.timings, ended(name, "do", place.started, now, "retry", message)]
        record = await self._log.move(record, after, self.owner, timings=timings)
        await self._nap(record.id, pause)
        return record

    async def _unwind(
        self, definition: Definition[Any, Tx], record: SagaRecord, place: Place, error: Exception
    ) -> SagaRecord:
        """Record that the saga turns back at this step, and why.

        What a worker before this one began is not known: it may have been any step that was intended.
        """
        now = self._clock.now()
        step = definition.steps[place.position]
        failure = failure_of(error, step.name)
        after = msgspec.structs.replace(
            record,
            state="unwinding",
            position=definition.last_intended(place.position) if record.resumed else place.position,
            attempts=0,
            wake_at=now,
            deadline_at=None,
            failure=failure,
            updated_at=now,
        )
        timings = [*place.timings, ended(step.name, "do", place.started, now, "failed", failure.message)]
        return await self._log.move(record, after, self.owner, timings=timings)

    async def _backward(self, definition: Definition[Any, Tx], subject: Any, record: SagaRecord) -> SagaRecord:
        """Undo the newest effect that may have happened; after the oldest, give back what the store took."""
        position = record.position
        while position >= 0 and not can_undo(definition.steps[position]):
            position -= 1
        started = self._clock.now()
        step = definition.steps[position] if position >= 0 else None
        failure = record.failure or Failure(status=500, type="Unknown", message="no reason was recorded", step="")
        inside: Callable[[Tx], None] | None = None
        try:
            if isinstance(step, Effect) and step.undo is not None:
                async with self._effects:
                    await step.undo(subject)
            else:
                inside = lambda transaction: definition.undone(transaction, subject, failure)  # noqa: E731
            return await self._undone(record, step, position, started, inside)
        except (LeaseLost, Unavailable):
            raise
        except Exception as error:
            if not isinstance(error, BerthlineError):
                log.exception("saga undo failed", saga=record.id, kind=record.kind)
            return await self._undo_again(record, step, started, error)

    async def _undone(
        self,
        record: SagaRecord,
        step: Step[Any, Tx] | None,
        position: int,
        started: int,
        inside: Callable[[Tx], None] | None,
    ) -> SagaRecord:
        now = self._clock.now()
        after = msgspec.structs.replace(
            record,
            position=position - 1 if step else -1,
            state="unwinding" if step else "undone",
            attempts=0,
            wake_at=now,
            undo_error=None,
            updated_at=now,
        )
        entry = ended(step.name if step else "give back", "undo", started, now, "done")
        return await self._log.move(record, after, self.owner, timings=[entry], inside=inside)

    async def _undo_again(
        self, record: SagaRecord, step: Step[Any, Tx] | None, started: int, error: Exception
    ) -> SagaRecord:
        """Record that an undo failed, where anyone can see it, and wait before the next try. It is never given up."""
        now = self._clock.now()
        pause = self._retry(record.attempts + 1, UNDO_LAST)
        name = step.name if step else "give back"
        message = failure_of(error, name).message
        after = msgspec.structs.replace(
            record,
            attempts=record.attempts + 1,
            wake_at=now + int(pause * SECOND),
            undo_error=f"{name}: {message}",
            updated_at=now,
        )
        entry = ended(name, "undo", started, now, "retry", message)
        record = await self._log.move(record, after, self.owner, timings=[entry])
        await self._nap(record.id, pause)
        return record

    async def _nap(self, saga: SagaId, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wakes[saga].wait()
        self._wakes[saga].clear()
