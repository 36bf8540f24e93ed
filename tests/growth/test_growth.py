"""The growth guard: what work costs in SQL is what is recorded, however many ports there are.

Counts, not times: they are the same on every machine. tests/growth/record.toml holds them.
"""

import tomllib
from pathlib import Path

import msgspec

from tests.growth.conftest import Counted

RECORD = Path(__file__).parent / "record.toml"
PORTS = "/network/v2.0/ports"


class Cost(msgspec.Struct, frozen=True):
    """What one piece of work may cost."""

    statements: int
    commits: int


def recorded(work: str) -> Cost:
    """The cost on record."""
    return msgspec.convert(tomllib.loads(RECORD.read_text(encoding="utf-8"))[work], Cost)


def check(work: str, counted: Counted) -> None:
    """What was counted since ``counter.reset()`` is what is recorded for this work."""
    counter = counted.counter
    cost = Cost(len(counter.statements), counter.commits)
    assert cost == recorded(work), (
        f"{work} cost {cost.statements} statements and {cost.commits} commits; {RECORD.name} says "
        f"{recorded(work).statements} and {recorded(work).commits}. If that is meant, change [{work}] in "
        f"tests/growth/{RECORD.name} in the same commit and say there why. What ran:\n  "
        + "\n  ".join(" ".join(statement.split())[:160] for statement in counter.statements)
    )


async def test_a_port_costs_what_is_recorded(counted: Counted) -> None:
    await counted.post(PORTS, {"port": {"network_id": counted.network}}, 201)
    counted.counter.reset()
    await counted.post(PORTS, {"port": {"network_id": counted.network}}, 201)
    check("post_port", counted)


async def test_fifty_ports_in_bulk_cost_what_is_recorded(counted: Counted) -> None:
    await counted.post(PORTS, {"port": {"network_id": counted.network}}, 201)
    counted.counter.reset()
    await counted.post(PORTS, {"ports": [{"network_id": counted.network}] * 50}, 201)
    check("post_50_ports", counted)


async def test_showing_a_port_costs_what_is_recorded(counted: Counted) -> None:
    made = await counted.post(PORTS, {"port": {"network_id": counted.network}}, 201)
    counted.counter.reset()
    assert (await counted.client.get(f"{PORTS}/{made['port']['id']}")).status_code == 200
    check("get_port", counted)


async def test_deleting_a_port_costs_what_is_recorded(counted: Counted) -> None:
    made = await counted.post(PORTS, {"port": {"network_id": counted.network}}, 201)
    counted.counter.reset()
    assert (await counted.client.delete(f"{PORTS}/{made['port']['id']}")).status_code == 204
    check("delete_port", counted)


async def test_a_projected_port_costs_what_is_recorded(counted: Counted) -> None:
    await counted.project()
    await counted.post(PORTS, {"port": {"network_id": counted.network}}, 201)
    counted.counter.reset()
    await counted.project()
    check("project_port", counted)


async def test_a_boot_costs_what_is_recorded(counted: Counted) -> None:
    counted.counter.reset()
    server_id = await counted.boot()
    check("boot", counted)
    shown = await counted.client.get(f"/compute/v2.1/servers/{server_id}")
    assert shown.json()["server"]["status"] == "ACTIVE"
