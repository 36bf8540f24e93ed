"""After every change through the network API the dataplane is told of all that follows; nothing is left to repair."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.projector import Projector
from berthline.reconcile.dataplane_drift import DataplaneDrift
from berthline.store import Store
from berthline.store.control.leaks import places
from berthline.store.engine.changes import IDLE_OUTBOX_TOPIC, OUTBOX_TOPIC
from berthline.store.engine.database import notify
from tests.api.builder import HandClock

from .conftest import Api


class Projected:
    """The dataplane of the cloud under test."""

    def __init__(self, store: Store, clock: HandClock) -> None:
        self.store = store
        self.plane = SimulatedDataplane()
        self.projector = Projector(store, self.plane, clock)
        self.drift = DataplaneDrift(store, self.plane, self.projector)

    async def check(self) -> None:
        """Project what waits; then nothing may differ, and nothing may be refused."""
        await self.projector.settle_all()
        assert (await self.projector.status()).refused == 0
        assert await self.drift.run_once() == 0
        units = {(unit.kind, unit.id) for unit in await self.plane.observe()}
        assert units == self.store.read_now(places).units

    def row(self, table: str, key: str) -> dict[str, Any]:
        """Columns of a row."""
        found = [row for rows in self.plane.rows().values() for name, row in rows.items() if name == (table, key)]
        assert len(found) == 1, (table, key)
        return found[0].columns


@pytest.fixture
async def projected(store: Store, clock: HandClock) -> AsyncIterator[Projected]:
    made = Projected(store, clock)
    yield made
    await made.check()


async def test_networks_and_subnets(red: Api, projected: Projected) -> None:
    network, subnet = await red.network_with_subnet()
    await projected.check()
    row = projected.row("DHCP_Options", f"dhcp-{subnet}")
    assert "169.254.169.254/32" in dict(row["options"])["classless_static_route"]
    for change in (
        {"dns_nameservers": ["192.0.2.53"]},
        {"host_routes": [{"destination": "198.51.100.0/24", "nexthop": "10.0.0.9"}]},
        {"gateway_ip": None},
        {"enable_dhcp": False},
        {"enable_dhcp": True},
    ):
        await red.change(f"subnets/{subnet}", {"subnet": change})
        await projected.check()
    modes = {"ipv6_ra_mode": "dhcpv6-stateful", "ipv6_address_mode": "dhcpv6-stateful"}
    await red.make("subnet", network_id=network, ip_version=6, cidr="2001:db8::/64", **modes)
    await projected.check()
    await red.change(f"networks/{network}", {"network": {"mtu": 1300}})
    await projected.check()
    assert dict(projected.row("DHCP_Options", f"dhcp-{subnet}")["options"])["mtu"] == "1300"
    await red.drop(f"networks/{network}")


async def test_ports(red: Api, projected: Projected) -> None:
    network, subnet = await red.network_with_subnet()
    port = await red.make("port", network_id=network)
    await projected.check()
    group = await red.make("security_group", name="web")
    for change in (
        {"admin_state_up": False},
        {"security_groups": [group["id"]]},
        {"allowed_address_pairs": [{"ip_address": "10.0.0.99"}]},
        {"extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1280"}]},
        {"fixed_ips": [{"subnet_id": subnet, "ip_address": "10.0.0.55"}]},
        {"security_groups": [], "allowed_address_pairs": [], "port_security_enabled": False},
    ):
        await red.change(f"ports/{port['id']}", {"port": change})
        await projected.check()
    assert "10.0.0.55" in next(iter(projected.row("Logical_Switch_Port", port["id"])["addresses"] - {"unknown"}))
    await red.change(f"subnets/{subnet}", {"subnet": {"dns_nameservers": ["192.0.2.1"]}})
    await projected.check()
    assert dict(projected.row("DHCP_Options", f"dhcp-{port['id']}-v4")["options"])["dns_server"] == "{192.0.2.1}"
    await red.drop(f"ports/{port['id']}")


async def test_a_subnet_that_gives_addresses_to_ports_that_are_there(red: Api, projected: Projected) -> None:
    network, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network)
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    subnet = await red.make("subnet", network_id=network, ip_version=6, cidr="2001:db8::/64", **modes)
    await projected.check()
    assert "2001:db8::" in next(iter(projected.row("Logical_Switch_Port", port["id"])["addresses"]))
    await red.drop(f"subnets/{subnet['id']}")


async def test_groups_and_rules(red: Api, projected: Projected) -> None:
    network, _ = await red.network_with_subnet()
    first, second = [await red.make("security_group", name=name) for name in ("first", "second")]
    port = await red.make("port", network_id=network, security_groups=[first["id"]])
    common = {"security_group_id": first["id"], "direction": "ingress"}
    rule = await red.make("security_group_rule", **common, protocol="tcp", port_range_min=22, port_range_max=22)
    remote = await red.make("security_group_rule", **common, remote_group_id=second["id"])
    await projected.check()
    assert "tcp.dst == 22" in projected.row("ACL", rule["id"])["match"]
    assert f"$pg_{second['id'].replace('-', '_')}_ip4" in projected.row("ACL", remote["id"])["match"]
    await red.drop(f"security-group-rules/{rule['id']}")
    await projected.check()
    await red.change(f"security-groups/{second['id']}", {"security_group": {"stateful": False}})
    await projected.check()
    await red.drop(f"security-groups/{second['id']}")
    await projected.check()
    await red.drop(f"ports/{port['id']}")


async def external_network(admin: Api) -> tuple[str, str]:
    """Ids of an external network and its subnet."""
    provider: dict[str, Any] = {
        "provider:network_type": "flat",
        "provider:physical_network": "public",
        "router:external": True,
    }
    network = await admin.make("network", name="public", **provider)
    subnet = await admin.make(
        "subnet", network_id=network["id"], ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False
    )
    return network["id"], subnet["id"]


async def test_routers_and_floating_ips(red: Api, admin: Api, projected: Projected) -> None:
    outside, _ = await external_network(admin)
    network, subnet = await red.network_with_subnet()
    port = await red.make("port", network_id=network)
    router = await red.make("router", external_gateway_info={"network_id": outside})
    path = f"routers/{router['id']}"
    await projected.check()
    await red.change(f"{path}/add_router_interface", {"subnet_id": subnet})
    await projected.check()
    assert projected.row("NAT", f"snat-{router['id']}-{subnet}")["logical_ip"] == "10.0.0.0/24"
    floating = await red.make("floatingip", floating_network_id=outside, port_id=port["id"])
    await projected.check()
    nat = projected.row("NAT", floating["id"])
    assert (nat["external_ip"], nat["type"]) == (floating["floating_ip_address"], "dnat_and_snat")
    for change in (
        {"routes": [{"destination": "198.51.100.0/24", "nexthop": "10.0.0.77"}]},
        {"admin_state_up": False},
        {"routes": [], "name": "new"},
    ):
        await red.change(path, {"router": change})
        await projected.check()
    await red.change(f"subnets/{subnet}", {"subnet": {"dns_nameservers": ["192.0.2.53"]}})
    await projected.check()
    await red.change(f"floatingips/{floating['id']}", {"floatingip": {"port_id": None}})
    await projected.check()
    assert not [row for row in projected.plane.rows() if row.id == floating["id"]]
    await red.change(f"floatingips/{floating['id']}", {"floatingip": {"port_id": port["id"]}})
    await projected.check()
    await red.drop(f"ports/{port['id']}")
    await projected.check()
    await red.drop(f"floatingips/{floating['id']}")
    await projected.check()
    await red.change(f"{path}/remove_router_interface", {"subnet_id": subnet})
    await projected.check()
    await red.change(path, {"router": {"external_gateway_info": {}}})
    await projected.check()
    await red.drop(path)


@pytest.mark.sqlite("PostgreSQL tells of the commits before by messages that come some milliseconds later")
async def test_the_dataplane_is_told_at_once_of_a_port_that_carried_traffic(red: Api, store: Store) -> None:
    network, _ = await red.network_with_subnet()
    idle = await red.make("port", network_id=network)
    carrying = await red.make("port", network_id=network, device_owner="compute:nova", device_id="own")
    told: list[str] = []
    fence = asyncio.Event()
    loop = asyncio.get_running_loop()

    def set_fence() -> None:
        loop.call_soon_threadsafe(fence.set)

    store.subscribe("fence", set_fence)

    async def all_told() -> list[str]:
        """Commits are told of in their order, and after who wrote has heard: so with this one all before it are."""
        fence.clear()
        await store.write(partial(notify, topic="fence"))
        await fence.wait()
        return told

    await all_told()
    for topic in (OUTBOX_TOPIC, IDLE_OUTBOX_TOPIC):
        store.subscribe(topic, partial(told.append, topic))
    await red.drop(f"ports/{idle['id']}")
    assert await all_told() == [IDLE_OUTBOX_TOPIC]
    await red.drop(f"ports/{carrying['id']}")
    assert await all_told() == [IDLE_OUTBOX_TOPIC, OUTBOX_TOPIC]
