"""An external network goes with the floating IPs on it that lead nowhere."""

from typing import Any

from tests.api.network.conftest import Api
from tests.api.network.routers.l3 import external_network, inside


async def used(api: Api, resource: str) -> int:
    found: int = (await api.fetch(f"quotas/{api.project_id}/details"))["quota"][resource]["used"]
    return found


async def test_floating_ips_without_a_port_go_with_their_network(red: Api, blue: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    other, _ = await external_network(admin, "198.51.100.0/24")
    await red.make("floatingip", floating_network_id=external)
    await blue.make("floatingip", floating_network_id=external)
    kept = await red.make("floatingip", floating_network_id=other)
    await admin.drop(f"networks/{external}")
    assert (await admin.fetch("floatingips"))["floatingips"] == [kept]
    assert [port["network_id"] for port in (await admin.fetch("ports"))["ports"]] == [other]
    assert (await used(red, "floatingip"), await used(blue, "floatingip")) == (1, 0)


async def test_one_that_leads_somewhere_holds_its_network(red: Api, admin: Api) -> None:
    external, _ = await external_network(admin)
    place = await inside(red, external)
    leading = await red.make("floatingip", floating_network_id=external, port_id=place.port["id"])
    resting = await red.make("floatingip", floating_network_id=external)
    assert (await admin.refused("DELETE", f"networks/{external}"))[:2] == (409, "NetworkInUse")
    await red.change(f"floatingips/{leading['id']}", {"floatingip": {"port_id": None}})
    assert (await admin.refused("DELETE", f"networks/{external}"))[:2] == (409, "NetworkInUse"), "the gateway is there"
    shown = {each["id"] for each in (await red.fetch("floatingips"))["floatingips"]}
    assert shown == {leading["id"], resting["id"]}, "what is refused deletes nothing"
    await red.change(f"routers/{place.router}", {"router": {"external_gateway_info": None}})
    await admin.drop(f"networks/{external}")
    assert (await red.fetch("floatingips"))["floatingips"] == []


async def test_its_owner_deletes_no_floating_ip_of_another_project(red: Api, blue: Api, admin: Api) -> None:
    outside: dict[str, Any] = {"router:external": True, "project_id": red.project_id}
    external = (await admin.make("network", name="outside", **outside))["id"]
    await admin.make("subnet", network_id=external, ip_version=4, cidr="203.0.113.0/24")
    theirs = await blue.make("floatingip", floating_network_id=external)
    await red.make("floatingip", floating_network_id=external)
    assert (await red.refused("DELETE", f"networks/{external}"))[:2] == (409, "NetworkInUse")
    assert len((await admin.fetch("floatingips"))["floatingips"]) == 2
    await blue.drop(f"floatingips/{theirs['id']}")
    await red.drop(f"networks/{external}")
    assert (await admin.fetch("floatingips"))["floatingips"] == []
