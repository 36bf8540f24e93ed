"""The rule that a test which ends with servers asks doctor: what makes a cloud calls ``attend``, the rest happens.

A test that leaves a leak on purpose says why: ``@pytest.mark.leaks("why")``. No test but those of the sweeper itself
ends with guests that it had to remove: whoever lost them has a bug.
"""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from berthline.reconcile.lost_guests import LOST
from berthline.store import Store
from berthline.store.control.leaks import Leak

SWEEPER = "tests.workflows.test_lost_guests"
Ask = Callable[[], Awaitable[tuple[Leak, ...]]]

_patients: dict[int, Ask] = {}


def attend(store: Store, ask: Ask) -> None:
    """Have the cloud on this store asked for leaks when the test ends; the newest cloud of a store alone."""
    _patients[id(store)] = ask


def check(leaks: tuple[Leak, ...], request: pytest.FixtureRequest) -> None:
    """Fail when there is a leak, or none where the test says that it leaves one."""
    reason = request.node.get_closest_marker("leaks")
    if reason is None:
        told = [f"{leak.kind} {leak.object_id}: {leak.why}" for leak in leaks]
        assert told == [], "doctor found leaks at the end of the test"
    else:
        assert reason.args, "say why the test leaves leaks"
        assert leaks, f"no leak is left, though the test says that there is one: {reason.args[0]}"


@pytest.fixture(autouse=True)
async def doctor(store: Store, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    """Ask doctor of the test's cloud before its store is closed. A conftest that imports this has the rule."""
    _patients.clear()
    removed = LOST._value.get()
    yield
    if request.module.__name__ != SWEEPER:
        assert LOST._value.get() == removed, "a guest had to be removed whose server was deleted or elsewhere"
    if ask := _patients.pop(id(store), None):
        check(await ask(), request)
