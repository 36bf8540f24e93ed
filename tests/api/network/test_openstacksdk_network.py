"""openstacksdk's network proxy against the served application, nothing of ours between."""

import asyncio
from typing import Any

import pytest
from openstack.exceptions import BadRequestException, ConflictException, NotFoundException

from tests.api.builder import Cloud
from tests.api.served import served
from tests.api.test_openstacksdk import connect

# what the SDK has to say of itself is nothing of ours
pytestmark = pytest.mark.filterwarnings("ignore::openstack.warnings._RemovedInSDKWarning")


async def test_a_member_builds_a_network_and_takes_it_down(cloud: Cloud) -> None:
    def work(url: str) -> None:
        with connect(url, cloud, "admin") as admin:
            public = admin.network.create_network(name="public", is_router_external=True)
            admin.network.create_subnet(network_id=public.id, ip_version=4, cidr="203.0.113.0/24", enable_dhcp=False)
        with connect(url, cloud, "red-member") as red:
            _build_and_take_down(red.network, public.id)

    async with served(cloud) as url:
        await asyncio.to_thread(work, url)


def _build_and_take_down(sdk: Any, public_id: str) -> None:
    network = sdk.create_network(name="net")
    assert sdk.find_network("net", ignore_missing=False).id == network.id
    subnet = sdk.create_subnet(network_id=network.id, ip_version=4, cidr="10.0.0.0/24", name="sub")
    ports = list(sdk.create_ports([{"network_id": network.id, "name": f"p{n}"} for n in range(3)]))
    assert len({port.fixed_ips[0]["ip_address"] for port in ports}) == 3
    # pages of two, followed by the SDK itself
    assert {port.name for port in sdk.ports(network_id=network.id, device_owner="", limit=2)} == {"p0", "p1", "p2"}
    assert sdk.find_available_ip() is None
    router = sdk.create_router(name="r", external_gateway_info={"network_id": public_id})
    sdk.add_interface_to_router(router, subnet_id=subnet.id)
    floating = sdk.create_ip(floating_network_id=public_id, port_id=ports[0].id)
    assert floating.fixed_ip_address == ports[0].fixed_ips[0]["ip_address"]
    group = sdk.create_security_group(name="web")
    rule = {"direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80}
    sdk.create_security_group_rule(security_group_id=group.id, **rule)
    with pytest.raises(ConflictException):
        sdk.create_security_group_rule(security_group_id=group.id, **rule)
    updated = sdk.update_port(ports[0], security_group_ids=[group.id], description="web")
    assert updated.security_group_ids == [group.id]
    assert sorted(sdk.set_tags(updated, ["a", "b"]).tags) == ["a", "b"]
    with pytest.raises(BadRequestException):
        sdk.create_port(network_id=network.id, fixed_ips=[{"ip_address": "192.168.0.1"}])
    with pytest.raises(ConflictException):
        sdk.delete_network(network, ignore_missing=False)
    sdk.delete_ip(floating)
    for port in ports:
        sdk.delete_port(port, ignore_missing=False)
    sdk.remove_interface_from_router(router, subnet_id=subnet.id)
    sdk.delete_router(router, ignore_missing=False)
    sdk.delete_network(network, ignore_missing=False)
    sdk.delete_security_group(group, ignore_missing=False)
    assert list(sdk.networks(name="net")) == []
    with pytest.raises(NotFoundException):
        sdk.get_network(network.id)
