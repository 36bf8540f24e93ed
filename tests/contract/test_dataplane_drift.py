"""Projector and repair over the store and a real northbound database: outages, and hands that change rows."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.dataplane.ovn.rows import DROP_UNIT, base_rows, rows_of
from berthline.dataplane.projector import Projector
from berthline.domain.clock import SystemClock
from berthline.domain.dataplane import Applied, Dataplane, Unit
from berthline.domain.errors import Transient
from berthline.reconcile.dataplane_drift import DataplaneDrift
from berthline.store import Store
from berthline.store.dataplane.outbox import lag
from berthline.store.dataplane.snapshots import load_snapshots
from tests.contract.northbound import Hand, NorthboundServer, require_northbound
from tests.unit.dataplane.cloud import Cloud


class Setup:
    """A cloud on a real northbound database, with what keeps the two equal."""

    def __init__(self, store: Store) -> None:
        self.server = NorthboundServer()
        self.server.start()
        self.cloud = Cloud(store)
        self.plane = OvnDataplane(self.server.remote)
        self.projector = Projector(store, self.plane, SystemClock())
        self.drift = DataplaneDrift(store, self.plane, self.projector)
        self.hand = Hand(self.server.remote)

    def populate(self) -> None:
        """Two networks, a router to the outside, a floating IP, groups with rules, and ports."""
        cloud = self.cloud
        cloud.host("host-a", "chassis-a")
        self.network = cloud.network()
        self.subnet = cloud.subnet(self.network, "10.0.0.0/24", "10.0.0.1")
        cloud.subnet(self.network, "2001:db8::/64", "2001:db8::1", ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
        cloud.port(self.network, [(self.subnet, "10.0.0.2")], device_owner="network:distributed")
        self.group = cloud.group()
        self.rule = cloud.rule(self.group, protocol="tcp", port_range_min=22, port_range_max=22)
        cloud.rule(self.group, remote_group_id=self.group)
        self.ports = [
            cloud.port(self.network, [(self.subnet, f"10.0.0.{n}")], [self.group], binding_host="host-a")
            for n in range(10, 20)
        ]
        self.external = cloud.network(network_type="flat", physical_network="public", segmentation_id=None)
        outer = cloud.subnet(self.external, "203.0.113.0/24", "203.0.113.1", enable_dhcp=False)
        self.router = cloud.router()
        cloud.interface(self.router, self.network, [(self.subnet, "10.0.0.1")])
        cloud.gateway(self.router, self.external, [(outer, "203.0.113.9")])
        cloud.floating_ip(self.router, self.external, outer, "203.0.113.50", self.ports[0], "10.0.0.10")

    async def difference(self) -> Applied:
        """What a second connection finds to be different from the store, and from what it should see of units."""
        units = self.cloud.units()
        snapshots = self.cloud.store.read_now(lambda connection: load_snapshots(connection, units))
        other: Dataplane = OvnDataplane(self.server.remote)
        try:
            assert set(await other.observe()) == units
            rows = {unit: rows_of(snapshot) for unit, snapshot in snapshots.items()}
            return await other.apply({DROP_UNIT: base_rows(), **rows})
        finally:
            await other.close()

    async def close(self) -> None:
        await self.plane.close()
        await self.hand.replica.close()
        self.server.remove()


@pytest.fixture
async def setup(store: Store) -> AsyncIterator[Setup]:
    require_northbound()
    made = Setup(store)
    made.populate()
    yield made
    await made.close()


async def test_an_outage_loses_nothing(setup: Setup) -> None:
    cloud = setup.cloud
    await setup.projector.settle_all()
    setup.server.stop()
    cloud.delete_port(setup.ports[5])
    cloud.change_port(setup.ports[6], admin_state_up=False)
    cloud.delete_rule(setup.group, setup.rule)
    cloud.rule(setup.group, protocol="udp", port_range_min=53, port_range_max=53)
    new = cloud.network()
    subnet = cloud.subnet(new, "10.1.0.0/24", "10.1.0.1")
    cloud.port(new, [(subnet, "10.1.0.5")], [setup.group])
    cloud.change_subnet(setup.network, setup.subnet, dns_nameservers=["192.0.2.53"], enable_dhcp=False)
    gone = cloud.network()
    cloud.delete_network(gone)
    with pytest.raises(Transient):
        await setup.projector.drain()
    assert cloud.store.read_now(lag).changes > 0
    setup.server.start()
    await settle(setup)
    assert await setup.difference() == Applied()
    assert cloud.store.read_now(lag).changes == 0


async def settle(setup: Setup) -> None:
    """Drain, through the moments until the connection is back."""
    while True:
        try:
            await setup.projector.settle_all()
        except Transient:
            continue
        return


async def test_an_empty_database_is_filled_again(setup: Setup) -> None:
    await setup.projector.settle_all()
    await setup.hand.do(
        *({"op": "delete", "table": table, "where": []} for table in ("Logical_Switch", "Logical_Router", "Port_Group"))
    )
    await setup.drift.run_once()
    assert await setup.difference() == Applied()


async def test_after_projecting_there_is_no_drift(setup: Setup) -> None:
    await setup.projector.settle_all()
    assert await setup.drift.run_once() == 0


async def test_changes_that_wait_are_no_drift(setup: Setup) -> None:
    await setup.projector.settle_all()
    setup.cloud.change_port(setup.ports[0], admin_state_up=False)
    setup.cloud.delete_port(setup.ports[5])
    setup.cloud.change_subnet(setup.network, setup.subnet, dns_nameservers=["192.0.2.53"])
    assert await setup.drift.run_once() == 0
    await setup.projector.settle_all()
    assert await setup.difference() == Applied()


def counted(kind: str) -> float:
    return REGISTRY.get_sample_value("berthline_dataplane_drift_total", {"kind": kind}) or 0


async def test_what_hands_did_is_put_right_and_counted(setup: Setup) -> None:
    await setup.projector.settle_all()
    hand, group = setup.hand, "pg_" + setup.group.replace("-", "_")
    before = {kind: counted(kind) for kind in ("missing", "changed", "extra")}
    port = await hand.find("Logical_Switch_Port", setup.ports[1])
    acl = next(iter(hand.replica.rows["Port_Group"][await hand.find("Port_Group", group)]["acls"]))  # type: ignore[arg-type]
    await hand.mutate("Logical_Switch", f"berthline-{setup.network}", "ports", "delete", [port])
    await hand.mutate("Port_Group", group, "acls", "delete", [str(acl)])
    await hand.update("Logical_Switch_Port", setup.ports[2], enabled=False)
    await hand.update("Logical_Switch_Port", setup.ports[3], external_ids=["map", []])
    other = await hand.find("Logical_Switch_Port", setup.ports[4])
    await hand.mutate("Port_Group", group, "ports", "delete", [other])
    await hand.delete("Logical_Router", f"berthline-{setup.router}")
    unit = f"network/{'9' * 8}-1111-4111-8111-111111111111"
    ids = ["map", [["berthline:unit", unit], ["berthline:key", "stray"]]]
    await hand.do({"op": "insert", "table": "Logical_Switch", "row": {"name": "stray", "external_ids": ids}})
    assert await setup.drift.run_once() >= 7
    assert await setup.difference() == Applied()
    assert counted("missing") - before["missing"] >= 3
    assert counted("changed") - before["changed"] == 3
    assert counted("extra") - before["extra"] == 1
    assert await setup.drift.run_once() == 0


async def test_rules_that_others_put_into_our_groups_go(setup: Setup) -> None:
    await setup.projector.settle_all()
    group = "pg_" + setup.group.replace("-", "_")
    row = {"direction": "to-lport", "priority": 2000, "match": "ip4", "action": "allow"}
    place = [["name", "==", group]]
    await setup.hand.do(
        {"op": "insert", "table": "ACL", "row": row, "uuid-name": "hole"},
        {
            "op": "mutate",
            "table": "Port_Group",
            "where": place,
            "mutations": [["acls", "insert", ["set", [["named-uuid", "hole"]]]]],
        },
    )
    assert await setup.drift.run_once() == 1
    await setup.hand.replica.fresh()
    assert all(acl["match"] != "ip4" for acl in setup.hand.replica.rows["ACL"].values())


async def test_what_is_not_ours_is_left_alone(setup: Setup) -> None:
    await setup.projector.settle_all()
    await setup.hand.do({"op": "insert", "table": "Logical_Switch", "row": {"name": "of-somebody-else"}})
    port = await setup.hand.find("Logical_Switch_Port", setup.ports[0])
    theirs = {"name": "theirs", "ports": ["set", [["uuid", port]]]}
    await setup.hand.do({"op": "insert", "table": "Port_Group", "row": theirs})
    assert await setup.drift.run_once() == 0
    assert await setup.hand.find("Logical_Switch", "of-somebody-else")
    group = await setup.hand.find("Port_Group", "theirs")
    assert setup.hand.replica.rows["Port_Group"][group]["ports"] == {port}


async def test_drift_on_the_simulated_dataplane(store: Store) -> None:
    cloud, plane = Cloud(store), SimulatedDataplane()
    projector = Projector(store, plane, SystemClock())
    drift = DataplaneDrift(store, plane, projector)
    network = cloud.network()
    port = cloud.port(network)
    await projector.settle_all()
    assert await drift.run_once() == 0
    plane.forget("Logical_Switch_Port", port)
    plane.alter("Logical_Switch", f"berthline-{network}", other_config=())
    await plane.apply({Unit("network", "stray"): ()})
    assert await drift.run_once() == 2
    assert set(await plane.observe()) == cloud.units()
