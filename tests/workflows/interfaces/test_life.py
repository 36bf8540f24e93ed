"""NICs attached to and detached from servers on simulated hosts, without faults of the outside."""

import asyncio

import msgspec
import pytest

from berthline.domain.auth import Caller
from berthline.domain.compute import RequestedNetwork
from berthline.domain.errors import (
    BadRequest,
    Conflict,
    FixedIpAlreadyInUse,
    Forbidden,
    InstanceInvalidState,
    InterfaceAttachFailed,
    InterfaceAttachFailedNoNetwork,
    NotFound,
    PortInUse,
    PortLimitExceeded,
    PortNotFound,
)
from berthline.domain.ids import NetworkId, PortId, ProjectId, ServerId, new_id
from berthline.domain.network import Port
from berthline.domain.network_info import NetworkInfo
from berthline.network.ports import ports
from berthline.network.requests import PortCreate
from berthline.store import Store
from berthline.store.compute.servers import servers
from berthline.store.control import quotas
from berthline.store.network import networks
from berthline.store.network import ports as port_rows
from berthline.store.network.info import network_info
from tests.workflows.world import CLOCK, NETWORK, PROJECT, Process, World, member

ON_NETWORK = RequestedNetwork(network_id=NETWORK)


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def make_port(process: Process, network: NetworkId = NETWORK) -> Port:
    """A port of the project that nobody has."""
    request = PortCreate(network_id=network, name="kept")
    return process.store.write_now(lambda connection: ports.create(connection, member(), [request], CLOCK.now()))[0]


def info(process: Process, server: ServerId) -> NetworkInfo:
    return process.store.read_now(lambda connection: network_info(connection, [server]))[server]


def port_of(process: Process, port: PortId) -> Port | None:
    return process.store.read_now(lambda connection: port_rows.get(connection, port, None))


async def booted(process: Process, nics: int = 1) -> ServerId:
    (server,) = await process.boot(nics)
    assert await process.quiet()
    assert process.servers()[server.id].vm_state == "active"
    return server.id


async def attach(
    process: Process, server: ServerId, wanted: RequestedNetwork | None = ON_NETWORK, caller: Caller | None = None
) -> PortId:
    attachment = await process.compute.interfaces.attach(caller or member(), server, wanted)
    return await process.compute.interfaces.attached(attachment)


async def test_a_nic_is_attached_behind_the_others_and_detached(world: World) -> None:
    async with world.process() as process:
        server = await booted(process, nics=2)
        before = [vif.id for vif in info(process, server).vifs]
        port = await attach(process, server, msgspec.structs.replace(ON_NETWORK, tag="backup"))
        now = info(process, server)
        assert [vif.id for vif in now.vifs] == [*before, port]
        assert now.vifs[2].tag == "backup"
        assert len(now.vifs[2].fixed_ips()) == 2
        assert set(world.dataplane.plugged()) == {*before, port}
        assert await process.quiet()
        assert await world.leaks() == ()
        await process.compute.interfaces.detach(member(), server, before[0])
        assert await process.quiet()
        assert [vif.id for vif in info(process, server).vifs] == [before[1], port]
        assert set(world.dataplane.plugged()) == {before[1], port}
        assert port_of(process, before[0]) is None
        third = await attach(process, server)
        assert [vif.id for vif in info(process, server).vifs] == [before[1], port, third]
        assert await process.quiet()
    assert await world.leaks() == ()


async def test_a_port_that_was_there_is_kept(world: World) -> None:
    async with world.process() as process:
        server = await booted(process, nics=0)
        port = make_port(process)
        assert await attach(process, server, RequestedNetwork(port_id=port.id)) == port.id
        bound = port_of(process, port.id)
        assert bound is not None
        assert (bound.device_id, bound.device_owner) == (server, "compute:nova")
        assert bound.binding_host == process.servers()[server].host
        with pytest.raises(PortInUse):
            await attach(process, server, RequestedNetwork(port_id=port.id))
        await process.compute.interfaces.detach(member(), server, port.id)
        assert await process.quiet()
        kept = port_of(process, port.id)
        assert kept is not None
        assert (kept.device_id, kept.device_owner, kept.binding_host) == ("", "", "")
        assert kept.fixed_ips == port.fixed_ips
        assert kept.name == "kept"
    assert await world.leaks() == ()


async def test_a_fixed_ip_is_had_once_and_the_one_network_need_not_be_named(world: World) -> None:
    async with world.process() as process:
        server = await booted(process, nics=0)
        asked = RequestedNetwork(network_id=NETWORK, fixed_ip="10.0.0.77")
        port = await attach(process, server, asked)
        addresses = {fixed.address for fixed in info(process, server).vifs[0].fixed_ips()}
        assert "10.0.0.77" in addresses
        with pytest.raises(FixedIpAlreadyInUse):
            await attach(process, server, asked)
        other = await attach(process, server, None)
        assert [vif.id for vif in info(process, server).vifs] == [port, other]
        assert await process.quiet()
    assert await world.leaks() == ()


async def test_a_stopped_server_gets_its_nic_for_the_next_start(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        await process.compute.actions.begin(member(), server, "stop")
        assert await process.quiet()
        port = await attach(process, server)
        assert world.dataplane.plugged() == {}
        await process.compute.actions.begin(member(), server, "start")
        assert await process.quiet()
        assert port in world.dataplane.plugged()
    assert await world.leaks() == ()


async def test_refused_requests_change_nothing(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        nic = info(process, server).vifs[0].id
        reader = msgspec.structs.replace(member(), roles=frozenset({"reader"}))
        stranger = msgspec.structs.replace(member(), project_id=ProjectId("44444444444444448444444444444444"))
        interfaces = process.compute.interfaces
        with pytest.raises(Forbidden):
            await attach(process, server, caller=reader)
        with pytest.raises(NotFound, match=f"Instance {server} could not be found"):
            await attach(process, server, caller=stranger)
        with pytest.raises(NotFound, match=f"Instance {server} could not be found"):
            await interfaces.detach(stranger, server, nic)
        with pytest.raises(PortNotFound):
            await interfaces.detach(member(), server, PortId(new_id()))
        with pytest.raises(BadRequest):
            await attach(process, server, RequestedNetwork(network_id=NetworkId(new_id())))
        process.store.write_now(lambda connection: quotas.set_limits(connection, PROJECT, {"port": 1}))
        with pytest.raises(PortLimitExceeded):
            await attach(process, server)
        process.store.write_now(
            lambda connection: servers.set_attributes(connection, server, at=CLOCK.now(), locked=True)
        )
        with pytest.raises(Conflict, match="locked"):
            await attach(process, server)
        with pytest.raises(Conflict, match="locked"):
            await interfaces.detach(member(), server, nic)
        assert [vif.id for vif in info(process, server).vifs] == [nic]
        assert await process.quiet()
    assert await world.leaks() == ()


async def test_a_server_that_is_built_or_deleted_takes_no_nic(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        with pytest.raises(InstanceInvalidState, match=r"Cannot 'attach_interface' instance .* vm_state building"):
            await attach(process, server.id)
        assert await process.quiet()
        await process.compute.delete(member(), server.id)
        with pytest.raises(InstanceInvalidState, match="task_state deleting"):
            await attach(process, server.id)
        assert await process.quiet()
    assert await world.leaks() == ()


async def test_several_networks_must_be_told_apart_and_none_is_none(world: World) -> None:
    async with world.process() as process:
        server = await booted(process, nics=0)

        def close(up: bool) -> None:
            def work(connection: object) -> None:
                network = networks.get(connection, NETWORK)  # type: ignore[arg-type]
                assert network is not None
                changed = msgspec.structs.replace(network, admin_state_up=up, revision=network.revision + 1)
                networks.save(connection, changed)  # type: ignore[arg-type]

            process.store.write_now(work)

        close(up=False)
        with pytest.raises(InterfaceAttachFailedNoNetwork):
            await attach(process, server, None)
        close(up=True)
        assert await attach(process, server, None)
        assert await process.quiet()


async def test_a_nic_that_is_being_changed_has_one_winner(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        attachment = await process.compute.interfaces.attach(member(), server, ON_NETWORK)
        with pytest.raises(Conflict, match="interface_attach"):
            await process.compute.interfaces.detach(member(), server, PortId(attachment.nic))
        await process.compute.interfaces.attached(attachment)
        asked = [process.compute.interfaces.detach(member(), server, PortId(attachment.nic)) for _ in range(8)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert [outcome for outcome in outcomes if outcome is None] == [None]
        # who asks when the winner has ended, as he may where others write beside, finds no such NIC
        lost = [outcome for outcome in outcomes if outcome is not None]
        assert all(isinstance(outcome, Conflict | NotFound) for outcome in lost), lost
        assert await process.quiet()
        port = make_port(process)
        one = RequestedNetwork(port_id=port.id)
        tried = await asyncio.gather(*(attach(process, server, one) for _ in range(8)), return_exceptions=True)
        assert tried.count(port.id) == 1
        assert sum(isinstance(outcome, PortInUse) for outcome in tried) == 7
        assert [vif.id for vif in info(process, server).vifs].count(port.id) == 1
        assert await process.quiet()
    assert await world.leaks() == ()


async def test_a_delete_ends_an_attach_that_waits(world: World) -> None:
    """The port never comes up; the delete does not wait for the attach's deadline."""
    async with world.process() as process:
        server = await booted(process)
        attachment = await process.compute.interfaces.attach(member(), server, ON_NETWORK)
        await process.compute.delete(member(), server)
        ended = (await asyncio.gather(process.compute.interfaces.attached(attachment), return_exceptions=True))[0]
        assert ended == PortId(attachment.nic) or isinstance(ended, Conflict)
        assert await process.quiet()
        assert process.servers() == {}
        assert world.dataplane.plugged() == {}
    assert await world.leaks() == ()


async def test_a_port_deleted_while_it_is_attached_leaves_no_nic(world: World) -> None:
    async with world.process() as process:
        server = await booted(process, nics=0)
        attachment = await process.compute.interfaces.attach(member(), server, ON_NETWORK)
        process.store.write_now(
            lambda connection: ports.delete(connection, member(), PortId(attachment.nic), CLOCK.now())
        )
        with pytest.raises((Conflict, InterfaceAttachFailed)):
            await process.compute.interfaces.attached(attachment)
        assert await process.quiet()
        assert world.dataplane.plugged() == {}
        assert info(process, server).vifs == ()
    assert await world.leaks() == ()


async def test_addresses_are_added_and_removed(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        interfaces = process.compute.interfaces
        before = {fixed.address for fixed in info(process, server).vifs[0].fixed_ips()}
        await interfaces.add_fixed_ip(member(), server, NETWORK)
        after = {fixed.address for fixed in info(process, server).vifs[0].fixed_ips()}
        (added,) = after - before
        assert before < after
        assert await process.quiet()
        await interfaces.remove_fixed_ip(member(), server, added)
        assert {fixed.address for fixed in info(process, server).vifs[0].fixed_ips()} == before
        for refused in (added, "nonsense"):
            with pytest.raises(BadRequest):
                await interfaces.remove_fixed_ip(member(), server, refused)
        with pytest.raises(BadRequest):
            await interfaces.add_fixed_ip(member(), server, NetworkId(new_id()))
        assert await process.quiet()
    assert await world.leaks() == ()


async def test_a_port_deleted_while_it_is_attached_is_not_waited_for(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        before = info(process, server).vifs
        world.dataplane.reachable = False
        attachment = await process.compute.interfaces.attach(member(), server, ON_NETWORK)
        await process.store.write(
            lambda connection: ports.delete(connection, member(), PortId(attachment.nic), CLOCK.now())
        )
        world.dataplane.reachable = True
        assert await process.quiet()
        with pytest.raises(Conflict, match="was deleted while it was being attached"):
            await process.compute.interfaces.attached(attachment)
        assert info(process, server).vifs == before
        assert set(world.dataplane.plugged()) == {vif.id for vif in before}
        assert await world.leaks() == ()
