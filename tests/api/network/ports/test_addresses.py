"""Addresses and MACs of ports: those that follow from the network, those that are asked for in other words."""

from typing import Any

import pytest

from berthline.ipam.mac import eui64_address
from tests.api.network.conftest import PREFIX, Api
from tests.api.network.routers.l3 import act

SLAAC = ("2001:db8:1::/64", "2001:db8:2::/64")


async def network_with_slaac(red: Api) -> tuple[str, str, list[str]]:
    """Ids of a network, its IPv4 subnet, and of a SLAAC and a DHCPv6-stateless subnet beside it."""
    pool = {"start": "10.0.0.100", "end": "10.0.0.199"}
    network, v4 = await red.network_with_subnet(allocation_pools=[pool])
    v6 = [
        (
            await red.make(
                "subnet", network_id=network, ip_version=6, cidr=cidr, ipv6_ra_mode=mode, ipv6_address_mode=mode
            )
        )["id"]
        for cidr, mode in zip(SLAAC, ("slaac", "dhcpv6-stateless"), strict=True)
    ]
    return network, v4, v6


def automatic(port: dict[str, Any]) -> list[str]:
    """The IPv6 addresses of a port."""
    return sorted(fixed["ip_address"] for fixed in port["fixed_ips"] if ":" in fixed["ip_address"])


def expected(mac: str) -> list[str]:
    return [eui64_address(cidr, mac) for cidr in SLAAC]


async def test_automatic_addresses_are_there_whatever_was_asked_for(red: Api) -> None:
    network, v4, v6 = await network_with_slaac(red)
    for asked in (
        [{"subnet_id": v4}],
        [{"ip_address": "10.0.0.50"}],
        [{"subnet_id": v6[0]}],
        [{"subnet_id": v6[1]}, {"subnet_id": v4}, {"subnet_id": v6[1]}],
        [],
    ):
        port = await red.make("port", network_id=network, fixed_ips=asked)
        assert automatic(port) == expected(port["mac_address"])
        assert len(port["fixed_ips"]) == 2 + any("ip_address" in each or each["subnet_id"] == v4 for each in asked)
    items = {"ports": [{"network_id": network, "fixed_ips": [{"subnet_id": v4}]}] * 3}
    made = (await red.client.post(f"{PREFIX}/ports", json=items)).json()["ports"]
    assert all(automatic(port) == expected(port["mac_address"]) for port in made)
    assert len(made) == 3


async def test_automatic_addresses_stay_through_updates(red: Api) -> None:
    network, v4, _ = await network_with_slaac(red)
    port = await red.make("port", network_id=network)
    for asked in ([{"subnet_id": v4}], [{"ip_address": "10.0.0.77"}], []):
        port = (await red.change(f"ports/{port['id']}", {"port": {"fixed_ips": asked}}))["port"]
        assert automatic(port) == expected(port["mac_address"])
    renewed = {"port": {"fixed_ips": [{"subnet_id": v4}], "mac_address": "fa:16:3e:00:00:99"}}
    port = (await red.change(f"ports/{port['id']}", renewed))["port"]
    assert automatic(port) == expected("fa:16:3e:00:00:99")


@pytest.mark.parametrize("cidr", ["10.9.0.0/24", "2001:db8:9::/64"])
async def test_a_leg_asked_to_stay_where_it_is_stays(red: Api, cidr: str) -> None:
    network, subnet = await red.network_with_subnet(cidr)
    _, other = await red.network_with_subnet("10.8.0.0/24")
    router = await red.make("router")
    leg = (await act(red, router["id"], "add_router_interface", subnet_id=subnet))["port_id"]
    before = (await red.fetch(f"ports/{leg}"))["port"]
    whole = before["fixed_ips"]
    for same in ([{"subnet_id": subnet}], whole, [{"ip_address": whole[0]["ip_address"]}]):
        after = (await red.change(f"ports/{leg}", {"port": {"fixed_ips": same}}))["port"]
        assert after["fixed_ips"] == whole
    inside = cidr.partition("/")[0].removesuffix("0") + "77"
    moved: list[list[dict[str, str]]] = [[], [{"subnet_id": other}], [{"subnet_id": subnet}] * 2, [{}]]
    for asked in (*moved, [{"ip_address": inside}]):
        refused = await red.refused("PUT", f"ports/{leg}", {"port": {"fixed_ips": asked}})
        assert refused[0] in {400, 409}
    assert (await red.fetch(f"ports/{leg}"))["port"]["fixed_ips"] == whole
    assert (await red.fetch("ports", network_id=network, device_owner="network:router_interface"))["ports"][0][
        "id"
    ] == leg


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("11:22:33:44:55:66", "11:22:33:44:55:66"),
        ("fa16.3eaa.bb02", "fa:16:3e:aa:bb:02"),
        ("FA163EAABB02", "fa:16:3e:aa:bb:02"),
        ("fa163e-aabb02", "fa:16:3e:aa:bb:02"),
        ("fa-16-3e-aa-bb-02", "fa:16:3e:aa:bb:02"),
        ("fa:16:3e:a:b:2", "fa:16:3e:0a:0b:02"),
    ],
)
async def test_a_mac_is_read_however_it_is_written(red: Api, written: str, shown: str) -> None:
    network, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network, mac_address=written)
    assert port["mac_address"] == shown
    assert [each["id"] for each in (await red.fetch("ports", mac_address=written))["ports"]] == [port["id"]]
    other = await red.make("port", network_id=network)
    taken = {"port": {"mac_address": written}}
    assert (await red.refused("PUT", f"ports/{other['id']}", taken))[:2] == (409, "MacAddressInUse")


@pytest.mark.parametrize("written", ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "FFFF.FFFF.FFFF", "0000.0000.0000", "x"])
async def test_what_is_no_mac_of_a_nic_is_refused(red: Api, written: str) -> None:
    network, _ = await red.network_with_subnet()
    body = {"port": {"network_id": network, "mac_address": written}}
    assert (await red.refused("POST", "ports", body))[:2] == (400, "InvalidInput")


async def test_address_pairs_are_shown_as_they_were_sent(red: Api) -> None:
    network, _ = await red.network_with_subnet()
    sent = ["10.9.0.5/24", "10.9.0.0/24", "2001:db8:77::7/64", "10.9.0.7", "2001:DB8::1"]
    asked = [{"ip_address": each} for each in sent] + [{"ip_address": "10.9.0.8", "mac_address": "FA16.3E00.0009"}]
    port = await red.make("port", network_id=network, allowed_address_pairs=asked)
    assert [pair["ip_address"] for pair in port["allowed_address_pairs"]] == [*sent, "10.9.0.8"]
    assert port["allowed_address_pairs"][-1]["mac_address"] == "fa:16:3e:00:00:09"
    body = {"port": {"allowed_address_pairs": [{"ip_address": "10.1.2.3/8"}]}}
    changed = (await red.change(f"ports/{port['id']}", body))["port"]
    assert [pair["ip_address"] for pair in changed["allowed_address_pairs"]] == ["10.1.2.3/8"]
    for wrong in ("10.9.0.5/33", "x", "fe80::1%eth0", "224.0.0.9/24"):
        asked = [{"ip_address": wrong}]
        body = {"port": {"allowed_address_pairs": asked}}
        assert (await red.refused("PUT", f"ports/{port['id']}", body))[:2] == (400, "InvalidInput")
    group_mac = {"port": {"allowed_address_pairs": [{"ip_address": "10.9.0.5", "mac_address": "01:00:5e:00:00:01"}]}}
    assert (await red.refused("PUT", f"ports/{port['id']}", group_mac))[:2] == (400, "InvalidInput")
