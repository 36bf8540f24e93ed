"""openstacksdk takes a project's network outside and brings it back, by its own discovery."""

import asyncio

import pytest
from openstack.exceptions import ConflictException, NotFoundException

from tests.api.builder import Cloud
from tests.api.network.conftest import Api
from tests.api.network.routers.l3 import external_network
from tests.api.served import served
from tests.api.test_openstacksdk import connect

pytestmark = pytest.mark.filterwarnings("ignore::openstack.warnings._RemovedInSDKWarning")


async def test_a_member_leads_a_floating_ip_to_a_port(cloud: Cloud, admin: Api) -> None:
    external, _ = await external_network(admin)

    def work(url: str) -> None:
        with connect(url, cloud, "red-member") as member:
            network = member.network.create_network(name="inside")
            subnet = member.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.0.0.0/24")
            router = member.network.create_router(name="way", external_gateway_info={"network_id": external})
            assert (
                member.network.find_router("way", ignore_missing=False).external_gateway_info["network_id"] == external
            )
            member.network.add_interface_to_router(router, subnet_id=subnet.id)
            port = member.network.create_port(network_id=network.id)
            floating = member.network.create_ip(floating_network_id=external, port_id=port.id)
            assert (floating.status, floating.router_id, floating.fixed_ip_address) == (
                "ACTIVE",
                router.id,
                port.fixed_ips[0]["ip_address"],
            )
            assert [each.id for each in member.network.ips(port_id=port.id)] == [floating.id]
            found = member.network.find_ip(floating.floating_ip_address, ignore_missing=False)
            assert found.id == floating.id
            routes = [{"destination": "198.51.100.0/24", "nexthop": "10.0.0.9"}]
            assert member.network.add_extra_routes_to_router(router, {"router": {"routes": routes}}).routes == routes
            assert member.network.remove_extra_routes_from_router(router, {"router": {"routes": routes}}).routes == []
            with pytest.raises(ConflictException):
                member.network.delete_router(router)
            with pytest.raises(ConflictException):
                member.network.remove_interface_from_router(router, subnet_id=subnet.id)
            assert member.network.update_ip(floating, port_id=None).status == "DOWN"
            member.network.delete_ip(floating)
            member.network.remove_interface_from_router(router, subnet_id=subnet.id)
            assert member.network.update_router(router, external_gateway_info={}).external_gateway_info is None
            member.network.delete_router(router)
            with pytest.raises(NotFoundException):
                member.network.get_router(router.id)
            member.network.delete_port(port)
            member.network.delete_network(network)

    async with served(cloud) as url:
        await asyncio.to_thread(work, url)
