"""What a cloud at rest does grows with its hosts, some of them at a time, and not with its servers."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import pytest

from bench.counting import Counter
from berthline.bootstrap.hosts import looking as host_looks
from berthline.bootstrap.vitals.certificates import Certificates
from berthline.bootstrap.vitals.gathering import Gathering
from berthline.bootstrap.watch import Watch
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.ids import HostName
from berthline.reconcile import port_status, power_state, stray_nics
from berthline.store import Store
from berthline.store.control.workers import StoredWorkers
from tests.databases import FILE, NewStore
from tests.growth.crowd import Crowd, crowd

Look = Callable[[Crowd], Awaitable[object]]


async def look_for_strays(here: Crowd) -> object:
    return await stray_nics.StrayNics(here.store, here.hosts).run_once()


async def look_at_power(here: Crowd) -> object:
    return await power_state.reconcile_power(here.store, here.cloud.clock, tuple(here.hosts.values()))


async def look_at_hosts(here: Crowd) -> object:
    return await host_looks.look_at_hosts(here.store, here.cloud.clock, here.hosts, here.settings)


async def look_at_vitals(here: Crowd) -> object:
    watch = Watch(here.hosts, None)
    workers = StoredWorkers(here.store, clock=here.cloud.clock)
    gathering = Gathering(here.store, here.cloud.clock, workers, watch, Certificates(tuple), None)
    return await gathering.vitals()


LOOKS: dict[str, tuple[Look, Callable[[int], int]]] = {
    "stray NICs": (look_for_strays, lambda hosts: -(-hosts // stray_nics.HOSTS_AT_ONCE)),
    "power": (look_at_power, lambda hosts: -(-hosts // power_state.HOSTS_AT_ONCE)),
    "vitals": (look_at_vitals, lambda _hosts: 8),
    "hosts": (look_at_hosts, lambda hosts: 1 + -(-hosts // host_looks.AT_ONCE)),
}
"""Each look, and how many statements it may take by the number of hosts."""


async def counted(look: Look, here: Crowd) -> int:
    here.counter.reset()
    await look(here)
    return len(here.counter.statements)


@pytest.mark.parametrize(("hosts", "servers"), [(10, 10), (10, 10_000), (1000, 1000)])
async def test_a_look_takes_a_statement_for_some_hosts(
    counter: Counter, counted_store: Store, tmp_path: Path, hosts: int, servers: int
) -> None:
    async with crowd(counter, counted_store, tmp_path, hosts=hosts, servers=servers) as here:
        taken = {name: await counted(look, here) for name, (look, _) in LOOKS.items()}
        assert taken == {name: allowed(hosts) for name, (_, allowed) in LOOKS.items()}
        counter.reset()
        with counter.exactly():
            await look_at_vitals(here)
        assert counter.steps < 700 + 75 * hosts, "/metrics and /healthz go through hosts, and never through servers"


async def look_at_ports(here: Crowd) -> object:
    plane = cast(SimulatedDataplane, here.world.outside.dataplane)
    return await port_status.PortStatusReconciler(here.store, plane, here.cloud.clock).look_at_ports_in_use()


async def steps(look: Look, counter: Counter, new_store: NewStore, folder: Path, hosts: int) -> int:
    """What a look at a thousand servers on so many hosts takes of SQLite."""
    folder.mkdir()
    store = new_store(f"{folder.name}/{FILE}")
    async with crowd(counter, store, folder, hosts=hosts, servers=1000) as here:
        await look(here)
        counter.reset()
        with counter.exactly():
            await look(here)
        return counter.steps


SAME: dict[str, Look] = {"stray NICs": look_for_strays, "power": look_at_power, "ports": look_at_ports}


@pytest.mark.parametrize("look", SAME.values(), ids=SAME)
async def test_a_look_reads_each_server_once_on_ten_hosts_and_on_a_thousand(
    look: Look, counter: Counter, new_store: NewStore, tmp_path: Path
) -> None:
    few, many = [await steps(look, counter, new_store, tmp_path / f"{hosts}", hosts) for hosts in (10, 1000)]
    assert many < 3 * few, "a host more costs a look-up, and no server that is not its own"


async def test_only_what_changed_of_a_host_is_written(counter: Counter, counted_store: Store, tmp_path: Path) -> None:
    async with crowd(counter, counted_store, tmp_path, hosts=200, servers=0) as here:
        del here.hosts[HostName("simulated-7")]
        await counted(look_at_hosts, here)
        written = [statement for statement in counter.statements if "SET seen_at" not in statement]
        assert [word for word in written if word.startswith(("INSERT", "UPDATE"))] == [written[-1]]
        assert "simulated-7" in written[-1]


EACH = {"stray NICs": 15.5, "power": 22.5, "ports": 13.5}
"""Steps of SQLite for a server with a NIC: its row is read for its power alone, and no index but to find something."""


@pytest.mark.parametrize("name", EACH)
async def test_a_look_takes_no_more_steps_for_each_server(
    name: str, counter: Counter, new_store: NewStore, tmp_path: Path
) -> None:
    taken = await steps(SAME[name], counter, new_store, tmp_path / "hosts", 10)
    assert taken / 1000 <= EACH[name]
