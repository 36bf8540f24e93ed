"""Subnet pools and address scopes over HTTP: what is given of a pool, to whom, and what stays apart."""

from typing import Any

import pytest

from berthline.domain.ids import new_id
from tests.api.network.conftest import PREFIX, Api
from tests.api.network.routers.l3 import external_network

SCOPES = "address-scopes"


async def a_pool(api: Api, *prefixes: str, **attributes: Any) -> dict[str, Any]:
    wanted = {"name": "pool", "prefixes": list(prefixes or ["10.11.0.0/16"]), "min_prefixlen": 24, **attributes}
    return await api.make("subnetpool", **wanted)


async def a_subnet(api: Api, pool: dict[str, Any], network: str | None = None, **attributes: Any) -> dict[str, Any]:
    """A subnet of the pool, on a new network unless one is named."""
    network = network or (await api.make("network"))["id"]
    asked = {"network_id": network, "ip_version": pool["ip_version"], "subnetpool_id": pool["id"], **attributes}
    return await api.make("subnet", **asked)


async def refused_subnet(api: Api, **attributes: Any) -> tuple[int, str, str]:
    network = (await api.make("network"))["id"]
    return await api.refused("POST", "subnets", {"subnet": {"network_id": network, "ip_version": 4, **attributes}})


async def test_a_pool_is_made_shown_changed_and_deleted(red: Api) -> None:
    made = await red.make(
        "subnetpool", name="one", prefixes=["10.1.0.0/17", "10.1.128.0/17", "10.0.0.7/24"], tags=["b", "a"]
    )
    assert made["prefixes"] == ["10.0.0.0/24", "10.1.0.0/16"], "without bits behind them, in their shortest form"
    assert (made["ip_version"], made["default_quota"], made["address_scope_id"]) == (4, None, None)
    assert [made[f"{name}_prefixlen"] for name in ("min", "default", "max")] == ["8", "8", "32"]
    assert (made["is_default"], made["shared"], made["tags"]) == (False, False, ["a", "b"])
    assert made["project_id"] == made["tenant_id"] == red.project_id
    path = f"subnetpools/{made['id']}"
    assert (await red.fetch(path))["subnetpool"] == made
    asked: dict[str, Any] = {"name": "two", "min_prefixlen": "24", "default_prefixlen": 26, "max_prefixlen": 28}
    asked["prefixes"] = ["10.0.0.0/8"]
    changed = (await red.change(path, {"subnetpool": asked}))["subnetpool"]
    assert (changed["name"], changed["prefixes"], changed["revision_number"]) == ("two", ["10.0.0.0/8"], 2)
    assert [changed[f"{name}_prefixlen"] for name in ("min", "default", "max")] == ["24", "26", "28"]
    assert (await red.refused("PUT", path, {"subnetpool": {"shared": True}}))[0] == 400
    stale = await red.refused("PUT", path, {"subnetpool": {"name": "x"}}, **{"If-Match": "revision_number=1"})
    assert stale[:2] == (412, "RevisionNumberConstraintFailed")
    uses = (await red.fetch(f"quotas/{red.project_id}/details.json"))["quota"]["subnetpool"]
    assert uses["used"] == 1
    await red.drop(path)
    assert (await red.refused("GET", path))[:2] == (404, "SubnetPoolNotFound")


async def test_subnets_are_given_what_is_free(red: Api) -> None:
    pool = await a_pool(red, "10.11.0.0/22", default_prefixlen=24, max_prefixlen=26)
    first = await a_subnet(red, pool)
    assert (first["cidr"], first["subnetpool_id"], first["gateway_ip"]) == ("10.11.0.0/24", pool["id"], "10.11.0.1")
    assert first["allocation_pools"] == [{"start": "10.11.0.2", "end": "10.11.0.254"}]
    asked = await a_subnet(red, pool, cidr="10.11.2.0/24")
    assert asked["cidr"] == "10.11.2.0/24"
    small = await a_subnet(red, pool, prefixlen=26, gateway_ip=None)
    assert (small["cidr"], small["gateway_ip"]) == ("10.11.1.0/26", None)
    last = await a_subnet(red, pool)
    assert last["cidr"] == "10.11.3.0/24"
    of_pool = {"subnetpool_id": pool["id"]}
    full = await refused_subnet(red, **of_pool)
    assert full[:2] == (409, "SubnetAllocationError")
    assert full[2].endswith("Insufficient prefix space to allocate subnet size /24.")
    assert (await a_subnet(red, pool, prefixlen=25))["cidr"] == "10.11.1.128/25"
    for taken in ("10.11.0.0/25", "10.11.2.0/24", "10.12.0.0/24"):
        assert (await refused_subnet(red, **of_pool, cidr=taken))[:2] == (409, "SubnetAllocationError")
    assert (await refused_subnet(red, **of_pool, prefixlen=27))[:2] == (400, "MaxPrefixSubnetAllocationError")
    assert (await refused_subnet(red, **of_pool, prefixlen=23))[:2] == (400, "MinPrefixSubnetAllocationError")
    await red.drop(f"subnets/{first['id']}")
    assert (await a_subnet(red, pool))["cidr"] == "10.11.0.0/24", "what is given back is free again"
    assert {each["cidr"] for each in (await red.fetch("subnets", **of_pool))["subnets"]} >= {"10.11.2.0/24"}


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"cidr": "10.11.0.0/24", "prefixlen": 24}, "BadRequest"),
        ({"ip_version": 6}, "BadRequest"),
        ({"allocation_pools": [{"start": "10.11.0.5", "end": "10.11.0.9"}]}, "BadRequest"),
        ({"use_default_subnetpool": True}, "BadRequest"),
        ({"prefixlen": -1}, "InvalidInput"),
        ({"subnetpool_id": "prefix_delegation"}, "InvalidInput"),
        ({"subnetpool_id": None, "prefixlen": 24}, "BadRequest"),
        ({"subnetpool_id": None, "use_default_subnetpool": True}, "BadRequest"),
        ({"gateway_ip": "fd00::1"}, "InvalidInput"),
    ],
)
async def test_what_no_pool_gives_is_refused(red: Api, asked: dict[str, Any], kind: str) -> None:
    pool = await a_pool(red)
    assert (await refused_subnet(red, **{"subnetpool_id": pool["id"], **asked}))[:2] == (400, kind)
    assert (await red.fetch("subnets"))["subnets"] == []


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({"prefixes": []}, "EmptySubnetPoolPrefixList"),
        ({"prefixes": ["10.0.0.0/8", "fd00::/48"]}, "PrefixVersionMismatch"),
        ({"prefixes": ["10.0.0.0/99"]}, "InvalidInput"),
        ({"name": ""}, "InvalidInput"),
        ({"min_prefixlen": 28, "max_prefixlen": 24}, "IllegalSubnetPoolPrefixBounds"),
        ({"max_prefixlen": 33}, "IllegalSubnetPoolPrefixBounds"),
        ({"default_prefixlen": 20}, "IllegalSubnetPoolPrefixBounds"),
        ({"default_prefixlen": 30, "max_prefixlen": 29}, "IllegalSubnetPoolPrefixBounds"),
        ({"default_quota": -1}, "InvalidInput"),
        ({"address_scope_id": "foo"}, "InvalidInput"),
        ({"ip_version": 4}, "HTTPBadRequest"),
    ],
)
async def test_what_is_no_pool_is_refused(red: Api, asked: dict[str, Any], kind: str) -> None:
    body = {"name": "pool", "prefixes": ["10.0.0.0/8"], "min_prefixlen": 24, **asked}
    assert (await red.refused("POST", "subnetpools", {"subnetpool": body}))[:2] == (400, kind)
    assert (await red.fetch("subnetpools"))["subnetpools"] == []


async def test_prefixes_come_and_go_while_nobody_has_them(red: Api) -> None:
    pool = await a_pool(red, "10.11.0.0/24", "10.13.0.0/24")
    await a_subnet(red, pool, cidr="10.11.0.0/24")
    path = f"subnetpools/{pool['id']}"
    added = await red.change(f"{path}/add_prefixes", {"prefixes": ["10.12.0.0/24", "10.11.1.0/24"]})
    assert added == {"prefixes": ["10.11.0.0/23", "10.12.0.0/24", "10.13.0.0/24"]}
    removed = await red.change(f"{path}/remove_prefixes", {"prefixes": ["10.12.0.0/25", "10.13.0.0/16"]})
    assert removed == {"prefixes": ["10.11.0.0/23", "10.12.0.128/25"]}
    assert await red.change(f"{path}/remove_prefixes", {"prefixes": ["172.16.0.0/12"]}) == removed
    illegal = (400, "IllegalSubnetPoolPrefixUpdate")
    for wrong in (["10.11.0.0/25"], ["10.0.0.0/8"]):
        assert (await red.refused("PUT", f"{path}/remove_prefixes", {"prefixes": wrong}))[:2] == illegal
    assert (await red.refused("PUT", path, {"subnetpool": {"prefixes": ["10.11.0.0/24"]}}))[:2] == illegal
    assert (await red.refused("PUT", f"{path}/add_prefixes", {"prefixes": ["fd00::/48"]}))[0] == 400
    assert (await red.refused("PUT", f"{path}/add_prefixes", {"prefixes": []}))[0] == 400
    assert (await red.fetch(path))["subnetpool"]["prefixes"] == removed["prefixes"]
    assert (await red.refused("DELETE", path))[:2] == (400, "SubnetPoolDeleteError")


async def test_a_project_has_its_share_of_a_pool(admin: Api, red: Api, blue: Api) -> None:
    pool = await a_pool(admin, "10.11.0.0/16", shared=True, default_quota=384)
    await a_subnet(red, pool)
    assert (await refused_subnet(red, subnetpool_id=pool["id"]))[:2] == (409, "SubnetPoolQuotaExceeded")
    await a_subnet(red, pool, prefixlen=25)
    await a_subnet(blue, pool)
    longer = await a_pool(admin, "2001:db8::/48", shared=True, min_prefixlen=64, default_quota=1)
    version = {"ip_version": 6, "subnetpool_id": longer["id"]}
    await a_subnet(red, longer, prefixlen=65)
    await a_subnet(red, longer, prefixlen=65)
    assert (await refused_subnet(red, **version, prefixlen=126))[:2] == (409, "SubnetPoolQuotaExceeded")


async def test_the_default_pool_is_used_unless_one_is_named(admin: Api, red: Api) -> None:
    pool = await a_pool(admin, shared=True, is_default=True)
    network = (await red.make("network"))["id"]
    subnet = await red.make("subnet", network_id=network, ip_version=4, use_default_subnetpool=True)
    assert subnet["subnetpool_id"] == pool["id"]
    both = {"use_default_subnetpool": True, "subnetpool_id": pool["id"]}
    assert (await refused_subnet(red, **both))[:2] == (400, "BadRequest")
    assert (await refused_subnet(red, ip_version=6, use_default_subnetpool=True))[0] == 400
    second = {"name": "second", "prefixes": ["10.99.0.0/16"], "is_default": True}
    assert (await admin.refused("POST", "subnetpools", {"subnetpool": second}))[:2] == (400, "InvalidInput")
    other = await a_pool(admin, "10.99.0.0/16")
    wanted = {"subnetpool": {"is_default": True}}
    assert (await admin.refused("PUT", f"subnetpools/{other['id']}", wanted))[:2] == (400, "InvalidInput")
    await a_pool(admin, "fd00::/48", min_prefixlen=64, is_default=True)
    assert (await refused_subnet(red, ip_version=6, use_default_subnetpool=True))[0] == 400, "it is the admin's alone"


async def test_pools_are_their_projects(admin: Api, red: Api, blue: Api, reader: Api) -> None:
    pool = await a_pool(red)
    path = f"subnetpools/{pool['id']}"
    body = {"subnetpool": {"name": "mine"}}
    prefixes = {"prefixes": ["10.12.0.0/16"]}
    for method, each, asked in (
        ("GET", path, None),
        ("PUT", path, body),
        ("DELETE", path, None),
        ("PUT", f"{path}/add_prefixes", prefixes),
        ("PUT", f"{path}/remove_prefixes", prefixes),
    ):
        theirs = await blue.refused(method, each, asked)
        assert theirs == (404, "SubnetPoolNotFound", f"Subnet pool {pool['id']} could not be found.")
        if method != "GET":
            assert (await reader.refused(method, each, asked))[:2] == (403, "PolicyNotAuthorized")
    assert (await refused_subnet(blue, subnetpool_id=pool["id"]))[:2] == (404, "SubnetPoolNotFound")
    assert (await refused_subnet(blue, subnetpool_id=new_id()))[:2] == (404, "SubnetPoolNotFound")
    for name in ("shared", "is_default"):
        wanted = {"subnetpool": {"name": "p", "prefixes": ["10.0.0.0/8"], name: True}}
        assert (await red.refused("POST", "subnetpools", wanted))[:2] == (403, "PolicyNotAuthorized")
    assert (await blue.fetch("subnetpools"))["subnetpools"] == []
    assert (await reader.fetch("subnetpools"))["subnetpools"] == [pool]


async def test_a_pool_is_shared_with_one_project(red: Api, blue: Api) -> None:
    pool = await a_pool(red)
    asked = {"object_type": "subnetpool", "object_id": pool["id"], "action": "access_as_shared"}
    policy = await red.make("rbac_policy", "rbac-policies", **asked, target_tenant=blue.project_id)
    seen = (await blue.fetch("subnetpools", shared=True))["subnetpools"]
    assert seen == [{**pool, "shared": True}]
    subnet = await a_subnet(blue, pool)
    assert (await blue.refused("PUT", f"subnetpools/{pool['id']}", {"subnetpool": {"name": "x"}}))[0] == 403
    in_use = (409, "RbacPolicyInUse")
    assert (await red.refused("DELETE", f"rbac-policies/{policy['id']}"))[:2] == in_use
    await blue.drop(f"subnets/{subnet['id']}")
    await red.drop(f"rbac-policies/{policy['id']}")
    assert (await blue.refused("GET", f"subnetpools/{pool['id']}"))[0] == 404


async def test_subnets_of_a_network_are_of_one_pool(red: Api) -> None:
    one, other = await a_pool(red, "10.11.0.0/16"), await a_pool(red, "10.12.0.0/16")
    subnet = await a_subnet(red, one)
    network = subnet["network_id"]
    await a_subnet(red, one, network)
    alone = (400, "NetworkSubnetPoolAffinityError")
    asked: dict[str, Any] = {"network_id": network, "ip_version": 4}
    foreign = {"subnet": {**asked, "subnetpool_id": other["id"]}}
    assert (await red.refused("POST", "subnets", foreign))[:2] == alone
    assert (await red.refused("POST", "subnets", {"subnet": {**asked, "cidr": "10.99.0.0/24"}}))[:2] == alone
    six = await a_pool(red, "fd00:1::/48", min_prefixlen=64)
    await a_subnet(red, six, network)
    plain, _ = await red.network_with_subnet("10.50.0.0/24")
    mixed = {"subnet": {"network_id": plain, "ip_version": 4, "subnetpool_id": one["id"]}}
    assert (await red.refused("POST", "subnets", mixed))[:2] == alone


async def test_in_a_scope_no_address_is_twice(admin: Api, red: Api, blue: Api) -> None:
    scope = await red.make("address_scope", SCOPES, name="s", ip_version=4)
    assert scope == {
        "id": scope["id"],
        "name": "s",
        "ip_version": 4,
        "shared": False,
        "project_id": red.project_id,
        "tenant_id": red.project_id,
    }
    path = f"{SCOPES}/{scope['id']}"
    assert (await red.change(path, {"address_scope": {"name": "t"}}))["address_scope"] == {**scope, "name": "t"}
    inside = {"address_scope_id": scope["id"]}
    one = await a_pool(red, "10.11.0.0/16", **inside)
    other = await a_pool(red, "10.12.0.0/16", **inside)
    clash = (409, "AddressScopePrefixConflict")
    body = {"name": "p", "prefixes": ["10.11.5.0/24"], "min_prefixlen": 24, **inside}
    assert (await red.refused("POST", "subnetpools", {"subnetpool": body}))[:2] == clash
    wider = {"subnetpool": {"prefixes": ["10.8.0.0/13"]}}
    assert (await red.refused("PUT", f"subnetpools/{other['id']}", wider))[:2] == clash
    apart = await a_pool(red, "10.11.5.0/24")
    moved = {"subnetpool": dict(inside)}
    assert (await red.refused("PUT", f"subnetpools/{apart['id']}", moved))[:2] == clash
    six = await a_pool(red, "fd00::/48", min_prefixlen=64)
    wrong = await red.refused("PUT", f"subnetpools/{six['id']}", moved)
    assert wrong[:2] == (400, "IllegalSubnetPoolIpVersionAssociationToAddressScope")
    assert (await red.refused("DELETE", path))[:2] == (409, "AddressScopeInUse")
    subnet = await a_subnet(red, one)
    network = (await red.fetch(f"networks/{subnet['network_id']}"))["network"]
    assert (network["ipv4_address_scope"], network["ipv6_address_scope"]) == (scope["id"], None)
    await a_subnet(red, other, network["id"])
    leaving = {"subnetpool": {"address_scope_id": None}}
    stays = (400, "NetworkAddressScopeAffinityError")
    assert (await red.refused("PUT", f"subnetpools/{one['id']}", leaving))[:2] == stays
    outside = {"subnet": {"network_id": network["id"], "ip_version": 4, "subnetpool_id": apart["id"]}}
    assert (await red.refused("POST", "subnets", outside))[:2] == stays
    hidden = {"subnetpool": {"name": "p", "prefixes": ["10.1.0.0/16"], **inside}}
    assert (await blue.refused("POST", "subnetpools", hidden))[:2] == (404, "AddressScopeNotFound")
    for method, asked in (("GET", None), ("PUT", {"address_scope": {"name": "x"}}), ("DELETE", None)):
        assert (await blue.refused(method, path, asked))[:2] == (404, "AddressScopeNotFound")


async def test_a_scope_for_all_stays_one(admin: Api, red: Api) -> None:
    scope = await admin.make("address_scope", SCOPES, name="all", ip_version=4, shared=True)
    assert (await red.fetch(SCOPES, shared=True, sort_key="name"))["address_scopes"] == [scope]
    path = f"{SCOPES}/{scope['id']}"
    unshared = {"address_scope": {"shared": False}}
    assert (await admin.refused("PUT", path, unshared))[:2] == (400, "AddressScopeUpdateError")
    assert (await red.refused("PUT", path, {"address_scope": {"name": "x"}}))[:2] == (403, "PolicyNotAuthorized")
    wanted = {"address_scope": {"name": "m", "ip_version": 4, "shared": True}}
    assert (await red.refused("POST", SCOPES, wanted))[:2] == (403, "PolicyNotAuthorized")
    mine = await a_pool(red, address_scope_id=scope["id"])
    kept = {"subnetpool": {"prefixes": ["10.0.0.0/8"]}}
    foreign = (400, "IllegalSubnetPoolUpdate")
    assert (await red.refused("PUT", f"subnetpools/{mine['id']}", kept))[:2] == foreign
    await admin.change(f"subnetpools/{mine['id']}", kept)
    own = await admin.make("address_scope", SCOPES, name="own", ip_version=4)
    body = {"name": "p", "prefixes": ["172.16.0.0/12"], "shared": True, "address_scope_id": own["id"]}
    assert (await admin.refused("POST", "subnetpools", {"subnetpool": body}))[:2] == (409, "RbacPolicyInitError")
    await admin.change(f"{SCOPES}/{own['id']}", {"address_scope": {"shared": True}})
    await admin.make("subnetpool", **body)


async def test_pools_are_listed_by_what_they_are(red: Api) -> None:
    one = await a_pool(red, "10.11.0.0/16", name="a", tags=["x"], default_quota=512)
    two = await a_pool(red, "fd00::/48", name="b", min_prefixlen=64)
    for query, wanted in (
        ({"name": "a"}, [one]),
        ({"ip_version": 6}, [two]),
        ({"min_prefixlen": 24}, [one]),
        ({"default_quota": 512}, [one]),
        ({"is_default": False}, [one, two]),
        ({"tags": "x"}, [one]),
        ({"shared": True}, []),
    ):
        assert (await red.fetch("subnetpools", sort_key="name", **query))["subnetpools"] == wanted, query
    cut = await red.fetch("subnetpools", fields=["id", "prefixes"], sort_key="name", sort_dir="desc", limit=1)
    assert cut["subnetpools"] == [{"id": two["id"], "prefixes": ["fd00::/48"]}]
    tags = await red.client.put(f"{PREFIX}/subnetpools/{two['id']}/tags", json={"tags": ["y"]})
    assert (tags.status_code, tags.json()) == (200, {"tags": ["y"]})


async def test_what_is_made_for_a_project_is_of_the_default_pools(admin: Api, red: Api) -> None:
    network, _ = await external_network(admin)
    await admin.change(f"networks/{network}", {"network": {"is_default": True}})
    four = await a_pool(admin, "10.77.0.0/16", shared=True, is_default=True)
    six = await a_pool(admin, "fd77::/48", shared=True, is_default=True, min_prefixlen=64)
    assert (await red.fetch("auto-allocated-topology/null", fields="dry-run"))["auto_allocated_topology"]
    made = (await red.fetch("auto-allocated-topology/null"))["auto_allocated_topology"]["id"]
    found = (await red.fetch("subnets", network_id=made, sort_key="ip_version"))["subnets"]
    assert [(each["cidr"], each["subnetpool_id"], each["ipv6_ra_mode"]) for each in found] == [
        ("10.77.0.0/24", four["id"], None),
        ("fd77::/64", six["id"], "slaac"),
    ]
    await red.drop("auto-allocated-topology/null")
    await admin.change(f"subnetpools/{four['id']}", {"subnetpool": {"default_quota": 8}})
    refused = await red.refused("GET", "auto-allocated-topology/null")
    assert refused[:2] == (409, "AutoAllocationFailure")
    assert f"default subnet pool {four['id']}: Per-project subnet pool prefix quota exceeded" in refused[2]
