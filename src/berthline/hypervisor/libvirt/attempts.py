"""Attempts to connect that nobody waits for without end.

libvirt has no limit for opening a connection: a peer that accepts and then says nothing (a stopped daemon, a wire that
lost its far end) holds the caller for as long as it stays silent, and nothing can call that thread back. So each
attempt has a thread of its own, which does not keep the process from ending.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")

LONGEST_PAUSE = 3600.0
"""Seconds between two attempts at most, however many are stuck: a host that came back is found, threads stay few."""


class Silent(Exception):
    """The peer has not answered in time, or attempts are still stuck and the next one is not due yet."""


class Closed(Exception):
    """`Attempts.close` was called."""


class Attempts(Generic[T]):
    """Open something, one attempt at a time; callers see to that.

    Args:
        open_one: blocks, for ever if need be.
        discard: closes what came after nobody waited for it any more.
        seconds: how long an attempt is waited for. While attempts are stuck, the next begins this long after the last,
            doubled for each stuck one.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        open_one: Callable[[], T],
        discard: Callable[[T], None],
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_one = open_one
        self._discard = discard
        self._seconds = seconds
        self._clock = clock
        self._stuck: list[Future[T]] = []
        self._due = 0.0
        self._closing: Future[None] = Future()

    def opened(self) -> T:
        """What was opened.

        Raises:
            Silent: no answer in time.
            Closed: closed, before or meanwhile.
            Exception: whatever `open_one` raised.
        """
        self._stuck = [attempt for attempt in self._stuck if not attempt.done()]
        if self._stuck and self._clock() < self._due:
            raise Silent
        if self._closing.done():
            raise Closed
        attempt = self._begin()
        either: list[Future[Any]] = [attempt, self._closing]
        wait(either, self._seconds, FIRST_COMPLETED)
        if attempt.done():
            return attempt.result()
        self._stuck.append(attempt)
        self._due = self._clock() + min(self._seconds * 2 ** len(self._stuck), LONGEST_PAUSE)
        attempt.add_done_callback(self._came_late)
        raise Closed if self._closing.done() else Silent

    def close(self) -> None:
        """Let whoever waits go. A second time is fine."""
        if not self._closing.done():
            self._closing.set_result(None)

    def _begin(self) -> Future[T]:
        attempt: Future[T] = Future()

        def run() -> None:
            try:
                result = self._open_one()
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                attempt.set_exception(error)
            else:
                attempt.set_result(result)

        threading.Thread(target=run, name="libvirt-open", daemon=True).start()
        return attempt

    def _came_late(self, attempt: Future[T]) -> None:
        if attempt.exception() is None:
            self._discard(attempt.result())
