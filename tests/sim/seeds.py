"""Seeds, one after the other on one store, or many beside each other."""

import asyncio
import logging
import os
import tempfile
import traceback
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import structlog
import uvloop

from berthline.store.engine.migrate import migrate
from tests.sim.cloud import SimulationProcess, SimulationStore
from tests.sim.faults import Rates
from tests.sim.simulation import Report, Simulation

STEPS = 2000
JOBS = (os.cpu_count() or 1) + 1
"""A seed waits for its store's thread now and then; one more than cores keeps them all at work."""


def run_seed(
    store: SimulationStore,
    seed: int,
    steps: int,
    process_type: type[SimulationProcess] = SimulationProcess,
    rates: Rates | None = None,
) -> Report:
    """Run one seed on a store, which is emptied first. Raises Violation."""
    simulation = Simulation(store, seed, steps, process_type=process_type, rates=rates)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the product runs
        return runner.run(simulation.run())


def run_seeds(seeds: list[int], steps: int, jobs: int, place: Path | None = None) -> Iterator[tuple[int, Report | str]]:
    """Run seeds in ``jobs`` processes; gives for each, as it ends, its report or what went wrong.

    Their databases are in a folder in ``place`` meanwhile, or among the machine's temporary files; none is left.
    """
    with (
        tempfile.TemporaryDirectory(prefix="berthline-simulation-", dir=place) as folder,
        ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool,
    ):
        running = {pool.submit(_run_here, Path(folder), seed, steps): seed for seed in seeds}
        for done in as_completed(running):
            yield running[done], done.result()


def _run_here(folder: Path, seed: int, steps: int) -> Report | str:
    try:
        return run_seed(_store(folder), seed, steps)
    except Exception:  # noqa: BLE001 - told to whoever asked for the seed
        return traceback.format_exc()


@cache
def _store(folder: Path) -> SimulationStore:
    """One store for all seeds of this process, among those of the others."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    path = folder / f"{os.getpid()}.db"
    migrate(path)
    return SimulationStore(path, durable=False)


def line(report: Report) -> str:
    """A report in one line."""
    calls = sum(report.outcomes.values())
    done = sum(count for outcome, count in report.outcomes.items() if outcome.endswith(": done"))
    return (
        f"seed {report.seed}: {report.steps} steps in {report.seconds:.1f} s: {calls} calls, {done} done; "
        f"{report.effects} effects, {len(report.struck)} struck; {report.processes} processes, {report.looks} looks"
    )
