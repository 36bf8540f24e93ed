"""Images that no disk on a host is made of leave its cache after a time, or when it holds too much: caches do not fill
hosts.

Takes no input: it asks each host what is cached there and whether it is used. How long it was unused is what this
process saw: a restart only keeps it longer. An image that a server of the host is to be made of counts as used, and
stays also where the images that are used are too much by themselves.
"""

from collections.abc import Collection, Mapping
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

    ``unused_seconds``: an image that was unused at each look for so long is removed; 0: none is for that.
    ``most_bytes``: what a host's cache may hold; of what is more, those go that were unused longest, and of those that
    were equally long, as after a restart, the largest. 0: as much as comes.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        hosts: Mapping[HostName, Hypervisor],
        *,
        unused_seconds: float,
        most_bytes: int = 0,
    ) -> None:
        self._store = store
        self._clock = clock
        self._hosts = hosts
        self._unused = int(unused_seconds * 1_000_000)
        self._most = most_bytes
        self._since: dict[Copy, int] = {}
        """Since when each was seen unused, in microseconds."""

    async def run_once(self) -> int:
        """Look at every host; returns how many images were removed."""
        if not self._unused and not self._most:
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
            return await self._clean(host, cached, wanted, since)
        except (OutsideError, LeaseLost) as error:
            log.info("a host's cached images could not be looked at", host=host.host, why=error.message)
            return 0

    async def _clean(
        self, host: Hypervisor, cached: Collection[CachedImage], wanted: Collection[str], since: Mapping[Copy, int]
    ) -> int:
        """Remove what is unused too long, and of the rest what is too much, in the order of ``_turn``."""
        now, removed = self._clock.now(), 0
        held = sum(image.bytes_held for image in cached)
        unused = [image for image in cached if not image.in_use and image.sha512 not in wanted]
        began = {image: since.get(_copy(host, image), now) for image in unused}
        self._since |= {_copy(host, image): when for image, when in began.items()}
        for image in sorted(unused, key=lambda image: _turn(image, began[image])):
            old = bool(self._unused) and now - began[image] >= self._unused
            too_much = bool(self._most) and held > self._most
            if not (old or too_much) or not await host.remove_cached_image(image):
                continue
            del self._since[_copy(host, image)]
            held, removed = held - image.bytes_held, removed + 1
            why = "unused too long" if old else "the cache holds too much"
            log.info("removed an image from a host's cache", host=host.host, sha512=image.sha512[:16], why=why)
            REMOVED.inc()
        return removed


def _copy(host: Hypervisor, image: CachedImage) -> Copy:
    return host.host, image.sha512, image.disk_format


def _turn(image: CachedImage, began: int) -> tuple[int, int, str]:
    """Which goes first: what is unused longest, then the largest."""
    return began, -image.bytes_held, image.sha512
