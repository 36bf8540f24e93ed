"""Servers that ask for ``auto`` and have no network: one is made with them, or nothing is."""

import asyncio
from typing import Any

import httpx
import pytest

from berthline.network.local import LocalNetworkService
from berthline.store import Store
from tests.api.builder import Cloud, HandClock
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.servers.test_plans import SERVERS, everything
from tests.api.compute.world import World

NETWORK = "/network/v2.0"


async def answered(client: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
    answer = await client.request(method, f"{NETWORK}/{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> LocalNetworkService:
    return LocalNetworkService(store, clock)


@pytest.fixture
async def bare(ground: Ground, world: World) -> Ground:
    """Red has no network any more."""
    await answered(ground.red, "DELETE", f"networks/{ground.network}")
    await world.rest()
    return ground


async def offer_outside(ground: Ground) -> str:
    """A default external network."""
    asked = {"network": {"name": "outside", "router:external": True, "is_default": True}}
    network: str = (await answered(ground.admin, "POST", "networks", asked))["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "203.0.113.0/24", "enable_dhcp": False}
    await answered(ground.admin, "POST", "subnets", {"subnet": subnet})
    return network


async def refused(ground: Ground, world: World, **fields: Any) -> Any:
    """The fault of a boot with ``auto`` that is refused with 400 and changes nothing."""
    await world.rest()
    before = everything(world)
    answer = await ground.red.post(SERVERS, json=ground.body(networks="auto", **fields), headers=LATEST)
    assert answer.status_code == 400, answer.text
    assert everything(world) == before
    return answer.json()["badRequest"]


async def test_auto_boots_on_a_network_made_for_it(bare: Ground, world: World) -> None:
    outside = await offer_outside(bare)
    server = await bare.boot(world, networks="auto")
    shown = (await bare.red.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    assert shown["status"] == "ACTIVE"
    ((label, (address,)),) = shown["addresses"].items()
    assert label == "auto_allocated_network"
    assert address["addr"].startswith("10.128.0.")
    (router,) = (await answered(bare.red, "GET", "routers"))["routers"]
    assert router["external_gateway_info"]["network_id"] == outside
    topology = (await answered(bare.red, "GET", "auto-allocated-topology/null"))["auto_allocated_topology"]
    second = await bare.boot(world, networks="auto")
    for each in (server, second):
        ports = (await answered(bare.red, "GET", f"ports?device_id={each}"))["ports"]
        assert [port["network_id"] for port in ports] == [topology["id"]]


async def test_several_servers_share_the_network_made_for_them(bare: Ground, world: World, cloud: Cloud) -> None:
    await offer_outside(bare)
    project = cloud.people["red-member"].project_id
    await answered(bare.admin, "PUT", f"quotas/{project}", {"quota": {"port": 4}})
    answer = await bare.red.post(SERVERS, json=bare.body(networks="auto", min_count=1, max_count=5), headers=LATEST)
    assert answer.status_code == 202, answer.text
    await world.settle()
    ports = (await answered(bare.red, "GET", "ports"))["ports"]
    owners = sorted(port["device_owner"] for port in ports)
    assert owners == ["compute:nova"] * 3 + ["network:distributed", "network:router_interface"]
    assert len({port["network_id"] for port in ports}) == 1
    servers = (await bare.red.get(f"{SERVERS}/detail", headers=LATEST)).json()["servers"]
    assert [server["status"] for server in servers] == ["ACTIVE"] * 3


async def test_without_a_way_out_it_is_refused_and_nothing_changes(bare: Ground, world: World) -> None:
    fault = await refused(bare, world)
    assert fault["message"].startswith("Unable to automatically allocate a network for project")
    assert fault["details"]["reasons"] == ["there is no default external network"]


async def test_a_full_quota_is_a_reason_and_nothing_changes(bare: Ground, world: World, cloud: Cloud) -> None:
    await offer_outside(bare)
    project = cloud.people["red-member"].project_id
    await answered(bare.admin, "PUT", f"quotas/{project}", {"quota": {"router": 0}})
    fault = await refused(bare, world)
    assert fault["details"]["reasons"] == ["1 more of quota 'router' is needed and 0 is left"]


async def test_a_boot_that_is_refused_after_it_leaves_no_network(bare: Ground, world: World, cloud: Cloud) -> None:
    await offer_outside(bare)
    project = cloud.people["red-member"].project_id
    await answered(bare.admin, "PUT", f"quotas/{project}", {"quota": {"port": 1}})  # enough for the router alone
    await world.rest()
    before = everything(world)
    answer = await bare.red.post(SERVERS, json=bare.body(networks="auto"), headers=LATEST)
    assert answer.status_code == 403, answer.text
    assert answer.json()["forbidden"]["message"].startswith("Maximum number of ports exceeded")
    assert everything(world) == before


async def test_an_auto_allocated_network_that_is_down_is_not_used(bare: Ground, world: World) -> None:
    await offer_outside(bare)
    made = (await answered(bare.red, "GET", "auto-allocated-topology/null"))["auto_allocated_topology"]["id"]
    await answered(bare.red, "PUT", f"networks/{made}", {"network": {"admin_state_up": False}})
    fault = await refused(bare, world)
    assert fault["details"]["reasons"] == [f"its auto-allocated network {made} is down"]


async def test_a_plan_shows_the_network_and_makes_none(bare: Ground, world: World) -> None:
    await offer_outside(bare)
    await world.rest()
    before = everything(world)
    answer = await bare.red.post(SERVERS, params={"dry_run": "true"}, json=bare.body(networks="auto"), headers=LATEST)
    assert answer.status_code == 200, answer.text
    assert everything(world) == before
    ((nic,),) = [server["networks"] for server in answer.json()["plan"]["servers"]]
    assert nic["network_name"] == "auto_allocated_network"
    assert [(subnet["cidr"], subnet["addresses_left"]) for subnet in nic["subnets"]] == [("10.128.0.0/26", 59)]


async def test_many_boots_at_once_make_one_network(bare: Ground, world: World) -> None:
    await offer_outside(bare)
    bodies = [bare.body(f"web-{number}", networks="auto") for number in range(8)]
    answers = await asyncio.gather(*(bare.red.post(SERVERS, json=body, headers=LATEST) for body in bodies))
    assert [answer.status_code for answer in answers] == [202] * 8
    await world.settle()
    networks = (await answered(bare.red, "GET", "networks?router:external=False"))["networks"]
    assert [network["name"] for network in networks] == ["auto_allocated_network"]
    ports = (await answered(bare.red, "GET", "ports?device_owner=compute:nova"))["ports"]
    assert [port["network_id"] for port in ports] == [networks[0]["id"]] * 8
