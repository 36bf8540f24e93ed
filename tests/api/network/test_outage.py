"""The northbound database is away while the API is used: nothing is refused, and OVN becomes what the store says."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.dataplane.ovn.rows import DROP_UNIT, base_rows, rows_of
from berthline.dataplane.projector import Pace, Projector
from berthline.domain.clock import SystemClock
from berthline.domain.dataplane import Applied, Unit
from berthline.reconcile.dataplane_drift import DataplaneDrift
from berthline.store import Store
from berthline.store.control.leaks import places
from berthline.store.dataplane.outbox import lag
from berthline.store.dataplane.snapshots import load_snapshots
from tests.contract.northbound import Hand, NorthboundServer, require_northbound

from .conftest import Api


class Plane:
    """A real northbound database, and the projector at work on it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.server = NorthboundServer()
        self.server.start()
        self.plane = OvnDataplane(self.server.remote)
        self.projector = Projector(store, self.plane, SystemClock(), pace=Pace(poll=0.05, retry_most=0.2))
        self.work = asyncio.create_task(self.projector.run())

    async def settled(self) -> None:
        """Wait until every change is projected."""
        async with asyncio.timeout(30):
            while self.store.read_now(lag).changes:  # noqa: ASYNC110 - the outbox tells nobody when it is empty
                await asyncio.sleep(0.02)

    async def difference(self) -> Applied:
        """What a second connection finds to be different from the store."""
        units = {Unit(kind, name) for kind, name in self.store.read_now(places).units}  # type: ignore[arg-type]
        snapshots = self.store.read_now(lambda connection: load_snapshots(connection, units))
        other = OvnDataplane(self.server.remote)
        try:
            assert set(await other.observe()) == units
            rows = {unit: rows_of(snapshot) for unit, snapshot in snapshots.items()}
            return await other.apply({DROP_UNIT: base_rows(), **rows})
        finally:
            await other.close()

    async def close(self) -> None:
        self.work.cancel()
        await asyncio.gather(self.work, return_exceptions=True)
        await self.plane.close()
        self.server.remove()


@pytest.fixture
async def plane(store: Store) -> AsyncIterator[Plane]:
    require_northbound()
    made = Plane(store)
    yield made
    await made.close()


async def test_what_the_api_did_during_an_outage_is_there_after_it(red: Api, plane: Plane) -> None:
    kept, kept_subnet = await red.network_with_subnet("10.0.0.0/24")
    group = await red.make("security_group", name="web")
    rule = await red.make(
        "security_group_rule",
        security_group_id=group["id"],
        direction="ingress",
        protocol="tcp",
        port_range_min=80,
        port_range_max=80,
    )
    changed = await red.make("port", network_id=kept, security_groups=[group["id"]])
    doomed = await red.make("port", network_id=kept)
    doomed_network, _ = await red.network_with_subnet("10.9.0.0/24")
    await plane.settled()
    assert await plane.difference() == Applied()

    plane.server.stop()
    new, _ = await red.network_with_subnet("10.1.0.0/24")
    await red.make("port", network_id=new, security_groups=[group["id"]])
    await red.change(f"ports/{changed['id']}", {"port": {"admin_state_up": False}})
    await red.drop(f"ports/{doomed['id']}")
    await red.drop(f"security-group-rules/{rule['id']}")
    await red.make(
        "security_group_rule", security_group_id=group["id"], direction="ingress", protocol="icmp", ethertype="IPv4"
    )
    await red.change(f"subnets/{kept_subnet}", {"subnet": {"dns_nameservers": ["192.0.2.53"]}})
    await red.drop(f"networks/{doomed_network}")
    assert plane.store.read_now(lag).changes > 0

    plane.server.start()
    await plane.settled()
    assert await plane.difference() == Applied()


async def test_rows_that_hands_changed_are_put_right_and_counted(red: Api, plane: Plane) -> None:
    network, _ = await red.network_with_subnet("10.0.0.0/24")
    port = await red.make("port", network_id=network)
    await plane.settled()
    drift = DataplaneDrift(plane.store, plane.plane, plane.projector)
    assert await drift.run_once() == 0
    hand = Hand(plane.server.remote)
    try:
        await hand.do(
            {
                "op": "update",
                "table": "Logical_Switch_Port",
                "where": [["name", "==", port["id"]]],
                "row": {"enabled": False},
            }
        )
        assert await drift.run_once() > 0
    finally:
        await hand.replica.close()
    assert await drift.run_once() == 0
    assert await plane.difference() == Applied()
