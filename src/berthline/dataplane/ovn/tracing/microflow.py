"""A packet in OVN's expression language."""

import ipaddress
from typing import Final

from berthline.domain.tracing import Packet

HOPS: Final = 64
CLIENT_PORT: Final = 40_000


def microflow(packet: Packet) -> str:
    """The expression that is true of this packet alone. Every value is one of a database, or was parsed."""
    version = ipaddress.ip_address(packet.ip_destination).version
    return " && ".join(
        (
            f'inport == "{packet.from_port}"',
            f"eth.src == {packet.mac_source}",
            f"eth.dst == {packet.mac_destination}",
            f"ip{version}.src == {ipaddress.ip_address(packet.ip_source)}",
            f"ip{version}.dst == {ipaddress.ip_address(packet.ip_destination)}",
            f"ip.ttl == {HOPS}",
            *_carried(packet, version),
        )
    )


def _carried(packet: Packet, version: int) -> tuple[str, ...]:
    if packet.carried == "icmp":
        name, echo_request = ("icmp4", 8) if version == 4 else ("icmp6", 128)
        return name, f"{name}.type == {echo_request}", f"{name}.code == 0"
    return (
        packet.carried,
        f"{packet.carried}.src == {CLIENT_PORT}",
        f"{packet.carried}.dst == {int(packet.port)}",
    )
