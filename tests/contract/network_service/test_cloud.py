"""A whole cloud whose networks are another's: booted, changed and deleted over the public APIs."""

import asyncio
import re
from pathlib import Path

import pytest

from berthline.bootstrap.cloud import Cloud
from berthline.dataplane.memory import SimulatedDataplane
from berthline.domain.ids import NetworkId, ServerId
from tests.interop.proxy import Fault, FaultProxy

from .compute import Compute, compute_settings, eventually, running_compute
from .ground import Project

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_server_lives_on_the_networks_of_another_cloud(
    compute: Compute, demo: Project, proxy: FaultProxy
) -> None:
    network = await demo.network("outer")
    port = await demo.port(network)
    proxy.clear()
    server_id = await compute.boot([{"uuid": network}, {"port": port}, {"uuid": network}])
    held = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 3)
    waiting = await compute.server(server_id)
    assert waiting["status"] == "BUILD"
    for one in held:
        compute.bring_up(one)
        await compute.event(server_id, "network-vif-plugged", one)
    server = await compute.until(server_id, "ACTIVE")
    macs = [address["OS-EXT-IPS-MAC:mac_addr"] for address in server["addresses"]["outer"]]
    assert set(macs) == {one["mac_address"] for one in held.values()}
    assert macs[1] == held[port]["mac_address"]
    assert await compute.interfaces(server_id) == [
        next(id_ for id_, one in held.items() if one["mac_address"] == mac) for mac in macs
    ]
    assert {one["binding:host_id"] for one in held.values()} == set(compute.cloud.outside.hypervisors)
    assert server["security_groups"] == [{"name": "default"}]
    (other, *_) = [address["addr"] for address in server["addresses"]["outer"]]
    found = await compute.client.get("/compute/v2.1/servers", params={"ip": f"^{re.escape(other)}$"})
    assert [one["id"] for one in found.json()["servers"]] == [server_id]
    shown = await compute.client.get(f"/compute/v2.1/servers/{server_id}/os-interface/{port}")
    assert shown.json()["interfaceAttachment"]["port_state"] == "ACTIVE"
    await compute.delete(server_id)
    left = await demo.ports()
    assert [left[port]["device_id"], await demo.ports_of(server_id)] == ["", {}]
    await demo.delete(f"ports/{port}")


async def test_nics_are_attached_and_detached(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer")
    server_id = await compute.boot([{"uuid": network}])
    (first,) = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 1)
    compute.bring_up(first)
    await compute.until(server_id, "ACTIVE")
    attach = asyncio.create_task(
        compute.post(f"servers/{server_id}/os-interface", {"interfaceAttachment": {"net_id": network}})
    )
    held = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 2)
    (second,) = set(held) - {first}
    compute.bring_up(second)
    attached = await attach
    assert attached.status_code == 200, attached.text
    assert attached.json()["interfaceAttachment"]["port_id"] == second
    assert await compute.interfaces(server_id) == [first, second]
    reply = await compute.client.delete(f"/compute/v2.1/servers/{server_id}/os-interface/{first}")
    assert reply.status_code == 202
    await eventually(lambda: demo.ports_of(server_id), lambda ports: set(ports) == {second})
    await eventually(lambda: compute.interfaces(server_id), lambda ports: ports == [second])
    await compute.delete(server_id)


async def test_a_nic_whose_port_is_deleted_is_detached(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer")
    server_id = await compute.boot([{"uuid": network}, {"uuid": network}])
    held = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 2)
    for one in held:
        compute.bring_up(one)
    await compute.until(server_id, "ACTIVE")
    first, second = await compute.interfaces(server_id)
    await demo.delete(f"ports/{first}")
    await compute.event(server_id, "network-vif-deleted", first)
    await eventually(lambda: compute.interfaces(server_id), lambda ports: ports == [second])
    plane = compute.cloud.outside.dataplane
    assert isinstance(plane, SimulatedDataplane)
    await eventually(lambda: asyncio.sleep(0, plane.plugged()), lambda taps: set(taps) == {second})
    await compute.delete(server_id)


async def test_what_no_event_told_is_found_all_the_same(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer")
    server_id = await compute.boot([{"uuid": network}, {"uuid": network}])
    held = await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 2)
    for one in held:
        compute.bring_up(one)
    await compute.until(server_id, "ACTIVE")
    first, second = await compute.interfaces(server_id)
    await demo.delete(f"ports/{second}")
    await compute.cloud.services.compute.network_events.run_once()  # its turn comes once a minute
    await eventually(lambda: compute.interfaces(server_id), lambda ports: ports == [first])
    await compute.event(server_id, "network-vif-deleted", first)  # which is not true
    await compute.cloud.services.compute.network_events.look_at_hinted()
    assert await compute.interfaces(server_id) == [first]
    await compute.delete(server_id)


async def test_a_boot_that_fails_leaves_nothing_outside(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer", "10.8.0.0/30")
    server_id = await compute.boot([{"uuid": network}, {"uuid": network}])
    server = await compute.until(server_id, "ERROR")
    assert "No more IP addresses" in server["fault"]["message"] or "No fixed IP" in server["fault"]["message"]
    assert await demo.ports_of(server_id) == {}
    await compute.delete(server_id)


async def test_a_server_is_deleted_while_it_is_built(compute: Compute, demo: Project) -> None:
    network = await demo.network("outer")
    port = await demo.port(network)
    server_id = await compute.boot([{"uuid": network}, {"port": port}])
    await eventually(lambda: demo.ports_of(server_id), lambda ports: len(ports) == 2)
    await compute.delete(server_id)
    assert await demo.ports_of(server_id) == {}
    assert (await demo.get(f"ports/{port}"))["device_id"] == ""
    await demo.delete(f"ports/{port}")


async def test_refusals_reach_the_user_at_once(compute: Compute, demo: Project) -> None:
    wanted = {"name": "web", "imageRef": compute.image, "flavorRef": "tiny"}
    nowhere = NetworkId("11111111-1111-4111-8111-111111111111")
    reply = await compute.post("servers", {"server": {**wanted, "networks": [{"uuid": nowhere}]}})
    assert reply.status_code == 400
    assert nowhere in reply.json()["badRequest"]["message"]
    network = await demo.network("outer")
    taken = await demo.port(network, device_id="somebody")
    reply = await compute.post("servers", {"server": {**wanted, "networks": [{"port": taken}]}})
    assert reply.status_code == 409
    await demo.delete(f"ports/{taken}")


async def test_the_catalogue_says_where_networks_are(compute: Compute, proxy: FaultProxy) -> None:
    catalogue = (await compute.client.get("/identity/v3/auth/catalog")).json()["catalog"]
    urls = {one["type"]: {endpoint["url"] for endpoint in one["endpoints"]} for one in catalogue}
    assert urls["network"] == {f"{proxy.url}/network"}
    assert urls["compute"] == {f"{compute.cloud.url}/compute/v2.1"}
    reply = await compute.client.get("/network/v2.0/ports")
    assert reply.status_code == 404
    assert f"{proxy.url}/network" in reply.json()["NeutronError"]["message"]


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.RESET, Fault.LOST, Fault.TORN], ids=lambda fault: fault.value)
async def test_a_boot_goes_on_whatever_request_fails(
    cloud: Cloud, proxy: FaultProxy, demo: Project, tmp_path: Path, fault: Fault
) -> None:
    """Requests 1 to 4 are those of a boot, 5 to 8 of a delete; the one that asks what is allowed may be refused."""
    network = await demo.network("outer")
    port = await demo.port(network)
    settings = compute_settings(cloud, proxy.url, tmp_path, wait_for_ports=False)
    async with running_compute(settings, cloud) as compute:
        await compute.delete(await compute.boot([{"uuid": network}]))  # so that extensions are known, and tokens had
        for number in range(1, 9):
            proxy.clear({number: fault})
            reply = await compute.ask([{"uuid": network}, {"port": port}])
            if reply.status_code != 202:
                assert (reply.status_code, number <= 2, fault) == (503, True, Fault.REFUSED)
                continue
            server_id = ServerId(reply.json()["server"]["id"])
            await compute.until(server_id, "ACTIVE")
            assert len(await compute.interfaces(server_id)) == len(await demo.ports_of(server_id)) == 2
            await compute.delete(server_id)
            assert await demo.ports_of(server_id) == {}
        assert (await demo.get(f"ports/{port}"))["device_id"] == ""
        proxy.clear()
        await eventually(compute.cloud.leaks, lambda leaks: not leaks)
    await demo.delete(f"ports/{port}")
