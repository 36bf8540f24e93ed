"""Which NICs a server must have: what was asked for, as far as the sagas that were to do it say that they did."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from berthline.domain.compute import Nic, Server
from berthline.domain.ids import PortId
from berthline.domain.network import Port
from berthline.saga import SagaRecord
from berthline.workflows.interfaces import attach as interface_attach
from berthline.workflows.interfaces import detach as interface_detach
from berthline.workflows.interfaces.attach import InterfaceChange
from tests.sim.model import AskedServer, HeldNic, WantedNic

KINDS: Final = frozenset({interface_attach.KIND, interface_detach.KIND})


def settle(
    asked: AskedServer, server: Server, sagas: Sequence[SagaRecord], ports: dict[PortId, Port], gone: set[PortId]
) -> Iterator[str]:
    """Bring the books of a server at rest, with a host, to what they must be, and say where the server differs.

    ``sagas`` are the server's, newest first; ``gone`` are ports that the user deleted. What stayed keeps its order;
    what was attached follows it, in the order in which the claims were committed, which nobody was told.
    """
    if asked.nics is None:
        asked.nics = list(_answered(asked, server, gone))
    changes = [(saga, _port_of(saga)) for saga in sagas if saga.kind in KINDS and saga.id not in asked.known_sagas]
    last: dict[PortId, SagaRecord] = {}
    for saga, port_id in changes:  # newest first: the last word on each port
        last.setdefault(port_id, saga)
    heard = {held.port_id: held for held in asked.attached.values()}
    for saga, port_id in changes:
        if saga.kind == interface_attach.KIND and port_id not in heard:
            wanted = _unheard(asked, port_id, ports)
            if wanted is None:
                yield f"server {server.name}: port {port_id} was attached, and nobody asked for it"
            else:
                heard[port_id] = HeldNic(port_id, wanted)
        if saga.kind == interface_detach.KIND and port_id not in asked.detached:
            yield f"server {server.name}: port {port_id} was detached, and nobody asked for it"
    for saga_id, held in asked.attached.items():
        if saga_id not in {saga.id for saga, _ in changes}:
            yield f"server {server.name}: the attach of port {held.port_id} was accepted, and left no trace"
    left = {port_id for saga, port_id in changes if saga.kind == interface_detach.KIND and saga.state == "done"} | gone
    stays = [held for held in asked.nics if held.port_id not in left]
    staying = {held.port_id for held in stays}
    joins = {
        port_id: held for port_id, held in heard.items() if _joined(last[port_id]) and port_id not in gone | staying
    }
    found = [nic.port_id for nic in server.nics]
    tail = found[len(stays) :]
    if found[: len(stays)] != [held.port_id for held in stays] or set(tail) != set(joins) or len(tail) != len(joins):
        yield f"server {server.name} has NICs {found}, and should have {[held.port_id for held in stays]} + {[*joins]}"
    else:
        asked.nics = [*stays, *(joins[port_id] for port_id in tail)]
    asked.known_sagas |= {saga.id for saga, _ in changes}
    asked.attached.clear()
    asked.attaching.clear()
    asked.detached.clear()


def _answered(asked: AskedServer, server: Server, gone: set[PortId]) -> Iterator[HeldNic]:
    """What a create that nobody heard of made, position by position."""
    by_position = {nic.position: nic for nic in server.nics}
    for position, wanted in enumerate(asked.wanted):
        nic: Nic | None = by_position.get(position)
        if nic is not None:
            yield HeldNic(nic.port_id, wanted)
        elif wanted.port_id not in gone:
            yield HeldNic(wanted.port_id or PortId(f"none at {position}"), wanted)


def _unheard(asked: AskedServer, port_id: PortId, ports: dict[PortId, Port]) -> WantedNic | None:
    """The attach without an answer that may have claimed this port."""
    port = ports.get(port_id)
    for wanted in asked.attaching:
        if wanted.port_id == port_id or (
            wanted.port_id is None and (port is None or (port.network_id == wanted.network_id and not port.name))
        ):
            asked.attaching.remove(wanted)
            return wanted
    return None


def _joined(saga: SagaRecord) -> bool:
    """Whether a NIC that was attached is there, by what was last done to it."""
    return saga.state == ("done" if saga.kind == interface_attach.KIND else "undone")


def _port_of(saga: SagaRecord) -> PortId:
    return PortId(msgspec.json.decode(saga.input, type=InterfaceChange).nic)
