"""Hosts that were lost and are there again: guests that others have by now are removed before anything else is begun.

Takes no input: it looks at hosts that count as lost, by a way of its own, since to all others they hold nothing. Once
one answers, and what was at work on the servers that it lost has ended, its guests and disks of servers that are
elsewhere or deleted are removed; then it is the cloud's again. The disks of a server that is not elsewhere yet stay:
it may have to go back to them. They are removed, with all else that hosts have still, when they are needed no more.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Final

import structlog
from prometheus_client import Counter

from berthline.domain.batches import batches
from berthline.domain.clock import Clock
from berthline.domain.errors import BerthlineError, LeaseLost, OutsideError
from berthline.domain.hosts.enrolment import EnrolledHost
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName, ServerId
from berthline.saga import Worker
from berthline.store import Connection, Store
from berthline.store.compute import enrolled, left_guests
from berthline.store.compute.guest_places import lost_of
from berthline.store.compute.servers import servers
from berthline.workflows.loss import losing
from berthline.workflows.server import evacuate

log = structlog.get_logger("berthline.reconcile")

REMOVED: Final = Counter("berthline_left_guests_removed", "Guests removed from hosts that were lost and came back.")

HOSTS_AT_ONCE: Final = 16
LOOK_SECONDS: Final = 20.0

Make = Callable[[EnrolledHost], Awaitable[Hypervisor]]


class ReturnedHosts:
    """``run_once`` is a look at the lost hosts of this worker, and at what is left on its others."""

    def __init__(
        self, store: Store, clock: Clock, worker: Worker, hosts: Mapping[HostName, Hypervisor], make: Make
    ) -> None:
        """``hosts``: those that are not lost and this worker drives now. ``make``: a way to one that is lost."""
        self._store = store
        self._clock = clock
        self._worker = worker
        self._hosts = hosts
        self._make = make

    async def run_once(self) -> int:
        """Look; returns how many hosts are the cloud's again."""
        mine = [HostName(name) for name in tuple(self._worker.places)]
        lost = await self._store.read_short(partial(enrolled.lost, among=mine)) if mine else ()
        back = sum([sum(await asyncio.gather(*map(self._look, some))) for some in batches(lost, HOSTS_AT_ONCE)])
        there = [name for name in mine if name in self._hosts]
        waste = await self._store.read_short(partial(left_guests.hosts_with_waste, among=there)) if there else ()
        for name in sorted(waste):
            if (found := self._hosts.get(name)) is not None:
                await self._clear(found)
        return back

    async def _look(self, host: EnrolledHost) -> bool:
        """Whether the host answered, has nothing of others any more, and is the cloud's again."""
        if await self._store.read_short(partial(enrolled.work_at, name=host.name, but="")):
            return False  # it ends soon: to it this host holds nothing
        try:
            made = await self._make(host)
        except BerthlineError as error:
            log.warning("a lost host cannot be looked at", host=host.name, error=error.message)
            return False
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await made.facts()
            cleared = await self._clear(made.at_epoch(self._worker.epoch_of(host.name)))
        except (OutsideError, LeaseLost, TimeoutError) as error:
            log.debug("a lost host does not answer", host=host.name, why=str(error))
            return False
        finally:
            await made.close()
        if cleared is None:
            return False
        write = partial(_set_found, name=host.name, cleared=cleared, at=self._clock.now())
        found = await self._store.write(write)
        if found:
            log.warning("a host that was lost is there again, without the guests that others have", host=host.name)
        return found

    async def _clear(self, host: Hypervisor) -> Collection[ServerId] | None:
        """Remove what is left of servers that are elsewhere; those of them. None where some of it has to wait."""
        name = host.host
        if await self._store.read_short(partial(left_guests.earlier_work, host=name, but=evacuate.KIND)):
            return None  # it may begin the guest once more
        left = await self._store.read_short(partial(left_guests.of_host, host=name))
        try:
            held = {*await host.guests(), *await host.disks()}
            for one in left:
                await self._remove(host, one.server_id, keeps_disks=one.keeps_disks, was_there=one.server_id in held)
            found = [(name, server_id) for server_id in held - {one.server_id for one in left}]
            for _, server_id in await self._store.read(partial(lost_of, found=found)):
                await self._remove(host, server_id, keeps_disks=False, was_there=True)
        except (OutsideError, LeaseLost) as error:
            log.info("what is left on a host could not be removed", host=name, why=error.message)
            return None
        return frozenset(one.server_id for one in left)

    async def _remove(self, host: Hypervisor, server_id: ServerId, *, keeps_disks: bool, was_there: bool) -> None:
        await host.destroy(server_id)
        if keeps_disks:
            return
        await host.delete_disks(server_id)
        now = self._clock.now()
        await self._store.write(partial(left_guests.remove, host=host.host, server_id=server_id, at=now))
        if was_there:
            REMOVED.inc()
            log.warning("removed a guest that another host has by now", host=host.host, server=server_id)


def _set_found(connection: Connection, name: HostName, cleared: Collection[ServerId], at: int) -> bool:
    """Unless more of its servers were given to others meanwhile, whose guests it has still.

    Servers that waited for it are as they were; what their owners want of their guests comes about as after a reboot.
    """
    waiting = enrolled.servers_on(connection, name)
    for server_id in waiting:
        servers.lock(connection, server_id)
    enrolled.lock(connection, [name])
    if any(left.server_id not in cleared for left in left_guests.of_host(connection, name)):
        return False
    if not enrolled.set_found(connection, name, at):
        return False
    for server_id in waiting:
        server = servers.get(connection, server_id)
        if server is not None and server.host == name:
            losing.restore(connection, server, at)
    return True
