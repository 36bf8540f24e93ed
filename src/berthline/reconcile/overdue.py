"""Rows for which something is due, found some at a time, and begun one by one by whoever has the row first."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from berthline.domain.clock import Clock
from berthline.domain.compute import Server, VmState
from berthline.domain.ids import ServerId
from berthline.store import Connection, Store
from berthline.store.compute.servers import servers
from berthline.store.control.postponements import postpone
from berthline.store.control.sagas import unfinished
from berthline.workflows.server import delete

K = TypeVar("K", bound=str)


async def begin_overdue(
    store: Store,
    clock: Clock,
    some: Callable[[Connection, int], Sequence[K]],
    begin: Callable[[Connection, K, int], bool],
) -> int:
    """Begin what is due for every row; returns how many.

    ``some`` finds rows that are not left for now; ``begin`` tells whether it began one, in the transaction that leaves
    it for a while. So one that was begun and has failed by now, or that another is at work on, is neither found again
    at once nor in the way of those behind it, and is tried at times that lie further and further apart.
    """
    begun = 0
    while found := await store.read(_looking(some, clock.now())):
        for each in found:
            begun += await store.write(partial(_begin_one, subject=each, begin=begin, at=clock.now()))
    return begun


def _looking(some: Callable[[Connection, int], Sequence[K]], now: int) -> Callable[[Connection], Sequence[K]]:
    return lambda connection: some(connection, now)


def _begin_one(connection: Connection, subject: K, begin: Callable[[Connection, K, int], bool], at: int) -> bool:
    is_begun = begin(connection, subject, at)
    postpone(connection, subject, at, tried=is_begun)
    return is_begun


def at_rest(connection: Connection, server_id: ServerId, vm_state: VmState) -> Server | None:
    """The server, whose row is locked, in this state; None where it is another's by now: something is done to it, or a
    delete of it is under way.
    """
    servers.lock(connection, server_id)
    server = servers.get(connection, server_id)
    if server is None or (server.vm_state, server.task_state) != (vm_state, None):
        return None
    return None if any(saga.kind == delete.KIND for saga in unfinished(connection, server_id)) else server
