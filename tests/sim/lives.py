"""The calls that change what a server is or where it is: moves, images of it, shelving, deletes that can be undone."""

from collections.abc import Awaitable, Callable
from typing import Final

from berthline.domain.errors import BadRequest, BerthlineError, Conflict, InstanceInvalidState, NotFound, QuotaExceeded
from berthline.domain.ids import HostName, ServerId
from berthline.reconcile.confirming import confirm_resizes
from berthline.reconcile.offloading import offload_shelved
from berthline.reconcile.reclaiming import reclaim
from berthline.store.compute import migrations
from berthline.workflows.server.snapshots.create_image import Rotation
from tests.sim.cloud import FLAVORS, SimulationProcess
from tests.sim.model import AskedServer
from tests.sim.script import Kind, Operation
from tests.workflows.world import HOSTS, member

KEPT_BACKUPS: Final = 2
AT_ONCE: Final = 1e-6
"""Seconds after which what waits for its user is overdue, where somebody looks for that."""

Call = Callable[[SimulationProcess, Operation, AskedServer, ServerId], Awaitable[None]]


async def resize(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    flavor = FLAVORS[operation.number % len(FLAVORS)]
    await process.compute.moves.resize(member(), server_id, flavor.id)


async def migrate(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    host = (None, *map(HostName, HOSTS))[operation.number % (1 + len(HOSTS))]
    await process.compute.moves.migrate(member(), server_id, host)


async def live_migrate(
    process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId
) -> None:
    host = (None, *map(HostName, HOSTS))[operation.number % (1 + len(HOSTS))]
    await process.compute.live.begin(member(), server_id, host)


async def abort(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    """Whichever it is that is under way; none of the others may be aborted."""
    newest = process.store.read_now(lambda c: migrations.page(c, {"server_id": server_id}, limit=1))
    number = newest[0].number if newest else 1
    await process.compute.live.abort(member(), server_id, number, queued=True)


async def confirm(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    await process.compute.moves.confirm(member(), server_id)


async def revert(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    await process.compute.moves.revert(member(), server_id)


async def create_image(
    process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId
) -> None:
    await process.compute.snapshots.create(member(), server_id, f"image-{operation.number}", {})


async def back_up(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    rotation = Rotation("daily", KEPT_BACKUPS)
    await process.compute.snapshots.create(member(), server_id, f"backup-{operation.number}", {}, rotation)


async def shelve(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    await process.compute.shelving.shelve(member(), server_id)


async def offload(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    await process.compute.shelving.offload(member(), server_id)


async def unshelve(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    await process.compute.shelving.unshelve(member(), server_id)


async def soft_delete(
    process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId
) -> None:
    """One that has never run, or is being moved, is deleted for good by it."""
    if asked.deletion == "no":
        asked.deletion = "unknown"
    await process.compute.delete(member(), server_id)


async def restore(process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId) -> None:
    await process.compute.deleting.restore(member(), server_id)


async def change_password(
    process: SimulationProcess, operation: Operation, asked: AskedServer, server_id: ServerId
) -> None:
    await process.compute.actions.change_password(member(), server_id, f"password {operation.number}")


CALLS: Final[dict[Kind, Call]] = {
    "resize": resize,
    "migrate": migrate,
    "live migrate": live_migrate,
    "abort": abort,
    "confirm": confirm,
    "revert": revert,
    "create image": create_image,
    "back up": back_up,
    "shelve": shelve,
    "offload": offload,
    "unshelve": unshelve,
    "soft delete": soft_delete,
    "restore": restore,
    "change password": change_password,
}

_ANY: Final = (InstanceInvalidState, NotFound)
REFUSALS: Final[dict[Kind, tuple[type[BerthlineError], ...]]] = {
    **dict.fromkeys(CALLS, _ANY),
    "resize": (*_ANY, BadRequest, Conflict, QuotaExceeded),
    **dict.fromkeys(("migrate", "live migrate"), (*_ANY, BadRequest, Conflict)),
    **dict.fromkeys(("abort", "confirm", "revert"), (*_ANY, BadRequest)),
    "change password": (*_ANY, Conflict),
}
"""What each may answer besides success."""


async def look_for_overdue(process: SimulationProcess) -> None:
    """What the loops do when a move was not confirmed, or a server not restored or unshelved, in time."""
    await confirm_resizes(process.store, process.clock, AT_ONCE)
    await reclaim(process.store, process.clock, AT_ONCE)
    await offload_shelved(process.store, process.clock, AT_ONCE)
    await process.engine.look()
