"""Whose NIC a port is, by the rows that say so, whatever its device id says."""

import pytest
from sqlalchemy import update

from berthline.domain.errors import PortInUse
from berthline.network.nics.allocation import deallocate_for_instance
from berthline.store import Store
from berthline.store.network import ports as port_rows
from berthline.store.tables.network import ports
from tests.workflows.allocation.ground import AT, Ground, by, on


@pytest.fixture
def ground(store: Store) -> Ground:
    return Ground(store)


def test_ports_are_found_by_the_nic_rows_whatever_their_device_says(ground: Ground) -> None:
    net = ground.plain("net")
    server = ground.server()
    stranger = ground.port(net, device_id=server.server_id, device_owner="compute:nova")
    there = ground.port(net)
    (made, taken) = ground.allocate((on(net), by(there)), server=server)
    words = update(ports).where(ports.c.id.in_([made.port_id, taken.port_id])).values(device_id="", device_owner="")
    ground.store.write_now(lambda connection: connection.execute(words))
    ground.store.write_now(lambda connection: deallocate_for_instance(connection, server.server_id, AT))
    ids = [stranger, there, made.port_id]
    found = ground.store.read_now(lambda connection: port_rows.get_many(connection, ids))
    assert set(found) == {stranger, there}
    assert (found[there].binding_host, found[there].dns_name) == ("", "")
    assert found[stranger].device_id == server.server_id


def test_a_nic_that_says_it_is_free_is_not_claimed(ground: Ground) -> None:
    net = ground.plain("net")
    there = ground.port(net)
    first = ground.server()
    ground.allocate((by(there),), server=first)
    words = update(ports).where(ports.c.id == there).values(device_id="", dns_name="")
    ground.store.write_now(lambda connection: connection.execute(words))
    second = ground.server()
    before = ground.everything()
    with pytest.raises(PortInUse):
        ground.allocate((by(there),), server=second)
    assert ground.everything() == before
