"""What holds of networks over HTTP when a second process works on the same servers."""

import pytest

from berthline.domain.errors import Transient
from berthline.domain.ids import ServerId
from berthline.network.service import NicKey
from berthline.store import Connection
from tests.interop.proxy import Fault

from .ground import HOST, Ground, on
from .test_neutron import again, proxy_of

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _sent_by_another(remote: Ground) -> tuple[ServerId, tuple[NicKey, ...]]:
    """Two NICs that this process claimed; another one asked for their ports, and ended before it knew of them."""
    network = await remote.project.network()
    server = await remote.server()
    caller = remote.project.caller()
    validated = await remote.service.validate_networks(caller, remote.project.project_id, (on(network),) * 2)

    def claim(connection: Connection) -> tuple[NicKey, ...]:
        return remote.service.claim(connection, caller, server, validated, bind_host=HOST, at=1)

    keys = await remote.store.write(claim)
    other = again(remote)
    await other.extensions()
    # It looks first, since it remembers nothing; then the answer to the POST is lost, and that to the look for it.
    proxy_of(remote).clear({2: Fault.LOST, 3: Fault.LOST})
    with pytest.raises(Transient):
        await other.realise(server.server_id, HOST)
    assert len(await remote.project.ports_of(server.server_id)) == 2
    proxy_of(remote).clear()
    other.close()
    return server.server_id, keys


async def test_who_claimed_finds_what_another_process_sent_meanwhile(remote: Ground) -> None:
    server_id, keys = await _sent_by_another(remote)
    await remote.service.realise(server_id, HOST)
    held = await remote.project.ports_of(server_id)
    assert sorted(one["mac_address"] for one in held.values()) == sorted(keys)


async def test_who_claimed_takes_back_what_another_process_sent_meanwhile(remote: Ground) -> None:
    server_id, keys = await _sent_by_another(remote)
    for nic in keys:
        await remote.service.take_back(server_id, nic)
    assert await remote.project.ports() == {}
