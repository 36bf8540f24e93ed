"""What a guest has used, for admins: in the words of Nova's libvirt driver, from 2.48 in Nova's own."""

import httpx
import pytest

from berthline.domain.ids import new_id
from tests.api.compute.conftest import LATEST, Ground
from tests.api.compute.world import World


async def _ask(client: httpx.AsyncClient, server: str, minor: int, what: str = "diagnostics") -> httpx.Response:
    headers = {"OpenStack-API-Version": f"compute 2.{minor}"}
    return await client.get(f"/compute/v2.1/servers/{server}/{what}", headers=headers)


async def test_the_form_is_novas(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    told = (await _ask(ground.admin, server, 48)).json()
    assert set(told) == {
        "state", "driver", "hypervisor", "hypervisor_os", "uptime", "config_drive", "num_cpus", "num_nics", "num_disks",
        "disk_details", "cpu_details", "nic_details", "memory_details",
    }  # fmt: skip
    assert (told["state"], told["driver"], told["num_nics"], told["num_disks"]) == ("running", "libvirt", 1, 1)
    assert set(told["disk_details"][0]) == {
        "read_bytes", "read_requests", "write_bytes", "write_requests", "errors_count",
    }  # fmt: skip
    shown = (await ground.red.get(f"/compute/v2.1/servers/{server}/os-interface", headers=LATEST)).json()
    assert told["nic_details"][0]["mac_address"] == shown["interfaceAttachments"][0]["mac_addr"]
    assert set(told["memory_details"]) == {"maximum", "used"}
    before = (await _ask(ground.admin, server, 47)).json()
    assert {"vda_read", "vda_read_req", "vda_write", "vda_write_req", "vda_errors"} <= set(before)
    assert sum(name.endswith("_rx_packets") for name in before) == 1


@pytest.mark.parametrize("minor", [1, 48])
async def test_who_may_see_them_and_of_what(ground: Ground, world: World, minor: int) -> None:
    server = await ground.boot(world)
    assert (await _ask(ground.red, server, minor)).status_code == 403
    assert (await _ask(ground.blue, server, minor)).status_code == 404
    assert (await _ask(ground.admin, new_id(), minor)).status_code == 404
    body = {"os-stop": None}
    assert (await ground.red.post(f"/compute/v2.1/servers/{server}/action", json=body)).status_code == 202
    await world.rest()
    answer = await _ask(ground.admin, server, minor)
    assert answer.status_code == 409
    told = f"Cannot 'get_diagnostics' instance {server} while it is in power state shutdown"
    assert answer.json()["conflictingRequest"]["message"] == told


async def test_a_guest_is_bound_to_no_part_of_its_host(ground: Ground, world: World) -> None:
    server = await ground.boot(world)
    assert (await _ask(ground.red, server, 78, "topology")).json() == {"nodes": [], "pagesize_kb": None}
    assert (await _ask(ground.red, server, 77, "topology")).status_code == 404
    assert (await _ask(ground.blue, server, 78, "topology")).status_code == 404
