"""NICs that guests have and their servers have not are unplugged: their ports were deleted while they were in use.

Nova is told by an event, ``network-vif-deleted``, and detaches the device then or never. Here nothing has to arrive: it
takes no input, and compares the NICs of every guest with those of its server. What a delete of a port notes makes it
look at one guest sooner, in whatever process of the cloud that was.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import partial
from itertools import islice
from typing import Final

import structlog
from prometheus_client import Counter

from berthline.domain.batches import batches
from berthline.domain.errors import LeaseLost, OutsideError, Transient, Unavailable
from berthline.domain.hypervisor import FoundNic, Hypervisor
from berthline.domain.ids import HostName, PortId, ServerId
from berthline.store import Connection, Store
from berthline.store.compute.guest_places import GuestPlace, lost_nics, newest_event, nics_of, nics_on, places_of
from berthline.store.engine.changes import LOST_NICS_TOPIC

log = structlog.get_logger("berthline.reconcile")

CHUNK: Final = 100
HOSTS_AT_ONCE: Final = 16
"""A host has some hundred guests at most: so many hosts are asked side by side, and their rows read together."""
EVERY_SECONDS: Final = 60.0
GATHER_SECONDS: Final = 0.05
AGAIN_SECONDS: Final = 2.0

STRAYS: Final = Counter("berthline_stray_nics", "NICs unplugged from guests whose servers have them no more.")


class StrayNics:
    """``run`` is the loop; ``run_once`` looks at every guest."""

    _read_to = 0

    def __init__(
        self,
        store: Store,
        hosts: Mapping[HostName, Hypervisor],
        *,
        every_seconds: float = EVERY_SECONDS,
        again_seconds: float = AGAIN_SECONDS,
    ) -> None:
        self._store = store
        self._hosts = hosts
        self._every = every_seconds
        self._again = again_seconds
        self._hinted: set[ServerId] = set()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Look until cancelled: at all guests at the start and on the timer, at hinted ones at once."""
        loop = asyncio.get_running_loop()

        def lost() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended before the store
                loop.call_soon_threadsafe(self._wake.set)

        end = self._store.subscribe(LOST_NICS_TOPIC, lost)
        try:
            await self._run(loop)
        finally:
            end()

    async def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        all_due = loop.time()
        while True:
            self._wake.clear()
            try:
                if loop.time() >= all_due:
                    self._read_to = await self._store.read_short(newest_event)
                    await self.run_once()
                    all_due = loop.time() + self._every
                self._read_to, lost = await self._store.read_short(partial(lost_nics, after=self._read_to))
                self._hinted |= lost
                await self.look_at_hinted()
            except (Transient, Unavailable) as error:
                log.info("guests could not be looked at; looking again soon", why=error.message)
                await asyncio.sleep(self._again)
                continue
            pause = min(self._again if self._hinted else self._every, all_due - loop.time())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, pause)):
                    await self._wake.wait()
                await asyncio.sleep(GATHER_SECONDS)

    async def run_once(self) -> int:
        """Look at every guest; returns how many NICs were unplugged. A host out of reach is passed over.

        Each host is asked for all its guests, and the rows of some hosts are read at once: only a guest with a NIC that
        no row explains is looked at by itself.
        """
        unplugged = 0
        for some in batches(tuple(self._hosts.values()), HOSTS_AT_ONCE):
            found = await asyncio.gather(*map(_guests_of, some))
            held = await self._store.read(partial(nics_on, hosts=[host.host for host in some]))
            odd = [
                (host, [guest for guest, nics in guests.items() if any((guest, nic.id) not in held for nic in nics)])
                for host, guests in zip(some, found, strict=True)
            ]
            unplugged += sum(await asyncio.gather(*(self._look(host, guests) for host, guests in odd if guests)))
        return unplugged

    async def look_at_hinted(self) -> int:
        """Look at the guests that were hinted at, once each; returns how many NICs were unplugged."""
        unplugged = 0
        waiting, self._hinted = self._hinted, set()
        try:
            while some := set(islice(waiting, CHUNK)):
                unplugged += await self._bring(await self._store.read(partial(places_of, server_ids=some)))
                waiting -= some
        finally:
            self._hinted |= waiting
        return unplugged

    async def _bring(self, places: Collection[GuestPlace]) -> int:
        by_host: dict[HostName, list[ServerId]] = defaultdict(list)
        for place in places:
            by_host[place.host].append(place.server_id)
        looks = [self._look(host, ids) for name, ids in by_host.items() if (host := self._hosts.get(name))]
        return sum(await asyncio.gather(*looks))

    async def _look(self, host: Hypervisor, ids: Collection[ServerId]) -> int:
        """The guests first, the rows after them: a NIC whose row is there by then was never a stray."""
        try:
            found = await host.interfaces(ids)
        except OutsideError as error:
            log.info("a host's guests could not be looked at", host=host.host, why=error.message)
            return 0

        def read(connection: Connection) -> tuple[Mapping[ServerId, frozenset[PortId]], tuple[GuestPlace, ...]]:
            return nics_of(connection, found), places_of(connection, found)

        held, places = await self._store.read(read)
        here = [place for place in places if place.host == host.host]
        return sum(await asyncio.gather(*(self._unplug(host, place, found, held) for place in here)))

    async def _unplug(
        self,
        host: Hypervisor,
        place: GuestPlace,
        found: Mapping[ServerId, frozenset[FoundNic]],
        held: Mapping[ServerId, frozenset[PortId]],
    ) -> int:
        """Take every stray out of one guest. A server that a saga works on is left to it, and looked at again."""
        strays = [nic for nic in found[place.server_id] if nic.id not in held[place.server_id]]
        if strays and place.busy:
            self._hinted.add(place.server_id)
            return 0
        unplugged = 0
        for nic in strays:
            if host.host not in self._hosts:  # it is another worker's by now
                return unplugged
            try:
                await host.detach_interface(place.server_id, nic)
            except (OutsideError, LeaseLost) as error:
                log.info("a stray NIC could not be unplugged", server=place.server_id, port=nic.id, why=error.message)
                self._hinted.add(place.server_id)
                continue
            log.warning("unplugged a NIC whose port is gone", server=place.server_id, port=nic.id)
            STRAYS.inc()
            unplugged += 1
        return unplugged


async def _guests_of(host: Hypervisor) -> Mapping[ServerId, frozenset[FoundNic]]:
    """The NICs of every guest that the host has; nothing of a host that cannot be asked."""
    try:
        return await host.interfaces(await host.guests())
    except OutsideError as error:
        log.info("a host's guests could not be looked at", host=host.host, why=error.message)
        return {}
