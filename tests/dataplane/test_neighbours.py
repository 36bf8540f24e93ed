"""Real OVN: names that resolve, addresses that move from guest to guest, and packets that are too long."""

import socket
import struct
from collections.abc import Callable

import pytest

from berthline.localhost.commands import run
from berthline.metadata import kernel
from tests.dataplane.switch_guest import discover, reaches
from tests.dataplane.test_ovn import Setup, eventually, outer_network, setup

__all__ = ["setup"]  # the fixture
pytestmark = pytest.mark.dataplane

A, PTR = 1, 12
SOMEBODY = "192.0.2.53"
"""A name server that is nowhere: OVN answers on the way to it."""
DISCOVER, ALWAYS, KNOWN = 10, 2, 14
"""IP_MTU_DISCOVER, IP_PMTUDISC_DO and IP_MTU of Linux."""


def resolve(namespace: str, name: str, kind: int) -> list[bytes]:
    """What a query for the name is answered with; nothing when no answer comes within a second."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    query = struct.pack("!HHHHHH", 0x77, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", kind, 1)

    def ask() -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(1)
            asking.sendto(query, (SOMEBODY, 53))
            return asking.recv(512)

    try:
        answer = kernel.inside(namespace, ask)
    except OSError:
        return []
    found, place = [], len(query)
    for _ in range(struct.unpack("!H", answer[6:8])[0]):
        while answer[place] and answer[place] < 0xC0:
            place += answer[place] + 1
        place += 2 if answer[place] else 1
        length = struct.unpack("!H", answer[place + 8 : place + 10])[0]
        found.append(answer[place + 10 : place + 10 + length])
        place += 10 + length
    return found


async def test_guests_resolve_each_others_names_and_know_their_own(setup: Setup) -> None:
    first, second = await setup.boot()
    setup.cloud.interface(setup.cloud.router(), setup.network, [(setup.subnet, "10.77.0.1")])
    for port, name in zip(setup.ports, ("web", "db"), strict=True):
        setup.cloud.change_port(port, dns_name=name)
    await setup.projector.settle_all()
    address = socket.inet_aton("10.77.0.12")
    for name in ("db", "db.openstacklocal"):
        await eventually(lambda name=name: resolve(first.name, name, A) == [address], f"{name} resolves")  # type: ignore[misc]
    await eventually(
        lambda: resolve(second.name, "11.0.77.10.in-addr.arpa", PTR) == [b"\x03web\x0eopenstacklocal\0"],
        "an address resolves to its name",
    )
    offer = kernel.inside(first.name, lambda: discover("fa:16:3e:77:00:11"))
    assert offer is not None
    assert (offer[12], offer[15]) == (b"web", b"openstacklocal")
    setup.cloud.change_port(setup.ports[1], dns_name="")
    await setup.projector.settle_all()
    await eventually(lambda: resolve(first.name, "db", A) == [], "a name that is gone is not answered")


def announce(interface: str, mac: str, address: str) -> Callable[[], None]:
    """Say to all neighbours, as a guest that takes an address over does, who has it (gratuitous ARP)."""
    hardware, ip = bytes.fromhex(mac.replace(":", "")), socket.inet_aton(address)
    frame = b"\xff" * 6 + hardware + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)

    def say() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as speaking:
            speaking.bind((interface, 0))
            speaking.send(frame + hardware + ip + b"\0" * 6 + ip)

    return say


async def test_an_address_follows_the_guest_that_takes_it_over(setup: Setup) -> None:
    vip = "10.77.0.99"
    port = setup.cloud.port(setup.network, [(setup.subnet, vip)], mac_address="fa:16:3e:77:00:99")
    for parent in setup.ports:
        setup.cloud.pair(parent, vip)
    await setup.projector.settle_all()
    first, second = await setup.boot()
    third_port = setup.server_port(13)
    await setup.projector.settle_all()
    third = await setup.guest(third_port, 13)
    with first.serving(22), second.serving(22):
        assert not reaches(third.name, vip, 22)
        for guest, number in ((first, 11), (second, 12), (first, 11)):
            run(("ip", "-n", guest.name, "address", "add", f"{vip}/24", "dev", "eth0"))
            say = announce("eth0", f"fa:16:3e:77:00:{number}", vip)

            def answers(guest_name: str = guest.name, say: Callable[[], None] = say) -> bool:
                kernel.inside(guest_name, say)
                return reaches(third.name, vip, 22)

            await eventually(answers, f"guest {number} has the address")
            bound = run(
                ("ovn-sbctl", f"--db={setup.host.southbound}", "--bare", "--columns=virtual_parent", "find",
                 "Port_Binding", f"logical_port={port}")
            )  # fmt: skip
            assert bound.strip() == setup.ports[number - 11]
            run(("ip", "-n", guest.name, "address", "delete", f"{vip}/24", "dev", "eth0"))


async def test_what_is_too_long_for_a_guests_network_is_told_outside(setup: Setup) -> None:
    await setup.boot()
    network, subnet, addresses = outer_network(setup)
    cloud = setup.cloud
    router = cloud.router()
    cloud.interface(router, setup.network, [(setup.subnet, "10.77.0.1")])
    cloud.gateway(router, network, [(subnet, addresses[0])])
    cloud.floating_ip(router, network, subnet, addresses[1], setup.ports[0], "10.77.0.11")
    await setup.projector.settle_all()

    def path_mtu() -> int:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.setsockopt(socket.IPPROTO_IP, DISCOVER, ALWAYS)
            sending.settimeout(1)
            sending.connect((addresses[1], 9))
            try:
                sending.send(bytes(1472))
                sending.recv(1)
            except OSError:
                pass
            return sending.getsockopt(socket.IPPROTO_IP, KNOWN)

    await eventually(
        lambda: kernel.inside(setup.host.external_namespace, path_mtu) == 1442, "the sender learns that 1442 bytes pass"
    )


async def test_a_connection_through_a_floating_ip_that_moves_stays_with_its_guest(setup: Setup) -> None:
    first, second = await setup.boot()
    network, subnet, addresses = outer_network(setup)
    cloud = setup.cloud
    router = cloud.router()
    cloud.interface(router, setup.network, [(setup.subnet, "10.77.0.1")])
    cloud.gateway(router, network, [(subnet, addresses[0])])
    floating = cloud.floating_ip(router, network, subnet, addresses[1], setup.ports[0], "10.77.0.11")
    await setup.projector.settle_all()

    def listen() -> socket.socket:
        return socket.create_server(("", 22))

    with kernel.inside(first.name, listen) as listening:
        await eventually(lambda: reaches(setup.host.external_namespace, addresses[1], 22), "the floating IP answers")
        listening.accept()[0].close()
        connected = kernel.inside(
            setup.host.external_namespace, lambda: socket.create_connection((addresses[1], 22), timeout=5)
        )
        with connected, listening.accept()[0] as accepted:
            cloud.move_floating_ip(router, floating, setup.ports[1], "10.77.0.12")
            await setup.projector.settle_all()
            with second.serving(22):
                listening.close()
                await eventually(
                    lambda: reaches(setup.host.external_namespace, addresses[1], 22), "new connections go to the other"
                )
            connected.sendall(b"still")
            accepted.settimeout(5)
            assert accepted.recv(5) == b"still"
