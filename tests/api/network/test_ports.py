"""Ports over HTTP: addresses, MACs, groups, filters, updates, conflicts."""

import asyncio
import ipaddress

import pytest

from berthline.domain.ids import new_id
from tests.api.network.conftest import PREFIX, Api


async def test_a_port_gets_address_mac_and_default_group(red: Api) -> None:
    network_id, subnet_id = await red.network_with_subnet()
    port = await red.make("port", network_id=network_id, name="p", device_id="x", tags=["t"])
    (fixed,) = port["fixed_ips"]
    assert fixed["subnet_id"] == subnet_id
    assert ipaddress.ip_address(fixed["ip_address"]) in ipaddress.ip_network("10.0.0.0/24")
    assert port["mac_address"].startswith("fa:16:3e:")
    assert (port["status"], port["admin_state_up"], port["port_security_enabled"]) == ("DOWN", True, True)
    assert port["binding:vnic_type"] == "normal"
    assert "binding:host_id" not in port
    (group,) = (await red.fetch("security-groups"))["security_groups"]
    assert port["security_groups"] == [group["id"]]
    assert port["tags"] == ["t"]
    assert (await red.fetch(f"ports/{port['id']}"))["port"] == port


async def test_32_clients_fill_a_26_and_every_address_is_handed_out_once(red: Api) -> None:
    network_id, subnet_id = await red.network_with_subnet("10.0.0.0/26")
    addresses: list[str] = []
    refusals: list[tuple[int, str]] = []

    async def client() -> None:
        while True:
            answer = await red.client.post(f"{PREFIX}/ports", json={"port": {"network_id": network_id}})
            if answer.status_code != 201:
                refusals.append((answer.status_code, answer.json()["NeutronError"]["type"]))
                return
            addresses.append(answer.json()["port"]["fixed_ips"][0]["ip_address"])

    await asyncio.gather(*(client() for _ in range(32)))
    assert refusals == [(409, "IpAddressGenerationFailure")] * 32
    # the gateway has .1 and the metadata port .2
    assert sorted(map(ipaddress.ip_address, addresses)) == [
        ipaddress.ip_address(f"10.0.0.{host}") for host in range(3, 63)
    ]
    asked = {"port": {"network_id": network_id, "fixed_ips": [{"subnet_id": subnet_id}]}}
    assert (await red.refused("POST", "ports", asked))[:2] == (409, "IpAddressGenerationFailure")
    (last,) = (await red.fetch("ports", fixed_ips="ip_address=10.0.0.33"))["ports"]
    await red.drop(f"ports/{last['id']}")
    again = await red.make("port", network_id=network_id)
    assert again["fixed_ips"][0]["ip_address"] == "10.0.0.33"


async def test_addresses_that_are_asked_for(red: Api) -> None:
    network_id, subnet_id = await red.network_with_subnet()
    asked = [{"ip_address": "10.0.0.50"}, {"subnet_id": subnet_id, "ip_address": "10.0.0.51"}, {"subnet_id": subnet_id}]
    port = await red.make("port", network_id=network_id, fixed_ips=asked)
    assert [fixed["ip_address"] for fixed in port["fixed_ips"]][:2] == ["10.0.0.50", "10.0.0.51"]
    assert len(port["fixed_ips"]) == 3
    assert (await red.make("port", network_id=network_id, fixed_ips=[]))["fixed_ips"] == []
    outside_pool = await red.make("port", network_id=network_id, fixed_ips=[{"ip_address": "10.0.0.1"}])
    assert outside_pool["fixed_ips"][0]["ip_address"] == "10.0.0.1"


@pytest.mark.parametrize(
    ("fixed_ips", "status", "kind"),
    [
        ([{"ip_address": "10.0.0.2"}], 409, "IpAddressAlreadyAllocated"),
        ([{"ip_address": "10.1.0.2"}], 400, "InvalidIpForNetwork"),
        ([{"ip_address": "10.0.0.255"}], 400, "InvalidIpForSubnet"),
        ([{"ip_address": "10.0.0.0"}], 400, "InvalidIpForSubnet"),
        ([{"ip_address": "10.0.0.300"}], 400, "InvalidInput"),
        ([{"ip_address": 5}], 400, "InvalidInput"),
        ([{"ip": "10.0.0.5"}], 400, "InvalidInput"),
        ([{}], 400, "InvalidInput"),
        ([{"subnet_id": "7d6b5d8c-0d1e-4b0d-8e0c-3b1c8f6c0b0a"}], 400, "InvalidInput"),
        ([{"ip_address": "10.0.0.9"}, {"ip_address": "10.0.0.9"}], 400, "InvalidInput"),
        ("10.0.0.9", 400, "InvalidInput"),
    ],
)
async def test_addresses_that_cannot_be_had(red: Api, fixed_ips: object, status: int, kind: str) -> None:
    network_id, _ = await red.network_with_subnet()
    body = {"port": {"network_id": network_id, "fixed_ips": fixed_ips}}
    assert (await red.refused("POST", "ports", body))[:2] == (status, kind)
    assert (await red.fetch("ports", device_owner=""))["ports"] == []


@pytest.mark.parametrize(
    ("attributes", "status", "kind"),
    [
        ({"colour": "red"}, 400, "HTTPBadRequest"),
        ({"status": "ACTIVE"}, 400, "HTTPBadRequest"),
        ({"mac_address": "ff:ff:ff:ff:ff:ff"}, 400, "InvalidInput"),
        ({"admin_state_up": 7}, 400, "InvalidInput"),
        ({"security_groups": ["nonsense"]}, 400, "InvalidInput"),
        ({"security_groups": ["7d6b5d8c-0d1e-4b0d-8e0c-3b1c8f6c0b0a"]}, 404, "SecurityGroupNotFound"),
        ({"network_id": "7d6b5d8c-0d1e-4b0d-8e0c-3b1c8f6c0b0a"}, 404, "NetworkNotFound"),
        ({"binding:host_id": "host"}, 403, "PolicyNotAuthorized"),
        ({"binding:vnic_type": "direct"}, 400, "InvalidInput"),
        ({"device_owner": "network:router_interface"}, 400, "HTTPBadRequest"),
        ({"allowed_address_pairs": [{"ip_address": "224.0.0.1"}]}, 400, "InvalidInput"),
        ({"allowed_address_pairs": [{"ip_address": "10.0.0.8"}, {"ip_address": "10.0.0.8"}]}, 400, "InvalidInput"),
        ({"port_security_enabled": False, "allowed_address_pairs": [{"ip_address": "10.0.0.8"}]},
         409, "AddressPairAndPortSecurityRequired"),
    ],
)  # fmt: skip
async def test_bad_ports_are_refused(red: Api, attributes: dict[str, object], status: int, kind: str) -> None:
    network_id, _ = await red.network_with_subnet()
    body = {"port": {"network_id": network_id, **attributes}}
    assert (await red.refused("POST", "ports", body))[:2] == (status, kind)
    assert (await red.fetch("ports", device_owner=""))["ports"] == []
    assert (await red.refused("POST", "ports", {"port": {"name": "x"}}))[:2] == (400, "HTTPBadRequest")


async def test_several_ports_are_made_at_once_or_none(red: Api) -> None:
    network_id, _ = await red.network_with_subnet("10.0.0.0/28")
    items = [{"network_id": network_id, "name": f"p{n}"} for n in range(5)]
    answer = await red.client.post(f"{PREFIX}/ports", json={"ports": items})
    made = answer.json()["ports"]
    assert [port["name"] for port in made] == ["p0", "p1", "p2", "p3", "p4"]
    assert len({port["fixed_ips"][0]["ip_address"] for port in made}) == 5
    too_many = {"ports": [{"network_id": network_id}] * 8}
    assert (await red.refused("POST", "ports", too_many))[:2] == (409, "IpAddressGenerationFailure")
    assert len((await red.fetch("ports", device_owner=""))["ports"]) == 5


async def test_a_mac_is_had_once_on_a_network(red: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network_id, mac_address="FA-16-3E-AA-BB-CC")
    assert port["mac_address"] == "fa:16:3e:aa:bb:cc"
    again = {"port": {"network_id": network_id, "mac_address": "fa:16:3e:aa:bb:cc"}}
    assert (await red.refused("POST", "ports", again))[:2] == (409, "MacAddressInUse")
    other = await red.make("port", network_id=network_id)
    taken = {"port": {"mac_address": "fa:16:3e:aa:bb:cc"}}
    assert (await red.refused("PUT", f"ports/{other['id']}", taken))[:2] == (409, "MacAddressInUse")
    renewed = (await red.change(f"ports/{other['id']}", {"port": {"mac_address": None}}))["port"]
    assert renewed["mac_address"] != other["mac_address"]
    elsewhere, _ = await red.network_with_subnet()
    await red.make("port", network_id=elsewhere, mac_address="fa:16:3e:aa:bb:cc")


async def test_another_projects_port_is_as_unknown_as_none(red: Api, blue: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network_id)
    for method, body in (("GET", None), ("PUT", {"port": {"name": "mine"}}), ("DELETE", None)):
        refused = await blue.refused(method, f"ports/{port['id']}", body)
        assert refused == (404, "PortNotFound", f"Port {port['id']} could not be found.")
    on_theirs = {"port": {"network_id": network_id}}
    unknown = new_id()
    assert await blue.refused("POST", "ports", on_theirs) == (
        404,
        "NetworkNotFound",
        f"Network {network_id} could not be found.",
    )
    assert (await blue.refused("GET", f"ports/{unknown}"))[:2] == (404, "PortNotFound")
    assert (await blue.fetch("ports"))["ports"] == []
    own_network, _ = await blue.network_with_subnet()
    (group,) = (await red.fetch("security-groups"))["security_groups"]
    borrowed = {"port": {"network_id": own_network, "security_groups": [group["id"]]}}
    assert (await blue.refused("POST", "ports", borrowed))[:2] == (404, "SecurityGroupNotFound")


async def test_a_port_is_deleted_by_its_owner_and_by_its_networks(red: Api, blue: Api, reader: Api, admin: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    own, guest, other = [
        await admin.make("port", network_id=network_id, project_id=owner)
        for owner in (red.project_id, blue.project_id, blue.project_id)
    ]
    for port in (own, guest):
        assert (await reader.refused("DELETE", f"ports/{port['id']}"))[0] == 403
    await red.drop(f"ports/{own['id']}")
    await red.drop(f"ports/{guest['id']}")
    await blue.drop(f"ports/{other['id']}")
    theirs, _ = await blue.network_with_subnet()
    on_theirs = await admin.make("port", network_id=theirs, project_id=red.project_id)
    await red.drop(f"ports/{on_theirs['id']}")


async def test_lists_filter_by_what_clients_ask(red: Api, admin: Api) -> None:
    network_id, subnet_id = await red.network_with_subnet()
    device = new_id()
    one = await red.make(
        "port", network_id=network_id, name="one", device_id=device, fixed_ips=[{"ip_address": "10.0.0.21"}]
    )
    two = await red.make("port", network_id=network_id, name="two", fixed_ips=[{"ip_address": "10.0.0.121"}])

    async def ids(**query: str) -> list[str]:
        return sorted(port["id"] for port in (await red.fetch("ports", device_owner="", **query))["ports"])

    both = sorted([one["id"], two["id"]])
    assert await ids(device_id=device) == [one["id"]]
    assert await ids(name="two") == [two["id"]]
    assert await ids(mac_address=one["mac_address"].upper()) == [one["id"]]
    assert await ids(fixed_ips="ip_address=10.0.0.21") == [one["id"]]
    assert await ids(fixed_ips="ip_address_substr=0.21") == [one["id"]]
    assert await ids(fixed_ips="ip_address_substr=.0.") == both
    assert await ids(fixed_ips=f"subnet_id={subnet_id}") == both
    assert await ids(network_id=network_id, status="DOWN") == both
    assert await ids(status="ACTIVE") == []
    assert await ids(admin_state_up="true") == both
    assert await ids(project_id=red.project_id) == both
    assert await ids(security_groups=one["security_groups"][0]) == both
    assert await ids(id=one["id"]) == [one["id"]]
    assert len((await admin.fetch("ports", **{"binding:host_id": ""}))["ports"]) == 3
    assert (await red.refused("GET", "ports?binding:host_id=x"))[0] == 400
    assert (await red.refused("GET", "ports?admin_state_up=perhaps"))[:2] == (400, "InvalidInput")
    assert (await red.refused("GET", "ports?fixed_ips=nonsense"))[:2] == (400, "InvalidInput")


async def test_a_port_is_changed(red: Api) -> None:
    network_id, subnet_id = await red.network_with_subnet()
    port = await red.make("port", network_id=network_id, fixed_ips=[{"ip_address": "10.0.0.50"}])
    group = await red.make("security_group", name="web")
    path = f"ports/{port['id']}"
    asked = {
        "name": "new",
        "device_id": "d",
        "security_groups": [group["id"]],
        "allowed_address_pairs": [{"ip_address": "10.0.0.0/28"}],
        "extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": "1400"}, {"opt_name": "wpad", "opt_value": "y"}],
        "fixed_ips": [{"ip_address": "10.0.0.60"}, {"subnet_id": subnet_id}],
    }
    changed = (await red.change(path, {"port": asked}))["port"]
    assert changed["revision_number"] == 2
    assert changed["security_groups"] == [group["id"]]
    assert changed["allowed_address_pairs"] == [{"ip_address": "10.0.0.0/28", "mac_address": port["mac_address"]}]
    assert [fixed["ip_address"] for fixed in changed["fixed_ips"]] == ["10.0.0.60", "10.0.0.50"], "it keeps what it had"
    assert (await red.fetch(path))["port"] == changed
    less = {"extra_dhcp_opts": [{"opt_name": "mtu", "opt_value": None}], "security_groups": []}
    changed = (await red.change(path, {"port": less}))["port"]
    assert [option["opt_name"] for option in changed["extra_dhcp_opts"]] == ["wpad"]
    assert changed["security_groups"] == []
    taken = await red.make("port", network_id=network_id, fixed_ips=[{"ip_address": "10.0.0.70"}])
    clash = {"port": {"fixed_ips": [{"ip_address": "10.0.0.70"}]}}
    assert (await red.refused("PUT", path, clash))[:2] == (409, "IpAddressAlreadyAllocated")
    await red.drop(f"ports/{taken['id']}")
    await red.change(path, clash)
    free = await red.make("port", network_id=network_id, fixed_ips=[{"ip_address": "10.0.0.60"}])
    assert free["fixed_ips"][0]["ip_address"] == "10.0.0.60"
    assert (await red.refused("PUT", path, {"port": {"network_id": network_id}}))[:2] == (400, "HTTPBadRequest")


async def test_port_security_goes_only_without_groups(red: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network_id)
    path = f"ports/{port['id']}"
    off = {"port": {"port_security_enabled": False}}
    assert (await red.refused("PUT", path, off))[:2] == (409, "PortSecurityPortHasSecurityGroup")
    changed = (await red.change(path, {"port": {"port_security_enabled": False, "security_groups": []}}))["port"]
    assert changed["port_security_enabled"] is False
    open_network = await red.make("network", port_security_enabled=False)
    plain = await red.make("port", network_id=open_network["id"])
    assert (plain["port_security_enabled"], plain["security_groups"], plain["fixed_ips"]) == (False, [], [])


async def test_admins_see_and_set_where_a_port_is_bound(red: Api, admin: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network_id)
    bound = (await admin.change(f"ports/{port['id']}", {"port": {"binding:host_id": "host-a"}}))["port"]
    assert (bound["binding:host_id"], bound["binding:vif_type"]) == ("host-a", "ovs")
    assert bound["binding:vif_details"]["bridge_name"] == "br-int"
    mac = {"port": {"mac_address": "fa:16:3e:00:00:77"}}
    assert (await red.refused("PUT", f"ports/{port['id']}", mac))[:2] == (409, "PortBound")
    await admin.change(f"ports/{port['id']}", {"port": {"binding:host_id": ""}})
    await red.change(f"ports/{port['id']}", mac)


async def test_the_quota_of_ports_counts_bulks_and_not_the_metadata_port(red: Api, admin: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    await admin.change(f"quotas/{red.project_id}", {"quota": {"port": 3}})
    await red.client.post(f"{PREFIX}/ports", json={"ports": [{"network_id": network_id}] * 2})
    refused = await red.refused("POST", "ports", {"ports": [{"network_id": network_id}] * 2})
    assert refused == (409, "OverQuota", "Quota exceeded for resources: ['port'].")
    await red.make("port", network_id=network_id)
    assert (await red.fetch(f"quotas/{red.project_id}/details"))["quota"]["port"]["used"] == 3


async def test_tags_are_a_collection_below_the_port(red: Api, blue: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    port = await red.make("port", network_id=network_id)
    path = f"{PREFIX}/ports/{port['id']}/tags"
    assert (await red.client.put(path, json={"tags": ["b", "a"]})).json() == {"tags": ["a", "b"]}
    assert (await red.client.put(f"{path}/c")).status_code == 201
    assert (await red.client.get(f"{path}/c")).status_code == 204
    assert (await red.client.get(f"{path}/d")).json()["NeutronError"]["type"] == "TagNotFound"
    assert (await red.client.delete(f"{path}/a")).status_code == 204
    assert (await red.client.delete(f"{path}/a")).status_code == 404
    assert (await red.client.get(path)).json() == {"tags": ["b", "c"]}
    assert (await blue.client.get(path)).status_code == 404
    assert (await red.client.put(path, json={"tags": [""]})).status_code == 400
    assert (await red.client.delete(path)).status_code == 204
    assert (await red.fetch(f"ports/{port['id']}"))["port"]["tags"] == []
