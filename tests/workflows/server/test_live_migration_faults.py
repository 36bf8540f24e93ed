"""Every effect of a live migration: refused, reply lost, killed; and the process killed while the guest is on its way.

Whatever happened, the guest runs at one of the two hosts and nowhere else, with its data, and nothing else is left.
"""

import itertools
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import pytest

from berthline.domain.compute import VmState
from berthline.domain.errors import BadRequest, InstanceInvalidState
from berthline.domain.ids import ServerId
from berthline.store import Store
from berthline.testing.faults import FAULT_KINDS, Fault, FaultSchedule
from tests.workflows.server.test_live_migration import move_of, on_its_way
from tests.workflows.server.test_resize import WRITTEN, admin, bound_to, host_of, macs, room_used, used
from tests.workflows.server.test_resize_faults import LIVES, written
from tests.workflows.world import FLAVOR, Process, World, member

STATES: Final[tuple[VmState, ...]] = ("active", "paused")
POWERS: Final = {"active": "running", "paused": "paused"}


def schedules(effects: int, before: VmState) -> Iterator[tuple[Fault, ...]]:
    """One fault at every effect; and behind a kill or a refusal another one at each of the next few.

    Of each pair one of the two states has it: their effects are the same.
    """
    for effect, kind in itertools.product(range(effects), FAULT_KINDS):
        yield (Fault(effect, kind),)
    for effect, gap in itertools.product(range(effects), (1, 3) if before == "active" else (2,)):
        yield (Fault(effect, "refused"), Fault(effect + gap, "killed after"))
        yield (Fault(effect, "refused"), Fault(effect + gap, "killed before"), Fault(effect + gap + 1, "lost reply"))
        yield (Fault(effect, "killed before"), Fault(effect + gap, "refused"))


async def prepared(process: Process, before: VmState) -> ServerId:
    """A server with something on its disk, in that state."""
    (booted,) = await process.boot(1)
    assert await process.quiet()
    host_of(process, booted.id).guest_writes(booted.id, WRITTEN)
    if before == "paused":
        await process.compute.actions.begin(member(), booted.id, "pause")
        assert await process.quiet()
    return booted.id


async def seen_through(world: World) -> None:
    """As many processes as it takes."""
    for _ in range(LIVES):
        async with world.process() as process:
            if await process.quiet():
                break
    world.schedule.end()
    assert await world.leaks() == ()


async def live(world: World, before: VmState, faults: tuple[Fault, ...]) -> int:
    """Boot, move with these faults, look, delete. How many effects the move had."""
    async with world.process() as process:
        server_id = await prepared(process, before)
        source, had = process.servers()[server_id].host, macs(process, server_id)
    began = len(world.schedule.calls)
    async with world.process() as process:
        world.schedule.add_later(*faults)
        await process.compute.live.begin(admin(), server_id, None)
        await process.quiet()
    await seen_through(world)
    effects = len(world.schedule.calls) - began
    async with world.process() as process:
        await check(process, server_id, before)
        moved, ended = process.servers()[server_id].host != source, move_of(process, server_id).status
        assert ended == ("completed" if moved else "error")
        if ended == "error":
            assert any(fault.kind == "refused" for fault in faults)
            assert process.servers()[server_id].fault is not None
        assert macs(process, server_id) == had
        await process.compute.delete(member(), server_id)
        assert await process.quiet()
        assert used(process) == {"cores": 0, "ram": 0, "instances": 0}
        assert set(room_used(process).values()) == {(0, 0)}
    assert await world.leaks() == ()
    assert await world.guests() == set()
    assert [await host.disks() for host in world.hosts] == [frozenset()] * 2
    assert world.dataplane.plugged() == {}
    return effects


async def check(process: Process, server_id: ServerId, before: VmState) -> None:
    """It is where its row says, as it was, with its data, and at no other host."""
    server = process.servers()[server_id]
    assert (server.vm_state, server.task_state) == (before, None)
    powers = {host.host: await host.power(server_id) for host in process.world.hosts}
    assert powers.pop(host_of(process, server_id).host) == POWERS[before]
    assert set(powers.values()) == {"absent"}
    assert [host.host for host in process.world.hosts if await host.disks()] == [server.host]
    assert written(process, server_id) == WRITTEN
    assert bound_to(process) == {server.host}
    process.check_active(server, 1)
    assert sorted(room_used(process).values()) == [(0, 0), (FLAVOR.ram, 1)]
    assert not move_of(process, server_id).held


@pytest.mark.parametrize("before", STATES)
async def test_the_guest_is_at_one_host_whatever_fails_and_whenever(store: Store, before: VmState) -> None:
    effects = await live(World(store), before, ())
    assert effects >= 6
    ran = 0
    for faults in schedules(effects, before):
        world = World(store, FaultSchedule())
        try:
            await live(world, before, faults)
        except BaseException as error:
            error.add_note(f"{faults}; struck: {world.schedule.struck}; calls: {world.schedule.calls}")
            raise
        ran += 1
    print(f"{ran} schedules of {effects} effects")
    assert ran >= 7 * effects


@pytest.mark.parametrize("meanwhile", ["arrives", "goes on", "is lost"])
@pytest.mark.parametrize("asked", ["nothing", "abort", "delete"])
async def test_a_process_that_dies_while_the_guest_is_on_its_way(store: Store, asked: str, meanwhile: str) -> None:
    """The hosts go on by themselves: who comes after asks both where the guest is."""
    world = World(store, FaultSchedule())
    async with world.process() as process:
        server_id = await prepared(process, "active")
        source = host_of(process, server_id)
        source.hold_moves()
        await process.compute.live.begin(admin(), server_id, None)
        await on_its_way(process, server_id)
    if meanwhile == "arrives":
        source.let_moves_end()
    elif meanwhile == "is lost":  # as when the host's own daemon is started again amid a move
        await source.abort_move(server_id)
    async with world.process() as process:
        if asked == "abort":
            with suppress(BadRequest, InstanceInvalidState):  # one that was found to have arrived before is past that
                await process.compute.live.abort(admin(), server_id, move_of(process, server_id).number, queued=True)
        elif asked == "delete":
            await process.compute.delete(member(), server_id)
        source.let_moves_end()
        assert await process.quiet()
        if asked != "delete":
            await check(process, server_id, "active")
            expected = {"arrives": {"completed"}, "is lost": {"error", "cancelled"}}.get(meanwhile)
            assert expected is None or move_of(process, server_id).status in expected
    assert await world.leaks() == ()
    assert await world.guests() == (set() if asked == "delete" else {server_id})
