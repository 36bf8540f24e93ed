"""What would become of a packet in the dataplane: the packet, and the places that it passes. Nothing is sent."""

from typing import Literal, Protocol

import msgspec

from berthline.domain.ids import PortId

Carried = Literal["tcp", "udp", "icmp"]
"""``icmp`` is an echo request, of the version of the addresses."""


class Packet(msgspec.Struct, frozen=True, kw_only=True):
    """The first packet of a connection, as a port's guest would send it. ``port``: the destination's, 0 for ICMP."""

    from_port: PortId
    mac_source: str
    mac_destination: str
    ip_source: str
    ip_destination: str
    carried: Carried
    port: int = 0


PassageKind = Literal[
    "allowed",
    "dropped_by_groups",
    "dropped_by_port_security",
    "dropped_by_switch",
    "dropped_by_router",
    "routed",
    "no_route",
    "source_translated",
    "destination_translated",
    "answered",
    "address_unknown",
    "delivered",
    "left",
]


class Passage(msgspec.Struct, frozen=True):
    """Something that happens to the packet: it came in ``at`` this port, a guest's or the leg of a router (its id).

    ``detail``: of ``allowed`` the match of the ACL, with ``way`` out of the port or into ``to``; of ``routed`` the
    prefix, of a translation the new address, of ``address_unknown`` the one that nobody has answered for.
    ``to``: the port that it goes on to; of ``routed`` the next hop, "" for a neighbour. ``by``: the leg that it leaves
    by, of what a router does.
    """

    kind: PassageKind
    at: str
    detail: str = ""
    to: str = ""
    way: Literal["", "egress", "ingress"] = ""
    by: str = ""


class Tracer(Protocol):
    async def trace(self, packet: Packet) -> tuple[Passage, ...]:
        """What would become of the packet, in order. Raises Transient where nobody answers, Refused, Unavailable."""
        ...
