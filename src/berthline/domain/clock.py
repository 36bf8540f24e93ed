"""Time as a Protocol, so that tests own it."""

import time
from typing import Final, Protocol


class Clock(Protocol):
    def now(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...


class FollowingClock:
    """A clock that goes with another one, to which it was set: all of a cloud's processes have the time of its store.

    What is nearer to it than ``SLACK`` is left as it is, so that time does not jump to and fro with each setting.
    """

    SLACK: Final = 50_000

    def __init__(self, own: Clock) -> None:
        self._own = own
        self._ahead = 0

    def now(self) -> int:
        return self._own.now() + self._ahead

    def follow(self, now: int) -> None:
        """Have ``now``, in microseconds, be the time."""
        if abs(now - self.now()) > self.SLACK:
            self._ahead = now - self._own.now()


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1000
