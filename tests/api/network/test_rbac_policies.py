"""RBAC policies over HTTP: who sees and uses what another project owns, and how long that stays so."""

from typing import Any

import pytest

from berthline.domain.ids import new_id
from tests.api.network.conftest import PREFIX, Api
from tests.api.network.routers.l3 import act, external_network

PATH = "rbac-policies"


async def opened(api: Api, object_id: str, target: str, action: str = "access_as_shared", kind: str = "network") -> Any:
    """A new policy of the caller's."""
    body = {"object_type": kind, "object_id": object_id, "action": action, "target_tenant": target}
    return await api.make("rbac_policy", PATH, **body)


async def ids(api: Api, path: str, **query: Any) -> set[str]:
    found = await api.fetch(path, **query)
    return {each["id"] for each in found[path.replace("-", "_")]}


async def used(api: Api) -> int:
    uses = (await api.fetch(f"quotas/{api.project_id}/details.json"))["quota"]
    count: int = uses["rbac_policy"]["used"]
    return count


async def test_a_network_is_shared_with_one_project(admin: Api, red: Api, blue: Api) -> None:
    network, subnet = await red.network_with_subnet()
    assert network not in await ids(blue, "networks")
    policy = await opened(red, network, blue.project_id)
    assert policy == {
        "id": policy["id"],
        "project_id": red.project_id,
        "tenant_id": red.project_id,
        "object_type": "network",
        "object_id": network,
        "action": "access_as_shared",
        "target_tenant": blue.project_id,
    }
    assert (await red.fetch(f"{PATH}/{policy['id']}"))["rbac_policy"] == policy
    for api, shared in ((blue, True), (red, False), (admin, False)):
        assert (await api.fetch(f"networks/{network}"))["network"]["shared"] is shared
        assert (network in await ids(api, "networks", shared=True)) is shared
        assert (network in await ids(api, "networks", shared=False)) is not shared
        assert (subnet in await ids(api, "subnets", shared=True)) is shared
        assert (subnet in await ids(api, "subnets", shared=False)) is not shared
    assert (await blue.fetch(f"subnets/{subnet}"))["subnet"]["network_id"] == network
    port = await blue.make("port", network_id=network)
    assert port["id"] in await ids(red, "ports"), "the network's owner sees it"
    chosen = {"port": {"network_id": network, "fixed_ips": [{"ip_address": "10.0.0.77"}]}}
    assert (await blue.refused("POST", "ports", chosen))[:2] == (403, "PolicyNotAuthorized")
    assert (await blue.refused("PUT", f"networks/{network}", {"network": {"name": "x"}}))[0] == 403
    assert (await blue.refused("DELETE", f"subnets/{subnet}"))[0] == 403


async def test_a_policy_that_is_used_stays(admin: Api, red: Api, blue: Api) -> None:
    network, _ = await red.network_with_subnet()
    policy = await opened(red, network, blue.project_id)
    path = f"{PATH}/{policy['id']}"
    port = await blue.make("port", network_id=network)
    why = f"RBAC policy on object {network} cannot be removed because other objects depend on it.\n"
    in_use = (409, "RbacPolicyInUse", f"{why}Details: project_id={blue.project_id}")
    narrowed = {"rbac_policy": {"target_tenant": red.project_id}}
    assert await red.refused("DELETE", path) == in_use
    assert await red.refused("PUT", path, narrowed) == in_use
    everybody = await opened(admin, network, "*")
    await red.drop(path)
    all_path = f"{PATH}/{everybody['id']}"
    assert await admin.refused("DELETE", all_path) == in_use
    assert await admin.refused("PUT", all_path, narrowed) == in_use
    unshared = {"network": {"shared": False}}
    assert (await admin.refused("PUT", f"networks/{network}", unshared))[:2] == (409, "InvalidSharedSetting")
    kept = (await admin.change(all_path, {"rbac_policy": {"target_tenant": blue.project_id}}))["rbac_policy"]
    assert kept == {**everybody, "target_tenant": blue.project_id}
    await blue.drop(f"ports/{port['id']}")
    await admin.drop(all_path)
    assert (await blue.refused("GET", f"networks/{network}"))[:2] == (404, "NetworkNotFound")
    assert await used(red) == await used(admin) == 0


async def test_ones_own_access_needs_no_policy(red: Api, blue: Api) -> None:
    network, _ = await red.network_with_subnet()
    own = await opened(red, network, red.project_id)
    await red.make("port", network_id=network)
    assert (await red.fetch(f"networks/{network}"))["network"]["shared"] is True
    await red.change(f"{PATH}/{own['id']}", {"rbac_policy": {"target_tenant": blue.project_id}})
    await red.drop(f"{PATH}/{own['id']}")


async def test_a_network_for_all_is_one_by_policies(admin: Api, red: Api, blue: Api) -> None:
    both: dict[str, Any] = {"shared": True, "router:external": True}
    network = (await admin.make("network", **both))["id"]
    made = (await admin.fetch(PATH, object_id=network))["rbac_policies"]
    assert {(each["action"], each["target_tenant"]) for each in made} == {
        ("access_as_shared", "*"),
        ("access_as_external", "*"),
    }
    assert await used(admin) == 2
    (shared,) = [each for each in made if each["action"] == "access_as_shared"]
    await admin.drop(f"{PATH}/{shared['id']}")
    found = (await blue.fetch(f"networks/{network}"))["network"]
    assert (found["shared"], found["router:external"]) == (False, True)
    changed = await admin.change(f"networks/{network}", {"network": {"shared": True, "router:external": False}})
    assert (changed["network"]["shared"], changed["network"]["router:external"]) == (True, False)
    assert len(await ids(admin, PATH, object_id=network, action="access_as_external")) == 0
    again = await admin.change(f"networks/{network}", {"network": both})
    assert again["network"]["revision_number"] > found["revision_number"]
    assert len(await ids(admin, PATH, object_id=network)) == 2
    await admin.drop(f"networks/{network}")
    assert await used(admin) == 0


async def test_only_admins_open_to_everybody(admin: Api, red: Api, blue: Api) -> None:
    network, _ = await red.network_with_subnet()
    body = {"object_type": "network", "object_id": network, "action": "access_as_external", "target_tenant": "*"}
    denied = (403, "PolicyNotAuthorized")
    assert (await red.refused("POST", PATH, {"rbac_policy": body}))[:2] == denied
    policy = await opened(red, network, blue.project_id)
    wide = {"rbac_policy": {"target_tenant": "*"}}
    assert (await red.refused("PUT", f"{PATH}/{policy['id']}", wide))[:2] == denied
    assert (await admin.change(f"{PATH}/{policy['id']}", wide))["rbac_policy"]["target_tenant"] == "*"


async def test_a_network_is_external_while_a_policy_says_so(admin: Api, red: Api, blue: Api) -> None:
    network, _ = await red.network_with_subnet("198.51.100.0/24")
    first = await opened(red, network, blue.project_id, "access_as_external")
    assert (await red.fetch(f"networks/{network}"))["network"]["router:external"] is True
    assert network in await ids(blue, "networks")
    taken = {"port": {"network_id": network}}
    assert (await blue.refused("POST", "ports", taken))[:2] == (403, "PolicyNotAuthorized"), "to lead out, and no more"
    router = await blue.make("router", external_gateway_info={"network_id": network})
    assert (await red.refused("DELETE", f"{PATH}/{first['id']}"))[:2] == (409, "RbacPolicyInUse")
    second = await opened(admin, network, "*", "access_as_external")
    await red.drop(f"{PATH}/{first['id']}")
    assert (await admin.refused("DELETE", f"{PATH}/{second['id']}"))[:2] == (409, "RbacPolicyInUse")
    await blue.drop(f"routers/{router['id']}")
    own = await red.make("router", external_gateway_info={"network_id": network})
    assert (await admin.refused("DELETE", f"{PATH}/{second['id']}"))[:2] == (409, "ExternalNetworkInUse")
    await red.drop(f"routers/{own['id']}")
    floating = await blue.make("floatingip", floating_network_id=network)
    assert (await admin.refused("DELETE", f"{PATH}/{second['id']}"))[:2] == (409, "RbacPolicyInUse")
    await blue.drop(f"floatingips/{floating['id']}")
    await admin.drop(f"{PATH}/{second['id']}")
    assert (await red.fetch(f"networks/{network}"))["network"]["router:external"] is False
    gateway = {"router": {"external_gateway_info": {"network_id": network}}}
    assert (await blue.refused("POST", "routers", gateway))[:2] == (404, "NetworkNotFound")


async def test_the_default_way_out_is_everybodys(admin: Api, blue: Api) -> None:
    network, _ = await external_network(admin)
    await admin.change(f"networks/{network}", {"network": {"is_default": True}})
    (policy,) = (await admin.fetch(PATH, object_id=network))["rbac_policies"]
    refused = (409, "RbacPolicyInUse")
    assert (await admin.refused("DELETE", f"{PATH}/{policy['id']}"))[:2] == refused
    narrowed = {"rbac_policy": {"target_tenant": blue.project_id}}
    assert (await admin.refused("PUT", f"{PATH}/{policy['id']}", narrowed))[:2] == refused


async def test_a_group_is_shared(admin: Api, red: Api, blue: Api) -> None:
    group = (await red.make("security_group", name="web"))["id"]
    assert (await blue.refused("GET", f"security-groups/{group}"))[:2] == (404, "SecurityGroupNotFound")
    policy = await opened(red, group, blue.project_id, kind="security_group")
    for api, shared in ((blue, True), (red, False), (admin, False)):
        assert (await api.fetch(f"security-groups/{group}"))["security_group"]["shared"] is shared
        assert (group in await ids(api, "security-groups", shared=True)) is shared
        assert (group in await ids(api, "security-groups", shared=False)) is not shared
    assert group in await ids(blue, "security-groups")
    rule = {"security_group_rule": {"security_group_id": group, "direction": "ingress"}}
    assert (await blue.refused("POST", "security-group-rules", rule))[:2] == (403, "PolicyNotAuthorized")
    network, _ = await blue.network_with_subnet()
    port = await blue.make("port", network_id=network, security_groups=[group])
    assert (await red.refused("DELETE", f"{PATH}/{policy['id']}"))[:2] == (409, "RbacPolicyInUse")
    assert (await red.refused("DELETE", f"security-groups/{group}"))[:2] == (409, "SecurityGroupInUse")
    await blue.drop(f"ports/{port['id']}")
    mine = (await blue.make("security_group", name="mine"))["id"]
    named = {"security_group_id": mine, "direction": "ingress", "remote_group_id": group}
    made = await blue.make("security_group_rule", **named)
    assert (await red.refused("DELETE", f"{PATH}/{policy['id']}"))[:2] == (409, "RbacPolicyInUse")
    await blue.drop(f"security-group-rules/{made['id']}")
    await red.drop(f"{PATH}/{policy['id']}")
    taken = {"port": {"network_id": network, "security_groups": [group]}}
    assert (await blue.refused("POST", "ports", taken))[:2] == (404, "SecurityGroupNotFound")


async def test_policies_go_with_what_they_are_about(admin: Api, red: Api, blue: Api) -> None:
    network, _ = await red.network_with_subnet()
    group = (await red.make("security_group", name="web"))["id"]
    await opened(red, network, blue.project_id)
    await opened(admin, network, "*")
    await opened(red, group, blue.project_id, kind="security_group")
    assert (await used(red), await used(admin)) == (2, 1)
    await red.drop(f"networks/{network}")
    await red.drop(f"security-groups/{group}")
    assert (await used(red), await used(admin)) == (0, 0)
    assert (await admin.fetch(PATH))["rbac_policies"] == []


async def test_policies_are_their_projects(admin: Api, red: Api, blue: Api, reader: Api) -> None:
    network, _ = await red.network_with_subnet()
    policy = await opened(red, network, blue.project_id)
    path, unknown = f"{PATH}/{policy['id']}", f"{PATH}/{new_id()}"
    body = {"rbac_policy": {"target_tenant": blue.project_id}}
    for method in ("GET", "PUT", "DELETE"):
        asked = body if method == "PUT" else None
        for each in (path, unknown):
            gone = (404, "RbacPolicyNotFound", f"RBAC policy of type unknown with ID {each[len(PATH) + 1 :]} not found")
            assert await blue.refused(method, each, asked) == gone
    assert (await blue.fetch(PATH))["rbac_policies"] == [], "who it is for does not see it"
    assert await ids(reader, PATH) == await ids(red, PATH) == await ids(admin, PATH) == {policy["id"]}
    for method, asked in (("PUT", body), ("DELETE", None)):
        assert (await reader.refused(method, path, asked))[:2] == (403, "PolicyNotAuthorized")
    again = {"object_type": "network", "object_id": network, "action": "access_as_shared"}
    again["target_tenant"] = new_id()
    assert (await reader.refused("POST", PATH, {"rbac_policy": again}))[:2] == (403, "PolicyNotAuthorized")
    not_owner = (400, "InvalidInput")
    assert (await blue.refused("POST", PATH, {"rbac_policy": again}))[:2] == not_owner
    hidden, _ = await red.network_with_subnet()
    missing = (404, "NetworkNotFound")
    assert (await blue.refused("POST", PATH, {"rbac_policy": {**again, "object_id": hidden}}))[:2] == missing
    of_admin = await opened(admin, network, new_id())
    assert (await red.refused("DELETE", f"{PATH}/{of_admin['id']}"))[0] == 404, "it is the admin's"


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"object_type": "port"}, "InvalidInput"),
        ({"action": "access_as_owner"}, "InvalidActionForType"),
        ({"object_type": "security_group", "action": "access_as_external"}, "InvalidActionForType"),
        ({"target_tenant": None}, "InvalidInput"),
        ({"target_tenant": "all"}, "InvalidInput"),
        ({"target_tenant": "1234" * 100}, "InvalidInput"),
        ({"object_id": "net"}, "InvalidInput"),
        ({"name": "x"}, "HTTPBadRequest"),
        ({"id": "x"}, "HTTPBadRequest"),
    ],
)
async def test_what_is_no_policy_is_refused(red: Api, blue: Api, wrong: dict[str, Any], kind: str) -> None:
    network, _ = await red.network_with_subnet()
    sound = {"object_type": "network", "object_id": network, "action": "access_as_shared"}
    body = {"rbac_policy": {**sound, "target_tenant": blue.project_id, **wrong}}
    assert (await red.refused("POST", PATH, body))[:2] == (400, kind)
    assert (await red.fetch(PATH))["rbac_policies"] == []


async def test_a_policy_is_there_once_and_keeps_what_it_is_about(red: Api, blue: Api) -> None:
    network, _ = await red.network_with_subnet()
    policy = await opened(red, network, blue.project_id)
    same = {"rbac_policy": {name: policy[name] for name in ("object_type", "object_id", "action", "target_tenant")}}
    twice = (409, "DuplicateRbacPolicy", "An RBAC policy already exists with those values.")
    assert await red.refused("POST", PATH, same) == twice
    other = await opened(red, network, new_id())
    moved = {"rbac_policy": {"target_tenant": blue.project_id}}
    assert await red.refused("PUT", f"{PATH}/{other['id']}", moved) == twice
    assert (await red.change(f"{PATH}/{policy['id']}", moved))["rbac_policy"] == policy, "nothing to change"
    fixed = {"rbac_policy": {"target_tenant": new_id(), "object_id": network}}
    assert (await red.refused("PUT", f"{PATH}/{policy['id']}", fixed))[0] == 400
    conditional = await red.refused("DELETE", f"{PATH}/{policy['id']}", **{"If-Match": "revision_number=1"})
    assert conditional[:2] == (400, "HTTPBadRequest")


async def test_policies_are_listed_by_what_they_are(red: Api, blue: Api) -> None:
    network, _ = await red.network_with_subnet()
    group = (await red.make("security_group"))["id"]
    first = await opened(red, network, blue.project_id)
    second = await opened(red, network, red.project_id)
    third = await opened(red, group, blue.project_id, kind="security_group")
    for query, wanted in (
        ({"object_type": "network"}, [first, second]),
        ({"target_tenant": blue.project_id}, [first, third]),
        ({"object_id": group, "action": "access_as_shared"}, [third]),
        ({"id": second["id"]}, [second]),
        ({"project_id": red.project_id}, [first, second, third]),
        ({"tenant_id": blue.project_id}, []),
    ):
        found = await red.fetch(PATH, sort_key="id", **query)
        assert found["rbac_policies"] == sorted(wanted, key=lambda each: each["id"]), query
    page = await red.fetch(PATH, sort_key=["object_type", "id"], sort_dir=["desc", "asc"], limit=1)
    assert page["rbac_policies"] == [third]
    (href,) = [link["href"] for link in page["rbac_policies_links"] if link["rel"] == "next"]
    assert (await red.client.get(href)).json()["rbac_policies"][0]["object_type"] == "network"
    cut = (await red.fetch(PATH, fields=["id", "target_tenant"]))["rbac_policies"]
    assert [set(each) for each in cut] == [{"id", "target_tenant"}] * 3
    assert (await red.refused("GET", f"{PATH}?name=x"))[0] == 400
    bulk = [{"object_type": "network", "object_id": network, "action": "access_as_shared", "target_tenant": new_id()}]
    made = await red.client.post(f"{PREFIX}/{PATH}", json={"rbac_policies": bulk})
    assert (made.status_code, len(made.json()["rbac_policies"])) == (201, 1)


async def test_policies_have_a_quota(admin: Api, red: Api, blue: Api) -> None:
    network, _ = await red.network_with_subnet()
    await admin.change(f"quotas/{red.project_id}", {"quota": {"rbac_policy": 1}})
    await opened(red, network, blue.project_id)
    body = {"object_type": "network", "object_id": network, "action": "access_as_shared", "target_tenant": new_id()}
    assert (await red.refused("POST", PATH, {"rbac_policy": body}))[:2] == (409, "OverQuota")
    assert len((await red.fetch(PATH))["rbac_policies"]) == 1
    await admin.change(f"networks/{network}", {"network": {"shared": True}})
    assert await used(red) == 2, "what an admin does with the network is not held against its owner's limit"


async def test_a_router_leads_between_a_projects_networks_and_one_shared_with_it(red: Api, blue: Api) -> None:
    network, subnet = await red.network_with_subnet("10.7.0.0/24", gateway_ip=None)
    policy = await opened(red, network, blue.project_id)
    router = await blue.make("router")
    port = await blue.make("port", network_id=network)
    await act(blue, router["id"], "add_router_interface", port_id=port["id"])
    assert (await red.refused("DELETE", f"{PATH}/{policy['id']}"))[:2] == (409, "RbacPolicyInUse")
    await act(blue, router["id"], "remove_router_interface", subnet_id=subnet)
    await red.drop(f"{PATH}/{policy['id']}")
