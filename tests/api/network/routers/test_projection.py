"""Whatever changes about a router, or about the networks it stands in, reaches the dataplane: nothing is to repair."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from berthline.store import Store
from tests.api.builder import HandClock
from tests.api.network.conftest import Api
from tests.api.network.routers.l3 import act, external_network, inside
from tests.api.network.test_projection import Projected


@pytest.fixture
async def plane(store: Store, clock: HandClock) -> AsyncIterator[Projected]:
    made = Projected(store, clock)
    yield made
    await made.check()


def advertised(plane: Projected, port: str) -> dict[str, str]:
    """What a leg tells IPv6 guests."""
    return dict(plane.row("Logical_Router_Port", f"lrp-{port}")["ipv6_ra_configs"])


async def test_the_way_out_follows_the_outer_subnet(red: Api, admin: Api, plane: Projected) -> None:
    external, outer = await external_network(admin, gateway_ip="203.0.113.1")
    place = await inside(red, external)
    await plane.check()
    assert plane.row("Logical_Router_Static_Route", f"{place.router} 0.0.0.0/0 203.0.113.1")
    await admin.change(f"subnets/{outer}", {"subnet": {"gateway_ip": "203.0.113.254", "allocation_pools": []}})
    await plane.check()
    assert plane.row("Logical_Router_Static_Route", f"{place.router} 0.0.0.0/0 203.0.113.254")
    info = {"network_id": external, "external_fixed_ips": [{"ip_address": "203.0.113.200"}], "enable_snat": False}
    await admin.change(f"routers/{place.router}", {"router": {"external_gateway_info": info}})
    await plane.check()
    await admin.change(f"subnets/{outer}", {"subnet": {"gateway_ip": None}})


async def test_a_router_translates_between_scopes(red: Api, admin: Api, plane: Projected) -> None:
    scope = await admin.make("address_scope", "address-scopes", name="s", ip_version=4, shared=True)
    wanted: dict[str, Any] = {"name": "p", "min_prefixlen": 24, "shared": True, "address_scope_id": scope["id"]}
    outer = await admin.make("subnetpool", prefixes=["203.0.113.0/24"], **wanted)
    inner = await admin.make("subnetpool", prefixes=["10.60.0.0/16"], **wanted)
    open_to_all: dict[str, Any] = {"router:external": True}
    external = (await admin.make("network", **open_to_all))["id"]
    await admin.make("subnet", network_id=external, ip_version=4, subnetpool_id=outer["id"], enable_dhcp=False)
    network = (await red.make("network"))["id"]
    subnet = (await red.make("subnet", network_id=network, ip_version=4, subnetpool_id=inner["id"]))["id"]
    router = (await red.make("router", external_gateway_info={"network_id": external}))["id"]
    await act(red, router, "add_router_interface", subnet_id=subnet)
    name = f"snat-{router}-{subnet}"

    def translated() -> bool:
        return any(key.key == name for rows in plane.plane.rows().values() for key in rows)

    await plane.check()
    assert not translated()
    await admin.change(f"subnetpools/{inner['id']}", {"subnetpool": {"address_scope_id": None}})
    await plane.check()
    assert translated()
    await admin.change(f"subnetpools/{inner['id']}", {"subnetpool": {"address_scope_id": scope["id"]}})
    await plane.check()
    assert not translated()
    await admin.change(f"subnetpools/{outer['id']}", {"subnetpool": {"address_scope_id": None}})
    await plane.check()
    assert translated()


async def test_a_leg_tells_guests_what_its_network_is_now(red: Api, plane: Projected) -> None:
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    network, subnet = await red.network_with_subnet("2001:db8::/64", **modes)
    router = await red.make("router")
    leg = (await act(red, router["id"], "add_router_interface", subnet_id=subnet))["port_id"]
    await plane.check()
    assert advertised(plane, leg)["address_mode"] == "slaac"
    await red.change(f"subnets/{subnet}", {"subnet": {"dns_nameservers": ["2001:db8::53"]}})
    await plane.check()
    assert advertised(plane, leg)["rdnss"] == "2001:db8::53"
    await red.change(f"networks/{network}", {"network": {"mtu": 1280}})
    await plane.check()
    assert advertised(plane, leg)["mtu"] == "1280"
    await red.make("subnet", network_id=network, ip_version=4, cidr="10.0.0.0/24")


async def test_a_gateway_loses_the_address_of_a_subnet_that_goes(red: Api, admin: Api, plane: Projected) -> None:
    external, _ = await external_network(admin)
    modes: dict[str, Any] = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac", "enable_dhcp": True}
    sixth = await admin.make("subnet", network_id=external, ip_version=6, cidr="2001:db8:9::/64", **modes)
    place = await inside(red, external)
    await plane.check()
    info = (await red.fetch(f"routers/{place.router}"))["router"]["external_gateway_info"]
    assert len(info["external_fixed_ips"]) == 2
    await admin.drop(f"subnets/{sixth['id']}")
    await plane.check()
    info = (await red.fetch(f"routers/{place.router}"))["router"]["external_gateway_info"]
    assert len(info["external_fixed_ips"]) == 1


async def test_a_leg_by_a_port_and_what_it_leaves(red: Api, admin: Api, plane: Projected) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    floating = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"])
    await plane.check()
    second = await red.make("router")
    await act(red, second["id"], "add_router_interface", port_id=place.port["id"])
    await plane.check()
    await act(red, second["id"], "remove_router_interface", port_id=place.port["id"])
    await plane.check()
    assert (await red.fetch(f"floatingips/{floating['id']}"))["floatingip"]["status"] == "DOWN"
    added = {"routes": [{"destination": "198.51.100.0/24", "nexthop": "10.0.0.9"}]}
    await act(red, place.router, "add_extraroutes", router=added)
    await plane.check()
    await act(red, place.router, "remove_extraroutes", router=added)
    await act(red, place.router, "remove_router_interface", subnet_id=place.subnet)
    await plane.check()
    await red.drop(f"routers/{place.router}")


async def test_prefixes_come_to_a_leg_and_go(red: Api, plane: Projected) -> None:
    network, first = await red.network_with_subnet("2001:db8:1::/64")
    second = (await red.make("subnet", network_id=network, ip_version=6, cidr="2001:db8:2::/64"))["id"]
    router = (await red.make("router"))["id"]
    leg = (await act(red, router, "add_router_interface", subnet_id=first))["port_id"]
    await plane.check()
    await act(red, router, "add_router_interface", subnet_id=second)
    await plane.check()
    held = plane.row("Logical_Router_Port", f"lrp-{leg}")["networks"]
    assert held == frozenset({"2001:db8:1::1/64", "2001:db8:2::1/64"})
    await act(red, router, "remove_router_interface", subnet_id=first)
    await plane.check()
    assert plane.row("Logical_Router_Port", f"lrp-{leg}")["networks"] == frozenset({"2001:db8:2::1/64"})


async def test_a_gateway_comes_with_the_first_subnet(red: Api, admin: Api, plane: Projected) -> None:
    outside: dict[str, Any] = {"router:external": True}
    network = (await admin.make("network", **outside))["id"]
    router = (await red.make("router", external_gateway_info={"network_id": network}))["id"]
    _, subnet = await red.network_with_subnet()
    await act(red, router, "add_router_interface", subnet_id=subnet)
    await plane.check()
    body = {"network_id": network, "ip_version": 4, "cidr": "203.0.113.0/24", "enable_dhcp": False}
    await admin.make("subnet", **body)
    await plane.check()
    assert plane.row("Logical_Router_Static_Route", f"{router} 0.0.0.0/0 203.0.113.1")
