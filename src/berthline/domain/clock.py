"""Time as a Protocol, so that tests own it."""

import time
from typing import Final, Protocol


class Clock(Protocol):
    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...


class FollowingClock:
    """A clock that goes with another one, to which it was set: all of a cloud's processes have the time of its store.

    Until it is set it begins with ``own``'s time. From there on it goes by ``steady``, which nobody sets: a machine
    whose own clock is put forward or back meanwhile moves no deadline and no wait of a process that runs on it. What is
    nearer to the other clock than ``SLACK`` is left as it is, so that time does not jump to and fro with each setting.
    """

    SLACK: Final = 50_000

    def __init__(self, own: Clock, steady: Clock) -> None:
        self._steady = steady
        self._ahead = own.now() - steady.now()

    def now(self) -> int:
        return self._steady.now() + self._ahead

    def follow(self, now: int) -> None:
        """Have ``now``, in microseconds, be the time."""
        if abs(now - self.now()) > self.SLACK:
            self._ahead = now - self._steady.now()


class SteadyClock:
    """Counts since the machine started, also while the process is stopped or the machine sleeps. Nobody sets it, and so
    it says how much time has passed, not what time it is.
    """

    def now(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1000
