"""Servers that are rescued and come back: their own disks, ports and addresses stay, whatever fails and whenever."""

import dataclasses
import itertools
from collections.abc import Iterator

import pytest

from berthline.domain.errors import BadRequest, InstanceInvalidState
from berthline.domain.ids import ImageId, ServerId
from berthline.hypervisor.guest_state import Disks
from berthline.store import Connection, Store
from berthline.store.images import images
from berthline.testing.faults import FAULT_KINDS, Fault, FaultSchedule
from berthline.workflows.compute import Compute
from berthline.workflows.server.power import Action
from tests.workflows.server.test_rebuild import holder, nics
from tests.workflows.world import CLOCK, IMAGE, OTHER_IMAGE, SHA512, Process, World, member

LIVES = 12


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


async def rescue(process: Process, server_id: ServerId, image: ImageId | None = OTHER_IMAGE) -> None:
    await process.compute.remaking.rescue(member(), server_id, image, "x")


def in_rescue(disks: Disks) -> bool:
    return disks.rescue is not None


async def act(process: Process, server_id: ServerId, action: Action) -> None:
    await process.compute.actions.begin(member(), server_id, action)
    assert await process.quiet()


@pytest.mark.parametrize("before", ["active", "stopped"])
@pytest.mark.parametrize("image", [OTHER_IMAGE, None])
async def test_a_server_is_rescued_and_comes_back(world: World, before: str, image: ImageId | None) -> None:
    async with world.process() as process:
        (server,) = await process.boot(nics=2)
        assert await process.quiet()
        if before == "stopped":
            await act(process, server.id, "stop")
        was, had, host = process.servers()[server.id], nics(process, server), holder(world, process, server.id)
        own = host.disks_of(server.id)
        assert own is not None
        await rescue(process, server.id, image)
        assert process.servers()[server.id].task_state == "rescuing"
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.task_state, found.power_state) == ("rescued", None, 1)
        assert (found.image_id, found.host, found.disks) == (IMAGE, was.host, was.disks)
        assert host.disks_of(server.id) is own
        assert own.sha512 == SHA512[IMAGE]
        assert own.rescue is not None
        assert own.rescue.sha512 == SHA512[image or IMAGE]
        assert host.devices_of(server.id) == ("vda", "vdb"), "the rescue disk, and the server's own behind it"
        assert await host.power(server.id) == "running"
        process.check_active(found, 2)
        assert await world.leaks() == ()
        for refused in (rescue(process, server.id), process.compute.actions.begin(member(), server.id, "stop")):
            with pytest.raises(InstanceInvalidState, match="rescued"):
                await refused
        await process.compute.remaking.unrescue(member(), server.id)
        assert process.servers()[server.id].task_state == "unrescuing"
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.task_state, found.power_state) == ("active", None, 1)
        assert host.disks_of(server.id) is own
        assert not in_rescue(own)
        assert host.devices_of(server.id) == ("vda",)
        assert nics(process, server) == had
        process.check_active(found, 2)
        assert await world.leaks() == ()


async def test_the_operators_image_rescues_those_who_name_none(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        nowhere = ImageId("55555555-5555-4555-8555-555555555555")
        process.compute = Compute(dataclasses.replace(process.outside, rescue_image=nowhere), process.engine)
        with pytest.raises(BadRequest, match=f"Requested rescue image '{nowhere}' is not supported"):
            await rescue(process, server.id, None)
        process.compute = Compute(dataclasses.replace(process.outside, rescue_image=OTHER_IMAGE), process.engine)
        for named, taken in ((None, OTHER_IMAGE), (IMAGE, IMAGE)):
            await rescue(process, server.id, named)
            assert await process.quiet()
            own = holder(world, process, server.id).disks_of(server.id)
            assert own is not None
            assert own.rescue is not None
            assert own.rescue.sha512 == SHA512[taken]
            await process.compute.remaking.unrescue(member(), server.id)
            assert await process.quiet()


async def test_the_way_back_needs_no_image(world: World) -> None:
    """Both images are deleted while the server is rescued."""

    def forget(connection: Connection) -> None:
        for image_id in (IMAGE, OTHER_IMAGE):
            image = images.get(connection, image_id)
            assert image is not None
            images.delete_image(connection, image, CLOCK.now())

    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await rescue(process, server.id)
        assert await process.quiet()
        world.store.write_now(forget)
        await process.compute.remaking.unrescue(member(), server.id)
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "active"
        with pytest.raises(BadRequest, match="Requested rescue image"):
            await rescue(process, server.id, None)


async def test_a_rescued_server_whose_delete_is_refused_is_rescued_still(world: World) -> None:
    """From ERROR a hard reboot would have it run on from the rescue disk as if it were its own."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await rescue(process, server.id)
        assert await process.quiet()
        world.schedule.add("refused")
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.task_state) == ("rescued", None)
        assert found.fault is not None
        with pytest.raises(InstanceInvalidState, match="rescued"):
            await process.compute.actions.begin(member(), server.id, "hard_reboot")
        await process.compute.remaking.unrescue(member(), server.id)
        assert await process.quiet()
        disks = holder(world, process, server.id).disks_of(server.id)
        assert disks is not None
        assert not in_rescue(disks)
        assert process.servers()[server.id].vm_state == "active"


async def test_a_rescued_server_is_deleted_with_its_rescue_disk(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await rescue(process, server.id)
        assert await process.quiet()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
    assert await world.leaks() == ()
    assert await world.guests() == set()


def schedules(effects: int) -> Iterator[tuple[Fault, ...]]:
    """One fault at every effect; and two, the second of which may meet the undo."""
    for effect, kind in itertools.product(range(effects), FAULT_KINDS):
        yield (Fault(effect, kind),)
    for effect, gap, first in itertools.product(range(effects), range(1, 4), ("refused", "killed after")):
        for second in ("killed before", "killed after"):
            yield (Fault(effect, first), Fault(effect + gap, second))  # type: ignore[arg-type]


async def see_through(world: World) -> None:
    for _ in range(LIVES):
        async with world.process() as process:
            if await process.quiet():
                return
    raise AssertionError(f"not finished after {LIVES} processes")


async def check(world: World, process: Process, server_id: ServerId, states: set[str]) -> str:
    """It is at rest in one of these states, and its guest is what that says."""
    found, host = process.servers()[server_id], holder(world, process, server_id)
    assert found.task_state is None
    assert found.vm_state in states
    disks = host.disks_of(server_id)
    assert disks is not None
    assert disks.sha512 == SHA512[IMAGE]
    assert await host.power(server_id) == ("shutoff" if found.vm_state == "stopped" else "running")
    assert (disks.rescue is not None) == (found.vm_state == "rescued")
    assert host.devices_of(server_id) == (("vda", "vdb") if found.vm_state == "rescued" else ("vda",))
    assert await world.leaks() == ()
    return found.vm_state


async def live(world: World, before: str, faults: tuple[Fault, ...], *, back: bool) -> int:
    """Boot, rescue and come back, with faults in the one or the other, see all through; the effects counted."""
    async with world.process() as process:
        (server,) = await process.boot(nics=1)
        assert await process.quiet()
        if before == "stopped":
            await act(process, server.id, "stop")
        had = nics(process, server)
        if back:
            await rescue(process, server.id)
            assert await process.quiet()
        began = len(world.schedule.calls)
        world.schedule.add_later(*faults)
        await (process.compute.remaking.unrescue(member(), server.id) if back else rescue(process, server.id))
        await process.quiet()
    await see_through(world)
    async with world.process() as process:
        world.schedule.end()
        assert await process.quiet()
        counted = len(world.schedule.calls) - began
        refused = any(fault.kind == "refused" for fault in faults)
        if back and process.servers()[server.id].vm_state == "rescued":
            assert refused
            await process.compute.remaking.unrescue(member(), server.id)
            assert await process.quiet()
        if back and process.servers()[server.id].vm_state == "error":
            assert refused
            await act(process, server.id, "hard_reboot")
            assert await process.quiet()
        await check(world, process, server.id, {"active"} if back else {"rescued", before} if refused else {"rescued"})
        assert nics(process, server) == had
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
    assert await world.leaks() == ()
    assert await world.guests() == set()
    assert world.dataplane.plugged() == {}
    return counted


@pytest.mark.parametrize(("before", "back"), [("active", False), ("stopped", False), ("active", True)])
async def test_it_ends_whatever_fails_and_whenever(store: Store, before: str, back: bool) -> None:
    effects = await live(World(store), before, (), back=back)
    assert effects >= 4
    ran = 0
    for faults in schedules(effects):
        world = World(store, FaultSchedule())
        try:
            await live(world, before, faults, back=back)
        except BaseException as error:
            error.add_note(f"{before}, {faults}; struck: {world.schedule.struck}; calls: {world.schedule.calls}")
            raise
        ran += 1
    print(f"{ran} schedules")
    assert ran >= 60
