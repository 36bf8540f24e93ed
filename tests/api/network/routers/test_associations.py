"""Where requests lead floating IPs, and where they may not."""

from typing import Any

import pytest

from tests.api.network.conftest import Api
from tests.api.network.routers.l3 import act, external_network, inside

BAD = (400, "BadRequest")


async def fetch(api: Api, floating: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.fetch(f"floatingips/{floating}"))["floatingip"]
    return found


async def test_a_blank_update_lets_it_lead_nowhere(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    made = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"], description="mine")
    changed = (await red.change(f"floatingips/{made['id']}", {"floatingip": {}}))["floatingip"]
    assert (changed["port_id"], changed["fixed_ip_address"], changed["router_id"]) == (None, None, None)
    assert (changed["status"], changed["description"]) == ("DOWN", "mine")
    again = (await red.change(f"floatingips/{made['id']}", {"floatingip": {}}))["floatingip"]
    assert (again["port_id"], again["description"]) == (None, "mine")


async def test_a_description_alone_leaves_the_association(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    made = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"])
    changed = (await red.change(f"floatingips/{made['id']}", {"floatingip": {"description": "new"}}))["floatingip"]
    assert (changed["port_id"], changed["description"]) == (place.port["id"], "new")


@pytest.mark.parametrize("more", [{}, {"port_id": None}, {"description": "new"}])
async def test_an_address_needs_its_port(red: Api, admin: Api, more: dict[str, Any]) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    both = [{"ip_address": "10.0.0.20"}, {"ip_address": "10.0.0.21"}]
    port = await red.make("port", network_id=place.network, fixed_ips=both)
    leading = await red.make(
        "floatingip", floating_network_id=external, port_id=port["id"], fixed_ip_address="10.0.0.20"
    )
    resting = await red.make("floatingip", floating_network_id=external)
    for made in (leading, resting):
        for address in ("10.0.0.21", "10.0.0.20", "nonsense"):
            asked = {"floatingip": {"fixed_ip_address": address, **more}}
            assert (await red.refused("PUT", f"floatingips/{made['id']}", asked))[:2] == BAD
        assert await fetch(red, made["id"]) == made
    body = {"floatingip": {"floating_network_id": external, "fixed_ip_address": "10.0.0.20", **more}}
    assert (await red.refused("POST", "floatingips", body))[:2] == BAD
    moved = {"floatingip": {"fixed_ip_address": "10.0.0.21", "port_id": port["id"]}}
    changed = (await red.change(f"floatingips/{leading['id']}", moved))["floatingip"]
    assert changed["fixed_ip_address"] == "10.0.0.21"


async def test_a_port_of_another_project_is_no_target(red: Api, blue: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    await admin.change(f"networks/{place.network}", {"network": {"shared": True}})
    theirs = await blue.make("port", network_id=place.network)
    made = await red.make("floatingip", floating_network_id=external)
    asked = {"floatingip": {"port_id": theirs["id"]}}
    assert (await red.refused("PUT", f"floatingips/{made['id']}", asked))[:2] == BAD
    assert await fetch(red, made["id"]) == made
    body = {"floatingip": {"floating_network_id": external, "port_id": theirs["id"]}}
    assert (await red.refused("POST", "floatingips", body))[:2] == BAD
    assert (await red.fetch("floatingips"))["floatingips"] == [made]
    hidden = await blue.refused("POST", "floatingips", {
        "floatingip": {"floating_network_id": external, "port_id": place.port["id"]}
    })  # fmt: skip
    assert hidden[:2] == (404, "PortNotFound"), "one that the caller does not see is as unknown as none"
    changed = (await admin.change(f"floatingips/{made['id']}", asked))["floatingip"]
    assert changed["port_id"] == theirs["id"], "an admin may"


async def test_a_leg_of_a_router_is_a_target(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    (leg,) = (await red.fetch("ports", device_id=place.router, device_owner="network:router_interface"))["ports"]
    made = await red.make("floatingip", floating_network_id=external)
    changed = (await red.change(f"floatingips/{made['id']}", {"floatingip": {"port_id": leg["id"]}}))["floatingip"]
    assert (changed["port_id"], changed["fixed_ip_address"]) == (leg["id"], "10.0.0.1")
    path = f"routers/{place.router}/remove_router_interface"
    in_use = (409, "RouterInterfaceInUseByFloatingIP")
    assert (await red.refused("PUT", path, {"port_id": leg["id"]}))[:2] == in_use
    await red.drop(f"floatingips/{made['id']}")
    direct = await red.make("floatingip", floating_network_id=external, port_id=leg["id"])
    assert direct["status"] == "ACTIVE"
    await red.change(f"floatingips/{direct['id']}", {"floatingip": {}})
    await act(red, place.router, "remove_router_interface", port_id=leg["id"])


async def test_a_port_of_dhcp_is_no_target(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    port = await red.make("port", network_id=place.network, device_owner="network:dhcp")
    made = await red.make("floatingip", floating_network_id=external)
    for api in (red, admin):
        asked = {"floatingip": {"port_id": port["id"]}}
        assert (await api.refused("PUT", f"floatingips/{made['id']}", asked))[:2] == BAD
        body = {"floatingip": {"floating_network_id": external, "port_id": port["id"], "project_id": red.project_id}}
        assert (await api.refused("POST", "floatingips", body))[:2] == BAD
    assert await fetch(red, made["id"]) == made


async def test_an_address_and_a_subnet_have_to_agree(admin: Api) -> None:
    external, first = await external_network(admin)
    body: dict[str, Any] = {"network_id": external, "ip_version": 4, "cidr": "198.51.100.0/24"}
    second = (await admin.make("subnet", **body))["id"]
    named = {"floating_network_id": external, "floating_ip_address": "203.0.113.77"}
    refused = await admin.refused("POST", "floatingips", {"floatingip": {**named, "subnet_id": second}})
    assert refused[:2] == (400, "InvalidIpForSubnet")
    made = await admin.make("floatingip", **named, subnet_id=first)
    assert made["floating_ip_address"] == "203.0.113.77"
