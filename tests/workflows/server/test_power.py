"""Guests that stop behind our back: their servers say so, all of a host by one question and one transaction."""

from collections.abc import Mapping

import pytest

from berthline.domain.hypervisor import GuestPower
from berthline.domain.ids import ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.power_state import reconcile_power
from berthline.store import Store
from berthline.store.compute.servers import servers
from tests.workflows.world import CLOCK, Process, World


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def holder(world: World, process: Process, server_id: ServerId) -> SimulatedHost:
    return next(host for host in world.hosts if host.host == process.servers()[server_id].host)


async def test_what_guests_do_by_themselves_is_shown_in_one_commit(world: World) -> None:
    async with world.process() as process:
        made = await process.boot(count=4)
        assert await process.quiet()
        for server in made[:2]:
            holder(world, process, server.id).guest_powers_off(server.id)
        holder(world, process, made[2].id).guest_crashes(made[2].id)
        before = world.store.commits
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 3
        assert world.store.commits - before == 1
        shown = {server.id: (server.vm_state, server.power_state) for server in process.servers().values()}
        assert [shown[server.id] for server in made] == [("stopped", 4), ("stopped", 4), ("stopped", 6), ("active", 1)]
        assert await reconcile_power(world.store, CLOCK, world.hosts) == 0


async def test_what_changed_while_the_host_was_asked_is_left_alone(world: World) -> None:
    """The host's answer is older than the row: somebody started something in between."""

    class Slow(SimulatedHost):
        async def powers(self) -> Mapping[ServerId, GuestPower]:
            told = await super().powers()
            for server_id in told:
                await world.store.write(
                    lambda connection, one=server_id: servers.set_attributes(connection, one, at=CLOCK.now(), name="x")  # type: ignore[misc]
                )
            return told

    async with world.process() as process:
        (server,) = await process.boot()
        assert await process.quiet()
        host = holder(world, process, server.id)
        host.guest_powers_off(server.id)
        host.__class__ = Slow
        assert await reconcile_power(world.store, CLOCK, [host]) == 0
        host.__class__ = SimulatedHost
        assert await reconcile_power(world.store, CLOCK, [host]) == 1
