"""Guests whose servers are deleted, or on another host, are removed: what a process did that no more had the right to.

An effect that was begun under a lease may be carried out after it ended, when somebody else has undone everything: no
order of calls rules that out on hosts that compare nothing. Takes no input: a guest is lost when two looks, some time
apart, find its server elsewhere or gone and nothing at work on it. What this database never had is left for doctor.
"""

import asyncio
from collections.abc import Collection, Mapping
from functools import partial
from typing import Final

import structlog
from prometheus_client import Counter

from berthline.domain.batches import batches
from berthline.domain.errors import LeaseLost, OutsideError, Unavailable
from berthline.domain.hypervisor import Hypervisor
from berthline.domain.ids import HostName, ServerId
from berthline.store import Store
from berthline.store.compute.guest_places import lost_of

log = structlog.get_logger("berthline.reconcile")

HOSTS_AT_ONCE: Final = 16
EVERY_SECONDS: Final = 300.0
AGAIN_SECONDS: Final = 30.0
"""How long the first look at a guest is ago when the second one is taken: longer than a process is stopped unseen."""

LOST: Final = Counter("berthline_lost_guests", "Guests removed whose servers are deleted or on another host.")

Place = tuple[HostName, ServerId]


class LostGuests:
    """``run`` is the loop; ``run_once`` is a look at all hosts of the mapping, which may change from look to look."""

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
        self._seen: frozenset[Place] = frozenset()

    async def run(self) -> None:
        """Look until cancelled: on the timer, and again soon where something was seen once."""
        while True:
            try:
                await self.run_once()
            except (OutsideError, Unavailable) as error:
                log.info("guests could not be looked at; looking again soon", why=error.message)
            await asyncio.sleep(self._again if self._seen else self._every)

    async def run_once(self) -> int:
        """Look at every guest; returns how many were removed, each of which the look before had found too."""
        found: set[Place] = set()
        for some in batches(tuple(self._hosts.values()), HOSTS_AT_ONCE):
            told = await asyncio.gather(*map(_held_by, some))
            held = [(host.host, server_id) for host, ids in zip(some, told, strict=True) for server_id in ids]
            if held:
                found |= await self._store.read(partial(lost_of, found=held))
        again, self._seen = self._seen & found, frozenset(found)
        removed = 0
        for place in again:
            removed += await self._remove(place)
        return removed

    async def _remove(self, place: Place) -> bool:
        name, server_id = place
        host = self._hosts.get(name)
        if host is None:  # it is another worker's by now
            return False
        try:
            await host.destroy(server_id)
            await host.delete_disks(server_id)
        except (OutsideError, LeaseLost) as error:
            log.info("a lost guest could not be removed", host=name, server=server_id, why=error.message)
            return False
        self._seen -= {place}
        log.warning("removed a guest whose server is deleted or elsewhere", host=name, server=server_id)
        LOST.inc()
        return True


async def _held_by(host: Hypervisor) -> Collection[ServerId]:
    """The servers that the host has guests or disks of; nothing of a host that cannot be asked."""
    try:
        return {*await host.guests(), *await host.disks()}
    except OutsideError as error:
        log.info("a host's guests could not be looked at", host=host.host, why=error.message)
        return ()
