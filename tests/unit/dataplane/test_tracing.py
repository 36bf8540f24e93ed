"""Packets in OVN's words, and what ovn-trace (23.03) says of them: recorded, of the cloud that ``tests.unit.workflows.
explaining.test_tracing`` describes.
"""

from pathlib import Path
from typing import Final

import pytest

from berthline.dataplane.ovn.tracing.microflow import microflow
from berthline.dataplane.ovn.tracing.passages import passages
from berthline.domain.ids import PortId
from berthline.domain.tracing import Packet, Passage

RECORDED: Final = Path(__file__).parent / "traces"


def thing(number: int) -> str:
    """The ids of that cloud are numbers."""
    return f"{number:08x}-0000-4000-8000-000000000000"


NEAR, OTHER, FAR, MUTE = thing(9), thing(10), thing(11), thing(12)
LEG, FAR_LEG, WAY_OUT, LONE_LEG = thing(16), thing(17), thing(18), thing(24)
GROUP = "@pg_" + thing(5).replace("-", "_")
OUT: Final = Passage("allowed", NEAR, f"inport == {GROUP} && ip4", way="egress")
SSH: Final = f"outport == {GROUP} && ip4 && tcp && tcp.dst == 22"
DROPPED_IN: Final = "reg0[9] == 1 && (outport == @berthline_drop && ip)"
TO_FAR: Final = Passage("routed", LEG, "10.78.0.0/24", by=FAR_LEG)
PASSAGES: Final = {
    "allowed": (OUT, Passage("allowed", NEAR, SSH, OTHER, "ingress"), Passage("delivered", NEAR, to=OTHER)),
    "denied": (OUT, Passage("dropped_by_groups", NEAR, DROPPED_IN, OTHER, "ingress")),
    "egress": (Passage("dropped_by_groups", MUTE, "reg0[9] == 1 && (inport == @berthline_drop && ip)", way="egress"),),
    "routed": (OUT, TO_FAR, Passage("allowed", FAR_LEG, SSH, FAR, "ingress"), Passage("delivered", FAR_LEG, to=FAR)),
    "nobody": (OUT, TO_FAR, Passage("address_unknown", LEG, by=FAR_LEG)),
    "out": (
        OUT,
        Passage("routed", LEG, "0.0.0.0/0", "192.0.2.1", by=WAY_OUT),
        Passage("address_unknown", LEG, "192.0.2.1", by=WAY_OUT),
    ),
    "noroute": (
        Passage("allowed", thing(25), f"inport == {GROUP} && ip4", way="egress"),
        Passage("no_route", LONE_LEG),
    ),
    "floating": (
        OUT,
        Passage("routed", LEG, "192.0.2.0/24", by=WAY_OUT),
        Passage("source_translated", LEG, "192.0.2.10"),
        Passage("destination_translated", WAY_OUT, "10.77.0.12"),
        Passage("routed", WAY_OUT, "10.77.0.0/24", by=LEG),
        Passage("allowed", LEG, SSH, OTHER, "ingress"),
        Passage("delivered", LEG, to=OTHER),
    ),
    "spoof": (Passage("dropped_by_port_security", NEAR),),
    "leg": (OUT, Passage("answered", LEG)),
    "todown": (OUT, Passage("dropped_by_switch", NEAR)),
}


@pytest.mark.parametrize("name", PASSAGES)
def test_what_ovn_says_is_read(name: str) -> None:
    assert passages((RECORDED / f"{name}.txt").read_text("utf-8")) == PASSAGES[name]


def test_every_recording_is_read() -> None:
    assert {path.stem for path in RECORDED.glob("*.txt")} == set(PASSAGES)


def test_newer_names_of_stages_are_read_alike() -> None:
    said = (RECORDED / "denied.txt").read_text("utf-8").replace("_acl (", "_acl_eval (")
    assert passages(said) == PASSAGES["denied"]


def test_what_says_nothing_has_no_passages() -> None:
    assert passages("") == passages("# nothing\n") == ()


def packet(**changes: object) -> Packet:
    fields: dict[str, object] = {
        "from_port": PortId(NEAR),
        "mac_source": "fa:16:3e:00:00:03",
        "mac_destination": "fa:16:3e:00:00:04",
        "ip_source": "10.77.0.11",
        "ip_destination": "10.77.0.12",
        "carried": "tcp",
        "port": 22,
    }
    return Packet(**(fields | changes))  # type: ignore[arg-type]


HEAD: Final = f'inport == "{NEAR}" && eth.src == fa:16:3e:00:00:03 && eth.dst == fa:16:3e:00:00:04 && '

IPV4: Final = "ip4.src == 10.77.0.11 && ip4.dst == 10.77.0.12 && ip.ttl == 64"
IPV6: Final = "ip6.src == 2001:db8::1 && ip6.dst == 2001:db8::2 && ip.ttl == 64"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {},
            f"{IPV4} && tcp && tcp.src == 40000 && tcp.dst == 22",
        ),
        (
            {"carried": "udp", "port": 53},
            f"{IPV4} && udp && udp.src == 40000 && udp.dst == 53",
        ),
        (
            {"carried": "icmp", "ip_source": "2001:db8:0::1", "ip_destination": "2001:db8::2"},
            f"{IPV6} && icmp6 && icmp6.type == 128 && icmp6.code == 0",
        ),
    ],
)
def test_a_packet_is_written_as_one_expression(changes: dict[str, object], expected: str) -> None:
    assert microflow(packet(**changes)) == HEAD + expected


def test_what_is_no_address_never_becomes_part_of_an_expression() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        microflow(packet(ip_destination='10.0.0.1 || 1"'))
