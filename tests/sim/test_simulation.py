"""Twenty seeds of two thousand steps: whatever fails and whenever, nothing is lost, leaked or miscounted."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from berthline.store.engine.location import Location
from berthline.testing.faults import ProcessKilled
from tests.sim.cloud import SimulationStore
from tests.sim.faults import CHANCES, Rates
from tests.sim.script import WEIGHTS, script
from tests.sim.seeds import JOBS, STEPS, line, run_seeds
from tests.sim.simulation import Report, Simulation

SEEDS = 20
CALLED = (
    "create", "delete", "stop", "start", "reboot", "hard reboot", "pause guest", "unpause", "suspend",
    "resume", "crash dump", "rebuild", "rescue", "unrescue", "resize", "migrate", "live migrate",
    "confirm", "revert", "create image",
    "back up", "shelve", "offload", "unshelve", "soft delete", "restore", "change password", "attach", "detach",
    "create port", "delete port", "move port", "look for leaks", "look for overdue",
    "cache images", "clean caches",
)  # fmt: skip
FIRST = int(os.environ.get("BERTHLINE_SIM_SEED") or 52_000)
"""The same for every change, so that one that fails is the change's own; `scripts/sim` goes where nobody has been."""

LOOK_SECONDS = 0.5
"""Longer than a look at an empty cloud takes."""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("databases")
def test_seeds() -> None:
    print(f"seeds {FIRST} to {FIRST + SEEDS - 1}")
    reports: list[Report] = []
    failed: list[str] = []
    for seed, result in run_seeds(list(range(FIRST, FIRST + SEEDS)), STEPS, JOBS):
        if isinstance(result, Report):
            print(line(result))
            reports.append(result)
        else:
            failed.append(f"seed {seed}, replayed by scripts/sim --seed {seed} --steps {STEPS}:\n{result}")
    assert not failed, "\n".join(failed)
    check_that_much_happened(reports)


@pytest.mark.sqlite("its databases are files")
@pytest.mark.usefixtures("databases")
def test_seeds_leave_no_file(tmp_path: Path) -> None:
    for _, result in run_seeds([FIRST, FIRST + 1], 20, 1, tmp_path):
        assert isinstance(result, Report)
        assert len(list(tmp_path.glob("*/*.db"))) == 1
    assert list(tmp_path.iterdir()) == []


def test_no_look_begins_amid_an_effect(new_database: Callable[[], Location]) -> None:
    """A reconciler's effect may end its process after all sagas have come to rest: that is no time to look."""
    store = SimulationStore(new_database(), durable=False)

    async def work() -> None:
        simulation = Simulation(store, FIRST, 0, rates=Rates(kills=0.0, refusals=0.0, lost_replies=0.0))
        (seat,) = simulation._seats
        await simulation._start(seat)
        await simulation._quiesce()
        begun, ends = asyncio.Event(), asyncio.Event()

        async def effect() -> None:
            begun.set()
            await ends.wait()

        seat.faults.add("killed after")
        unplugging = asyncio.create_task(seat.faults.strike("detach_interface", effect))
        await begun.wait()
        look = asyncio.create_task(simulation._look(0))
        await asyncio.wait({look}, timeout=LOOK_SECONDS)
        assert not look.done()
        ends.set()
        with pytest.raises(ProcessKilled):
            await unplugging
        await look
        assert simulation._processes == 2
        await simulation._stop(seat)

    try:
        asyncio.run(work())
    finally:
        store.close()


def check_that_much_happened(reports: list[Report]) -> None:
    """A simulation in which nothing succeeds, or nothing goes wrong, would find nothing."""
    outcomes = sum((report.outcomes for report in reports), Counter[str]())
    struck = {each.rsplit(" ", 2)[0] for report in reports for each in report.struck}
    for kind in CALLED:
        assert outcomes[f"{kind}: done"] >= len(reports), f"{kind} hardly ever succeeded"
    for refusal in ("PortInUse", "FixedIpAlreadyInUse", "QuotaExceeded"):
        assert outcomes[f"create: {refusal}"], f"no create was answered {refusal}"
    for mishap in CHANCES:
        assert mishap in struck, f"no effect was {mishap}"
    assert all(report.processes > 5 for report in reports)
    assert all(report.looks > report.steps / 60 for report in reports)


def test_a_seed_draws_the_same_operations_and_every_kind_of_them() -> None:
    operations = script(FIRST, 1000)
    assert operations == script(FIRST, 1000)
    assert operations[:100] == script(FIRST, 100)
    assert operations != script(FIRST + 1, 1000)
    assert {operation.kind for operation in operations} >= {kind for kind, weight in WEIGHTS.items() if weight >= 10}
