"""One contract for every dataplane: the simulated one, here and in another process, and OVN's northbound database."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec
import pytest

from berthline.dataplane.memory import SimulatedDataplane
from berthline.dataplane.ovn.northbound import OvnDataplane
from berthline.dataplane.ovn.rows import DROP_UNIT, base_rows, rows_of
from berthline.domain.dataplane import Applied, Dataplane, PortState, Row, Unit
from berthline.domain.errors import Refused, Transient
from berthline.domain.ids import AddressGroupId, NetworkId, PortId, SecurityGroupId
from berthline.domain.snapshot import NetworkSnapshot, PortSnapshot, SecurityGroupSnapshot
from berthline.simulated.dataplane import DistantDataplane
from berthline.simulated.link import Link
from berthline.simulated.world import World as Served
from tests.contract.hypervisor.worlds import FACTS
from tests.contract.northbound import Hand, NorthboundServer, require_northbound
from tests.unit.dataplane import test_rows as values
from tests.unit.simulated.serving import served


class World(Protocol):
    """A dataplane, and what happens around it."""

    plane: Dataplane

    async def plug(self, port: PortId) -> None: ...

    async def unplug(self, port: PortId) -> None: ...

    async def leave(self) -> None:
        """The dataplane's backend goes away."""

    async def come_back(self) -> None: ...

    async def close(self) -> None: ...


class SimulatedWorld:
    def __init__(self) -> None:
        self.simulated = SimulatedDataplane()
        self.plane: Dataplane = self.simulated

    async def plug(self, port: PortId) -> None:
        self.simulated.plug(port, "chassis-a")

    async def unplug(self, port: PortId) -> None:
        self.simulated.unplug(port)

    async def leave(self) -> None:
        self.simulated.reachable = False

    async def come_back(self) -> None:
        self.simulated.reachable = True

    async def close(self) -> None:
        await self.plane.close()


class DistantWorld(SimulatedWorld):
    """The same, reached over a socket."""

    def __init__(self, served: Served, link: Link) -> None:
        self.simulated = served.dataplane
        self.plane = DistantDataplane(link)


class NorthboundWorld:
    """A real northbound database; what ovn-northd would write of a port's state is written by hand."""

    def __init__(self) -> None:
        self.server = NorthboundServer()
        self.server.start()
        self.plane: Dataplane = OvnDataplane(self.server.remote)
        self.hand = Hand(self.server.remote)

    async def plug(self, port: PortId) -> None:
        await self.hand.update("Logical_Switch_Port", port, up=True)

    async def unplug(self, port: PortId) -> None:
        await self.hand.update("Logical_Switch_Port", port, up=False)

    async def leave(self) -> None:
        await asyncio.to_thread(self.server.stop)

    async def come_back(self) -> None:
        await asyncio.to_thread(self.server.start)

    async def close(self) -> None:
        await self.plane.close()
        await self.hand.replica.close()
        await asyncio.to_thread(self.server.remove)


@pytest.fixture(params=["simulated", "distant", "ovn"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    made: World
    if request.param == "distant":
        async with served(FACTS) as (other, link):
            made = DistantWorld(other, link)
            yield made
            await made.close()
        return
    if request.param == "simulated":
        made = SimulatedWorld()
    else:
        require_northbound()
        made = NorthboundWorld()
    yield made
    await made.close()


@pytest.fixture
def plane(world: World) -> Dataplane:
    return world.plane


NETWORK = Unit("network", "33333333-3333-4333-8333-333333333333")
GROUP = Unit("security_group", "44444444-4444-4444-8444-444444444444")
PORT = Unit("port", "55555555-5555-4555-8555-555555555555")
OTHER = Unit("port", "66666666-6666-4666-8666-666666666666")
ROUTER = Unit("router", values.ROUTER.id)


def network_rows() -> tuple[Row, ...]:
    snapshot: NetworkSnapshot = values.changed(values.NETWORK_SNAPSHOT, id=NetworkId(NETWORK.id))
    return rows_of(snapshot)


def group_rows(*rules: str) -> tuple[Row, ...]:
    made = tuple(values.changed(values.RULE, id=rule, security_group_id=GROUP.id) for rule in rules)
    group = values.changed(values.GROUP, id=SecurityGroupId(GROUP.id), rules=made)
    return rows_of(SecurityGroupSnapshot(group))


def port_rows(unit: Unit = PORT, *, groups: tuple[str, ...] = (GROUP.id,), enabled: bool = True) -> tuple[Row, ...]:
    snapshot: PortSnapshot = values.changed(
        values.PORT,
        id=PortId(unit.id),
        network_id=NetworkId(NETWORK.id),
        security_group_ids=groups,
        admin_state_up=enabled,
    )
    return rows_of(snapshot)


def everything() -> dict[Unit, tuple[Row, ...]]:
    return {
        DROP_UNIT: base_rows(),
        NETWORK: network_rows(),
        GROUP: group_rows("rule-1", "rule-2"),
        PORT: port_rows(),
        ROUTER: rows_of(values.ROUTER),
    }


async def test_a_ports_names_go_with_the_port_and_with_the_name(plane: Dataplane) -> None:
    await plane.apply(everything())
    named: PortSnapshot = values.changed(
        values.PORT,
        id=PortId(PORT.id),
        network_id=NetworkId(NETWORK.id),
        security_group_ids=(GROUP.id,),
        dns_name="web",
    )
    port, names = f"Logical_Switch_Port/{PORT.id}", f"DNS/dns-{PORT.id}"
    for _ in range(2):
        await plane.apply({PORT: rows_of(named)})
        assert await plane.apply({PORT: rows_of(named)}) == Applied()
        assert (await plane.observe())[PORT] == {port, names}
        await plane.apply({PORT: port_rows()})
        assert (await plane.observe())[PORT] == {port}
    await plane.apply({PORT: rows_of(named)})
    await plane.apply({PORT: (), NETWORK: ()})
    assert not {PORT, NETWORK} & set(await plane.observe())


async def test_rows_appear_and_applying_twice_changes_nothing(plane: Dataplane) -> None:
    wanted = everything()
    first = await plane.apply(wanted)
    assert first == Applied(inserted=sum(len(rows) for rows in wanted.values()))
    assert await plane.apply(wanted) == Applied()
    assert set(await plane.observe()) == set(wanted) - {DROP_UNIT}
    assert (await plane.observe())[PORT] == {f"Logical_Switch_Port/{PORT.id}"}


async def test_only_the_difference_is_changed(plane: Dataplane) -> None:
    await plane.apply(everything())
    assert await plane.apply({GROUP: group_rows("rule-1", "rule-3")}) == Applied(inserted=1, deleted=1)
    assert await plane.apply({PORT: port_rows(enabled=False)}) == Applied(updated=1)
    assert await plane.apply({PORT: port_rows(groups=(), enabled=False)}) == Applied(updated=1)
    assert await plane.apply({PORT: port_rows(groups=(), enabled=False)}) == Applied()


async def test_a_group_has_sets_of_addresses(plane: Dataplane) -> None:
    named = AddressGroupId("a-b")
    rule = values.changed(values.RULE, id="rule-1", security_group_id=GROUP.id, remote_address_group_id=named)
    group = values.changed(values.GROUP, id=SecurityGroupId(GROUP.id), rules=(rule,))
    for number, addresses in enumerate((("10.1.0.0/24",), ("10.1.0.0/24", "10.2.0.0/16"), ())):
        rows = rows_of(SecurityGroupSnapshot(group, ((named, addresses),)))
        done = await plane.apply({GROUP: rows})
        assert done == (Applied(inserted=3) if number == 0 else Applied(updated=1))
        assert await plane.apply({GROUP: rows}) == Applied()
    assert len((await plane.observe())[GROUP]) == 3
    await plane.apply({GROUP: group_rows("rule-1")})
    assert not any(name.startswith("Address_Set") for name in (await plane.observe())[GROUP])


async def test_a_unit_without_rows_is_gone(plane: Dataplane) -> None:
    await plane.apply(everything())
    await plane.apply({ROUTER: (), PORT: ()})
    assert set(await plane.observe()) == {NETWORK, GROUP}
    await plane.apply({NETWORK: (), GROUP: ()})
    assert await plane.observe() == {}
    assert await plane.apply({NETWORK: (), GROUP: (), PORT: (), ROUTER: ()}) == Applied()


async def test_what_a_row_contains_goes_with_it(plane: Dataplane) -> None:
    await plane.apply(everything())
    await plane.apply({NETWORK: ()})
    assert PORT not in await plane.observe()


async def test_a_reference_to_what_is_not_there_is_refused_and_nothing_is_changed(plane: Dataplane) -> None:
    await plane.apply({DROP_UNIT: base_rows(), NETWORK: network_rows()})
    with pytest.raises(Refused, match="pg_44444444"):
        await plane.apply({PORT: port_rows(), OTHER: port_rows(OTHER, groups=())})
    assert set(await plane.observe()) == {NETWORK}


async def test_a_unit_may_not_take_anothers_row(plane: Dataplane) -> None:
    await plane.apply(everything())
    with pytest.raises(Refused, match=PORT.id):
        await plane.apply({OTHER: port_rows()})
    with pytest.raises(Refused):
        await plane.apply({OTHER: port_rows(), Unit("port", "7"): port_rows()})


async def test_what_one_transaction_makes_may_refer_to_each_other_in_any_order(plane: Dataplane) -> None:
    wanted = everything()
    await plane.apply(dict(reversed(list(wanted.items()))))
    assert await plane.apply(wanted) == Applied()


async def test_a_port_is_up_when_it_is_plugged(world: World, plane: Dataplane) -> None:
    port, other = PortId(PORT.id), PortId(OTHER.id)
    assert (await plane.port_states([port]))[port] == PortState(present=False, up=False)
    await plane.apply(everything())
    changes: asyncio.Queue[PortId] = asyncio.Queue()
    plane.on_change(changes.put_nowait)
    assert not (await plane.port_states([port]))[port].up
    await world.plug(port)
    assert await asyncio.wait_for(changes.get(), 60) == port
    states = await plane.port_states([port, other])
    assert states[port].up
    assert not states[other].present
    await world.unplug(port)
    assert await asyncio.wait_for(changes.get(), 60) == port
    assert not (await plane.port_states([port]))[port].up


async def test_a_routers_end_is_up_by_itself(plane: Dataplane) -> None:
    row = port_rows(groups=())[0]
    columns = {**row.columns, "type": "router", "addresses": frozenset({"router"}), "port_security": frozenset()}
    await plane.apply({**everything(), PORT: (msgspec.structs.replace(row, columns=columns),)})
    assert (await plane.port_states([PortId(PORT.id)]))[PortId(PORT.id)].up


async def test_while_it_is_away_everything_is_transient_and_afterwards_all_is_there(
    world: World, plane: Dataplane
) -> None:
    await plane.apply(everything())
    before = await plane.observe()
    await world.leave()
    with pytest.raises(Transient):
        await plane.apply({PORT: ()})
    with pytest.raises(Transient):
        await plane.observe()
    with pytest.raises(Transient):
        await plane.port_states([PortId(PORT.id)])
    await world.come_back()
    async with asyncio.timeout(30):
        while True:
            try:
                assert await plane.observe() == before
            except Transient:
                await asyncio.sleep(0.05)
            else:
                break
    assert await plane.apply({PORT: (), ROUTER: ()}) != Applied()
    assert set(await plane.observe()) == {NETWORK, GROUP}
