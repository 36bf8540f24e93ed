"""Whatever is sent: refused or done, never a failure inside, and the store stays sound (see the fixture no_leaks)."""

import json
from typing import Any

import msgspec
import pytest

from berthline.domain.ids import new_id
from berthline.network import requests
from tests.api.network.conftest import PREFIX, Api

STRANGE: list[Any] = [
    None, "", "x" * 300, -1, 0, 2**70, 1.5, True, [], {}, [None], [{}], ["x"], [["x"]], {"a": 1}, "\x00", "💥",
    "10.0.0.0/24", "fd00::1", "fe80::1%eth0", "1.2.3.4", new_id(), [new_id()], [{"ip_address": "fe80::1%25x"}],
    [{"subnet_id": None}], [{"start": "10.0.0.5", "end": "x"}], [{"destination": "0.0.0.0/0", "nexthop": "fe80::1%x"}],
    {"network_id": {}},
]  # fmt: skip

NOUNS: dict[str, tuple[str, type[msgspec.Struct], type[msgspec.Struct] | None]] = {
    "network": ("networks", requests.NetworkCreate, requests.NetworkUpdate),
    "subnet": ("subnets", requests.SubnetCreate, requests.SubnetUpdate),
    "port": ("ports", requests.PortCreate, requests.PortUpdate),
    "security_group": ("security-groups", requests.SecurityGroupCreate, requests.SecurityGroupUpdate),
    "security_group_rule": ("security-group-rules", requests.SecurityGroupRuleCreate, None),
    "router": ("routers", requests.RouterCreate, requests.RouterUpdate),
    "floatingip": ("floatingips", requests.FloatingIpCreate, requests.FloatingIpUpdate),
}


async def _bases(admin: Api) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """What a sound POST of each noun holds, and the id of one object of each that can be changed."""
    network_id, subnet_id = await admin.network_with_subnet("10.0.0.0/22")
    flat: dict[str, Any] = {"router:external": True}
    external = (await admin.make("network", **flat))["id"]
    await admin.make("subnet", network_id=external, ip_version=4, cidr="203.0.113.0/24")
    group = await admin.make("security_group", name="web")
    bases: dict[str, dict[str, Any]] = {
        "network": {},
        "subnet": {"network_id": network_id, "ip_version": 4, "cidr": "192.168.0.0/24"},
        "port": {"network_id": network_id},
        "security_group": {"name": "g"},
        "security_group_rule": {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"},
        "router": {},
        "floatingip": {"floating_network_id": external},
    }
    ids = {"network": network_id, "subnet": subnet_id, "security_group": group["id"]}
    for noun in ("port", "router", "floatingip"):
        ids[noun] = (await admin.make(noun, **bases[noun]))["id"]
    return bases, ids


@pytest.mark.slow
@pytest.mark.parametrize("noun", NOUNS)
async def test_no_value_of_any_attribute_makes_a_failure(admin: Api, noun: str) -> None:
    unlimited = dict.fromkeys(("network", "subnet", "port", "security_group", "router", "floatingip"), -1)
    await admin.change(f"quotas/{admin.project_id}", {"quota": unlimited})
    bases, ids = await _bases(admin)
    path, create_type, update_type = NOUNS[noun]
    for field in msgspec.structs.fields(create_type):
        for value in STRANGE:
            body = {noun: {**bases[noun], field.encode_name: value}}
            answer = await admin.client.post(f"{PREFIX}/{path}", json=body)
            assert answer.status_code < 500, (body, answer.text)
            assert answer.status_code == 201 or set(answer.json()) == {"NeutronError"}
            if answer.status_code == 201:
                dropped = await admin.client.delete(f"{PREFIX}/{path}/{answer.json()[noun]['id']}")
                assert dropped.status_code == 204, (body, dropped.text)
    for field in msgspec.structs.fields(update_type) if update_type is not None else ():
        for value in STRANGE:
            body = {noun: {field.encode_name: value}}
            answer = await admin.client.put(f"{PREFIX}/{path}/{ids[noun]}", json=body)
            assert answer.status_code < 500, (body, answer.text)


@pytest.mark.parametrize("path", [path for path, _, _ in NOUNS.values()])
async def test_no_query_makes_a_failure(admin: Api, path: str) -> None:
    values = [
        "",
        "x" * 300,
        "99999999999999999999",
        "-1",
        "%00",
        "%ff%fe",
        "%F0%9F%92%A5",
        "fe80::1%25eth0",
        "'",
        "a,b",
        "=",
    ]
    names = ["id", "name", "limit", "marker", "sort_key", "sort_dir", "page_reverse", "fields", "mtu", "fixed_ips"]
    names += ["revision_number", "tags", "not-tags-any", "shared", "admin_state_up", "gateway_ip", "port_range_min"]
    for name in names:
        for value in values:
            answer = await admin.client.get(f"{PREFIX}/{path}?{name}={value}")
            assert answer.status_code < 500, (name, value, answer.text)
    for object_id in ("%00", "%ff", "x" * 300, "'", "a%2Fb"):
        for method in ("GET", "DELETE"):
            answer = await admin.client.request(method, f"{PREFIX}/{path}/{object_id}")
            assert 400 <= answer.status_code < 500, (object_id, answer.text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b'"network"',
        b'{"network": {"name": "\\ud800"}}',
        b'{"network": {"name": "\xff"}}',
        b"[" * 50_000,
        b'{"network": ' + b'{"tags": ' * 500,
        json.dumps({"network": {"tags": ["t"] * 9000}}).encode(),
        b'{"network": {"mtu": 1e400}}',
        b'{"network": {"name": "a", "name": "b"}}',
    ],
)
async def test_no_body_makes_a_failure(red: Api, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    answer = await red.client.post(f"{PREFIX}/networks", content=content, headers=headers)
    assert answer.status_code < 500, answer.text
    assert answer.status_code == 201 or set(answer.json()) == {"NeutronError"}
