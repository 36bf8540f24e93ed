"""A host goes off with its guests and comes up: they are again what was wanted, in order, so many at once."""

import itertools
from typing import Final

import pytest

from berthline.domain.compute import Server
from berthline.domain.hypervisor import GuestPower
from berthline.domain.ids import ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.power_state import StartsUnasked, reconcile_power
from berthline.store import Store
from berthline.store.compute.servers import actions
from berthline.store.control.sagas import list_sagas
from berthline.testing.faults import FAULT_KINDS, FaultSchedule
from berthline.workflows.server import returning
from tests.workflows.interfaces.test_stray_nics import eventually
from tests.workflows.world import CLOCK, Process, World, member

AT_ONCE: Final = 2


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def holder(world: World, server: Server) -> SimulatedHost:
    return next(host for host in world.hosts if host.host == server.host)


def hosts_reboot(world: World) -> None:
    for host in world.hosts:
        host.lose_power()


async def look(world: World, *, at_once: int = AT_ONCE, waits: list[bool] | None = None) -> int:
    starts = StartsUnasked(at_once=at_once, again=lambda: waits.append(True) if waits is not None else None)
    return await reconcile_power(world.store, CLOCK, world.hosts, starts)


async def look_until_all_are_back(world: World, process: Process) -> int:
    """Look as the loop does, each time once what was begun has ended; how often."""
    for looks in itertools.count(1):
        waits: list[bool] = []
        await look(world, waits=waits)
        await process.engine.look()
        assert await process.quiet()
        assert process.unfinished() == ()
        if not waits:
            return looks
    raise AssertionError


async def wait_for_ports(world: World, process: Process) -> None:
    """The host reboots, and the network stays away: a guest is started, and its ports are waited for."""
    hosts_reboot(world)
    world.dataplane.reachable = False
    await look(world)
    await process.engine.look()
    await eventually(lambda: bool(world.dataplane.plugged()), "its tap")


async def powers(world: World, servers: tuple[Server, ...]) -> list[GuestPower]:
    return [await holder(world, server).power(server.id) for server in servers]


def shown(process: Process, servers: tuple[Server, ...]) -> list[tuple[str, int, str]]:
    found = process.servers()
    return [(found[one.id].vm_state, found[one.id].power_state, found[one.id].wanted) for one in servers]


async def test_guests_are_again_what_was_wanted(world: World) -> None:
    async with world.process() as process:
        made = await process.boot(count=7)
        assert await process.quiet()
        runs, stops, pauses, suspends, leaves, rescued, moved = made
        for server, action in ((stops, "stop"), (pauses, "pause"), (suspends, "suspend")):
            await process.compute.actions.begin(member(), server.id, action)  # type: ignore[arg-type]
        await process.compute.remaking.rescue(member(), rescued.id, None, "x")
        await process.compute.moves.migrate(member(), moved.id, None)
        assert await process.quiet()
        now = process.servers()
        made = tuple(now[server.id] for server in made)
        holder(world, leaves).guest_powers_off(leaves.id)
        assert await look(world) == 1
        before = [
            ("active", 1, "running"), ("stopped", 4, "stopped"), ("paused", 3, "paused"),
            ("suspended", 4, "suspended"), ("stopped", 4, "stopped"), ("rescued", 1, "running"),
            ("resized", 1, "running"),
        ]  # fmt: skip
        assert shown(process, made) == before
        hosts_reboot(world)
        await look_until_all_are_back(world, process)
        assert shown(process, made) == before
        assert await powers(world, made) == ["running", "cut", "paused", "cut", "cut", "running", "running"]
        process.check_active(process.servers()[runs.id], 1)
        assert await look(world) == 0
        done = process.store.read_now(lambda connection: actions.page(connection, runs.id))
        assert done is not None
        assert [(action.action, action.message) for action in done] == [
            ("return_after_host_reboot", None),
            ("create", None),
        ]


async def test_so_many_at_once_in_the_order_in_which_they_were_made(world: World) -> None:
    async with world.process() as process:
        made = await process.boot(count=5)
        assert await process.quiet()
        await process.compute.actions.begin(member(), made[0].id, "stop")
        assert await process.quiet()
        one = holder(world, made[1])
        there = sorted(server.id for server in made[1:] if server.host == one.host)
        hosts_reboot(world)
        world.schedule.hosts_away = True
        waits: list[bool] = []
        for _ in range(2):
            await look(world, at_once=1, waits=waits)
        found = process.servers()
        assert [found[server].task_state for server in there] == ["powering-on"] + [None] * (len(there) - 1)
        assert {found[server].power_state for server in there} == {4}
        assert waits
        # One that still waits may be stopped, and stays so.
        waiting = ServerId(there[-1])
        world.schedule.hosts_away = False
        await process.compute.actions.begin(member(), waiting, "stop")
        await process.engine.look()
        assert await process.quiet()
        await look_until_all_are_back(world, process)
        found = process.servers()
        assert (found[waiting].vm_state, found[waiting].power_state) == ("stopped", 4)
        kinds = [saga.subject_id for saga in process.store.read_now(list_sagas) if saga.kind == returning.KIND]
        assert [server for server in reversed(kinds) if server in there] == there[:-1]


async def test_where_the_cloud_is_set_so_they_stay_off(world: World) -> None:
    async with world.process() as process:
        made = await process.boot(count=2)
        assert await process.quiet()
        hosts_reboot(world)
        assert await look(world, at_once=0) == 2
        assert shown(process, made) == [("stopped", 4, "stopped")] * 2
        assert await look(world) == 0, "what was left off is wanted off"


async def test_a_network_that_comes_up_late_is_waited_for(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await wait_for_ports(world, process)
        assert await holder(world, server).power(server.id) == "paused"
        assert process.servers()[server.id].task_state == "powering-on"
        world.dataplane.reachable = True
        assert await process.quiet()
        assert await holder(world, server).power(server.id) == "running"
        assert shown(process, (server,)) == [("active", 1, "running")]


async def test_a_move_that_is_reverted_is_wanted_as_before_it(world: World) -> None:
    """Its guest may have powered itself off meanwhile: the way back starts it."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await process.compute.moves.migrate(member(), server.id, None)
        assert await process.quiet()
        holder(world, process.servers()[server.id]).guest_powers_off(server.id)
        await look(world)
        assert shown(process, (server,)) == [("resized", 4, "stopped")]
        await process.compute.moves.revert(member(), server.id)
        assert await process.quiet()
        assert shown(process, (server,)) == [("active", 1, "running")]
        hosts_reboot(world)
        await look_until_all_are_back(world, process)
        assert await holder(world, server).power(server.id) == "running"


async def test_a_host_that_goes_off_again_meanwhile(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        for _ in range(2):
            hosts_reboot(world)
            await look_until_all_are_back(world, process)
            assert await holder(world, server).power(server.id) == "running"


async def test_a_host_that_goes_off_again_while_ports_are_waited_for(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await wait_for_ports(world, process)
        hosts_reboot(world)
        assert await holder(world, server).power(server.id) == "cut"
        world.dataplane.reachable = True
        assert await process.quiet()
        assert await holder(world, server).power(server.id) == "running"
        assert shown(process, (server,)) == [("active", 1, "running")]


async def test_a_return_ends_whatever_fails_and_whenever(store: Store) -> None:
    """Refused: ERROR with the reason, which a hard reboot takes up. Else it runs again, and nothing is left."""
    ran = 0
    for number, kind in itertools.product(range(2), FAULT_KINDS):
        world = World(store, FaultSchedule())
        async with world.process() as process:
            (server,) = await process.boot()
            assert await process.quiet()
            hosts_reboot(world)
            await look(world)
            world.schedule.add(kind, number)
            await process.engine.look()
            await process.quiet()
        async with world.process() as process:
            assert await process.quiet()
            assert world.schedule.struck
            found = process.servers()[server.id]
            assert (found.task_state, found.wanted) == (None, "running")
            if kind == "refused":
                assert found.vm_state == "error"
                assert found.fault is not None
                await process.compute.actions.begin(member(), server.id, "hard_reboot")
                assert await process.quiet()
            assert shown(process, (server,)) == [("active", 1, "running")]
            assert await holder(world, server).power(server.id) == "running"
            await process.compute.delete(member(), server.id)
            assert await process.quiet()
        assert await world.leaks() == ()
        assert await world.guests() == set()
        ran += 1
    assert ran == 2 * len(FAULT_KINDS)
