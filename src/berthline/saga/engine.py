"""Drives sagas: records the intent, does the step, records the next; or undoes them newest first.

Steps that join are intended by one record, and done one after the other without a commit between them, as long as each
is quick. A worker knows which of them it began; one that takes the saga over undoes all that may have been begun.

One worker moves a saga at a time, by its lease: its id and epoch are asked for in every move. A saga that waits holds
no thread and no place among the running effects. A worker that dies leaves the record; another one claims it when the
lease has ended and does the recorded step again, which every step allows.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

import msgspec
import structlog

from berthline.domain.clock import Clock
from berthline.domain.errors import BerthlineError, DeadlineExceeded, LeaseLost, NotHere, Transient, Unavailable
from berthline.domain.ids import SagaId
from berthline.saga import moves
from berthline.saga.definition import Commit, Definition, Effect, Failure, NotYet, Step, Wait
from berthline.saga.log import SagaLog, SagaRecord
from berthline.saga.place import Cancelled, Place, backoff, can_undo, ended, failure_of, is_final
from berthline.saga.worker import Holder, Turn, Worker

Tx = TypeVar("Tx")
SECOND: Final = 1_000_000
CLAIM_LIMIT: Final = 256
RETRY_LAST: Final = 10.0
UNDO_LAST: Final = 60.0
QUICK: Final = SECOND
"""Microseconds. A step that took longer is recorded as done by itself, where anyone sees it, also when others join."""

log = structlog.get_logger(__name__)


class Engine(Generic[Tx]):
    """Drives the sagas of a worker; ``effects`` is how many effects may run at once."""

    def __init__(
        self,
        saga_log: SagaLog[Tx],
        definitions: Sequence[Definition[Any, Tx]],
        clock: Clock,
        *,
        worker: Worker,
        effects: int = 64,
        retry: Callable[[int, float], float] = backoff,
    ) -> None:
        self._log = saga_log
        self._definitions = {definition.kind: definition for definition in definitions}
        self._clock = clock
        self.worker = worker
        self._retry = retry
        self._effects = asyncio.Semaphore(effects)
        self._running: dict[SagaId, asyncio.Task[None]] = {}
        self._wakes: dict[SagaId, asyncio.Event] = {}
        self._subjects: dict[str, set[SagaId]] = {}
        self._strays: frozenset[SagaId] = frozenset()
        self._started = False
        self._claiming = asyncio.Lock()
        self._claim_waits = False
        self._idle = asyncio.Event()
        self._idle.set()

    # --- what callers use ---

    async def start(self) -> None:
        """Take up what was left behind, and after each turn of the worker what others lose."""
        if not self._started:
            self._started = True
            self.worker.on_turn(self._after_turn)
            self.worker.on_lost(self._drop)
        await self._claim()

    def holder_for(self, place: str | None) -> Holder | None:
        """See ``Worker.holder_for``: whom to write a new saga leased to."""
        return self.worker.holder_for(place)

    def adopt(self, record: SagaRecord) -> None:
        """Drive a saga that was written leased to this worker; nothing where it is not: another one will claim it."""
        if record.id in self._running or record.holder is None or record.holder != self.worker.holder:
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
        """Stop at once. What was begun stays recorded, and goes on with the next start or another worker."""
        self._started = False
        await asyncio.gather(*self._drop(), return_exceptions=True)

    def _drop(self) -> Collection["asyncio.Task[None]"]:
        """Have done with everything that is driven here."""
        tasks = tuple(self._running.values())
        for task in tasks:
            task.cancel()
        return tasks

    async def look(self) -> None:
        """Claim what waits for this worker, if anything does: a hint, or a look unasked. Raises Unavailable."""
        holder = self.worker.holder
        if self._started and holder is not None and await self._log.waits(holder):
            await self._claim_soon()

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
        holder = self.worker.holder
        if holder is None or not self.worker.drives:
            return
        for record in await self._log.claim(holder, CLAIM_LIMIT):
            self.adopt(record)

    async def _claim_soon(self) -> None:
        """``_claim``, but once for all who ask before it has begun: many sagas may be undone at once."""
        if self._claim_waits:
            return
        self._claim_waits = True
        try:
            await self._claiming.acquire()
        finally:  # whoever waits here may be cancelled: the lease ends
            self._claim_waits = False
        try:
            await self._claim()
        finally:
            self._claiming.release()

    async def _after_turn(self, _turn: Turn) -> None:
        """Claim what nobody has, and take up what this worker has and does not drive.

        That was put aside, or its request ended between its commit and its start: so it is looked for twice.
        """
        holder = self.worker.holder
        if not self._started or holder is None or not self.worker.drives:
            return
        try:
            await self._claim()
            idle = frozenset(await self._log.held(holder)) - self._running.keys()
            if again := idle & self._strays:
                for record in await self._log.take_up(holder, again):
                    self.adopt(record)
            self._strays = idle - again
        except BerthlineError as error:
            log.warning("sagas could not be claimed", error=error.message)

    # --- driving ---

    async def _drive(self, record: SagaRecord) -> None:
        definition = self._definitions[record.kind]
        subject = msgspec.json.decode(record.input, type=definition.input_type)
        try:
            with self.worker.in_hand(record.place):
                while record.state == "forward":
                    record = await self._forward(definition, subject, record)
                while record.state == "unwinding":
                    record = await self._backward(definition, subject, record)
            if record.state == "undone":
                await self._claim_soon()  # giving back may have written a saga that tries it another way
        except NotHere as elsewhere:
            log.info("saga left to another worker", saga=record.id, kind=record.kind, place=elsewhere.place)
            await self._leave_to(record, elsewhere.place)
        except LeaseLost:
            log.info("saga taken over by another worker, or to be taken up again", saga=record.id, kind=record.kind)
            self._strays |= {record.id}
        except BerthlineError as error:
            # The store did not take the record (closed or overloaded): the lease ends and the saga is claimed again.
            log.warning("saga put aside", saga=record.id, kind=record.kind, error=error.message)
            self._strays |= {record.id}

    async def _leave_to(self, record: SagaRecord, place: str) -> None:
        """Give the saga back to whoever holds the place; where that fails it is taken up here again, and left anew."""
        try:
            await self._log.leave_to(record, place)
        except BerthlineError as error:
            log.warning("saga put aside", saga=record.id, error=error.message)

    async def _forward(self, definition: Definition[Any, Tx], subject: Any, record: SagaRecord) -> SagaRecord:
        """Take the step at the record's position and those that join it, and return the record after them."""
        place = Place(record.position)
        while True:
            step = definition.steps[place.position]
            place.started = self._clock.now()
            try:
                if record.cancel_requested and not is_final(step):
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
            except NotHere:
                if place.position > record.position:  # who has it next would leave it to us for these steps, for ever
                    after = moves.advanced(definition, record, place.position, self._clock.now())
                    await self._log.move(record, after, timings=place.timings)
                raise
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
        if not isinstance(error, (BerthlineError, Cancelled)):
            log.error("saga step failed", saga=record.id, kind=record.kind, step=step.name, exc_info=error)
        attempt = 1 + (record.attempts if place.position == record.position else 0)
        if is_final(step):
            return await self._again(definition, record, place, attempt, failure_of(error, step.name).message)
        if isinstance(error, Transient) and attempt < (step.attempts if isinstance(step, Effect) else 1):
            return await self._again(definition, record, place, attempt, error.message)
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
        after = moves.advanced(definition, record, position, now)

        def inside(transaction: Tx) -> None:
            for commit in commits:
                commit.apply(transaction, subject)

        return await self._log.move(record, after, timings=timings, inside=inside if commits else None)

    async def _wait(self, step: Wait[Any], subject: Any, record: SagaRecord, place: Place) -> SagaRecord:
        """Look until ready; a wait that is not soon over is recorded meanwhile. Returns the record as it is then.

        Raises DeadlineExceeded unless the wait lapses, or Cancelled when somebody wants the saga unwound.
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
            now = self._clock.now()
            if not isinstance(answer, NotYet) or (step.lapses and now >= deadline):
                return record
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
        after = moves.waiting(record, place.position, deadline, now)
        timings, place.timings = place.timings, []
        return await self._log.move(record, after, timings=timings)

    async def _again(
        self, definition: Definition[Any, Tx], record: SagaRecord, place: Place, attempt: int, message: str
    ) -> SagaRecord:
        """Record a failed attempt and wait before the next: longer at a step that is tried for as long as it takes."""
        now = self._clock.now()
        pause = self._retry(attempt, UNDO_LAST if is_final(definition.steps[place.position]) else RETRY_LAST)
        after = moves.tried(record, place.position, attempt, pause, now)
        name = definition.steps[place.position].name
        timings = [*place.timings, ended(name, "do", place.started, now, "retry", message)]
        record = await self._log.move(record, after, timings=timings)
        await self._nap(record.id, pause)
        return record

    async def _unwind(
        self, definition: Definition[Any, Tx], record: SagaRecord, place: Place, error: Exception
    ) -> SagaRecord:
        """Record that the saga turns back at this step, and why."""
        now = self._clock.now()
        step = definition.steps[place.position]
        failure = failure_of(error, step.name)
        after = moves.turned_back(definition, record, place.position, failure, now)
        timings = [*place.timings, ended(step.name, "do", place.started, now, "failed", failure.message)]
        return await self._log.move(record, after, timings=timings)

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
        after = moves.undone(record, position if step else None, now)
        entry = ended(step.name if step else "give back", "undo", started, now, "done")
        return await self._log.move(record, after, timings=[entry], inside=inside)

    async def _undo_again(
        self, record: SagaRecord, step: Step[Any, Tx] | None, started: int, error: Exception
    ) -> SagaRecord:
        """Record that an undo failed, where anyone can see it, and wait before the next try. It is never given up."""
        now = self._clock.now()
        pause = self._retry(record.attempts + 1, UNDO_LAST)
        name = step.name if step else "give back"
        message = failure_of(error, name).message
        after = moves.undo_failed(record, f"{name}: {message}", pause, now)
        entry = ended(name, "undo", started, now, "retry", message)
        record = await self._log.move(record, after, timings=[entry])
        await self._nap(record.id, pause)
        return record

    async def _nap(self, saga: SagaId, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wakes[saga].wait()
        self._wakes[saga].clear()
