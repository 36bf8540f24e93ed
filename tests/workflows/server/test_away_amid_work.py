"""Hosts that go away in the middle of a server's longer work, and come back: it is done then, or ends as before."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from berthline.domain.compute import Server
from berthline.domain.ids import ServerId
from berthline.store import Connection, Store
from berthline.store.compute import flavors
from berthline.store.compute.servers import actions as server_actions
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import list_sagas, timeline
from berthline.testing.faults import FaultSchedule
from berthline.workflows.compute import Compute
from tests.workflows.server.test_rebuild import holder, nics
from tests.workflows.server.test_resize import LARGE
from tests.workflows.world import CLOCK, Process, World, member

Begin = Callable[[Compute, ServerId], Awaitable[object]]

DATA: Final = b"kept"
ACTIONS: Final[dict[str, tuple[Begin, str]]] = {
    "resize": (lambda compute, server: compute.moves.resize(member(), server, LARGE.id), "resized"),
    "migrate": (lambda compute, server: compute.moves.migrate(member(), server, None), "resized"),
    "confirm": (lambda compute, server: compute.moves.confirm(member(), server), "active"),
    "revert": (lambda compute, server: compute.moves.revert(member(), server), "active"),
    "rescue": (lambda compute, server: compute.remaking.rescue(member(), server, None, "x"), "rescued"),
    "unrescue": (lambda compute, server: compute.remaking.unrescue(member(), server), "active"),
    "createImage": (lambda compute, server: compute.snapshots.create(member(), server, "image", {}), "active"),
    "shelve": (lambda compute, server: compute.shelving.shelve(member(), server), "shelved_offloaded"),
    "unshelve": (lambda compute, server: compute.shelving.unshelve(member(), server), "active"),
}
BEFORE: Final = {"confirm": "migrate", "revert": "migrate", "unrescue": "rescue", "unshelve": "shelve"}


class AwayAfter(FaultSchedule):
    """Every host is away from the effect of this number on, until ``end``."""

    away_at: int | None = None

    async def strike(self, name: str, effect: Callable[[], Awaitable[None]]) -> None:
        if len([call for call in self.calls if call != "apply"]) == self.away_at:
            self.hosts_away = True
        await super().strike(name, effect)

    def end(self) -> None:
        self.away_at = None
        super().end()


async def waited_for(process: Process, server_id: ServerId) -> Server | None:
    """The server while its saga waits for a host that did not answer some times; None when it ended first."""

    def look(connection: Connection) -> tuple[Server | None, str, int]:
        server = servers.get(connection, server_id)  # before its saga: it is as it was while that was not ended
        newest = list_sagas(connection, subject_id=server_id)[0]
        tried = sum(step.outcome == "retry" for step in timeline(connection, newest.id))
        return server, newest.state, tried

    while True:
        server, state, tried = process.store.read_now(look)
        if state in {"done", "undone"}:
            return None
        if tried >= 3:
            return server
        await asyncio.sleep(0.001)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("action", ACTIONS)
async def test_work_waits_for_its_hosts_and_ends(store: Store, action: str) -> None:
    """At each effect of it; a host that was away for too long has the work undone, and its action says why."""
    schedule = AwayAfter()
    world = World(store, schedule)
    store.write_now(lambda connection: flavors.add(connection, LARGE, CLOCK.now()))
    begin, ends = ACTIONS[action]
    waited = 0
    async with world.process() as process:
        for effect in range(20):
            (server,) = await process.boot()
            assert await process.quiet()
            holder(world, process, server.id).guest_writes(server.id, DATA)
            if action in BEFORE:
                await ACTIONS[BEFORE[action]][0](process.compute, server.id)
                assert await process.quiet()
            was, had = process.servers()[server.id], nics(process, server)
            schedule.begin_again()
            schedule.away_at = effect
            await begin(process.compute, server.id)
            if waiting := await waited_for(process, server.id):
                waited += 1
                # an image is told as done before its copy on the host goes
                assert waiting.task_state is not None or action in {"confirm", "createImage"}
            reached = schedule.hosts_away
            schedule.end()
            assert await process.quiet()
            now = process.servers()[server.id]
            assert now.task_state is None
            assert now.vm_state in {ends, was.vm_state}
            assert nics(process, server) == had
            if now.vm_state == was.vm_state != ends:
                assert messages(process, server.id)[0], "it says why"
            if now.vm_state in {"active", "resized"}:
                assert await holder(world, process, server.id).power(server.id) == "running"
                assert holder(world, process, server.id).written_by(server.id) == DATA
            assert await world.leaks() == ()
            await process.compute.deleting.delete(member(), server.id, for_good=True)
            assert await process.quiet()
            if not reached:
                break
        else:
            raise AssertionError("it has no end")
    assert waited > 0


def messages(process: Process, server_id: ServerId) -> list[str | None]:
    done = process.store.read_now(lambda connection: server_actions.page(connection, server_id)) or ()
    return [action.message for action in done]
