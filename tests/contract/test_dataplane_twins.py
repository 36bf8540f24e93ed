"""The simulated dataplane and a real northbound database answer alike to the same random changes."""

import random
from collections.abc import Collection, Mapping

import pytest

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.dataplane.ovn.rows import DROP_UNIT, base_rows, rows_of
from berthline.domain.dataplane import Applied, Dataplane, Row, Unit
from berthline.domain.errors import Refused
from berthline.domain.ids import NetworkId, PortId, RouterId, SecurityGroupId, SubnetId
from berthline.domain.network import DhcpOption, FixedIp
from berthline.domain.snapshot import SecurityGroupSnapshot
from tests.contract.northbound import NorthboundServer, require_northbound
from tests.unit.dataplane import test_rows as values

STEPS = 150
NETWORKS, GROUPS, PORTS, ROUTERS = range(2), range(3), range(6), range(2)


def network(number: int, chance: random.Random) -> tuple[Row, ...]:
    subnet = values.changed(
        values.V4,
        id=SubnetId(f"sub-{number}"),
        network_id=NetworkId(f"net-{number}"),
        enable_dhcp=chance.random() < 0.7,
        dns_nameservers=("192.0.2.1",) * chance.randrange(2),
    )
    subnets = (subnet,) if chance.random() < 0.8 else ()
    return rows_of(values.changed(values.NETWORK_SNAPSHOT, id=NetworkId(f"net-{number}"), subnets=subnets))


def group(number: int, chance: random.Random) -> tuple[Row, ...]:
    rules = tuple(
        values.changed(values.RULE, id=f"rule-{number}-{rule}", protocol=chance.choice(["tcp", "udp"]))
        for rule in range(chance.randrange(4))
    )
    return rows_of(SecurityGroupSnapshot(values.changed(values.GROUP, id=SecurityGroupId(f"g-{number}"), rules=rules)))


def port(number: int, chance: random.Random) -> tuple[Row, ...]:
    home = chance.choice(NETWORKS)
    subnet = values.changed(values.V4, id=SubnetId(f"sub-{home}"))
    snapshot = values.changed(
        values.PORT,
        id=PortId(f"port-{number}"),
        network_id=NetworkId(f"net-{home}"),
        admin_state_up=chance.random() < 0.5,
        port_security_enabled=chance.random() < 0.8,
        extra_dhcp_opts=(DhcpOption("mtu", "1300"),) * chance.randrange(2),
        fixed_ips=(FixedIp(subnet.id, "10.0.0.9"),),
        subnets=(subnet,),
        security_group_ids=tuple(f"g-{n}" for n in GROUPS if chance.random() < 0.4),
    )
    return rows_of(snapshot)


def router(number: int, chance: random.Random) -> tuple[Row, ...]:
    leg = values.changed(values.LEG, port_id=PortId(f"leg-{number}-{chance.randrange(2)}"))
    gateway = values.changed(values.GATEWAY, port_id=PortId(f"way-{number}"))
    snapshot = values.changed(
        values.ROUTER,
        id=RouterId(f"router-{number}"),
        interfaces=(leg,) * chance.randrange(2),
        gateway=gateway if chance.random() < 0.5 else None,
        floating_ips=(values.changed(values.ROUTER.floating_ips[0], id=f"fip-{number}"),) * chance.randrange(2),
        routes=(),
    )
    return rows_of(snapshot)


def change(chance: random.Random) -> Mapping[Unit, Collection[Row]]:
    """A few units, each as something random or gone."""
    kinds = [(Unit("network", f"net-{n}"), network, n) for n in NETWORKS]
    kinds += [(Unit("security_group", f"g-{n}"), group, n) for n in GROUPS]
    kinds += [(Unit("port", f"port-{n}"), port, n) for n in PORTS]
    kinds += [(Unit("router", f"router-{n}"), router, n) for n in ROUTERS]
    chosen = chance.sample(kinds, chance.randrange(1, len(kinds)))
    return {unit: make(number, chance) if chance.random() < 0.8 else () for unit, make, number in chosen}


async def outcome(plane: Dataplane, desired: Mapping[Unit, Collection[Row]]) -> Applied | None:
    """What applying did; None when it was refused."""
    try:
        return await plane.apply(desired)
    except Refused:
        return None


@pytest.mark.parametrize("seed", range(4))
async def test_the_twins_answer_alike(seed: int) -> None:
    require_northbound()
    chance = random.Random(seed)
    server = NorthboundServer()
    server.start()
    real, twin = OvnDataplane(server.remote), SimulatedDataplane()
    refused = 0
    try:
        for plane in (real, twin):
            await plane.apply({DROP_UNIT: base_rows()})
        for step in range(STEPS):
            desired = change(chance)
            answers = [await outcome(plane, desired) for plane in (real, twin)]
            seen = f"seed {seed}, step {step}"
            assert (answers[0] is None) == (answers[1] is None), seen
            assert await real.observe() == await twin.observe(), seen
            refused += answers[0] is None
            if answers[0] is not None:
                assert await real.apply(desired) == await twin.apply(desired) == Applied(), seen
    finally:
        await real.close()
        server.remove()
    assert 0 < refused < STEPS
