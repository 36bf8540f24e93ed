"""Guests that stop behind our back: their servers say so, all of a host by one question and one transaction."""

import itertools
from collections.abc import Mapping
from dataclasses import replace as with_outside

import pytest

from berthline.domain.hypervisor import GuestPower
from berthline.domain.ids import ServerId
from berthline.domain.server_actions import ACTIONS
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.power_state import StartsUnasked, reconcile_power
from berthline.store import Store
from berthline.store.compute.servers import actions, servers
from berthline.store.control.sagas import list_sagas
from berthline.testing.faults import FAULT_KINDS, FaultSchedule
from berthline.workflows.compute import Compute
from berthline.workflows.server.power import Action
from tests.workflows.world import CLOCK, Process, World, member


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def holder(world: World, process: Process, server_id: ServerId) -> SimulatedHost:
    return next(host for host in world.hosts if host.host == process.servers()[server_id].host)


async def test_what_guests_do_by_themselves_is_shown_in_one_commit(world: World) -> None:
    async with world.process() as process:
        made = await process.boot(count=4)
        assert await process.quiet()
        for server in made[:2]:
            holder(world, process, server.id).guest_powers_off(server.id)
        holder(world, process, made[2].id).guest_crashes(made[2].id)
        before = world.store.commits
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 3
        assert world.store.commits - before == 1
        shown = {server.id: (server.vm_state, server.power_state) for server in process.servers().values()}
        assert [shown[server.id] for server in made] == [("stopped", 4), ("stopped", 4), ("stopped", 6), ("active", 1)]
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 0


@pytest.mark.parametrize("state", ["rescued", "resized", "shelved"])
async def test_power_is_told_of_a_state_that_only_its_own_action_ends(world: World, state: str) -> None:
    """As in Nova, where it stays rescued, waiting to be confirmed, or shelved, and says that it is off or on."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        if state == "rescued":
            await process.compute.remaking.rescue(member(), server.id, None, "x")
        elif state == "resized":
            await process.compute.moves.migrate(member(), server.id, None)
        else:
            compute = Compute(with_outside(process.outside, offload_seconds=-1.0), process.engine)
            await compute.shelving.shelve(member(), server.id)
        assert await process.quiet()
        host = holder(world, process, server.id)
        if state == "shelved":
            await host.start(server.id)
        else:
            host.guest_powers_off(server.id)
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 1
        shown = process.servers()[server.id]
        assert (shown.vm_state, shown.power_state) == (state, 1 if state == "shelved" else 4)
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 0


async def test_what_changed_while_the_host_was_asked_is_left_alone(world: World) -> None:
    """The host's answer is older than the row: somebody started something in between."""

    class Slow(SimulatedHost):
        async def powers(self) -> Mapping[ServerId, GuestPower]:
            told = await super().powers()
            for server_id in told:
                await world.store.write(
                    lambda connection, one=server_id: servers.set_attributes(connection, one, at=CLOCK.now(), name="x")  # type: ignore[misc]
                )
            return told

    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        host = holder(world, process, server.id)
        host.guest_powers_off(server.id)
        host.__class__ = Slow
        assert await reconcile_power(world.store, CLOCK, [host]) == 0
        host.__class__ = SimulatedHost
        assert await reconcile_power(world.store, CLOCK, [host]) == 1


async def test_a_crashed_guest_is_started_again_but_not_again_and_again(world: World) -> None:
    async with world.process() as process:
        crashes, stops = await process.boot(count=2)
        assert await process.quiet()
        holder(world, process, crashes.id).guest_crashes(crashes.id)
        holder(world, process, stops.id).guest_powers_off(stops.id)
        assert await reconcile_power(world.store, CLOCK, world.hosts, StartsUnasked(crashed=True)) == 2
        assert process.servers()[crashes.id].task_state == "powering-on"
        await process.engine.look()
        assert await process.quiet()
        shown = {server.id: (server.vm_state, server.power_state) for server in process.servers().values()}
        assert shown == {crashes.id: ("active", 1), stops.id: ("stopped", 4)}
        done = world.store.read_now(lambda connection: actions.page(connection, crashes.id))
        assert done is not None
        assert [action.action for action in done] == ["restart_after_crash", "create"]
        holder(world, process, crashes.id).guest_crashes(crashes.id)
        assert await reconcile_power(world.store, CLOCK, world.hosts, StartsUnasked(crashed=True)) == 1
        assert await process.quiet()
        left = process.servers()[crashes.id]
        assert (left.vm_state, left.power_state, left.task_state) == ("stopped", 6, None)


async def test_a_guest_that_others_paused_stays_active(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        host = holder(world, process, server.id)
        await host.pause(server.id)
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 1
        shown = process.servers()[server.id]
        assert (shown.vm_state, shown.power_state) == ("active", 3)
        await host.resume(server.id)
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 1
        assert process.servers()[server.id].power_state == 1


async def test_a_guest_without_room_shows_it_and_goes_on(world: World) -> None:
    """It is let go on at once, and not again and again: who finds no room is paused by its host again."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        host = holder(world, process, server.id)
        host.guest_stalls(server.id)
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 1
        shown = process.servers()[server.id]
        assert (shown.vm_state, shown.power_state, shown.task_state) == ("active", 3, "unpausing")
        await process.engine.look()
        assert await process.quiet()
        assert await host.power(server.id) == "running"
        shown = process.servers()[server.id]
        assert (shown.vm_state, shown.power_state, shown.task_state) == ("active", 1, None)
        host.guest_stalls(server.id)
        for changed in (1, 0):
            assert await reconcile_power(world.store, CLOCK, world.hosts) == changed
        shown = process.servers()[server.id]
        assert (shown.vm_state, shown.power_state, shown.task_state) == ("active", 3, None)
        done = world.store.read_now(lambda connection: actions.page(connection, server.id))
        assert done is not None
        assert [action.action for action in done] == ["resume_after_want_of_room", "create"]
        await process.compute.actions.begin(member(), server.id, "stop")
        assert await process.quiet()
        assert await host.power(server.id) == "shutoff"


@pytest.mark.parametrize("action", ["start", "hard_reboot"])
async def test_a_guest_that_was_undefined_is_made_again(world: World, action: Action) -> None:
    async with world.process() as process:
        (server,) = await process.boot(nics=2)
        assert await process.quiet()
        host = holder(world, process, server.id)
        host.guest_writes(server.id, b"kept")
        if action == "start":
            await process.compute.actions.begin(member(), server.id, "stop")
            assert await process.quiet()
        host.guest_vanishes(server.id)
        await process.compute.actions.begin(member(), server.id, action)
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.power_state, found.fault) == ("active", 1, None)
        assert await host.power(server.id) == "running"
        assert host.written_by(server.id) == b"kept"
        process.check_active(found, 2)


async def test_what_is_wanted_of_a_server_in_error_is_not_what_its_guest_is(world: World) -> None:
    """Half a rebuild has taken its guest, say."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.store.write_now(
            lambda connection: servers.set_states(connection, server.id, vm_state="error", at=CLOCK.now())
        )
        holder(world, process, server.id).guest_powers_off(server.id)
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 1
        found = process.servers()[server.id]
        assert (found.vm_state, found.power_state, found.wanted) == ("error", 4, "running")


@pytest.mark.parametrize("action", ["pause", "suspend"])
async def test_what_a_paused_or_a_suspended_guest_does_is_shown(world: World, action: Action) -> None:
    async with world.process() as process:
        made = await process.boot(count=3)
        assert await process.quiet()
        for server in made:
            await process.compute.actions.begin(member(), server.id, action)
        assert await process.quiet()
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 0
        runs, crashes, _ = made
        await (holder(world, process, runs.id).resume if action == "pause" else holder(world, process, runs.id).start)(
            runs.id
        )
        holder(world, process, crashes.id).guest_crashes(crashes.id)
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 2
        shown = {server.id: (server.vm_state, server.power_state) for server in process.servers().values()}
        kept = ("paused", 3) if action == "pause" else ("suspended", 4)
        assert [shown[server.id] for server in made] == [("active", 1), ("stopped", 6), kept]


async def test_a_hard_reboot_ends_what_is_under_way(world: World) -> None:
    """Also another of its kind, which it joins."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.schedule.hosts_away = True
        await process.compute.actions.begin(member(), server.id, "pause")
        await process.compute.actions.begin(member(), server.id, "hard_reboot")
        await process.compute.actions.begin(member(), server.id, "hard_reboot")
        assert process.servers()[server.id].task_state == "reboot_started_hard"
        world.schedule.end()
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.task_state, found.power_state) == ("active", None, 1)
        assert await holder(world, process, server.id).power(server.id) == "running"
        ended = {saga.kind: saga.state for saga in process.store.read_now(list_sagas) if saga.kind != "server_create"}
        assert ended["server_hard_reboot"] == "done"


async def test_every_action_on_a_guest_ends_whatever_fails_and_whenever(world: World) -> None:
    """Refused, its reply lost, killed before and after: the server is at rest, and its guest is what it says."""
    wanted: dict[Action, GuestPower] = {
        "pause": "paused", "unpause": "running", "suspend": "shutoff", "resume": "running", "reboot": "running",
        "hard_reboot": "running", "stop": "shutoff", "start": "running", "trigger_crash_dump": "running",
    }  # fmt: skip
    before: dict[Action, Action] = {"unpause": "pause", "resume": "suspend", "start": "stop"}
    ran = 0
    for (action, power), kind in itertools.product(wanted.items(), FAULT_KINDS):
        schedule = FaultSchedule()
        own = World(world.store, schedule)
        async with own.process() as process:
            (server,) = await process.boot()
            assert await process.quiet()
            if action in before:
                await process.compute.actions.begin(member(), server.id, before[action])
                assert await process.quiet()
            schedule.add(kind)
            await process.compute.actions.begin(member(), server.id, action)
            await process.quiet()
        async with own.process() as process:
            assert await process.quiet()
            found = process.servers()[server.id]
            told = await holder(own, process, server.id).power(server.id)
            assert found.task_state is None, (action, kind)
            if kind == "refused":
                assert found.vm_state == (ACTIONS[before[action]].vm_state if action in before else "active")
            else:
                assert told == power, (action, kind)
                assert found.vm_state == (ACTIONS[action].vm_state or "active"), (action, kind)
            await process.compute.delete(member(), server.id)
            assert await process.quiet()
        assert await own.leaks() == ()
        assert await own.guests() == set()
        ran += 1
    print(f"{ran} schedules")
    assert ran == len(wanted) * len(FAULT_KINDS)
