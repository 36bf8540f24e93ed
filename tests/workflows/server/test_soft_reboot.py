"""Soft reboots: a guest is asked to power off and waited for; one that does not listen has its power cut in the end."""

import asyncio
import itertools
from typing import ClassVar, Final

import pytest

from berthline.domain.compute import Server
from berthline.domain.ids import ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.power_state import reconcile_power
from berthline.store import Store
from berthline.store.control.sagas import list_sagas
from berthline.testing.faults import FAULT_KINDS
from tests.workflows.world import CLOCK, Process, World, member

EFFECTS: Final = ("ask_to_power_off", "shutdown", "start")
STARTS: Final = b"simulated guest guest starts"


class Patient(Process):
    """It waits for guests longer than any test: what goes on in it was not for want of time."""

    soft_reboot_seconds: ClassVar[float] = 3600.0


class PatientWorld(World):
    def begin(self) -> Process:
        return Patient(self)


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.fixture
def patient(store: Store) -> World:
    return PatientWorld(store)


async def booted(process: Process) -> tuple[Server, SimulatedHost]:
    (made,) = await process.boot()
    assert await process.quiet()
    server = process.servers()[made.id]
    return server, next(host for host in process.world.hosts if host.host == server.host)


async def reboots(process: Process, server_id: ServerId) -> None:
    await process.compute.actions.begin(member(), server_id, "reboot")


async def waits(process: Process, server_id: ServerId) -> None:
    """Until the saga has asked the guest, and has recorded that it waits for it."""

    def recorded() -> list[int]:
        found = process.store.read_now(lambda connection: list_sagas(connection, subject_id=server_id))
        return [saga.position for saga in found if saga.kind == "server_reboot"]

    for _ in range(5000):
        if recorded() == [1]:
            return
        await asyncio.sleep(0.002)
    raise AssertionError(f"it waits for nothing: {recorded()}")


async def asked(process: Process) -> None:
    """Until the guest was asked to power off; what waits for it then is not recorded yet."""
    for _ in range(5000):
        if process.world.schedule.calls[-1] == EFFECTS[0]:
            return
        await asyncio.sleep(0.002)
    raise AssertionError("the guest was not asked")


async def check_rebooted(process: Process, server_id: ServerId, host: SimulatedHost, starts: int = 2) -> None:
    found = process.servers()[server_id]
    assert (found.vm_state, found.task_state, found.power_state, found.fault) == ("active", None, 1, None)
    assert await host.power(server_id) == "running"
    assert (await host.console_output(server_id, None)).count(STARTS) == starts
    process.check_active(found, 1)


async def test_a_guest_that_listens_powers_off_and_is_started(patient: World) -> None:
    async with patient.process() as process:
        server, host = await booted(process)
        await reboots(process, server.id)
        assert await process.quiet()
        await check_rebooted(process, server.id, host)


async def test_a_guest_that_does_not_listen_has_its_power_cut_when_its_time_is_over(world: World) -> None:
    async with world.process() as process:
        server, host = await booted(process)
        host.guest_stops_listening(server.id)
        await reboots(process, server.id)
        assert await process.quiet()
        await check_rebooted(process, server.id, host)


async def test_a_guest_that_takes_its_time_is_waited_for_also_by_the_next_process(patient: World) -> None:
    async with patient.process() as process:
        server, host = await booted(process)
        host.guest_stops_listening(server.id)
        await reboots(process, server.id)
        await waits(process, server.id)
        assert process.servers()[server.id].task_state == "rebooting"
    async with patient.process() as process:
        assert await host.power(server.id) == "running"
        host.guest_powers_off(server.id)
        assert await process.quiet()
        await check_rebooted(process, server.id, host)


async def test_a_hard_reboot_ends_the_wait(patient: World) -> None:
    async with patient.process() as process:
        server, host = await booted(process)
        host.guest_stops_listening(server.id)
        await reboots(process, server.id)
        await asked(process)
        await process.compute.actions.begin(member(), server.id, "hard_reboot")
        assert await process.quiet()
        await check_rebooted(process, server.id, host)


async def test_a_delete_ends_the_wait(patient: World) -> None:
    async with patient.process() as process:
        server, host = await booted(process)
        host.guest_stops_listening(server.id)
        await reboots(process, server.id)
        await asked(process)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert server.id not in await host.guests()


@pytest.mark.parametrize("found", ["paused", "shutoff", "absent"])
async def test_a_guest_that_cannot_hear_is_not_waited_for(patient: World, found: str) -> None:
    """Somebody paused it, it went off just now, or it was undefined, and is made anew."""
    async with patient.process() as process:
        server, host = await booted(process)
        if found == "paused":
            await host.pause(server.id)
        elif found == "shutoff":
            host.guest_powers_off(server.id)
        else:
            host.guest_vanishes(server.id)
        await reboots(process, server.id)
        assert await process.quiet()
        await check_rebooted(process, server.id, host)


async def test_a_soft_reboot_ends_whatever_fails_and_whenever(store: Store) -> None:
    """Each effect refused, its reply lost, killed before and after: the guest has started once more, and not twice."""
    for place, kind in itertools.product(range(len(EFFECTS)), FAULT_KINDS):
        world = World(store)
        async with world.process() as process:
            server, host = await booted(process)
            host.guest_stops_listening(server.id)
            world.schedule.add(kind, after=place)
            await reboots(process, server.id)
            await process.quiet()
        assert [struck.split()[-1] for struck in world.schedule.struck] == [EFFECTS[place]], kind
        async with world.process() as process:
            assert await process.quiet()
            if kind != "refused":
                await check_rebooted(process, server.id, host)
                continue
            await reconcile_power(world.store, CLOCK, world.hosts)
            refused = process.servers()[server.id]
            state = ("stopped", 4) if EFFECTS[place] == "start" else ("active", 1)
            assert (refused.vm_state, refused.power_state, refused.task_state) == (*state, None), EFFECTS[place]
            assert refused.fault is not None or state[0] == "stopped"
