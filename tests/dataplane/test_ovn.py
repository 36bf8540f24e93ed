"""Real OVN and Open vSwitch: what the store says carries packets. Guests are network namespaces with an address."""

import asyncio
import contextlib
import ipaddress
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import pytest

from berthline.dataplane.ovn.local_switch import LocalSwitch
from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.dataplane.ovn.tracing import OvnTracer
from berthline.dataplane.projector import Projector
from berthline.domain.auth import Caller
from berthline.domain.clock import SystemClock
from berthline.domain.dataplane import Applied
from berthline.domain.errors import Transient
from berthline.domain.ids import DomainId, NetworkId, PortId, ProjectId, RequestId, UserId
from berthline.localhost import Endpoints, LocalHost
from berthline.localhost.commands import run
from berthline.metadata import kernel
from berthline.metadata.app import Application, Receive, Scope, Send
from berthline.metadata.namespaces import MetadataNamespaces
from berthline.metadata.service import MetadataService
from berthline.reconcile.dataplane_drift import DataplaneDrift
from berthline.reconcile.port_status import PortStatusReconciler
from berthline.store import Store
from berthline.workflows.explaining import Tracing
from berthline.workflows.outside import Outside
from tests.unit.dataplane.cloud import Cloud

from .switch_guest import Guest, ask, discover, reaches

pytestmark = pytest.mark.dataplane

ADMIN: Final = Caller(
    user_id=UserId("u"),
    user_name="admin",
    project_id=ProjectId("p"),
    project_name="admin",
    domain_id=DomainId("default"),
    roles=frozenset({"admin"}),
    request_id=RequestId("r"),
)
PATIENCE = 60.0
"""Only keeps a broken run from hanging."""


async def eventually(look: Callable[[], bool], what: str) -> None:
    """Look again until it is so."""
    limit = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(look):
        assert time.monotonic() < limit, f"never seen: {what}"
        await asyncio.sleep(0.05)


class Setup:
    """A cloud on the private host's OVN, with one network, a router to the outside and two guests."""

    def __init__(self, store: Store, host: Endpoints) -> None:
        self.host = host
        self.cloud = Cloud(store)
        self.plane = OvnDataplane(host.northbound, host.southbound)
        self.projector = Projector(store, self.plane, SystemClock())
        self.switch = LocalSwitch(host.ovs_db)
        self.status = PortStatusReconciler(store, self.plane, SystemClock())
        self.guests: list[Guest] = []
        cloud = self.cloud
        cloud.host("host-a", host.chassis)
        self.network = cloud.network()
        self.subnet = cloud.subnet(self.network, "10.77.0.0/24", "10.77.0.1", dns_nameservers=["192.0.2.53"])
        self.metadata_port = cloud.port(
            self.network, [(self.subnet, "10.77.0.2")], device_owner="network:distributed", port_security_enabled=False
        )
        self.group = cloud.group()
        cloud.rule(self.group, "egress")
        cloud.rule(self.group, protocol="tcp", port_range_min=22, port_range_max=22)
        self.ports = [self.server_port(number) for number in (11, 12)]

    def server_port(self, number: int) -> str:
        fixed = [(self.subnet, f"10.77.0.{number}")]
        mac = f"fa:16:3e:77:00:{number}"
        return self.cloud.port(self.network, fixed, [self.group], binding_host="host-a", mac_address=mac)

    async def boot(self) -> tuple[Guest, Guest]:
        """Both guests, plugged and up."""
        first, second = [await self.guest(port, number) for number, port in zip((11, 12), self.ports, strict=True)]
        return first, second

    async def guest(self, port: str, number: int) -> Guest:
        """The guest of a ``server_port`` of this number, plugged and up."""
        mac, address = f"fa:16:3e:77:00:{number}", f"10.77.0.{number}/24"
        guest = await asyncio.to_thread(Guest, self.host, self.switch, port, mac, address, "10.77.0.1")
        self.guests.append(guest)
        await guest.plug()
        await self.until_up([port])
        return guest

    async def until_up(self, ports: list[str]) -> None:
        limit = time.monotonic() + PATIENCE
        while not all(state.up for state in (await self.plane.port_states([PortId(p) for p in ports])).values()):
            assert time.monotonic() < limit, "ports never came up"
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Take everything away again, through the projector."""
        for guest in self.guests:
            await self.switch.unplug(guest._interface)
            await asyncio.to_thread(guest.remove)
        await self.plane.apply(dict.fromkeys(await self.plane.observe(), ()))
        await self.switch.close()
        await self.plane.close()


@pytest.fixture
async def setup(store: Store, local_host: Endpoints) -> AsyncIterator[Setup]:
    made = Setup(store, local_host)
    await made.projector.settle_all()
    yield made
    await made.close()


async def test_ports_come_up_where_they_are_bound_and_go_down(setup: Setup) -> None:
    assert not any(state.up for state in (await setup.plane.port_states([PortId(p) for p in setup.ports])).values())
    await setup.boot()
    states = await setup.plane.port_states([PortId(port) for port in setup.ports])
    assert {state.chassis for state in states.values()} == {setup.host.chassis}
    assert await setup.status.run_once() == 2
    await setup.switch.unplug(setup.guests[0]._interface)
    limit = time.monotonic() + PATIENCE
    while (await setup.plane.port_states([PortId(setup.ports[0])]))[PortId(setup.ports[0])].up:
        assert time.monotonic() < limit
        await asyncio.sleep(0.02)
    assert await setup.status.run_once() == 1


async def test_groups_block_and_let_through(setup: Setup) -> None:
    first, second = await setup.boot()
    with second.serving(22), second.serving(8080):
        await eventually(lambda: reaches(first.name, "10.77.0.12", 22), "the allowed port answers")
        assert not reaches(first.name, "10.77.0.12", 8080)
        rule = setup.cloud.rule(setup.group, protocol="tcp", port_range_min=8080, remote_group_id=setup.group)
        await setup.projector.settle_all()
        await eventually(lambda: reaches(first.name, "10.77.0.12", 8080), "the port answers once a rule allows it")
        setup.cloud.delete_rule(setup.group, rule)
        await setup.projector.settle_all()
        await eventually(lambda: not reaches(first.name, "10.77.0.12", 8080), "the port is blocked again")
        await eventually(lambda: reaches(first.name, "10.77.0.12", 22), "the allowed port still answers")
        named = setup.cloud.addresses("10.77.0.99/32")
        setup.cloud.rule(setup.group, protocol="tcp", port_range_min=8080, remote_address_group_id=named)
        await setup.projector.settle_all()
        assert not reaches(first.name, "10.77.0.12", 8080), "the address group has another address"
        setup.cloud.readdress(setup.group, named, "10.77.0.99/32", "10.77.0.11/32")
        await setup.projector.settle_all()
        await eventually(lambda: reaches(first.name, "10.77.0.12", 8080), "the port answers who is in the group")
        setup.cloud.readdress(setup.group, named)
        await setup.projector.settle_all()
        await eventually(lambda: not reaches(first.name, "10.77.0.12", 8080), "nobody is in the group any more")
        await eventually(lambda: reaches(first.name, "10.77.0.12", 22), "the allowed port still answers")


def outer_network(setup: Setup, part: int = 1) -> tuple[str, str, list[str]]:
    """An external network with its subnet, the last of ``part`` parts of what is outside, and addresses that are free
    in it. The gateway is in the first part.
    """
    outside = ipaddress.ip_interface(setup.host.external_address)
    prefix = ipaddress.ip_network(str(list(outside.network.subnets(part.bit_length() - 1))[-1]))
    assert (outside.ip in prefix) == (part == 1)
    network = setup.cloud.network(
        network_type="flat", physical_network=setup.host.external_bridge_mapping, segmentation_id=None, mtu=1500
    )
    subnet = setup.cloud.subnet(network, str(prefix), str(outside.ip), enable_dhcp=False)
    return network, subnet, [str(address) for address in list(prefix.hosts())[-3:]]


@pytest.mark.parametrize("part", [1, 32], ids=["gateway inside", "gateway outside"])
async def test_a_floating_ip_leads_in_and_snat_leads_out(setup: Setup, part: int) -> None:
    first, second = await setup.boot()
    outside = ipaddress.ip_interface(setup.host.external_address)
    cloud = setup.cloud
    network, subnet, hosts = outer_network(setup, part)
    router = cloud.router()
    cloud.interface(router, setup.network, [(setup.subnet, "10.77.0.1")])
    cloud.gateway(router, network, [(subnet, hosts[0])])
    cloud.floating_ip(router, network, subnet, hosts[1], setup.ports[0], "10.77.0.11")
    await setup.projector.settle_all()
    with first.serving(22):
        await eventually(lambda: reaches(setup.host.external_namespace, hosts[1], 22), "the floating IP answers")

    def listen() -> socket.socket:
        return socket.create_server((str(outside.ip), 9090))

    with kernel.inside(setup.host.external_namespace, listen):
        await eventually(lambda: reaches(second.name, str(outside.ip), 9090), "a guest without floating IP gets out")


async def test_a_trace_says_what_packets_do(setup: Setup) -> None:
    """Each answer beside the packets themselves: a rule that lets through and one that lacks, a router, a floating IP,
    and a way that is not there.
    """
    first, second = await setup.boot()
    cloud = setup.cloud
    network, subnet, hosts = outer_network(setup)
    router = cloud.router(name="edge")
    cloud.interface(router, setup.network, [(setup.subnet, "10.77.0.1")])
    cloud.gateway(router, network, [(subnet, hosts[0])])
    cloud.floating_ip(router, network, subnet, hosts[1], setup.ports[1], "10.77.0.12")
    await setup.projector.settle_all()
    northbound: Any = None
    tracing = Tracing(
        Outside(
            store=cloud.store,
            clock=SystemClock(),
            dataplane=setup.plane,
            network=northbound,
            hypervisors={},
            images=northbound,
            tracer=OvnTracer(setup.host.southbound),
        )
    )

    async def verdict(to: str, number: int) -> str:
        told = await tracing.trace(ADMIN, setup.ports[0], ipaddress.ip_address(to), "tcp", number)
        return f"{told.verdict}: {told.steps[-1].what}"

    with second.serving(22), second.serving(8080):
        await eventually(lambda: reaches(first.name, "10.77.0.12", 22), "the allowed port answers")
        assert await verdict("10.77.0.12", 22) == f"arrives: port {setup.ports[1]} gets it"
        assert not reaches(first.name, "10.77.0.12", 8080)
        stopped = f"stopped: no rule of the security groups of port {setup.ports[1]} lets it in"
        assert await verdict("10.77.0.12", 8080) == stopped
        await eventually(lambda: reaches(first.name, hosts[1], 22), "the floating IP answers a guest")
        assert await verdict(hosts[1], 22) == f"arrives: port {setup.ports[1]} gets it"
        assert await verdict(hosts[1], 8080) == stopped
    assert (await verdict("198.18.0.9", 443)).startswith("leaves: ")
    cloud.change_subnet(network, subnet, gateway_ip=None)
    cloud.touch_router(router)
    await setup.projector.settle_all()
    limit = time.monotonic() + PATIENCE
    while await verdict("198.18.0.9", 443) != "stopped: router edge has no route to 198.18.0.9":
        assert time.monotonic() < limit, await verdict("198.18.0.9", 443)
        await asyncio.sleep(0.2)


async def test_guests_are_answered_by_dhcp(setup: Setup) -> None:
    first, _ = await setup.boot()
    offers: list[dict[int, bytes]] = []

    def asked() -> bool:
        offer = kernel.inside(first.name, lambda: discover("fa:16:3e:77:00:11"))
        if offer is not None:
            offers.append(offer)
        return offer is not None

    await eventually(asked, "a DHCP offer")
    offer = offers[0]
    assert offer[0] == socket.inet_aton("10.77.0.11")
    assert offer[3] == socket.inet_aton("10.77.0.1")
    assert offer[6] == socket.inet_aton("192.0.2.53")
    assert offer[26] == struct.pack("!H", 1442)
    metadata = b"\x20" + socket.inet_aton("169.254.169.254") + socket.inet_aton("10.77.0.2")
    assert offer[121] == metadata + b"\x00" + socket.inet_aton("10.77.0.1")
    setup.cloud.change_subnet(setup.network, setup.subnet, enable_dhcp=False)
    await setup.projector.settle_all()
    await eventually(lambda: not asked(), "no offer any more")
    setup.cloud.change_subnet(setup.network, setup.subnet, enable_dhcp=True)
    await setup.projector.settle_all()
    await eventually(asked, "an offer again, of a subnet that answers again")


async def test_guests_choose_ipv6_addresses_that_routers_advertise(setup: Setup) -> None:
    """One leg has two prefixes, and guests take an address of each. Its router's way out has no address yet."""
    cloud = setup.cloud
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    subnet = cloud.subnet(setup.network, "2001:db8:77::/64", "2001:db8:77::1", **modes)
    second_subnet = cloud.subnet(setup.network, "2001:db8:78::/64", "2001:db8:78::1", **modes)
    cloud.rule(setup.group, "egress", "IPv6")
    cloud.rule(setup.group, "ingress", "IPv6", protocol="tcp", port_range_min=22, port_range_max=22)
    addresses = [f"2001:db8:77:0:f816:3eff:fe77:{number}" for number in (11, 12)]
    for port, address in zip(setup.ports, addresses, strict=True):
        cloud.add_address(port, subnet, address)
        cloud.add_address(port, second_subnet, address.replace(":77:0:", ":78:0:"))
    router = cloud.router()
    cloud.interface(router, setup.network, [(subnet, "2001:db8:77::1"), (second_subnet, "2001:db8:78::1")])
    cloud.gateway(router, cloud.network(), [])
    await setup.projector.settle_all()
    first, second = await setup.boot()

    def has(guest: Guest, address: str) -> Callable[[], bool]:
        return lambda: address in run(("ip", "-n", guest.name, "-6", "address", "show", "dev", "eth0", "-tentative"))

    await eventually(has(first, addresses[0]), "the first guest took its address")
    await eventually(has(second, addresses[1]), "the second guest took its address")
    await eventually(has(second, addresses[1].replace(":77:0:", ":78:0:")), "and one of the other prefix")
    with second.serving(22, socket.AF_INET6), second.serving(8080, socket.AF_INET6):
        await eventually(lambda: reaches(first.name, addresses[1], 22), "the allowed port answers over IPv6")
        assert not reaches(first.name, addresses[1], 8080)


def who_asks(_store: Store, network: NetworkId) -> Application:
    """Answers with the network and the client's address."""

    async def answer(scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"{network} {scope['client'][0]}".encode()})

    return answer


async def test_guests_reach_the_metadata_service_of_their_network(setup: Setup, store: Store) -> None:
    first, second = await setup.boot()
    host = setup.host
    places = MetadataNamespaces(LocalSwitch(host.ovs_db), host.network_namespace, host.ovs_db)
    service = MetadataService(store, places, who_asks)
    try:
        assert await service.reconcile() == 1
        assert await service.reconcile() == 0
        await setup.until_up([setup.metadata_port])
        for guest, address in ((first, "10.77.0.11"), (second, "10.77.0.12")):
            run(("ip", "-n", guest.name, "route", "add", "169.254.169.254", "via", "10.77.0.2"))
            asked = f"{setup.network} {address}"
            await eventually(lambda guest=guest, asked=asked: ask(guest.name) == asked, "metadata answers")  # type: ignore[misc]
        await service.close()
        again = MetadataService(
            store, MetadataNamespaces(LocalSwitch(host.ovs_db), host.network_namespace, host.ovs_db), who_asks
        )
        assert await again.reconcile() == 1
        await eventually(lambda: ask(first.name) == f"{setup.network} 10.77.0.11", "the next process answers")
        service = again
        setup.cloud.delete_port(setup.metadata_port)
        assert await again.reconcile() == 1
        assert await asyncio.to_thread(ask, first.name) is None
    finally:
        await service.close(remove=True)
    assert kernel.namespaces("blmd-") == frozenset()
    assert await setup.switch.plugged() == {guest._interface: guest._port for guest in setup.guests}


async def test_ovn_becomes_the_store_again_after_an_outage_and_a_hand(
    setup: Setup, store: Store, local_services: LocalHost
) -> None:
    drift = DataplaneDrift(store, setup.plane, setup.projector)
    local_services.signal_daemon("northbound", 15)
    setup.cloud.delete_port(setup.ports[1])
    new = setup.server_port(13)
    limit = time.monotonic() + PATIENCE
    with contextlib.suppress(Transient):
        while time.monotonic() < limit:
            await setup.plane.observe()
    with pytest.raises(Transient):
        await setup.projector.drain()
    await asyncio.to_thread(local_services.start_daemon, "northbound")
    while True:
        try:
            await setup.projector.settle_all()
            break
        except Transient:
            assert time.monotonic() < limit
            await asyncio.sleep(0.05)
    assert set(await setup.plane.observe()) == setup.cloud.units()
    assert await drift.run_once() == 0
    run(("ovn-nbctl", f"--db={setup.host.northbound}", "lsp-del", new))
    assert await drift.run_once() == 1
    assert await setup.projector.repair(setup.cloud.units()) == Applied()
