"""Passwords that a guest's agent changes: told to it once, kept nowhere, and refused in time where there is none."""

import asyncio

import pytest

from berthline.domain.errors import Conflict, InstanceInvalidState
from berthline.domain.hardware import Hardware
from berthline.domain.ids import ServerId
from berthline.store import Connection, Store
from berthline.store.compute.servers import admin_passwords, servers
from berthline.store.control.sagas import list_sagas
from berthline.testing.faults import FAULT_KINDS, FaultKind
from tests.workflows.other_workers import Accepting, driven_by
from tests.workflows.server.test_rebuild import holder
from tests.workflows.world import CLOCK, Process, World, member


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


async def booted(world: World, process: Process, *, answers: bool = True) -> ServerId:
    """A server whose image has an agent."""
    (server,) = await process.boot()
    assert await process.quiet()

    def work(connection: Connection) -> None:
        now = process.servers()[server.id]
        servers.set_disks(connection, server.id, now.disks, Hardware(guest_agent=True), CLOCK.now())

    world.store.write_now(work)
    guest = holder(world, process, server.id)._guests[server.id]
    guest.agent = answers
    return server.id


def kept(world: World, server_id: ServerId) -> str | None:
    return world.store.read_now(lambda connection: admin_passwords.get(connection, server_id))


async def test_the_agent_is_told_and_nobody_keeps_it(world: World) -> None:
    async with world.process() as process:
        server = await booted(world, process)
        await process.compute.actions.change_password(member(), server, "s3cret")
        assert holder(world, process, server)._guests[server].passwords == {"root": "s3cret"}
        assert kept(world, server) is None
        assert (process.servers()[server].vm_state, process.servers()[server].task_state) == ("active", None)
        assert all(b"s3cret" not in saga.input for saga in world.store.read_now(list_sagas))


async def test_where_no_agent_answers_it_is_refused_in_words(world: World) -> None:
    async with world.process() as process:
        (plain,) = await process.boot()
        assert await process.quiet()
        with pytest.raises(Conflict, match="QEMU guest agent is not enabled"):
            await process.compute.actions.change_password(member(), plain.id, "x")
        mute = await booted(world, process, answers=False)
        with pytest.raises(Conflict, match="no agent that answers"):
            await process.compute.actions.change_password(member(), mute, "x")
        assert kept(world, mute) is None
        assert (process.servers()[mute].vm_state, process.servers()[mute].task_state) == ("active", None)
        await process.compute.actions.begin(member(), mute, "stop")
        assert await process.quiet()
        with pytest.raises(InstanceInvalidState, match="stopped"):
            await process.compute.actions.change_password(member(), mute, "x")


async def test_it_is_answered_as_soon_as_another_process_has_done_it(world: World) -> None:
    async with world.process() as process:
        server = await booted(world, process)
        mute = await booted(world, process, answers=False)
        accepting = Accepting(world).compute.actions
        await driven_by(process, accepting.change_password(member(), server, "s3cret"))
        assert holder(world, process, server)._guests[server].passwords == {"root": "s3cret"}
        with pytest.raises(Conflict, match="no agent that answers"):
            await driven_by(process, accepting.change_password(member(), mute, "x"))


@pytest.mark.parametrize("kind", FAULT_KINDS)
async def test_it_ends_whatever_fails(world: World, kind: FaultKind) -> None:
    async with world.process() as process:
        server = await booted(world, process)
        world.schedule.add(kind)
        asked = asyncio.create_task(process.compute.actions.change_password(member(), server, "x"))
        dead = asyncio.create_task(process.killed.wait())
        await asyncio.wait({asked, dead}, return_when=asyncio.FIRST_COMPLETED)
        assert dead.done() == kind.startswith("killed")
        if kind == "refused":
            with pytest.raises(Conflict):
                await asked
        asked.cancel()  # whoever asked a dead process hears nothing
        dead.cancel()
    async with world.process() as process:
        assert await process.quiet()
        assert process.servers()[server].task_state is None
        assert kept(world, server) is None
        told = holder(world, process, server)._guests[server].passwords
        assert told == ({} if kind == "refused" else {"root": "x"})
    assert await world.leaks() == ()
