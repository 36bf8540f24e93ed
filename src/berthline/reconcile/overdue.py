"""Rows for which something is due, found some at a time, and begun one by one by whoever has the row first."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from berthline.domain.compute import Server, VmState
from berthline.domain.ids import ServerId
from berthline.store import Connection, Store
from berthline.store.compute.servers import servers
from berthline.store.control.sagas import unfinished
from berthline.workflows.server import delete

K = TypeVar("K", bound=Hashable)


async def begin_overdue(
    store: Store, some: Callable[[Connection], Sequence[K]], begin: Callable[[K], Callable[[Connection], bool]]
) -> int:
    """Begin what is due for every row; returns how many.

    ``some`` finds rows that are not begun yet; ``begin`` makes the transaction for one, which tells whether that began
    it. One that could not be begun, or whose work has failed by now, would be found again at once: each is begun once,
    and the rest is left to the next turn.
    """
    begun: set[K] = set()
    while found := await store.read(some):
        taken = [each for each in found if each not in begun and await store.write(begin(each))]
        begun.update(taken)
        if len(taken) < len(found):
            break
    return len(begun)


def at_rest(connection: Connection, server_id: ServerId, vm_state: VmState) -> Server | None:
    """The server, whose row is locked, in this state; None where it is another's by now: something is done to it, or a
    delete of it is under way.
    """
    servers.lock(connection, server_id)
    server = servers.get(connection, server_id)
    if server is None or (server.vm_state, server.task_state) != (vm_state, None):
        return None
    return None if any(saga.kind == delete.KIND for saga in unfinished(connection, server_id)) else server
