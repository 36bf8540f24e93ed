"""What goes through all that there is sends some statements for some hundred rows, and none for each."""

from collections.abc import Awaitable
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import func, select, table

from bench.counting import Counter
from berthline.bootstrap import simulated_world
from berthline.bootstrap.filling import FillingHere
from berthline.dataplane.memory import SimulatedDataplane
from berthline.reconcile import history, port_status
from berthline.store import Store
from berthline.store.dataplane.projection import units_in_use
from tests.growth.crowd import Crowd, crowd

RETENTION = history.Retention(events_days=1, sagas_days=1, deleted_servers_days=1)
OVER = (
    "UPDATE events SET at = 1",
    "DELETE FROM server_nics",
    "UPDATE servers SET deleted_at = 1",
    "UPDATE sagas SET updated_at = 1",
)
"""All that there is was over long ago."""


async def statements(counter: Counter, work: Awaitable[object]) -> int:
    counter.reset()
    await work
    return len(counter.statements)


def parts(rows: int, at_once: int) -> int:
    return -(-rows // at_once)


def rows_of(here: Crowd, name: str) -> int:
    return here.store.read_now(lambda connection: connection.scalar(select(func.count()).select_from(table(name))) or 0)


@pytest.mark.parametrize("servers", [10, 10_000])
async def test_a_look_at_ports_and_a_start_take_some_statements_a_batch(
    counter: Counter, counted_store: Store, tmp_path: Path, servers: int
) -> None:
    async with crowd(counter, counted_store, tmp_path, hosts=10, servers=servers) as here:
        outside, projector = here.world.outside, here.world.projector
        ports = port_status.PortStatusReconciler(
            here.store, cast(SimulatedDataplane, outside.dataplane), here.cloud.clock
        )
        looks = parts(servers, port_status.READ_AT_ONCE)
        assert await statements(counter, ports.look_at_ports_in_use()) == looks + 2
        assert await statements(counter, ports.run_once()) == 1 + looks
        filled = parts(servers, simulated_world.CHUNK)
        assert await statements(counter, simulated_world.fill_hosts(outside, FillingHere(here.hosts))) == 3 + 2 * filled
        told = parts(len(here.store.read_now(units_in_use)), simulated_world.CHUNK)
        assert await statements(counter, simulated_world.fill_dataplane(here.store, projector)) == 8 + 4 * told


@pytest.mark.parametrize("servers", [10, 10_000])
async def test_what_is_over_is_taken_out_by_some_statements_a_batch(
    counter: Counter, counted_store: Store, tmp_path: Path, servers: int
) -> None:
    async with crowd(counter, counted_store, tmp_path, hosts=10, servers=servers, history=True) as here:
        for statement in OVER:
            here.store.write_now(lambda connection, text=statement: connection.exec_driver_sql(text))  # type: ignore[misc]
        events, sagas = (parts(rows_of(here, name), history.AT_ONCE) for name in ("events", "sagas"))
        gone = parts(servers, history.SERVERS_AT_ONCE)
        pruner = history.HistoryPruner(here.store, here.cloud.clock, RETENTION)
        # Each kind's last look finds nothing: one statement, and three of servers; one for what was left for a while.
        wanted = 1 + (2 * events + 1) + (2 * sagas + 1) + 3 * (gone + 1)
        assert await statements(counter, pruner.run_once()) == wanted
        assert [rows_of(here, name) for name in ("events", "sagas", "saga_steps", "servers")] == [0, 0, 0, 0]
