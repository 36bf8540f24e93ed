"""Subnets over HTTP: defaults, checks, and what follows for ports."""

import pytest

from tests.api.network.conftest import PREFIX, Api


async def test_a_subnet_has_neutrons_defaults(red: Api) -> None:
    network = await red.make("network")
    subnet = await red.make("subnet", network_id=network["id"], ip_version=4, cidr="10.1.0.0/24", name="s")
    assert subnet["gateway_ip"] == "10.1.0.1"
    assert subnet["allocation_pools"] == [{"start": "10.1.0.2", "end": "10.1.0.254"}]
    assert subnet["enable_dhcp"] is True
    assert (subnet["dns_nameservers"], subnet["host_routes"], subnet["ipv6_ra_mode"]) == ([], [], None)
    v6 = await red.make("subnet", network_id=network["id"], ip_version=6, cidr="fd00::/64", gateway_ip=None)
    assert v6["gateway_ip"] is None
    assert v6["allocation_pools"] == [{"start": "fd00::1", "end": "fd00::ffff:ffff:ffff:ffff"}]
    shown = (await red.fetch(f"networks/{network['id']}"))["network"]
    assert shown["subnets"] == [subnet["id"], v6["id"]]
    assert shown["revision_number"] == 3


@pytest.mark.parametrize(
    ("attributes", "status", "kind"),
    [
        ({"cidr": "10.0.0.0"}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/"}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/33"}, 400, "InvalidInput"),
        ({"cidr": "10/8"}, 400, "InvalidInput"),
        ({"cidr": " 10.0.0.0/24"}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/255.0.255.0"}, 400, "InvalidInput"),
        ({"cidr": "fd00::", "ip_version": 6}, 400, "InvalidInput"),
        ({"cidr": "fd00::%1/64", "ip_version": 6}, 400, "InvalidInput"),
        ({"cidr": "0.0.0.0/0"}, 400, "InvalidInput"),
        ({"cidr": "224.0.0.0/8"}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/31"}, 400, "InvalidInput"),
        ({"cidr": "fd00::/64"}, 400, "InvalidInput"),
        ({"cidr": "10.8.0.128/25"}, 400, "InvalidInput"),
        ({"cidr": "10.8.0.0/16"}, 400, "InvalidInput"),
        ({}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "subnetpool_id": "x"}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "gateway_ip": "fd00::1"}, 400, "InvalidInput"),
        ({"cidr": "fd00::/64", "ip_version": 6, "gateway_ip": "10.0.0.1"}, 400, "InvalidInput"),
        ({"cidr": "fd00::/127", "ip_version": 6}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.0"}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.255"}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "gateway_ip": "here"}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "ipv6_ra_mode": "slaac"}, 400, "InvalidInput"),
        ({"cidr": "fd00::/63", "ip_version": 6, "ipv6_address_mode": "slaac"}, 400, "InvalidInput"),
        ({"cidr": "fd00::/64", "ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "dhcpv6-stateful"},
         400, "InvalidInput"),
        ({"cidr": "fd00::/64", "ip_version": 6, "ipv6_ra_mode": "slaac", "enable_dhcp": False}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "dns_nameservers": ["8.8.8.8", "8.8.8.8"]}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "dns_nameservers": ["dns.example"]}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "dns_nameservers": ["9.9.9.9", "2620:fe::fe"]}, 400, "InvalidInput"),
        ({"cidr": "fd00::/64", "ip_version": 6, "dns_nameservers": ["9.9.9.9"]}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "host_routes": [{"destination": "x", "nexthop": "10.0.0.9"}]}, 400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "host_routes": [{"destination": "fd01::/64", "nexthop": "fd00::9"}]},
         400, "InvalidInput"),
        ({"cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.0.9", "end": "10.0.0.2"}]},
         400, "InvalidAllocationPool"),
        ({"cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.0.9", "end": "10.0.1.2"}]},
         400, "OutOfBoundsAllocationPool"),
        ({"cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.0.2", "end": "10.0.0.9"},
                                                     {"start": "10.0.0.9", "end": "10.0.0.20"}]},
         409, "OverlappingAllocationPools"),
        ({"cidr": "10.0.0.0/24", "allocation_pools": [{"start": "10.0.0.1", "end": "10.0.0.9"}]},
         409, "GatewayConflictWithAllocationPools"),
    ],
)  # fmt: skip
async def test_subnets_that_cannot_be_are_refused(
    red: Api, attributes: dict[str, object], status: int, kind: str
) -> None:
    network_id, _ = await red.network_with_subnet("10.8.0.0/24")
    body = {"subnet": {"network_id": network_id, "ip_version": 4, **attributes}}
    assert (await red.refused("POST", "subnets", body))[:2] == (status, kind)
    assert len((await red.fetch("subnets"))["subnets"]) == 1


async def test_a_subnet_is_changed(red: Api) -> None:
    _, subnet_id = await red.network_with_subnet()
    asked = {
        "name": "new",
        "dns_nameservers": ["9.9.9.9", "1.1.1.1"],
        "host_routes": [{"destination": "192.168.0.0/16", "nexthop": "10.0.0.200"}],
        "allocation_pools": [{"start": "10.0.0.100", "end": "10.0.0.110"}],
        "gateway_ip": "10.0.0.254",
    }
    changed = (await red.change(f"subnets/{subnet_id}", {"subnet": asked}))["subnet"]
    assert {name: changed[name] for name in asked} == asked
    conflict = {"subnet": {"gateway_ip": "10.0.0.105"}}
    assert (await red.refused("PUT", f"subnets/{subnet_id}", conflict))[:2] == (
        409,
        "GatewayConflictWithAllocationPools",
    )
    other_version = {"subnet": {"dns_nameservers": ["2620:fe::fe"]}}
    assert (await red.refused("PUT", f"subnets/{subnet_id}", other_version))[:2] == (400, "InvalidInput")
    assert (await red.fetch(f"subnets/{subnet_id}"))["subnet"]["dns_nameservers"] == asked["dns_nameservers"]
    fixed = await red.refused("PUT", f"subnets/{subnet_id}", {"subnet": {"cidr": "10.0.0.0/16"}})
    assert fixed[:2] == (400, "HTTPBadRequest")


async def test_the_metadata_port_has_an_address_in_each_ipv4_subnet_with_dhcp(red: Api, admin: Api) -> None:
    network_id, first = await red.network_with_subnet("10.0.0.0/24")
    second = await red.make("subnet", network_id=network_id, ip_version=4, cidr="10.0.1.0/24", enable_dhcp=False)
    await red.make("subnet", network_id=network_id, ip_version=6, cidr="fd00::/64", ipv6_ra_mode="slaac")

    async def held() -> list[dict[str, str]]:
        (port,) = (await red.fetch("ports", device_owner="network:distributed"))["ports"]
        assert port["device_id"] == f"ovnmeta-{network_id}"
        assert port["project_id"] == ""
        fixed: list[dict[str, str]] = port["fixed_ips"]
        return fixed

    assert await held() == [{"subnet_id": first, "ip_address": "10.0.0.2"}]
    await red.change(f"subnets/{second['id']}", {"subnet": {"enable_dhcp": True}})
    assert await held() == [
        {"subnet_id": first, "ip_address": "10.0.0.2"},
        {"subnet_id": second["id"], "ip_address": "10.0.1.2"},
    ]
    await red.drop(f"subnets/{first}")
    assert await held() == [{"subnet_id": second["id"], "ip_address": "10.0.1.2"}]
    (port,) = (await red.fetch("ports"))["ports"]
    assert (await admin.refused("DELETE", f"ports/{port['id']}"))[:2] == (409, "ServicePortInUse")
    own = {"port": {"network_id": network_id, "device_owner": "network:distributed"}}
    assert (await admin.refused("POST", "ports", own))[0] == 400
    await red.drop(f"networks/{network_id}")
    assert (await admin.fetch("ports"))["ports"] == []


async def test_a_slaac_subnet_gives_addresses_to_ports_and_takes_them_away(red: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    before = await red.make("port", network_id=network_id, mac_address="fa:16:3e:00:00:01")
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    subnet = await red.make("subnet", network_id=network_id, ip_version=6, cidr="fd00:7::/64", **modes)
    after = await red.make("port", network_id=network_id, mac_address="fa:16:3e:00:00:02")
    for port, last in ((before, 1), (after, 2)):
        shown = (await red.fetch(f"ports/{port['id']}"))["port"]
        assert shown["fixed_ips"][1] == {
            "subnet_id": subnet["id"],
            "ip_address": f"fd00:7::f816:3eff:fe00:{last}",
        }
    wrong = {"port": {"network_id": network_id, "fixed_ips": [{"ip_address": "fd00:7::9"}]}}
    assert (await red.refused("POST", "ports", wrong))[:2] == (400, "InvalidInput")
    await red.drop(f"subnets/{subnet['id']}")
    shown = (await red.fetch(f"ports/{before['id']}"))["port"]
    assert [fixed["subnet_id"] for fixed in shown["fixed_ips"]] == [before["fixed_ips"][0]["subnet_id"]]


async def test_several_subnets_are_made_at_once(red: Api) -> None:
    network = await red.make("network")
    items = [{"network_id": network["id"], "ip_version": 4, "cidr": f"10.{n}.0.0/24"} for n in (1, 2)]
    answer = await red.client.post(f"{PREFIX}/subnets", json={"subnets": items})
    assert [each["cidr"] for each in answer.json()["subnets"]] == ["10.1.0.0/24", "10.2.0.0/24"]
    again = {"subnets": [{**items[0], "cidr": "10.3.0.0/24"}, items[1]]}
    assert (await red.refused("POST", "subnets", again))[0] == 400
    assert len((await red.fetch("subnets"))["subnets"]) == 2


@pytest.mark.parametrize(
    ("cidr", "gateway", "first", "last"),
    [
        ("10.1.0.0/24", "10.2.0.1", "10.1.0.1", "10.1.0.254"),
        ("10.1.0.0/24", "10.2.0.255", "10.1.0.1", "10.1.0.254"),
        ("10.1.0.0/8", "192.0.2.1", "10.0.0.1", "10.255.255.254"),
        ("10.1.0.0/30", "10.1.0.4", "10.1.0.1", "10.1.0.2"),
        ("10.1.0.0/31", "10.1.0.9", "10.1.0.0", "10.1.0.1"),
        ("10.1.0.7/32", "10.1.0.1", "10.1.0.7", "10.1.0.7"),
        ("2001:db8:5:333::/64", "2001:db8:5::1", "2001:db8:5:333::1", "2001:db8:5:333:ffff:ffff:ffff:ffff"),
        ("2001:db8:2::/64", "2001:db8:2::", "2001:db8:2::1", "2001:db8:2:0:ffff:ffff:ffff:ffff"),
        ("2001:db8:2::/64", "fe80::1", "2001:db8:2::1", "2001:db8:2:0:ffff:ffff:ffff:ffff"),
        ("2001:db8:2::/126", "2001:db8:3::1", "2001:db8:2::1", "2001:db8:2::3"),
        ("2001:db8:2::5/128", "2001:db8:3::1", "2001:db8:2::5", "2001:db8:2::5"),
    ],
)
async def test_a_gateway_may_be_outside_of_the_prefix(red: Api, cidr: str, gateway: str, first: str, last: str) -> None:
    network = await red.make("network")
    version = 6 if ":" in cidr else 4
    asked = {"network_id": network["id"], "ip_version": version, "cidr": cidr, "enable_dhcp": False}
    made = await red.make("subnet", **asked, gateway_ip=gateway)
    assert (made["gateway_ip"], made["allocation_pools"]) == (gateway, [{"start": first, "end": last}])
    await red.drop(f"subnets/{made['id']}")
    later = await red.make("subnet", **asked, gateway_ip=None)
    changed = await red.change(f"subnets/{later['id']}", {"subnet": {"gateway_ip": gateway}})
    assert changed["subnet"]["gateway_ip"] == gateway
    assert changed["subnet"]["allocation_pools"] == later["allocation_pools"] == [{"start": first, "end": last}]


async def test_the_edges_of_an_ipv4_prefix_are_no_gateway_afterwards_either(red: Api) -> None:
    _, subnet = await red.network_with_subnet()
    before = await red.fetch(f"subnets/{subnet}")
    for gateway in ("10.0.0.0", "10.0.0.255", "fd00::1", "here"):
        refused = await red.refused("PUT", f"subnets/{subnet}", {"subnet": {"gateway_ip": gateway}})
        assert refused[:2] == (400, "InvalidInput")
    assert await red.fetch(f"subnets/{subnet}") == before


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("10.99.99.0/16", "10.99.0.0/16"),
        ("10.0.0.1/24", "10.0.0.0/24"),
        ("10.0.0.1/255.255.255.0", "10.0.0.0/24"),
        ("2001:db8:77::7/64", "2001:db8:77::/64"),
        ("2001:DB8:0078::/64", "2001:db8:78::/64"),
    ],
)
async def test_bits_behind_the_prefix_are_dropped(red: Api, asked: str, kept: str) -> None:
    network = await red.make("network")
    version = 6 if ":" in asked else 4
    body = {"network_id": network["id"], "ip_version": version, "cidr": asked}
    made = await red.make("subnet", **body)
    assert made["cidr"] == kept
    assert (await red.fetch("subnets", cidr=kept))["subnets"] == [made]
    assert (await red.refused("POST", "subnets", {"subnet": body}))[:2] == (400, "InvalidInput")


@pytest.mark.parametrize("cidr", ["10.1.0.0/31", "10.1.0.0/32", "2001:db8::/127", "2001:db8::/128"])
async def test_dhcp_needs_room_whenever_it_is_turned_on(red: Api, cidr: str) -> None:
    network = await red.make("network")
    version = 6 if ":" in cidr else 4
    body = {"network_id": network["id"], "ip_version": version, "cidr": cidr}
    assert (await red.refused("POST", "subnets", {"subnet": body}))[:2] == (400, "InvalidInput")
    made = await red.make("subnet", **body, enable_dhcp=False)
    turned_on = {"subnet": {"enable_dhcp": True}}
    assert (await red.refused("PUT", f"subnets/{made['id']}", turned_on))[:2] == (400, "InvalidInput")
    assert (await red.fetch(f"subnets/{made['id']}"))["subnet"] == made


@pytest.mark.parametrize(("asked", "kept"), [("10.0.0.7", "10.0.0.7/32"), ("2001:db8::7", "2001:db8::7/128")])
async def test_an_address_alone_is_a_prefix_of_one(red: Api, asked: str, kept: str) -> None:
    network = await red.make("network")
    version = 6 if ":" in asked else 4
    made = await red.make("subnet", network_id=network["id"], ip_version=version, cidr=asked, enable_dhcp=False)
    assert (made["cidr"], made["allocation_pools"]) == (kept, [{"start": asked, "end": asked}])
