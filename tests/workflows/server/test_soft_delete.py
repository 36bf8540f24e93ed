"""Servers that are deleted so that they can be restored: hidden and off, with all that they have, until they go."""

import itertools
from dataclasses import replace as with_outside
from functools import partial

import pytest

from berthline.domain.compute import Fault as ServerFault
from berthline.domain.compute import TaskState
from berthline.domain.errors import InstanceInvalidState
from berthline.domain.ids import ServerId
from berthline.reconcile.power_state import reconcile_power
from berthline.reconcile.reclaiming import reclaim
from berthline.saga import Commit, Failure
from berthline.store import Connection, Store
from berthline.store.compute.servers import servers
from berthline.store.compute.servers.listing import ServerFilter, SortBy, page
from berthline.store.control import quotas
from berthline.testing.faults import FAULT_KINDS, Fault, FaultSchedule
from berthline.workflows.compute import Compute
from berthline.workflows.server.boot_steps import BootSteps
from berthline.workflows.server.shelving import shelve
from berthline.workflows.server.soft_delete import SoftDeletion, restore_definition, soft_delete_definition
from tests.workflows.server.test_rebuild import holder, nics
from tests.workflows.world import CLOCK, PROJECT, Process, World, member

LIVES = 12


class Deferring(Process):
    reclaim_seconds = 3600.0


class Kept(World):
    offload_shelved = True

    def begin(self) -> Process:
        process = Deferring(self)
        outside = with_outside(process.outside, offload_seconds=0.0 if self.offload_shelved else -1.0)
        process.compute = Compute(outside, process.engine)
        return process


@pytest.fixture
def world(store: Store) -> Kept:
    return Kept(store)


def listed(process: Process, **wanted: object) -> list[ServerId]:
    asked = ServerFilter(project_id=PROJECT, **wanted)  # type: ignore[arg-type]
    order = (SortBy("created_at", descending=True),)
    found = process.store.read_now(lambda connection: page(connection, asked, limit=10, after=None, order=order))
    return [server.id for server in found or ()]


async def test_a_deleted_server_is_hidden_and_off_and_can_be_restored(world: Kept) -> None:
    async with world.process() as process:
        (server,) = await process.boot(nics=2)
        assert await process.quiet()
        had, host = nics(process, server), holder(world, process, server.id)
        used = process.store.read_now(lambda c: quotas.used(c, PROJECT, ("instances", "port")))
        await process.compute.delete(member(), server.id)
        assert process.servers()[server.id].task_state == "soft-deleting"
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.task_state, found.power_state) == ("soft-delete", None, 4)
        assert await host.power(server.id) == "shutoff"
        assert listed(process) == []
        assert listed(process, vm_states=("soft-delete",)) == [server.id]
        assert listed(process, deleted=None, changes_since=0) == [server.id]
        assert process.store.read_now(lambda c: quotas.used(c, PROJECT, ("instances", "port"))) == used
        assert await world.leaks() == ()
        await process.compute.delete(member(), server.id)
        assert process.servers()[server.id].task_state is None, "once more it changes nothing"
        with pytest.raises(InstanceInvalidState, match="soft-delete"):
            await process.compute.actions.begin(member(), server.id, "start")
        await process.compute.deleting.restore(member(), server.id)
        assert listed(process) == [server.id]
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.task_state, found.power_state) == ("active", None, 1)
        assert nics(process, server) == had
        process.check_active(found, 2)
        assert await world.leaks() == ()
        with pytest.raises(InstanceInvalidState, match="active"):
            await process.compute.deleting.restore(member(), server.id)


async def test_one_in_error_is_so_again_when_it_is_restored(world: Kept) -> None:
    """What a rebuild that stopped half way has left of it is no better for its having been deleted meanwhile."""
    async with world.process() as process:
        (server,) = await process.boot(nics=1)
        assert await process.quiet()
        fault = ServerFault(code=500, message="half a rebuild", details="", created_at=7)
        await process.store.write(lambda c: servers.fail(c, server.id, fault, 7))
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "soft-delete"
        await process.compute.deleting.restore(member(), server.id)
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.task_state, found.fault) == ("error", None, fault)
        assert await holder(world, process, server.id).power(server.id) == "running"
        assert await world.leaks() == ()


async def test_what_is_not_restored_in_time_is_deleted_for_good(world: Kept) -> None:
    async with world.process() as process:
        made = await process.boot(count=3)
        assert await process.quiet()
        for server in made[:2]:
            await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert await reclaim(world.store, CLOCK, 0.0) == 0
        assert await reclaim(world.store, CLOCK, 3600.0) == 0
        await process.compute.deleting.restore(member(), made[0].id)
        assert await reclaim(world.store, CLOCK, 1e-6) == 1
        assert await reclaim(world.store, CLOCK, 1e-6) == 0
        await process.engine.look()
        assert await process.quiet()
        assert set(process.servers()) == {made[0].id, made[2].id}
    assert await world.leaks() == ()


@pytest.mark.parametrize("offload", [True, False])
async def test_a_shelved_server_that_is_restored_is_shelved_still(world: Kept, offload: bool) -> None:
    """Its disk is in its image: to say that it is active would be a lie, or start what was put away."""
    world.offload_shelved = offload
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        holder(world, process, server.id).guest_writes(server.id, b"kept")
        await process.compute.shelving.shelve(member(), server.id)
        assert await process.quiet()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "soft-delete"
        await process.compute.deleting.restore(member(), server.id)
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.power_state) == ("shelved_offloaded" if offload else "shelved", 4)
        assert await world.leaks() == ()
        await process.compute.shelving.unshelve(member(), server.id)
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "active"
        assert holder(world, process, server.id).written_by(server.id) == b"kept"


async def test_a_soft_delete_that_comes_with_the_last_effect_of_an_offload_is_done(world: Kept) -> None:
    world.offload_shelved = False
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await process.compute.shelving.shelve(member(), server.id)
        assert await process.quiet()
        host = process.servers()[server.id].host
        assert host is not None
        _, offloading = shelve.definitions(process.outside)
        commit = offloading.steps[-1]
        assert isinstance(commit, Commit)

        def work(connection: Connection) -> None:
            servers.set_states(connection, server.id, task_state="soft-deleting", at=CLOCK.now())
            commit.apply(connection, shelve.ServerOffload(server.id, host))

        there = holder(world, process, server.id)
        await there.destroy(server.id)
        await there.delete_disks(server.id)
        await world.store.write(work)
        found = process.servers()[server.id]
        assert (found.vm_state, found.host, found.task_state) == ("shelved_offloaded", None, "soft-deleting")
        await world.store.write(lambda connection: servers.activate(connection, server.id, CLOCK.now()))
        assert process.servers()[server.id].task_state == "soft-deleting"
        await process.compute.deleting.delete(member(), server.id, for_good=True)
        assert await process.quiet()


@pytest.mark.parametrize("before", ["soft-delete", "active", "rescued"])
async def test_a_delete_for_good_takes_all_at_once(world: Kept, before: str) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        if before == "rescued":
            await process.compute.remaking.rescue(member(), server.id, None, "x")
            assert await process.quiet()
        if before == "soft-delete":
            await process.compute.delete(member(), server.id)
            assert await process.quiet()
        assert process.servers()[server.id].vm_state == before
        await process.compute.deleting.delete(member(), server.id, for_good=True)
        assert await process.quiet()
        assert process.servers() == {}
    assert await world.leaks() == ()
    assert await world.guests() == set()


@pytest.mark.parametrize("refused", [False, True])
async def test_a_rescued_server_is_restored_from_its_own_disks(world: Kept, refused: bool) -> None:
    """Also when its host refused to delete it for good in between."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await process.compute.remaking.rescue(member(), server.id, None, "x")
        assert await process.quiet()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        if refused:
            world.schedule.add("refused")
            await process.compute.deleting.delete(member(), server.id, for_good=True)
            assert await process.quiet()
            assert (process.servers()[server.id].vm_state, process.servers()[server.id].task_state) == (
                "soft-delete",
                None,
            )
        await process.compute.deleting.restore(member(), server.id)
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "active"
        host = holder(world, process, server.id)
        assert host.devices_of(server.id) == ("vda",)
        disks = host.disks_of(server.id)
        assert disks is not None
        assert disks.rescue is None


async def test_a_server_that_never_ran_is_deleted_at_once(world: Kept) -> None:
    async with world.process() as process:
        world.schedule.hosts_away = True
        (server,) = await process.boot()
        await process.compute.delete(member(), server.id)
        assert process.servers()[server.id].task_state == "deleting"
        world.schedule.end()
        assert await process.quiet()
        assert process.servers() == {}


async def test_a_state_that_is_reset_ends_the_deletion(world: Kept) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        await process.compute.actions.reset_state(member(), server.id, "error")
        assert listed(process) == [server.id]
        assert await reclaim(world.store, CLOCK, 1e-6) == 0


async def test_what_an_admin_called_wrong_is_so_when_it_is_restored(world: Kept) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await process.compute.actions.reset_state(member(), server.id, "error")
        reason = process.servers()[server.id].fault
        assert reason is not None
        assert reason.message == "An administrator has set the server's state to error."
        await process.compute.actions.reset_state(member(), server.id, "error")
        assert process.servers()[server.id].fault == reason
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        await process.compute.deleting.restore(member(), server.id)
        assert await process.quiet()
        found = process.servers()[server.id]
        assert (found.vm_state, found.power_state, found.fault) == ("error", 1, reason)


@pytest.mark.parametrize("restoring", [False, True])
async def test_it_ends_whatever_fails_and_whenever(store: Store, restoring: bool) -> None:
    ran = 0
    for effect, kind, second in itertools.product(range(3 if restoring else 1), FAULT_KINDS, (None, *FAULT_KINDS)):
        faults = (Fault(effect, kind), *((Fault(effect + 1, second),) if second else ()))
        world = Kept(store, FaultSchedule())
        async with world.process() as process:
            (server,) = await process.boot()
            assert await process.quiet()
            if restoring:
                await process.compute.delete(member(), server.id)
                assert await process.quiet()
            world.schedule.add_later(*faults)
            deleting = process.compute.deleting
            await (deleting.restore if restoring else deleting.delete)(member(), server.id)
            await process.quiet()
        for _ in range(LIVES):
            async with world.process() as process:
                if await process.quiet():
                    break
        async with world.process() as process:
            world.schedule.end()
            assert await process.quiet()
            found = process.servers()[server.id]
            assert found.task_state is None, faults
            wanted = "active" if restoring else "soft-delete"
            refused = any(fault.kind == "refused" for fault in faults)
            assert found.vm_state == wanted or (refused and found.vm_state == "error"), faults
            assert await world.leaks() == ()
            await process.compute.deleting.delete(member(), server.id, for_good=True)
            assert await process.quiet()
        assert await world.leaks() == ()
        assert await world.guests() == set()
        ran += 1
    print(f"{ran} schedules")


async def test_a_restore_that_a_delete_came_upon_at_its_end_says_that_the_guest_is_there(world: Kept) -> None:
    """That delete may be undone, and a server that is deleted softly has no guest that runs."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        shown = restore_definition(process.outside).steps[-1]
        assert isinstance(shown, Commit)
        restored = SoftDeletion(server_id=server.id, host=process.servers()[server.id].host, after=())
        for task_state in (None, "deleting"):
            process.store.write_now(partial(deletes, server.id, task_state))
            process.store.write_now(partial(applied, shown, restored))
            found = process.servers()[server.id]
            expected = ("soft-delete", None) if task_state is None else ("active", "deleting")
            assert (found.vm_state, found.task_state) == expected
        process.store.write_now(partial(deletes, server.id, None))
        await process.compute.delete(member(), server.id)
        assert await process.quiet()


async def test_a_delete_that_is_refused_amid_a_restore_hides_the_server_again_and_can_be_asked_for_again(
    world: Kept,
) -> None:
    """The restore had begun its guest and ended; its host refuses to take it off."""
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        host = holder(world, process, server.id)
        deletion = SoftDeletion(server_id=server.id, host=host.host, after=())
        await BootSteps(process.outside).start_paused(server.id, host.host)
        process.store.write_now(lambda connection: servers.undelete(connection, server.id, CLOCK.now()) and None)
        process.store.write_now(partial(deletes, server.id, "soft-deleting"))
        undone = soft_delete_definition(process.outside).undone
        why = Failure(status=500, type="Refused", message="not now", step="power off")
        process.store.write_now(lambda connection: undone(connection, deletion, why))
        found = process.servers()[server.id]
        assert (found.vm_state, found.task_state) == ("soft-delete", None)
        assert found.soft_deleted_at is not None
        assert listed(process) == []
        await reconcile_power(process.store, CLOCK, [host])
        assert process.servers()[server.id].power_state == 3
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert await host.power(server.id) == "shutoff"
        assert process.servers()[server.id].power_state == 4


def deletes(server_id: ServerId, task_state: TaskState | None, connection: Connection) -> None:
    servers.set_states(connection, server_id, task_state=task_state, at=CLOCK.now())


def applied(commit: Commit[SoftDeletion, Connection], subject: SoftDeletion, connection: Connection) -> None:
    commit.apply(connection, subject)
