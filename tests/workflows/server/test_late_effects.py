"""What a process that stood still does when it goes on: behind the step that undid it, where nothing is compared."""

import pytest

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import GuestSpec, HostFacts
from berthline.domain.ids import HostName, ServerId
from berthline.hypervisor.memory import PortPlug, SimulatedHost
from berthline.store import Store
from tests.workflows.server.test_rescue import rescue
from tests.workflows.world import Process, World, member


class LateHost(SimulatedHost):
    """A host that refuses to resume as many guests as ``refusals`` has items, and starts as many once more as ``late``
    has: right behind the step that took the guest away, or the power of one that is rescued.
    """

    def __init__(self, name: HostName, facts: HostFacts, plug: PortPlug) -> None:
        super().__init__(name, facts, plug)
        self.made: dict[ServerId, GuestSpec] = {}
        self.refusals: list[None] = []
        self.late: list[None] = []

    async def start_paused(self, spec: GuestSpec) -> None:
        await super().start_paused(spec)
        self.made[spec.server_id] = spec

    async def resume(self, server_id: ServerId) -> None:
        if self.refusals:
            self.refusals.pop()
            raise Refused("it is not resumed this time")
        await super().resume(server_id)

    async def destroy(self, server_id: ServerId) -> None:
        await super().destroy(server_id)
        await self._start_late(server_id)

    async def shutdown(self, server_id: ServerId, grace_seconds: float) -> None:
        await super().shutdown(server_id, grace_seconds)
        if self.made[server_id].rescues:
            await self._start_late(server_id)

    async def _start_late(self, server_id: ServerId) -> None:
        if self.late:
            self.late.pop()
            await super().start_paused(self.made[server_id])


@pytest.fixture
def world(store: Store) -> World:
    world = World(store)
    world.hosts = [LateHost(host.host, host._facts, world.dataplane) for host in world.hosts]
    return world


def host_of(world: World, name: str | None) -> LateHost:
    (found,) = (host for host in world.hosts if host.host == name)
    assert isinstance(found, LateHost)
    return found


async def check_only_where_it_is(world: World, process: Process, server_id: ServerId) -> None:
    """The server's guest and disks are on its host, if it has one, and nowhere else."""
    server = process.servers().get(server_id)
    here = [host.host for host in world.hosts if server_id in await host.guests() or server_id in await host.disks()]
    assert here == ([] if server is None else [server.host])


async def test_a_boot_that_is_undone_takes_the_late_guest_with_it(world: World) -> None:
    async with world.process() as process:
        host = host_of(world, "host-a")
        host.refusals.append(None)
        host.late.append(None)
        (server,) = await process.boot()
        assert server.host == "host-a"
        assert await process.quiet()
        assert process.servers()[server.id].host == "host-b"
        await check_only_where_it_is(world, process, server.id)


async def test_a_delete_takes_the_late_guest_with_it(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        host_of(world, server.host).late.append(None)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert server.id not in process.servers()
        await check_only_where_it_is(world, process, server.id)


async def test_a_rescue_that_is_undone_takes_the_late_guest_off_its_disk(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        host = host_of(world, server.host)
        host.refusals.append(None)
        host.late.append(None)
        await rescue(process, server.id)
        assert await process.quiet()
        assert (host.refusals, host.late) == ([], [])
        assert process.servers()[server.id].vm_state == "active"
        assert not host._guests[server.id].rescues
        assert await host.power(server.id) == "running"


@pytest.mark.parametrize("rescued", [False, True])
async def test_a_guest_that_is_gone_already_does_not_keep_its_server(world: World, *, rescued: bool) -> None:
    """It was taken away by a process that is dead, and its host refuses to do so again."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        if rescued:
            await rescue(process, server.id)
            assert await process.quiet()
        world.schedule.add("killed after")
        await process.compute.delete(member(), server.id)
        assert not await process.quiet()
    assert await world.guests() == set()
    world.schedule.add("refused")
    async with world.process() as process:
        assert await process.quiet()
        assert "refused" in world.schedule.struck[-1]
        assert server.id not in process.servers()
        await check_only_where_it_is(world, process, server.id)
