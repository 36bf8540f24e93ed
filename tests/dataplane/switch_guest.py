"""A network namespace that stands in for a guest on a switch, and what it can do: connect, serve, ask for leases."""

import contextlib
import hashlib
import socket
import struct
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from berthline.dataplane.ovn.local_switch import LocalSwitch
from berthline.domain.ids import PortId
from berthline.localhost import Endpoints
from berthline.localhost.commands import run
from berthline.metadata import kernel


class Guest:
    """A namespace that stands in for a guest: its interface is plugged as libvirt plugs a tap."""

    def __init__(self, host: Endpoints, switch: LocalSwitch, port: str, mac: str, address: str, gateway: str) -> None:
        digest = hashlib.sha256(port.encode()).hexdigest()[:8]
        self.name, self._interface = f"blg-{digest}", f"blg{digest}"
        self._host, self._switch, self._port = host, switch, PortId(port)
        kernel.add_namespace(self.name)
        inside = ("ip", "-n", self.name)
        outside = ("ip", "-n", host.network_namespace)
        run((*outside, "link", "add", self._interface, "type", "veth", "peer", "name", "eth0", "netns", self.name))
        run((*outside, "link", "set", self._interface, "up"))
        run((*inside, "link", "set", "eth0", "address", mac, "mtu", "1400", "up"))
        run((*inside, "address", "add", address, "dev", "eth0"))
        run((*inside, "route", "add", "default", "via", gateway))
        kernel.inside(host.network_namespace, lambda: kernel.without_offloads(self._interface))
        kernel.inside(self.name, lambda: kernel.without_offloads("eth0"))
        kernel.inside(self.name, lambda: Path("/proc/sys/net/ipv6/conf/eth0/accept_ra").write_text("2"))

    async def plug(self) -> None:
        await self._switch.plug(self._interface, self._port)

    def remove(self) -> None:
        run(("ip", "-n", self._host.network_namespace, "link", "delete", self._interface))
        kernel.delete_namespace(self.name)

    @contextlib.contextmanager
    def serving(self, port: int, family: socket.AddressFamily = socket.AF_INET) -> Iterator[None]:
        """Accept TCP connections on the port meanwhile."""

        def listen() -> socket.socket:
            return socket.create_server(("", port), family=family)

        with kernel.inside(self.name, listen):
            yield


def reaches(namespace: str | None, address: str, port: int, seconds: float = 1.0) -> bool:
    """Whether a TCP connection can be made from the namespace."""

    def connect() -> bool:
        try:
            socket.create_connection((address, port), timeout=seconds).close()
        except OSError:
            return False
        return True

    return kernel.inside(namespace, connect)


def discover(mac: str) -> dict[int, bytes] | None:
    """Send a DHCPDISCOVER from eth0; returns the offer's options by number, its address as number 0."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    packet = struct.pack("!BBBBIHH", 1, 1, 6, 0, 0x77, 0, 0x8000) + bytes(16) + hardware + bytes(10 + 64 + 128)
    packet += bytes.fromhex("63825363") + b"\x35\x01\x01" + b"\x37\x05\x01\x03\x06\x1a\x79" + b"\xff"
    with (
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)) as heard,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speaking,
    ):
        heard.bind(("eth0", 0x0800))
        heard.settimeout(1)
        speaking.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        speaking.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        speaking.bind(("0.0.0.0", 68))  # noqa: S104 - inside the guest's own namespace
        speaking.sendto(packet, ("255.255.255.255", 67))
        with contextlib.suppress(TimeoutError):
            while True:
                frame = heard.recv(4096)
                answer = frame[28:]
                if frame[9] == 17 and frame[20:22] == b"\x00\x43" and answer[4:8] == b"\x00\x00\x00\x77":
                    return {0: answer[16:20], **options(answer[240:])}
    return None


def options(encoded: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while encoded and encoded[0] != 255:
        if encoded[0] == 0:
            encoded = encoded[1:]
            continue
        number, length = encoded[0], encoded[1]
        found[number] = encoded[2 : 2 + length]
        encoded = encoded[2 + length :]
    return found


def ask(namespace: str) -> str | None:
    """What the metadata address answers in this namespace."""

    def get() -> str | None:
        try:
            with urllib.request.urlopen("http://169.254.169.254/latest/", timeout=2) as reply:
                return str(reply.read().decode())
        except OSError:
            return None

    return kernel.inside(namespace, get)
