"""The simulation itself: each of four planted bugs is found within a few seeds, and without them nothing is."""

import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from berthline.store.engine.location import Location
from tests.sim import planted
from tests.sim.checks import Violation
from tests.sim.cloud import SimulationProcess, SimulationStore
from tests.sim.faults import Rates
from tests.sim.seeds import run_seed

SEEDS = 24
"""At most: one seed finds a bug in a third of its runs or more, whose threads take turns otherwise each time."""
STEPS = 600
RATES = Rates(kills=6.0, refusals=3.0, lost_replies=6.0)
"""More goes wrong than in the seeds of the real parts, so that few steps are enough: above all effects that were done
and then fail, which are what an undo must not pass over.
"""


@pytest.fixture
def simulation_store(new_database: Callable[[], Location]) -> Iterator[SimulationStore]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    store = SimulationStore(new_database(), durable=False)
    yield store
    store.close()
    structlog.configure(**before)


@pytest.mark.slow
@pytest.mark.parametrize(
    "process_type",
    [
        planted.IntentAfterEffect,
        planted.UndoOfFinishedStepsOnly,
        planted.ClaimWithoutCompareAndSwap,
        planted.NicsOutliveTheirPorts,
    ],
    ids=lambda process_type: process_type.__name__,
)
def test_a_planted_bug_is_found(simulation_store: SimulationStore, process_type: type[SimulationProcess]) -> None:
    for seed in range(SEEDS):
        try:
            run_seed(simulation_store, seed, STEPS, process_type, RATES)
        except Violation as violation:
            print(f"found by seed {seed}: {violation}")
            return
    pytest.fail(f"none of {SEEDS} seeds found {process_type.__name__}")


@pytest.mark.slow
@pytest.mark.parametrize(
    "process_type",
    [SimulationProcess, planted.LostGuestsStay],
    ids=["as they are", "where nobody looks for lost guests"],
)
def test_the_real_parts_pass_where_the_planted_bugs_do_not(
    simulation_store: SimulationStore, process_type: type[SimulationProcess]
) -> None:
    for seed in range(3):
        run_seed(simulation_store, seed, STEPS, process_type, RATES)
