"""Auto-allocated topologies over HTTP: made once, checked without being made, taken away, and one's own alone."""

import asyncio
import ipaddress
from typing import Any

from tests.api.network.conftest import PREFIX, Api
from tests.api.network.routers.l3 import OUTSIDE, external_network

PATH = "auto-allocated-topology"
NOUNS = ("networks", "subnets", "routers", "ports")


async def default_external(admin: Api, cidr: str = OUTSIDE, **attributes: Any) -> str:
    """The id of a new default external network."""
    network, _ = await external_network(admin, cidr, **attributes)
    await admin.change(f"networks/{network}", {"network": {"is_default": True}})
    return network


async def holdings(api: Api) -> dict[str, list[Any]]:
    """What the project owns of every noun."""
    return {noun: (await api.fetch(noun, project_id=api.project_id))[noun] for noun in NOUNS}


async def used(api: Api) -> dict[str, int]:
    quota = (await api.fetch(f"quotas/{api.project_id}/details.json"))["quota"]
    return {name: quota[name]["used"] for name in ("network", "subnet", "router", "port")}


async def test_it_is_made_on_the_first_ask_and_found_on_the_next(red: Api, admin: Api) -> None:
    outside = await default_external(admin)
    made = (await red.fetch(f"{PATH}/{red.project_id}"))["auto_allocated_topology"]
    assert made == {"id": made["id"], "tenant_id": red.project_id, "project_id": red.project_id}
    for path in (f"{PATH}/{red.project_id}", f"{PATH}/null", f"{PATH}/None"):
        assert (await red.fetch(path))["auto_allocated_topology"] == made
    held = await holdings(red)
    (network,), (subnet,), (router,) = held["networks"], held["subnets"], held["routers"]
    assert (network["id"], network["name"], network["admin_state_up"]) == (made["id"], "auto_allocated_network", True)
    assert (subnet["name"], subnet["cidr"]) == ("auto_allocated_subnet_v4", "10.128.0.0/26")
    assert (subnet["network_id"], subnet["gateway_ip"]) == (made["id"], "10.128.0.1")
    assert (router["name"], router["external_gateway_info"]["network_id"]) == ("auto_allocated_router", outside)
    legs = (await red.fetch("ports", device_id=router["id"]))["ports"]
    assert [leg["fixed_ips"] for leg in legs] == [[{"subnet_id": subnet["id"], "ip_address": "10.128.0.1"}]]
    assert await used(red) == {"network": 1, "subnet": 1, "router": 1, "port": 1}


async def test_sixteen_at_once_make_one(red: Api, admin: Api) -> None:
    await default_external(admin)
    answers = await asyncio.gather(*(red.client.get(f"{PREFIX}/{PATH}/{red.project_id}") for _ in range(16)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["auto_allocated_topology"]["id"] for answer in answers}) == 1
    assert await used(red) == {"network": 1, "subnet": 1, "router": 1, "port": 1}
    assert len((await holdings(red))["networks"]) == 1


async def test_a_dry_run_says_whether_it_can_be_and_makes_nothing(red: Api, admin: Api) -> None:
    dry = f"{PATH}/{red.project_id}?fields=dry-run"
    before = await holdings(red)
    status, kind, message = await red.refused("GET", dry)
    assert (status, kind) == (409, "AutoAllocationFailure")
    assert message == "Deployment error: there is no default external network."
    await default_external(admin)
    quota: dict[str, Any] = {"quota": {"router": 0, "subnet": 0}}
    await admin.change(f"quotas/{red.project_id}", quota)
    message = (await red.refused("GET", dry))[2]
    assert "quota 'router'" in message
    assert "quota 'subnet'" in message
    assert (await red.refused("GET", f"{PATH}/{red.project_id}"))[:2] == (409, "AutoAllocationFailure")
    await admin.drop(f"quotas/{red.project_id}")
    passed = (await red.fetch(f"{PATH}/{red.project_id}", fields="dry-run"))["auto_allocated_topology"]
    assert passed == {"id": "dry-run=pass", "tenant_id": red.project_id, "project_id": red.project_id}
    assert await holdings(red) == before
    assert (await red.refused("GET", f"{PATH}/{red.project_id}?fields=name"))[0] == 400


async def test_an_external_network_without_an_address_is_no_way_out(red: Api, admin: Api) -> None:
    pool = [{"start": "203.0.113.9", "end": "203.0.113.9"}]
    outside = await default_external(admin, allocation_pools=pool)
    await admin.make("router", external_gateway_info={"network_id": outside})
    before = await holdings(red)
    status, kind, message = await red.refused("GET", f"{PATH}/{red.project_id}")
    assert (status, kind) == (409, "AutoAllocationFailure")
    assert f"default external network {outside} has no address left" in message
    assert await holdings(red) == before


async def test_its_prefix_overlaps_none_of_the_projects_own(red: Api, blue: Api, admin: Api) -> None:
    await default_external(admin, "10.128.0.128/25")
    mine = ["10.128.0.0/28", "10.128.0.64/26"]
    for cidr in mine:
        await red.network_with_subnet(cidr)
    topology = (await red.fetch(f"{PATH}/null"))["auto_allocated_topology"]
    (subnet,) = (await red.fetch("subnets", network_id=topology["id"]))["subnets"]
    assert subnet["cidr"] == "10.128.1.0/26"
    assert not any(ipaddress.ip_network(subnet["cidr"]).overlaps(ipaddress.ip_network(cidr)) for cidr in mine)
    await blue.fetch(f"{PATH}/null")
    assert [one["cidr"] for one in (await holdings(blue))["subnets"]] == ["10.128.0.0/26"]


async def test_a_pool_that_the_project_fills_is_told(red: Api, admin: Api) -> None:
    await default_external(admin)
    await red.network_with_subnet("10.128.0.0/10")
    assert "leave no /26 free in 10.128.0.0/10" in (await red.refused("GET", f"{PATH}/null"))[2]


async def test_deleting_takes_all_of_it_or_nothing(red: Api, admin: Api) -> None:
    await default_external(admin)
    before = await holdings(red)
    await red.drop(f"{PATH}/{red.project_id}")  # there is none: nothing happens
    made = (await red.fetch(f"{PATH}/null"))["auto_allocated_topology"]["id"]
    port = await red.make("port", network_id=made)
    held = await holdings(red)
    assert (await red.refused("DELETE", f"{PATH}/null"))[:2] == (409, "NetworkInUse")
    assert await holdings(red) == held
    await red.drop(f"ports/{port['id']}")
    await red.drop(f"{PATH}/{red.project_id}")
    assert await holdings(red) == before
    assert await used(red) == {"network": 0, "subnet": 0, "router": 0, "port": 0}
    again = (await red.fetch(f"{PATH}/null"))["auto_allocated_topology"]["id"]
    assert again != made


async def test_it_is_made_anew_when_its_network_was_deleted(red: Api, admin: Api) -> None:
    await default_external(admin)
    made = (await red.fetch(f"{PATH}/null"))["auto_allocated_topology"]["id"]
    (router,) = (await holdings(red))["routers"]
    (subnet,) = (await holdings(red))["subnets"]
    await red.change(f"routers/{router['id']}/remove_router_interface", {"subnet_id": subnet["id"]})
    await red.drop(f"routers/{router['id']}")
    assert (await red.fetch(f"{PATH}/null"))["auto_allocated_topology"]["id"] == made
    await red.drop(f"networks/{made}")
    assert (await red.fetch(f"{PATH}/null"))["auto_allocated_topology"]["id"] != made


async def test_another_projects_is_refused_whether_there_is_one_or_not(
    red: Api, blue: Api, admin: Api, reader: Api
) -> None:
    await default_external(admin)
    before = await blue.refused("GET", f"{PATH}/{red.project_id}")
    made = (await red.fetch(f"{PATH}/null"))["auto_allocated_topology"]
    for path in (f"{PATH}/{red.project_id}", f"{PATH}/{red.project_id}?fields=dry-run"):
        assert await blue.refused("GET", path) == before
    assert before[:2] == (403, "PolicyNotAuthorized")
    assert (await blue.refused("DELETE", f"{PATH}/{red.project_id}"))[0] == 403
    assert (await reader.refused("DELETE", f"{PATH}/null"))[0] == 403
    assert (await reader.fetch(f"{PATH}/null"))["auto_allocated_topology"] == made
    assert (await admin.fetch(f"{PATH}/{red.project_id}"))["auto_allocated_topology"] == made
    theirs = (await admin.fetch(f"{PATH}/{blue.project_id}"))["auto_allocated_topology"]
    assert (await blue.fetch(f"{PATH}/null"))["auto_allocated_topology"] == theirs
    assert {one["project_id"] for nouns in (await holdings(blue)).values() for one in nouns} == {blue.project_id}


async def test_a_reader_makes_none(reader: Api, admin: Api) -> None:
    await default_external(admin)
    assert (await reader.refused("GET", f"{PATH}/null"))[:2] == (403, "PolicyNotAuthorized")
    assert (await reader.fetch(f"{PATH}/null", fields="dry-run"))["auto_allocated_topology"]["id"] == "dry-run=pass"


async def test_there_is_one_default_external_network(admin: Api) -> None:
    first = await default_external(admin)
    second, _ = await external_network(admin, "198.51.100.0/24")
    status, kind, message = await admin.refused("PUT", f"networks/{second}", {"network": {"is_default": True}})
    assert (status, kind) == (409, "DefaultExternalNetworkExists")
    assert message == f"A default external network already exists: {first}."
    body = {"network": {"router:external": True, "is_default": True}}
    assert (await admin.refused("POST", "networks", body))[:2] == (409, "DefaultExternalNetworkExists")
    await admin.change(f"networks/{first}", {"network": {"is_default": False}})
    await admin.change(f"networks/{second}", {"network": {"is_default": True}})
    assert (await admin.fetch(f"networks/{second}"))["network"]["is_default"] is True


async def test_clients_find_that_it_is_offered(red: Api) -> None:
    assert (await red.fetch(f"extensions/{PATH}"))["extension"]["alias"] == PATH
