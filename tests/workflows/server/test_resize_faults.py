"""Every effect of a resize and a migration, of their confirmation and of the way back: refused, reply lost, killed.

Whatever happened, the server is as before or as asked once the cloud is quiet, its data is there, and nothing leaked.
"""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Final

import pytest

from berthline.domain.compute import Flavor, Server
from berthline.domain.ids import ServerId
from berthline.store import Store
from berthline.store.compute import flavors, migrations
from berthline.testing.faults import FAULT_KINDS, Fault, FaultSchedule
from tests.workflows.server.test_resize import LARGE, WRITTEN, admin, bound_to, host_of, macs, room_used, used
from tests.workflows.world import CLOCK, FLAVOR, Process, World, member

LIVES: Final = 12
"""More processes than any schedule can kill."""

WAYS: Final = ("resize", "migrate")
ENDS: Final = ("confirm", "revert")
STATES: Final = ("active", "stopped")


def schedules(effects: int, before: str) -> Iterator[tuple[Fault, ...]]:
    """One fault at every effect; and behind a kill or a refusal another one at each of the next few.

    The effects of a server that is stopped are among those of one that runs: of each pair one of the two has it.
    """
    for effect, kind in itertools.product(range(effects), FAULT_KINDS):
        yield (Fault(effect, kind),)
    for effect, gap in itertools.product(range(effects), (1, 3) if before == "active" else (2,)):
        yield (Fault(effect, "refused"), Fault(effect + gap, "killed after"))
        yield (Fault(effect, "killed before"), Fault(effect + gap, "lost reply"))


async def begun(process: Process, what: str, server_id: ServerId) -> None:
    moves = process.compute.moves
    if what == "resize":
        await moves.resize(member(), server_id, LARGE.id)
    elif what == "migrate":
        await moves.migrate(admin(), server_id, None)
    else:
        await (moves.confirm(member(), server_id) if what == "confirm" else moves.revert(member(), server_id))


async def struck(world: World, what: str, server_id: ServerId, faults: tuple[Fault, ...]) -> int:
    """Do it with these faults, and see it through in as many processes as it takes; the effects counted."""
    began = len(world.schedule.calls)
    async with world.process() as process:
        world.schedule.add_later(*faults)
        await begun(process, what, server_id)
        await process.quiet()
    for _ in range(LIVES):
        async with world.process() as process:
            if await process.quiet():
                break
    world.schedule.end()
    assert await world.leaks() == ()
    return len(world.schedule.calls) - began


def written(process: Process, server_id: ServerId) -> bytes:
    disks = host_of(process, server_id).disks_of(server_id)
    assert disks is not None
    return disks.written


async def live(world: World, way: str, end: str, before: str, faults: dict[str, tuple[Fault, ...]]) -> dict[str, int]:
    """Boot, move, end the move, delete: with these faults of the move and of its end. How many effects each had."""
    world.store.write_now(partial(flavors.add, flavor=LARGE, at=CLOCK.now()))
    counted: dict[str, int] = {}
    async with world.process() as process:
        (booted,) = await process.boot(1)
        assert await process.quiet()
        host_of(process, booted.id).guest_writes(booted.id, WRITTEN)
        if before == "stopped":
            await process.compute.actions.begin(member(), booted.id, "stop")
            assert await process.quiet()
        server = process.servers()[booted.id]
        had = macs(process, server.id)
    counted["move"] = await struck(world, way, server.id, faults.get("move", ()))
    await check_moved(world, way, before, server, faults.get("move", ()))
    counted["end"] = await struck(world, end, server.id, faults.get("end", ()))
    async with world.process() as process:
        ended = process.servers()[server.id]
        if ended.vm_state == "resized":  # the confirmation was refused: it is asked for again
            assert end == "confirm"
            assert ended.fault is not None
            await begun(process, end, server.id)
            assert await process.quiet()
            ended = process.servers()[server.id]
        if ended.vm_state == "error":
            assert end == "revert"
            assert any(fault.kind == "refused" for fault in faults["end"])
        else:
            check_ended(process, server.id, before, LARGE if (way, end) == ("resize", "confirm") else FLAVOR)
            assert (ended.host == server.host) == (end == "revert" or way == "resize")
        assert macs(process, server.id) == had
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert used(process) == {"cores": 0, "ram": 0, "instances": 0}
        assert set(room_used(process).values()) == {(0, 0)}
    assert await world.leaks() == ()
    assert await world.guests() == set()
    assert [await host.disks() for host in world.hosts] == [frozenset()] * 2
    assert world.dataplane.plugged() == {}
    return counted


async def check_moved(world: World, way: str, before: str, server: Server, faults: tuple[Fault, ...]) -> None:
    """It waits to be confirmed, or it is as it was, and is moved then."""
    async with world.process() as process:
        moved = process.servers()[server.id]
        assert moved.task_state is None
        if moved.vm_state != "resized":
            assert any(fault.kind == "refused" for fault in faults)
            assert (moved.vm_state, moved.flavor, moved.host, moved.disks) == (
                before, server.flavor, server.host, server.disks,
            )  # fmt: skip
            assert used(process) == {"cores": 1, "ram": 128, "instances": 1}
            assert written(process, server.id) == WRITTEN
            if before == "active":
                process.check_active(moved, 1)
            await begun(process, way, server.id)
            assert await process.quiet()
        assert written(process, server.id) == WRITTEN


def check_ended(process: Process, server_id: ServerId, before: str, flavor: Flavor) -> None:
    server = process.servers()[server_id]
    assert (server.vm_state, server.task_state) == (before, None)
    assert server.flavor.id == flavor.id
    assert process.store.read_now(lambda connection: migrations.held_by(connection, server_id)) is None
    assert written(process, server_id) == WRITTEN
    if before == "active":
        process.check_active(server, 1)
        assert bound_to(process) == {server.host}


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_move_ends_whatever_fails_and_whenever(store: Store, way: str, end: str, before: str) -> None:
    effects = await live(World(store), way, end, before, {})
    assert effects["move"] >= 3
    assert effects["end"] >= 1
    ran = 0
    for part in ("move", "end"):
        for faults in schedules(effects[part], before):
            world = World(store, FaultSchedule())
            try:
                await live(world, way, end, before, {part: faults})
            except BaseException as error:
                error.add_note(f"{part}: {faults}; struck: {world.schedule.struck}; calls: {world.schedule.calls}")
                raise
            ran += 1
    print(f"{ran} schedules of {effects}")
    assert ran >= 6 * sum(effects.values())
