"""The networks of POST /servers over HTTP: shapes, microversions, and refusals in Nova's statuses and words."""

from typing import Any

import httpx
import pytest

from berthline.domain.ids import new_id
from berthline.network.local import LocalNetworkService
from berthline.store import Store
from tests.api.builder import Cloud, HandClock
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World, add_network

SERVERS = "/compute/v2.1/servers"
PORTS = "/network/v2.0/ports"


@pytest.fixture
def network_service(store: Store, clock: HandClock) -> LocalNetworkService:
    return LocalNetworkService(store, clock)


def at(minor: int) -> dict[str, str]:
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def ask(ground: Ground, networks: Any, minor: int = 100, **fields: Any) -> httpx.Response:
    """POST /servers with these networks; UNSAID leaves the key out."""
    body = ground.body(networks=networks, **fields)
    if networks is UNSAID:
        del body["server"]["networks"]
    return await ground.red.post(SERVERS, json=body, headers=at(minor))


UNSAID: Any = object()


async def refused(ground: Ground, status: int, networks: Any, minor: int = 100, **fields: Any) -> dict[str, Any]:
    """The fault of a request that is refused; no server is left of it."""
    answer = await ask(ground, networks, minor, **fields)
    assert answer.status_code == status, answer.text
    assert (await ground.red.get(SERVERS)).json()["servers"] == []
    ((key, fault),) = answer.json().items()
    assert key == {400: "badRequest", 403: "forbidden", 409: "conflictingRequest"}[status]
    assert fault["code"] == status
    return dict(fault)


async def make_port(ground: Ground, **fields: Any) -> str:
    body = {"port": {"network_id": ground.network} | fields}
    answer = await ground.red.post(PORTS, json=body)
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["port"]["id"]
    return made


async def test_tags_are_known_in_their_microversions_only(ground: Ground, world: World) -> None:
    tagged = [{"uuid": ground.network, "tag": "nic1"}]
    for minor, status in ((31, 400), (32, 202), (36, 202), (37, 400), (41, 400), (42, 202), (100, 202)):
        answer = await ask(ground, tagged, minor)
        assert answer.status_code == status, (minor, answer.text)
        await world.settle()
    for minor in (37, 41):
        assert (await ask(ground, [{"uuid": ground.network}], minor)).status_code == 202
        await world.settle()


async def test_networks_are_required_since_their_microversion(ground: Ground, world: World) -> None:
    fault = await refused(ground, 400, UNSAID, 37)
    assert "'networks' is a required property" in fault["message"]
    for minor, networks in ((36, "auto"), (36, "none"), (100, "some"), (100, [])):
        await refused(ground, 400, networks, minor)
    for minor, networks in ((36, UNSAID), (36, []), (37, "auto"), (37, "none")):
        answer = await ask(ground, networks, minor)
        assert answer.status_code == 202, (minor, answer.text)
        await world.settle()
        server = answer.json()["server"]["id"]
        listed = (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["addresses"]
        assert list(listed) == ([] if networks == "none" else ["private"])


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"colour": "red"}, "colour"),
        ({}, "Bad network format: missing 'uuid'"),
        ({"uuid": "nonsense"}, "network uuid is not in proper format (nonsense)"),
        ({"port": "nonsense"}, "nonsense"),
        ({"port": "11111111-1111-4111-8111-111111111111", "fixed_ip": "10.9.0.7"}, "cannot be specified together"),
        ({"uuid": "11111111-1111-4111-8111-111111111111", "fixed_ip": "10.9"}, "fixed_ip"),
        ({"uuid": "11111111-1111-4111-8111-111111111111", "tag": "a/b"}, "tag"),
    ],
)
async def test_items_that_make_no_sense(ground: Ground, item: dict[str, Any], says: str) -> None:
    fault = await refused(ground, 400, [{"uuid": ground.network}, item])
    assert says in fault["message"]
    if "colour" not in item:
        assert fault["details"] == {"item": 1}


async def test_a_port_with_a_network_beside_it_is_the_port(ground: Ground, world: World) -> None:
    port = await make_port(ground)
    answer = await ask(ground, [{"uuid": new_id(), "port": port}])
    assert answer.status_code == 202, answer.text
    await world.settle()
    server = answer.json()["server"]["id"]
    nics = (await ground.red.get(f"{SERVERS}/{server}/os-interface")).json()["interfaceAttachments"]
    assert [nic["port_id"] for nic in nics] == [port]


async def test_ambiguous_is_said_in_novas_very_words(ground: Ground, world: World, cloud: Cloud) -> None:
    other = await add_network(world.store, cloud.people["red-member"].project_id, "other", "10.8.0.0/24")
    for minor, networks in ((36, UNSAID), (100, "auto")):
        fault = await refused(ground, 409, networks, minor)
        assert fault["message"] == "Multiple possible networks found, use a Network ID to be more specific."
        candidates = fault["details"]["candidates"]
        assert candidates == [{"id": other, "name": "other"}, {"id": ground.network, "name": "private"}]


async def test_refusals_of_one_item_say_which(ground: Ground, world: World) -> None:
    good, lost = {"uuid": ground.network}, new_id()
    fault = await refused(ground, 400, [good, {"uuid": lost}])
    assert fault["message"].startswith(f"Network {lost} could not be found.")
    assert (fault["details"]["item"], fault["details"]["candidates"][0]["name"]) == (1, "private")
    fault = await refused(ground, 400, [good, good, {"port": lost}])
    assert (fault["message"], fault["details"]) == (f"Port id {lost} could not be found.", {"item": 2})
    fault = await refused(ground, 400, [good, good | {"fixed_ip": "192.0.2.1"}])
    assert fault["details"] == {"item": 1, "subnets": ["10.9.0.0/24"]}
    port = await make_port(ground, fixed_ips=[{"ip_address": "10.9.0.217"}], device_id="something")
    fault = await refused(ground, 409, [good, {"port": port}])
    assert (fault["message"], fault["details"]) == (f"Port {port} is still in use.", {"item": 1})
    fault = await refused(ground, 400, [good, good | {"fixed_ip": "10.9.0.217"}])
    assert fault["message"] == f"Fixed IP address 10.9.0.217 is already in use on network {ground.network}."
    assert (fault["details"]["item"], list(fault["details"]["left"].values())) == (1, [191])


async def test_a_full_quota_of_ports_says_what_is_left(ground: Ground, cloud: Cloud) -> None:
    project = cloud.people["red-member"].project_id
    answer = await ground.admin.put(f"/network/v2.0/quotas/{project}", json={"quota": {"port": 2}})
    assert answer.status_code == 200, answer.text
    fault = await refused(ground, 403, [{"uuid": ground.network}] * 3)
    assert fault["message"].startswith("Maximum number of ports exceeded")
    assert fault["details"]["left"] == {"port": 2}
    fault = await refused(ground, 403, [{"uuid": ground.network}], min_count=3, max_count=3)
    assert fault["details"] == {"servers": 2, "left": {"port": 2}}


async def test_several_servers_share_neither_port_nor_address(ground: Ground) -> None:
    port = await make_port(ground)
    fault = await refused(ground, 400, [{"port": port}], max_count=2)
    assert fault["message"].startswith("Failed to launch multiple instances with ports")
    fault = await refused(ground, 400, [{"uuid": ground.network, "fixed_ip": "10.9.0.219"}], max_count=2)
    assert "fixed IP is specified" in fault["message"]


async def test_security_groups_have_to_be_there_also_where_no_port_is_made(ground: Ground) -> None:
    port = await make_port(ground)
    for networks in ([{"port": port}], "none"):
        fault = await refused(ground, 400, networks, security_groups=[{"name": "default"}, {"name": "nobody"}])
        assert fault["message"].startswith("Security group nobody not found for project")
    body = ground.body(networks=[{"port": port}], security_groups=[{"name": "default"}])
    assert (await ground.red.post(SERVERS, json=body, headers=LATEST)).status_code == 202


async def test_a_reader_may_attach_no_network(ground: Ground) -> None:
    for networks in ([{"uuid": ground.network}], "auto", "none"):
        answer = await ground.reader.post(SERVERS, json=ground.body(networks=networks), headers=LATEST)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    ("spec", "need"),
    [
        ("hw:numa_nodes", "a NUMA topology"),
        ("hw:pci_numa_affinity_policy", "a NUMA topology"),
        ("pci_passthrough:alias", "PCI devices"),
        ("accel:device_profile", "accelerators"),
        ("resources:CUSTOM_NIC", "resources of Placement"),
        ("resources1:NET_BW_EGR_KILOBIT_PER_SEC", "resources of Placement"),
        ("trait_net:CUSTOM_PHYSNET_PUBLIC", "traits of a part of a host"),
    ],
)
async def test_flavors_for_hosts_of_another_kind_are_refused_by_name(ground: Ground, spec: str, need: str) -> None:
    specs = {"extra_specs": {spec: "1"}}
    answer = await ground.admin.post(f"/compute/v2.1/flavors/{ground.flavor}/os-extra_specs", json=specs)
    assert answer.status_code == 200, answer.text
    fault = await refused(ground, 400, [{"uuid": ground.network}])
    assert need in fault["message"]
    assert spec in fault["message"]


async def test_images_for_hosts_of_another_kind_are_refused_by_name(ground: Ground) -> None:
    patch = [{"op": "add", "path": "/hw_numa_nodes", "value": "2"}]
    kind = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
    answer = await ground.red.patch(f"/image/v2/images/{ground.image}", json=patch, headers=kind)
    assert answer.status_code == 200, answer.text
    fault = await refused(ground, 400, [{"uuid": ground.network}])
    assert "a NUMA topology (hw_numa_nodes)" in fault["message"]


@pytest.mark.parametrize(
    ("path", "noun", "fields"),
    [
        ("ports", "port", {"qos_policy_id": "11111111-1111-4111-8111-111111111111"}),
        ("ports", "port", {"resource_request": {"resources": {"NET_BW_EGR_KILOBIT_PER_SEC": 1}}}),
        ("ports", "port", {"numa_affinity_policy": "required"}),
        ("ports", "port", {"device_profile": "gpu"}),
        ("ports", "port", {"binding:vnic_type": "direct"}),
        ("subnets", "subnet", {"segment_id": "11111111-1111-4111-8111-111111111111"}),
        ("networks", "network", {"qos_policy_id": "11111111-1111-4111-8111-111111111111"}),
    ],
)
async def test_what_would_need_such_hosts_cannot_be_made(
    ground: Ground, path: str, noun: str, fields: dict[str, Any]
) -> None:
    plain: dict[str, dict[str, Any]] = {"ports": {"network_id": ground.network}, "networks": {}}
    plain["subnets"] = {"network_id": ground.network, "ip_version": 4, "cidr": "10.99.0.0/24"}
    answer = await ground.red.post(f"/network/v2.0/{path}", json={noun: plain[path] | fields})
    assert answer.status_code == 400, answer.text
    assert next(iter(fields)).removeprefix("binding:") in answer.json()["NeutronError"]["message"]


async def test_there_are_no_segments_and_no_qos_policies(ground: Ground) -> None:
    for path in ("segments", "qos/policies"):
        assert (await ground.red.get(f"/network/v2.0/{path}")).status_code == 404


async def test_a_floating_ip_is_led_to_a_server_and_away(ground: Ground, world: World) -> None:
    """Nova's addFloatingIp and removeFloatingIp, which 2.44 left to the network API."""
    network = "/network/v2.0"
    outside = await _made(ground.admin, "network", {"name": "outside", "router:external": True})
    wanted = {"network_id": outside, "ip_version": 4, "cidr": "203.0.113.0/24", "enable_dhcp": False}
    await _made(ground.admin, "subnet", wanted)
    router = await _made(ground.red, "router", {"external_gateway_info": {"network_id": outside}})
    subnets = (await ground.red.get(f"{network}/subnets", params={"network_id": ground.network})).json()["subnets"]
    answer = await ground.red.put(
        f"{network}/routers/{router}/add_router_interface", json={"subnet_id": subnets[0]["id"]}
    )
    assert answer.status_code == 200, answer.text
    floating = await _made(ground.red, "floatingip", {"floating_network_id": outside})
    address = (await ground.red.get(f"{network}/floatingips/{floating}")).json()["floatingip"]["floating_ip_address"]
    server = await ground.boot(world)

    async def act(minor: int = 43, /, **action: Any) -> httpx.Response:
        return await ground.red.post(f"{SERVERS}/{server}/action", json=action, headers=at(minor))

    async def shown() -> list[str]:
        listed = (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["addresses"]["private"]
        return [each["addr"] for each in listed if each["OS-EXT-IPS:type"] == "floating"]

    assert (await act(44, addFloatingIp={"address": address})).status_code == 404
    assert (await act(addFloatingIp={"address": address, "fixed_address": "10.9.0.3"})).status_code == 400
    assert (await act(addFloatingIp={"address": "192.0.2.7"})).status_code == 404
    assert (await act(addFloatingIp={"address": "0.0.0.0"})).status_code == 404  # noqa: S104
    assert (await act(removeFloatingIp={"address": "0.0.0.0"})).status_code == 404  # noqa: S104
    assert (await act(addFloatingIp={"address": "nowhere"})).status_code == 400
    assert (await act(addFloatingIp={"address": address})).status_code == 202
    assert await shown() == [address]
    other = await ground.boot(world, "other")
    body = {"removeFloatingIp": {"address": address}}
    assert (await ground.red.post(f"{SERVERS}/{other}/action", json=body, headers=at(43))).status_code == 409
    assert (await ground.blue.post(f"{SERVERS}/{server}/action", json=body, headers=at(43))).status_code == 404
    assert (await ground.reader.post(f"{SERVERS}/{server}/action", json=body, headers=at(43))).status_code == 403
    assert (await act(removeFloatingIp={"address": address})).status_code == 202
    assert await shown() == []


async def _made(client: httpx.AsyncClient, noun: str, fields: dict[str, Any]) -> str:
    answer = await client.post(f"/network/v2.0/{noun}s", json={noun: fields})
    assert answer.status_code == 201, answer.text
    made: str = answer.json()[noun]["id"]
    return made
