"""What our client relies on, asked of the real Neutron: when one of these changes, the client needs another look."""

from typing import Any

import httpx
import pytest

from bench.openstack import Stack
from tests.interop.raw import RawNeutron

ABSENT = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def raw(neutron: Stack) -> RawNeutron:
    """A project of its own for each test."""
    return RawNeutron(neutron)


def bulk(raw: RawNeutron, network_id: str, *items: dict[str, Any]) -> httpx.Response:
    """Create ports bound to the host by one request."""
    common = {
        "network_id": network_id,
        "project_id": raw.project_id,
        "device_id": "server",
        "device_owner": "compute:nova",
        "binding:host_id": raw.stack.host,
    }
    return raw.client.post("/ports", json={"ports": [{**common, **item} for item in items]})


def refused(reply: httpx.Response) -> tuple[int, str]:
    """The status and Neutron's name of the reason."""
    return reply.status_code, reply.json()["NeutronError"]["type"]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ({"fixed_ips": [{"ip_address": "10.0.0.50"}]}, (409, "IpAddressAlreadyAllocated")),
        ({"fixed_ips": [{"ip_address": "192.0.2.1"}]}, (400, "InvalidIpForNetwork")),
        ({"network_id": ABSENT}, (404, "NetworkNotFound")),
        ({"security_groups": [ABSENT]}, (404, "SecurityGroupNotFound")),
        ({"mac_address": "fa:16:3e:00:00:01"}, (409, "MacAddressInUse")),
    ],
)
def test_a_bulk_with_one_item_that_cannot_be_makes_nothing(
    raw: RawNeutron, item: dict[str, Any], reason: tuple[int, str]
) -> None:
    network = raw.network()["id"]
    taken = {"fixed_ips": [{"ip_address": "10.0.0.50"}], "mac_address": "fa:16:3e:00:00:01"}
    assert bulk(raw, network, taken).status_code == 201
    before = raw.stored_ports()
    assert refused(bulk(raw, network, {}, item)) == reason
    assert raw.stored_ports() == before


def test_a_full_subnet_is_a_conflict(raw: RawNeutron) -> None:
    network = raw.network("10.0.0.0/30")["id"]
    assert bulk(raw, network, {}).status_code == 201
    assert refused(bulk(raw, network, {})) == (409, "IpAddressGenerationFailure")


def test_a_quota_that_is_used_up_is_a_conflict_for_the_whole_bulk(raw: RawNeutron) -> None:
    network = raw.network()["id"]
    assert bulk(raw, network, {}).status_code == 201
    assert raw.client.put(f"/quotas/{raw.project_id}", json={"quota": {"port": 2}}).status_code == 200
    assert raw.get(f"quotas/{raw.project_id}/details")["port"] == {"limit": 2, "used": 1, "reserved": 0}
    assert refused(bulk(raw, network, {}, {})) == (409, "OverQuota")
    assert len(raw.stored_ports()) == 1


def test_ports_of_several_devices_are_one_list(raw: RawNeutron) -> None:
    network = raw.network()["id"]
    bulk(raw, network, {"device_id": "a"}, {"device_id": "b"}, {"device_id": "c"})
    reply = raw.client.get("/ports", params={"device_id": ["a", "b"], "project_id": raw.project_id})
    assert sorted(port["device_id"] for port in reply.json()["ports"]) == ["a", "b"]


def test_an_update_that_names_an_old_revision_changes_nothing(raw: RawNeutron) -> None:
    port = raw.make("port", network_id=raw.network()["id"])
    path, condition = f"/ports/{port['id']}", {"If-Match": f"revision_number={port['revision_number']}"}
    first = raw.client.put(path, json={"port": {"device_id": "first"}}, headers=condition)
    second = raw.client.put(path, json={"port": {"device_id": "second"}}, headers=condition)
    assert (first.status_code, refused(second)) == (200, (412, "RevisionNumberConstraintFailed"))
    assert raw.stored_ports()[port["id"]].device_id == "first"


def test_what_is_deleted_twice_is_not_found(raw: RawNeutron) -> None:
    port = raw.make("port", network_id=raw.network()["id"])
    assert raw.client.delete(f"/ports/{port['id']}").status_code == 204
    assert refused(raw.client.delete(f"/ports/{port['id']}")) == (404, "PortNotFound")


def test_the_extensions_that_the_client_looks_for_are_there(raw: RawNeutron) -> None:
    aliases = {extension["alias"] for extension in raw.get("extensions")}
    wanted = {"binding", "extra_dhcp_opt", "dns-integration", "revision-if-match", "quota_details", "security-group"}
    assert wanted - aliases == set()
