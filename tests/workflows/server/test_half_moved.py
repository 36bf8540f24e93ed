"""What a move of a server holds until it has ended, whatever happens meanwhile, and how a half way back is ended."""

from collections.abc import AsyncIterator

import pytest

from berthline.domain.errors import Conflict, InstanceInvalidState
from berthline.domain.ids import ServerGroupId, UserId
from berthline.domain.placing import ServerGroup
from berthline.network.ports import ports
from berthline.reconcile.stray_nics import StrayNics
from berthline.store import Connection, Store
from berthline.store.compute import flavors, migrations, server_groups
from berthline.store.control import quotas
from berthline.testing.faults import Fault
from berthline.workflows.requests import ServerRequest
from tests.workflows.server.test_resize import LARGE, WRITTEN, acted, admin, booted, host_of, macs
from tests.workflows.world import CLOCK, FLAVOR, IMAGE, PROJECT, Process, World, member


@pytest.fixture
async def process(store: Store) -> AsyncIterator[Process]:
    world = World(store)
    store.write_now(lambda connection: flavors.add(connection, LARGE, CLOCK.now()))
    async with world.process() as process:
        yield process


async def test_a_way_back_that_fails_half_way_is_asked_for_again(process: Process) -> None:
    """Until nothing of the move is left: a copy of the disks that nobody knows of would be there for ever."""
    server = await booted(process)
    await process.compute.moves.resize(member(), server.id, LARGE.id)
    await acted(process)
    process.world.schedule.add_later(Fault(3, "refused"))  # the old guest is there again
    await process.compute.moves.revert(member(), server.id)
    await acted(process)
    (struck,) = process.world.schedule.struck
    assert struck.endswith("forget_kept_disks")
    failed = process.servers()[server.id]
    assert (failed.vm_state, failed.task_state) == ("error", None)
    with pytest.raises(InstanceInvalidState, match="revert its resize, or delete it"):
        await process.compute.actions.begin(member(), server.id, "hard_reboot")
    with pytest.raises(InstanceInvalidState, match="revert its resize, or delete it"):
        await process.compute.remaking.rescue(member(), server.id, None, "x")
    await process.compute.moves.revert(member(), server.id)
    await acted(process)
    reverted, disks = process.servers()[server.id], host_of(process, server.id).disks_of(server.id)
    assert (reverted.vm_state, reverted.flavor.id) == ("active", FLAVOR.id)
    assert disks is not None
    assert (disks.kept, disks.written) == (None, WRITTEN)
    process.check_active(reverted, 1)


async def test_an_admin_who_says_that_a_resized_server_is_active_has_its_move_confirmed(process: Process) -> None:
    """It was held for ever, and what it took was not given back with the server."""
    server = await booted(process)
    await process.compute.moves.resize(member(), server.id, LARGE.id)
    await acted(process)
    process.world.schedule.add_later(Fault(0, "refused"))
    await process.compute.actions.reset_state(admin(), server.id, "active")
    await acted(process)
    assert process.servers()[server.id].vm_state == "resized", "its host refused"
    await process.compute.actions.reset_state(admin(), server.id, "active")
    await acted(process)
    found, disks = process.servers()[server.id], host_of(process, server.id).disks_of(server.id)
    assert (found.vm_state, found.task_state, found.flavor.id) == ("active", None, LARGE.id)
    assert disks is not None
    assert disks.kept is None
    assert process.store.read_now(lambda connection: migrations.held_by(connection, server.id)) is None


async def test_no_server_is_said_to_be_active_whose_way_back_failed(process: Process) -> None:
    server = await booted(process)
    await process.compute.moves.resize(member(), server.id, LARGE.id)
    await acted(process)
    process.world.schedule.add("refused")
    await process.compute.moves.revert(member(), server.id)
    await acted(process)
    with pytest.raises(Conflict, match="revert it again, or delete it"):
        await process.compute.actions.reset_state(admin(), server.id, "active")
    await process.compute.actions.reset_state(admin(), server.id, "error")
    await process.compute.delete(member(), server.id)
    await acted(process)
    assert process.servers() == {}


async def test_a_port_that_goes_while_its_server_waits_to_be_confirmed_leaves_no_leak(process: Process) -> None:
    """The guest that was left on the source, off, is defined with it still, and defined anew if it comes to that."""
    server = await booted(process, 2)
    await process.compute.moves.migrate(admin(), server.id, None)
    await acted(process)
    await process.store.write(
        lambda connection: ports.delete(connection, member(), server.nics[1].port_id, CLOCK.now())
    )
    assert await process.quiet()
    await StrayNics(process.store, process.outside.hypervisors).run_once()
    await acted(process)
    await process.compute.moves.revert(member(), server.id)
    await acted(process)
    assert len(macs(process, server.id)) == 1


async def test_nobody_joins_a_group_that_is_together_while_one_of_it_may_go_back(process: Process) -> None:
    group = ServerGroupId("55555555-5555-4555-8555-555555555555")
    together = ServerGroup(
        id=group, project_id=PROJECT, user_id=UserId("member"), name="together", policy="affinity",
        max_server_per_host=None, members=(), created_at=CLOCK.now(),
    )  # fmt: skip

    def add(connection: Connection) -> None:
        server_groups.add(connection, together)
        quotas.take(connection, PROJECT, {"server_groups": 1})

    await process.store.write(add)
    wish = ServerRequest(
        name="one", image_id=IMAGE, flavor_id=FLAVOR.id, networks="none", scheduler_hints={"group": group}
    )
    (first,) = await process.compute.create(member(), wish)
    await acted(process)
    await process.compute.moves.migrate(admin(), first.id, None)
    await acted(process)
    (second,) = await process.compute.create(member(), wish)
    assert (second.vm_state, second.host) == ("error", None)
    await process.compute.moves.confirm(member(), first.id)
    await acted(process)
    (third,) = await process.compute.create(member(), wish)
    await acted(process)
    assert process.servers()[third.id].host == process.servers()[first.id].host
