"""Taps are named by the first digits of their port's id, and a host has each name once."""

import msgspec
import pytest

from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import PortBound, PortNotUsable
from berthline.domain.ids import HostName, PortId, ServerId, new_id
from berthline.domain.network import Network, Port
from berthline.domain.network_info import device_name
from berthline.network.nics.allocation import allocate_for_instance
from berthline.network.ports import ports
from berthline.network.ports.rows import Draft, bare_port, write_ports
from berthline.network.requests import PortCreate, PortUpdate
from berthline.network.service import Instance
from berthline.store import Connection, Store
from berthline.store.network.ports import TAP_DIGITS
from tests.unit.store.races.cloud import ADMIN, AT, HOST, MEMBER, PROJECT, fill, with_subnet


@pytest.fixture
def network(store: Store) -> Network:
    store.write_now(fill)
    return store.write_now(with_subnet)[0]


def same_tap(port_id: str) -> PortId:
    """Another id by which a tap has the same name."""
    return PortId(port_id[:TAP_DIGITS] + new_id()[TAP_DIGITS:])


def on_host(store: Store, network: Network, port_id: str | None = None) -> Port:
    def work(connection: Connection) -> Port:
        port = msgspec.structs.replace(bare_port(network.id, PROJECT, AT), binding_host=HOST)
        if port_id is not None:
            port = msgspec.structs.replace(port, id=PortId(port_id))
        return write_ports(connection, [Draft(port=port)], AT)[0]

    return store.write_now(work)


def test_a_new_port_gets_another_id_where_its_taps_name_is_taken(store: Store, network: Network) -> None:
    first = on_host(store, network)
    second = on_host(store, network, same_tap(first.id))
    assert device_name(second.id) != device_name(first.id)
    assert store.read_now(lambda c: ports.find(c, MEMBER, second.id)).fixed_ips == second.fixed_ips


def test_a_mac_that_was_given_is_kept_then(store: Store, network: Network) -> None:
    first = on_host(store, network)

    def work(connection: Connection) -> Port:
        port = bare_port(network.id, PROJECT, AT)
        port = msgspec.structs.replace(port, id=same_tap(first.id), binding_host=HOST, mac_address="fa:16:3e:00:00:01")
        return write_ports(connection, [Draft(port=port)], AT)[0]

    assert store.write_now(work).mac_address == "fa:16:3e:00:00:01"


def unbound_twin(store: Store, network: Network, of: Port) -> Port:
    """A port of no host whose tap would have the same name."""

    def work(connection: Connection) -> Port:
        port = msgspec.structs.replace(bare_port(network.id, PROJECT, AT), id=same_tap(of.id))
        return write_ports(connection, [Draft(port=port)], AT)[0]

    return store.write_now(work)


def test_a_port_is_not_bound_to_a_host_where_its_taps_name_is_taken(store: Store, network: Network) -> None:
    twin = unbound_twin(store, network, on_host(store, network))
    with pytest.raises(PortBound, match="tap"):
        store.write_now(lambda c: ports.update(c, ADMIN, twin.id, PortUpdate(binding_host=HOST), AT))
    other = HostName("another-host")
    store.write_now(lambda c: ports.update(c, ADMIN, twin.id, PortUpdate(binding_host=other), AT))


def test_a_server_is_told_that_a_port_is_not_usable_there(store: Store, network: Network) -> None:
    twin = unbound_twin(store, network, on_host(store, network))
    server = Instance(server_id=ServerId(new_id()), project_id=PROJECT, hostname="one", availability_zone="nova")
    asked = (RequestedNetwork(port_id=twin.id),)
    with pytest.raises(PortNotUsable, match="the tap of another port"):
        store.write_now(lambda c: allocate_for_instance(c, MEMBER, server, asked, (), AT, bind_host=HOST))


def test_ports_of_no_host_have_no_taps(store: Store, network: Network) -> None:
    first = store.write_now(lambda c: ports.create(c, MEMBER, [PortCreate(network_id=network.id)], AT))[0]
    assert unbound_twin(store, network, first).id[:TAP_DIGITS] == first.id[:TAP_DIGITS]
