"""Gateways on networks that have no subnets, and what they get with the first ones."""

from typing import Any

from tests.api.network.conftest import Api

OUTSIDE: dict[str, Any] = {"router:external": True}


async def addresses_of(api: Api, router: str) -> list[str]:
    info = (await api.fetch(f"routers/{router}"))["router"]["external_gateway_info"]
    return [fixed["ip_address"] for fixed in info["external_fixed_ips"]]


async def test_a_gateway_needs_no_subnet(red: Api, admin: Api) -> None:
    empty = (await admin.make("network", **OUTSIDE))["id"]
    asked = {"network_id": empty}
    made = await red.make("router", external_gateway_info=asked)
    assert made["external_gateway_info"] == {"network_id": empty, "enable_snat": True, "external_fixed_ips": []}
    later = await red.make("router")
    changed = await red.change(f"routers/{later['id']}", {"router": {"external_gateway_info": asked}})
    assert changed["router"]["external_gateway_info"] == made["external_gateway_info"]
    assert (await admin.refused("DELETE", f"networks/{empty}"))[:2] == (409, "NetworkInUse")
    cleared = await red.change(f"routers/{later['id']}", {"router": {"external_gateway_info": None}})
    assert cleared["router"]["external_gateway_info"] is None
    await red.drop(f"routers/{made['id']}")
    await admin.drop(f"networks/{empty}")


async def test_a_new_subnet_gives_gateways_their_addresses(red: Api, admin: Api) -> None:
    network = (await admin.make("network", **OUTSIDE))["id"]
    routers = [(await red.make("router", external_gateway_info={"network_id": network}))["id"] for _ in range(2)]
    four = {"network_id": network, "ip_version": 4, "enable_dhcp": False}
    pool = [{"start": "203.0.113.9", "end": "203.0.113.9"}]
    await admin.make("subnet", **four, cidr="203.0.113.0/24", allocation_pools=pool)
    held = [await addresses_of(red, router) for router in routers]
    assert sorted(held) == [[], ["203.0.113.9"]], "there is room for one, and the other goes without"
    await admin.make("subnet", **four, cidr="198.51.100.0/24")
    again = [await addresses_of(red, router) for router in routers]
    assert [len(each) for each in again] == [1, 1], "one address of a version is enough"
    six = {"network_id": network, "ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    await admin.make("subnet", **six, cidr="2001:db8::/64")
    for router in routers:
        first, second = await addresses_of(red, router)
        assert "." in first
        assert second.startswith("2001:db8::")
