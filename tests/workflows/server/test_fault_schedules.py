"""Every effect of server_create and server_delete: refused, reply lost, process killed before and after, killed again.

Each schedule runs on a world of its own. Whatever happened, once the cloud is quiet again nothing may be leaked, in the
database, in the dataplane or on the hosts; then everything is deleted, and nothing at all may be left.
"""

import itertools
import random
from collections.abc import Iterator

import pytest

from berthline.domain.ids import ServerId
from berthline.store import Store
from berthline.testing.faults import FAULT_KINDS, Fault, FaultKind, FaultSchedule
from tests.workflows.world import Process, World, member

SEED = random.SystemRandom().randrange(2**32)
KILLS: tuple[FaultKind, ...] = ("killed before", "killed after")
NICS = (0, 2)
LIVES = 12
"""More processes than any schedule can kill."""


async def live(world: World, nics: int) -> int:
    """Boot a server, delete it, and see both through however many processes it takes; returns the effects counted."""
    server: ServerId | None = None
    asked_to_delete = False
    for _ in range(LIVES):
        async with world.process() as process:
            if server is None:
                server = (await process.boot(nics))[0].id
            if not await process.quiet():
                continue
            if not asked_to_delete:
                await check_settled(world, process, server, nics)
                asked_to_delete = True
            if server in process.servers():
                await process.compute.delete(member(), server)
                if not await process.quiet():
                    continue
                if server in process.servers():  # its delete was refused for good: it says so, and may be asked again
                    assert process.servers()[server].vm_state == "error"
                    assert await world.leaks() == ()
                    continue
            break
    else:
        raise AssertionError(f"not finished after {LIVES} processes: {world.schedule.struck}")
    assert await world.leaks() == ()
    assert await world.guests() == set()
    assert world.dataplane.plugged() == {}
    assert {unit.kind for unit in await world.dataplane.observe()} <= {"network", "security_group"}
    return len(world.schedule.calls)


async def check_settled(world: World, process: Process, server: ServerId, nics: int) -> None:
    found = process.servers()[server]
    assert found.vm_state in {"active", "error"}
    assert found.task_state is None
    if found.vm_state == "active":
        process.check_active(found, nics)
        assert await world.guests() == {server}
    else:
        assert found.fault is not None
        assert found.host is None
        assert found.nics == ()
        assert await world.guests() == set()
    assert await world.leaks() == ()


def schedules(effects: int) -> Iterator[tuple[Fault, ...]]:
    """One fault at every effect; a refusal or a kill, and then a kill at every effect that may follow."""
    for effect, kind in itertools.product(range(effects), FAULT_KINDS):
        yield (Fault(effect, kind),)
    for effect, later in itertools.combinations(range(effects + 4), 2):
        for kind in KILLS:
            yield (Fault(effect, "refused"), Fault(later, kind))
        yield (Fault(effect, "killed after"), Fault(later, "killed before"))


async def test_nothing_leaks_whatever_fails_and_whenever(store: Store) -> None:
    ran = 0
    for nics in NICS:
        effects = await live(World(store), nics)
        assert effects >= 6
        for faults in schedules(effects):
            schedule = FaultSchedule(*faults)
            try:
                await live(World(store, schedule), nics)
            except BaseException as error:
                error.add_note(f"{nics} NICs, {faults}; struck: {schedule.struck}; calls: {schedule.calls}")
                raise
            ran += 1
    print(f"{ran} schedules")
    assert ran >= 500


async def test_random_schedules_of_many_faults(store: Store) -> None:
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    for number in range(60):
        faults = [Fault(effect, dice.choice(FAULT_KINDS)) for effect in range(24) if dice.random() < 0.25]
        schedule = FaultSchedule(*faults)
        try:
            await live(World(store, schedule), dice.choice(NICS))
        except BaseException as error:
            error.add_note(f"seed {SEED}, schedule {number}: {faults}; struck: {schedule.struck}")
            raise


@pytest.mark.leaks("it shows that a leak is seen")
async def test_the_check_itself_sees_a_leak(store: Store) -> None:
    """A positive control: an undo that does not happen is found."""
    world = World(store)
    async with world.process() as process:
        (server,) = await process.boot(1)
        assert await process.quiet()
        host = next(host for host in world.hosts if host.host == process.servers()[server.id].host)
        await host.destroy(server.id)
        kinds = {leak.kind for leak in await world.leaks()}
    assert kinds == {"server without guest"}
