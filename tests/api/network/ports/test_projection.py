"""Relations between ports, and names of ports, reach the dataplane with every change of either side."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from berthline.domain.ids import new_id
from berthline.store import Store
from tests.api.builder import HandClock
from tests.api.network.conftest import Api
from tests.api.network.routers.l3 import act
from tests.api.network.test_projection import Projected


@pytest.fixture
async def plane(store: Store, clock: HandClock) -> AsyncIterator[Projected]:
    made = Projected(store, clock)
    yield made
    await made.check()


def virtual(plane: Projected, port: dict[str, Any]) -> tuple[str, list[str]] | None:
    """The address and the parents of a virtual port; None for another."""
    row = plane.row("Logical_Switch_Port", port["id"])
    options = dict(row["options"])
    if row["type"] != "virtual":
        assert row["type"] == ""
        assert not {"virtual-ip", "virtual-parents"} & options.keys()
        return None
    return options["virtual-ip"], options["virtual-parents"].split(",")


def pairs(*ips: str) -> list[dict[str, str]]:
    return [{"ip_address": ip} for ip in ips]


async def set_pairs(api: Api, port: dict[str, Any], *ips: str) -> None:
    await api.change(f"ports/{port['id']}", {"port": {"allowed_address_pairs": pairs(*ips)}})


@pytest.mark.parametrize("cidr", ["10.0.0.0/24", "2001:db8::/64"])
async def test_an_address_that_others_may_have_is_virtual(red: Api, admin: Api, plane: Projected, cidr: str) -> None:
    network, subnet = await red.network_with_subnet(cidr)
    address = cidr.partition("/")[0].removesuffix("0") + "77"
    early = await red.make("port", network_id=network, allowed_address_pairs=pairs(address))
    vip = await red.make("port", network_id=network, fixed_ips=[{"ip_address": address}])
    await plane.check()
    assert virtual(plane, vip) == (address, [early["id"]])
    late = await red.make(
        "port", network_id=network, allowed_address_pairs=pairs(f"{address}/{128 if ':' in cidr else 32}")
    )
    await plane.check()
    assert virtual(plane, vip) == (address, sorted([early["id"], late["id"]]))
    await set_pairs(red, early)
    await plane.check()
    assert virtual(plane, vip) == (address, [late["id"]])
    await set_pairs(red, early, address)
    await red.drop(f"ports/{late['id']}")
    await plane.check()
    assert virtual(plane, vip) == (address, [early["id"]])
    await admin.change(f"ports/{vip['id']}", {"port": {"binding:host_id": "host"}})
    await plane.check()
    assert virtual(plane, vip) is None
    await admin.change(f"ports/{vip['id']}", {"port": {"binding:host_id": ""}})
    await plane.check()
    assert virtual(plane, vip) == (address, [early["id"]])
    await red.change(f"ports/{vip['id']}", {"port": {"fixed_ips": [{"subnet_id": subnet}]}})
    await set_pairs(red, early, "198.51.100.9", "198.51.100.0/24")
    await plane.check()
    assert virtual(plane, vip) is None
    moved = (await red.fetch(f"ports/{vip['id']}"))["port"]["fixed_ips"][0]["ip_address"]
    await set_pairs(red, early, moved)
    await red.drop(f"ports/{early['id']}")
    await plane.check()
    assert virtual(plane, vip) is None


async def test_what_is_on_another_network_or_a_prefix_makes_nothing_virtual(red: Api, plane: Projected) -> None:
    network, _ = await red.network_with_subnet()
    other, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network, fixed_ips=[{"ip_address": "10.0.0.77"}])
    for of in (network, other):
        await red.make("port", network_id=of, allowed_address_pairs=pairs("10.0.0.0/24"))
    await red.make("port", network_id=other, allowed_address_pairs=pairs("10.0.0.77"))
    await set_pairs(red, port, "10.0.0.77")
    await plane.check()
    assert virtual(plane, port) is None


async def test_a_parent_that_becomes_a_routers_leg_is_none_any_more(red: Api, plane: Projected) -> None:
    network, _ = await red.network_with_subnet()
    vip = await red.make("port", network_id=network, fixed_ips=[{"ip_address": "10.0.0.77"}])
    parent = await red.make("port", network_id=network, allowed_address_pairs=pairs("10.0.0.77"))
    router = await red.make("router")
    await plane.check()
    assert virtual(plane, vip) == ("10.0.0.77", [parent["id"]])
    await act(red, router["id"], "add_router_interface", port_id=parent["id"])
    await plane.check()
    assert virtual(plane, vip) is None


async def test_names_follow_their_port_and_its_network(red: Api, plane: Projected) -> None:
    network, subnet = await red.network_with_subnet()
    port = await red.make("port", network_id=network, dns_name="Web", fixed_ips=[{"ip_address": "10.0.0.7"}])
    await plane.check()

    def records() -> dict[str, str]:
        return dict(plane.row("DNS", f"dns-{port['id']}")["records"])

    assert records() == {
        "web.openstacklocal": "10.0.0.7",
        "web": "10.0.0.7",
        "7.0.0.10.in-addr.arpa": "web.openstacklocal",
    }
    await red.change(f"networks/{network}", {"network": {"dns_domain": "Lab.Example."}})
    await plane.check()
    assert records()["web.lab.example"] == records()["web.openstacklocal"] == "10.0.0.7"
    assert records()["7.0.0.10.in-addr.arpa"] == "web.lab.example"
    assert dict(plane.row("DHCP_Options", f"dhcp-{subnet}")["options"])["domain_name"] == '"lab.example"'
    changed = {"port": {"dns_name": "db", "fixed_ips": [{"ip_address": "10.0.0.8"}, {"ip_address": "10.0.0.9"}]}}
    await red.change(f"ports/{port['id']}", changed)
    await plane.check()
    assert records()["db"] == "10.0.0.8 10.0.0.9"
    await red.change(f"ports/{port['id']}", {"port": {"dns_name": ""}})
    await plane.check()
    assert not any(name.table == "DNS" for rows in plane.plane.rows().values() for name in rows)


async def test_nobody_answers_for_the_world_on_a_shared_network(red: Api, admin: Api, plane: Projected) -> None:
    network, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network, dns_name="www.example.com.")
    await plane.check()
    address = port["fixed_ips"][0]["ip_address"]
    assert dict(plane.row("DNS", f"dns-{port['id']}")["records"])["www.example.com"] == address
    body = {"object_type": "network", "object_id": network, "action": "access_as_shared"}
    mine = await red.make("rbac_policy", "rbac-policies", **body, target_tenant=red.project_id)
    other = await red.make("rbac_policy", "rbac-policies", **body, target_tenant=new_id())
    await plane.check()
    assert not any(name.table == "DNS" for rows in plane.plane.rows().values() for name in rows)
    await red.drop(f"rbac-policies/{other['id']}")
    await plane.check()
    assert dict(plane.row("DNS", f"dns-{port['id']}")["records"])["www.example.com"] == address
    await red.drop(f"rbac-policies/{mine['id']}")
    await admin.change(f"networks/{network}", {"network": {"shared": True}})
    await plane.check()
    assert not any(name.table == "DNS" for rows in plane.plane.rows().values() for name in rows)


async def test_a_network_with_names_goes(red: Api, plane: Projected) -> None:
    network, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network, dns_name="web")
    await plane.check()
    await red.drop(f"ports/{port['id']}")
    await red.drop(f"networks/{network}")
    await plane.check()
    assert not any(name.table == "DNS" for rows in plane.plane.rows().values() for name in rows)
