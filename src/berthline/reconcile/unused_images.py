"""Images that no disk on a host is made of leave its cache after a time, so that caches do not fill hosts.

Takes no input: it asks each host what is cached there and whether it is used. How long it was unused is what this
process saw: a restart only keeps it longer. An image that a server of the host is to be made of counts as used.
"""

from collections.abc import Mapping
from functools import partial
from typing import Final

import structlog
from prometheus_client import Counter

from berthline.domain.clock import Clock
from berthline.domain.errors import LeaseLost, OutsideError
from berthline.domain.hypervisor import CachedImage, Hypervisor
from berthline.domain.ids import HostName
from berthline.store import Store
from berthline.store.compute.guest_places import digests_on

log = structlog.get_logger("berthline.reconcile")

REMOVED: Final = Counter("berthline_unused_images_removed", "Images taken out of hosts' caches, as nothing used them.")

Copy = tuple[HostName, str, str]


class UnusedImages:
    """``run_once`` is a look at all hosts of the mapping, which may change from look to look.

    ``unused_seconds``: an image that was unused at each look for so long is removed; 0 keeps all.
    """

    def __init__(
        self, store: Store, clock: Clock, hosts: Mapping[HostName, Hypervisor], *, unused_seconds: float
    ) -> None:
        self._store = store
        self._clock = clock
        self._hosts = hosts
        self._unused = int(unused_seconds * 1_000_000)
        self._since: dict[Copy, int] = {}
        """Since when each was seen unused, in microseconds."""

    async def run_once(self) -> int:
        """Look at every host; returns how many images were removed."""
        if not self._unused:
            return 0
        removed, since = 0, self._since
        self._since = {}
        for host in tuple(self._hosts.values()):
            removed += await self._look_at(host, since)
        return removed

    async def _look_at(self, host: Hypervisor, since: Mapping[Copy, int]) -> int:
        try:
            cached = await host.cached_images()
            wanted = await self._store.read(partial(digests_on, host=host.host))
            return sum([await self._look_at_one(host, image, image.sha512 in wanted, since) for image in cached])
        except (OutsideError, LeaseLost) as error:
            log.info("a host's cached images could not be looked at", host=host.host, why=error.message)
            return 0

    async def _look_at_one(self, host: Hypervisor, image: CachedImage, wanted: bool, since: Mapping[Copy, int]) -> bool:
        if image.in_use or wanted:
            return False
        copy, now = (host.host, image.sha512, image.disk_format), self._clock.now()
        began = since.get(copy, now)
        if now - began < self._unused or not await host.remove_cached_image(image):
            self._since[copy] = began
            return False
        log.info("removed an image from a host's cache", host=host.host, sha512=image.sha512[:16])
        REMOVED.inc()
        return True
