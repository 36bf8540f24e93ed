"""The one writer of SQLite: who has the turn, what is committed together, and who hears of it.

There is one connection that writes, and a turn at it. Who has the turn runs what waits, up to a batch, and all of it is
committed together: one fsync, and each caller hears of its own result only after that commit.

Work runs in the writer's thread, each piece in a savepoint of its own: one that fails takes only that with it. Short
work runs in the event loop, because a thread that ran it would take the interpreter from the loop at each statement and
give it back; and without savepoints, which cost a tenth of it. When one of several pieces fails, all of them are undone
and handed to the thread. Every commit is the thread's, because it waits for the disk.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine

from berthline.domain.errors import StoreClosed
from berthline.store.engine.backend import TOPICS
from berthline.store.engine.sqlite import connections as sqlite
from berthline.store.engine.sqlite.connections import driver
from berthline.store.engine.versions import raise_versions

BATCH: Final = 64
LOOP_SECONDS: Final = 0.005
"""How long the event loop runs short work at a time; what is left waits for the next commit."""
QUICK_COMMIT: Final = 0.001
"""A disk that syncs within so many seconds is not worth two wake-ups of a thread, when only one caller waits for it."""


@dataclass(slots=True, eq=False)
class Work:
    """One piece of work on its way through the writer; ``loop`` is that of its future, None when a thread waits."""

    run: Callable[[Connection], Any]
    future: "asyncio.Future[Any] | Future[Any]"
    loop: asyncio.AbstractEventLoop | None


Outcome = tuple[Work, Any, BaseException | None]


@dataclass(slots=True, eq=False)
class _Batch:
    """Work that was run in the transaction that is open; ``failure``: what ended the transaction."""

    outcomes: list[Outcome] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)
    failure: BaseException | None = None


class _Nudge:
    """Tells the thread that the turn is free again."""


class Writer:
    """Runs work in transactions, in the order in which it came, short work perhaps before other work."""

    def __init__(
        self,
        engine: Engine,
        committed: Callable[[set[str]], None],
        wake: Callable[[set[str]], None],
        wait_ms: Callable[[], int],
    ) -> None:
        """Start the thread; it calls ``committed`` with the topics of a commit before callers hear, ``wake`` after.

        ``wait_ms``: how long to wait for another process that writes.
        """
        self._wait_ms = wait_ms
        self.commits = 0
        self._connection = sqlite.for_writing(engine)
        self._committed = committed
        self._wake = wake
        self._commit_seconds = 0.0
        self._closing = False
        self._turn = threading.Lock()
        self._queue: queue.SimpleQueue[Work | _Batch | _Nudge | None] = queue.SimpleQueue()
        self._long: deque[Work] = deque()
        self._short: deque[Work] = deque()
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many pieces of work wait for a turn."""
        return self._queue.qsize() + len(self._long) + len(self._short)

    def put(self, work: Work) -> None:
        """Have the thread run it."""
        self._queue.put(work)

    def put_short(self, work: Work, loop: asyncio.AbstractEventLoop) -> None:
        """Have the event loop run it, together with what else comes until the loop's next round."""
        self._short.append(work)
        loop.call_soon(self._run_short)

    def close(self) -> None:
        """Finish the work that waits, then end."""
        self._closing = True
        self._queue.put(None)
        self._thread.join()

    def _run_short(self) -> None:
        """In the event loop: run the short work that waits; the thread commits it, or the loop what is alone.

        Whoever has the turn meanwhile sees to what waits when it gives the turn back.
        """
        if not self._short or not self._turn.acquire(blocking=False):
            return
        if not sqlite.begin_at_once(self._connection):  # another process writes: wait for it in the thread
            self._turn.release()
            while self._short:
                self._queue.put(self._short.popleft())
            return
        batch = _Batch()
        taken: list[Work] = []
        until = time.monotonic() + LOOP_SECONDS
        try:
            while self._short and len(taken) < BATCH and time.monotonic() < until:
                item = self._short.popleft()
                if not item.future.cancelled():
                    taken.append(item)
                    batch.outcomes.append((item, item.run(self._connection), None))
            raise_versions(self._connection)
        except BaseException as failure:  # noqa: BLE001 - whose failure it is hears it
            self._undo_short(taken, failure)
            return
        batch.topics = self._connection.info.pop(TOPICS, set())
        if len(taken) > 1 or self._commit_seconds > QUICK_COMMIT:
            self._queue.put(batch)
            return
        self._finish(batch, taken[0].loop if taken else None)
        if self._long or self._closing:
            self._queue.put(_Nudge())

    def _undo_short(self, taken: list[Work], failure: BaseException) -> None:
        """Undo what was run together. One alone has failed; of several, the thread finds out which one."""
        sqlite.end(self._connection)
        self._connection.info.pop(TOPICS, None)
        if len(taken) == 1:
            self._queue.put(_Batch([(taken[0], None, failure)], failure=failure))
            return
        self._turn.release()
        for item in taken:
            self._queue.put(item)

    def _work(self) -> None:
        """The thread. It never waits for the turn: the loop hands it over by the queue that the thread waits at."""
        closing = False
        while True:
            if not self._long and not closing:
                closing = self._take(self._queue.get())
            with contextlib.suppress(queue.Empty):
                while True:
                    closing |= self._take(self._queue.get_nowait())
            if not self._long and not closing:
                continue
            if not self._turn.acquire(blocking=False):
                closing |= self._take(self._queue.get())
            elif self._long or self._short:
                self._run_all()
            else:
                break  # the turn stays taken: nothing is run any more
        self._connection.close()
        self._refuse_the_rest()

    def _take(self, item: "Work | _Batch | _Nudge | None") -> bool:
        """Commit what the loop ran, or have work wait. True when it is time to close."""
        if isinstance(item, _Batch):
            self._finish(item)
        elif isinstance(item, Work):
            self._long.append(item)
        return item is None

    def _run_all(self) -> None:
        """In the thread, with the turn: run what waits, also what is short, and commit it."""
        while len(self._long) < BATCH and self._short:
            self._long.append(self._short.popleft())
        batch = _Batch()
        try:
            sqlite.begin(self._connection, self._wait_ms())
        except BaseException as failure:  # noqa: BLE001 - everyone who waits hears why
            batch.failure = failure
            batch.outcomes += [(self._long.popleft(), None, failure) for _ in range(min(BATCH, len(self._long)))]
        else:
            self._run(batch)
        self._finish(batch)

    def _run(self, batch: _Batch) -> None:
        while self._long and len(batch.outcomes) < BATCH:
            item = self._long.popleft()
            if item.future.cancelled():
                continue
            try:
                batch.outcomes.append(self._run_one(item, batch.topics))
            except BaseException as failure:  # noqa: BLE001 - the whole transaction is gone, and all of them hear it
                batch.outcomes.append((item, None, failure))
                batch.failure = failure
                return

    def _run_one(self, item: Work, topics: set[str]) -> Outcome:
        connection = self._connection
        connection.info.pop(TOPICS, None)
        try:
            with sqlite.savepoint(connection):
                result = item.run(connection)
                raise_versions(connection)
        except BaseException as error:
            if not driver(connection).in_transaction:
                raise  # what went wrong took the whole transaction with it
            return item, None, error
        topics |= connection.info.pop(TOPICS, set())
        return item, result, None

    def _finish(self, batch: _Batch, here: asyncio.AbstractEventLoop | None = None) -> None:
        """Commit, give the turn back, and tell. ``here`` is the event loop that this runs in; None in the thread."""
        failure = batch.failure
        try:
            if failure is None:
                begun = time.monotonic()
                sqlite.commit(self._connection)
                taken = time.monotonic() - begun  # a slow one counts at once, and is forgotten by halves
                self._commit_seconds = max(taken, 0.5 * self._commit_seconds + 0.5 * taken)
                self.commits += 1
                self._committed(batch.topics)
        except BaseException as error:  # noqa: BLE001 - the commit itself failed: every caller of the batch hears it
            failure = error
        sqlite.end(self._connection)
        self._turn.release()
        if failure is not None:
            tell([(item, None, failure) for item, _, _ in batch.outcomes], here)
        else:
            tell(batch.outcomes, here)
        for loop in {item.loop for item in tuple(self._short)}:
            _call_in(loop, self._run_short)
        if failure is None:
            self._wake(batch.topics)

    def _refuse_the_rest(self) -> None:
        """Answer what was handed in while the store closed; nobody waits for ever."""
        left = list(self._short)
        with contextlib.suppress(queue.Empty):
            while True:
                item = self._queue.get_nowait()
                if isinstance(item, Work):
                    left.append(item)
        tell([(item, None, StoreClosed("the store is closed")) for item in left])


def tell(outcomes: Iterable[Outcome], here: asyncio.AbstractEventLoop | None = None) -> None:
    """Give each caller its result: all callers of one event loop by one call into it, those of ``here`` at once."""
    of_loop: dict[asyncio.AbstractEventLoop | None, list[Outcome]] = {}
    for outcome in outcomes:
        of_loop.setdefault(outcome[0].loop, []).append(outcome)
    for loop, those in of_loop.items():
        if loop is here:
            _resolve(those)
        else:
            _call_in(loop, _resolve, those)


def _call_in(loop: asyncio.AbstractEventLoop | None, function: Callable[..., None], *arguments: Any) -> None:
    """Call a function in the loop's thread, or here for callers that have none."""
    if loop is None:
        function(*arguments)
    else:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and those who waited with it
            loop.call_soon_threadsafe(function, *arguments)


def _resolve(outcomes: Iterable[Outcome]) -> None:
    for item, result, error in outcomes:
        if item.future.done():  # whoever waited was cancelled
            continue
        if error is None:
            item.future.set_result(result)
        else:
            item.future.set_exception(error)
