"""A request that was only slow makes or binds a port after its server gave it back: a later look frees it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from berthline.domain.clock import SystemClock
from berthline.network.neutron.service import NeutronNetworkService
from berthline.store import Connection
from berthline.store.network.nics import late as late_nics

from .ground import HOST, Ground, by, neutron_settings, on

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def impatient(remote: Ground) -> AsyncIterator[Ground]:
    """The same store at the same cloud, by a service that looks at once."""
    assert remote.proxy is not None
    settings = neutron_settings(remote.cloud, remote.proxy.url, late_seconds=0.0)
    service = NeutronNetworkService(settings, remote.store, SystemClock())
    yield Ground(service, remote.store, remote.project, remote.new_project, remote.cloud, remote.proxy)
    service.close()


def waiting(ground: Ground) -> int:
    """How many NICs are still to be looked at."""

    def look(connection: Connection) -> int:
        return len(late_nics.due(connection, SystemClock().now() + 1, 100))

    return ground.store.read_now(look)


async def test_a_port_that_was_made_late_is_deleted(impatient: Ground) -> None:
    ground = impatient
    network = await ground.project.network()
    server_id, given = await ground.allocate((on(network), on(network)))
    await ground.service.deallocate_for_instance(server_id)
    assert waiting(ground) == 2
    mac = given.vifs[0].address
    late = await ground.project.port(network, device_id=server_id, device_owner="compute:nova", mac_address=mac)
    other = await ground.project.port(network, device_id=server_id, device_owner="compute:nova")
    assert await ground.service.free_late_ports() == 1
    assert late not in await ground.project.ports()
    assert other in await ground.project.ports()
    assert waiting(ground) == 0
    assert await ground.service.free_late_ports() == 0


async def test_a_users_port_that_was_bound_late_is_unbound(impatient: Ground) -> None:
    ground = impatient
    mine = await ground.project.port(await ground.project.network())
    server_id, _ = await ground.allocate((by(mine),))
    await ground.service.deallocate_for_instance(server_id)
    claim = {"device_id": server_id, "device_owner": "compute:nova", "binding:host_id": HOST}
    await ground.project.put(f"ports/{mine}", port=claim)
    assert await ground.service.free_late_ports() == 1
    now = (await ground.project.ports())[mine]
    assert (now["device_id"], now["device_owner"], now["binding:host_id"]) == ("", "", "")


async def test_a_nic_that_its_server_has_again_is_left_alone(impatient: Ground) -> None:
    ground = impatient
    mine = await ground.project.port(await ground.project.network())
    server = await ground.server()
    await ground.allocate((by(mine),), server=server)
    await ground.service.deallocate_for_instance(server.server_id)
    await ground.allocate((by(mine),), server=server)
    assert await ground.service.free_late_ports() == 0
    assert (await ground.project.ports())[mine]["device_id"] == server.server_id
    assert waiting(ground) == 0


async def test_it_waits_for_requests_to_be_late(remote: Ground) -> None:
    network = await remote.project.network()
    server_id, _ = await remote.allocate((on(network),))
    await remote.service.deallocate_for_instance(server_id)
    assert await remote.service.free_late_ports() == 0
    assert waiting(remote) == 1
