"""Live migration: a guest goes on at another host with all that it has, or stays, whatever is said meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from berthline.domain.compute import Migration
from berthline.domain.errors import BadRequest, InstanceInvalidState, NotFound
from berthline.domain.hardware import Hardware, Tpm
from berthline.domain.hypervisor.moving import MoveProgress
from berthline.domain.ids import HostName, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.store import Store
from berthline.store.compute import migrations
from berthline.store.compute.servers import actions
from berthline.store.tables.compute import servers as servers_table
from tests.workflows.server.test_resize import (
    WRITTEN,
    acted,
    admin,
    booted,
    bound_to,
    host_of,
    macs,
    room_used,
    used,
)
from tests.workflows.server.test_resize_faults import written
from tests.workflows.world import FLAVOR, HOSTS, Process, World, member


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.fixture
async def process(world: World) -> AsyncIterator[Process]:
    async with world.process() as process:
        yield process


def other_than(name: HostName | None) -> HostName:
    (found,) = (HostName(each) for each in HOSTS if each != name)
    return found


def move_of(process: Process, server_id: ServerId) -> Migration:
    return process.store.read_now(lambda c: migrations.page(c, {"server_id": server_id}))[0]


def options_of(process: Process, server_id: ServerId) -> set[tuple[tuple[str, str], ...]]:
    """What the dataplane is told of where the server's ports are."""
    ports = {nic.port_id for nic in process.servers()[server_id].nics}
    found: set[tuple[tuple[str, str], ...]] = set()
    for rows in process.world.dataplane.rows().values():
        for name, row in rows.items():
            if name.table == "Logical_Switch_Port" and name.key in ports:
                options = row.columns["options"]
                assert isinstance(options, tuple)
                found.add(tuple(pair for pair in options if pair[0] != "hostname"))
    return found


async def on_its_way(process: Process, server_id: ServerId) -> None:
    """See that the guest is; the limit only keeps a broken run from hanging."""
    async with asyncio.timeout(30):
        while move_of(process, server_id).progress is None:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.005)


async def begun(process: Process, nics: int = 2) -> tuple[ServerId, SimulatedHost]:
    """A server whose guest is on its way, and the host that it leaves; it arrives when that is let."""
    server = await booted(process, nics)
    source = host_of(process, server.id)
    source.hold_moves()
    await process.compute.live.begin(admin(), server.id, None)
    await on_its_way(process, server.id)
    return server.id, source


async def check(process: Process, server_id: ServerId, host: HostName, nics: int = 2) -> None:
    """The server is at rest there, its guest runs there alone, and nothing is held for a move of it."""
    server = process.servers()[server_id]
    assert (server.vm_state, server.task_state, server.power_state, server.host) == ("active", None, 1, host)
    powers = {each.host: await each.power(server_id) for each in process.world.hosts}
    assert powers == {host: "running", other_than(host): "absent"}
    disks = {each.host: await each.disks() for each in process.world.hosts}
    assert disks == {host: {server_id}, other_than(host): set()}
    assert written(process, server_id) == WRITTEN
    assert bound_to(process) == {host}
    assert options_of(process, server_id) == {(("requested-chassis", host),)}
    process.check_active(server, nics)
    assert room_used(process) == {host: (FLAVOR.ram, 1), other_than(host): (0, 0)}
    assert used(process) == {"cores": 1, "ram": 128, "instances": 1}
    assert not move_of(process, server_id).held


async def test_a_guest_runs_on_at_another_host_and_comes_back(process: Process) -> None:
    server = await booted(process, 2)
    before, source = macs(process, server.id), server.host
    await process.compute.live.begin(admin(), server.id, other_than(source))
    assert process.servers()[server.id].task_state == "migrating"
    await acted(process)
    await check(process, server.id, other_than(source))
    moved = move_of(process, server.id)
    assert (moved.type, moved.status, moved.source) == ("live-migration", "completed", source)
    assert macs(process, server.id) == before
    await process.compute.live.begin(admin(), server.id, None)
    await acted(process)
    assert source is not None
    await check(process, server.id, source)
    done = process.store.read_now(lambda c: actions.page(c, server.id)) or ()
    assert [(each.action, each.message) for each in done][:2] == [("live-migration", None)] * 2


async def test_both_hosts_have_the_ports_while_the_guest_is_on_its_way(process: Process) -> None:
    server_id, source = await begun(process)
    there = other_than(source.host)
    assert options_of(process, server_id) == {
        (("activation-strategy", "rarp"), ("requested-chassis", f"{source.host},{there}"))
    }
    assert bound_to(process) == {source.host}
    assert room_used(process) == dict.fromkeys(HOSTS, (FLAVOR.ram, 1))
    moving = move_of(process, server_id)
    assert (moving.status, moving.held) == ("running", True)
    size = FLAVOR.ram * 1024**2
    assert moving.progress is not None
    assert moving.progress.memory_total == moving.progress.memory_remaining == size
    source.let_moves_end()
    await acted(process)
    await check(process, server_id, there)


async def test_what_is_aborted_stays_where_it_is(process: Process) -> None:
    server_id, source = await begun(process)
    number = move_of(process, server_id).number
    with pytest.raises(NotFound, match="Migration 99 not found"):
        await process.compute.live.abort(admin(), server_id, 99, queued=True)
    await process.compute.live.abort(admin(), server_id, number, queued=False)
    await acted(process)
    await check(process, server_id, source.host)
    assert move_of(process, server_id).status == "cancelled"
    assert process.servers()[server_id].fault is None
    with pytest.raises(InstanceInvalidState, match=r"'abort live migration'.*task_state None"):
        await process.compute.live.abort(admin(), server_id, number, queued=True)


async def test_what_arrived_before_its_abort_is_there(process: Process) -> None:
    """The host says so last of all: the guest went over while the abort was on its way."""
    server_id, source = await begun(process)
    process.world.schedule.hosts_away = True
    await process.compute.live.abort(admin(), server_id, move_of(process, server_id).number, queued=False)
    source.let_moves_end()
    process.world.schedule.hosts_away = False
    await acted(process)
    await check(process, server_id, other_than(source.host))
    assert move_of(process, server_id).status == "completed"


async def test_one_is_made_to_end_soon(process: Process) -> None:
    server_id, source = await begun(process)
    number = move_of(process, server_id).number
    with pytest.raises(BadRequest, match="Migration 99 not found"):
        await process.compute.live.finish(admin(), server_id, 99)
    await process.compute.live.finish(admin(), server_id, number)
    await acted(process)
    await check(process, server_id, other_than(source.host))
    done = process.store.read_now(lambda c: actions.page(c, server_id)) or ()
    assert {each.action for each in done} == {"create", "live-migration", "live_migration_force_complete"}


async def test_a_delete_ends_it_and_leaves_nothing(process: Process) -> None:
    server_id, _ = await begun(process)
    await process.compute.delete(member(), server_id)
    await acted(process)
    assert await process.world.guests() == set()
    assert [await host.disks() for host in process.world.hosts] == [frozenset()] * 2
    assert used(process) == {"cores": 0, "ram": 0, "instances": 0}
    assert set(room_used(process).values()) == {(0, 0)}


async def test_a_paused_guest_arrives_paused(process: Process) -> None:
    server = await booted(process)
    await process.compute.actions.begin(member(), server.id, "pause")
    await acted(process)
    await process.compute.live.begin(admin(), server.id, None)
    await acted(process)
    moved = process.servers()[server.id]
    assert (moved.vm_state, moved.power_state, moved.host) == ("paused", 3, other_than(server.host))
    assert await host_of(process, server.id).power(server.id) == "paused"


async def test_a_guest_that_goes_off_on_its_way_stays_where_it_was_off(process: Process) -> None:
    server_id, source = await begun(process)
    source.guest_powers_off(server_id)
    source.let_moves_end()
    assert await process.quiet()
    server = process.servers()[server_id]
    assert (server.host, server.task_state) == (source.host, None)
    assert server.fault is not None
    assert move_of(process, server_id).status == "error"
    assert await source.power(server_id) == "shutoff"
    assert await process.world.guests() == {server_id}


async def test_what_cannot_be_is_refused_and_changes_nothing(process: Process) -> None:
    server = await booted(process)
    before = process.servers()
    for host, why in ((server.host, "to current host"), (HostName("nowhere"), "could not be found")):
        with pytest.raises(BadRequest, match=why):
            await process.compute.live.begin(admin(), server.id, host)
    await process.compute.actions.begin(member(), server.id, "stop")
    await acted(process)
    with pytest.raises(InstanceInvalidState, match=r"Cannot 'os-migrateLive'.*vm_state stopped"):
        await process.compute.live.begin(admin(), server.id, None)
    assert before.keys() == process.servers().keys()
    assert process.store.read_now(lambda c: migrations.page(c, {})) == ()
    assert set(room_used(process).values()) == {(FLAVOR.ram, 1), (0, 0)}


async def test_progress_is_kept_for_every_process(process: Process) -> None:
    server_id, source = await begun(process)
    moving = move_of(process, server_id)
    at = moving.updated_at + 1
    seen = MoveProgress(memory_total=8, memory_processed=5, memory_remaining=3)
    await process.store.write(lambda c: migrations.set_progress(c, moving.id, seen, at))
    assert move_of(process, server_id).progress == seen
    source.let_moves_end()
    await acted(process)


async def test_a_tpm_keeps_a_server_on_its_host(process: Process) -> None:
    """It was sent to its own host, of which an undo would have cleared the guest away."""
    server = await booted(process, 1)
    change = update(servers_table).where(servers_table.c.id == server.id)
    hardware = Hardware(tpm=Tpm(version="2.0"))
    process.store.write_now(lambda connection: connection.execute(change.values(hardware=hardware)).rowcount)
    with pytest.raises(BadRequest, match="not supported for vTPM-enabled"):
        await process.compute.live.begin(admin(), server.id, None)
    found = process.servers()[server.id]
    assert (found.host, found.vm_state, found.task_state) == (server.host, "active", None)
    assert process.unfinished() == ()
