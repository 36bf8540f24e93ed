"""A router's way out is on chassis whose bridges lead there: both of OVN's databases are real, and no daemon runs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.dataplane.ovsdb import Replica
from berthline.dataplane.projector import Projector
from berthline.domain.clock import SystemClock
from berthline.reconcile.ways_out import follow_ways_out
from berthline.store import Store
from berthline.store.dataplane import ways_out
from tests.contract.northbound import SOUTHBOUND_SCHEMA, NorthboundServer, require_northbound
from tests.unit.dataplane.cloud import Cloud

MAPPINGS = "ovn-bridge-mappings"


class Ways:
    """A cloud with a router to the outside, and a hand that writes what controllers of OVN write of themselves."""

    def __init__(self, store: Store) -> None:
        self.north, self.south = NorthboundServer(), NorthboundServer(SOUTHBOUND_SCHEMA)
        self.north.start()
        self.south.start()
        self.store, self.cloud = store, Cloud(store)
        self.plane = OvnDataplane(self.north.remote, self.south.remote)
        self.projector = Projector(store, self.plane, SystemClock())
        self.rows = Replica(self.north.remote, "OVN_Northbound", {"Gateway_Chassis": ("chassis_name",)})
        self.controllers = Replica(self.south.remote, "OVN_Southbound", {"Chassis": ("name",)})

    def router(self, physical_network: str) -> None:
        external = self.cloud.network(network_type="flat", physical_network=physical_network, segmentation_id=None)
        outer = self.cloud.subnet(external, "203.0.113.0/24", "203.0.113.1", enable_dhcp=False)
        self.cloud.gateway(self.cloud.router(), external, [(outer, "203.0.113.9")])

    async def chassis(self, name: str, mappings: str, column: str = "external_ids") -> None:
        """A controller registers its chassis."""
        encap = {"type": "geneve", "ip": f"192.0.2.{ord(name[-1])}", "chassis_name": name}
        row: dict[str, Any] = {"name": name, "encaps": ["named-uuid", "encap"]}
        if mappings:
            row[column] = ["map", [[MAPPINGS, mappings]]]
        await self.controllers.transact(
            [
                {"op": "insert", "table": "Encap", "row": encap, "uuid-name": "encap"},
                {"op": "insert", "table": "Chassis", "row": row},
            ]
        )

    async def remap(self, name: str, mappings: str) -> None:
        """An operator changes the bridges of a host."""
        values = {"external_ids": ["map", [[MAPPINGS, mappings]]]}
        where = [["name", "==", name]]
        await self.controllers.transact([{"op": "update", "table": "Chassis", "where": where, "row": values}])

    async def deregister(self, name: str) -> None:
        """A controller stops, and takes its chassis with it."""
        where = [["name", "==", name]]
        await self.controllers.transact([{"op": "delete", "table": "Chassis", "where": where}])

    async def look(self) -> int:
        """A turn of the loop and of the projector; how many hosts changed."""
        changed = await follow_ways_out(self.store, SystemClock(), self.plane.physical_networks)
        await self.projector.settle_all()
        return changed

    async def candidates(self) -> set[str]:
        """Where the way out may be, as the northbound database has it."""
        await self.rows.fresh()
        return {str(row["chassis_name"]) for row in self.rows.rows["Gateway_Chassis"].values()}

    async def close(self) -> None:
        await self.plane.close()
        await self.rows.close()
        await self.controllers.close()
        self.north.remove()
        self.south.remove()


@pytest.fixture
async def ways(store: Store) -> AsyncIterator[Ways]:
    require_northbound()
    made = Ways(store)
    yield made
    await made.close()


async def test_a_second_host_without_a_bridge_leaves_the_gateway_where_it_is(ways: Ways) -> None:
    ways.cloud.host("first", "chassis-a", None)
    await ways.chassis("chassis-a", "public:br-ex")
    await ways.look()
    ways.router("public")
    await ways.look()
    assert await ways.candidates() == {"chassis-a"}

    ways.cloud.host("second", "chassis-b", None)
    ways.store.write_now(lambda connection: ways_out.follow(connection, 1))
    await ways.look()
    assert await ways.candidates() == {"chassis-a"}, "nobody has seen the second one yet"

    await ways.chassis("chassis-b", "")
    assert await ways.look() == 1
    assert await ways.candidates() == {"chassis-a"}, "it leads nowhere"

    await ways.remap("chassis-b", "storage:br-st,public:br-ex")
    assert await ways.look() == 1
    assert await ways.candidates() == {"chassis-a", "chassis-b"}, "now it leads there"
    assert await ways.look() == 0, "and that is known"


async def test_a_bridge_leads_to_its_own_network_alone(ways: Ways) -> None:
    ways.cloud.host("first", "chassis-a", None)
    ways.cloud.host("second", "chassis-b", None)
    await ways.chassis("chassis-a", "public:br-ex", "other_config")
    await ways.chassis("chassis-b", "storage:br-st")
    await ways.look()
    ways.router("storage")
    await ways.look()
    assert await ways.candidates() == {"chassis-b"}


async def test_a_host_whose_controller_is_gone_stays_a_candidate(ways: Ways) -> None:
    ways.cloud.host("first", "chassis-a", None)
    await ways.chassis("chassis-a", "public:br-ex")
    ways.router("public")
    await ways.look()
    await ways.deregister("chassis-a")
    assert await ways.look() == 0
    assert await ways.candidates() == {"chassis-a"}


async def test_an_operator_keeps_ways_out_from_a_host(ways: Ways) -> None:
    for name in ("a", "b"):
        ways.cloud.host(f"host-{name}", f"chassis-{name}", None)
        await ways.chassis(f"chassis-{name}", "public:br-ex")
    ways.router("public")
    await ways.look()
    assert await ways.candidates() == {"chassis-a", "chassis-b"}
    assert ways.store.write_now(lambda connection: ways_out.set_role(connection, "host-b", False, 1))
    assert not ways.store.write_now(lambda connection: ways_out.set_role(connection, "host-b", False, 1))
    await ways.look()
    assert await ways.candidates() == {"chassis-a"}
