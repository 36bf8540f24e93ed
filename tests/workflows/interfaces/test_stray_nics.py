"""A port that is deleted while a guest uses it: its NIC leaves the guest, whoever hears of it and whatever fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

import pytest

from berthline.domain.compute import Server
from berthline.domain.disks import lay_out
from berthline.domain.hardware import Hardware
from berthline.domain.hypervisor import BaseImage, FoundNic, GuestSpec
from berthline.domain.ids import PortId, ServerId, new_id
from berthline.hypervisor.memory import SimulatedHost
from berthline.network.local import LocalNetworkService
from berthline.network.ports import ports
from berthline.reconcile.stray_nics import STRAYS, StrayNics
from berthline.store import Store
from berthline.store.compute.guest_places import note_lost_nic
from berthline.store.engine.changes import LOST_NICS_TOPIC
from berthline.store.engine.location import Location
from berthline.testing.faults import FaultSchedule
from tests.unit.hypervisor.samples import make_vif
from tests.workflows.world import CLOCK, CONTENTS, IMAGE, PROJECT, SHA512, Process, World, member

NEVER = 3600.0
PATIENCE = 20.0


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def looking(process: Process, again_seconds: float = 0.01) -> StrayNics:
    """The reconciler of a process, with no timer to speak of."""
    hosts = process.outside.hypervisors
    return StrayNics(process.store, hosts, every_seconds=NEVER, again_seconds=again_seconds)


@asynccontextmanager
async def running(strays: StrayNics) -> AsyncIterator[None]:
    task = asyncio.create_task(strays.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def eventually(look: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not look():
            assert what
            await asyncio.sleep(0.002)


async def booted(process: Process, nics: int) -> Server:
    (server,) = await process.boot(nics)
    assert await process.quiet()
    return process.servers()[server.id]


def delete_port(process: Process, port: PortId) -> None:
    process.store.write_now(lambda connection: ports.delete(connection, member(), port, CLOCK.now()))


def host_of(world: World, server: Server) -> SimulatedHost:
    return next(host for host in world.hosts if host.host == server.host)


async def ports_in(world: World, server: Server) -> set[PortId]:
    return {nic.id for nic in (await host_of(world, server).interfaces([server.id]))[server.id]}


async def test_the_nic_of_a_deleted_port_leaves_the_guest_and_no_other_does(world: World) -> None:
    async with world.process() as process:
        strays = looking(process)
        server, other = await booted(process, 3), await booted(process, 1)
        first, second, third = (nic.port_id for nic in server.nics)
        before = STRAYS._value.get()
        assert await strays.run_once() == 0
        delete_port(process, second)
        assert await process.quiet()
        assert {(leak.kind, leak.object_id) for leak in await world.leaks()} == {("NIC in a guest without row", second)}
        assert second in world.dataplane.plugged()
        assert await strays.run_once() == 1
        assert await ports_in(world, server) == {first, third}
        assert set(world.dataplane.plugged()) == {first, third, other.nics[0].port_id}
        assert await strays.run_once() == 0
        assert STRAYS._value.get() - before == 1
        assert await process.quiet()
        assert await world.leaks() == ()


async def test_a_guest_that_another_worker_has_by_now_is_left_to_it(world: World) -> None:
    """The host changed hands while it was looked at, which only the host itself can tell."""
    async with world.process() as process:
        server = await booted(process, 2)
        delete_port(process, server.nics[1].port_id)
        await host_of(world, server).at_epoch(5).reboot(server.id)
        before = {host.host: host.at_epoch(4) for host in world.hosts}
        assert await StrayNics(process.store, before, every_seconds=NEVER).run_once() == 0
        assert len(await ports_in(world, server)) == 2
        assert await looking(process).run_once() == 1


async def test_a_guest_that_is_off_does_not_get_it_back_at_its_start(world: World) -> None:
    async with world.process() as process:
        server = await booted(process, 2)
        await process.compute.actions.begin(member(), server.id, "stop")
        assert await process.quiet()
        delete_port(process, server.nics[1].port_id)
        assert await looking(process).run_once() == 1
        await process.compute.actions.begin(member(), server.id, "start")
        assert await process.quiet()
        assert set(world.dataplane.plugged()) == {server.nics[0].port_id}


async def test_a_delete_through_the_api_is_a_hint(world: World) -> None:
    async with world.process() as process:
        strays = looking(process)
        network = LocalNetworkService(process.store, CLOCK)
        server = await booted(process, 2)
        async with running(strays):
            await asyncio.sleep(0)
            await network.delete_port(member(), server.nics[1].port_id)
            await eventually(lambda: len(world.dataplane.plugged()) == 1, "the tap gone")
        assert await ports_in(world, server) == {server.nics[0].port_id}


async def test_a_delete_by_another_process_is_a_hint(new_database: Callable[[], Location]) -> None:
    """What it noted is read as soon as its hint comes, be it the one that a database sends or the one made here."""
    location = new_database()
    with closing(Store(location, durable=False)) as own, closing(Store(location, durable=False)) as other:
        await _deleted_elsewhere(World(own), LocalNetworkService(other, CLOCK))


async def _deleted_elsewhere(world: World, network: LocalNetworkService) -> None:
    async with world.process() as process:
        server = await booted(process, 2)
        async with running(looking(process)):
            await asyncio.sleep(0)
            await network.delete_port(member(), server.nics[1].port_id)
            world.store.wake((LOST_NICS_TOPIC,))
            await eventually(lambda: len(world.dataplane.plugged()) == 1, "the tap gone")
        assert await ports_in(world, server) == {server.nics[0].port_id}


async def test_a_server_that_something_is_done_to_is_left_alone_until_that_ends(world: World) -> None:
    """The boot waits for a port; another one is deleted meanwhile."""
    async with world.process() as process:
        strays = looking(process)
        world.dataplane.reachable = False
        (created,) = await process.boot(2)
        await eventually(lambda: len(world.dataplane.plugged()) == 2, "both taps")
        delete_port(process, PortId(process.servers()[created.id].nics[1].port_id))
        async with running(strays):
            await world.store.write(lambda connection: note_lost_nic(connection, created.id, PROJECT, 1))
            assert await strays.run_once() == 0
            assert len(world.dataplane.plugged()) == 2
            world.dataplane.reachable = True
            await eventually(lambda: len(world.dataplane.plugged()) == 1, "the stray gone once the boot has ended")
        assert await process.quiet()
        assert process.servers()[created.id].vm_state == "active"


@pytest.mark.parametrize("kind", ["refused", "lost reply"])
async def test_what_fails_is_tried_again(store: Store, kind: str) -> None:
    world = World(store, FaultSchedule())
    async with world.process() as process:
        server = await booted(process, 2)
        delete_port(process, server.nics[1].port_id)
        assert await process.quiet()
        world.schedule._faults[len(world.schedule.calls)] = kind  # type: ignore[assignment]
        strays = looking(process)
        async with running(strays):
            await eventually(lambda: len(world.dataplane.plugged()) == 1, "the tap gone")
        assert world.schedule.struck


async def test_the_guest_of_another_cloud_on_the_host_is_not_touched(world: World) -> None:
    async with world.process() as process:
        server = await booted(process, 1)
        image = BaseImage(id=IMAGE, disk_format="raw", size=len(CONTENTS[IMAGE]), sha512=SHA512[IMAGE])
        stranger = GuestSpec(
            server_id=ServerId(new_id()),
            name="stranger",
            vcpus=1,
            memory_mb=64,
            disks=lay_out(Hardware(), IMAGE, root_gb=0),
            image=image,
            vifs=(make_vif(PortId(new_id()), "fa:16:3e:00:00:99"),),
            config_drive=None,
        )
        host = host_of(world, server)
        await host.create_disks(stranger)
        await host.start_paused(stranger)
        assert await looking(process).run_once() == 0
        assert stranger.vifs[0].id in world.dataplane.plugged()
        assert {leak.object_id for leak in await world.leaks()} == {stranger.server_id}
        await host.destroy(stranger.server_id)
        await host.delete_disks(stranger.server_id)


@pytest.mark.leaks("somebody takes the NIC out of the guest by hand")
async def test_doctor_sees_a_nic_that_its_guest_has_not(world: World) -> None:
    async with world.process() as process:
        server = await booted(process, 2)
        await host_of(world, server).detach_interface(server.id, FoundNic(server.nics[0].port_id))
        found = {(leak.kind, leak.object_id) for leak in await world.leaks()}
        assert found == {("NIC not in its guest", server.nics[0].port_id)}
