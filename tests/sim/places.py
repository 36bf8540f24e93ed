"""What admins do with hosts: they disable them, have them drained, and enable them again."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import msgspec

from berthline.domain.auth import Caller
from berthline.domain.errors import BerthlineError, Conflict
from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.store.compute import drains, hosts
from berthline.store.tables.control import postponements
from tests.sim.cloud import SimulationProcess, SimulationWorld
from tests.sim.script import Kind, Operation
from tests.workflows.world import CLOCK, HOSTS, member

Call = Callable[[SimulationProcess, Operation], Awaitable[None]]


def admin() -> Caller:
    """An admin, with a request id of its own."""
    return msgspec.structs.replace(member(), roles=frozenset({"admin", "member", "reader"}))


async def disable(process: SimulationProcess, operation: Operation) -> None:
    await process.compute.hosts.set_enabled(admin(), HostName(HOSTS[operation.slot]), False, "new disks")


async def drain(process: SimulationProcess, operation: Operation) -> None:
    await process.compute.hosts.drain(admin(), HostName(HOSTS[operation.slot]), 1 + operation.number % 3)


async def enable(process: SimulationProcess, operation: Operation) -> None:
    for name in map(HostName, HOSTS):
        await process.compute.hosts.set_enabled(admin(), name, True, None)


CALLS: Final[dict[Kind, Call]] = {"disable host": disable, "drain host": drain, "enable hosts": enable}
REFUSALS: Final[dict[Kind, tuple[type[BerthlineError], ...]]] = {"drain host": (Conflict,)}
"""A host that does not answer cannot be drained."""


def cut_off(world: SimulationWorld, slot: int) -> None:
    """A host cannot be reached, and whoever looked has seen that."""
    world.hosts[slot].mood = "cut off"
    world.store.write_now(partial(_set_up, name=world.hosts[slot].host, up=False))


def recover(world: SimulationWorld) -> None:
    """Every host is well again, and answers."""
    for host in world.hosts:
        if host.mood == "cut off":
            world.store.write_now(partial(_set_up, name=host.host, up=True))
        host.mood = "well"


def take_all(world: SimulationWorld) -> None:
    """Hosts take guests again, so that drains end with what is under way; what was to wait before it is tried again
    has waited.
    """

    def work(connection: Connection) -> None:
        for host in world.hosts:
            hosts.set_service(connection, host.host, CLOCK.now(), enabled=True)
        connection.execute(postponements.delete())

    world.store.write_now(work)


def drained(world: SimulationWorld) -> bool:
    """Whether no drain is under way."""
    return not world.store.read_now(drains.under_way)


def _set_up(connection: Connection, name: HostName, up: bool) -> None:
    hosts.set_up(connection, name, up, CLOCK.now())
