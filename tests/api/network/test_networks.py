"""Networks over HTTP: what is shown, what only admins may, isolation and conflicts."""

from typing import Any

import pytest

from berthline.domain.ids import new_id
from tests.api.network.conftest import PREFIX, Api


async def test_a_network_is_made_shown_changed_and_deleted(red: Api) -> None:
    made = await red.make("network", name="one", description="first", tags=["b", "a"])
    assert made["status"] == "ACTIVE"
    assert made["project_id"] == made["tenant_id"] == red.project_id
    assert (made["mtu"], made["subnets"], made["shared"], made["router:external"]) == (1442, [], False, False)
    assert made["tags"] == ["a", "b"]
    assert made["revision_number"] == 1
    assert made["created_at"] == made["updated_at"] == "2027-01-15T08:00:00Z"
    assert "provider:network_type" not in made
    assert (await red.fetch(f"networks/{made['id']}"))["network"] == made
    asked = {"network": {"name": "two", "admin_state_up": "false"}}
    changed = (await red.change(f"networks/{made['id']}", asked))["network"]
    assert (changed["name"], changed["admin_state_up"], changed["revision_number"]) == ("two", False, 2)
    await red.drop(f"networks/{made['id']}")
    assert (await red.refused("GET", f"networks/{made['id']}"))[:2] == (404, "NetworkNotFound")


async def test_several_networks_are_made_at_once_or_none(red: Api) -> None:
    body = {"networks": [{"name": "a"}, {"name": "b"}]}
    answer = await red.client.post(f"{PREFIX}/networks", json=body)
    assert answer.status_code == 201
    assert [network["name"] for network in answer.json()["networks"]] == ["a", "b"]
    wrong = {"networks": [{"name": "c"}, {"name": "d", "mtu": 9000}]}
    assert (await red.refused("POST", "networks", wrong))[:2] == (400, "InvalidInput")
    assert {network["name"] for network in (await red.fetch("networks"))["networks"]} == {"a", "b"}


async def test_admins_choose_segments_and_see_them(admin: Api, red: Api) -> None:
    flat: dict[str, Any] = {
        "router:external": True,
        "provider:network_type": "flat",
        "provider:physical_network": "public",
        "is_default": True,
    }
    external = await admin.make("network", name="public", **flat)
    assert external["provider:network_type"] == "flat"
    assert external["provider:segmentation_id"] is None
    assert external["mtu"] == 1500
    again = {"network": {"provider:network_type": "flat", "provider:physical_network": "public"}}
    assert (await admin.refused("POST", "networks", again))[:2] == (409, "FlatNetworkInUse")
    seen = (await red.fetch(f"networks/{external['id']}"))["network"]
    assert "provider:network_type" not in seen
    vlan: dict[str, Any] = {
        "provider:network_type": "vlan",
        "provider:physical_network": "lab",
        "provider:segmentation_id": 7,
    }
    assert (await admin.make("network", **vlan))["provider:segmentation_id"] == 7
    assert (await admin.refused("POST", "networks", {"network": vlan}))[:2] == (409, "VlanIdInUse")


@pytest.mark.parametrize(
    "provider",
    [
        {"provider:network_type": "vxlan"},
        {"provider:network_type": "flat"},
        {"provider:network_type": "flat", "provider:physical_network": "nowhere"},
        {"provider:network_type": "vlan", "provider:physical_network": "lab", "provider:segmentation_id": 4095},
        {"provider:network_type": "geneve", "provider:physical_network": "lab"},
    ],
)
async def test_segments_that_cannot_be_are_refused(admin: Api, provider: dict[str, object]) -> None:
    assert (await admin.refused("POST", "networks", {"network": provider}))[:2] == (400, "InvalidInput")


@pytest.mark.parametrize(
    "attributes",
    [{"shared": True}, {"router:external": True}, {"provider:network_type": "geneve"}, {"is_default": True}],
)
async def test_what_only_admins_may_set_is_refused_to_members(red: Api, attributes: dict[str, object]) -> None:
    assert (await red.refused("POST", "networks", {"network": attributes}))[:2] == (403, "PolicyNotAuthorized")


async def test_a_reader_looks_and_changes_nothing(red: Api, reader: Api) -> None:
    network_id, subnet_id = await red.network_with_subnet()
    assert (await reader.fetch(f"networks/{network_id}"))["network"]["id"] == network_id
    denied = (403, "PolicyNotAuthorized")
    assert (await reader.refused("POST", "networks", {"network": {}}))[:2] == denied
    assert (await reader.refused("PUT", f"networks/{network_id}", {"network": {"name": "x"}}))[:2] == denied
    assert (await reader.refused("DELETE", f"networks/{network_id}"))[:2] == denied
    assert (await reader.refused("DELETE", f"subnets/{subnet_id}"))[:2] == denied
    assert (await reader.refused("POST", "ports", {"port": {"network_id": network_id}}))[:2] == denied


async def test_another_projects_network_is_as_unknown_as_none(red: Api, blue: Api) -> None:
    network_id, _ = await red.network_with_subnet()
    unknown = new_id()
    for method, body in (("GET", None), ("PUT", {"network": {"name": "mine"}}), ("DELETE", None)):
        theirs = await blue.refused(method, f"networks/{network_id}", body)
        nobodys = await blue.refused(method, f"networks/{unknown}", body)
        assert theirs == (404, "NetworkNotFound", f"Network {network_id} could not be found.")
        assert nobodys == (404, "NetworkNotFound", f"Network {unknown} could not be found.")
    assert (await blue.fetch("networks"))["networks"] == []
    assert (await blue.fetch("subnets"))["subnets"] == []
    subnet = {"subnet": {"network_id": network_id, "ip_version": 4, "cidr": "10.9.0.0/24"}}
    assert (await blue.refused("POST", "subnets", subnet))[:2] == (404, "NetworkNotFound")


async def test_a_shared_network_is_used_and_not_changed(admin: Api, red: Api, blue: Api) -> None:
    network_id, subnet_id = await red.network_with_subnet()
    await admin.change(f"networks/{network_id}", {"network": {"shared": True}})
    assert (await blue.fetch(f"subnets/{subnet_id}"))["subnet"]["id"] == subnet_id
    port = await blue.make("port", network_id=network_id)
    assert port["project_id"] == blue.project_id
    assert (await red.fetch(f"ports/{port['id']}"))["port"]["id"] == port["id"], "the network's owner sees it"
    unshare = {"network": {"shared": False}}
    assert (await admin.refused("PUT", f"networks/{network_id}", unshare))[:2] == (409, "InvalidSharedSetting")
    rename = {"network": {"name": "mine"}}
    assert (await blue.refused("PUT", f"networks/{network_id}", rename))[:2] == (403, "PolicyNotAuthorized")
    chosen = {"port": {"network_id": network_id, "fixed_ips": [{"ip_address": "10.0.0.77"}]}}
    assert (await blue.refused("POST", "ports", chosen))[:2] == (403, "PolicyNotAuthorized")
    await red.drop(f"ports/{port['id']}")
    await admin.change(f"networks/{network_id}", unshare)
    assert (await blue.refused("GET", f"networks/{network_id}"))[0] == 404


async def test_subnets_of_external_networks_are_hidden_and_no_port_is_made_there(admin: Api, red: Api) -> None:
    external: dict[str, Any] = {"router:external": True}
    network = await admin.make("network", **external)
    await admin.make("subnet", network_id=network["id"], ip_version=4, cidr="203.0.113.0/24")
    assert (await red.fetch("subnets"))["subnets"] == []
    assert [each["id"] for each in (await red.fetch("networks"))["networks"]] == [network["id"]]
    refused = await red.refused("POST", "ports", {"port": {"network_id": network["id"]}})
    assert refused[:2] == (403, "PolicyNotAuthorized")


async def test_a_network_with_ports_is_not_deleted(red: Api) -> None:
    network_id, subnet_id = await red.network_with_subnet()
    port = await red.make("port", network_id=network_id)
    assert (await red.refused("DELETE", f"networks/{network_id}"))[:2] == (409, "NetworkInUse")
    assert (await red.refused("DELETE", f"subnets/{subnet_id}"))[:2] == (409, "SubnetInUse")
    await red.drop(f"ports/{port['id']}")
    await red.drop(f"networks/{network_id}")
    for path in ("networks", "subnets", "ports"):
        assert (await red.fetch(path))[path] == []


async def test_if_match_names_the_revision(red: Api) -> None:
    network = await red.make("network", name="one")
    path = f"networks/{network['id']}"
    await red.change(path, {"network": {"name": "two"}}, **{"If-Match": "revision_number=1"})
    stale = await red.refused("PUT", path, {"network": {"name": "three"}}, **{"If-Match": "revision_number=1"})
    assert stale[:2] == (412, "RevisionNumberConstraintFailed")
    assert (await red.refused("DELETE", path, **{"If-Match": "latest"}))[0] == 400
    assert (await red.fetch(path))["network"]["name"] == "two"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"network": {"colour": "red"}}, "HTTPBadRequest"),
        ({"network": {"id": "mine"}}, "HTTPBadRequest"),
        ({"network": {"name": 5}}, "InvalidInput"),
        ({"network": {"name": "x" * 256}}, "InvalidInput"),
        ({"network": {"admin_state_up": "perhaps"}}, "InvalidInput"),
        ({"network": {"mtu": 1443}}, "InvalidInput"),
        ({"network": {"mtu": -1}}, "InvalidInput"),
        ({"network": []}, "HTTPBadRequest"),
        ({"networks": []}, "HTTPBadRequest"),
        ({"net": {}}, "HTTPBadRequest"),
        ({}, "HTTPBadRequest"),
        ([], "BadRequest"),
        ({"network": {"project_id": "one", "tenant_id": "two"}}, "HTTPBadRequest"),
        ({"network": {"project_id": "another"}}, "HTTPBadRequest"),
    ],
)
async def test_bad_bodies_are_refused_and_change_nothing(red: Api, body: object, kind: str) -> None:
    assert (await red.refused("POST", "networks", body))[:2] == (400, kind)
    assert (await red.fetch("networks"))["networks"] == []


async def test_what_is_no_json_too_large_or_without_token_is_refused(red: Api) -> None:
    path = f"{PREFIX}/networks"
    broken = await red.client.post(path, content=b'{"network": ', headers={"content-type": "application/json"})
    assert (broken.status_code, set(broken.json())) == (400, {"NeutronError"})
    large = await red.client.post(path, json={"network": {"description": "x" * 200_000}})
    assert (large.status_code, set(large.json())) == (413, {"NeutronError"})
    form = await red.client.post(path, content=b"a=b", headers={"content-type": "application/x-www-form-urlencoded"})
    assert form.status_code == 415
    red.client.headers["x-auth-token"] = "nonsense"
    assert (await red.client.get(path)).status_code == 401
    del red.client.headers["x-auth-token"]
    assert (await red.client.get(path)).status_code == 401


async def test_lists_filter_sort_page_and_choose_fields(red: Api) -> None:
    for name in ("c", "a", "b"):
        await red.make("network", name=name, tags=[name, "all"])
    names = [each["name"] for each in (await red.fetch("networks", sort_key="name", sort_dir="desc"))["networks"]]
    assert names == ["c", "b", "a"]
    assert [each["name"] for each in (await red.fetch("networks", name="a"))["networks"]] == ["a"]
    assert len((await red.fetch("networks", tags="all"))["networks"]) == 3
    assert [each["name"] for each in (await red.fetch("networks", **{"tags-any": "a,x"}))["networks"]] == ["a"]
    assert (await red.fetch("networks", name="a", fields="name"))["networks"] == [{"name": "a"}]
    assert (await red.refused("GET", "networks?colour=red"))[0] == 400
    assert (await red.refused("GET", "networks?sort_key=colour"))[0] == 400
    assert (await red.refused("GET", f"networks?marker={new_id()}"))[0] == 404
    seen: list[str] = []
    url = f"{PREFIX}/networks?limit=2&sort_key=name"
    while url:
        body = (await red.client.get(url)).json()
        seen += [each["name"] for each in body["networks"]]
        url = next((link["href"] for link in body.get("networks_links", []) if link["rel"] == "next"), "")
    assert seen == ["a", "b", "c"]
    last = (await red.fetch("networks", name="c"))["networks"][0]["id"]
    before = await red.fetch("networks", limit=1, sort_key="name", marker=last, page_reverse="True")
    assert [each["name"] for each in before["networks"]] == ["b"]


async def test_the_quota_of_networks_is_exact(admin: Api, red: Api) -> None:
    quota = await admin.change(f"quotas/{red.project_id}", {"quota": {"network": 2}})
    assert quota["quota"]["network"] == 2
    await red.make("network")
    body: dict[str, Any] = {"networks": [{}, {}]}
    refused = await red.refused("POST", "networks", body)
    assert refused == (409, "OverQuota", "Quota exceeded for resources: ['network'].")
    assert len((await red.fetch("networks"))["networks"]) == 1
    details = (await red.fetch(f"quotas/{red.project_id}/details"))["quota"]["network"]
    assert details == {"limit": 2, "used": 1, "reserved": 0}
