"""What is done to a cloud's processes while it works: a schedule drawn from a seed, each part hurt and healed again."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from berthline.simulated.address import parsed
from berthline.simulated.faults import Condition, Strike
from berthline.simulated.link import Link
from tests.chaos.parts import HOSTS, Part, Parts

STRIKES: Final = ("start_paused", "resume", "destroy", "attach_interface", "detach_interface", "create_disks")
OPERATIONS: Final = 5
LONGEST_WAIT: Final = 10.0
WHILE_STARTING: Final = 0.05
PAUSE: Final = (0.3, 2.0)
LONGEST_STOP: Final = 14.0
"""Seconds: longer than any lease."""


def told(parts: Parts, *calls: tuple[Any, ...]) -> list[Any]:
    """Call verbs of the world, as one who looks and disturbs."""

    async def call() -> list[Any]:
        link = Link(parsed(parts.world_at), "")
        await link.open()
        try:
            return [await link.call(*one) for one in calls]
        finally:
            await link.close()

    return asyncio.run(call())


def _tell(parts: Parts, call: tuple[Any, ...]) -> None:
    told(parts, call)


class Disturber:
    """``work`` hurts until ``ended`` is set, and then has all well again. ``done`` counts what was done."""

    def __init__(self, parts: Parts, chance: random.Random, progress: Callable[[], int]) -> None:
        """``progress``: how many operations were acknowledged; some are waited for between two blows."""
        self._progress = progress
        self.done: Counter[str] = Counter()
        self._parts = parts
        self._chance = chance
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._hurt: set[str] = set()

    def work(self, ended: threading.Event) -> None:
        """See the class."""
        try:
            while not ended.is_set():
                self._heal_due()
                self._draw()()
                self._wait(ended, self._chance.uniform(*PAUSE))
                self._wait_for_progress(ended)
        finally:
            self._heal()

    def _draw(self) -> Callable[[], None]:
        """What is done next."""
        well = [part for part in self._parts.serving if part.name not in self._hurt]
        # one that still starts is hurt now and then: always, and none would ever answer on a slow machine
        well = [part for part in well if part.looks_ready() or self._chance.random() < WHILE_STARTING]
        actions: list[tuple[int, Callable[[], None]]] = [
            *((3, partial(self._kill, part)) for part in well),
            *((2, partial(self._stop, part)) for part in well),
            (2, self._lose_replies),
            (2, self._trouble_host),
        ]
        if self._parts.database is not None and "database" not in self._hurt:
            actions.append((2, self._kill_database))
            if self._parts.standby is not None:
                actions.append((6, self._promote))  # once; so that a run hardly ends without it
        (action,) = self._chance.choices([action for _, action in actions], [weight for weight, _ in actions])
        return action

    def _heal(self) -> None:
        """Undo all that is not undone yet."""
        for _, restore in sorted(self._due, key=lambda one: one[0]):
            restore()
        self._due.clear()
        told(self._parts, ("all_well",))
        for part in self._parts.serving:
            part.revive()

    def _wait(self, ended: threading.Event, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not ended.wait(min(left, 0.1)):
            self._heal_due()

    def _wait_for_progress(self, ended: threading.Event) -> None:
        """On a slow machine nothing but starts would be seen otherwise."""
        wanted, overdue = self._progress() + OPERATIONS, time.monotonic() + LONGEST_WAIT
        while self._progress() < wanted and time.monotonic() < overdue and not ended.is_set():
            self._wait(ended, 0.1)

    def _heal_due(self) -> None:
        now = time.monotonic()
        due = [one for one in self._due if one[0] <= now]
        self._due = [one for one in self._due if one[0] > now]
        for _, restore in due:
            restore()
        for part in self._parts.serving:
            part.revive()  # one does not start on a database that is down

    def _later(self, name: str, seconds: float, restore: Callable[[], None]) -> None:
        self._hurt.add(name)

        def restored() -> None:
            restore()
            self._hurt.discard(name)

        self._due.append((time.monotonic() + seconds, restored))

    def _kill(self, part: Part) -> None:
        self.done[f"kill -9 {part.name.split()[0]}"] += 1
        part.kill()
        self._later(part.name, self._chance.choice([0.0, self._chance.uniform(0, 3)]), part.start)

    def _stop(self, part: Part) -> None:
        self.done[f"SIGSTOP {part.name.split()[0]}"] += 1
        part.stop()
        longest = LONGEST_STOP if part in self._parts.workers else 2.0
        self._later(part.name, self._chance.uniform(0.1, longest), part.go_on)

    def _kill_database(self) -> None:
        database = self._parts.database
        assert database is not None
        self.done["kill -9 PostgreSQL"] += 1
        database.kill()
        self._later("database", self._chance.uniform(0, 1.5), database.start)

    def _promote(self) -> None:
        """The primary is gone for good, and its standby takes its place."""
        database, standby = self._parts.database, self._parts.standby
        assert database is not None
        assert standby is not None
        self.done["kill -9 PostgreSQL, standby promoted"] += 1
        database.kill()
        standby.promote()
        self._parts.database, self._parts.standby = standby, None
        database.remove()

    def _lose_replies(self) -> None:
        verb = self._chance.choice(STRIKES)
        self.done["replies of hosts lost"] += 1
        told(self._parts, ("strike", Strike(verb=verb, kind="lost reply", times=self._chance.randint(1, 3))))

    def _trouble_host(self) -> None:
        name = f"simulated-{self._chance.randint(1, HOSTS)}"
        if name in self._hurt:
            return
        kind = self._chance.choice(["silent", "slow"])
        condition = Condition(kind="silent") if kind == "silent" else Condition(slow_seconds=0.3)
        self.done[f"host {kind}"] += 1
        told(self._parts, ("set_condition", name, condition))
        well = ("set_condition", name, Condition())
        self._later(name, self._chance.uniform(0.5, 4), partial(_tell, self._parts, well))
