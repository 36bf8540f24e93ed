"""A guest that came to be after its server had gone, by a process that was stopped in the middle of its effect."""

import pytest

from berthline.domain.compute import Server
from berthline.domain.ids import ServerId, new_id
from berthline.hypervisor.kept_guests import KeptGuest
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.lost_guests import LOST, LostGuests
from berthline.store import Store

from .world import Process, World, member


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def late(host: SimulatedHost, server_id: ServerId) -> None:
    """The effect of a process that is stopped no more."""
    host.put_back(KeptGuest(server_id=server_id, name="late", nics=(), power="running"))


async def booted(process: Process) -> Server:
    (server,) = await process.boot(1)
    assert await process.quiet()
    return process.servers()[server.id]


async def test_a_guest_of_a_deleted_server_is_removed_at_the_second_look(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        lost = LostGuests(process.store, process.outside.hypervisors)
        assert (await lost.run_once(), await lost.run_once()) == (0, 0)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        before = LOST._value.get()
        for host in world.hosts:
            late(host, server.id)
        assert await lost.run_once() == 0
        assert await lost.run_once() == len(world.hosts)
        assert LOST._value.get() == before + len(world.hosts)
        assert await world.guests() == set()
        assert not any([await host.disks() for host in world.hosts])
        assert (await lost.run_once(), await lost.run_once()) == (0, 0)


async def test_a_guest_on_another_host_than_its_server_is_removed_and_the_other_stays(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        right, wrong = sorted(world.hosts, key=lambda host: host.host != server.host)
        late(wrong, server.id)
        lost = LostGuests(process.store, process.outside.hypervisors)
        assert await lost.run_once() + await lost.run_once() == 1
        assert server.id in await right.guests()
        assert server.id not in await wrong.guests()


async def test_what_something_is_at_work_on_is_left_to_it(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        other = next(host for host in world.hosts if host.host != server.host)
        late(other, server.id)
        world.schedule.hosts_away = True
        await process.compute.delete(member(), server.id)
        lost = LostGuests(process.store, {host.host: host for host in world.hosts})
        assert (await lost.run_once(), await lost.run_once()) == (0, 0)
        world.schedule.hosts_away = False
        assert await process.quiet()
        assert await lost.run_once() + await lost.run_once() == 1


@pytest.mark.leaks("a guest that no cloud of this database made is nobody's to remove")
async def test_a_guest_that_was_never_this_clouds_is_left_alone(world: World) -> None:
    async with world.process() as process:
        late(world.hosts[0], ServerId(new_id()))
        lost = LostGuests(process.store, process.outside.hypervisors)
        assert (await lost.run_once(), await lost.run_once(), await lost.run_once()) == (0, 0, 0)
