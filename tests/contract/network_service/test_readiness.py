"""When a server is ready whose ports a Neutron outside has: level-triggered, with one deadline, across restarts."""

import json
from pathlib import Path

import msgspec
import pytest

from berthline.bootstrap.cloud import Cloud
from berthline.domain.errors import RefusedEverywhere
from berthline.domain.ids import PortId, ServerId
from berthline.network.neutron import wire
from berthline.network.neutron.service import state_of
from berthline.network.service import NicState
from berthline.workflows.server import port_waits
from tests.interop.proxy import FaultProxy

from .compute import Compute, compute_settings, eventually, running_compute
from .ground import Project

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def waiting(compute: Compute, demo: Project, count: int = 2) -> tuple[ServerId, list[str]]:
    """A server whose ports are made and not up, and these ports."""
    network = await demo.network("outer")
    server_id = await compute.boot([{"uuid": network}] * count)
    held = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == count)
    return server_id, sorted(held)


async def test_ports_that_came_up_without_an_event_are_seen(compute: Compute, demo: Project) -> None:
    server_id, ports = await waiting(compute, demo)
    compute.bring_up(ports[0])
    await compute.event(server_id, "network-vif-plugged", ports[0])
    assert (await compute.server(server_id))["status"] == "BUILD"
    compute.bring_up(ports[1])
    await compute.until(server_id, "ACTIVE")
    reply = await compute.client.get(f"/compute/v2.1/servers/{server_id}/os-interface")
    assert {one["port_state"] for one in reply.json()["interfaceAttachments"]} == {"ACTIVE"}
    await compute.delete(server_id)


async def test_an_event_that_came_too_early_loses_nothing(compute: Compute, demo: Project) -> None:
    server_id, ports = await waiting(compute, demo)
    for port in ports:
        await compute.event(server_id, "network-vif-plugged", port)
    assert (await compute.server(server_id))["status"] == "BUILD"
    for port in ports:
        compute.bring_up(port)
    await compute.until(server_id, "ACTIVE")
    await compute.delete(server_id)


async def test_ports_that_come_up_while_nobody_looks_are_seen_after_a_restart(
    cloud: Cloud, proxy: FaultProxy, demo: Project, tmp_path: Path
) -> None:
    settings = compute_settings(cloud, proxy.url, tmp_path)
    async with running_compute(settings, cloud) as compute:
        server_id, ports = await waiting(compute, demo)
    for port in ports:
        compute.bring_up(port)
    async with running_compute(settings, cloud) as compute:
        await compute.until(server_id, "ACTIVE")
        assert set(await demo.ports_of(server_id)) == set(ports)
        await compute.delete(server_id)
        await eventually(compute.cloud.leaks, lambda leaks: not leaks)
    assert await demo.ports_of(server_id) == {}


async def test_the_deadline_tells_the_state_of_each_port(
    cloud: Cloud, proxy: FaultProxy, demo: Project, tmp_path: Path
) -> None:
    settings = compute_settings(cloud, proxy.url, tmp_path, boot_seconds=2.0)
    async with running_compute(settings, cloud) as compute:
        server_id, ports = await waiting(compute, demo)
        server = await compute.until(server_id, "ERROR")
        message = server["fault"]["message"]
        assert "not reached within 2 s" in message
        assert all(f"port {port} down" in message for port in ports)
        await eventually(lambda: demo.ports_of(server_id), lambda held: not held)
        await eventually(compute.cloud.leaks, lambda leaks: not leaks)


async def test_who_does_not_wait_for_ports_is_active_at_once(
    cloud: Cloud, proxy: FaultProxy, demo: Project, tmp_path: Path
) -> None:
    settings = compute_settings(cloud, proxy.url, tmp_path, wait_for_ports=False)
    async with running_compute(settings, cloud) as compute:
        server_id, ports = await waiting(compute, demo)
        await compute.until(server_id, "ACTIVE")
        assert {one["status"] for one in (await demo.ports_of(server_id)).values()} == {"DOWN"}
        assert sorted(await compute.interfaces(server_id)) == ports
        await compute.delete(server_id)


@pytest.mark.parametrize(
    ("values", "up", "failed"),
    [
        ({"status": "ACTIVE"}, True, False),
        ({"status": "DOWN"}, False, False),
        ({"status": "DOWN", "admin_state_up": False}, True, False),
        ({"status": "ERROR"}, False, False),
        ({"status": "ACTIVE", "binding:vif_type": "binding_failed"}, False, True),
    ],
)
async def test_a_port_is_as_its_status_and_binding_say(values: dict[str, object], up: bool, failed: bool) -> None:
    port = {"id": "p", "network_id": "n", **values}
    state = state_of(msgspec.json.decode(json.dumps({"port": port}), type=wire.OnePort).port)
    assert (state.up, state.failed) == (up, failed)


async def test_a_binding_that_failed_ends_the_wait_at_once(compute: Compute) -> None:
    states = [
        NicState(port_id=PortId("a"), up=False, said="down"),
        NicState(port_id=PortId("b"), up=False, said="binding failed", failed=True),
    ]
    with pytest.raises(RefusedEverywhere, match="port b binding failed"):
        port_waits.when_up(compute.cloud.outside, ServerId("s"), states)
