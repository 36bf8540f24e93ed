"""Seeds, one after the other on one store, or many beside each other."""

import asyncio
import logging
import os
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import structlog
import uvloop

from berthline.store.engine.location import Location
from berthline.testing.faults import ProcessKilled
from tests.databases import databases_of_the_run
from tests.sim.cloud import SimulationProcess, SimulationStore
from tests.sim.faults import Rates
from tests.sim.simulation import Report, Simulation

STEPS = 2000
JOBS = (os.cpu_count() or 1) + 1
"""A seed waits for its store's thread now and then; one more than cores keeps them all at work."""

_stores: list[SimulationStore] = []
"""The stores of a process of ``run_seeds``: one that looks, and those of several engines."""


def run_seed(
    store: SimulationStore,
    seed: int,
    steps: int,
    process_type: type[SimulationProcess] = SimulationProcess,
    rates: Rates | None = None,
    engines: Sequence[SimulationStore] = (),
) -> Report:
    """Run one seed on a store, which is emptied first; ``engines`` as Simulation has them. Raises Violation."""
    simulation = Simulation(store, seed, steps, process_type=process_type, rates=rates, engines=engines)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # as the product runs
        return runner.run(simulation.run())


def run_seeds(
    seeds: list[int], steps: int, jobs: int, place: Path | None = None, *, engines: int = 1
) -> Iterator[tuple[int, Report | str]]:
    """Run seeds in ``jobs`` processes; gives for each, as it ends, its report or what went wrong.

    Their databases are in a folder in ``place`` meanwhile, or among the machine's temporary files; none is left.
    """
    databases, spawning = databases_of_the_run(), get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="berthline-simulation-", dir=place) as folder:
        made = [databases.migrated(Path(folder), f"{number}.db") for number in range(jobs)]
        try:
            free = spawning.SimpleQueue()
            for location in made:
                free.put(location)
            with ProcessPoolExecutor(jobs, spawning, initializer=_open_stores, initargs=(free, engines)) as pool:
                running = {pool.submit(_run_here, seed, steps): seed for seed in seeds}
                for done in as_completed(running):
                    yield running[done], done.result()
        finally:
            for location in made:
                databases.drop(location)


def _open_stores(free: "SimpleQueue[Location]", engines: int) -> None:
    """A database for all seeds of this process, which no other has, and a store for each of several engines."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    location = free.get()
    _stores.extend(SimulationStore(location, durable=False) for _ in range(1 + engines if engines > 1 else 1))


def _run_here(seed: int, steps: int) -> Report | str:
    try:
        return run_seed(_stores[0], seed, steps, engines=_stores[1:])
    except (Exception, ProcessKilled):  # noqa: BLE001 - told to whoever asked for the seed
        return traceback.format_exc()


def line(report: Report) -> str:
    """A report in one line."""
    calls = sum(report.outcomes.values())
    done = sum(count for outcome, count in report.outcomes.items() if outcome.endswith(": done"))
    return (
        f"seed {report.seed}: {report.steps} steps in {report.seconds:.1f} s: {calls} calls, {done} done; "
        f"{report.effects} effects, {len(report.struck)} struck; {report.processes} processes, {report.looks} looks"
        + (f"; {report.standstills} standstills, {report.skews} clocks set wrong" if report.standstills else "")
    )
