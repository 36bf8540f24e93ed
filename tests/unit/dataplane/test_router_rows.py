"""Northbound rows of routers: legs, the way out, NAT, routes, advertisements."""

from berthline.dataplane.ovn.rows import rows_of
from berthline.domain.ids import AddressScopeId, PortId, RouterId, SubnetId
from berthline.domain.network import FixedIp
from tests.unit.dataplane.test_rows import GATEWAY, LEG, ROUTER, V6, changed, find


def test_a_router_with_its_way_out() -> None:
    assert find(ROUTER, "Logical_Router")["enabled"] is True
    inner = find(ROUTER, "Logical_Router_Port", "lrp-port-leg")
    assert (inner["networks"], inner["mac"]) == (frozenset({"10.0.0.1/24"}), "fa:16:3e:00:00:11")
    outer = find(ROUTER, "Logical_Router_Port", "lrp-port-gw")
    assert outer["networks"] == frozenset({"203.0.113.9/24"})
    chassis = [row.columns for row in rows_of(ROUTER) if row.table == "Gateway_Chassis"]
    assert {row["chassis_name"] for row in chassis} == {"chassis-a", "chassis-b"}
    assert len({row["priority"] for row in chassis}) == 2
    snat = find(ROUTER, "NAT", "snat-router-1-sub-4")
    assert (snat["type"], snat["external_ip"], snat["logical_ip"]) == ("snat", "203.0.113.9", "10.0.0.0/24")
    floating = find(ROUTER, "NAT", "fip-1")
    assert (floating["type"], floating["external_ip"], floating["logical_ip"]) == (
        "dnat_and_snat",
        "203.0.113.50",
        "10.0.0.7",
    )
    routes = {row.columns["ip_prefix"]: row.columns for row in rows_of(ROUTER) if row.table.endswith("Static_Route")}
    assert routes["0.0.0.0/0"]["nexthop"] == "203.0.113.1"
    assert routes["0.0.0.0/0"]["output_port"] == "lrp-port-gw"
    assert routes["198.51.100.0/24"]["output_port"] == "lrp-port-leg"


def test_legs_tell_of_fragmentation_where_networks_differ() -> None:
    def told(*mtus: int, out: int | None) -> list[str | None]:
        legs = tuple(changed(LEG, port_id=PortId(f"leg-{place}"), mtu=mtu) for place, mtu in enumerate(mtus))
        gateway = None if out is None else changed(ROUTER.gateway, mtu=out)
        rows = rows_of(changed(ROUTER, interfaces=legs, gateway=gateway, routes=()))
        found = {row.key: dict(row.columns["options"]) for row in rows if row.table == "Logical_Router_Port"}  # type: ignore[arg-type]
        keys = [f"lrp-leg-{place}" for place in range(len(mtus))] + ([] if out is None else ["lrp-port-gw"])
        return [found[key].get("gateway_mtu") for key in keys]

    assert told(1442, out=1500) == ["1442", "1442"]
    assert told(1442, 1200, out=None) == [None, "1200"]
    assert told(1442, 1200, 1500, out=1500) == ["1442", "1200", None, "1200"]
    assert told(1500, out=1442) == [None, "1442"]
    assert told(1442, 1442, out=1442) == [None, None, None]
    assert told(1442, out=None) == [None]


def test_addresses_of_the_scope_outside_are_not_translated() -> None:
    scope, other = AddressScopeId("one"), AddressScopeId("other")

    def routed(inner: AddressScopeId | None, outer: AddressScopeId | None) -> list[str]:
        leg = changed(LEG, subnets=tuple(changed(subnet, address_scope=inner) for subnet in LEG.subnets))
        way = changed(GATEWAY, subnets=tuple(changed(subnet, address_scope=outer) for subnet in GATEWAY.subnets))
        rows = rows_of(changed(ROUTER, interfaces=(leg,), gateway=way))
        return [row.columns["type"] for row in rows if row.table == "NAT"]  # type: ignore[misc]

    assert routed(scope, scope) == ["dnat_and_snat"]
    for inner, outer in ((None, None), (scope, None), (None, scope), (scope, other)):
        assert sorted(routed(inner, outer)) == ["dnat_and_snat", "snat"]


def test_without_snat_floating_ips_stay() -> None:
    rows = rows_of(changed(ROUTER, enable_snat=False))
    assert [row.key for row in rows if row.table == "NAT"] == ["fip-1"]


def test_routers_spread_over_chassis() -> None:
    many = tuple(f"chassis-{number}" for number in range(10))
    first = set()
    for number in range(50):
        router = changed(ROUTER, id=RouterId(f"router-{number}"), gateway_chassis=many)
        rows = [row.columns for row in rows_of(router) if row.table == "Gateway_Chassis"]
        assert len(rows) == 5
        first.add(max(rows, key=lambda row: int(str(row["priority"])))["chassis_name"])
    assert len(first) > 5


def test_ipv6_legs_advertise_what_the_subnet_says() -> None:
    slaac = changed(V6, ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
    leg = changed(LEG, fixed_ips=(FixedIp(V6.id, "2001:db8::1"),), subnets=(slaac,))
    router = changed(ROUTER, interfaces=(leg,), gateway=None)
    assert find(router, "Logical_Router_Port")["ipv6_ra_configs"] == (
        ("address_mode", "slaac"),
        ("mtu", "1442"),
        ("rdnss", "2001:db8::53"),
        ("send_periodic", "true"),
    )
    quiet = changed(leg, subnets=(changed(slaac, ipv6_ra_mode=None),))
    assert find(changed(router, interfaces=(quiet,)), "Logical_Router_Port")["ipv6_ra_configs"] == ()


def test_a_leg_with_several_prefixes_is_one_port_with_several_networks() -> None:
    first = changed(V6, ipv6_ra_mode="slaac", dns_nameservers=())
    second = changed(first, id=SubnetId("sub-6b"), cidr="2001:db8:b::/64", dns_nameservers=("2001:db8:b::53",))
    held = (FixedIp(V6.id, "2001:db8::1"), FixedIp(second.id, "2001:db8:b::1"))
    router = changed(ROUTER, interfaces=(changed(LEG, fixed_ips=held, subnets=(first, second)),), gateway=None)
    row = find(router, "Logical_Router_Port")
    assert row["networks"] == frozenset({"2001:db8::1/64", "2001:db8:b::1/64"})
    assert row["ipv6_ra_configs"] == (
        ("address_mode", "slaac"),
        ("mtu", "1442"),
        ("rdnss", "2001:db8:b::53"),
        ("send_periodic", "true"),
    )


def test_a_gateway_without_an_address_is_no_port_yet() -> None:
    assert ROUTER.gateway is not None
    router = changed(ROUTER, gateway=changed(ROUTER.gateway, fixed_ips=(), subnets=()), floating_ips=(), routes=())
    assert [row.key for row in rows_of(router) if row.table == "Logical_Router_Port"] == ["lrp-port-leg"]
    assert {row.table for row in rows_of(router)} == {"Logical_Router", "Logical_Router_Port"}
