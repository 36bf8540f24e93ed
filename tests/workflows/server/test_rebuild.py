"""Servers that are rebuilt: disks of the new image, everything else as it was, whatever fails and whenever."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from berthline.domain.compute import Server
from berthline.domain.errors import BerthlineError, Conflict, InstanceInvalidState
from berthline.domain.ids import ImageId, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.store import Connection, Store
from berthline.store.compute.servers import servers
from berthline.store.images import images
from berthline.store.network.info import network_info
from berthline.store.tables import metadata
from berthline.testing.faults import FAULT_KINDS, Fault, FaultSchedule
from berthline.workflows.requests import RebuildRequest
from tests.workflows.world import CLOCK, IMAGE, OTHER_IMAGE, SHA512, Process, World, member

LIVES = 12


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def sized(store: Store, image_id: ImageId, gib: int) -> None:
    """Have an image whose disk is so large."""

    def work(connection: Connection) -> None:
        connection.execute(
            metadata.tables["images"]
            .update()
            .values(virtual_size=gib * 1024**3)
            .where(metadata.tables["images"].c.id == image_id)
        )

    store.write_now(work)


def with_property(store: Store, image_id: ImageId, name: str, value: str) -> None:
    """Have an image say this."""

    def work(connection: Connection) -> None:
        image = images.get(connection, image_id)
        assert image is not None
        table = metadata.tables["images"]
        said = dict(image.properties) | {name: value}
        connection.execute(table.update().values(properties=said).where(table.c.id == image_id))

    store.write_now(work)


def holder(world: World, process: Process, server_id: ServerId) -> SimulatedHost:
    return next(host for host in world.hosts if host.host == process.servers()[server_id].host)


def nics(process: Process, server: Server) -> list[tuple[str, str, list[str]]]:
    """Port, MAC and addresses of each NIC, in order."""
    info = process.store.read_now(lambda connection: network_info(connection, [server.id]))[server.id]
    return [(vif.id, vif.address, [ip.address for ip in vif.fixed_ips()]) for vif in info.vifs]


async def rebuild(process: Process, server_id: ServerId, image: ImageId = OTHER_IMAGE) -> None:
    await process.compute.remaking.rebuild(
        member(), server_id, RebuildRequest(image_id=image, admin_password="x", changes={"name": "anew"})
    )


def disks(world: World, process: Process, server_id: ServerId) -> str | None:
    found = holder(world, process, server_id).disks_of(server_id)
    return None if found is None else found.sha512


@pytest.mark.parametrize("before", ["active", "stopped", "error"])
async def test_a_server_is_rebuilt_where_and_as_it_is(world: World, before: str) -> None:
    async with world.process() as process:
        (server,) = await process.boot(nics=2)
        assert await process.quiet()
        if before == "stopped":
            await process.compute.actions.begin(member(), server.id, "stop")
            assert await process.quiet()
        if before == "error":
            world.store.write_now(
                lambda connection: servers.set_states(connection, server.id, vm_state="error", at=CLOCK.now())
            )
        was, had = process.servers()[server.id], nics(process, server)
        await rebuild(process, server.id)
        assert process.servers()[server.id].task_state == "rebuilding"
        assert await process.quiet()
        found = process.servers()[server.id]
        stays_off = before == "stopped"
        assert (found.vm_state, found.task_state) == ("stopped" if stays_off else "active", None)
        assert found.power_state == (4 if stays_off else 1)
        assert (found.name, found.image_id, found.host, found.flavor) == ("anew", OTHER_IMAGE, was.host, was.flavor)
        assert found.launched_at is not None
        assert was.launched_at is not None
        assert found.launched_at > was.launched_at
        assert nics(process, server) == had
        assert disks(world, process, server.id) == SHA512[OTHER_IMAGE]
        power = await holder(world, process, server.id).power(server.id)
        assert power == ("shutoff" if stays_off else "running")
        assert await world.leaks() == ()


async def test_one_that_a_second_worker_gives_up_is_said_to_be_of_the_image_that_its_disks_are(world: World) -> None:
    """The first one had renewed the disks when it died, and the host refuses whatever the second one begins with."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.schedule.add_later(Fault(2, "killed after"))
        await rebuild(process, server.id)
        assert not await process.quiet()
        assert world.schedule.struck[-1].endswith("renew_disks")
    world.schedule.add("refused")
    async with world.process() as process:
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.image_id) == ("error", OTHER_IMAGE)
        assert disks(world, process, server.id) == SHA512[OTHER_IMAGE]


async def test_of_two_at_once_one_is_refused(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        both = await asyncio.gather(
            rebuild(process, server.id),
            process.compute.actions.begin(member(), server.id, "stop"),
            rebuild(process, server.id, IMAGE),
            return_exceptions=True,
        )
        assert sorted(type(one).__name__ for one in both) == ["InstanceInvalidState"] * 2 + ["NoneType"]
        assert await process.quiet()
        assert process.servers()[server.id].task_state is None


async def test_an_image_that_does_not_come_costs_the_server_nothing(world: World) -> None:
    """It is in ERROR, with the reason, and of the image that it had; its guest runs on."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.schedule.add("refused")
        await rebuild(process, server.id)
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.task_state, found.image_id) == ("error", None, IMAGE)
        assert found.fault is not None
        assert "image" in found.fault.details
        assert disks(world, process, server.id) == SHA512[IMAGE]
        assert await holder(world, process, server.id).power(server.id) == "running"
        await rebuild(process, server.id)
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.image_id, found.fault) == ("active", OTHER_IMAGE, None)


async def test_what_a_rebuild_left_of_the_disks_is_not_started(world: World) -> None:
    """They may be of the image before; another rebuild makes them whole."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.schedule.add("refused", after=["cache_image", "destroy", "renew_disks"].index("renew_disks"))
        await rebuild(process, server.id)
        assert await process.quiet()
        assert world.schedule.struck[-1].endswith("renew_disks")
        for _ in range(2):
            await process.compute.actions.begin(member(), server.id, "hard_reboot")
            assert await process.quiet()
            found = process.servers()[server.id]
            assert (found.vm_state, found.task_state) == ("error", None)
            assert found.fault is not None
            assert "Rebuild it again" in found.fault.message
            assert await world.guests() == set()
        await rebuild(process, server.id)
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "active"
        assert disks(world, process, server.id) == SHA512[OTHER_IMAGE]


async def test_a_delete_ends_a_rebuild_that_cannot_go_on(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.schedule.hosts_away = True
        await rebuild(process, server.id)
        await process.compute.delete(member(), server.id)
        world.schedule.end()
        assert await process.quiet()
        assert process.servers() == {}
    assert await world.leaks() == ()
    assert await world.guests() == set()


async def test_a_rebuild_waits_for_a_nic_that_is_being_attached(world: World) -> None:
    """It was accepted first; the new guest has it."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.schedule.hosts_away = True
        await process.compute.interfaces.attach(member(), server.id, None)
        await rebuild(process, server.id)
        world.schedule.end()
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, len(found.nics)) == ("active", 2)
        process.check_active(found, 2)


async def test_a_server_whose_delete_is_under_way_is_not_rebuilt(world: World) -> None:
    """Whatever an admin says of its state meanwhile."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.schedule.hosts_away = True
        await process.compute.delete(member(), server.id)
        await process.compute.actions.reset_state(member(), server.id, "active")
        with pytest.raises(InstanceInvalidState, match="deleting"):
            await rebuild(process, server.id)
        world.schedule.end()
        assert await process.quiet()
        assert process.servers() == {}


def schedules(effects: int) -> Iterator[tuple[Fault, ...]]:
    """One fault at every effect of a rebuild, alone and followed by one at each of the next ones."""
    for effect, kind in itertools.product(range(effects), FAULT_KINDS):
        yield (Fault(effect, kind),)
    for effect, gap, kind in itertools.product(range(effects), range(1, 4), FAULT_KINDS):
        yield (Fault(effect, "killed after"), Fault(effect + gap, kind))
        yield (Fault(effect, "lost reply"), Fault(effect + gap, kind))


async def live(world: World, before: str, faults: tuple[Fault, ...]) -> int:
    """Boot, rebuild with these faults, see it through, rebuild again if that failed, delete; the effects counted."""
    async with world.process() as process:
        (server,) = await process.boot(nics=2)
        assert await process.quiet()
        if before == "stopped":
            await process.compute.actions.begin(member(), server.id, "stop")
            assert await process.quiet()
        had, began = nics(process, server), len(world.schedule.calls)
        world.schedule.add_later(*faults)
        await rebuild(process, server.id)
        await process.quiet()
    for _ in range(LIVES):
        async with world.process() as process:
            if await process.quiet():
                break
    async with world.process() as process:
        world.schedule.end()
        assert await process.quiet()
        counted = len(world.schedule.calls) - began
        found = process.servers()[server.id]
        assert found.task_state is None
        assert nics(process, server) == had
        assert await world.leaks() == ()
        if found.vm_state == "error":
            assert found.fault is not None
            assert any(fault.kind == "refused" for fault in faults)
            await rebuild(process, server.id)
            assert await process.quiet()
            found = process.servers()[server.id]
        assert found.vm_state == before, "also by the second rebuild, from half of the first"
        assert found.image_id == OTHER_IMAGE
        assert disks(world, process, server.id) == SHA512[OTHER_IMAGE]
        if found.vm_state == "active":
            process.check_active(found, 2)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
    assert await world.leaks() == ()
    assert await world.guests() == set()
    assert world.dataplane.plugged() == {}
    return counted


@pytest.mark.parametrize("before", ["active", "stopped"])
async def test_a_rebuild_ends_whatever_fails_and_whenever(store: Store, before: str) -> None:
    effects = await live(World(store), before, ())
    assert effects >= 5
    ran = 0
    for faults in schedules(effects):
        world = World(store, FaultSchedule())
        try:
            await live(world, before, faults)
        except BaseException as error:
            error.add_note(f"{before}, {faults}; struck: {world.schedule.struck}; calls: {world.schedule.calls}")
            raise
        ran += 1
    print(f"{ran} schedules")
    assert ran >= 130


async def test_the_larger_image_has_to_fit_on_the_host(world: World) -> None:
    """A flavor without a disk leaves the size to the image: what more it takes is claimed, what less is given back."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        sized(world.store, OTHER_IMAGE, 101)
        with pytest.raises(Conflict, match="no room"):
            await rebuild(process, server.id)
        assert process.servers()[server.id].image_id == IMAGE
        sized(world.store, OTHER_IMAGE, 7)
        await rebuild(process, server.id)
        assert await world.leaks() == ()
        assert await process.quiet()
        assert process.servers()[server.id].flavor.image_disk == 7
        assert await world.leaks() == ()
        await rebuild(process, server.id, IMAGE)
        assert process.servers()[server.id].flavor.image_disk == 7
        assert await process.quiet()
        assert process.servers()[server.id].flavor.image_disk == 1
        assert await world.leaks() == ()


async def test_an_image_whose_traits_the_host_lacks_is_refused(world: World) -> None:
    with_property(world.store, OTHER_IMAGE, "trait:CUSTOM_FAST", "required")
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        was = process.servers()[server.id]
        with pytest.raises(Conflict, match=r"No valid host was found.*CUSTOM_FAST, which the image requires"):
            await rebuild(process, server.id)
        assert process.servers()[server.id] == was
        await rebuild(process, server.id, IMAGE)
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "active"


async def test_what_is_not_there_changes_nothing(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        was = process.servers()[server.id]
        for wrong in (
            RebuildRequest(image_id=ImageId("55555555-5555-4555-8555-555555555555"), admin_password="x"),
            RebuildRequest(image_id=OTHER_IMAGE, admin_password="x", key_name="none", changes={"name": "other"}),
        ):
            with pytest.raises(BerthlineError):
                await process.compute.remaking.rebuild(member(), server.id, wrong)
        assert process.servers()[server.id] == was
