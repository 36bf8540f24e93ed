"""What ovn-trace says, as passages: by the names of OVN's stages, and the matches and actions of the flows there.

Its detailed form has a heading for each pipeline that the packet enters, then a line for each flow that it meets, and
below that what the flow does. Only the packet itself is followed: a question for a neighbour's address is its end.
"""

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from berthline.dataplane.ovn.names import DROP_GROUP
from berthline.domain.tracing import Passage

PIPELINE: Final = re.compile(r'^\s*(ingress|egress)\(dp="[^"]*", inport="([^"]*)"(?:, outport="([^"]*)")?\)$')
FLOW: Final = re.compile(r"^\s*\d+\. (l[rs]_(?:in|out)_\w+)(?: \([^)]*\))?: (.*), priority (\d+)(?:, uuid \w+)?$")
OUTPUT: Final = re.compile(r'^\s*/\* output to "([^"]*)", type "([^"]*)" \*/$')
PREFIX: Final = re.compile(r"\bip[46]\.dst == (\S+)")
HOP: Final = re.compile(r"^(?:reg0|xxreg0) = (\S+);$")
OUTPORT: Final = re.compile(r'^outport = "lrp-([^"]+)";$')
TRANSLATED: Final = re.compile(r"^ct_(snat|dnat)(?:_in_czone)?\(([0-9a-fA-F.:]+)")
ACL: Final = re.compile(r"^(?:reg\d+\[\d+\] == \d+ && )*\((.*)\)$")
LEG: Final = "lrp-"
OF_RULES: Final = 1000
"""OVN adds so much to an ACL's priority; its own flows at this stage are below."""
UNKNOWN_NEIGHBOUR: Final = "/* No MAC binding. */"
ECHO_REPLY: Final = ("icmp4.type = 0;", "icmp6.type = 129;", "icmp4 {", "icmp6 {")


class _Met(NamedTuple):
    """A flow that the packet met after it came in at this port."""

    inport: str
    outport: str
    stage: str
    match: str
    priority: int
    actions: tuple[str, ...]


def passages(said: str) -> tuple[Passage, ...]:
    """What happens to the packet, in order, until it is somewhere or is dropped."""
    found: list[Passage] = []
    for met in _met(said):
        for passage in _of(met, found):
            found.append(passage)
            if passage.kind in _LAST:
                return tuple(found)
    return tuple(found)


_LAST: Final = frozenset(
    {
        "dropped_by_groups", "dropped_by_port_security", "dropped_by_switch", "dropped_by_router", "no_route",
        "answered", "address_unknown", "delivered", "left",
    }
)  # fmt: skip


def _met(said: str) -> Iterator[_Met]:
    inport = outport = ""
    flow: re.Match[str] | None = None
    actions: list[str] = []
    for line in (*said.splitlines(), 'ingress(dp="", inport="")'):
        heading, next_flow = PIPELINE.match(line), FLOW.match(line)
        if (heading or next_flow) and flow is not None:
            yield _Met(inport, outport, flow[1], flow[2], int(flow[3]), tuple(actions))
            flow = None
        if heading:
            inport, outport = heading[2], heading[3] or ""
        elif next_flow:
            flow, actions = next_flow, []
        elif line.strip():
            actions.append(line.strip())


def _of(met: _Met, before: list[Passage]) -> Iterator[Passage]:
    at = met.inport.removeprefix(LEG)
    drops = "drop;" in met.actions
    switch, stage = met.stage.startswith("ls_"), met.stage.partition("_")[2].partition("_")[2]
    if switch and stage.startswith("acl") and not stage.endswith("hint"):
        yield from _acl(met, at, drops)
    elif switch and drops:
        kind = "port_sec" in stage
        yield Passage("dropped_by_port_security" if kind else "dropped_by_switch", at, to=met.outport)
    elif stage == "ip_routing":
        yield _route(met, at, drops)
    elif stage == "ip_input" and any(action.startswith(ECHO_REPLY) for action in met.actions):
        yield Passage("answered", at)
    elif stage == "arp_resolve" and UNKNOWN_NEIGHBOUR in met.actions:
        last = next((passage for passage in reversed(before) if passage.kind == "routed"), None)
        yield Passage("address_unknown", at, last.to if last else "", by=last.by if last else "")
    elif drops:
        yield Passage("dropped_by_router", at, met.match)
    yield from _translations(met, at)
    yield from _outputs(met, at)


def _acl(met: _Met, at: str, drops: bool) -> Iterator[Passage]:
    way: Literal["egress", "ingress"] = "egress" if met.stage.startswith("ls_in") else "ingress"
    if drops:
        by_groups = DROP_GROUP in met.match
        yield Passage("dropped_by_groups" if by_groups else "dropped_by_switch", at, met.match, met.outport, way)
    elif met.priority >= OF_RULES and (rule := ACL.match(met.match)):
        yield Passage("allowed", at, rule[1], met.outport, way)


def _route(met: _Met, at: str, drops: bool) -> Passage:
    prefix = PREFIX.search(met.match)
    if drops or prefix is None:
        return Passage("no_route", at)
    hops = [found[1] for action in met.actions if (found := HOP.match(action))]
    legs = [found[1] for action in met.actions if (found := OUTPORT.match(action))]
    hop = "" if not hops or hops[0].startswith("ip") else hops[0]
    return Passage("routed", at, prefix[1], hop, by=legs[0] if legs else "")


def _translations(met: _Met, at: str) -> Iterator[Passage]:
    for action in met.actions:
        if translated := TRANSLATED.match(action):
            source = translated[1] == "snat"
            yield Passage("source_translated" if source else "destination_translated", at, translated[2])


def _outputs(met: _Met, at: str) -> Iterator[Passage]:
    for action in met.actions:
        if (output := OUTPUT.match(action)) and output[2] in {"", "virtual"}:
            yield Passage("delivered", at, to=output[1])
        elif output and output[2] == "localnet":
            yield Passage("left", at, to=output[1])
