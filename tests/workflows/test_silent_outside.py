"""Doctor answers while a host or the data plane is silent, says which, and looks at all the rest."""

import asyncio
from collections.abc import Collection

import pytest

from berthline.domain.errors import Transient
from berthline.domain.ids import ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.leaks import Silent, examine, find_leaks
from berthline.store import Store

from .world import World, member


class _Away(SimulatedHost):
    """A host that does not answer when it is asked what it has."""

    async def guests(self) -> Collection[ServerId]:
        raise Transient("no answer")


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


async def test_doctor_names_a_silent_host_and_looks_at_the_others(world: World) -> None:
    away = _Away(world.hosts[0].host, await world.hosts[0].facts(), world.dataplane)
    async with world.process() as process:
        servers = [(await process.boot(1))[0] for _ in range(4)]
        assert await process.quiet()
        used = {process.servers()[server.id].host for server in servers}
        assert used == {host.host for host in world.hosts}, "each host has a guest"
        report = await examine(world.store, world.dataplane, [away, world.hosts[1]])
        assert report.silent == (Silent("host", "host-a", "no answer"),)
        assert report.leaks == (), "what a silent host has is not known, and no leak"
        lost = next(server for server in servers if process.servers()[server.id].host == world.hosts[1].host)
        world.hosts[1].guest_vanishes(lost.id)
        report = await examine(world.store, world.dataplane, [away, world.hosts[1]])
        assert ("server without guest", lost.id) in {(leak.kind, leak.object_id) for leak in report.leaks}
        with pytest.raises(Transient, match="host host-a: no answer"):
            await find_leaks(world.store, world.dataplane, [away, world.hosts[1]])
        await process.compute.delete(member(), lost.id)
        assert await process.quiet()


class _Hangs(SimulatedHost):
    """A host that takes the question and says nothing."""

    async def guests(self) -> Collection[ServerId]:
        await asyncio.Event().wait()
        raise AssertionError("nobody set it")


async def test_doctor_waits_for_nobody_for_ever(world: World) -> None:
    hangs = _Hangs(world.hosts[0].host, await world.hosts[0].facts(), world.dataplane)
    report = await examine(world.store, world.dataplane, [hangs, world.hosts[1]], patience=0.05)
    assert report.silent == (Silent("host", "host-a", "it has not answered for 0.05 s"),)
    assert report.leaks == ()


async def test_doctor_names_a_silent_data_plane_and_looks_at_the_hosts(world: World) -> None:
    async with world.process() as process:
        await process.boot(1)
        assert await process.quiet()
    world.dataplane.reachable = False
    report = await examine(world.store, world.dataplane, world.hosts)
    assert [one.kind for one in report.silent] == ["dataplane"]
    assert report.leaks == ()
    assert report.settled


async def test_doctor_names_a_guest_that_hangs_and_knows_all_else(world: World) -> None:
    async with world.process() as process:
        server = (await process.boot(1))[0]
        assert await process.quiet()
        place = process.servers()[server.id].host
        host = next(host for host in world.hosts if host.host == place)
        host.guest_hangs(server.id)
        report = await examine(world.store, world.dataplane, world.hosts)
        why = f"it hangs on host {place}: destroy it there, or delete its server"
        assert report.silent == (Silent("guest", server.id, why),)
        assert report.leaks == await find_leaks(world.store, world.dataplane, world.hosts) == ()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert (await examine(world.store, world.dataplane, world.hosts)).silent == ()
