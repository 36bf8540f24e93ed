"""Legs are sets of prefixes: one IPv4 prefix at most, any number of IPv6, each of which comes and goes alone."""

from typing import Any

import pytest

from berthline.domain.ids import new_id
from tests.api.network.conftest import Api
from tests.api.network.routers.l3 import act, external_network, inside

SLAAC = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}


async def legs_of(api: Api, router: str) -> dict[str, list[str]]:
    """The addresses of each leg, by port."""
    found = (await api.fetch("ports", device_id=router, device_owner="network:router_interface"))["ports"]
    return {port["id"]: [fixed["ip_address"] for fixed in port["fixed_ips"]] for port in found}


async def prefixes(api: Api, network: str, *cidrs: str, **more: Any) -> list[str]:
    """New subnets of a network."""
    return [
        (await api.make("subnet", network_id=network, ip_version=6 if ":" in cidr else 4, cidr=cidr, **more))["id"]
        for cidr in cidrs
    ]


async def ports_used(api: Api) -> int:
    used: int = (await api.fetch(f"quotas/{api.project_id}/details"))["quota"]["port"]["used"]
    return used


@pytest.mark.parametrize("modes", [{}, SLAAC])
async def test_ipv6_prefixes_of_a_network_share_a_leg(red: Api, modes: dict[str, str]) -> None:
    network, fourth = await red.network_with_subnet()
    first, second, third = await prefixes(
        red, network, "2001:db8:1::/64", "2001:db8:2::/64", "2001:db8:3::/64", **modes
    )
    router = (await red.make("router"))["id"]
    v4 = (await act(red, router, "add_router_interface", subnet_id=fourth))["port_id"]
    made = await act(red, router, "add_router_interface", subnet_id=first)
    assert made["port_id"] != v4, "IPv4 and IPv6 have ports of their own"
    before = await ports_used(red)
    for subnet in (second, third):
        joined = await act(red, router, "add_router_interface", subnet_id=subnet)
        assert (joined["port_id"], joined["subnet_id"], joined["subnet_ids"]) == (made["port_id"], subnet, [subnet])
    legs = await legs_of(red, router)
    assert legs == {v4: ["10.0.0.1"], made["port_id"]: ["2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1"]}
    assert await ports_used(red) == before

    gone = await act(red, router, "remove_router_interface", subnet_id=second)
    assert (gone["port_id"], gone["subnet_id"], gone["subnet_ids"]) == (made["port_id"], second, [second])
    assert (await legs_of(red, router))[made["port_id"]] == ["2001:db8:1::1", "2001:db8:3::1"]
    again = await red.refused("PUT", f"routers/{router}/remove_router_interface", {"subnet_id": second})
    assert again[:2] == (404, "RouterInterfaceNotFoundForSubnet")
    await red.drop(f"subnets/{second}")
    assert (await red.refused("DELETE", f"subnets/{first}"))[:2] == (409, "SubnetInUse")
    await act(red, router, "remove_router_interface", subnet_id=first)
    assert await legs_of(red, router) == {v4: ["10.0.0.1"], made["port_id"]: ["2001:db8:3::1"]}
    await act(red, router, "remove_router_interface", subnet_id=third)
    assert await legs_of(red, router) == {v4: ["10.0.0.1"]}
    assert await ports_used(red) == before - 1
    assert (await red.refused("GET", f"ports/{made['port_id']}"))[:2] == (404, "PortNotFound")


async def test_networks_have_legs_of_their_own(red: Api) -> None:
    router = (await red.make("router"))["id"]
    ports = set()
    for cidr in ("2001:db8:1::/64", "2001:db8:2::/64"):
        _, subnet = await red.network_with_subnet(cidr)
        ports.add((await act(red, router, "add_router_interface", subnet_id=subnet))["port_id"])
    other = (await red.make("router"))["id"]
    network, subnet = await red.network_with_subnet("2001:db8:3::/64")
    ports.add((await act(red, router, "add_router_interface", subnet_id=subnet))["port_id"])
    (second,) = await prefixes(red, network, "2001:db8:4::/64")
    ports.add((await act(red, other, "add_router_interface", subnet_id=second))["port_id"])
    assert len(ports) == 4


async def test_a_port_with_several_prefixes_loses_them_one_by_one(red: Api) -> None:
    network, fourth = await red.network_with_subnet()
    first, second = await prefixes(red, network, "2001:db8:1::/64", "2001:db8:2::/64")
    addresses = ["10.0.0.77", "2001:db8:1::77", "2001:db8:2::77", "2001:db8:2::78"]
    port = await red.make("port", network_id=network, fixed_ips=[{"ip_address": each} for each in addresses])
    router = (await red.make("router"))["id"]
    joined = await act(red, router, "add_router_interface", port_id=port["id"])
    assert (joined["subnet_id"], joined["subnet_ids"]) == (second, [fourth, first, second])
    await act(red, router, "remove_router_interface", subnet_id=second)
    assert await legs_of(red, router) == {port["id"]: ["10.0.0.77", "2001:db8:1::77"]}
    await act(red, router, "remove_router_interface", subnet_id=fourth)
    assert await legs_of(red, router) == {port["id"]: ["2001:db8:1::77"]}
    again = await act(red, router, "add_router_interface", subnet_id=second)
    assert again["port_id"] == port["id"]
    assert await legs_of(red, router) == {port["id"]: ["2001:db8:1::77", "2001:db8:2::1"]}
    whole = await act(red, router, "remove_router_interface", port_id=port["id"])
    assert sorted(whole["subnet_ids"]) == sorted([first, second])
    assert await legs_of(red, router) == {}
    await red.drop(f"routers/{router}")


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.7", "10.0.0.8"],
        ["10.0.0.7", "10.1.0.7"],
        ["10.0.0.7", "2001:db8:1::7", "10.1.0.7"],
        ["2001:db8:1::7", "10.0.0.7", "10.0.0.8", "10.1.0.7"],
    ],
)
async def test_a_leg_has_one_ipv4_address(red: Api, addresses: list[str]) -> None:
    network, _ = await red.network_with_subnet()
    await prefixes(red, network, "10.1.0.0/24", "2001:db8:1::/64")
    port = await red.make("port", network_id=network, fixed_ips=[{"ip_address": each} for each in addresses])
    router = await red.make("router")
    path = f"routers/{router['id']}/add_router_interface"
    assert (await red.refused("PUT", path, {"port_id": port["id"]}))[:2] == (400, "BadRequest")
    assert (await red.fetch(f"ports/{port['id']}"))["port"] == port, "the port stays free"
    assert (await red.fetch(f"routers/{router['id']}"))["router"] == router
    await red.drop(f"ports/{port['id']}")


async def test_a_second_ipv6_port_of_a_network_is_refused(red: Api) -> None:
    network, first = await red.network_with_subnet("2001:db8:1::/64")
    await prefixes(red, network, "2001:db8:2::/64")
    router = (await red.make("router"))["id"]
    await act(red, router, "add_router_interface", subnet_id=first)
    port = await red.make("port", network_id=network, fixed_ips=[{"ip_address": "2001:db8:2::7"}])
    path = f"routers/{router}/add_router_interface"
    assert (await red.refused("PUT", path, {"port_id": port["id"]}))[:2] == (400, "BadRequest")
    assert (await red.fetch(f"ports/{port['id']}"))["port"] == port


async def test_a_prefix_that_another_router_advertises_gets_no_leg(red: Api) -> None:
    network = (await red.make("network"))["id"]
    (subnet,) = await prefixes(red, network, "2001:db8:1::/64", ipv6_address_mode="slaac")
    port = await red.make("port", network_id=network)
    path = f"routers/{(await red.make('router'))['id']}/add_router_interface"
    for body in ({"subnet_id": subnet}, {"port_id": port["id"]}):
        assert (await red.refused("PUT", path, body))[:2] == (400, "BadRequest")


async def test_a_taken_gateway_address_changes_nothing(red: Api) -> None:
    network, first = await red.network_with_subnet("2001:db8:1::/64")
    (second,) = await prefixes(red, network, "2001:db8:2::/64")
    await red.make("port", network_id=network, fixed_ips=[{"ip_address": "2001:db8:2::1"}])
    router = (await red.make("router"))["id"]
    await act(red, router, "add_router_interface", subnet_id=first)
    before = (await red.fetch("ports"))["ports"]
    refused = await red.refused("PUT", f"routers/{router}/add_router_interface", {"subnet_id": second})
    assert refused[:2] == (409, "IpAddressAlreadyAllocated")
    assert (await red.fetch("ports"))["ports"] == before


async def test_a_leg_may_have_the_anycast_address_of_its_prefix(red: Api) -> None:
    _, subnet = await red.network_with_subnet("2001:db8:2::/64", gateway_ip="2001:db8:2::")
    router = (await red.make("router"))["id"]
    leg = await act(red, router, "add_router_interface", subnet_id=subnet)
    assert await legs_of(red, router) == {leg["port_id"]: ["2001:db8:2::"]}


@pytest.mark.parametrize("named", ["subnet_id", "port_id"])
async def test_a_leg_that_a_floating_ip_needs_stays(red: Api, admin: Api, named: str) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    (leg,) = await legs_of(red, place.router)
    floating = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"])
    body = {named: {"subnet_id": place.subnet, "port_id": leg}[named]}
    path = f"routers/{place.router}/remove_router_interface"
    assert (await red.refused("PUT", path, body))[:2] == (409, "RouterInterfaceInUseByFloatingIP")
    assert await legs_of(red, place.router) == {leg: ["10.0.0.1"]}
    assert (await red.fetch(f"floatingips/{floating['id']}"))["floatingip"] == floating
    await red.drop(f"floatingips/{floating['id']}")
    await act(red, place.router, "remove_router_interface", **body)


@pytest.mark.parametrize("named", ["subnet_id", "port_id"])
@pytest.mark.parametrize(
    ("cidr", "route"),
    [
        ("10.0.0.0/24", {"destination": "198.51.100.0/24", "nexthop": "10.0.0.9"}),
        ("2001:db8::/64", {"destination": "2001:db8:9::/64", "nexthop": "2001:db8::9"}),
    ],
)
async def test_a_leg_that_a_route_needs_stays(red: Api, named: str, cidr: str, route: dict[str, str]) -> None:
    network, subnet = await red.network_with_subnet(cidr)
    router = (await red.make("router"))["id"]
    leg = (await act(red, router, "add_router_interface", subnet_id=subnet))["port_id"]
    await red.change(f"routers/{router}", {"router": {"routes": [route]}})
    body = {named: {"subnet_id": subnet, "port_id": leg}[named]}
    path = f"routers/{router}/remove_router_interface"
    assert (await red.refused("PUT", path, body))[:2] == (409, "RouterInterfaceInUseByRoute")
    assert list(await legs_of(red, router)) == [leg]
    if ":" in cidr:
        (other,) = await prefixes(red, network, "2001:db8:1::/64")
        await act(red, router, "add_router_interface", subnet_id=other)
        assert (await red.refused("PUT", path, body))[:2] == (409, "RouterInterfaceInUseByRoute")
        await act(red, router, "remove_router_interface", subnet_id=other)
    await red.change(f"routers/{router}", {"router": {"routes": []}})
    await act(red, router, "remove_router_interface", **body)


async def test_a_port_and_a_subnet_that_do_not_belong_together(red: Api) -> None:
    network, subnet = await red.network_with_subnet("2001:db8:1::/64")
    (other,) = await prefixes(red, network, "10.0.0.0/24")
    router = (await red.make("router"))["id"]
    leg = (await act(red, router, "add_router_interface", subnet_id=subnet))["port_id"]
    await act(red, router, "add_router_interface", subnet_id=other)
    before = await legs_of(red, router)
    path = f"routers/{router}/remove_router_interface"
    for wrong in (other, new_id()):
        refused = await red.refused("PUT", path, {"port_id": leg, "subnet_id": wrong})
        assert refused[:2] == (400, "SubnetMismatchForPort")
    unknown = await red.refused("PUT", path, {"port_id": new_id(), "subnet_id": subnet})
    assert unknown[:2] == (404, "RouterInterfaceNotFound")
    assert await legs_of(red, router) == before
    await act(red, router, "remove_router_interface", port_id=leg, subnet_id=subnet)
    assert list((await legs_of(red, router)).values()) == [["10.0.0.1"]]
