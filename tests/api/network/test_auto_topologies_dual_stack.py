"""Auto-allocated topologies with both families, and as openstacksdk asks for them."""

import asyncio

import pytest
from openstack.exceptions import ConflictException

from berthline.network.local import LocalNetworkService
from berthline.network.settings import NetworkSettings
from berthline.store import Store
from tests.api.builder import Cloud, HandClock
from tests.api.network.conftest import Api
from tests.api.network.test_auto_allocated_topology import PATH, default_external, holdings, used
from tests.api.served import served
from tests.api.test_openstacksdk import connect

pytestmark = pytest.mark.filterwarnings("ignore::openstack.warnings._RemovedInSDKWarning")


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> LocalNetworkService:
    return LocalNetworkService(
        store, clock, NetworkSettings(auto_prefix_v4="172.20.0.0/16", auto_prefix_v6="fd12:3456:789a::/48")
    )


async def test_both_families_are_made_and_taken_away(red: Api, admin: Api) -> None:
    await default_external(admin)
    await red.network_with_subnet("fd12:3456:789a::/64")
    before, counted = await holdings(red), await used(red)
    topology = (await red.fetch(f"{PATH}/null"))["auto_allocated_topology"]["id"]
    found = (await red.fetch("subnets", network_id=topology))["subnets"]
    assert {(one["name"], one["cidr"], one["ipv6_address_mode"], one["ipv6_ra_mode"]) for one in found} == {
        ("auto_allocated_subnet_v4", "172.20.0.0/26", None, None),
        ("auto_allocated_subnet_v6", "fd12:3456:789a:1::/64", "slaac", "slaac"),
    }
    (router,) = (await red.fetch("routers"))["routers"]
    legs = (await red.fetch("ports", device_id=router["id"], network_id=topology))["ports"]
    assert {fixed["subnet_id"] for leg in legs for fixed in leg["fixed_ips"]} == {one["id"] for one in found}
    assert (await used(red))["port"] == counted["port"] + 2
    port = await red.make("port", network_id=topology)
    assert len(port["fixed_ips"]) == 2
    await red.drop(f"ports/{port['id']}")
    await red.drop(f"{PATH}/null")
    assert await holdings(red) == before
    assert await used(red) == counted


async def test_the_sdk_checks_gets_and_deletes_it(cloud: Cloud, admin: Api) -> None:
    def refused(url: str) -> None:
        with connect(url, cloud, "red-member") as member, pytest.raises(ConflictException):
            member.network.validate_auto_allocated_topology()

    def work(url: str) -> None:
        with connect(url, cloud, "red-member") as member:
            assert member.network.validate_auto_allocated_topology().id == "dry-run=pass"
            assert list(member.network.networks(name="auto_allocated_network")) == []
            topology = member.network.get_auto_allocated_topology()
            assert topology.project_id == member.current_project_id
            assert member.network.get_network(topology.id).name == "auto_allocated_network"
            member.network.delete_auto_allocated_topology(project=member.current_project_id)
            assert list(member.network.networks(name="auto_allocated_network")) == []

    async with served(cloud) as url:
        await asyncio.to_thread(refused, url)
        await default_external(admin)
        await asyncio.to_thread(work, url)
