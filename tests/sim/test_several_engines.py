"""Two engines on one database: either dies, stands still for longer than its lease, or has its clock set wrong."""

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from berthline.store.engine.location import Location
from tests.databases import PostgresqlDatabases
from tests.sim import planted
from tests.sim.checks import Violation
from tests.sim.cloud import SimulationProcess, SimulationStore
from tests.sim.seeds import line, run_seed

SEEDS = (12, 2)
"""The same for every change, so that one that fails is the change's own; `scripts/sim --engines 2` goes elsewhere."""

STEPS = 150
PLANTED_SEEDS = 12
PLANTED_STEPS = 300
ENGINES = 2

Stores = list[SimulationStore]


at_length = pytest.mark.skipif(
    "BERTHLINE_SIM_ENGINES" not in os.environ,
    reason="minutes, and which seed finds it hangs on who is quicker: BERTHLINE_SIM_ENGINES=1 runs it",
)


@pytest.fixture
def open_stores() -> Iterator[Callable[[Location], Stores]]:
    """Opens the stores of two engines, and before them one to look with, on a database."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    opened: Stores = []

    def open_them(location: Location) -> Stores:
        opened.extend(SimulationStore(location, durable=False) for _ in range(1 + ENGINES))
        return opened

    yield open_them
    for store in opened:
        store.close()
    structlog.configure(**before)


@pytest.mark.postgresql
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_is_lost_on_a_postgresql(
    postgresql: PostgresqlDatabases, open_stores: Callable[[Location], Stores], tmp_path: Path
) -> None:
    location = postgresql.migrated(tmp_path)
    try:
        _run(open_stores(location), "postgresql")
    finally:
        postgresql.drop(location)


@pytest.mark.slow
@pytest.mark.sqlite("its database is a file; the other one is that of the test above")
def test_nothing_is_lost_on_a_file(
    new_database: Callable[[], Location], open_stores: Callable[[Location], Stores]
) -> None:
    _run(open_stores(new_database()), "sqlite")


@at_length
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "process_type",
    [planted.ClaimWithoutLease, planted.LostGuestsStay],
    ids=lambda process_type: process_type.__name__,
)
def test_a_planted_bug_is_found(
    new_database: Callable[[], Location],
    open_stores: Callable[[Location], Stores],
    process_type: type[SimulationProcess],
) -> None:
    own, *engines = open_stores(new_database())
    for seed in range(PLANTED_SEEDS):
        try:
            run_seed(own, seed, PLANTED_STEPS, process_type, engines=engines)
        except Violation as violation:
            print(f"found by seed {seed}: {violation}")
            return
    pytest.fail(f"none of {PLANTED_SEEDS} seeds found {process_type.__name__}")


def _run(stores: Stores, database: str) -> None:
    own, *engines = stores
    standstills = 0
    for seed in SEEDS:
        print(f"scripts/sim --seed {seed} --steps {STEPS} --engines {ENGINES} --database {database}")
        report = run_seed(own, seed, STEPS, engines=engines)
        print(line(report))
        standstills += report.standstills
        assert report.processes >= ENGINES
    assert standstills > 0
