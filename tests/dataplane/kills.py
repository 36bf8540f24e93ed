"""Ends the cloud's process at a chosen step of a saga, by what the saga recorded in the database."""

import contextlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from berthline.bootstrap.data_folder import DataFolder
from berthline.cli.errors import CommandFailed

from .cloud import PATIENCE, RealCloud

SEED: Final = int(os.environ.get("BERTHLINE_KILL_SEED") or random.SystemRandom().randrange(2**31))
LATEST_SECONDS: Final = 0.03
"""A kill comes at once when the step is recorded, or up to this much later, when the step may be over."""


class Position(msgspec.Struct, frozen=True):
    """Where a saga was: ``step`` is the one whose intent was recorded."""

    saga_id: str
    state: str
    step: int

    @property
    def ended(self) -> bool:
        """Whether it was done or undone."""
        return self.state in {"done", "undone"}


class Sagas:
    """The sagas of a cloud, read from its database while it runs and after it died."""

    def __init__(self, data: Path) -> None:
        self._connection = sqlite3.connect(f"file:{DataFolder(data).database}?mode=ro", uri=True, isolation_level=None)

    def newest(self, kind: str) -> Position | None:
        """The newest saga of the kind."""
        asked = "SELECT id, state, position FROM sagas WHERE kind = ? ORDER BY created_at DESC, id DESC LIMIT 1"
        row = self._connection.execute(asked, (kind,)).fetchone()
        return None if row is None else Position(*row)

    def steps(self, saga_id: str) -> list[str]:
        """The names of the steps that ended, in order."""
        asked = "SELECT name FROM saga_steps WHERE saga_id = ? AND direction = 'do' ORDER BY sequence"
        return list(dict.fromkeys(name for (name,) in self._connection.execute(asked, (saga_id,))))

    def close(self) -> None:
        """Read no more."""
        self._connection.close()


def killed(
    cloud: RealCloud, kind: str, steps: tuple[str, ...], at: str, request: Callable[[], object], label: str
) -> Position:
    """Ask for something, end the process when its new saga has recorded step ``at`` of ``steps``, and start it again.

    Returns where the saga was when the process died, which is that step or a later one.
    """
    step = steps.index(at)
    dice = random.Random(f"{SEED} {label}")
    delay = dice.choice((0.0, dice.uniform(0.0, LATEST_SECONDS)))
    sagas = Sagas(cloud.data)
    try:
        before = sagas.newest(kind)
        asking = threading.Thread(target=_ask, args=(request,))
        asking.start()
        limit = time.monotonic() + PATIENCE
        while True:
            found = sagas.newest(kind)
            is_new = found is not None and (before is None or found.saga_id != before.saga_id)
            if found is not None and is_new and (found.ended or found.step >= step):
                break
            assert time.monotonic() < limit, f"{kind} never came to step {step}: {found}"
        time.sleep(delay)
        cloud.kill()
        asking.join()
        died = sagas.newest(kind)
        assert died is not None
        ended = sagas.steps(died.saga_id)
    finally:
        sagas.close()
    assert ended == list(steps[: len(ended)]), f"{kind} has other steps than {steps}"
    assert step <= len(ended) == min(died.step, len(steps))
    print(f"seed {SEED}, {label}: killed {delay * 1000:.1f} ms after {kind} recorded '{at}'; it was {died}")
    cloud.start()
    return died


def _ask(request: Callable[[], object]) -> None:
    """Nobody hears the answer of a process that dies."""
    with contextlib.suppress(CommandFailed):
        request()
