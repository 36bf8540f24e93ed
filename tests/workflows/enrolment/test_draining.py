"""A host is drained: all that can move does, so many at once, whoever dies meanwhile; the rest is told with reasons."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Final, Literal

import pytest
from sqlalchemy import update

from berthline.domain.compute import Fault as OldFault
from berthline.domain.compute import Server, TaskState, VmState
from berthline.domain.errors import BadRequest, Conflict, Forbidden, NotFound
from berthline.domain.hardware import Hardware, Tpm
from berthline.domain.hosts.draining import DrainedState, StayingServer
from berthline.domain.ids import HostName, ServerId
from berthline.reconcile.draining import TPM, Draining
from berthline.store import Store
from berthline.store.compute import drains, hosts, migrations
from berthline.store.tables.compute import servers as servers_table
from berthline.store.tables.control import postponements
from berthline.testing.faults import FAULT_KINDS, Fault, FaultKind, FaultSchedule
from berthline.workflows.enrolment.draining import Progress, judged_by
from tests.workflows.server.test_resize import admin, host_of
from tests.workflows.world import CLOCK, HOSTS, Process, World, member

HERE, THERE = map(HostName, HOSTS)
LIVES: Final = 12
TURNS: Final = 60
"""More looks than any drain here needs."""


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.fixture
async def process(world: World) -> AsyncIterator[Process]:
    async with world.process() as process:
        yield process


async def booted(process: Process, count: int) -> tuple[ServerId, ...]:
    """So many servers on the host that will be drained."""
    set_enabled(process, THERE, enabled=False)
    made = await process.boot(count=count)
    assert await process.quiet()
    set_enabled(process, THERE, enabled=True)
    assert {server.host for server in process.servers().values()} == {HERE}
    return tuple(server.id for server in made)


def set_enabled(process: Process, name: HostName, *, enabled: bool) -> None:
    process.store.write_now(lambda connection: hosts.set_service(connection, name, CLOCK.now(), enabled=enabled))


def change(process: Process, server_id: ServerId, **values: object) -> None:
    statement = update(servers_table).where(servers_table.c.id == server_id).values(values)
    process.store.write_now(lambda connection: connection.execute(statement).rowcount)


async def acted(process: Process, server_id: ServerId, action: Literal["pause", "stop", "suspend", "resume"]) -> None:
    await process.compute.actions.begin(member(), server_id, action)
    assert await process.quiet()


async def turn(process: Process, draining: Draining) -> int:
    """One look, and whatever it began."""
    under_way = await draining.run_once()
    await process.engine.look()
    return under_way


async def seen_through(process: Process) -> bool:
    """Look until every drain has ended; False when the process was killed first. A confirmation that was refused is
    tried again in a minute, which is over at once here.
    """
    draining = Draining(process.store, process.clock)
    for _ in range(TURNS):
        if not await turn(process, draining):
            return True
        if not await process.quiet():
            return False
        process.store.write_now(lambda connection: connection.execute(postponements.delete()).rowcount)
    raise AssertionError(process.store.read_now(drains.under_way))


async def progress(process: Process) -> Progress:
    return await process.compute.hosts.progress(admin(), HERE)


def ids(progress: Progress, state: DrainedState) -> set[ServerId]:
    return {one.server_id for one in progress.told if one.state == state}


def reasons(progress: Progress) -> dict[ServerId, str]:
    return {one.server_id: one.reason or "" for one in progress.told if one.state == "left"}


def places(process: Process) -> dict[ServerId, tuple[HostName | None, VmState, TaskState | None]]:
    return {key: (one.host, one.vm_state, one.task_state) for key, one in process.servers().items()}


async def test_what_runs_is_paused_or_is_off_moves_and_is_as_before(world: World, process: Process) -> None:
    active, paused, stopped = await booted(process, 3)
    await acted(process, paused, "pause")
    await acted(process, stopped, "stop")
    begun = await process.compute.hosts.drain(admin(), HERE, None)
    assert (begun.state, begun.drain.at_once, len(begun.waiting)) == ("draining", 2, 3)
    assert await seen_through(process)
    found = await progress(process)
    assert (found.state, ids(found, "moved"), reasons(found)) == ("drained", {active, paused, stopped}, {})
    assert places(process) == {
        active: (THERE, "active", None),
        paused: (THERE, "paused", None),
        stopped: (THERE, "stopped", None),
    }
    kinds = {one.server_id: (one.type, one.status) for one in process.store.read_now(lambda c: migrations.page(c, {}))}
    assert kinds[active] == kinds[paused] == ("live-migration", "completed")
    assert kinds[stopped] == ("migration", "confirmed")
    host = process.store.read_now(lambda connection: hosts.get(connection, HERE))
    assert host is not None
    assert (host.enabled, host.disabled_reason, host.running_vms) == (False, "it is being drained", 0)
    assert await world.hosts[0].guests() == frozenset()
    assert await world.leaks() == ()


async def test_no_more_than_so_many_move_at_once_however_many_processes_look(process: Process) -> None:
    made = await booted(process, 5)
    source = host_of(process, made[0])
    source.hold_moves()
    await process.compute.hosts.drain(admin(), HERE, 2)
    lookers = [Draining(process.store, process.clock) for _ in range(3)]
    for _ in range(3):
        await asyncio.gather(*(each.run_once() for each in lookers))
        await process.engine.look()
    found = await progress(process)
    assert (len(ids(found, "moving")), len(found.waiting), ids(found, "moved")) == (2, 3, set())
    await process.compute.hosts.drain(admin(), HERE, 3)
    await asyncio.gather(*(each.run_once() for each in lookers))
    assert len(ids(await progress(process), "moving")) == 3
    source.let_moves_end()
    assert await process.quiet()
    assert await seen_through(process)
    assert ids(await progress(process), "moved") == set(made)


async def test_what_cannot_move_is_left_with_its_reason_and_tried_when_asked_again(process: Process) -> None:
    suspended, trusted, failed, resized, pinned, last = await booted(process, 6)
    await acted(process, suspended, "suspend")
    change(process, trusted, hardware=Hardware(tpm=Tpm(version="2.0")))
    change(process, failed, vm_state="error")
    change(process, pinned, pinned_availability_zone="another")
    await process.compute.moves.migrate(admin(), resized, None)
    assert await process.quiet()
    await process.compute.hosts.drain(admin(), HERE, 3)
    assert await seen_through(process)
    found = await progress(process)
    said = reasons(found)
    assert found.state == "left"
    assert ids(found, "moved") == {last}
    assert said.keys() == {suspended, trusted, failed, resized, pinned}
    assert said[trusted] == TPM
    for server_id, words in {suspended: "suspended", failed: "ERROR", resized: "confirmed", pinned: "zone"}.items():
        assert words in said[server_id], said[server_id]
    await process.compute.moves.confirm(member(), resized)
    change(process, trusted, hardware=Hardware())
    change(process, failed, vm_state="active")
    change(process, pinned, pinned_availability_zone=None)
    await acted(process, suspended, "resume")
    await process.compute.hosts.drain(admin(), HERE, None)
    assert await seen_through(process)
    assert (await progress(process)).state == "drained"
    assert {place for place, _, _ in places(process).values()} == {THERE}


async def test_a_move_that_was_aborted_is_not_told_with_an_older_fault(process: Process) -> None:
    (server_id,) = await booted(process, 1)
    change(process, server_id, fault=OldFault(code=500, message="a pause of old", details="", created_at=CLOCK.now()))
    source = host_of(process, server_id)
    source.hold_moves()
    await process.compute.hosts.drain(admin(), HERE, 1)
    await turn(process, Draining(process.store, process.clock))
    (moving,) = process.store.read_now(lambda connection: migrations.page(connection, {}))
    await process.compute.live.abort(admin(), server_id, moving.number, queued=True)
    source.let_moves_end()
    assert await process.quiet()
    assert await seen_through(process)
    assert reasons(await progress(process)) == {server_id: "its move ended as cancelled"}


async def test_no_room_is_said_and_by_whom(process: Process) -> None:
    (server_id,) = await booted(process, 1)
    set_enabled(process, THERE, enabled=False)
    await process.compute.hosts.drain(admin(), HERE, None)
    assert await seen_through(process)
    (reason,) = reasons(await progress(process)).values()
    assert "No valid host was found" in reason
    assert f"{THERE}: " in reason
    assert places(process) == {server_id: (HERE, "active", None)}


async def test_a_host_that_is_enabled_is_drained_no_further(process: Process) -> None:
    made = await booted(process, 3)
    source = host_of(process, made[0])
    source.hold_moves()
    await process.compute.hosts.drain(admin(), HERE, 1)
    draining = Draining(process.store, process.clock)
    await turn(process, draining)
    (begun,) = ids(await progress(process), "moving")
    await process.compute.hosts.set_enabled(admin(), HERE, True, None)
    source.let_moves_end()
    assert await process.quiet()
    assert await seen_through(process)
    found = await progress(process)
    assert (found.state, ids(found, "moved"), found.waiting) == ("cancelled", {begun}, ())
    assert {key for key, (host, _, _) in places(process).items() if host == HERE} == set(made) - {begun}
    await process.compute.hosts.drain(admin(), HERE, 1)
    assert await seen_through(process)
    assert ids(await progress(process), "moved") == set(made) - {begun}, "those of the new drain"


async def test_a_server_that_is_deleted_meanwhile_is_nobodys_any_more(process: Process) -> None:
    made = await booted(process, 2)
    source = host_of(process, made[0])
    source.hold_moves()
    await process.compute.hosts.drain(admin(), HERE, 1)
    await turn(process, Draining(process.store, process.clock))
    (begun,) = ids(await progress(process), "moving")
    await process.compute.delete(member(), begun)
    source.let_moves_end()
    assert await process.quiet()
    assert await seen_through(process)
    found = await progress(process)
    assert (found.state, ids(found, "moved")) == ("drained", set(made) - {begun})


async def test_a_host_that_does_not_answer_is_waited_for(process: Process) -> None:
    (server_id,) = await booted(process, 1)

    def force(*, down: bool) -> None:
        process.store.write_now(lambda c: hosts.set_service(c, HERE, CLOCK.now(), forced_down=down))

    force(down=True)
    with pytest.raises(Conflict, match="does not answer"):
        await process.compute.hosts.drain(admin(), HERE, None)
    force(down=False)
    await process.compute.hosts.drain(admin(), HERE, None)
    force(down=True)
    draining = Draining(process.store, process.clock)
    for _ in range(3):
        assert await turn(process, draining) == 1
    found = await progress(process)
    assert (found.state, found.silent, len(found.waiting)) == ("draining", True, 1)
    force(down=False)
    assert await seen_through(process)
    assert ids(await progress(process), "moved") == {server_id}


async def test_only_admins_and_only_hosts_that_there_are(process: Process) -> None:
    with pytest.raises(Forbidden):
        await process.compute.hosts.drain(member(), HERE, None)
    with pytest.raises(Forbidden):
        await process.compute.hosts.progress(member(), HERE)
    with pytest.raises(NotFound):
        await process.compute.hosts.drain(admin(), HostName("none"), None)
    with pytest.raises(NotFound, match="was not drained"):
        await progress(process)
    with pytest.raises(NotFound, match="could not be found"):
        await process.compute.hosts.progress(admin(), HostName("none"))


async def test_a_tpm_keeps_a_server_from_moving_while_it_runs(process: Process) -> None:
    """It was sent to its own host, of which the undo then cleared the guest away."""
    (server_id,) = await booted(process, 1)
    change(process, server_id, hardware=Hardware(tpm=Tpm(version="2.0")))
    with pytest.raises(BadRequest, match="not supported for vTPM-enabled"):
        await process.compute.live.begin(admin(), server_id, None)
    assert places(process) == {server_id: (HERE, "active", None)}


@pytest.mark.parametrize(
    ("vm_state", "task_state", "host", "held", "way", "later"),
    [
        ("active", None, HERE, False, "live", False),
        ("paused", None, HERE, False, "live", False),
        ("stopped", None, HERE, False, "cold", False),
        ("active", "powering-off", HERE, False, None, True),
        ("building", "spawning", HERE, False, None, True),
        ("active", "migrating", HERE, True, None, True),
        ("active", "migrating", THERE, True, None, True),
        ("resized", None, THERE, True, None, False),
        ("resized", "resize_reverting", THERE, True, None, True),
        ("error", None, HERE, False, None, False),
        ("error", "deleting", HERE, False, None, True),
        ("rescued", None, HERE, False, None, False),
        ("soft-delete", None, HERE, False, None, False),
    ],
)
def test_each_state_is_judged(
    vm_state: VmState, task_state: TaskState | None, host: HostName, held: bool, way: str | None, later: bool
) -> None:
    server = StayingServer(
        server_id=ServerId("a"), name="a", host=host, vm_state=vm_state, task_state=task_state, held=held
    )
    verdict = judged_by(server, HERE)
    assert (verdict.way, verdict.later) == (way, later)
    assert bool(verdict.reason) == (way is None)


async def drain_with(world: World, fault: Fault) -> tuple[dict[ServerId, Server], int]:
    """A running and a stopped server are moved off while it strikes; what there is then, and how many effects."""
    async with world.process() as process:
        _, stopped = await booted(process, 2)
        await acted(process, stopped, "stop")
        before = process.servers()
        began = len(world.schedule.calls)
        world.schedule.add_later(fault)
        await process.compute.hosts.drain(admin(), HERE, 2)
    for _ in range(LIVES):
        async with world.process() as process:
            if await process.quiet() and await seen_through(process):
                break
    effects = len(world.schedule.calls) - began
    async with world.process() as process:
        assert await process.quiet()
        found = await progress(process)
        told = {one.server_id for one in found.told}
        assert told == before.keys(), "each is told of"
        assert found.state == ("left" if reasons(found) else "drained")
        for server_id, server in process.servers().items():
            assert (server.vm_state, server.task_state) == (before[server_id].vm_state, None)
            assert (server.host == HERE) == (server_id in reasons(found))
        if reasons(found):
            assert fault.kind == "refused"
            world.schedule.end()
            await process.compute.hosts.drain(admin(), HERE, 2)
            assert await seen_through(process)
            assert (await progress(process)).state == "drained"
        after = process.servers()
    assert await world.hosts[0].guests() == frozenset()
    assert await world.leaks() == ()
    return after, effects


@pytest.mark.parametrize("kind", FAULT_KINDS)
async def test_whatever_fails_or_dies_the_drain_goes_on_and_tells_of_every_server(
    store: Store, kind: FaultKind
) -> None:
    for effect in itertools.count():
        world = World(store, FaultSchedule())
        after, effects = await drain_with(world, Fault(effect, kind))
        assert {server.host for server in after.values()} == {THERE}
        if effect >= effects:
            return
