"""Security groups and rules over HTTP, and the default group that every project has exactly once."""

import asyncio

import pytest

from tests.api.network.conftest import PREFIX, Api


def summary(rule: dict[str, object]) -> tuple[object, ...]:
    return rule["direction"], rule["ethertype"], rule["protocol"], rule["remote_group_id"]


async def test_the_default_group_is_made_once_whoever_asks_first(red: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    port = {"port": {"network_id": network_id}}
    await asyncio.gather(
        *(red.client.get(f"{PREFIX}/security-groups") for _ in range(8)),
        *(red.client.post(f"{PREFIX}/ports", json=port) for _ in range(8)),
        *(red.client.post(f"{PREFIX}/security-groups", json={"security_group": {"name": "g"}}) for _ in range(2)),
    )
    (group,) = (await red.fetch("security-groups", name="default"))["security_groups"]
    assert sorted(map(summary, group["security_group_rules"]), key=str) == sorted(
        [
            ("egress", "IPv4", None, None),
            ("egress", "IPv6", None, None),
            ("ingress", "IPv4", None, group["id"]),
            ("ingress", "IPv6", None, group["id"]),
        ],
        key=str,
    )
    assert (await red.refused("POST", "security-groups", {"security_group": {"name": "default"}}))[0] == 409
    assert (await red.refused("DELETE", f"security-groups/{group['id']}"))[0] == 409


async def test_a_group_is_made_changed_and_deleted(red: Api) -> None:
    group = await red.make("security_group", name="web", description="d")
    assert sorted(map(summary, group["security_group_rules"])) == [
        ("egress", "IPv4", None, None),
        ("egress", "IPv6", None, None),
    ]
    path = f"security-groups/{group['id']}"
    changed = (await red.change(path, {"security_group": {"name": "www"}}))["security_group"]
    assert (changed["name"], changed["revision_number"]) == ("www", 2)
    await red.drop(path)
    assert (await red.refused("GET", path))[:2] == (404, "SecurityGroupNotFound")


async def test_rules_come_and_go(red: Api) -> None:
    group = await red.make("security_group", name="web")
    asked = {"security_group_id": group["id"], "direction": "ingress", "protocol": "TCP", "port_range_min": 22}
    rule = await red.make("security_group_rule", port_range_max="22", remote_ip_prefix="10.0.0.9/8", **asked)
    assert (rule["protocol"], rule["ethertype"], rule["remote_ip_prefix"]) == ("tcp", "IPv4", "10.0.0.9/8")
    assert (rule["port_range_min"], rule["port_range_max"], rule["remote_group_id"]) == (22, 22, None)
    shown = (await red.fetch(f"security-groups/{group['id']}"))["security_group"]
    assert rule["id"] in {each["id"] for each in shown["security_group_rules"]}
    assert shown["revision_number"] == 2
    again = {"security_group_rule": {**asked, "port_range_max": 22, "remote_ip_prefix": "10.0.0.0/8"}}
    refused = await red.refused("POST", "security-group-rules", again)
    assert refused[:2] == (409, "SecurityGroupRuleExists")
    assert rule["id"] in refused[2]
    assert (await red.fetch("security-group-rules", protocol="tcp"))["security_group_rules"] == [rule]
    await red.drop(f"security-group-rules/{rule['id']}")
    assert (await red.refused("DELETE", f"security-group-rules/{rule['id']}"))[:2] == (404, "SecurityGroupRuleNotFound")


@pytest.mark.parametrize(
    ("attributes", "status", "kind"),
    [
        ({"protocol": "tcp", "port_range_min": 30, "port_range_max": 20}, 400, "SecurityGroupInvalidPortRange"),
        ({"protocol": "tcp", "port_range_min": 30}, 400, "SecurityGroupInvalidPortRange"),
        ({"protocol": "tcp", "port_range_min": 0, "port_range_max": 70000}, 400, "SecurityGroupInvalidPortValue"),
        ({"protocol": "esp", "port_range_min": 1, "port_range_max": 2}, 400, "SecurityGroupInvalidProtocolForPort"),
        ({"port_range_min": 1, "port_range_max": 2}, 400, "SecurityGroupProtocolRequiredWithPorts"),
        ({"protocol": "icmp", "port_range_max": 2}, 400, "SecurityGroupMissingIcmpType"),
        ({"protocol": "icmp", "port_range_min": 256}, 400, "SecurityGroupInvalidIcmpValue"),
        ({"protocol": "nonsense"}, 400, "SecurityGroupRuleInvalidProtocol"),
        ({"protocol": 256}, 400, "SecurityGroupRuleInvalidProtocol"),
        ({"protocol": "-1"}, 400, "SecurityGroupRuleInvalidProtocol"),
        ({"protocol": ""}, 400, "SecurityGroupRuleInvalidProtocol"),
        ({"protocol": "ipv6-icmp", "ethertype": "IPv4"}, 400, "SecurityGroupEthertypeConflictWithProtocol"),
        ({"remote_ip_prefix": "fd00::/64"}, 400, "SecurityGroupRuleParameterConflict"),
        ({"remote_ip_prefix": "nonsense"}, 400, "InvalidInput"),
        ({"ethertype": "IPv5"}, 400, "SecurityGroupRuleInvalidEtherType"),
        ({"direction": "sideways"}, 400, "InvalidInput"),
        ({"remote_group_id": "bad_group_id"}, 404, "SecurityGroupNotFound"),
        ({"remote_group_id": ""}, 404, "SecurityGroupNotFound"),
        ({"remote_group_id": "é" * 300}, 404, "SecurityGroupNotFound"),
        ({"remote_group_id": "7d6b5d8c-0d1e-4b0d-8e0c-3b1c8f6c0b0a"}, 404, "SecurityGroupNotFound"),
        ({"colour": "red"}, 400, "HTTPBadRequest"),
    ],
)
async def test_bad_rules_are_refused(red: Api, attributes: dict[str, object], status: int, kind: str) -> None:
    group = await red.make("security_group", name="web")
    body = {"security_group_rule": {"security_group_id": group["id"], "direction": "ingress", **attributes}}
    assert (await red.refused("POST", "security-group-rules", body))[:2] == (status, kind)
    shown = (await red.fetch(f"security-groups/{group['id']}"))["security_group"]
    assert len(shown["security_group_rules"]) == 2


async def test_both_kinds_of_remote_side_exclude_each_other(red: Api) -> None:
    group = await red.make("security_group", name="web")
    rule = {"direction": "ingress", "security_group_id": group["id"], "remote_group_id": group["id"]}
    both = {"security_group_rule": {**rule, "remote_ip_prefix": "10.0.0.0/8"}}
    refused = await red.refused("POST", "security-group-rules", both)
    assert refused[:2] == (400, "SecurityGroupMultipleRemoteEntites")
    await red.make("security_group_rule", **rule)


async def test_another_projects_groups_and_rules_are_as_unknown_as_none(red: Api, blue: Api) -> None:
    group = await red.make("security_group", name="web")
    rule_id = group["security_group_rules"][0]["id"]
    for method, body in (("GET", None), ("PUT", {"security_group": {"name": "mine"}}), ("DELETE", None)):
        refused = await blue.refused(method, f"security-groups/{group['id']}", body)
        assert refused == (404, "SecurityGroupNotFound", f"Security group {group['id']} does not exist")
    assert (await blue.refused("GET", f"security-group-rules/{rule_id}"))[:2] == (404, "SecurityGroupRuleNotFound")
    assert (await blue.refused("DELETE", f"security-group-rules/{rule_id}"))[:2] == (404, "SecurityGroupRuleNotFound")
    rule = {"security_group_rule": {"security_group_id": group["id"], "direction": "ingress"}}
    assert (await blue.refused("POST", "security-group-rules", rule))[:2] == (404, "SecurityGroupNotFound")
    names = [each["name"] for each in (await blue.fetch("security-groups"))["security_groups"]]
    assert names == ["default"]


async def test_a_group_in_use_stays(red: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    group = await red.make("security_group", name="web")
    other = await red.make("security_group", name="db")
    remote = {"direction": "ingress", "security_group_id": other["id"], "remote_group_id": group["id"]}
    await red.make("security_group_rule", **remote)
    port = await red.make("port", network_id=network_id, security_groups=[group["id"]])
    path = f"security-groups/{group['id']}"
    assert (await red.refused("DELETE", path))[:2] == (409, "SecurityGroupInUse")
    await red.change(f"ports/{port['id']}", {"port": {"security_groups": [other["id"]]}})
    await red.drop(path)
    shown = (await red.fetch(f"security-groups/{other['id']}"))["security_group"]
    assert len(shown["security_group_rules"]) == 2, "the rule that named the deleted group went with it"


async def test_quotas_of_groups_and_rules_are_exact(red: Api, admin: Api) -> None:
    await admin.change(f"quotas/{red.project_id}", {"quota": {"security_group": 2, "security_group_rule": 7}})
    group = await red.make("security_group", name="web")
    assert (await red.refused("POST", "security-groups", {"security_group": {"name": "b"}}))[:2] == (409, "OverQuota")
    rule = {"security_group_id": group["id"], "direction": "ingress"}
    await red.make("security_group_rule", **rule)
    second = {"security_group_rule": {**rule, "ethertype": "IPv6"}}
    assert (await red.refused("POST", "security-group-rules", second))[:2] == (409, "OverQuota")
    assert (await red.refused("PUT", f"quotas/{red.project_id}", {"quota": {"port": -1}}))[:2] == (
        403,
        "PolicyNotAuthorized",
    )
    assert (await admin.refused("PUT", f"quotas/{red.project_id}", {"quota": {"cheese": 1}}))[0] == 400
    assert (await admin.refused("PUT", f"quotas/{red.project_id}", {"quota": {"port": -2}}))[0] == 400
    await admin.drop(f"quotas/{red.project_id}")
    assert (await red.fetch(f"quotas/{red.project_id}"))["quota"]["security_group"] == 10
