"""Nothing of the cloud's own is found by a column that users write.

``device_id`` and ``device_owner`` of a port say whatever a user wrote there, or what the cloud repeats for readers.
Whose NIC a port is, ``server_nics`` says; which leg of which router, ``router_interfaces``. So each place that chooses
by one of the two columns is listed here with the reason why a user's word does no harm.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[2] / "src" / "berthline"
COLUMNS = {"device_id", "device_owner"}
CHOOSING = {"in_", "not_in", "like", "startswith", "is_", "equals"}
IN_SQL = re.compile(r"\b(?:device_id|device_owner)\b\s*(?:=|<>|!=|LIKE\b|IN\b|NOT\b)")

RESERVED = "owners of the cloud's own ports: nobody can give them to a port by the API"
SHOWN = "the list's filter: the user asks for what users wrote"
FREE = "a port that says it is in use is not taken; one that says it is free is taken only if it is no NIC"
OUTSIDE = "a Neutron outside has no other column; each find is held against the NICs noted here"

ALLOWED = {
    "dataplane/ovn/dhcp.py": "network: is the network's owner's to give, and only loses a port its DHCP options",
    "dataplane/ovn/rows.py": RESERVED,
    "network/floating_ips.py": RESERVED,
    "network/neutron/effects.py": OUTSIDE,
    "network/neutron/nics.py": OUTSIDE,
    "network/neutron/calls.py": OUTSIDE,
    "network/neutron/validation.py": FREE,
    "network/nics/resolve.py": FREE,
    "network/ports/checks.py": RESERVED,
    "network/ports/ports.py": RESERVED,
    "network/routers/legs.py": FREE,
    "network/subnets/subnets.py": RESERVED,
    "workflows/explaining/explaining.py": RESERVED,
    "store/control/leaks.py": "only of bound ports, and of the reserved owners; only the cloud and admins bind ports",
    "store/dataplane/projection.py": RESERVED,
    "store/dataplane/snapshots.py": RESERVED,
    "store/network/info.py": RESERVED,
    "store/network/metadata_ports.py": RESERVED,
    "store/network/networks.py": RESERVED,
    "store/network/nics/ports.py": FREE,
    "store/network/ports.py": f"{SHOWN}; {RESERVED}; {FREE}",
    "store/tables/network.py": "indexes",
}


def named(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in COLUMNS


def choices(tree: ast.Module) -> Iterator[int]:
    """Lines on which something is chosen by one of the columns."""
    for node in ast.walk(tree):
        match node:
            case ast.Compare(left=left, comparators=others) if any(map(named, (left, *others))):
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=value, attr=verb)) if verb in CHOOSING and named(value):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr=verb), args=args) if verb in CHOOSING and any(map(named, args)):
                yield node.lineno
            case ast.If(test=test) | ast.IfExp(test=test) if any(map(named, _conditions(test))):
                yield node.lineno
            case ast.BoolOp(values=values) if any(map(named, values)):
                yield node.lineno
            case ast.Constant(value=str(text)) if IN_SQL.search(text):
                yield node.lineno


def _conditions(test: ast.expr) -> Iterator[ast.expr]:
    yield test
    if isinstance(test, ast.UnaryOp):
        yield test.operand


def test_what_is_chosen_by_a_users_word_says_why_it_may_be() -> None:
    found = {
        path.relative_to(SOURCES).as_posix(): lines
        for path in sorted(SOURCES.rglob("*.py"))
        if "migrations" not in path.parts and (lines := sorted(set(choices(ast.parse(path.read_text("utf-8"))))))
    }
    assert {name: lines for name, lines in found.items() if name not in ALLOWED} == {}, "go by server_nics, or say why"
    assert [name for name in ALLOWED if name not in found] == [], "chosen by no such column any more: take it out"


def test_a_choice_is_seen() -> None:
    seen = """
select(ports).where(ports.c.device_id == server)
select(ports).where(ports.c.device_owner.startswith("compute:"))
if port.device_id: pass
Prepared("SELECT id FROM ports WHERE device_id = ?")
pages.equals(ports.c.device_id)
shown = port.device_id
"""
    assert list(choices(ast.parse(seen))) != []
    assert sorted(set(choices(ast.parse(seen)))) == [2, 3, 4, 5, 6]
