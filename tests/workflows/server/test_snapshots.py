"""Images of servers: what they hold, what else may happen meanwhile, and every effect that fails."""

import asyncio
import itertools
from collections.abc import Collection

import pytest
from msgspec.structs import replace

from berthline.domain.compute import RequestedNetwork, Server
from berthline.domain.errors import InstanceInvalidState
from berthline.domain.ids import CopyId, ImageId, ServerId
from berthline.domain.image import Image
from berthline.hypervisor.memory import SimulatedHost
from berthline.store import Store
from berthline.store.compute.servers import actions as server_actions
from berthline.store.control import quotas
from berthline.store.images import images
from berthline.testing.faults import FAULT_KINDS, Fault
from berthline.workflows.requests import ServerRequest
from berthline.workflows.server.power import Action
from berthline.workflows.server.snapshots.create_image import Rotation
from tests.workflows.world import FLAVOR, IMAGE, NETWORK, PROJECT, Process, World, member

LIVES = 12


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def holder(world: World, process: Process, server_id: ServerId) -> SimulatedHost:
    return next(host for host in world.hosts if host.host == process.servers()[server_id].host)


def image(process: Process, image_id: ImageId) -> Image | None:
    return process.store.read_now(lambda connection: images.get(connection, image_id))


async def booted(process: Process) -> Server:
    (server,) = await process.boot()
    assert await process.quiet()
    return process.servers()[server.id]


async def boot_from(process: Process, image_id: ImageId) -> Server:
    request = ServerRequest(
        name="copy",
        image_id=image_id,
        flavor_id=FLAVOR.id,
        networks=(RequestedNetwork(network_id=NETWORK),),
    )
    (server,) = await process.compute.create(member(), request)
    assert await process.quiet()
    return process.servers()[server.id]


async def make(process: Process, server_id: ServerId, rotation: Rotation | None = None) -> ImageId:
    made = await process.compute.snapshots.create(member(), server_id, "copy", {"own": "words"}, rotation)
    assert await process.quiet()
    return made


async def no_copies(world: World) -> bool:
    return not any([await host.copies() for host in world.hosts])


@pytest.mark.parametrize("action", [None, "stop", "pause", "suspend"])
async def test_an_image_holds_what_the_guest_wrote(world: World, action: Action | None) -> None:
    async with world.process() as process:
        server = await booted(process)
        holder(world, process, server.id).guest_writes(server.id, b"kept\n")
        if action is not None:
            await process.compute.actions.begin(member(), server.id, action)
            assert await process.quiet()
        before = process.servers()[server.id]
        made = image(process, await make(process, server.id))
        assert made is not None
        assert made.status == "active"
        assert made.disk_format == "qcow2"
        assert made.properties["instance_uuid"] == server.id
        assert made.properties["image_type"] == "snapshot"
        assert made.properties["base_image_ref"] == IMAGE
        assert made.properties["own"] == "words"
        after = process.servers()[server.id]
        assert (after.vm_state, after.power_state, after.task_state) == (before.vm_state, before.power_state, None)
        assert await no_copies(world)
        other = await boot_from(process, made.id)
        assert other.vm_state == "active"
        assert holder(world, process, other.id).written_by(other.id) == b"kept\n"


async def test_what_was_written_after_it_is_in_the_disk_alone(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        host = holder(world, process, server.id)
        host.guest_writes(server.id, b"before\n")
        made = await make(process, server.id)
        host.guest_writes(server.id, b"after\n")
        assert host.written_by(server.id) == b"before\nafter\n"
        other = await boot_from(process, made)
        assert holder(world, process, other.id).written_by(other.id) == b"before\n"


async def test_properties_of_the_image_are_inherited_but_those_of_its_bytes(world: World) -> None:
    async with world.process() as process:
        own = {"hw_disk_bus": "scsi", "img_signature": "of those bytes", "os_glance_stage_host": "x"}

        def describe(connection: object) -> None:
            found = images.get(connection, IMAGE)  # type: ignore[arg-type]
            assert found is not None
            images.update_image(connection, replace(found, properties=own, min_ram=64))  # type: ignore[arg-type]

        server = await booted(process)
        await process.store.write(describe)
        made = image(process, await make(process, server.id))
        assert made is not None
        assert made.properties["hw_disk_bus"] == "scsi"
        assert made.min_ram == 64
        assert not {"img_signature", "os_glance_stage_host"} & made.properties.keys()


async def test_a_second_one_is_refused_while_the_first_is_made(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        await process.compute.snapshots.create(member(), server.id, "first", {})
        with pytest.raises(InstanceInvalidState, match=r"Cannot 'createImage' instance .* task_state image_"):
            await process.compute.snapshots.create(member(), server.id, "second", {})
        assert await process.quiet()
        assert counted(process) == 1


def counted(process: Process) -> int:
    """Images that the project's quota counts; the one that was there before is none of them."""
    return process.store.read_now(lambda c: quotas.used(c, PROJECT, ("image_count",)))["image_count"]


async def test_an_image_deleted_meanwhile_leaves_the_server_as_it_was(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        made = await process.compute.snapshots.create(member(), server.id, "copy", {})
        await process.images.delete(member(), made)
        assert await process.quiet()
        after = process.servers()[server.id]
        assert (after.vm_state, after.task_state) == ("active", None)
        assert image(process, made) is None
        assert counted(process) == 0
        assert await no_copies(world)
        actions = process.store.read_now(lambda c: server_actions.page(c, server.id))
        assert actions is not None
        assert [(one.action, one.message) for one in actions] == [("createImage", "Error"), ("create", None)]


async def test_a_server_deleted_meanwhile_takes_the_image_with_it(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        made = await process.compute.snapshots.create(member(), server.id, "copy", {})
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert server.id not in process.servers()
        found = image(process, made)
        assert found is None or found.status == "active"
        assert await world.guests() == set()
        assert await no_copies(world)


async def test_of_backups_the_oldest_go(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        made = [await make(process, server.id, Rotation("daily", 2)) for _ in range(3)]
        weekly = await make(process, server.id, Rotation("weekly", 1))
        plain = await make(process, server.id)
        assert [image(process, one) is not None for one in made] == [False, True, True]
        backup = image(process, made[2])
        assert backup is not None
        assert backup.properties["image_type"] == "backup"
        assert backup.properties["backup_type"] == "daily"
        none = await make(process, server.id, Rotation("daily", 0))
        assert [image(process, one) for one in (*made, none)] == [None] * 4
        assert image(process, weekly) is not None
        assert image(process, plain) is not None
        assert counted(process) == 2


async def test_a_protected_backup_stays(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        first = await make(process, server.id, Rotation("daily", 1))
        await process.images.update(member(), first, lambda found: replace(found, protected=True))
        second = await make(process, server.id, Rotation("daily", 1))
        assert image(process, first) is not None
        assert image(process, second) is not None


async def test_an_upload_of_a_process_that_died_is_taken_over(world: World) -> None:
    """Its lease may last for a minute: whoever makes the image does not wait for that."""
    async with world.process() as first:
        server = await booted(first)
        first.world.hosts[0]._latency = first.world.hosts[1]._latency = replace(
            first.world.hosts[0]._latency, copy_disk=0.2
        )
        made = await first.compute.snapshots.create(member(), server.id, "copy", {})
        queued = image(first, made)
        assert queued is not None
        begun = first.store.write_now(lambda c: first.images._uploads.begin(c, queued, 10))
        assert begun is not None
        assert await first.quiet()
        whole = image(first, made)
        assert whole is not None
        assert whole.status == "active"
        assert first.servers()[server.id].task_state is None


async def test_an_image_that_was_seen_stays_though_its_server_is_deleted_at_once(world: World) -> None:
    """Whoever has an image made, as builders of images do, deletes the server as soon as the image is active."""
    async with world.process() as process:
        server = await booted(process)
        world.schedule.begin_again(*(Fault(2 + number, "refused") for number in range(3)))
        made = await process.compute.snapshots.create(member(), server.id, "copy", {})
        for _ in range(1000):
            found = image(process, made)
            if found is not None and found.status == "active" and process.servers()[server.id].task_state is None:
                break
            await asyncio.sleep(0.005)
        assert world.schedule.calls[2:], "the copy is being deleted"
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert world.schedule.struck
        assert server.id not in process.servers()
        found = image(process, made)
        assert found is not None
        assert found.status == "active"
        assert await no_copies(world)


def newest_action(process: Process, server_id: ServerId) -> tuple[str, str | None]:
    """The newest action on the server, and what it came to."""
    actions = process.store.read_now(lambda c: server_actions.page(c, server_id))
    assert actions
    return actions[0].action, actions[0].message


async def live(world: World, faults: Collection[Fault] = ()) -> int:
    """Boot a server, make a backup of it, and see it through; returns how many effects the backup had."""
    server: ServerId | None = None
    made: ImageId | None = None
    for _ in range(LIVES):
        async with world.process() as process:
            if server is None:
                server = (await booted(process)).id
                holder(world, process, server).guest_writes(server, b"kept\n")
                world.schedule.begin_again(*faults)
            if made is None:
                made = await process.compute.snapshots.create(member(), server, "copy", {}, Rotation("daily", 1))
            if not await process.quiet():
                continue
            after = process.servers()[server]
            assert (after.vm_state, after.task_state, after.power_state) == ("active", None, 1)
            assert await no_copies(world)
            found, effects = image(process, made), len(world.schedule.calls)
            assert counted(process) == (found is not None)
            assert newest_action(process, server) == ("createBackup", None if found else "Error")
            if found is not None:
                assert found.status == "active"
                world.schedule.end()
                other = await boot_from(process, made)
                assert holder(world, process, other.id).written_by(other.id) == b"kept\n"
            assert await world.leaks() == ()
            return effects
    raise AssertionError(f"not finished after {LIVES} processes: {world.schedule.struck}")


async def test_the_server_is_as_it_was_whatever_fails_and_whenever(store: Store) -> None:
    effects = await live(World(store))
    assert effects == 3
    singles = [(Fault(effect, kind),) for effect, kind in itertools.product(range(effects), FAULT_KINDS)]
    doubles = [
        (Fault(effect, first), Fault(later, "killed after"))
        for effect, later in itertools.combinations(range(effects + 3), 2)
        for first in ("refused", "killed after")
    ]
    for faults in (*singles, *doubles):
        world = World(store)
        try:
            await live(world, faults)
        except BaseException as error:
            error.add_note(f"schedule {faults}, struck {world.schedule.struck}, calls {world.schedule.calls}")
            raise


@pytest.mark.leaks("it shows that a copy that is left is seen")
async def test_a_copy_that_nobody_needs_is_a_leak(world: World) -> None:
    async with world.process() as process:
        server = await booted(process)
        await holder(world, process, server.id).copy_disk(server.id, CopyId("left"))
        assert [leak.kind for leak in await world.leaks()] == ["copy of a disk nobody needs"]
