"""Hosts that cannot be reached: what was accepted is done later, or its end is told."""

import asyncio

import pytest

from berthline.domain.compute import Fault
from berthline.domain.errors import InstanceInvalidState
from berthline.domain.ids import ServerId
from berthline.store import Connection, Store
from berthline.store.compute.servers import actions as server_actions
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import list_sagas, timeline
from tests.workflows.world import CLOCK, Process, World, member


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


async def tried_often(process: Process, kind: str) -> None:
    """Until the saga of this kind was tried more often than a step is that gives up."""

    def look(connection: Connection) -> int:
        found = [saga for saga in list_sagas(connection) if saga.kind == kind]
        return sum(time.outcome == "retry" for saga in found for time in timeline(connection, saga.id))

    while True:
        if process.store.read_now(look) >= 10:
            return
        await asyncio.sleep(0.001)


async def test_a_stop_is_done_when_the_host_is_back(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.schedule.hosts_away = True
        await process.compute.actions.begin(member(), server.id, "stop")
        await tried_often(process, "server_stop")
        waiting = process.servers()[server.id]
        assert (waiting.vm_state, waiting.task_state, waiting.fault) == ("active", "powering-off", None)
        with pytest.raises(InstanceInvalidState):
            await process.compute.actions.begin(member(), server.id, "hard_reboot")
        world.schedule.hosts_away = False
        assert await process.quiet()
        assert process.servers()[server.id].vm_state == "stopped"


async def test_a_delete_does_not_wait_for_a_stop_that_cannot_be_done(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        world.schedule.hosts_away = True
        await process.compute.actions.begin(member(), server.id, "stop")
        await tried_often(process, "server_stop")
        await process.compute.delete(member(), server.id)
        await tried_often(process, "server_delete")
        stopping = [saga.state for saga in process.store.read_now(list_sagas) if saga.kind == "server_stop"]
        assert stopping == ["undone"]
        world.schedule.hosts_away = False
        assert await process.quiet()
        assert process.servers() == {}


async def test_a_boot_that_no_host_can_do_says_that_it_was_given_up(world: World) -> None:
    async with world.process() as process:
        world.schedule.hosts_away = True
        (server,) = await process.boot()
        assert await process.quiet()
        failed = process.servers()[server.id]
        assert failed.vm_state == "error"
        assert failed.fault is not None
        assert failed.fault.message.endswith("It was tried for a while and given up: ask again later.")
        world.schedule.hosts_away = False
        await process.compute.delete(member(), server.id)
        assert await process.quiet()


async def test_an_old_fault_is_not_a_later_actions(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        fault = Fault(code=500, message="of long ago", details="", created_at=CLOCK.now())
        await process.store.write(lambda connection: servers.fail(connection, server.id, fault, CLOCK.now()))
        await process.compute.actions.begin(member(), server.id, "stop")
        assert await process.quiet()
        await process.compute.actions.begin(member(), server.id, "start")
        assert await process.quiet()
        assert messages(process, server.id) == [None, None, None]


def messages(process: Process, server_id: ServerId) -> list[str | None]:
    done = process.store.read_now(lambda connection: server_actions.page(connection, server_id)) or ()
    return [action.message for action in done]
