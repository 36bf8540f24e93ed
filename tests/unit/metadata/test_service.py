"""The metadata service: the set of namespaces follows the set of metadata ports. Sockets are real, on loopback."""

import asyncio
import contextlib
import dataclasses
import socket
from collections.abc import Iterable

import httpx
import pytest
from sqlalchemy import insert, update

from berthline.bootstrap.metadata import Answering
from berthline.domain.clock import SystemClock
from berthline.domain.dataplane import Unit
from berthline.domain.errors import AddressInUse, Transient
from berthline.domain.ids import NetworkId, new_id
from berthline.domain.snapshot import PortSnapshot
from berthline.listener.limits import METADATA
from berthline.metadata.app import Application, Receive, Scope, Send
from berthline.metadata.home import Home
from berthline.metadata.service import MetadataService
from berthline.store import Store
from berthline.store.dataplane import outbox
from berthline.store.dataplane.snapshots import load_snapshots
from berthline.store.network.metadata_ports import MetadataPlace, metadata_places, move_home
from berthline.store.tables.control import worker_leases
from tests.unit.dataplane.cloud import Cloud

LIMITS = dataclasses.replace(METADATA, connections=8, connections_per_address=4, first_byte_seconds=0.05)


class LoopbackPlaces:
    """Namespaces that are names in a set; each listens on a free port of loopback."""

    def __init__(self) -> None:
        self.made: dict[NetworkId, MetadataPlace] = {}
        self.addresses: dict[NetworkId, str] = {}
        self.failing: set[NetworkId] = set()
        self.taken: set[NetworkId] = set()
        """Where another process listens, until the place is made anew."""
        self.makes = 0
        self.closed = False

    async def present(self) -> frozenset[NetworkId]:
        return frozenset(self.made)

    async def make(self, place: MetadataPlace) -> None:
        if place.network_id in self.failing:
            raise Transient("not now")
        self.makes += 1
        self.made[place.network_id] = place

    async def listen(self, network: NetworkId) -> socket.socket:
        if network in self.taken:
            raise AddressInUse("another process listens there")
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)
        self.addresses[network] = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        return listening

    async def remove(self, network: NetworkId) -> None:
        self.made.pop(network, None)
        self.taken.discard(network)

    async def remove_unknown_ports(self, networks: Iterable[NetworkId]) -> None:
        assert set(networks) >= set(self.made) - self.failing

    async def close(self) -> None:
        self.closed = True


def app_of(_store: Store, network: NetworkId) -> Application:
    """Answers with the id of the network it was made for."""

    async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": network.encode()})

    return answer


class Setup:
    def __init__(self, store: Store) -> None:
        self.cloud = Cloud(store)
        self.places = LoopbackPlaces()
        self.service = MetadataService(store, self.places, app_of)

    def lease(self, epoch: int) -> None:
        """Somebody has the loop of metadata, for the ``epoch``-th time."""
        values = {"name": "metadata", "owner": new_id(), "epoch": epoch}
        self.cloud.store.write_now(lambda connection: connection.execute(insert(worker_leases), values).close())

    def epoch(self, epoch: int) -> None:
        """The loop is given to another one."""
        given = update(worker_leases).values(owner=new_id(), epoch=epoch)
        self.cloud.store.write_now(lambda connection: connection.execute(given).close())

    def home(self, chassis: str, epoch: int | None) -> Home:
        """What a worker at this chassis has, that was given the loop in this epoch."""

        async def at() -> str:
            return chassis

        return Home(self.cloud.store, SystemClock(), at, lambda: epoch)

    def chassis(self, *ports: str) -> list[str]:
        """Where each port is to be, as the dataplane is told it."""
        units = [Unit("port", port) for port in ports]
        found = self.cloud.store.read_now(lambda connection: load_snapshots(connection, units))
        return [one.chassis for unit in units if isinstance(one := found[unit], PortSnapshot)]

    def told(self) -> list[str]:
        """The ports that are to be projected, since it was asked last."""
        held = self.cloud.store.read_now(lambda connection: outbox.waiting(connection, 100))
        self.cloud.store.write_now(lambda connection: outbox.remove(connection, [entry.sequence for entry in held]))
        return sorted(entry.unit.id for entry in held if entry.unit.kind == "port")

    def network(self) -> tuple[NetworkId, str]:
        """A network with a metadata port; returns both ids."""
        network = self.cloud.network()
        subnet = self.cloud.subnet(network, "10.0.0.0/24", "10.0.0.1")
        self.cloud.port(network, [(subnet, "10.0.0.9")])
        return NetworkId(network), self.cloud.port(network, [(subnet, "10.0.0.2")], device_owner="network:distributed")

    async def get(self, network: NetworkId) -> str:
        async with httpx.AsyncClient() as client:
            return (await client.get(self.places.addresses[network])).text


@pytest.fixture
def setup(store: Store) -> Setup:
    return Setup(store)


async def test_each_network_is_answered_by_its_own_server(setup: Setup) -> None:
    (first, _), (second, _) = setup.network(), setup.network()
    setup.cloud.network()
    assert await setup.service.reconcile() == 2
    assert setup.service.serving == {first, second}
    assert (await setup.get(first), await setup.get(second)) == (first, second)
    assert await setup.service.reconcile() == 0
    await setup.service.close()
    assert setup.places.made.keys() == {first, second}


async def test_what_ended_is_removed_and_what_an_earlier_process_left_too(setup: Setup) -> None:
    network, port = setup.network()
    await setup.service.reconcile()
    left = NetworkId("left-over")
    setup.places.made[left] = setup.places.made[network]
    setup.cloud.delete_port(port)
    assert await setup.service.reconcile() == 2
    assert (setup.places.made, setup.service.serving) == ({}, frozenset())
    with pytest.raises(httpx.ConnectError):
        await setup.get(network)
    await setup.service.close()


async def test_a_namespace_of_an_earlier_process_is_taken_over(setup: Setup) -> None:
    network, _ = setup.network()
    await setup.service.reconcile()
    await setup.service.close()
    again = MetadataService(setup.cloud.store, setup.places, app_of)
    assert await again.reconcile() == 1
    assert await setup.get(network) == network
    await again.close(remove=True)
    assert setup.places.made == {}


async def test_one_that_rests_leaves_the_namespaces_to_the_other(setup: Setup) -> None:
    """Its lease went to another process of this machine, and comes back."""
    network, _ = setup.network()
    await setup.service.reconcile()
    await setup.service.rest()
    with pytest.raises(httpx.ConnectError):
        await setup.get(network)
    assert setup.places.made.keys() == {network}
    other = MetadataService(setup.cloud.store, setup.places, app_of)
    assert await other.reconcile() == 1
    assert await setup.get(network) == network
    await other.rest()
    assert await setup.service.reconcile() == 1
    assert await setup.get(network) == network
    await setup.service.close()


async def test_metadata_ports_are_where_the_worker_is_that_answers(setup: Setup) -> None:
    ports = sorted(setup.network()[1] for _ in range(2))
    assert setup.chassis(*ports) == ["", ""]
    setup.lease(1)
    setup.told()
    first = setup.home("quay", 1)
    assert await first.take()
    assert (setup.chassis(*ports), setup.told()) == (["quay", "quay"], ports)
    assert not await first.take()
    assert setup.told() == []
    setup.epoch(2)
    assert not await setup.home("quay", 2).take()
    assert setup.told() == [], "the next worker of the same machine finds them there"
    setup.epoch(3)
    assert await setup.home("pier", 3).take()
    assert (setup.chassis(*ports), setup.told()) == (["pier", "pier"], ports)


@pytest.mark.parametrize("epoch", [1, None])
async def test_a_worker_without_the_loop_moves_no_port(setup: Setup, epoch: int | None) -> None:
    """It was stopped amid its turn, and another one has the loop meanwhile."""
    _, port = setup.network()
    setup.lease(2)
    assert await setup.home("pier", 2).take()
    setup.told()
    assert not await setup.home("quay", epoch).take()
    assert (setup.chassis(port), setup.told()) == (["pier"], [])


async def test_ports_are_told_although_a_worker_ended_amid_its_turn(setup: Setup) -> None:
    _, port = setup.network()
    setup.lease(1)
    setup.told()
    setup.cloud.store.write_now(lambda connection: move_home(connection, "quay", 1))
    assert setup.told() == []
    setup.epoch(2)
    assert not await setup.home("quay", 2).take(), "they are to be there already"
    assert setup.told() == [port]
    assert not await setup.home("quay", 2).take()
    assert setup.told() == []


async def test_a_loop_that_is_ended_answers_no_more(setup: Setup) -> None:
    network, _ = setup.network()
    answering = asyncio.create_task(Answering(setup.service, setup.home("quay", 1).take).run())
    for _ in range(500):
        if network in setup.service.serving:
            break
        await asyncio.sleep(0.01)
    assert await setup.get(network) == network
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    with pytest.raises(httpx.ConnectError):
        await setup.get(network)
    await setup.service.close()


async def test_a_process_that_still_listens_is_put_aside(setup: Setup) -> None:
    """It is stopped, or has not heard yet that another one has its lease."""
    (network, _), (other, _) = setup.network(), setup.network()
    setup.places.taken.add(network)
    assert await setup.service.reconcile() == 2
    assert setup.service.serving == {network, other}
    assert await setup.get(network) == network
    assert setup.places.makes == 3
    await setup.service.close()


async def test_a_changed_port_is_made_anew_without_closing_its_socket(setup: Setup) -> None:
    network, port = setup.network()
    await setup.service.reconcile()
    address = setup.places.addresses[network]
    setup.cloud.change_port(port, mac_address="fa:16:3e:99:99:99")
    assert await setup.service.reconcile() == 1
    assert setup.places.made[network].mac_address == "fa:16:3e:99:99:99"
    assert setup.places.addresses[network] == address
    assert await setup.get(network) == network
    await setup.service.close()


async def test_one_network_that_fails_does_not_stop_the_others(setup: Setup) -> None:
    (bad, _), (good, _) = setup.network(), setup.network()
    setup.places.failing.add(bad)
    assert await setup.service.reconcile() == 1
    assert setup.service.serving == {good}
    setup.places.failing.clear()
    assert await setup.service.reconcile() == 1
    assert setup.service.serving == {good, bad}
    await setup.service.close()


def test_places_are_ipv4_addresses_of_metadata_ports(setup: Setup, store: Store) -> None:
    network = setup.cloud.network(mtu=1400)
    first = setup.cloud.subnet(network, "10.0.0.0/24", "10.0.0.1")
    second = setup.cloud.subnet(network, "10.0.1.0/25", None)
    third = setup.cloud.subnet(network, "2001:db8::/64", "2001:db8::1")
    fixed = [(first, "10.0.0.2"), (second, "10.0.1.2"), (third, "2001:db8::2")]
    port = setup.cloud.port(network, fixed, device_owner="network:distributed", mac_address="fa:16:3e:00:00:aa")
    assert store.read_now(metadata_places) == (
        MetadataPlace(
            network_id=NetworkId(network),
            port_id=port,  # type: ignore[arg-type]
            mac_address="fa:16:3e:00:00:aa",
            mtu=1400,
            addresses=("10.0.0.2/24", "10.0.1.2/25"),
            gateways=("10.0.0.1",),
        ),
    )


async def test_a_guest_that_holds_connections_or_sends_nonsense_stops_no_other(setup: Setup) -> None:
    setup.service = MetadataService(setup.cloud.store, setup.places, app_of, LIMITS)
    quiet, loud = setup.network()[0], setup.network()[0]
    await setup.service.reconcile()
    address = httpx.URL(setup.places.addresses[loud])
    held = [await asyncio.open_connection(address.host, address.port) for _ in range(20)]
    assert await setup.get(quiet) == quiet
    assert await setup.get(loud) == loud
    for reader, writer in held:
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 414 ")
    writer.close()
    await setup.service.close()
