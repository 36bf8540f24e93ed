"""What a list of servers costs follows what it shows, not what there is."""

from pathlib import Path

from bench.counting import Counter
from berthline.store import Store
from berthline.store.engine.migrate import migrate
from tests.growth.crowd import Crowd, crowd

QUERIES = {
    "the newest": "limit=5",
    "by status": "status=ACTIVE&limit=5",
    "by two statuses": "status=ACTIVE&status=SHUTOFF&limit=5",
    "by a status that none has": "status=BUILD",
    "by a task that none has": "status=REBOOT",
    "by name": "name=^present-000007$",
    "by the beginning of names": "name=^present-00000&limit=5",
    "by address": "ip=172.31.9.9",
    "by an exact address": "ip=^172\\.31\\.9\\.9$",
    "by the beginning of addresses": "ip=^172.31.9.",
    "by id": "uuid={server}",
    "a page further on": "limit=5&marker={server}",
}
MORE = 20
"""Steps of a tree that is a level higher."""
MOVED = """UPDATE addresses SET ip = x'AC1F0909' WHERE port_id = (SELECT n.port_id FROM server_nics n
JOIN servers s ON s.id = n.server_id WHERE s.name = 'present-000007')"""
"""Gives one server an address that no other has."""


async def costs(here: Crowd) -> dict[str, tuple[int, int]]:
    """Statements and steps of each list, of all projects' servers and the second time."""
    (server,) = (await here.get("/compute/v2.1/servers?all_tenants=1&limit=1&name=^present-000007$"))["servers"]
    here.store.write_now(lambda connection: connection.exec_driver_sql(MOVED))
    found: dict[str, tuple[int, int]] = {}
    for name, query in QUERIES.items():
        path = f"/compute/v2.1/servers/detail?all_tenants=1&{query.format(server=server['id'])}"
        await here.get(path)
        with here.counter.exactly():
            here.counter.reset()
            await here.get(path)
        found[name] = (len(here.counter.statements), here.counter.steps)
    return found


async def test_a_list_costs_the_same_beside_ten_servers_and_ten_thousand(counter: Counter, tmp_path: Path) -> None:
    taken = []
    for servers in (10, 10_000):
        folder = tmp_path / str(servers)
        folder.mkdir()
        migrate(folder / "berthline.db")
        # One reader: which of several takes a list is chance, and one that reads for the first time learns the schema.
        store = Store(folder / "berthline.db", durable=False, readers=1)
        try:
            async with crowd(counter, store, folder, hosts=2, servers=servers) as here:
                taken.append(await costs(here))
        finally:
            store.close()
    few, many = taken
    assert {name: cost[0] for name, cost in few.items()} == {name: cost[0] for name, cost in many.items()}
    grown = {name: (few[name][1], many[name][1]) for name in QUERIES if many[name][1] > few[name][1] + MORE}
    assert not grown, f"steps of SQLite beside 10 and beside 10,000 servers: {grown}"
