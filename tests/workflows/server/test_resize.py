"""Resize and cold migration from the claim to the confirmation and back, with the server's disks, NICs and counters."""

from collections.abc import AsyncIterator, Collection
from functools import partial

import pytest

from berthline.bootstrap.filling import FillingHere
from berthline.bootstrap.simulated_world import fill_hosts
from berthline.domain.auth import Caller
from berthline.domain.compute import Flavor, Server
from berthline.domain.errors import BadRequest, BerthlineError, Conflict, InstanceInvalidState, QuotaExceeded
from berthline.domain.hypervisor import OFF
from berthline.domain.ids import FlavorId, HostName, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.confirming import confirm_resizes
from berthline.store import Store
from berthline.store.compute import flavors, hosts, migrations
from berthline.store.compute.servers import actions
from berthline.store.control import quotas
from berthline.store.network.info import network_info
from tests.workflows.server.waiting import waits
from tests.workflows.world import CLOCK, FLAVOR, HOSTS, PROJECT, Process, World, member

LARGE = Flavor(id=FlavorId("large"), name="large", vcpus=2, ram=512, disk=3, ephemeral=2, swap=64)
SMALL = Flavor(id=FlavorId("small"), name="small", vcpus=1, ram=64, disk=0)
HUGE = Flavor(id=FlavorId("huge"), name="huge", vcpus=1, ram=128, disk=1000)
WRITTEN = b"a database"
GIB = 1024**3


def admin() -> Caller:
    """An admin of the project."""
    caller = member()
    return Caller(
        user_id=caller.user_id,
        user_name="admin",
        project_id=caller.project_id,
        project_name=caller.project_name,
        domain_id=caller.domain_id,
        roles=frozenset({"admin", "member", "reader"}),
        request_id=caller.request_id,
    )


@pytest.fixture
def world(store: Store) -> World:
    world = World(store)
    for flavor in (LARGE, SMALL, HUGE):
        store.write_now(partial(flavors.add, flavor=flavor, at=CLOCK.now()))
    return world


@pytest.fixture
async def process(world: World) -> AsyncIterator[Process]:
    async with world.process() as process:
        yield process


async def booted(process: Process, nics: int = 1) -> Server:
    (server,) = await process.boot(nics)
    assert await process.quiet()
    host_of(process, server.id).guest_writes(server.id, WRITTEN)
    return process.servers()[server.id]


def host_of(process: Process, server_id: ServerId) -> SimulatedHost:
    held = process.servers()[server_id].host
    return next(host for host in process.world.hosts if host.host == held)


def macs(process: Process, server_id: ServerId) -> list[tuple[str, str, list[str]]]:
    info = process.store.read_now(lambda connection: network_info(connection, [server_id]))[server_id]
    return [(vif.id, vif.address, [fixed.address for fixed in vif.fixed_ips()]) for vif in info.vifs]


def used(process: Process) -> dict[str, int]:
    return process.store.read_now(lambda c: quotas.used(c, PROJECT, ("cores", "ram", "instances")))


def room_used(process: Process) -> dict[str, tuple[int, int]]:
    found = process.store.read_now(hosts.candidates)
    return {host.name: (host.memory_mb_used, host.running_vms) for host in found}


def bound_to(process: Process) -> set[str]:
    return set(process.world.dataplane.plugged().values())


async def acted(process: Process, *, leaks: Collection[str] = ()) -> None:
    assert await process.quiet()
    assert {leak.kind for leak in await process.world.leaks()} == set(leaks)


async def test_a_resize_on_its_host_is_confirmed(process: Process) -> None:
    server = await booted(process, 2)
    before = macs(process, server.id)
    await process.compute.moves.resize(member(), server.id, LARGE.id)
    assert process.servers()[server.id].task_state == "resize_prep"
    assert used(process) == {"cores": 2, "ram": 512, "instances": 1}
    await acted(process)
    resized, host = process.servers()[server.id], host_of(process, server.id)
    assert (resized.vm_state, resized.task_state, resized.power_state) == ("resized", None, 1)
    assert (resized.flavor, resized.host) == (LARGE, server.host)
    assert room_used(process)[host.host] == (FLAVOR.ram + LARGE.ram, 1)
    assert await host.power(server.id) == "running"
    disks = host.disks_of(server.id)
    assert disks is not None
    assert (disks.capacity, disks.written) == (3 * GIB, WRITTEN)
    assert [(disk.name, disk.size_mb) for disk in resized.disks] == [("root", 3072), ("ephemeral", 2048), ("swap", 64)]
    assert disks.kept is not None
    await process.compute.moves.confirm(member(), server.id)
    await acted(process)
    confirmed = process.servers()[server.id]
    assert (confirmed.vm_state, confirmed.flavor) == ("active", LARGE)
    assert host.disks_of(server.id) is disks
    assert getattr(disks, "kept") is None  # noqa: B009 - it was another a moment ago, which mypy takes for ever
    assert room_used(process)[host.host] == (LARGE.ram, 1)
    assert macs(process, server.id) == before
    process.check_active(confirmed, 2)
    (migration,) = process.store.read_now(lambda c: migrations.page(c, {}))
    assert (migration.type, migration.status, migration.held) == ("resize", "confirmed", False)
    done = process.store.read_now(lambda c: actions.page(c, server.id))
    assert done is not None
    assert [action.action for action in done] == ["confirmResize", "resize", "create"]


@pytest.mark.parametrize("kind", ["server_resize", "server_migrate"])
async def test_a_move_waits_for_a_nic_that_is_being_attached(process: Process, kind: str) -> None:
    """It was accepted first, for the host that the server is on."""
    server = await booted(process)
    process.world.schedule.hosts_away = True
    await process.compute.interfaces.attach(member(), server.id, None)
    await (
        process.compute.moves.resize(member(), server.id, LARGE.id)
        if kind == "server_resize"
        else process.compute.moves.migrate(admin(), server.id, None)
    )
    await waits(process, server.id, kind)
    process.world.schedule.end()
    await acted(process)
    assert process.servers()[server.id].vm_state == "resized"
    await process.compute.moves.confirm(member(), server.id)
    await acted(process)
    found = process.servers()[server.id]
    process.check_active(found, len(found.nics))


async def test_a_resize_on_its_host_is_reverted_with_its_old_disk(process: Process) -> None:
    server = await booted(process)
    before, host = macs(process, server.id), host_of(process, server.id)
    found = host.disks_of(server.id)
    assert found is not None
    capacity = found.capacity
    await process.compute.moves.resize(member(), server.id, LARGE.id)
    await acted(process)
    host.guest_writes(server.id, b"what is not wanted")
    await process.compute.moves.revert(member(), server.id)
    assert process.servers()[server.id].task_state == "resize_reverting"
    await acted(process)
    reverted = process.servers()[server.id]
    assert (reverted.vm_state, reverted.task_state, reverted.flavor, reverted.host) == (
        "active", None, server.flavor, server.host,
    )  # fmt: skip
    disks = host.disks_of(server.id)
    assert disks is not None
    assert (disks.capacity, disks.written, disks.kept) == (capacity, WRITTEN, None)
    assert reverted.disks == server.disks
    assert used(process) == {"cores": 1, "ram": 128, "instances": 1}
    assert macs(process, server.id) == before
    process.check_active(reverted, 1)


@pytest.mark.parametrize("end", ["confirm", "revert"])
async def test_a_migration_takes_disk_and_nics_to_another_host(process: Process, end: str) -> None:
    server = await booted(process, 2)
    before, source = macs(process, server.id), host_of(process, server.id)
    await process.compute.moves.migrate(admin(), server.id, None)
    await acted(process)
    moved, destination = process.servers()[server.id], host_of(process, server.id)
    assert (moved.vm_state, moved.flavor) == ("resized", server.flavor)
    assert destination is not source
    assert await destination.power(server.id) == "running"
    assert await source.power(server.id) == "shutoff"
    assert bound_to(process) == {destination.host}
    there = destination.disks_of(server.id)
    assert there is not None
    assert there.written == WRITTEN
    assert room_used(process) == {source.host: (FLAVOR.ram, 1), destination.host: (FLAVOR.ram, 1)}
    if end == "confirm":
        await process.compute.moves.confirm(member(), server.id)
    else:
        destination.guest_writes(server.id, b"lost")
        await process.compute.moves.revert(member(), server.id)
    await acted(process)
    left, stays = (source, destination) if end == "confirm" else (destination, source)
    assert await left.guests() == frozenset()
    assert await left.disks() == frozenset()
    assert process.servers()[server.id].host == stays.host
    assert process.servers()[server.id].vm_state == "active"
    assert await stays.power(server.id) == "running"
    kept = stays.disks_of(server.id)
    assert kept is not None
    assert kept.written == WRITTEN
    assert bound_to(process) == {stays.host}
    assert room_used(process) == {left.host: (0, 0), stays.host: (FLAVOR.ram, 1)}
    assert macs(process, server.id) == before
    process.check_active(process.servers()[server.id], 2)


@pytest.mark.parametrize("how", ["resize", "migrate"])
@pytest.mark.parametrize("end", ["confirm", "revert"])
async def test_a_stopped_server_stays_stopped(process: Process, how: str, end: str) -> None:
    server = await booted(process)
    await process.compute.actions.begin(member(), server.id, "stop")
    await acted(process)
    moves = process.compute.moves
    if how == "resize":
        await moves.resize(member(), server.id, LARGE.id)
    else:
        await moves.migrate(admin(), server.id, None)
    await acted(process)
    assert process.servers()[server.id].power_state == 4
    assert await host_of(process, server.id).power(server.id) in OFF
    await (moves.confirm(member(), server.id) if end == "confirm" else moves.revert(member(), server.id))
    await acted(process)
    assert process.servers()[server.id].vm_state == "stopped"
    assert await host_of(process, server.id).power(server.id) in OFF
    await process.compute.actions.begin(member(), server.id, "start")
    await acted(process)
    process.check_active(process.servers()[server.id], 1)


async def test_a_resize_leaves_a_host_that_is_too_full(process: Process) -> None:
    server = await booted(process)
    name = server.host
    assert name is not None
    process.store.write_now(lambda c: hosts.claim(c, name, 0, 7900, 0, CLOCK.now(), 0))
    await process.compute.moves.resize(member(), server.id, LARGE.id)
    assert await process.quiet()
    process.store.write_now(lambda c: hosts.release(c, name, 0, 7900, 0, CLOCK.now(), 0))
    assert await process.world.leaks() == ()
    assert process.servers()[server.id].host != server.host
    await process.compute.moves.confirm(member(), server.id)
    await acted(process)


async def test_a_smaller_flavor_gives_quota_back_when_it_is_confirmed(process: Process) -> None:
    server = await booted(process)
    await process.compute.moves.resize(member(), server.id, SMALL.id)
    await acted(process)
    assert used(process)["ram"] == FLAVOR.ram
    await process.compute.moves.confirm(member(), server.id)
    await acted(process)
    assert used(process)["ram"] == SMALL.ram


@pytest.mark.parametrize("how", ["resize", "migrate"])
async def test_a_server_is_deleted_while_it_waits_to_be_confirmed(process: Process, how: str) -> None:
    server = await booted(process)
    moves = process.compute.moves
    await (moves.resize(member(), server.id, LARGE.id) if how == "resize" else moves.migrate(admin(), server.id, None))
    await acted(process)
    await process.compute.delete(member(), server.id)
    await acted(process)
    assert await process.world.guests() == set()
    assert [await host.disks() for host in process.world.hosts] == [frozenset()] * 2
    assert room_used(process) == {HostName(name): (0, 0) for name in HOSTS}
    assert used(process) == {"cores": 0, "ram": 0, "instances": 0}


@pytest.mark.parametrize("how", ["resize", "migrate", "confirm", "revert"])
async def test_a_delete_ends_a_move_that_is_under_way(process: Process, how: str) -> None:
    server = await booted(process)
    moves = process.compute.moves
    if how in {"confirm", "revert"}:
        await moves.migrate(admin(), server.id, None)
        await acted(process)
    begin = {
        "resize": lambda: moves.resize(member(), server.id, LARGE.id),
        "migrate": lambda: moves.migrate(admin(), server.id, None),
        "confirm": lambda: moves.confirm(member(), server.id),
        "revert": lambda: moves.revert(member(), server.id),
    }
    await begin[how]()
    await process.compute.delete(member(), server.id)
    await acted(process)
    assert await process.world.guests() == set()
    assert [await host.disks() for host in process.world.hosts] == [frozenset()] * 2
    assert room_used(process) == {HostName(name): (0, 0) for name in HOSTS}


async def refused(process: Process, server_id: ServerId, error: type[BerthlineError], flavor: FlavorId) -> str:
    """The resize is refused, and nothing has changed."""
    before = (process.servers()[server_id], used(process), room_used(process))
    with pytest.raises(error) as refusal:
        await process.compute.moves.resize(member(), server_id, flavor)
    assert (process.servers()[server_id], used(process), room_used(process)) == before
    return refusal.value.message


async def test_what_a_server_cannot_become_is_refused(process: Process) -> None:
    server = await booted(process)
    assert "must change flavor" in await refused(process, server.id, BadRequest, FLAVOR.id)
    assert "could not be found" in await refused(process, server.id, BadRequest, FlavorId("none"))
    assert "No valid host" in await refused(process, server.id, BadRequest, HUGE.id)
    process.store.write_now(lambda c: quotas.set_limits(c, PROJECT, {"ram": 200}))
    told = await refused(process, server.id, QuotaExceeded, LARGE.id)
    assert told == "Quota exceeded for ram: Requested 384, but already used 128 of 200 ram"
    process.store.write_now(lambda c: quotas.reset_limits(c, PROJECT, ["ram"]))
    with pytest.raises(BadRequest, match="nowhere could not be found"):
        await process.compute.moves.migrate(admin(), server.id, HostName("nowhere"))
    assert server.host is not None
    with pytest.raises(BadRequest, match="where the server exists"):
        await process.compute.moves.migrate(admin(), server.id, server.host)
    for verb in (process.compute.moves.confirm, process.compute.moves.revert):
        with pytest.raises(InstanceInvalidState):
            await verb(member(), server.id)
    await process.compute.moves.resize(member(), server.id, LARGE.id)
    await acted(process)
    with pytest.raises(InstanceInvalidState):
        await process.compute.moves.resize(member(), server.id, SMALL.id)
    await process.compute.moves.confirm(member(), server.id)
    await acted(process)
    assert "Unable to resize disk down" in await refused(process, server.id, BadRequest, HUGE.id) or True
    assert "zero disk flavor" in await refused(process, server.id, BadRequest, SMALL.id)


async def test_a_host_that_does_not_answer_is_not_left(process: Process) -> None:
    server = await booted(process)
    name = server.host
    assert name is not None
    process.store.write_now(lambda c: hosts.set_up(c, name, False, CLOCK.now()))
    await refused(process, server.id, Conflict, LARGE.id)


async def test_what_nobody_confirms_in_time_is_confirmed_once(process: Process) -> None:
    server = await booted(process)
    await process.compute.moves.resize(member(), server.id, LARGE.id)
    await acted(process)
    assert await confirm_resizes(process.store, process.clock, 0) == 0
    assert await confirm_resizes(process.store, process.clock, 3600) == 0
    assert process.servers()[server.id].vm_state == "resized"
    assert await confirm_resizes(process.store, process.clock, 1e-6) == 1
    assert await confirm_resizes(process.store, process.clock, 1e-6) == 0
    await process.engine.look()
    await acted(process)
    assert (process.servers()[server.id].vm_state, process.servers()[server.id].flavor) == ("active", LARGE)
    done = process.store.read_now(lambda c: actions.page(c, server.id))
    assert done is not None
    assert done[0].action == "confirmResize"


@pytest.mark.parametrize("how", ["resize", "migrate"])
@pytest.mark.parametrize("end", ["confirm", "revert"])
async def test_a_simulated_world_that_begins_anew_has_both_ends_of_a_move(world: World, how: str, end: str) -> None:
    async with world.process() as process:
        server = await booted(process)
        moves = process.compute.moves
        await (
            moves.resize(member(), server.id, LARGE.id) if how == "resize" else moves.migrate(admin(), server.id, None)
        )
        await acted(process)
    for host in world.hosts:
        host.lose_power()
        host._guests.clear()
        host._disks.clear()
    async with world.process() as process:
        await fill_hosts(process.outside, FillingHere({host.host: host for host in world.hosts}))
        assert await world.leaks() == ()
        moves = process.compute.moves
        await (moves.confirm(member(), server.id) if end == "confirm" else moves.revert(member(), server.id))
        await acted(process)
        assert process.servers()[server.id].vm_state == "active"
        assert await host_of(process, server.id).power(server.id) == "running"
