"""Values that several nouns have: ids, prefixes, routes. What has no form is refused as such, on every way in."""

from typing import Any

import pytest

from berthline.domain.ids import new_id
from tests.api.network.conftest import PREFIX, Api
from tests.api.network.routers.l3 import act, external_network

MALFORMED = ("not-a-uuid", "", "abc", "7d6b5d8c-0d1e-4b0d-8e0c-3b1c8f6c0b0", "7d6b5d8c-0d1e-4b0d-8e0c-3b1c8f6c0b0a\n")


@pytest.mark.parametrize("wrong", MALFORMED)
async def test_an_id_without_the_form_of_one_is_refused_wherever_it_is(admin: Api, wrong: str) -> None:
    network, _ = await admin.network_with_subnet()
    external, _ = await external_network(admin)
    port = await admin.make("port", network_id=network)
    router = await admin.make("router")
    floating = await admin.make("floatingip", floating_network_id=external)
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "ports", {"port": {"network_id": wrong}}),
        ("POST", "ports", {"ports": [{"network_id": network}, {"network_id": wrong}]}),
        ("POST", "ports", {"port": {"network_id": network, "fixed_ips": [{"subnet_id": wrong}]}}),
        ("POST", "ports", {"port": {"network_id": network, "security_groups": [wrong]}}),
        ("PUT", f"ports/{port['id']}", {"port": {"fixed_ips": [{"subnet_id": wrong}]}}),
        ("PUT", f"ports/{port['id']}", {"port": {"security_groups": [wrong]}}),
        ("POST", "subnets", {"subnet": {"network_id": wrong, "ip_version": 4, "cidr": "10.1.0.0/24"}}),
        ("POST", "routers", {"router": {"external_gateway_info": {"network_id": wrong}}}),
        ("PUT", f"routers/{router['id']}", {"router": {"external_gateway_info": {"network_id": wrong}}}),
        ("PUT", f"routers/{router['id']}/add_router_interface", {"port_id": wrong}),
        ("PUT", f"routers/{router['id']}/add_router_interface", {"subnet_id": wrong}),
        ("PUT", f"routers/{router['id']}/remove_router_interface", {"port_id": wrong}),
        ("PUT", f"routers/{router['id']}/remove_router_interface", {"subnet_id": wrong}),
        ("POST", "floatingips", {"floatingip": {"floating_network_id": wrong}}),
        ("POST", "floatingips", {"floatingip": {"floating_network_id": external, "subnet_id": wrong}}),
        ("POST", "floatingips", {"floatingip": {"floating_network_id": external, "port_id": wrong}}),
        ("PUT", f"floatingips/{floating['id']}", {"floatingip": {"port_id": wrong}}),
    ]
    for method, path, body in requests:
        status, kind, message = await admin.refused(method, path, body)
        assert (status, kind) == (400, "InvalidInput"), (method, path, body)
        assert "is a UUID" in message


async def test_an_id_that_nothing_has_is_not_found(red: Api) -> None:
    router = await red.make("router")
    path = f"routers/{router['id']}/add_router_interface"
    assert (await red.refused("PUT", path, {"port_id": new_id()}))[:2] == (404, "PortNotFound")
    assert (await red.refused("PUT", path, {"subnet_id": new_id()}))[:2] == (404, "SubnetNotFound")
    assert (await red.refused("POST", "ports", {"port": {"network_id": new_id()}}))[:2] == (404, "NetworkNotFound")


@pytest.mark.parametrize(
    "routes",
    [
        [{"destination": "10.9.1.5/16", "nexthop": "10.0.0.9"}],
        [{"destination": "10.9.0.0", "nexthop": "10.0.0.9"}],
        [{"destination": "10.9.0.0/33", "nexthop": "10.0.0.9"}],
        [{"destination": "127.0.0.0/8", "nexthop": "10.0.0.9"}],
        [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.9/24"}],
        [{"destination": "10.9.0.0/16", "nexthop": "x"}],
        [{"destination": "2001:db8::7/64", "nexthop": "2001:db8::1"}],
        [{"destination": "2001:db8::/64", "nexthop": "10.0.0.9"}],
        [{"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}] * 2,
    ],
)
async def test_routes_are_checked_alike_on_subnets_and_routers(red: Api, routes: list[dict[str, str]]) -> None:
    network, subnet = await red.network_with_subnet()
    router = await red.make("router")
    await act(red, router["id"], "add_router_interface", subnet_id=subnet)
    new = {"network_id": network, "ip_version": 4, "cidr": "10.3.0.0/24", "host_routes": routes}
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "subnets", {"subnet": new}),
        ("PUT", f"subnets/{subnet}", {"subnet": {"host_routes": routes}}),
        ("POST", "routers", {"router": {"routes": routes}}),
        ("PUT", f"routers/{router['id']}", {"router": {"routes": routes}}),
    ]
    if len(routes) == 1:  # of what is to be added, the same twice is once
        requests.append(("PUT", f"routers/{router['id']}/add_extraroutes", {"router": {"routes": routes}}))
    for method, path, body in requests:
        assert (await red.refused(method, path, body))[:2] == (400, "InvalidInput"), (method, path)
    assert (await red.fetch(f"subnets/{subnet}"))["subnet"]["host_routes"] == []
    assert (await red.fetch(f"routers/{router['id']}"))["router"]["routes"] == []


async def test_a_route_that_is_there_is_added_again_without_harm(red: Api) -> None:
    _, subnet = await red.network_with_subnet()
    router = await red.make("router")
    await act(red, router["id"], "add_router_interface", subnet_id=subnet)
    route = {"destination": "10.9.0.0/16", "nexthop": "10.0.0.9"}
    for _ in range(2):
        answer = await act(red, router["id"], "add_extraroutes", router={"routes": [route]})
        assert answer["router"]["routes"] == [route]


@pytest.mark.parametrize(
    ("ethertype", "sent", "normalized"),
    [
        ("IPv4", "10.1.2.3/24", "10.1.2.0/24"),
        ("IPv4", "10.1.2.0/24", "10.1.2.0/24"),
        ("IPv6", "2001:db8:1::7/64", "2001:db8:1::/64"),
    ],
)
async def test_a_remote_prefix_is_shown_as_it_was_sent(red: Api, ethertype: str, sent: str, normalized: str) -> None:
    group = (await red.make("security_group", name="web"))["id"]
    asked = {"security_group_id": group, "direction": "ingress", "ethertype": ethertype, "protocol": "tcp"}
    rule = await red.make("security_group_rule", **asked, remote_ip_prefix=sent)
    assert (rule["remote_ip_prefix"], rule["normalized_cidr"]) == (sent, normalized)
    assert (await red.fetch(f"security-group-rules/{rule['id']}"))["security_group_rule"] == rule
    again = {"security_group_rule": asked | {"remote_ip_prefix": normalized}}
    assert (await red.refused("POST", "security-group-rules", again))[:2] == (409, "SecurityGroupRuleExists")
    plain = asked | {"remote_ip_prefix": sent.partition("/")[0]}
    answer = await red.client.post(f"{PREFIX}/security-group-rules", json={"security_group_rule": plain})
    assert answer.json()["security_group_rule"]["remote_ip_prefix"].endswith(("/32", "/128"))
