"""A process's time is the store's, and between two looks at it what has passed: not what its machine is set to."""

from berthline.domain.clock import FollowingClock, SteadyClock

SECOND = 1_000_000


class Set:
    """A clock that somebody sets."""

    def __init__(self, now: int) -> None:
        self.time = now

    def now(self) -> int:
        return self.time


def test_it_begins_with_the_machines_time_and_goes_by_what_passes() -> None:
    machine, steady = Set(1_000 * SECOND), Set(7 * SECOND)
    clock = FollowingClock(machine, steady)
    assert clock.now() == 1_000 * SECOND
    steady.time += 2 * SECOND
    assert clock.now() == 1_002 * SECOND


def test_a_machine_whose_clock_is_set_moves_nothing() -> None:
    machine, steady = Set(1_000 * SECOND), Set(7 * SECOND)
    clock = FollowingClock(machine, steady)
    clock.follow(1_010 * SECOND)
    machine.time += 40 * SECOND
    assert clock.now() == 1_010 * SECOND
    machine.time -= 80 * SECOND
    steady.time += SECOND
    assert clock.now() == 1_011 * SECOND


def test_it_follows_the_other_clock_but_for_a_little() -> None:
    steady = Set(0)
    clock = FollowingClock(Set(0), steady)
    clock.follow(FollowingClock.SLACK)
    assert clock.now() == 0
    clock.follow(-FollowingClock.SLACK - 1)
    assert clock.now() == -FollowingClock.SLACK - 1


def test_the_steady_clock_only_goes_on() -> None:
    clock = SteadyClock()
    assert clock.now() <= clock.now()
