"""Servers through the API: their life, their views by microversion, and who may do what."""

from typing import Any

import pytest

from tests.api.builder import Cloud
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import PUBLIC_KEY, World

SERVERS = "/compute/v2.1/servers"


def at(minor: int) -> dict[str, str]:
    """The header of a microversion."""
    return {"OpenStack-API-Version": f"compute 2.{minor}"}


async def test_a_server_lives_and_dies(ground: Ground, world: World) -> None:
    answer = await ground.red.post(SERVERS, json=ground.body(), headers=LATEST)
    assert answer.status_code == 202, answer.text
    made = answer.json()["server"]
    assert set(made) == {"id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"}
    assert answer.headers["location"].endswith(f"/compute/v2.1/servers/{made['id']}")
    assert answer.headers["openstack-api-version"] == "compute 2.104"
    await world.settle()
    shown = (await ground.red.get(f"{SERVERS}/{made['id']}", headers=LATEST)).json()["server"]
    assert (shown["status"], shown["OS-EXT-STS:power_state"], shown["OS-EXT-STS:task_state"]) == ("ACTIVE", 1, None)
    (address,) = shown["addresses"]["private"]
    assert address["addr"].startswith("10.9.0.")
    assert (address["version"], address["OS-EXT-IPS:type"]) == (4, "fixed")
    assert shown["security_groups"] == [{"name": "default"}]
    assert shown["flavor"]["original_name"] == "tiny"
    assert shown["image"]["id"] == ground.image
    gone = await ground.red.delete(f"{SERVERS}/{made['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    await world.settle()
    answer = await ground.red.get(f"{SERVERS}/{made['id']}")
    assert answer.status_code == 404
    assert answer.json() == {"itemNotFound": {"code": 404, "message": f"Instance {made['id']} could not be found."}}


VIEW_SINCE = {
    9: {"locked"},
    19: {"description"},
    26: {"tags"},
    63: {"trusted_image_certificates"},
    71: {"server_groups"},
    73: {"locked_reason"},
    90: {"OS-EXT-SRV-ATTR:hostname"},
    96: {"pinned_availability_zone"},
    100: {"scheduler_hints"},
}
BASE = {
    "id", "name", "status", "tenant_id", "user_id", "metadata", "hostId", "image", "flavor", "created", "updated",
    "addresses", "accessIPv4", "accessIPv6", "links", "OS-DCF:diskConfig", "progress", "OS-EXT-AZ:availability_zone",
    "config_drive", "key_name", "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "OS-EXT-STS:task_state",
    "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "os-extended-volumes:volumes_attached", "security_groups",
}  # fmt: skip


@pytest.mark.parametrize("minor", [1, 8, 9, 18, 19, 26, 47, 62, 63, 70, 71, 73, 89, 90, 95, 96, 98, 99, 100])
async def test_each_key_of_the_view_appears_with_its_microversion(ground: Ground, world: World, minor: int) -> None:
    server = await ground.boot(world)
    shown = (await ground.red.get(f"{SERVERS}/{server}", headers=at(minor))).json()["server"]
    expected = BASE.union(*(keys for since, keys in VIEW_SINCE.items() if since <= minor))
    assert set(shown) == expected
    assert ("original_name" in shown["flavor"]) == (minor >= 47)
    assert ("properties" in shown["image"]) == (minor >= 98)
    (listed,) = (await ground.red.get(f"{SERVERS}/detail", headers=at(minor))).json()["servers"]
    assert set(listed) == expected - {"server_groups"}


async def test_admins_see_where_a_server_is(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    shown = (await ground.admin.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    assert shown["OS-EXT-SRV-ATTR:host"] in {"host-a", "host-b"}
    assert shown["host_status"] == "UP"
    old = (await ground.admin.get(f"{SERVERS}/{server}", headers=at(1))).json()["server"]
    assert {key for key in old if "SRV-ATTR" in key} == {
        "OS-EXT-SRV-ATTR:host",
        "OS-EXT-SRV-ATTR:hypervisor_hostname",
        "OS-EXT-SRV-ATTR:instance_name",
    }


async def test_another_project_learns_nothing(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    unknown = "11111111-1111-4111-8111-111111111111"
    for method, path, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("PUT", "", {"server": {"name": "mine"}}),
        ("POST", "/action", {"os-stop": None}),
        ("POST", "/action", {"os-getConsoleOutput": {}}),
        ("GET", "/metadata", None),
        ("GET", "/ips", None),
        ("GET", "/os-interface", None),
        ("GET", "/os-instance-actions", None),
        ("GET", "/tags", None),
    ):
        theirs = await ground.blue.request(method, f"{SERVERS}/{server}{path}", json=body, headers=LATEST)
        nobodys = await ground.blue.request(method, f"{SERVERS}/{unknown}{path}", json=body, headers=LATEST)
        assert theirs.status_code == nobodys.status_code == 404, (method, path, theirs.text)
        assert theirs.text.replace(server, unknown) == nobodys.text
    listed = (await ground.blue.get(f"{SERVERS}/detail")).json()
    assert listed == {"servers": []}


async def test_a_reader_looks_and_changes_nothing(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    assert (await ground.reader.get(f"{SERVERS}/{server}")).status_code == 200
    for method, path, body in (
        ("POST", SERVERS, ground.body()),
        ("DELETE", f"{SERVERS}/{server}", None),
        ("PUT", f"{SERVERS}/{server}", {"server": {"name": "x"}}),
        ("POST", f"{SERVERS}/{server}/action", {"reboot": {"type": "HARD"}}),
        ("POST", f"{SERVERS}/{server}/action", {"lock": None}),
        ("PUT", f"{SERVERS}/{server}/metadata", {"metadata": {}}),
        ("PUT", f"{SERVERS}/{server}/tags/x", None),
        ("POST", "/compute/v2.1/os-keypairs", {"keypair": {"name": "k", "public_key": PUBLIC_KEY}}),
    ):
        answer = await ground.reader.request(method, path, json=body, headers=LATEST)
        assert answer.status_code == 403, (method, path, answer.text)
        assert "Policy doesn't allow" in answer.json()["forbidden"]["message"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"name": ""}, "name"),
        ({"name": " x"}, "name"),
        ({"name": 5}, "name"),
        ({"networks": "some"}, "networks"),
        ({"networks": [{"uuid": "no-uuid"}]}, "uuid"),
        ({"networks": [{}]}, "uuid"),
        ({"networks": [{"uuid": "11111111-1111-4111-8111-111111111111", "fixed_ip": "10.9"}]}, "fixed_ip"),
        ({"imageRef": ""}, "imageRef"),
        ({"imageRef": "x"}, "imageRef"),
        ({"imageRef": "11111111-1111-4111-8111-111111111111"}, "image"),
        ({"flavorRef": "nope"}, "nope"),
        ({"key_name": "nope"}, "key_name"),
        ({"min_count": 0}, "min_count"),
        ({"min_count": 3, "max_count": 2}, "min_count"),
        ({"max_count": True}, "max_count"),
        ({"user_data": "***"}, "user_data"),
        ({"metadata": {"a/b": "c"}}, "metadata"),
        ({"metadata": {"a": "c" * 256}}, "255"),
        ({"config_drive": "perhaps"}, "config_drive"),
        ({"accessIPv4": "::1"}, "accessIPv4"),
        ({"availability_zone": "mars"}, "availability zone"),
        ({"tags": ["a,b"]}, "tag"),
        ({"hostname": "a.b-"}, "hostname"),
        ({"personality": [{"path": "/a"}]}, "personality"),
        ({"OS-DCF:diskConfig": "SOME"}, "SOME"),
        ({"block_device_mapping_v2": [{"source_type": "volume", "uuid": "x", "boot_index": 0}]}, "from a volume"),
        ({"security_groups": [{"name": "nope"}]}, "nope"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(
    ground: Ground, fields: dict[str, Any], says: str
) -> None:
    answer = await ground.red.post(SERVERS, json=ground.body(**fields), headers=LATEST)
    assert answer.status_code == 400, answer.text
    assert says in answer.json()["badRequest"]["message"]
    assert (await ground.red.get(SERVERS)).json() == {"servers": []}
    used = (await ground.red.get("/compute/v2.1/limits")).json()["limits"]["absolute"]
    assert (used["totalInstancesUsed"], used["totalCoresUsed"]) == (0, 0)


async def test_fields_before_their_microversion_are_refused(ground: Ground) -> None:
    for minor, fields in (
        (18, {"description": "d"}),
        (51, {"tags": ["a"]}),
        (89, {"hostname": "h"}),
        (36, {"networks": "auto"}),
        (41, {"networks": [{"uuid": ground.network, "tag": "t"}]}),
        (73, {"host": "host-a"}),
    ):
        answer = await ground.red.post(SERVERS, json=ground.body(**fields), headers=at(minor))
        assert answer.status_code == 400, (minor, answer.text)
    body = ground.body()
    del body["server"]["networks"]
    assert (await ground.red.post(SERVERS, json=body, headers=at(37))).status_code == 400


async def test_the_form_that_the_openstack_command_sends_is_taken(ground: Ground, world: World) -> None:
    device = {
        "uuid": ground.image,
        "boot_index": 0,
        "source_type": "image",
        "destination_type": "local",
        "delete_on_termination": True,
    }
    key = {"keypair": {"name": "k", "public_key": PUBLIC_KEY}}
    assert (await ground.red.post("/compute/v2.1/os-keypairs", json=key, headers=at(10))).status_code == 201
    server = await ground.boot(
        world, block_device_mapping_v2=[device], min_count=1, max_count=1, key_name="k", tags=["a"]
    )
    shown = (await ground.red.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    assert (shown["status"], shown["key_name"], shown["tags"]) == ("ACTIVE", "k", ["a"])


async def test_several_servers_of_one_request_share_a_reservation(ground: Ground, world: World) -> None:
    body = ground.body(min_count=2, max_count=3, return_reservation_id=True)
    answer = await ground.red.post(SERVERS, json=body, headers=at(37))
    assert answer.status_code == 202, answer.text
    reservation = answer.json()["reservation_id"]
    await world.settle()
    found = await ground.red.get(SERVERS, params={"reservation_id": reservation})
    assert sorted(server["name"] for server in found.json()["servers"]) == ["web-1", "web-2", "web-3"]


async def test_power_and_console(ground: Ground, world: World) -> None:
    server = await ground.boot(world)

    async def act(body: dict[str, Any]) -> int:
        answer = await ground.red.post(f"{SERVERS}/{server}/action", json=body, headers=LATEST)
        await world.settle()
        assert answer.content == b"" or answer.is_error
        return answer.status_code

    async def status() -> str:
        word: str = (await ground.red.get(f"{SERVERS}/{server}")).json()["server"]["status"]
        return word

    assert await act({"os-start": None}) == 409
    assert await act({"os-stop": None}) == 202
    assert await status() == "SHUTOFF"
    assert await act({"os-start": None}) == 202
    assert await status() == "ACTIVE"
    assert await act({"reboot": {"type": "SOFT"}}) == 202
    assert await act({"reboot": {"type": "HARD"}}) == 202
    assert await status() == "ACTIVE"
    assert await act({"reboot": {"type": "sideways"}}) == 400
    assert await act({"rebuild": {"imageRef": "x"}}) == 400
    assert await act({"dance": None}) == 400
    assert await act({"os-stop": None, "os-start": None}) == 400
    answer = await ground.red.post(f"{SERVERS}/{server}/action", json={"os-getConsoleOutput": {"length": 5}})
    assert answer.status_code == 200
    assert isinstance(answer.json()["output"], str)


async def test_a_lock_of_an_admin_holds_the_owner(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    path = f"{SERVERS}/{server}/action"
    assert (await ground.red.post(path, json={"lock": {"locked_reason": "x"}}, headers=at(72))).status_code == 202
    answer = await ground.admin.post(path, json={"lock": {"locked_reason": "audit"}}, headers=LATEST)
    assert answer.status_code == 202
    shown = (await ground.red.get(f"{SERVERS}/{server}", headers=LATEST)).json()["server"]
    assert (shown["locked"], shown["locked_reason"]) == (True, "audit")
    assert (await ground.red.post(path, json={"os-stop": None})).status_code == 409
    assert (await ground.red.delete(f"{SERVERS}/{server}")).status_code == 409
    metadata = await ground.red.put(f"{SERVERS}/{server}/metadata", json={"metadata": {}})
    assert metadata.json()["conflictingRequest"]["message"] == f"Instance {server} is locked"
    assert (await ground.red.post(path, json={"unlock": None})).status_code == 403
    assert (await ground.admin.post(path, json={"unlock": None})).status_code == 202
    assert (await ground.red.delete(f"{SERVERS}/{server}")).status_code == 204
    await world.settle()


async def test_update_answers_with_the_view_of_the_microversion(ground: Ground, world: World) -> None:
    fields: dict[str, Any] = {"OS-DCF:diskConfig": "AUTO"}
    server = await ground.boot(world, **fields)
    path = f"{SERVERS}/{server}"
    assert (await ground.red.get(path)).json()["server"]["OS-DCF:diskConfig"] == "AUTO"
    answer = await ground.red.put(path, json={"server": {"name": "new"}}, headers=at(1))
    assert answer.status_code == 200
    assert answer.json()["server"]["name"] == "new"
    assert "OS-EXT-STS:vm_state" not in answer.json()["server"]
    body = {"server": {"description": "d", "accessIPv4": "203.0.113.1", "hostname": "h.example"}}
    answer = await ground.red.put(path, json=body, headers=LATEST)
    shown = answer.json()["server"]
    assert (shown["description"], shown["accessIPv4"], shown["OS-EXT-SRV-ATTR:hostname"]) == (
        "d",
        "203.0.113.1",
        "h.example",
    )
    assert shown == (await ground.red.get(path, headers=LATEST)).json()["server"]
    assert (await ground.red.put(path, json={"server": {"name": "a" * 256}})).status_code == 400
    assert (await ground.red.put(path, json={"server": {"tags": []}})).status_code == 400


async def test_metadata_and_tags(ground: Ground, world: World) -> None:
    server = await ground.boot(world, metadata={"a": "1"})
    path = f"{SERVERS}/{server}/metadata"
    assert (await ground.red.get(path)).json() == {"metadata": {"a": "1"}}
    assert (await ground.red.post(path, json={"metadata": {"b": "2"}})).json() == {"metadata": {"a": "1", "b": "2"}}
    assert (await ground.red.put(f"{path}/c", json={"meta": {"c": "3"}})).json() == {"meta": {"c": "3"}}
    assert (await ground.red.put(f"{path}/c", json={"meta": {"d": "3"}})).status_code == 400
    assert (await ground.red.delete(f"{path}/a")).status_code == 204
    assert (await ground.red.get(f"{path}/a")).status_code == 404
    assert (await ground.red.put(path, json={"metadata": {}})).json() == {"metadata": {}}
    too_many: dict[str, Any] = {"metadata": {str(number): "" for number in range(129)}}
    assert (await ground.red.put(path, json=too_many)).status_code == 403
    assert (await ground.red.post(SERVERS, json=ground.body(**too_many), headers=LATEST)).status_code == 403
    tags = f"{SERVERS}/{server}/tags"
    assert (await ground.red.get(tags, headers=at(25))).status_code == 404
    assert (await ground.red.put(tags, json={"tags": ["a", "b"]}, headers=LATEST)).json() == {"tags": ["a", "b"]}
    assert (await ground.red.put(f"{tags}/c", headers=LATEST)).status_code == 201
    assert (await ground.red.put(f"{tags}/c", headers=LATEST)).status_code == 204
    assert (await ground.red.get(f"{tags}/c", headers=LATEST)).status_code == 204
    assert (await ground.red.delete(f"{tags}/a", headers=LATEST)).status_code == 204
    assert (await ground.red.get(f"{tags}/a", headers=LATEST)).status_code == 404
    assert (await ground.red.get(SERVERS, params={"tags": "b,c"}, headers=LATEST)).json()["servers"]
    assert (await ground.red.delete(tags, headers=LATEST)).status_code == 204


async def test_interfaces_addresses_and_actions(ground: Ground, world: World) -> None:
    server = await ground.boot(world, networks=[{"uuid": ground.network, "tag": "mgmt"}, {"uuid": ground.network}])
    listed = (await ground.red.get(f"{SERVERS}/{server}/os-interface", headers=at(70))).json()["interfaceAttachments"]
    assert [interface["tag"] for interface in listed] == ["mgmt", None]
    assert {interface["net_id"] for interface in listed} == {ground.network}
    one = await ground.red.get(f"{SERVERS}/{server}/os-interface/{listed[1]['port_id']}", headers=at(69))
    assert set(one.json()["interfaceAttachment"]) == {"net_id", "port_id", "mac_addr", "port_state", "fixed_ips"}
    addresses = [interface["fixed_ips"][0]["ip_address"] for interface in listed]
    shown = (await ground.red.get(f"{SERVERS}/{server}/ips")).json()["addresses"]
    assert shown == {"private": [{"version": 4, "addr": address} for address in addresses]}
    assert (await ground.red.get(f"{SERVERS}/{server}/ips/private")).status_code == 200
    assert (await ground.red.get(f"{SERVERS}/{server}/ips/public")).status_code == 404
    (action,) = (await ground.red.get(f"{SERVERS}/{server}/os-instance-actions")).json()["instanceActions"]
    assert action["action"] == "create"
    path = f"{SERVERS}/{server}/os-instance-actions/{action['request_id']}"
    events = (await ground.red.get(path, headers=at(84))).json()["instanceAction"]["events"]
    assert events
    assert {event["result"] for event in events} == {"Success"}


async def test_lists_filter_sort_and_page(ground: Ground, world: World) -> None:
    first = await ground.boot(world, "alpha")
    second = await ground.boot(world, "beta")

    async def names(client: Any = ground.red, minor: int = 100, **query: str) -> list[str]:
        answer = await client.get(SERVERS, params=query, headers=at(minor))
        assert answer.status_code == 200, answer.text
        return [server["name"] for server in answer.json()["servers"]]

    assert await names() == ["beta", "alpha"]
    assert await names(sort_key="display_name", sort_dir="asc") == ["alpha", "beta"]
    assert await names(name="alp") == ["alpha"]
    assert await names(name="^b.*a$") == ["beta"]
    assert await names(status="ACTIVE") == ["beta", "alpha"]
    assert await names(status="shutoff") == []
    assert await names(status="bogus", minor=37) == []
    assert await names(flavor="42", image=ground.image) == ["beta", "alpha"]
    assert await names(ip="10.9") == ["beta", "alpha"]
    assert await names(ip="172.16") == []
    assert await names(limit="1", marker=second) == ["alpha"]
    assert await names(client=ground.admin, all_tenants="1", uuid=first) == ["alpha"]
    assert await names(client=ground.admin) == []
    page = (await ground.red.get(SERVERS, params={"limit": "1"})).json()
    assert page["servers_links"][0]["rel"] == "next"
    following = page["servers_links"][0]["href"].partition("cloud.test")[2]
    assert [server["name"] for server in (await ground.red.get(following)).json()["servers"]] == ["alpha"]
    for query in ({"name": "(a+)+"}, {"limit": "-1"}, {"sort_key": "secret"}, {"marker": "x"}, {"changes-since": "x"}):
        assert (await ground.red.get(SERVERS, params=query)).status_code == 400, query
    assert (await ground.red.get(SERVERS, params={"colour": "x"}, headers=at(74))).status_code == 200
    assert (await ground.red.get(SERVERS, params={"colour": "x"}, headers=at(75))).status_code == 400
    assert (await ground.red.get(SERVERS, params={"all_tenants": "1"})).status_code == 403


async def test_changes_since_shows_what_was_deleted(ground: Ground, world: World, cloud: Cloud) -> None:
    server = await ground.boot(world)
    await ground.red.delete(f"{SERVERS}/{server}")
    await world.settle()
    found = (await ground.red.get(f"{SERVERS}/detail", params={"changes-since": "2020-01-01T00:00:00Z"})).json()
    assert [(one["id"], one["status"]) for one in found["servers"]] == [(server, "DELETED")]


async def test_a_full_quota_is_403_and_no_room_is_an_error(ground: Ground, world: World, cloud: Cloud) -> None:
    huge = {"name": "huge", "id": "9", "ram": 1_000_000, "vcpus": 1, "disk": 1}
    await ground.admin.post("/compute/v2.1/flavors", json={"flavor": huge})
    answer = await ground.red.post(SERVERS, json=ground.body(flavorRef="9"), headers=LATEST)
    assert answer.status_code == 403
    assert "ram" in answer.json()["forbidden"]["message"]
    project = cloud.people["red-member"].project_id
    raised = await ground.admin.put(f"/compute/v2.1/os-quota-sets/{project}", json={"quota_set": {"ram": -1}})
    assert raised.json()["quota_set"]["ram"] == -1
    answer = await ground.red.post(SERVERS, json=ground.body(flavorRef="9"), headers=LATEST)
    assert answer.status_code == 202
    shown = (await ground.red.get(f"{SERVERS}/{answer.json()['server']['id']}", headers=LATEST)).json()["server"]
    assert shown["status"] == "ERROR"
    assert shown["fault"]["message"].startswith("No valid host was found.")
    assert "host-a" not in str(shown)


async def test_the_groups_of_a_servers_ports_are_listed(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    path = f"{SERVERS}/{server}/os-security-groups"
    (group,) = (await ground.red.get(path)).json()["security_groups"]
    assert (group["name"], set(group)) == ("default", {"id", "name", "description", "tenant_id", "rules"})
    assert {rule["group"]["name"] for rule in group["rules"]} == {"default"}
    assert (await ground.blue.get(path)).status_code == 404
