"""Routers over HTTP: gateways, interfaces, routes, isolation and conflicts."""

from typing import Any

import pytest

from berthline.domain.ids import new_id
from tests.api.network.conftest import Api
from tests.api.network.routers.l3 import act, external_network, inside


async def fetch_router(api: Api, router: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.fetch(f"routers/{router}"))["router"]
    return found


async def ports_of(api: Api, device: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.fetch("ports", device_id=device))["ports"]
    return found


async def test_a_router_is_made_shown_changed_and_deleted(red: Api, admin: Api) -> None:
    made = await red.make("router", name="one", description="first", tags=["b", "a"])
    assert made["project_id"] == made["tenant_id"] == red.project_id
    assert (made["status"], made["admin_state_up"], made["external_gateway_info"]) == ("ACTIVE", True, None)
    assert (made["routes"], made["tags"], made["flavor_id"], made["revision_number"]) == ([], ["a", "b"], None, 1)
    assert made["created_at"] == made["updated_at"] == "2027-01-15T08:00:00Z"
    assert "distributed" not in made
    assert "ha" not in made
    assert await fetch_router(red, made["id"]) == made
    seen_by_admin = await fetch_router(admin, made["id"])
    assert (seen_by_admin["distributed"], seen_by_admin["ha"]) == (False, False)
    asked = {"router": {"name": "two", "admin_state_up": False}}
    changed = (await red.change(f"routers/{made['id']}", asked))["router"]
    assert (changed["name"], changed["admin_state_up"], changed["revision_number"]) == ("two", False, 2)
    assert (await red.refused("PUT", f"routers/{made['id']}", asked, **{"If-Match": "revision_number=1"}))[0] == 412
    await red.drop(f"routers/{made['id']}")
    gone = (404, "RouterNotFound", f"Router {made['id']} could not be found")
    assert await red.refused("GET", f"routers/{made['id']}") == gone


async def test_lists_filter_sort_page_and_cut(red: Api) -> None:
    for name in ("c", "a", "b"):
        await red.make("router", name=name, admin_state_up=name != "b")
    listed = (await red.fetch("routers", sort_key="name", fields="name"))["routers"]
    assert listed == [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    assert [each["name"] for each in (await red.fetch("routers", admin_state_up="false"))["routers"]] == ["b"]
    first = await red.fetch("routers", sort_key="name", limit=2)
    assert [each["name"] for each in first["routers"]] == ["a", "b"]
    rest = await red.fetch("routers", sort_key="name", limit=2, marker=first["routers"][-1]["id"])
    assert [each["name"] for each in rest["routers"]] == ["c"]
    assert (await red.refused("GET", f"routers?marker={new_id()}"))[:2] == (404, "RouterNotFound")


async def test_the_gateway_is_a_hidden_port_on_the_external_network(red: Api, admin: Api) -> None:
    external, outer = await external_network(admin)
    router = await red.make("router", external_gateway_info={"network_id": external})
    info = router["external_gateway_info"]
    assert (info["network_id"], info["enable_snat"]) == (external, True)
    (fixed,) = info["external_fixed_ips"]
    assert fixed["subnet_id"] == outer
    (port,) = await ports_of(admin, router["id"])
    assert (port["device_owner"], port["status"], port["project_id"]) == ("network:router_gateway", "ACTIVE", "")
    assert port["fixed_ips"] == [fixed]
    assert await ports_of(red, router["id"]) == [], "the port belongs to no project"
    cleared = await red.change(f"routers/{router['id']}", {"router": {"external_gateway_info": {}}})
    assert cleared["router"]["external_gateway_info"] is None
    assert await ports_of(admin, router["id"]) == []
    again = {"router": {"external_gateway_info": {"network_id": external}}}
    await red.change(f"routers/{router['id']}", again)
    revision = (await fetch_router(red, router["id"]))["external_gateway_info"]["external_fixed_ips"]
    await red.change(f"routers/{router['id']}", again)
    assert (await fetch_router(red, router["id"]))["external_gateway_info"]["external_fixed_ips"] == revision
    await red.drop(f"routers/{router['id']}")
    assert await ports_of(admin, router["id"]) == []


async def test_admins_choose_addresses_and_snat_of_a_gateway(red: Api, admin: Api) -> None:
    external, outer = await external_network(admin)
    chosen = {"network_id": external, "external_fixed_ips": [{"ip_address": "203.0.113.50"}]}
    router = await admin.make("router", external_gateway_info=chosen)
    path = f"routers/{router['id']}"
    kept = [{"subnet_id": outer, "ip_address": "203.0.113.50"}]
    assert router["external_gateway_info"]["external_fixed_ips"] == kept
    (port,) = await ports_of(admin, router["id"])
    for same in (chosen, {"network_id": external, "external_fixed_ips": [{"subnet_id": outer}]}):
        changed = (await admin.change(path, {"router": {"external_gateway_info": same}}))["router"]
        assert changed["external_gateway_info"]["external_fixed_ips"] == kept
    moved = {"network_id": external, "external_fixed_ips": [{"ip_address": "203.0.113.51"}, *kept]}
    changed = (await admin.change(path, {"router": {"external_gateway_info": moved}}))["router"]
    found = [fixed["ip_address"] for fixed in changed["external_gateway_info"]["external_fixed_ips"]]
    assert found == ["203.0.113.51", "203.0.113.50"]
    assert [each["id"] for each in await ports_of(admin, router["id"])] == [port["id"]], "the port stays"
    without = {"router": {"external_gateway_info": {"network_id": external, "enable_snat": False}}}
    assert (await admin.change(path, without))["router"]["external_gateway_info"]["enable_snat"] is False
    taken = {"router": {"external_gateway_info": chosen}}
    assert (await admin.refused("POST", "routers", taken))[:2] == (409, "IpAddressAlreadyAllocated")
    assert (await red.refused("POST", "routers", taken))[:2] == (403, "PolicyNotAuthorized")
    assert (await red.refused("POST", "routers", without))[:2] == (403, "PolicyNotAuthorized")
    await admin.drop(path)


@pytest.mark.parametrize("info", [{"enable_snat": True}, {"network_id": "x", "other": 1}, [], {"network_id": 7}])
async def test_a_gateway_that_makes_no_sense_is_refused(admin: Api, info: Any) -> None:
    assert (await admin.refused("POST", "routers", {"router": {"external_gateway_info": info}}))[0] == 400


async def test_a_gateway_needs_an_external_network(red: Api) -> None:
    network, _ = await red.network_with_subnet()
    asked = {"router": {"external_gateway_info": {"network_id": network}}}
    assert (await red.refused("POST", "routers", asked))[:2] == (400, "BadRequest")
    unknown = {"router": {"external_gateway_info": {"network_id": new_id()}}}
    assert (await red.refused("POST", "routers", unknown))[:2] == (404, "NetworkNotFound")
    assert (await red.fetch("routers"))["routers"] == []


async def test_a_leg_has_the_subnets_gateway_address(red: Api) -> None:
    network, subnet = await red.network_with_subnet()
    router = await red.make("router")
    before = (await red.fetch(f"quotas/{red.project_id}/details.json"))["quota"]["port"]["used"]
    answer = await act(red, router["id"], "add_router_interface", subnet_id=subnet)
    assert (answer["id"], answer["subnet_id"], answer["subnet_ids"]) == (router["id"], subnet, [subnet])
    assert (answer["network_id"], answer["tenant_id"]) == (network, red.project_id)
    (port,) = await ports_of(red, router["id"])
    assert port["id"] == answer["port_id"]
    assert (port["device_owner"], port["status"]) == ("network:router_interface", "ACTIVE")
    assert port["fixed_ips"] == [{"subnet_id": subnet, "ip_address": "10.0.0.1"}]
    assert (await red.fetch(f"quotas/{red.project_id}/details.json"))["quota"]["port"]["used"] == before + 1
    assert (await fetch_router(red, router["id"]))["revision_number"] == 2
    assert (await red.refused("DELETE", f"routers/{router['id']}"))[:2] == (409, "RouterInUse")
    assert (await red.refused("DELETE", f"ports/{port['id']}"))[:2] == (409, "ServicePortInUse")
    assert (await red.refused("DELETE", f"subnets/{subnet}"))[:2] == (409, "SubnetInUse")
    removed = await act(red, router["id"], "remove_router_interface", subnet_id=subnet)
    assert removed["port_id"] == port["id"]
    assert await ports_of(red, router["id"]) == []
    await red.drop(f"routers/{router['id']}")
    await red.drop(f"networks/{network}")


@pytest.mark.parametrize("modes", [{}, {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}])
async def test_a_leg_stands_in_an_ipv6_subnet(red: Api, modes: dict[str, str]) -> None:
    network, subnet = await red.network_with_subnet()
    second = await red.make("subnet", network_id=network, ip_version=6, cidr="2001:db8::/64", **modes)
    router = await red.make("router")
    for each in (subnet, second["id"]):
        await act(red, router["id"], "add_router_interface", subnet_id=each)
    held = {fixed["ip_address"] for port in await ports_of(red, router["id"]) for fixed in port["fixed_ips"]}
    assert held == {"10.0.0.1", "2001:db8::1"}


async def test_a_port_of_the_project_becomes_a_leg(red: Api, blue: Api) -> None:
    network, subnet = await red.network_with_subnet()
    port = await red.make("port", network_id=network, fixed_ips=[{"ip_address": "10.0.0.77"}])
    router = await red.make("router")
    theirs = await blue.make("router")
    refused = await blue.refused("PUT", f"routers/{theirs['id']}/add_router_interface", {"port_id": port["id"]})
    assert refused[:2] == (404, "PortNotFound")
    await act(red, router["id"], "add_router_interface", port_id=port["id"])
    shown = (await red.fetch(f"ports/{port['id']}"))["port"]
    assert (shown["device_id"], shown["device_owner"]) == (router["id"], "network:router_interface")
    assert (shown["security_groups"], shown["port_security_enabled"]) == ([], False)
    other = await red.make("router")
    again = await red.refused("PUT", f"routers/{other['id']}/add_router_interface", {"port_id": port["id"]})
    assert again[:2] == (409, "PortInUse")
    path = f"routers/{router['id']}/remove_router_interface"
    assert (await red.refused("PUT", path, {"port_id": new_id()}))[:2] == (404, "RouterInterfaceNotFound")
    mixed = {"port_id": port["id"], "subnet_id": new_id()}
    assert (await red.refused("PUT", path, mixed))[:2] == (400, "SubnetMismatchForPort")
    await act(red, router["id"], "remove_router_interface", port_id=port["id"], subnet_id=subnet)
    assert (await red.refused("GET", f"ports/{port['id']}"))[:2] == (404, "PortNotFound")


async def test_legs_that_cannot_be_are_refused(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin, "10.9.0.0/16")
    router = await red.make("router", external_gateway_info={"network_id": external})
    path = f"routers/{router['id']}/add_router_interface"
    for body in ({}, {"subnet_id": new_id(), "port_id": new_id()}, {"subnet": "x"}):
        assert (await red.refused("PUT", path, body))[0] == 400
    assert (await red.refused("PUT", path, {"subnet_id": new_id()}))[:2] == (404, "SubnetNotFound")
    _, headless = await red.network_with_subnet("10.1.0.0/24", gateway_ip=None)
    assert (await red.refused("PUT", path, {"subnet_id": headless}))[:2] == (400, "BadRequest")
    _, subnet = await red.network_with_subnet("10.2.0.0/24")
    await act(red, router["id"], "add_router_interface", subnet_id=subnet)
    assert (await red.refused("PUT", path, {"subnet_id": subnet}))[:2] == (400, "BadRequest")
    _, overlapping = await red.network_with_subnet("10.2.0.0/16")
    assert (await red.refused("PUT", path, {"subnet_id": overlapping}))[:2] == (400, "BadRequest")
    _, outside = await red.network_with_subnet("10.9.1.0/24")
    assert (await red.refused("PUT", path, {"subnet_id": outside}))[:2] == (400, "BadRequest")
    second = await red.make("router")
    taken = await red.refused("PUT", f"routers/{second['id']}/add_router_interface", {"subnet_id": subnet})
    assert taken[:2] == (409, "IpAddressAlreadyAllocated")
    bare = await red.make("port", network_id=(await red.make("network"))["id"])
    assert (await red.refused("PUT", path, {"port_id": bare["id"]}))[:2] == (400, "BadRequest")


async def test_a_gateway_does_not_overlap_what_is_inside(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin, "10.0.0.0/16")
    _, subnet = await red.network_with_subnet("10.0.0.0/24")
    router = await red.make("router")
    await act(red, router["id"], "add_router_interface", subnet_id=subnet)
    asked = {"router": {"external_gateway_info": {"network_id": external}}}
    assert (await red.refused("PUT", f"routers/{router['id']}", asked))[:2] == (400, "BadRequest")


async def test_a_shared_subnet_gets_no_leg_of_another_project(red: Api, blue: Api, admin: Api) -> None:
    network, subnet = await red.network_with_subnet()
    await admin.change(f"networks/{network}", {"network": {"shared": True}})
    router = await blue.make("router")
    path = f"routers/{router['id']}/add_router_interface"
    assert (await blue.refused("PUT", path, {"subnet_id": subnet}))[:2] == (400, "BadRequest")
    port = await blue.make("port", network_id=network)
    await act(blue, router["id"], "add_router_interface", port_id=port["id"])
    mine = await red.make("port", network_id=network)
    assert (await blue.refused("PUT", path, {"port_id": mine["id"]}))[:2] == (404, "PortNotFound")
    own = await red.make("router")
    theirs = await blue.make("port", network_id=network)
    denied = await red.refused("PUT", f"routers/{own['id']}/add_router_interface", {"port_id": theirs["id"]})
    assert denied[:2] == (403, "PolicyNotAuthorized"), "the network's owner sees the port and has it not"


async def test_extra_routes_lead_to_neighbours_only(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    path = f"routers/{place.router}"
    routes = [{"destination": "198.51.100.0/24", "nexthop": "10.0.0.9"}]
    assert (await red.change(path, {"router": {"routes": routes}}))["router"]["routes"] == routes
    outward = {"destination": "192.0.2.0/24", "nexthop": "203.0.113.9"}
    added = await act(red, place.router, "add_extraroutes", router={"routes": [*routes, outward]})
    assert added["router"]["routes"] == [*routes, outward]
    for wrong in (
        {"destination": "192.0.2.0/24", "nexthop": "172.16.0.1"},
        {"destination": "192.0.2.0/24", "nexthop": "10.0.0.1"},
    ):
        refused = await red.refused("PUT", path, {"router": {"routes": [wrong]}})
        assert refused[:2] == (400, "InvalidRoutes")
    for wrong in (
        {"destination": "192.0.2.1/24", "nexthop": "10.0.0.9"},
        {"destination": "192.0.2.0/24", "nexthop": "here"},
        {"destination": "2001:db8::/64", "nexthop": "10.0.0.9"},
    ):
        refused = await red.refused("PUT", path, {"router": {"routes": [wrong]}})
        assert refused[:2] == (400, "InvalidInput")
    many = [{"destination": f"192.0.{number}.0/24", "nexthop": "10.0.0.9"} for number in range(31)]
    assert (await red.refused("PUT", path, {"router": {"routes": many}}))[:2] == (400, "RoutesExhausted")
    clear = {"router": {"external_gateway_info": None}}
    assert (await red.refused("PUT", path, clear))[:2] == (400, "InvalidRoutes"), "a route needs the gateway"
    left = await act(red, place.router, "remove_extraroutes", router={"routes": [outward, outward]})
    assert left["router"]["routes"] == routes
    await red.change(path, clear)
    needed = await red.refused("PUT", f"{path}/remove_router_interface", {"subnet_id": place.subnet})
    assert needed[:2] == (409, "RouterInterfaceInUseByRoute")
    await red.change(path, {"router": {"routes": []}})
    await act(red, place.router, "remove_router_interface", subnet_id=place.subnet)


async def test_kinds_of_routers_that_are_not_offered_are_refused(admin: Api) -> None:
    for special in ("distributed", "ha"):
        assert (await admin.refused("POST", "routers", {"router": {special: True}}))[0] == 400
        ordinary: dict[str, Any] = {special: False}
        made = await admin.make("router", **ordinary)
        await admin.drop(f"routers/{made['id']}")


async def test_another_projects_router_is_as_unknown_as_none(red: Api, blue: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    _, subnet = await blue.network_with_subnet("10.5.0.0/24")
    unknown = new_id()
    requests: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PUT", "", {"router": {"name": "mine"}}),
        ("DELETE", "", None),
        ("PUT", "/add_router_interface", {"subnet_id": subnet}),
        ("PUT", "/remove_router_interface", {"subnet_id": place.subnet}),
        ("PUT", "/add_extraroutes", {"router": {"routes": []}}),
        ("PUT", "/remove_extraroutes", {"router": {"routes": []}}),
        ("GET", "/tags", None),
    ]
    for method, end, body in requests:
        for router in (place.router, unknown):
            found = await blue.refused(method, f"routers/{router}{end}", body)
            assert found == (404, "RouterNotFound", f"Router {router} could not be found")
    assert (await blue.fetch("routers"))["routers"] == []
    own = await blue.make("router")
    path = f"routers/{own['id']}/add_router_interface"
    assert (await blue.refused("PUT", path, {"subnet_id": place.subnet}))[:2] == (404, "SubnetNotFound")
    assert (await blue.refused("PUT", path, {"port_id": place.port["id"]}))[:2] == (404, "PortNotFound")
    assert place.router in {router["id"] for router in (await admin.fetch("routers"))["routers"]}


async def test_a_reader_looks_and_changes_nothing(red: Api, reader: Api) -> None:
    _, subnet = await red.network_with_subnet()
    router = await red.make("router")
    path = f"routers/{router['id']}"
    assert (await reader.fetch(path))["router"]["id"] == router["id"]
    requests: list[tuple[str, str, Any]] = [
        ("POST", "routers", {"router": {}}),
        ("PUT", path, {"router": {"name": "x"}}),
        ("DELETE", path, None),
        ("PUT", f"{path}/add_router_interface", {"subnet_id": subnet}),
        ("PUT", f"{path}/remove_router_interface", {"subnet_id": subnet}),
        ("PUT", f"{path}/add_extraroutes", {"router": {"routes": []}}),
    ]
    for method, where, body in requests:
        assert (await reader.refused(method, where, body))[:2] == (403, "PolicyNotAuthorized")


async def test_the_quota_of_routers_is_exact(red: Api, admin: Api) -> None:
    await admin.change(f"quotas/{red.project_id}", {"quota": {"router": 2}})
    first, _ = await red.make("router"), await red.make("router")
    assert (await red.refused("POST", "routers", {"router": {}}))[:2] == (409, "OverQuota")
    await red.drop(f"routers/{first['id']}")
    await red.make("router")
