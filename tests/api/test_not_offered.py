"""What this cloud does not have, it says so: for every path that OpenStack's four APIs have."""

from pathlib import Path

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from berthline.api import not_offered
from berthline.api.app import route_handlers
from tests.api.builder import Cloud

PATHS = (Path(__file__).parent / "openstack_paths.txt").read_text(encoding="utf-8").split()
"""Every path of Nova's, Neutron's, Keystone's and Glance's routes, an id in it as {}."""
ID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


def served() -> set[str]:
    """The paths that are routes here, with {} for each parameter."""
    app = Litestar(route_handlers=route_handlers(), openapi_config=None)
    return {
        "/".join("{}" if part.startswith("{") else part for part in route.path_format.split("/"))
        for route in app.routes
        if isinstance(route, HTTPRoute)
    }


def message_of(body: dict[str, dict[str, str]]) -> str:
    return next(iter(body.values()))["message"]


def test_every_path_of_openstack_is_served_or_named() -> None:
    here = served()
    assert len(PATHS) > 350
    assert [path for path in PATHS if path not in here and not_offered.words(path.replace("{}", ID)) is None] == []


def test_what_is_served_in_full_is_not_in_the_table() -> None:
    """A family whose every path is a route would tell of a wrong method that the whole is not there."""
    here = served()
    for api in not_offered.APIS:
        for family in api.families:
            assert not all(f"{api.prefix}/{path}" in here for path in family.paths) or family.what in READ_ONLY


READ_ONLY = {
    "writing the service catalog",
    "deleting services",
}
"""Families with a list, which is empty or cannot be written."""


def test_the_table_names_no_path_of_its_own() -> None:
    known = [path.split("/") for path in PATHS]
    for api in not_offered.APIS:
        for family in api.families:
            for path in family.paths:
                parts = f"{api.prefix}/{path}".split("/")
                if not any(other[: len(parts)] == parts for other in known):
                    assert path in OLD, f"{api.prefix}/{path}: no API of OpenStack has it"


OLD = {
    "fw",
    "lb",
    "evpn",
    "local-ips",
    "stores",
    "cached_images",
    "queued_images",
    "alias_bandwidth_limit_rules",
    "alias_dscp_marking_rules",
    "alias_minimum_bandwidth_rules",
    "alias_minimum_packet_rate_rules",
}
"""Paths of older releases, and ways in which documents spell them."""


@pytest.mark.parametrize(
    ("path", "shape", "said"),
    [
        ("/compute/v2.1/servers/{}/shares", "itemNotFound", "Shares are not offered by this cloud."),
        ("/network/v2.0/trunks/{}", "NeutronError", "Trunks are not offered by this cloud."),
        ("/network/v2.0/qos/policies", "NeutronError", "QoS policies are not offered by this cloud."),
        ("/identity/v3/users/{}/OS-OAUTH1/access_tokens", "error", "OAuth 1 and its users' authorizations are not"),
        ("/image/v2/metadefs/namespaces", "error", "Metadata definitions are not offered by this cloud."),
    ],
)
async def test_what_is_not_offered_is_said(cloud: Cloud, path: str, shape: str, said: str) -> None:
    client = await cloud.client_for("red-member")
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = await client.request(method, path.replace("{}", ID))
        assert answer.status_code == 404
        assert list(answer.json()) == [shape]
        assert message_of(answer.json()).startswith(said)


async def test_a_method_that_a_path_does_not_have_is_said(cloud: Cloud) -> None:
    answer = await (await cloud.client_for("admin")).delete("/identity/v3/OS-FEDERATION/projects")
    assert answer.status_code == 405
    assert answer.json()["error"]["message"] == "Federation is not offered by this cloud."


async def test_what_no_openstack_has_is_just_not_found(cloud: Cloud) -> None:
    client = await cloud.client_for("admin")
    for path in ("/compute/v2.1/nothing", "/network/v2.0/server-groups", "/identity/v3", "/compute/v3/os-cells"):
        answer = await client.put(path)
        assert "offered" not in answer.text


async def test_lists_that_clients_ask_in_passing_are_empty(cloud: Cloud) -> None:
    client = await cloud.client_for("red-member")
    answer = await client.get("/compute/v2.1/os-server-groups", params={"all_projects": "true"})
    assert (answer.status_code, answer.json()) == (200, {"server_groups": []})
