"""Security groups, floating IPs and networks by the Compute API, until 2.35."""

from typing import Any

import pytest

from berthline.domain.ids import new_id
from tests.api.builder import Cloud
from tests.api.compute.conftest import Ground
from tests.api.compute.world import World

ROOT = "/compute/v2.1"
GROUPS = f"{ROOT}/os-security-groups"
RULES = f"{ROOT}/os-security-group-rules"
FLOATING = f"{ROOT}/os-floating-ips"


async def _group(ground: Ground, name: str) -> str:
    answer = await ground.red.post(GROUPS, json={"security_group": {"name": name, "description": "d"}})
    assert answer.status_code == 200, answer.text
    made: str = answer.json()["security_group"]["id"]
    return made


async def _rule(ground: Ground, group: str, **rule: Any) -> Any:
    answer = await ground.red.post(RULES, json={"security_group_rule": {"parent_group_id": group, **rule}})
    assert answer.status_code == 200, answer.text
    return answer.json()["security_group_rule"]


async def test_a_group_is_neutron_s_without_what_goes_out(ground: Ground, cloud: Cloud) -> None:
    group = await _group(ground, "web")
    shown = (await ground.red.get(f"{GROUPS}/{group}")).json()["security_group"]
    project = cloud.people["red-member"].project_id
    assert shown == {"id": group, "name": "web", "description": "d", "tenant_id": project, "rules": []}
    answer = await ground.red.put(f"{GROUPS}/{group}", json={"security_group": {"name": "www", "description": ""}})
    assert answer.json()["security_group"]["name"] == "www"
    listed = (await ground.red.get(GROUPS)).json()["security_groups"]
    assert [one["name"] for one in listed] == ["default", "www"]
    assert listed[0]["rules"][0]["group"] == {"name": "default", "tenant_id": project}
    assert len((await ground.red.get(GROUPS, params={"limit": 1, "offset": 1})).json()["security_groups"]) == 1
    every = (await ground.admin.get(GROUPS, params={"all_tenants": 1})).json()["security_groups"]
    assert group in {one["id"] for one in every}
    own = (await ground.admin.get(GROUPS)).json()["security_groups"]
    assert group not in {one["id"] for one in own}
    answer = await ground.red.delete(f"{GROUPS}/{group}")
    assert (answer.status_code, answer.content) == (202, b"")
    assert (await ground.red.get(f"{GROUPS}/{group}")).status_code == 404


async def test_rules_let_in_by_prefix_and_by_group(ground: Ground, cloud: Cloud) -> None:
    web, database = await _group(ground, "web"), await _group(ground, "database")
    rule = await _rule(ground, web, ip_protocol="TCP", from_port="80", to_port=443, cidr="10.2.3.4/8")
    assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 80, 443)
    assert (rule["ip_range"], rule["group"], rule["parent_group_id"]) == ({"cidr": "10.2.3.4/8"}, {}, web)
    assert (await _rule(ground, web, ip_protocol="udp", from_port=53, to_port=53))["ip_range"] == {"cidr": "0.0.0.0/0"}
    ping = await _rule(ground, web, ip_protocol="icmp", from_port=-1, to_port=-1)
    assert (ping["from_port"], ping["to_port"]) == (-1, -1)
    six = await _rule(ground, web, ip_protocol="tcp", from_port=22, to_port=22, cidr="fd00::/8")
    assert six["ip_range"] == {"cidr": "fd00::/8"}
    named = {"name": "web", "tenant_id": cloud.people["red-member"].project_id}
    inner = await _rule(ground, database, ip_protocol="tcp", group_id=web)
    assert (inner["from_port"], inner["to_port"], inner["group"], inner["ip_range"]) == (1, 65535, named, {})
    everything = await _rule(ground, database, group_id=web)
    assert (everything["ip_protocol"], everything["from_port"], everything["group"]) == (None, None, named)
    shown = (await ground.red.get(f"{GROUPS}/{database}")).json()["security_group"]["rules"]
    assert sorted(one["id"] for one in shown) == sorted([inner["id"], everything["id"]])
    assert (await ground.red.delete(f"{RULES}/{inner['id']}")).status_code == 202
    assert (await ground.red.delete(f"{RULES}/{inner['id']}")).status_code == 404
    assert len((await ground.red.get(f"{GROUPS}/{database}")).json()["security_group"]["rules"]) == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"ip_protocol": "tcp", "from_port": 1}, {"from_port": 1, "to_port": 2}, {},
        {"ip_protocol": "tcp", "from_port": 0, "to_port": 1},
        {"ip_protocol": "tcp", "from_port": 9, "to_port": 8}, {"ip_protocol": "tcp", "from_port": 1, "to_port": 65536},
        {"ip_protocol": "icmp", "from_port": -2, "to_port": 1}, {"ip_protocol": "gre", "from_port": 1, "to_port": 1},
        {"ip_protocol": "tcp", "from_port": "x", "to_port": 1},
        {"ip_protocol": "tcp", "from_port": 1, "to_port": 1, "cidr": "10/99"},
        {"ip_protocol": "tcp", "from_port": 22, "to_port": 22}, {"parent_group_id": "x"},
    ],
)  # fmt: skip
async def test_a_rule_that_nova_would_not_take_changes_nothing(ground: Ground, rule: dict[str, Any]) -> None:
    group = await _group(ground, "web")
    await _rule(ground, group, ip_protocol="tcp", from_port=22, to_port=22)
    before = (await ground.red.get(f"{GROUPS}/{group}")).json()
    answer = await ground.red.post(RULES, json={"security_group_rule": {"parent_group_id": group, **rule}})
    assert answer.status_code == 400, answer.text
    assert (await ground.red.get(f"{GROUPS}/{group}")).json() == before


async def test_refusals_have_nova_s_statuses(ground: Ground, world: World, cloud: Cloud) -> None:
    group = await _group(ground, "web")
    await ground.boot(world, security_groups=[{"name": "web"}])
    body = {"security_group": {"name": "x", "description": ""}}
    default = next(
        one["id"] for one in (await ground.red.get(GROUPS)).json()["security_groups"] if one["name"] == "default"
    )
    assert (await ground.red.delete(f"{GROUPS}/{group}")).status_code == 400  # in use
    assert (await ground.red.delete(f"{GROUPS}/{default}")).status_code == 400
    assert (await ground.red.get(f"{GROUPS}/x")).status_code == 400
    for client, status in ((ground.blue, 404), (ground.reader, 403)):
        assert (await client.put(f"{GROUPS}/{group}", json=body)).status_code == status
        assert (await client.delete(f"{GROUPS}/{group}")).status_code == status
    assert (await ground.reader.post(GROUPS, json=body)).status_code == 403
    rule = {"parent_group_id": new_id(), "ip_protocol": "tcp", "from_port": 1, "to_port": 1}
    assert (await ground.red.post(RULES, json={"security_group_rule": rule})).status_code == 404
    assert (
        await ground.red.post(GROUPS, json={"security_group": {"name": "x" * 256, "description": ""}})
    ).status_code == 400
    project = cloud.people["red-member"].project_id
    await ground.admin.put(f"/network/v2.0/quotas/{project}", json={"quota": {"security_group": 2}})
    assert (await ground.red.post(GROUPS, json=body)).status_code == 403
    assert len((await ground.red.get(GROUPS)).json()["security_groups"]) == 2


async def _outside(ground: Ground, name: str = "public") -> str:
    answer = await ground.admin.post(
        "/network/v2.0/networks", json={"network": {"name": name, "router:external": True}}
    )
    network: str = answer.json()["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "203.0.113.0/29"}
    assert (await ground.admin.post("/network/v2.0/subnets", json={"subnet": subnet})).status_code == 201
    return network


async def test_a_floating_ip_comes_from_a_pool_and_goes_back(ground: Ground) -> None:
    assert (await ground.red.post(FLOATING, json={})).status_code == 404
    network = await _outside(ground)
    assert (await ground.red.get(f"{ROOT}/os-floating-ip-pools")).json() == {"floating_ip_pools": [{"name": "public"}]}
    made = []
    for pool in ("public", network, None):
        answer = await ground.red.post(FLOATING, json={"pool": pool})
        assert answer.status_code == 200, answer.text
        made.append(answer.json()["floating_ip"])
    one = made[0]
    assert (one["pool"], one["fixed_ip"], one["instance_id"]) == ("public", None, None)
    assert (await ground.red.get(f"{FLOATING}/{one['id']}")).json() == {"floating_ip": one}
    listed = (await ground.red.get(FLOATING)).json()["floating_ips"]
    assert sorted(each["ip"] for each in listed) == sorted(each["ip"] for each in made)
    assert (await ground.admin.get(FLOATING)).json() == {"floating_ips": []}
    for path, status in ((new_id(), 404), ("x", 400)):
        assert (await ground.red.get(f"{FLOATING}/{path}")).status_code == status
        assert (await ground.red.delete(f"{FLOATING}/{path}")).status_code == status
    assert (await ground.blue.delete(f"{FLOATING}/{one['id']}")).status_code == 404
    assert (await ground.reader.delete(f"{FLOATING}/{one['id']}")).status_code == 403
    answer = await ground.red.delete(f"{FLOATING}/{one['id']}")
    assert (answer.status_code, answer.content) == (202, b"")
    assert len((await ground.red.get(FLOATING)).json()["floating_ips"]) == 2


async def test_a_pool_that_is_not_there_or_is_empty_is_404_and_a_full_quota_403(ground: Ground, cloud: Cloud) -> None:
    await _outside(ground)
    project = cloud.people["red-member"].project_id
    assert (await ground.red.post(FLOATING, json={"pool": "nowhere"})).status_code == 404
    await ground.admin.put(f"/network/v2.0/quotas/{project}", json={"quota": {"floatingip": 1}})
    assert [(await ground.red.post(FLOATING, json={})).status_code for _ in range(2)] == [200, 403]
    await ground.admin.put(f"/network/v2.0/quotas/{project}", json={"quota": {"floatingip": 50}})
    statuses = [(await ground.red.post(FLOATING, json={})).status_code for _ in range(6)]
    assert set(statuses) == {200, 404}
    assert len((await ground.red.get(FLOATING)).json()["floating_ips"]) == 1 + statuses.count(200)


async def test_networks_are_ids_and_names(ground: Ground) -> None:
    listed = (await ground.red.get(f"{ROOT}/os-networks")).json()["networks"]
    assert [(one["id"], one["label"], one["cidr"]) for one in listed] == [(ground.network, "private", None)]
    assert len(listed[0]) == 11
    shown = (await ground.admin.get(f"{ROOT}/os-networks/{ground.network}")).json()["network"]
    assert (len(shown), shown["vlan"]) == (32, None)
    short = {"id": ground.network, "cidr": "None", "label": "private"}
    assert (await ground.red.get(f"{ROOT}/os-tenant-networks")).json() == {"networks": [short]}
    assert (await ground.red.get(f"{ROOT}/os-tenant-networks/{ground.network}")).json() == {"network": short}
    for path in ("os-networks", "os-tenant-networks"):
        for client, network in ((ground.blue, ground.network), (ground.red, new_id())):
            answer = await client.get(f"{ROOT}/{path}/{network}")
            assert (answer.status_code, answer.json()["itemNotFound"]["message"]) == (404, "Network not found")
        assert (await ground.red.post(f"{ROOT}/{path}", json={"network": {"label": "x"}})).status_code == 410
        assert (await ground.red.delete(f"{ROOT}/{path}/{ground.network}")).status_code == 410
