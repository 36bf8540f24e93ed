"""Address groups over HTTP, and rules of security groups that name them."""

from typing import Any

import pytest

from berthline.domain.ids import new_id
from berthline.store import Store
from tests.api.builder import HandClock
from tests.api.network.conftest import Api
from tests.api.network.test_projection import Projected

PATH = "address-groups"


async def a_group(api: Api, *addresses: str, **attributes: Any) -> dict[str, Any]:
    return await api.make("address_group", name="offices", addresses=list(addresses), **attributes)


async def a_rule(api: Api, group: str, addresses: str, **attributes: Any) -> dict[str, Any]:
    asked = {"security_group_id": group, "direction": "ingress", "remote_address_group_id": addresses, **attributes}
    return await api.make("security_group_rule", **asked)


async def test_a_group_is_made_shown_changed_and_deleted(red: Api) -> None:
    made = await a_group(red, "192.168.0.10/24", "10.10.10.3/32", "2001:db8::f00/64", "10.10.10.3/32", description="d")
    assert made["addresses"] == ["10.10.10.3/32", "192.168.0.0/24", "2001:db8::/64"]
    assert (made["name"], made["description"], made["revision_number"]) == ("offices", "d", 1)
    assert made["project_id"] == red.project_id
    path = f"{PATH}/{made['id']}"
    assert (await red.fetch(path))["address_group"] == made
    changed = (await red.change(path, {"address_group": {"description": "new"}}))["address_group"]
    assert (changed["description"], changed["addresses"]) == ("new", made["addresses"])
    added = await red.change(f"{path}/add_addresses", {"addresses": ["10.20.30.40", "10.0.0.0/8"]})
    assert added["address_group"]["addresses"] == [
        "10.0.0.0/8",
        "10.10.10.3/32",
        "10.20.30.40/32",
        *made["addresses"][1:],
    ]
    removed = await red.change(f"{path}/remove_addresses", {"addresses": ["10.20.30.40/32", "10.0.0.0/8"]})
    assert removed["address_group"]["addresses"] == made["addresses"]
    fixed: dict[str, Any] = {"address_group": {"addresses": []}}
    assert (await red.refused("PUT", path, fixed))[:2] == (400, "HTTPBadRequest")
    stale = await red.refused("PUT", path, {"address_group": {"name": "x"}}, **{"If-Match": "revision_number=1"})
    assert stale[0] == 412
    await red.drop(path)
    assert (await red.refused("GET", path))[:2] == (404, "AddressGroupNotFound")


@pytest.mark.parametrize(
    ("how", "addresses", "status", "kind"),
    [
        ("add", ["10.1.0.0/24"], 400, "AddressesAlreadyExist"),
        ("add", ["10.2.0.0/24", "here"], 400, "InvalidInput"),
        ("add", [], 400, "InvalidInput"),
        ("remove", ["10.1.0.0/24", "10.2.0.0/24"], 404, "AddressesNotFound"),
        ("remove", ["10.1.0.0/25"], 404, "AddressesNotFound"),
        ("remove", ["here"], 400, "InvalidInput"),
        ("remove", ["fe80::1%eth0"], 400, "InvalidInput"),
    ],
)
async def test_wrong_addresses_change_nothing(red: Api, how: str, addresses: list[str], status: int, kind: str) -> None:
    group = await a_group(red, "10.1.0.0/24")
    asked = {"addresses": addresses}
    assert (await red.refused("PUT", f"{PATH}/{group['id']}/{how}_addresses", asked))[:2] == (status, kind)
    assert (await red.fetch(f"{PATH}/{group['id']}"))["address_group"] == group


async def test_what_is_no_prefix_is_refused(red: Api) -> None:
    for wrong in (["10.20.30.40"], ["this is bad"], ["10.0.0.0/33"], [None]):
        body = {"address_group": {"name": "x", "addresses": wrong}}
        assert (await red.refused("POST", PATH, body))[:2] == (400, "InvalidInput"), wrong
    many = {"address_group": {"addresses": [f"10.{each >> 8}.{each & 255}.0/24" for each in range(4097)]}}
    assert (await red.refused("POST", PATH, many))[:2] == (400, "InvalidInput")
    assert (await red.fetch(PATH))["address_groups"] == []


async def test_a_rule_names_an_address_group(red: Api, blue: Api) -> None:
    addresses = await a_group(red, "10.1.0.0/24")
    group = (await red.make("security_group", name="web"))["id"]
    rule = await a_rule(red, group, addresses["id"], protocol="tcp", port_range_min=80, port_range_max=80)
    assert (rule["remote_address_group_id"], rule["remote_group_id"]) == (addresses["id"], None)
    assert (rule["remote_ip_prefix"], rule["normalized_cidr"]) == (None, None)
    found = await red.fetch("security-group-rules", remote_address_group_id=addresses["id"])
    assert found["security_group_rules"] == [rule]
    same = {"security_group_id": group, "direction": "ingress", "remote_address_group_id": addresses["id"]}
    twice = {**same, "protocol": "tcp", "port_range_min": 80, "port_range_max": 80}
    exists = (409, "SecurityGroupRuleExists")
    assert (await red.refused("POST", "security-group-rules", {"security_group_rule": twice}))[:2] == exists
    for other in ({"remote_ip_prefix": "10.0.0.0/8"}, {"remote_group_id": group}):
        both = {"security_group_rule": {**same, **other}}
        refused = await red.refused("POST", "security-group-rules", both)
        assert refused[:2] == (400, "SecurityGroupMultipleRemoteEntites")
    unknown = {"security_group_rule": {**same, "remote_address_group_id": new_id()}}
    missing = (404, "AddressGroupNotFound")
    assert (await red.refused("POST", "security-group-rules", unknown))[:2] == missing
    theirs = (await blue.make("security_group", name="web"))["id"]
    hidden = {"security_group_rule": {**same, "security_group_id": theirs}}
    assert (await blue.refused("POST", "security-group-rules", hidden))[:2] == missing
    in_use = (
        409,
        "AddressGroupInUse",
        f"Address group {addresses['id']} is in use on one or more security group rules.",
    )
    assert await red.refused("DELETE", f"{PATH}/{addresses['id']}") == in_use
    await red.drop(f"security-group-rules/{rule['id']}")
    await red.drop(f"{PATH}/{addresses['id']}")


async def test_groups_are_their_projects(admin: Api, red: Api, blue: Api, reader: Api) -> None:
    group = await a_group(red, "10.1.0.0/24")
    path = f"{PATH}/{group['id']}"
    asked: tuple[tuple[str, str, Any], ...] = (
        ("PUT", path, {"address_group": {"name": "x"}}),
        ("PUT", f"{path}/add_addresses", {"addresses": ["10.2.0.0/24"]}),
        ("PUT", f"{path}/remove_addresses", {"addresses": ["10.1.0.0/24"]}),
        ("DELETE", path, None),
    )
    missing = (404, "AddressGroupNotFound", f"Address group {group['id']} could not be found.")
    assert await blue.refused("GET", path) == missing
    for method, each, body in asked:
        assert await blue.refused(method, each, body) == missing
        assert (await reader.refused(method, each, body))[:2] == (403, "PolicyNotAuthorized")
    share = {"object_type": "address_group", "object_id": group["id"], "action": "access_as_shared"}
    policy = await red.make("rbac_policy", "rbac-policies", **share, target_tenant=blue.project_id)
    assert (await blue.fetch(PATH, shared=True))["address_groups"] == [group]
    for method, each, body in asked:
        assert await blue.refused(method, each, body) == missing, "shared to be named, and no more"
    theirs = (await blue.make("security_group", name="web"))["id"]
    rule = await a_rule(blue, theirs, group["id"])
    assert (await red.refused("DELETE", f"rbac-policies/{policy['id']}"))[:2] == (409, "RbacPolicyInUse")
    assert (await red.refused("DELETE", path))[:2] == (409, "AddressGroupInUse")
    await blue.drop(f"security-group-rules/{rule['id']}")
    await red.drop(path)
    assert (await admin.fetch("rbac-policies"))["rbac_policies"] == []


async def test_groups_are_listed_by_what_they_are(red: Api) -> None:
    one = await red.make("address_group", name="a", addresses=None)
    two = await red.make("address_group", name="b", description="d")
    assert one["addresses"] == two["addresses"] == []
    for query, wanted in (({"name": "a"}, [one]), ({"description": "d"}, [two]), ({}, [one, two])):
        assert (await red.fetch(PATH, sort_key="name", **query))["address_groups"] == wanted
    cut = await red.fetch(PATH, sort_key="name", sort_dir="desc", limit=1, fields=["id", "name"])
    assert cut["address_groups"] == [{"id": two["id"], "name": "b"}]


async def test_the_dataplane_has_what_rules_name(red: Api, blue: Api, store: Store, clock: HandClock) -> None:
    plane = Projected(store, clock)
    addresses = await a_group(red, "10.1.0.0/24", "2001:db8::/64")
    path = f"{PATH}/{addresses['id']}"
    group = (await red.make("security_group", name="web"))["id"]
    rule = await a_rule(red, group, addresses["id"])
    name = f"as_{group}_{addresses['id']}_ip4".replace("-", "_")
    await plane.check()
    assert plane.row("Address_Set", name)["addresses"] == {"10.1.0.0/24"}
    assert plane.row("ACL", rule["id"])["match"].endswith(f"ip4.src == ${name}")
    await red.change(f"{path}/add_addresses", {"addresses": ["10.2.0.0/16"]})
    await plane.check()
    assert plane.row("Address_Set", name)["addresses"] == {"10.1.0.0/24", "10.2.0.0/16"}
    await red.change(f"{path}/remove_addresses", {"addresses": ["10.1.0.0/24", "10.2.0.0/16"]})
    await plane.check()
    assert plane.row("Address_Set", name)["addresses"] == set(), "which lets nobody in"
    await red.drop(f"security-group-rules/{rule['id']}")
    await plane.check()
    assert not any(key.table == "Address_Set" for rows in plane.plane.rows().values() for key in rows)
