"""Floating IPs over HTTP: taking and giving back, leading somewhere, isolation and conflicts."""

import asyncio
from typing import Any

from berthline.domain.dataplane import Unit
from berthline.domain.ids import new_id
from berthline.domain.snapshot import RouterSnapshot
from berthline.store import Store
from berthline.store.dataplane.snapshots import load_snapshots
from tests.api.builder import Cloud
from tests.api.network.conftest import PREFIX, Api
from tests.api.network.routers.l3 import act, external_network, inside


async def fetch_floating(api: Api, floating: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.fetch(f"floatingips/{floating}"))["floatingip"]
    return found


def led(store: Store, router: str) -> list[tuple[str, str]]:
    """What the dataplane is told that the router translates: outer and inner address."""
    unit = Unit("router", router)
    snapshot = store.read_now(lambda connection: load_snapshots(connection, [unit]))[unit]
    assert isinstance(snapshot, RouterSnapshot)
    return [(each.floating_ip, each.fixed_ip) for each in snapshot.floating_ips]


async def test_an_address_is_taken_led_to_a_port_and_given_back(red: Api, admin: Api, store: Store) -> None:
    external, outer = await external_network(admin)
    place = await inside(red, external)
    made = await red.make("floatingip", floating_network_id=external, description="web", tags=["x"])
    assert made["project_id"] == made["tenant_id"] == red.project_id
    assert (made["status"], made["port_id"], made["fixed_ip_address"], made["router_id"]) == ("DOWN", None, None, None)
    assert (made["floating_network_id"], made["description"], made["tags"]) == (external, "web", ["x"])
    assert made["floating_ip_address"].startswith("203.0.113.")
    (hidden,) = (await admin.fetch("ports", device_id=made["id"]))["ports"]
    assert (hidden["device_owner"], hidden["status"], hidden["project_id"]) == ("network:floatingip", "N/A", "")
    assert hidden["fixed_ips"] == [{"subnet_id": outer, "ip_address": made["floating_ip_address"]}]
    assert (await red.refused("GET", f"ports/{hidden['id']}"))[:2] == (404, "PortNotFound")
    path = f"floatingips/{made['id']}"
    associated = (await red.change(path, {"floatingip": {"port_id": place.port["id"]}}))["floatingip"]
    address = place.port["fixed_ips"][0]["ip_address"]
    assert (associated["port_id"], associated["fixed_ip_address"]) == (place.port["id"], address)
    assert (associated["status"], associated["router_id"]) == ("ACTIVE", place.router)
    assert led(store, place.router) == [(made["floating_ip_address"], address)]
    described = (await red.change(path, {"floatingip": {"description": "shop"}}))["floatingip"]
    assert (described["description"], described["port_id"]) == ("shop", place.port["id"])
    freed = (await red.change(path, {"floatingip": {"port_id": None}}))["floatingip"]
    assert (freed["status"], freed["port_id"], freed["fixed_ip_address"], freed["router_id"]) == (
        "DOWN",
        None,
        None,
        None,
    )
    assert led(store, place.router) == []
    await red.change(path, {"floatingip": {"port_id": place.port["id"], "fixed_ip_address": address}})
    await red.drop(path)
    assert led(store, place.router) == []
    assert (await admin.fetch("ports", device_id=made["id"]))["ports"] == []
    gone = (404, "FloatingIPNotFound", f"Floating IP {made['id']} could not be found")
    assert await red.refused("GET", path) == gone


async def test_it_is_made_with_a_port_or_not_at_all(red: Api, admin: Api, store: Store) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    made = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"])
    assert (made["status"], made["router_id"]) == ("ACTIVE", place.router)
    second = {"floating_network_id": external, "port_id": place.port["id"]}
    refused = await red.refused("POST", "floatingips", {"floatingip": second})
    assert refused[:2] == (409, "FloatingIPPortAlreadyAssociated")
    missing = {"floatingip": {"floating_network_id": external, "port_id": new_id()}}
    assert (await red.refused("POST", "floatingips", missing))[:2] == (404, "PortNotFound")
    alone = {"floatingip": {"floating_network_id": external, "fixed_ip_address": "10.0.0.9"}}
    assert (await red.refused("POST", "floatingips", alone))[:2] == (400, "BadRequest")
    strange = {"floating_network_id": external, "port_id": place.port["id"], "fixed_ip_address": "10.0.0.250"}
    assert (await red.refused("POST", "floatingips", {"floatingip": strange}))[:2] == (400, "BadRequest")
    assert len((await red.fetch("floatingips"))["floatingips"]) == 1
    assert len(led(store, place.router)) == 1


async def test_a_port_needs_a_router_that_leads_outside(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    elsewhere, _ = await external_network(admin, "198.51.100.0/24")
    place = await inside(red, external)
    network, _ = await red.network_with_subnet("10.7.0.0/24")
    unrouted = await red.make("port", network_id=network)
    not_reached = (404, "ExternalGatewayForFloatingIPNotFound")
    asked = {"floatingip": {"floating_network_id": external, "port_id": unrouted["id"]}}
    assert (await red.refused("POST", "floatingips", asked))[:2] == not_reached
    asked = {"floatingip": {"floating_network_id": elsewhere, "port_id": place.port["id"]}}
    assert (await red.refused("POST", "floatingips", asked))[:2] == not_reached
    assert (await red.fetch("floatingips"))["floatingips"] == []


async def test_only_external_networks_with_ipv4_have_floating_ips(red: Api, admin: Api) -> None:
    network, _ = await red.network_with_subnet()
    asked = {"floatingip": {"floating_network_id": network}}
    assert (await red.refused("POST", "floatingips", asked))[:2] == (400, "BadRequest")
    asked = {"floatingip": {"floating_network_id": new_id()}}
    assert (await red.refused("POST", "floatingips", asked))[:2] == (404, "NetworkNotFound")
    external, sixth = await external_network(admin, "2001:db8:1::/64")
    asked = {"floatingip": {"floating_network_id": external}}
    assert (await red.refused("POST", "floatingips", asked))[:2] == (400, "BadRequest")
    asked = {"floatingip": {"floating_network_id": external, "subnet_id": sixth}}
    assert (await red.refused("POST", "floatingips", asked))[:2] == (400, "BadRequest")
    await admin.make("subnet", network_id=external, ip_version=4, cidr="203.0.113.0/24")
    made = await red.make("floatingip", floating_network_id=external)
    assert made["floating_ip_address"].startswith("203.0.113.")


async def test_an_address_is_named_by_managers_and_a_subnet_by_anyone(cloud: Cloud, red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    second = await admin.make("subnet", network_id=external, ip_version=4, cidr="198.51.100.0/24")
    made = await red.make("floatingip", floating_network_id=external, subnet_id=second["id"])
    assert made["floating_ip_address"].startswith("198.51.100.")
    asked = {"floatingip": {"floating_network_id": external, "floating_ip_address": "203.0.113.77"}}
    assert (await red.refused("POST", "floatingips", asked))[:2] == (403, "PolicyNotAuthorized")
    named = await admin.make("floatingip", **asked["floatingip"], project_id=red.project_id)
    assert (named["floating_ip_address"], named["project_id"]) == ("203.0.113.77", red.project_id)
    assert (await admin.refused("POST", "floatingips", asked))[:2] == (409, "IpAddressAlreadyAllocated")
    wrong = {"floatingip": {"floating_network_id": external, "floating_ip_address": "192.0.2.1"}}
    assert (await admin.refused("POST", "floatingips", wrong))[:2] == (400, "InvalidIpForNetwork")
    where = f"/identity/v3/projects/{red.project_id}/users/{cloud.people['red-member'].user_id}/roles"
    assert (await admin.client.put(f"{where}/{cloud.roles['manager']}")).status_code == 204
    own = await red.make("floatingip", floating_network_id=external, floating_ip_address="203.0.113.78")
    assert own["floating_ip_address"] == "203.0.113.78"


async def test_addresses_run_out_and_come_back(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin, "203.0.113.0/30")
    only = await red.make("floatingip", floating_network_id=external)
    asked = {"floatingip": {"floating_network_id": external}}
    assert (await red.refused("POST", "floatingips", asked))[:2] == (409, "IpAddressGenerationFailure")
    await red.drop(f"floatingips/{only['id']}")
    again = await red.make("floatingip", floating_network_id=external)
    assert again["floating_ip_address"] == only["floating_ip_address"]


async def test_a_floating_ip_moves_from_router_to_router(red: Api, admin: Api, store: Store) -> None:
    external, _ = await external_network(admin)
    first, second = await inside(red, external), await inside(red, external, "10.8.0.0/24")
    made = await red.make("floatingip", floating_network_id=external, port_id=first.port["id"])
    await red.change(f"floatingips/{made['id']}", {"floatingip": {"port_id": second.port["id"]}})
    assert led(store, first.router) == []
    assert [outer for outer, _ in led(store, second.router)] == [made["floating_ip_address"]]
    assert (await fetch_floating(red, made["id"]))["router_id"] == second.router


async def test_a_port_with_several_addresses_needs_one_named(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    both = [{"ip_address": "10.0.0.20"}, {"ip_address": "10.0.0.21"}]
    port = await red.make("port", network_id=place.network, fixed_ips=both)
    asked: dict[str, Any] = {"floating_network_id": external, "port_id": port["id"]}
    assert (await red.refused("POST", "floatingips", {"floatingip": asked}))[:2] == (400, "BadRequest")
    for fixed in both:
        made = await red.make("floatingip", **asked, fixed_ip_address=fixed["ip_address"])
        assert made["fixed_ip_address"] == fixed["ip_address"]


async def test_what_a_floating_ip_needs_stays(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    elsewhere, _ = await external_network(admin, "198.51.100.0/24")
    place = await inside(red, external)
    made = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"])
    path = f"routers/{place.router}"
    in_use = (409, "RouterExternalGatewayInUseByFloatingIp")
    for other in (None, {}, {"network_id": elsewhere}):
        assert (await red.refused("PUT", path, {"router": {"external_gateway_info": other}}))[:2] == in_use
    needed = await red.refused("PUT", f"{path}/remove_router_interface", {"subnet_id": place.subnet})
    assert needed[:2] == (409, "RouterInterfaceInUseByFloatingIP")
    unset = {"network": {"router:external": False}}
    assert (await admin.refused("PUT", f"networks/{external}", unset))[:2] == (409, "ExternalNetworkInUse")
    assert (await admin.refused("DELETE", f"networks/{external}"))[:2] == (409, "NetworkInUse")
    await red.change(f"floatingips/{made['id']}", {"floatingip": {"port_id": None}})
    await act(red, place.router, "remove_router_interface", subnet_id=place.subnet)
    await red.change(path, {"router": {"external_gateway_info": None}})


async def test_a_deleted_port_lets_go_of_its_floating_ip(red: Api, admin: Api, store: Store) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    made = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"])
    await red.drop(f"ports/{place.port['id']}")
    freed = await fetch_floating(red, made["id"])
    assert (freed["status"], freed["port_id"], freed["router_id"]) == ("DOWN", None, None)
    assert freed["revision_number"] == 2
    assert led(store, place.router) == []


async def test_a_port_that_becomes_a_leg_and_goes_lets_go_too(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    made = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"])
    second = await red.make("router")
    await act(red, second["id"], "add_router_interface", port_id=place.port["id"])
    await act(red, second["id"], "remove_router_interface", port_id=place.port["id"])
    assert (await fetch_floating(red, made["id"]))["status"] == "DOWN"


async def test_lists_filter_by_what_clients_look_for(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    led_inside = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"])
    free = await red.make("floatingip", floating_network_id=external)
    filters: list[tuple[dict[str, str], list[str]]] = [
        ({"port_id": place.port["id"]}, [led_inside["id"]]),
        ({"router_id": place.router}, [led_inside["id"]]),
        ({"fixed_ip_address": led_inside["fixed_ip_address"]}, [led_inside["id"]]),
        ({"floating_ip_address": free["floating_ip_address"]}, [free["id"]]),
        ({"status": "DOWN"}, [free["id"]]),
        ({"floating_network_id": new_id()}, []),
    ]
    for query, found in filters:
        assert [each["id"] for each in (await red.fetch("floatingips", **query))["floatingips"]] == found, query
    page = await red.fetch("floatingips", sort_key="floating_ip_address", limit=1)
    assert len(page["floatingips"]) == 1
    assert page["floatingips_links"][0]["rel"] == "next"
    assert (await red.refused("GET", f"floatingips?marker={new_id()}"))[:2] == (404, "FloatingIPNotFound")


async def test_another_projects_floating_ip_is_as_unknown_as_none(red: Api, blue: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    made = await red.make("floatingip", floating_network_id=external)
    for floating in (made["id"], new_id()):
        for method, body in (("GET", None), ("PUT", {"floatingip": {"port_id": None}}), ("DELETE", None)):
            found = await blue.refused(method, f"floatingips/{floating}", body)
            assert found == (404, "FloatingIPNotFound", f"Floating IP {floating} could not be found")
    assert (await blue.fetch("floatingips"))["floatingips"] == []
    stolen = {"floatingip": {"floating_network_id": external, "port_id": place.port["id"]}}
    assert (await blue.refused("POST", "floatingips", stolen))[:2] == (404, "PortNotFound")
    for_red = {"floatingip": {"floating_network_id": external, "project_id": red.project_id}}
    assert (await blue.refused("POST", "floatingips", for_red))[0] == 400
    assert [each["id"] for each in (await admin.fetch("floatingips"))["floatingips"]] == [made["id"]]


async def test_a_reader_looks_and_changes_nothing(red: Api, reader: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    made = await red.make("floatingip", floating_network_id=external)
    path = f"floatingips/{made['id']}"
    assert (await reader.fetch(path))["floatingip"] == made
    denied = (403, "PolicyNotAuthorized")
    asked = {"floatingip": {"floating_network_id": external}}
    assert (await reader.refused("POST", "floatingips", asked))[:2] == denied
    assert (await reader.refused("PUT", path, {"floatingip": {"port_id": None}}))[:2] == denied
    assert (await reader.refused("DELETE", path))[:2] == denied


async def test_the_quota_is_exact_and_several_are_all_or_none(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    await admin.change(f"quotas/{red.project_id}", {"quota": {"floatingip": 2, "port": 0}})
    one = {"floating_network_id": external}
    refused = await red.refused("POST", "floatingips", {"floatingips": [one, one, one]})
    assert refused[:2] == (409, "OverQuota")
    assert (await red.fetch("floatingips"))["floatingips"] == []
    answer = await red.client.post(f"{PREFIX}/floatingips", json={"floatingips": [one, one]})
    assert answer.status_code == 201, "hidden ports count in no quota"
    assert (await red.refused("POST", "floatingips", {"floatingip": one}))[:2] == (409, "OverQuota")
    await red.drop(f"floatingips/{answer.json()['floatingips'][0]['id']}")
    await red.make("floatingip", **one)


async def test_of_many_at_once_one_gets_the_port_and_each_another_address(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin, "203.0.113.0/28")
    place = await inside(red, external)
    asked = {"floatingip": {"floating_network_id": external}}
    made = await asyncio.gather(*(red.client.post(f"{PREFIX}/floatingips", json=asked) for _ in range(16)))
    taken = [answer.json()["floatingip"] for answer in made if answer.status_code == 201]
    assert len({each["floating_ip_address"] for each in taken}) == len(taken) == 12, (
        "14 hosts, the gateway and a router"
    )
    assert {answer.status_code for answer in made} == {201, 409}
    lead = {"floatingip": {"port_id": place.port["id"]}}
    answers = await asyncio.gather(*(red.client.put(f"{PREFIX}/floatingips/{each['id']}", json=lead) for each in taken))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 11
