"""Where packets would go, in words: on what OVN said of this very cloud, which is recorded."""

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, cast

import pytest

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.ovn.tracing.passages import passages
from berthline.domain.auth import Caller
from berthline.domain.errors import Conflict, PortNotFound
from berthline.domain.ids import DomainId, ProjectId, RequestId, UserId
from berthline.domain.tracing import Carried, Packet, Passage
from berthline.store import Store
from berthline.workflows.explaining import Tracing
from berthline.workflows.explaining.tracing import Trace, parsed_address
from berthline.workflows.outside import Outside
from tests.api.builder import HandClock
from tests.unit.dataplane.cloud import PROJECT, Cloud
from tests.unit.dataplane.test_tracing import FAR, LEG, MUTE, NEAR, OTHER, RECORDED, thing

RULE_OUT, RULE_SSH, ROUTER, LONE = thing(6), thing(7), thing(15), thing(25)


class Recorded:
    """Says what OVN said; fits ``Tracer``. ``asked`` are the packets that it was asked about."""

    def __init__(self, name: str) -> None:
        self.said = (RECORDED / f"{name}.txt").read_text("utf-8")
        self.asked: list[Packet] = []

    async def trace(self, packet: Packet) -> Sequence[Passage]:
        self.asked.append(packet)
        return passages(self.said)


@pytest.fixture
def cloud(store: Store) -> Cloud:
    """Two networks behind a router with a way out, a third behind one without, and guests on them."""
    made = Cloud(store)
    near, far = (made.network(id=thing(number)) for number in (1, 3))
    inner = made.subnet(near, "10.77.0.0/24", "10.77.0.1", id=thing(2))
    outer = made.subnet(far, "10.78.0.0/24", "10.78.0.1", id=thing(4))
    group = made.group(id=thing(5))
    made.rule(group, "egress", id=RULE_OUT)
    made.rule(group, id=RULE_SSH, protocol="tcp", port_range_min=22, port_range_max=22)
    made.group(id=thing(8))
    for number, network, subnet, address in (
        (9, near, inner, "10.77.0.11"),
        (10, near, inner, "10.77.0.12"),
        (11, far, outer, "10.78.0.5"),
    ):
        made.port(network, [(subnet, address)], [group], id=thing(number), mac_address=f"fa:16:3e:00:00:{number:02}")
    made.port(near, [(inner, "10.77.0.13")], [thing(8)], id=MUTE)
    external = made.network(
        id=thing(13), network_type="flat", physical_network="phys", segmentation_id=None, external=True
    )
    outside = made.subnet(external, "192.0.2.0/24", "192.0.2.1", id=thing(14))
    _router(made, 15, [(16, near, inner, "10.77.0.1"), (17, far, outer, "10.78.0.1")], name="edge")
    _leg(made, 18, external, outside, "192.0.2.10", 15, "network:router_gateway")
    lone = made.network(id=thing(22))
    below = made.subnet(lone, "10.79.0.0/24", "10.79.0.1", id=thing(23))
    _router(made, 21, [(24, lone, below, "10.79.0.1")])
    made.port(lone, [(below, "10.79.0.5")], [group], id=LONE)
    return made


def _router(cloud: Cloud, number: int, legs: Sequence[tuple[int, str, str, str]], **columns: Any) -> None:
    cloud.router(id=thing(number), **columns)
    for leg, network, subnet, address in legs:
        _leg(cloud, leg, network, subnet, address, number, "network:router_interface")


def _leg(cloud: Cloud, leg: int, network: str, subnet: str, address: str, router: int, owner: str) -> None:
    mac = f"fa:16:3e:00:01:{leg:02}"
    cloud.port(
        network, [(subnet, address)], id=thing(leg), device_owner=owner, device_id=thing(router), mac_address=mac
    )


def caller(project: str = PROJECT, *, admin: bool = False) -> Caller:
    return Caller(
        user_id=UserId("u"),
        user_name="u",
        project_id=ProjectId(project),
        project_name="p",
        domain_id=DomainId("default"),
        roles=frozenset({"admin"} if admin else {"member"}),
        request_id=RequestId("r"),
    )


def tracing(cloud: Cloud, tracer: Any) -> Tracing:
    outside = Outside(
        store=cloud.store,
        clock=HandClock(),
        dataplane=SimulatedDataplane(),
        network=cast(Any, None),
        hypervisors={},
        images=cast(Any, None),
        tracer=tracer,
    )
    return Tracing(outside)


async def traced(
    cloud: Cloud, name: str, port: str, to: str, carried: Carried = "tcp", number: int = 22, **of: Any
) -> tuple[Trace, list[Packet]]:
    tracer = Recorded(name)
    address = parsed_address(to)
    assert address is not None
    return await tracing(cloud, tracer).trace(caller(**of), port, address, carried, number), tracer.asked


OUT: Final = ("security group web lets it out of the port, by its rule for anything", RULE_OUT)
SSH: Final = ("security group web lets it in, by its rule for tcp 22", RULE_SSH)
TO_FAR: Final = ("router edge sends it to its subnet 10.78.0.0/24", ROUTER)
TOLD: Final[dict[str, tuple[str, str, str, list[tuple[str, str | None]]]]] = {
    "allowed": (NEAR, "10.77.0.12", "arrives", [OUT, SSH, (f"port {OTHER} gets it", OTHER)]),
    "denied": (
        NEAR,
        "10.77.0.12",
        "stopped",
        [OUT, (f"no rule of the security groups of port {OTHER} lets it in", OTHER)],
    ),
    "egress": (
        MUTE,
        "10.77.0.12",
        "stopped",
        [("no rule of the port's security groups lets it out", MUTE)],
    ),
    "routed": (NEAR, "10.78.0.5", "arrives", [OUT, TO_FAR, SSH, (f"port {FAR} gets it", FAR)]),
    "nobody": (NEAR, "10.78.0.99", "stopped", [OUT, TO_FAR, ("router edge finds nobody who has 10.78.0.99", ROUTER)]),
    "out": (
        NEAR,
        "203.0.113.5",
        "leaves",
        [
            OUT,
            ("router edge sends it on to 192.0.2.1, by its route to 0.0.0.0/0", ROUTER),
            ("it leaves the cloud for 192.0.2.1, whom router edge has yet to find there", ROUTER),
        ],
    ),
    "noroute": (LONE, "10.77.0.12", "stopped", [OUT, (f"router {thing(21)} has no route to 10.77.0.12", thing(21))]),
    "floating": (
        NEAR,
        "192.0.2.11",
        "arrives",
        [
            OUT,
            ("router edge sends it to its subnet 192.0.2.0/24", ROUTER),
            ("router edge has it come from 192.0.2.10", ROUTER),
            ("router edge leads it to 10.77.0.12, by a floating IP", ROUTER),
            ("router edge sends it to its subnet 10.77.0.0/24", ROUTER),
            SSH,
            (f"port {OTHER} gets it", OTHER),
        ],
    ),
    "leg": (NEAR, "10.77.0.1", "answered", [OUT, ("router edge answers by itself", ROUTER)]),
    "spoof": (
        NEAR,
        "10.77.0.12",
        "stopped",
        [("port security stops it: the port may not send from that address", NEAR)],
    ),
    "todown": (
        NEAR,
        "10.77.0.13",
        "stopped",
        [OUT, ("nothing on the network takes it: the port that has the address is set down", None)],
    ),
}


@pytest.mark.parametrize("name", TOLD)
async def test_what_becomes_of_it_is_told_in_the_words_of_those_who_made_it(cloud: Cloud, name: str) -> None:
    port, to, verdict, steps = TOLD[name]
    found, _ = await traced(cloud, name, port, to)
    assert (found.verdict, [(step.what, step.id) for step in found.steps]) == (verdict, steps)


async def test_neighbours_are_sent_to_and_all_others_by_the_gateway(cloud: Cloud) -> None:
    _, (direct,) = await traced(cloud, "allowed", NEAR, "10.77.0.12")
    assert (direct.mac_destination, direct.ip_source) == ("fa:16:3e:00:00:10", "10.77.0.11")
    _, (routed,) = await traced(cloud, "routed", NEAR, "10.78.0.5", "udp", 53)
    assert (routed.mac_destination, routed.carried, routed.port) == ("fa:16:3e:00:01:16", "udp", 53)
    cloud.change_subnet(thing(1), thing(2), host_routes=[{"destination": "10.78.0.0/16", "nexthop": "10.77.0.12"}])
    _, (by_route,) = await traced(cloud, "allowed", NEAR, "10.78.0.5")
    assert by_route.mac_destination == "fa:16:3e:00:00:10", "a route of the subnet goes before its gateway"


async def test_what_never_leaves_the_guest_is_told_without_a_question(cloud: Cloud) -> None:
    async def why(to: str, port: str = NEAR) -> str:
        found, asked = await traced(cloud, "allowed", port, to)
        assert (found.verdict, asked) == ("stopped", [])
        return found.steps[0].what

    assert await why("10.77.0.11") == "that is the port's own address: its guest sends nothing"
    assert await why("10.77.0.99") == "nobody on the network takes it: no port has it"
    assert await why("2001:db8::1") == "the port has no IPv6 address to send from"
    cloud.change_subnet(thing(1), thing(2), gateway_ip="10.77.0.254")
    assert "no port has 10.77.0.254, by which its subnet sends what goes to 10.78.0.5" in await why("10.78.0.5")
    cloud.change_subnet(thing(1), thing(2), gateway_ip=None)
    assert "has no gateway and no route to 10.78.0.5" in await why("10.78.0.5")
    cloud.change_port(NEAR, admin_state_up=False)
    assert await why("10.77.0.12") == "the port's admin state is down"


async def test_another_projects_things_are_not_named(cloud: Cloud) -> None:
    blue = "22222222-2222-4222-8222-222222222222"
    with pytest.raises(PortNotFound):
        await traced(cloud, "routed", NEAR, "10.78.0.5", project=blue)
    cloud.change_port(NEAR, project_id=blue)
    found, _ = await traced(cloud, "routed", NEAR, "10.78.0.5", project=blue)
    assert [(step.what, step.id) for step in found.steps] == [
        ("a rule of its owner's lets it out of the port", None),
        ("the router sends it to its subnet 10.78.0.0/24", None),
        ("a rule of its owner's lets it in", None),
        ("the port that has 10.78.0.5 gets it", None),
    ]
    found, _ = await traced(cloud, "routed", NEAR, "10.78.0.5", project="admins", admin=True)
    assert found.steps[-1].id == FAR


async def test_where_nothing_can_be_asked_it_is_refused_by_name(cloud: Cloud) -> None:
    with pytest.raises(Conflict, match="data plane is simulated"):
        await tracing(cloud, None).trace(caller(), NEAR, ip_address("10.77.0.12"), "tcp", 22)


def test_only_one_machines_address_is_one() -> None:
    for text in ("", "x", "10.0.0.0/24", "224.0.0.1", "0.0.0.0", "::", "fe80::1%eth0", "10.0.0.1 "):  # noqa: S104
        assert parsed_address(text) is None, text
    assert parsed_address("2001:db8::1") == ip_address("2001:db8::1")


def test_the_recordings_are_of_this_cloud() -> None:
    assert thing(16) == LEG
    assert Path(RECORDED / "allowed.txt").read_text("utf-8").count(NEAR) > 0
