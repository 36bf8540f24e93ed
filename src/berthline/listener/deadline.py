"""A deadline that is moved at each request, for the price of reading the loop's time."""

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls ``passed`` once the time that was last given is over.

    The timer behind it is not moved when a later time is given: it looks when it fires, and goes on waiting.
    """

    __slots__ = ("_at", "_fires", "_loop", "_passed", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, passed: Callable[[], None]) -> None:
        self._loop = loop
        self._passed = passed
        self._at: float | None = None
        self._fires = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is a deadline now."""
        return self._at is not None

    def within(self, seconds: float) -> None:
        """It passes in so many seconds from now, whatever was said before."""
        self.at(self._loop.time() + seconds)

    def at(self, time: float) -> None:
        """It passes at this time of the loop."""
        self._at = time
        if self._timer is None or time < self._fires:
            self._arm(time)

    def lift(self) -> None:
        """There is none for now."""
        self._at = None

    def cancel(self) -> None:
        """There is none for good: the timer lets go of whoever waits."""
        self._at = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, time: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._fires = time
        self._timer = self._loop.call_at(time, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._at is None:
            return
        if self._loop.time() < self._at:
            self._arm(self._at)
            return
        self._at = None
        self._passed()
