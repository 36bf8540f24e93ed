"""Rules over HTTP: one protocol by any of its names, ranges of ports, and whose default group a list makes."""

import itertools
from typing import Any

import pytest

from berthline.domain import protocols
from berthline.domain.ids import new_id
from tests.api.network.conftest import PREFIX, Api

EXISTS = (409, "SecurityGroupRuleExists")


async def asked(api: Api, **attributes: Any) -> dict[str, Any]:
    """What a rule of a new group is made from."""
    group = await api.make("security_group", name="g")
    return {"security_group_id": group["id"], "direction": "ingress", **attributes}


@pytest.mark.parametrize("ethertype", ["IPv4", "IPv6"])
async def test_a_protocol_is_one_thing_whatever_it_is_called(red: Api, ethertype: str) -> None:
    by_number: dict[int, set[str | int]] = {}
    for name, number in protocols.NUMBERS.items():
        if ethertype == "IPv6" or number not in protocols.ONLY_V6:
            shown = 58 if ethertype == "IPv6" and number == 1 else number
            by_number.setdefault(shown, set()).update({name, str(number), number, name.upper()})
    base = await asked(red, ethertype=ethertype)
    for number, names in by_number.items():
        ports: dict[str, Any] = {}
        if number in protocols.WITH_PORTS:
            ports = {"port_range_min": 22, "port_range_max": 22}
        for first in sorted(names, key=str):
            rule = await red.make("security_group_rule", **base, **ports, protocol=first)
            for other in names:
                body = {"security_group_rule": {**base, **ports, "protocol": other}}
                assert (await red.refused("POST", "security-group-rules", body))[:2] == EXISTS, (first, other)
            await red.drop(f"security-group-rules/{rule['id']}")


@pytest.mark.parametrize(
    ("ethertype", "protocol", "kept"),
    [
        ("IPv6", "icmp", "ipv6-icmp"),
        ("IPv6", "icmpv6", "ipv6-icmp"),
        ("IPv6", "ipv6-icmp", "ipv6-icmp"),
        ("IPv6", "1", "58"),
        ("IPv6", 58, "58"),
        ("IPv4", "ICMP", "icmp"),
        ("IPv4", 1, "1"),
        ("IPv4", "any", None),
        ("IPv6", 0, "0"),
    ],
)
async def test_how_a_protocol_is_kept(red: Api, ethertype: str, protocol: str | int, kept: str | None) -> None:
    rule = await red.make("security_group_rule", **await asked(red, ethertype=ethertype, protocol=protocol))
    assert rule["protocol"] == kept


@pytest.mark.parametrize(
    "protocol",
    [each for number in sorted(protocols.ONLY_V6) for each in (str(number), number)]
    + ["icmpv6", "ipv6-icmp", "ipv6-encap", "ipv6-frag", "ipv6-nonxt", "ipv6-opts", "ipv6-route"],
)
async def test_protocols_of_ipv6_are_none_of_ipv4(red: Api, protocol: str | int) -> None:
    base = await asked(red, protocol=protocol)
    for ethertype in ({}, {"ethertype": "IPv4"}):
        refused = await red.refused("POST", "security-group-rules", {"security_group_rule": {**base, **ethertype}})
        assert refused[:2] == (400, "SecurityGroupEthertypeConflictWithProtocol")
    await red.make("security_group_rule", **base, ethertype="IPv6")


@pytest.mark.parametrize("protocol", ["tcp", "udp", "udplite", "sctp", "dccp", "6", 17, None, "any"])
async def test_all_ports_are_none(red: Api, protocol: str | int | None) -> None:
    base = await asked(red, protocol=protocol)
    everything = {**base, "port_range_min": 1, "port_range_max": 65535}
    for first, second in itertools.permutations((base, everything)):
        rule = await red.make("security_group_rule", **first)
        assert (rule["port_range_min"], rule["port_range_max"]) == (None, None)
        assert (await red.refused("POST", "security-group-rules", {"security_group_rule": second}))[:2] == EXISTS
        await red.drop(f"security-group-rules/{rule['id']}")


@pytest.mark.parametrize("protocol", ["tcp", "udp", "udplite", "sctp", "dccp", "6", 132])
@pytest.mark.parametrize(("first", "last", "named"), [
    (0, 65535, "port 0"), (0, 0, "port 0"), (0, None, "port 0"), (None, 0, "port 0"), (22, 0, "port 0"),
    (-16, 80, "port -16"), (80, 65536, "port 65536"), (-16, 65536, "port -16"), ("-1", "22", "port -1"),
])  # fmt: skip
async def test_the_wrong_port_is_named(red: Api, protocol: str, first: object, last: object, named: str) -> None:
    base = await asked(red, protocol=protocol, port_range_min=first, port_range_max=last)
    status, kind, message = await red.refused("POST", "security-group-rules", {"security_group_rule": base})
    assert (status, kind) == (400, "SecurityGroupInvalidPortValue")
    assert named in message
    group = (await red.fetch(f"security-groups/{base['security_group_id']}"))["security_group"]
    assert (len(group["security_group_rules"]), group["revision_number"]) == (2, 1)


async def test_several_rules_are_made_at_once_or_none(red: Api) -> None:
    base = await asked(red, protocol="tcp")
    path = f"security-groups/{base['security_group_id']}"
    before = await red.fetch(path)
    ssh = {**base, "port_range_min": 22, "port_range_max": 22}
    twice = {"security_group_rules": [base, ssh, {**ssh, "protocol": 6}]}
    refused = await red.refused("POST", "security-group-rules", twice)
    assert refused[:2] == (409, "DuplicateSecurityGroupRuleInPost")
    assert await red.fetch(path) == before
    other = await asked(red)
    answer = await red.client.post(f"{PREFIX}/security-group-rules", json={"security_group_rules": [base, ssh, other]})
    assert answer.status_code == 201
    assert len((await red.fetch(path))["security_group"]["security_group_rules"]) == 4


@pytest.mark.parametrize("noun", ["security_groups", "security_group_rules"])
@pytest.mark.parametrize("name", ["project_id", "tenant_id"])
async def test_asking_for_a_project_makes_its_default_group(admin: Api, noun: str, name: str) -> None:
    new = new_id().replace("-", "")
    found = (await admin.fetch(noun.replace("_", "-"), **{name: new}))[noun]
    assert len(found) == {"security_groups": 1, "security_group_rules": 4}[noun]
    assert {each["project_id"] for each in found} == {new}
    (group,) = (await admin.fetch("security-groups", project_id=new))["security_groups"]
    assert (group["name"], len(group["security_group_rules"])) == ("default", 4)


@pytest.mark.parametrize("noun", ["security-groups", "security-group-rules"])
async def test_asking_for_anothers_project_makes_nothing(red: Api, blue: Api, admin: Api, noun: str) -> None:
    assert (await red.fetch(noun, project_id=blue.project_id))[noun.replace("-", "_")] == []
    everyone = (await admin.fetch("security-groups", fields="project_id"))["security_groups"]
    assert {each["project_id"] for each in everyone} == {admin.project_id}


async def test_default_is_a_name_that_is_taken_however_it_is_written(red: Api) -> None:
    group = await red.make("security_group", name="web")
    for name in ("default", "Default", "DEFAULT"):
        taken = (409, "SecurityGroupDefaultAlreadyExists")
        assert (await red.refused("POST", "security-groups", {"security_group": {"name": name}}))[:2] == taken
        changed = {"security_group": {"name": name}}
        assert (await red.refused("PUT", f"security-groups/{group['id']}", changed))[:2] == taken
