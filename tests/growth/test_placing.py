"""Placing a server looks at the best host, however many there are."""

from functools import partial
from pathlib import Path

from bench.counting import EACH_STEPS, Counter
from berthline.placement.choose import HostRequest
from berthline.store import Store
from berthline.store.compute import hosts as stored
from berthline.store.engine.migrate import migrate
from berthline.workflows.server.placing import claim_hosts
from tests.unit.store.compute.values import make_host

REQUEST = HostRequest(vcpus=1, memory_mb=64, disk_gb=1)


async def cost(counter: Counter, path: Path, hosts: int, count: int) -> tuple[int, int]:
    """Statements and steps of placing so many servers on so many hosts."""
    migrate(path)
    store = Store(path, durable=False)
    try:
        for number in range(hosts):
            host = make_host(f"host-{number}", memory_mb=10**6, vcpus=10**3, disk_gb=10**3)
            await store.write(partial(stored.upsert, host=host, at=1))
        await store.write(partial(claim_hosts, request=REQUEST, count=count, at=1))
        counter.reset()
        chosen, _ = await store.write(partial(claim_hosts, request=REQUEST, count=count, at=1))
        assert len(chosen) == count
        return len(counter.statements), counter.steps
    finally:
        store.close()


async def test_a_server_is_placed_at_one_cost_on_ten_hosts_and_on_a_thousand(counter: Counter, tmp_path: Path) -> None:
    few, many = [await cost(counter, tmp_path / f"{hosts}.db", hosts, 1) for hosts in (10, 1000)]
    assert few[0] == many[0] == 2
    assert abs(few[1] - many[1]) <= EACH_STEPS


async def test_five_servers_read_five_hosts(counter: Counter, tmp_path: Path) -> None:
    few, many = [await cost(counter, tmp_path / f"{hosts}.db", hosts, 5) for hosts in (10, 1000)]
    assert few[0] == many[0] == 6
    assert abs(few[1] - many[1]) <= 2 * EACH_STEPS
