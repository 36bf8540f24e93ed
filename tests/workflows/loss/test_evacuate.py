"""A server whose host is down is made anew on another one; the old host never runs it again, whenever it comes back."""

from collections.abc import AsyncIterator
from functools import partial

import msgspec
import pytest

from berthline.domain.errors import BadRequest, InstanceInvalidState, NotFound
from berthline.domain.hypervisor import OFF
from berthline.domain.ids import HostName, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.store import Store
from berthline.store.compute import enrolled, hosts
from berthline.store.compute.servers import actions
from berthline.workflows.loss.evacuating import NO_HOST, Evacuation
from tests.workflows.loss.losing import ASKED, Losing, LosingWorld, Meanwhile
from tests.workflows.server.test_resize import bound_to, host_of, macs, room_used, used
from tests.workflows.world import CLOCK, FLAVOR, HOSTS, member

A, B = map(HostName, HOSTS)


@pytest.fixture
async def process(store: Store) -> AsyncIterator[Losing]:
    async with LosingWorld(store).process() as process:
        yield process


async def lost(process: Losing, nics: int = 1, *, stopped: bool = False) -> tuple[ServerId, SimulatedHost]:
    """A server whose host went off, which an admin says; and that host."""
    (booted,) = await process.boot(nics)
    assert await process.quiet()
    if stopped:
        await process.compute.actions.begin(member(), booted.id, "stop")
        assert await process.quiet()
    host = host_of(process, booted.id)
    host.lose_power()
    process.world.away.add(host.host)
    await process.force_down_host(host.host)
    return booted.id, host


async def test_it_runs_elsewhere_with_its_nics_and_the_old_host_comes_back_without_it(process: Losing) -> None:
    server_id, old = await lost(process, 2)
    before = macs(process, server_id)
    await process.evacuate(server_id)
    shown = process.servers()[server_id]
    assert shown.vm_state == "active"
    assert shown.task_state in {"rebuilding", "rebuild_block_device_mapping", "rebuild_spawning"}
    assert list(process.roster) == [name for name in (A, B) if name != old.host]
    assert await process.quiet()
    server, new = process.servers()[server_id], host_of(process, server_id)
    assert new is not old
    assert (server.vm_state, server.task_state, server.power_state, server.fault) == ("active", None, 1, None)
    assert await new.power(server_id) == "running"
    assert macs(process, server_id) == before
    assert bound_to(process) == {new.host}
    process.check_active(server, 2)
    (evacuation,) = process.evacuations(server_id)
    assert (evacuation.status, evacuation.source, evacuation.destination) == ("completed", old.host, new.host)
    done = process.store.read_now(lambda c: actions.page(c, server_id))
    assert done is not None
    assert [action.action for action in done] == ["evacuate", "create"]
    assert used(process) == {"cores": 1, "ram": 128, "instances": 1}
    assert room_used(process) == {old.host: (FLAVOR.ram, 1), new.host: (FLAVOR.ram, 1)}, "its guest is there still"
    assert await process.look() == 0, "the old host does not answer"
    assert await process.world.leaks() == ()
    process.world.away.clear()
    assert await process.look() == 1
    assert await old.guests() == await old.disks() == frozenset()
    assert room_used(process) == {old.host: (0, 0), new.host: (FLAVOR.ram, 1)}
    assert set(process.roster) == {A, B}
    assert await new.power(server_id) == "running"
    process.check_active(server, 2)


@pytest.mark.parametrize("stops", [False, True])
async def test_a_stopped_server_stays_so_and_from_2_95_on_every_one_is_stopped(process: Losing, stops: bool) -> None:
    server_id, _ = await lost(process, stopped=not stops)
    await process.evacuate(server_id, msgspec.structs.replace(ASKED, stops=stops))
    assert await process.quiet()
    server, new = process.servers()[server_id], host_of(process, server_id)
    assert (server.vm_state, server.power_state, server.wanted) == ("stopped", 4, "stopped")
    assert await new.power(server_id) in OFF
    await process.compute.actions.begin(member(), server_id, "start")
    assert await process.quiet()
    process.check_active(process.servers()[server_id], 1)


async def test_what_cannot_be_evacuated_is_refused_and_nothing_changes(process: Losing) -> None:
    (booted,) = await process.boot()
    assert await process.quiet()
    source = host_of(process, booted.id).host
    with pytest.raises(BadRequest, match=f"Compute service of {source} is still in use"):
        await process.evacuate(booted.id)
    await process.force_down_host(source)
    with pytest.raises(BadRequest, match="can't be the same one"):
        await process.evacuate(booted.id, Evacuation(admin_password="x", host=source))
    with pytest.raises(NotFound, match="Compute host nowhere not found"):
        await process.evacuate(booted.id, Evacuation(admin_password="x", host=HostName("nowhere")))
    assert process.servers()[booted.id].task_state is None
    await process.force_down_host(source, down=False)
    await process.compute.actions.begin(member(), booted.id, "pause")
    assert await process.quiet()
    await process.force_down_host(source)
    with pytest.raises(InstanceInvalidState, match="vm_state paused"):
        await process.evacuate(booted.id)
    assert process.store.read_now(lambda c: enrolled.lost(c, [A, B])) == ()
    assert process.evacuations(booted.id) == ()


async def test_one_that_no_host_can_take_says_so_and_is_where_it_was(process: Losing) -> None:
    server_id, old = await lost(process)
    (other,) = (name for name in (A, B) if name != old.host)
    await process.store.write(lambda c: hosts.set_service(c, other, CLOCK.now(), enabled=False))
    await process.evacuate(server_id)
    server = process.servers()[server_id]
    assert (server.vm_state, server.task_state, server.host) == ("error", None, old.host)
    assert server.fault is not None
    assert server.fault.message == NO_HOST
    await process.store.write(lambda c: hosts.set_service(c, other, CLOCK.now(), enabled=True))
    await process.evacuate(server_id)
    assert await process.quiet()
    process.check_active(process.servers()[server_id], 1)
    assert process.servers()[server_id].vm_state == "active"


async def test_what_was_at_work_on_the_lost_host_ends_first(process: Losing) -> None:
    (booted,) = await process.boot()
    assert await process.quiet()
    old = host_of(process, booted.id)
    process.world.schedule.hosts_away = True
    await process.compute.actions.begin(
        member(),
        booted.id,
        "reboot",
    )
    process.world.away.add(old.host)
    await process.force_down_host(old.host)
    await process.evacuate(booted.id)
    process.world.schedule.hosts_away = False
    assert await process.quiet()
    server = process.servers()[booted.id]
    assert (server.vm_state, server.task_state) == ("active", None)
    assert server.host != old.host
    process.check_active(server, 1)


async def test_a_delete_amid_it_takes_the_server_from_both_hosts(process: Losing) -> None:
    server_id, old = await lost(process)
    await process.evacuate(server_id)
    await process.compute.delete(member(), server_id)
    assert await process.quiet()
    assert server_id not in process.servers()
    process.world.away.clear()
    await process.look()
    assert await old.guests() == await old.disks() == frozenset()
    assert await process.world.guests() == set()
    assert set(room_used(process).values()) == {(0, 0)}


async def come_back(process: Losing, old: SimulatedHost, server_id: ServerId) -> None:
    """From now on the old host answers; its guest is gone, and its disks stay until the new guest is whole."""
    process.world.away.clear()
    (before,) = process.evacuations(server_id)
    await process.look()
    (after,) = process.evacuations(server_id)
    assert await old.power(server_id) == "absent"
    if before.status == after.status:  # else it was looked while it ended
        assert await old.disks() == ({server_id} if after.status == "accepted" else set())


@pytest.mark.parametrize("off", [True, False], ids=["went off", "was only cut off"])
async def test_the_old_host_comes_back_in_the_middle_of_each_step(store: Store, off: bool) -> None:
    """It is looked at before every effect in turn: from then on its guest never runs beside the new one."""
    for effect in range(40):
        schedule = Meanwhile()
        world = LosingWorld(store, schedule)
        async with world.process() as process:
            (booted,) = await process.boot()
            assert await process.quiet()
            old = host_of(process, booted.id)
            if off:
                old.lose_power()
            await process.force_down_host(old.host)
            world.away.add(old.host)

            schedule.before(effect, partial(come_back, process, old, booted.id))
            await process.evacuate(booted.id)
            assert await process.quiet()
            acted = schedule.acted
            new = host_of(process, booted.id)
            assert new is not old
            process.check_active(process.servers()[booted.id], 1)
            world.away.clear()
            await process.look()
            await process.look()
            assert await old.guests() == await old.disks() == frozenset()
            assert await new.power(booted.id) == "running"
            assert set(process.roster) == {A, B}
            process.check_active(process.servers()[booted.id], 1)
        assert await world.leaks() == ()
        if not acted:
            assert effect >= 4
            return
    raise AssertionError("it has no end")
