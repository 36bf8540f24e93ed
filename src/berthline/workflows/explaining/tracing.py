"""Where a packet of a port's guest would go, in the words of those who made networks, groups and routers."""

import ipaddress
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from berthline.dataplane.ovn import names
from berthline.dataplane.ovn.acls import rule_match
from berthline.domain.auth import Caller
from berthline.domain.errors import Conflict, PortNotFound
from berthline.domain.ids import NetworkId, PortId, SecurityGroupId
from berthline.domain.network import Network, Port, Router, SecurityGroup
from berthline.domain.tracing import Carried, Passage
from berthline.store import Connection
from berthline.store.network import networks, ports, routers, security_groups
from berthline.workflows.explaining.first_hop import Address, Stopped, first_packet
from berthline.workflows.outside import Outside

Verdict = Literal["arrives", "leaves", "answered", "stopped", "unknown"]
"""``leaves``: for what is outside the cloud; ``answered``: by a router itself."""

OF_GROUP: Final = re.compile(r"@pg_([0-9a-f_]{36})\b")
NOTHING_TO_TRACE: Final = (
    "There is nothing to trace: this cloud's data plane is simulated, or the settings do not name OVN's southbound "
    "database (dataplane.southbound)."
)
VERDICTS: Final[dict[str, Verdict]] = {"delivered": "arrives", "left": "leaves", "answered": "answered"}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens on the way; ``id`` is that of the rule, group, router or port behind it, where the caller
    may know it.
    """

    what: str
    id: str | None = None


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    verdict: Verdict
    steps: tuple[Step, ...]


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is behind the names in the passages."""

    caller: Caller
    to: Address
    source: Port
    ports: Mapping[PortId, Port]
    routers: Mapping[str, Router]
    networks: Mapping[NetworkId, Network]
    groups: Mapping[SecurityGroupId, SecurityGroup]


class Tracing:
    """See the module. Nothing is sent, and nothing changed."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    async def trace(self, caller: Caller, port_id: str, to: Address, carried: Carried, number: int) -> Trace:
        """What would become of the first packet that the port's guest sends to this address and port ``number``.

        Raises PortNotFound, also for another project's port; Conflict where there is nothing to trace; the errors of
        ``Tracer.trace``.
        """
        store = self._outside.store
        port = await store.read(lambda connection: _own(connection, caller, port_id))
        tracer = self._outside.tracer
        if tracer is None:
            raise Conflict(NOTHING_TO_TRACE)
        if not port.admin_state_up:
            return _stopped("the port's admin state is down", port.id)
        first = await store.read(lambda connection: first_packet(connection, port, to, carried, number))
        if isinstance(first, Stopped):
            return _stopped(first.why, port.id)
        found = await tracer.trace(first)
        known = await store.read(lambda connection: _known(connection, caller, to, port, found))
        return _told(known, found)


def _stopped(why: str, thing: str) -> Trace:
    return Trace(verdict="stopped", steps=(Step(what=why, id=thing),))


def _own(connection: Connection, caller: Caller, port_id: str) -> Port:
    port = ports.get(connection, port_id)
    if port is None or not (caller.is_admin or port.project_id == caller.project_id):
        raise PortNotFound(f"Port {port_id} could not be found.")
    return port


def _known(connection: Connection, caller: Caller, to: Address, source: Port, found: Sequence[Passage]) -> _Known:
    ids = {PortId(name) for passage in found for name in (passage.at, passage.to, passage.by) if name}
    known = ports.get_many(connection, [*ids])
    groups = {_group(passage.detail) for passage in found if passage.kind == "allowed"} - {None}
    of_routers = {port.device_id for port in known.values()}
    return _Known(
        caller=caller,
        to=to,
        source=source,
        ports=known,
        routers={one: router for one in of_routers if (router := routers.get(connection, one)) is not None},
        networks=networks.get_many(connection, [port.network_id for port in known.values()]),
        groups=security_groups.get_many(connection, [group for group in groups if group is not None]),
    )


def _group(match: str) -> SecurityGroupId | None:
    named = OF_GROUP.search(match)
    return None if named is None else SecurityGroupId(named[1].replace("_", "-"))


def _told(known: _Known, found: Sequence[Passage]) -> Trace:
    steps = tuple(_step(known, passage) for passage in found)
    last = found[-1] if found else None
    if last is None or last.kind in {"allowed", "routed", "source_translated", "destination_translated"}:
        end = Step(what="OVN does not say what becomes of it then")
        return Trace(verdict="unknown", steps=(*steps, end))
    if last.kind == "address_unknown" and _is_outside(known, last.by):
        return Trace(verdict="leaves", steps=steps)
    return Trace(verdict=VERDICTS.get(last.kind, "stopped"), steps=steps)


def _is_outside(known: _Known, leg: str) -> bool:
    port = known.ports.get(PortId(leg))
    network = None if port is None else known.networks.get(port.network_id)
    return network is not None and (network.external or network.physical_network is not None)


def _step(known: _Known, passage: Passage) -> Step:
    if passage.kind == "allowed":
        return _allowed(known, passage)
    if passage.kind in {"dropped_by_groups", "dropped_by_port_security", "dropped_by_switch", "delivered"}:
        return _at_port(known, passage)
    if passage.kind == "left":
        return Step(what="it leaves the cloud by the provider's network")
    return _at_router(known, passage)


def _allowed(known: _Known, passage: Passage) -> Step:
    way = "out of the port" if passage.way == "egress" else "in"
    group_id = _group(passage.detail)
    group = None if group_id is None else known.groups.get(group_id)
    if group is None or not _may_know(known, group.project_id):
        return Step(what=f"a rule of its owner's lets it {way}" if group else f"OVN lets it {way}")
    name = names.port_group(group.id)
    rule = next((rule for rule in group.rules if rule_match(rule, name) == passage.detail), None)
    if rule is None:
        return Step(what=f"security group {group.name} lets it {way}", id=group.id)
    words = " ".join(_rule_words(rule.protocol, rule.port_range_min, rule.port_range_max, rule.remote_ip_prefix))
    return Step(what=f"security group {group.name} lets it {way}, by its rule for {words}", id=rule.id)


def _rule_words(protocol: str | None, low: int | None, high: int | None, prefix: str | None) -> Iterator[str]:
    yield protocol or "anything"
    if low is not None:
        yield str(low) if high in {None, low} else f"{low} to {high}"
    if prefix is not None:
        yield f"from or to {prefix}"


def _at_port(known: _Known, passage: Passage) -> Step:
    target = known.ports.get(PortId(passage.to))
    seen = target is not None and _may_know(known, target.project_id)
    name = f"port {target.id}" if target is not None and seen else f"the port that has {known.to}"
    thing = target.id if target is not None and seen else None
    if passage.kind == "delivered":
        return Step(what=f"{name} gets it", id=thing)
    if passage.kind == "dropped_by_port_security":
        return Step(what="port security stops it: the port may not send from that address", id=known.source.id)
    if passage.kind == "dropped_by_switch":
        return Step(what="nothing on the network takes it: the port that has the address is set down")
    if passage.way == "egress":
        return Step(what="no rule of the port's security groups lets it out", id=known.source.id)
    return Step(what=f"no rule of the security groups of {name} lets it in", id=thing)


def _at_router(known: _Known, passage: Passage) -> Step:
    leg = known.ports.get(PortId(passage.at))
    router = None if leg is None else known.routers.get(leg.device_id)
    seen = router is not None and _may_know(known, router.project_id)
    name = f"router {router.name or router.id}" if router is not None and seen else "the router"
    outer = _is_outside(known, passage.by)
    words: dict[str, str] = {
        "routed": f"{name} sends it on to {passage.to}, by its route to {passage.detail}"
        if passage.to
        else f"{name} sends it to its subnet {passage.detail}",
        "no_route": f"{name} has no route to {known.to}",
        "source_translated": f"{name} has it come from {passage.detail}",
        "destination_translated": f"{name} leads it to {passage.detail}, by a floating IP",
        "answered": f"{name} answers by itself",
        "address_unknown": f"it leaves the cloud for {passage.detail or known.to}, whom {name} has yet to find there"
        if outer
        else f"{name} finds nobody who has {passage.detail or known.to}",
        "dropped_by_router": f"{name} drops it",
    }
    return Step(what=words[passage.kind], id=router.id if router is not None and seen else None)


def _may_know(known: _Known, project_id: str) -> bool:
    return known.caller.is_admin or project_id == known.caller.project_id


def parsed_address(text: str) -> Address | None:
    """The address that the text is, or None; one of a single machine, without a zone."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    scoped = isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None
    return None if scoped or address.is_multicast or address.is_unspecified else address
