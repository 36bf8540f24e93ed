"""The stack itself: a real Neutron that binds ports as production does, and leaves no process behind."""

from pathlib import Path

import pytest

from bench.openstack import Stack, real_openstack
from tests.interop.raw import RawNeutron


@pytest.fixture
def raw(neutron: Stack) -> RawNeutron:
    """A project of its own for each test."""
    return RawNeutron(neutron)


def test_a_bulk_of_ports_is_bound_by_the_openvswitch_driver(raw: RawNeutron) -> None:
    network = raw.network()
    body = {
        "ports": [
            {
                "network_id": network["id"],
                "project_id": raw.project_id,
                "device_id": f"server-{number}",
                "device_owner": "compute:nova",
                "binding:host_id": raw.stack.host,
            }
            for number in range(3)
        ]
    }
    reply = raw.client.post("/ports", json=body)
    assert reply.status_code == 201
    ports = raw.ports()
    assert {port["device_id"] for port in ports.values()} == {"server-0", "server-1", "server-2"}
    assert {port["binding:vif_type"] for port in ports.values()} == {"ovs"}
    stored = raw.stored_ports()
    assert stored.keys() == ports.keys()
    assert {(port.host, port.vif_type, port.device_owner) for port in stored.values()} == {
        (raw.stack.host, "ovs", "compute:nova")
    }


def test_a_port_is_bound_and_unbound_by_updates(raw: RawNeutron) -> None:
    port = raw.make("port", network_id=raw.network()["id"])
    assert port["binding:vif_type"] == "unbound"
    claimed = {"device_id": "server", "device_owner": "compute:nova", "binding:host_id": raw.stack.host}
    bound = raw.client.put(f"/ports/{port['id']}", json={"port": claimed}).json()["port"]
    assert (bound["binding:vif_type"], bound["binding:vif_details"]["bridge_name"]) == ("ovs", "br-int")
    freed = {"device_id": "", "device_owner": "", "binding:host_id": ""}
    assert raw.client.put(f"/ports/{port['id']}", json={"port": freed}).json()["port"]["binding:vif_type"] == "unbound"


def test_a_port_on_a_host_without_an_agent_fails_to_bind(raw: RawNeutron) -> None:
    port = raw.make("port", network_id=raw.network()["id"], **{"binding:host_id": "nowhere"})
    assert port["binding:vif_type"] == "binding_failed"


def test_a_stack_leaves_no_process_behind(tmp_path: Path) -> None:
    with real_openstack(tmp_path / "stack", workers=1) as stack:
        assert RawNeutron(stack).get("networks") == []
        ids = stack.process_ids()
        assert len(ids) == 2
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if str(tmp_path).encode() in path.read_bytes()]
    assert left == []
    assert [number for number in ids if Path(f"/proc/{number}").exists()] == []
