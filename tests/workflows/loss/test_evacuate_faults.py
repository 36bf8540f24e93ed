"""Every effect of an evacuation: refused, reply lost, killed, and killed again while it is undone.

Whatever happened, the server runs on its new host and nowhere else, or is on its old one in ERROR with its disks; when
that host is back it runs there only in the second case, and only when it is told to.
"""

import itertools
from collections.abc import Iterator
from typing import Final

import pytest

from berthline.domain.compute import VmState
from berthline.domain.hypervisor import OFF
from berthline.domain.ids import ServerId
from berthline.store import Store
from berthline.testing.faults import FAULT_KINDS, Fault, FaultSchedule
from tests.workflows.loss.losing import Losing, LosingWorld
from tests.workflows.server.test_resize import WRITTEN, host_of, macs, room_used, used
from tests.workflows.server.test_resize_faults import LIVES, written
from tests.workflows.world import member

STATES: Final[tuple[VmState, ...]] = ("active", "stopped")


def schedules(effects: int, before: VmState) -> Iterator[tuple[Fault, ...]]:
    """One fault at every effect; and behind a refusal or a kill another one at each of the next few.

    The effects of a server that is stopped are among those of one that runs: pairs are tried with one that runs.
    """
    for effect, kind in itertools.product(range(effects), FAULT_KINDS):
        yield (Fault(effect, kind),)
    for effect, gap in itertools.product(range(effects) if before == "active" else (), (1, 2, 3)):
        yield (Fault(effect, "refused"), Fault(effect + gap, "killed after"))
        yield (Fault(effect, "refused"), Fault(effect + gap, "killed before"), Fault(effect + gap + 1, "lost reply"))
        yield (Fault(effect, "killed before"), Fault(effect + gap, "refused"))


async def begun(process: Losing, before: VmState) -> ServerId:
    """A server with something on its disk, in that state, whose host has lost its power."""
    (booted,) = await process.boot(1)
    assert await process.quiet()
    old = host_of(process, booted.id)
    old.guest_writes(booted.id, WRITTEN)
    if before == "stopped":
        await process.compute.actions.begin(member(), booted.id, "stop")
        assert await process.quiet()
    old.lose_power()
    process.world.away.add(old.host)
    await process.force_down_host(old.host)
    return booted.id


async def live(world: LosingWorld, before: VmState, faults: tuple[Fault, ...]) -> int:
    """Boot, lose the host, evacuate with these faults, have the host back, delete. How many effects there were."""
    async with world.process() as process:
        server_id = await begun(process, before)
        source, had = host_of(process, server_id), macs(process, server_id)
    began = len(world.schedule.calls)
    async with world.process() as process:
        world.schedule.add_later(*faults)
        await process.evacuate(server_id)
        await process.quiet()
    for _ in range(LIVES):
        async with world.process() as process:
            if await process.quiet():
                break
    effects = len(world.schedule.calls) - began
    world.schedule.end()
    assert await world.leaks() == ()
    async with world.process() as process:
        server = process.servers()[server_id]
        (evacuation,) = process.evacuations(server_id)
        assert macs(process, server_id) == had
        if evacuation.status == "completed":
            await moved(process, server_id, before)
        else:
            assert evacuation.status == "failed"
            assert any(fault.kind == "refused" for fault in faults)
            assert (server.vm_state, server.task_state, server.host) == ("error", None, source.host)
            assert server.fault is not None
        world.away.clear()
        await process.force_down_host(source.host, down=False)
        assert await process.look() == 1
        if evacuation.status == "completed":
            assert await source.guests() == await source.disks() == frozenset()
            await moved(process, server_id, before)
        else:
            assert written(process, server_id) == WRITTEN, "its own disks are there still"
            await process.compute.actions.begin(member(), server_id, "hard_reboot")
            assert await process.quiet()
            process.check_active(process.servers()[server_id], 1)
        assert await world.guests() == {server_id}
        await process.compute.delete(member(), server_id)
        assert await process.quiet()
        assert used(process) == {"cores": 0, "ram": 0, "instances": 0}
        assert set(room_used(process).values()) == {(0, 0)}
    assert await world.leaks() == ()
    assert [await host.disks() for host in world.hosts] == [frozenset()] * 2
    assert world.dataplane.plugged() == {}
    return effects


async def moved(process: Losing, server_id: ServerId, before: VmState) -> None:
    server = process.servers()[server_id]
    assert (server.vm_state, server.task_state, server.fault) == (before, None, None)
    power = await host_of(process, server_id).power(server_id)
    assert power == "running" if before == "active" else power in OFF
    if before == "active":
        process.check_active(server, 1)


@pytest.mark.parametrize("before", STATES)
async def test_the_server_is_at_one_host_whatever_fails_and_whenever(store: Store, before: VmState) -> None:
    effects = await live(LosingWorld(store), before, ())
    assert effects >= 4
    ran = 0
    for faults in schedules(effects, before):
        world = LosingWorld(store, FaultSchedule())
        try:
            await live(world, before, faults)
        except BaseException as error:
            error.add_note(f"{faults}; struck: {world.schedule.struck}; calls: {world.schedule.calls}")
            raise
        ran += 1
    print(f"{ran} schedules of {effects} effects")
    assert ran >= 4 * effects
