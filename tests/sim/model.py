"""What was asked for, and so what there must be: the simulation's books, kept from calls and their replies."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from berthline.domain.compute import Server
from berthline.domain.ids import NetworkId, PortId, SagaId, ServerId
from berthline.domain.network import Port

Outcome = Literal["unknown", "made", "refused"]
"""``unknown``: the process died before it answered, so both may be true until somebody looks."""
Deletion = Literal["no", "unknown", "accepted"]


class WantedNic(msgspec.Struct, frozen=True, kw_only=True):
    """A NIC as asked for: a port that was there, or a new one with the address asked for, or any."""

    network_id: NetworkId | None = None
    address: str | None = None
    port_id: PortId | None = None


class SeenNic(msgspec.Struct, frozen=True):
    """A NIC as it was first seen; it never changes afterwards."""

    port_id: PortId
    mac_address: str
    addresses: tuple[str, ...]


class HeldNic(msgspec.Struct, frozen=True):
    """A NIC that was answered with this port."""

    port_id: PortId
    wanted: WantedNic


@dataclass(eq=False)
class AskedServer:
    """A server that somebody asked for, under a name that nobody else used."""

    name: str
    wanted: tuple[WantedNic, ...]
    answered: asyncio.Event
    outcome: Outcome = "unknown"
    deletion: Deletion = "no"
    id: ServerId | None = None
    nics: list[HeldNic] | None = None
    """What it had when it was last quiet, or what its create answered, in order; None: nobody knows yet."""
    attaching: list[WantedNic] = field(default_factory=list)
    """Attaches that nobody heard of."""
    attached: dict[SagaId, HeldNic] = field(default_factory=dict)
    detached: set[PortId] = field(default_factory=set)
    known_sagas: set[SagaId] = field(default_factory=set)
    seen: dict[PortId, SeenNic] = field(default_factory=dict)
    written: bytes = b""
    """What its guest has written on its disk; a rebuild may lose it."""
    rebuilds: int = 0
    """How many rebuilds had been begun when it was written."""


@dataclass(eq=False)
class AskedPort:
    """A port that the user asked for. ``last`` is the newest reply, ``unheard`` how many replies are missing."""

    name: str
    network_id: NetworkId
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    outcome: Outcome = "unknown"
    deletion: Deletion = "no"
    last: Port | None = None
    unheard: int = 0

    def heard(self, port: Port) -> None:
        """Take a reply for the truth, unless a newer one came before it."""
        if self.last is None or port.revision > self.last.revision:
            self.last = port


@dataclass
class Model:
    """All that was asked for and may be there; what is gone for good is dropped at each look."""

    servers: dict[str, AskedServer] = field(default_factory=dict)
    ports: dict[str, AskedPort] = field(default_factory=dict)
    server_slots: dict[int, AskedServer] = field(default_factory=dict)
    port_slots: dict[int, AskedPort] = field(default_factory=dict)
    deleted_ports: set[PortId] = field(default_factory=set)

    def unanswered(self) -> tuple[asyncio.Event, ...]:
        """What somebody may wait for in vain when a process ends."""
        return (
            *(asked.answered for asked in self.servers.values()),
            *(asked.answered for asked in self.ports.values()),
        )

    def adopt(self, servers: dict[str, Server], ports: dict[str, Port]) -> list[str]:
        """Settle what was unknown by what is there. Returns what cannot be by what was answered."""
        wrong = [f"server {name} is there, and nobody asked for it" for name in servers.keys() - self.servers.keys()]
        wrong += [f"port {name} is there, and nobody asked for it" for name in ports.keys() - self.ports.keys()]
        for name, asked in tuple(self.servers.items()):
            wrong += self._settle_server(asked, servers.get(name))
        for name, asked_port in tuple(self.ports.items()):
            wrong += self._settle_port(asked_port, ports.get(name))
        return wrong

    def _settle_server(self, asked: AskedServer, found: Server | None) -> list[str]:
        outcome, asked.outcome = asked.outcome, "made"
        if found is not None:
            asked.id = found.id
            if asked.deletion == "unknown" and found.vm_state != "soft-delete":
                asked.deletion = "no"  # it was refused, or restored
            return [f"server {asked.name} was refused, and is there"] if outcome == "refused" else []
        del self.servers[asked.name]
        self.server_slots = {slot: held for slot, held in self.server_slots.items() if held is not asked}
        lost = outcome == "made" and asked.deletion == "no"
        return [f"server {asked.name} is gone, and nobody deleted it"] if lost else []

    def _settle_port(self, asked: AskedPort, found: Port | None) -> list[str]:
        outcome, asked.outcome = asked.outcome, "made"
        if found is None:
            del self.ports[asked.name]
            self.port_slots = {slot: held for slot, held in self.port_slots.items() if held is not asked}
            if asked.last is not None:
                self.deleted_ports.add(asked.last.id)
            lost = outcome == "made" and asked.deletion == "no"
            return [f"port {asked.name} is gone, and nobody deleted it"] if lost else []
        if asked.deletion == "accepted":
            return [f"port {asked.name} was deleted, and is there"]
        if asked.unheard or asked.last is None:
            asked.last, asked.unheard = found, 0
        asked.deletion = "no"
        return [f"port {asked.name} was refused, and is there"] if outcome == "refused" else []
