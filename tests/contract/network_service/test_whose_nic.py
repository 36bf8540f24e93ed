"""Whose NIC a port at a Neutron is: what was noted here, and never what a user wrote on the port."""

from typing import Any

import pytest

from berthline.domain.ids import new_id

from .ground import Ground, by, on

pytestmark = pytest.mark.asyncio(loop_scope="session")

WORDS: list[dict[str, Any]] = [
    {"device_id": "", "dns_name": ""},
    {"device_id": "any text"},
    {"device_id": "", "device_owner": ""},
    {"device_id": new_id(), "device_owner": "compute:elsewhere"},
]


@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
async def test_a_release_goes_by_what_was_noted(remote: Ground, words: dict[str, Any]) -> None:
    network = await remote.project.network()
    mine = await remote.project.port(network)
    server_id, info = await remote.allocate((by(mine), on(network)))
    made = info.vifs[1].id
    for port in (mine, made):
        await remote.project.put(f"ports/{port}", port=words)
    assert await remote.service.lost_ports([server_id]) == {}
    shown = (await remote.service.get_instance_network_info([server_id]))[server_id]
    assert [vif.id for vif in shown.vifs] == [mine, made]
    await remote.service.deallocate_for_instance(server_id)
    left = await remote.project.ports()
    assert set(left) == {mine}
    kept = left[mine]
    assert (kept["device_id"], kept["device_owner"], kept["binding:host_id"], kept["dns_name"]) == ("", "", "", "")


async def test_a_port_that_names_a_server_stays_when_that_is_deleted(remote: Ground) -> None:
    network = await remote.project.network()
    server_id, info = await remote.allocate((on(network),))
    foreign = await remote.project.port(network, device_id=server_id, device_owner="compute:nova")
    other = await remote.project.network("other", "10.1.0.0/24")
    same_mac = await remote.project.port(other, device_id=server_id, mac_address=info.vifs[0].address)
    shown = (await remote.service.get_instance_network_info([server_id]))[server_id]
    assert [vif.id for vif in shown.vifs] == [info.vifs[0].id]
    await remote.service.deallocate_for_instance(server_id)
    assert set(await remote.project.ports()) == {foreign, same_mac}
