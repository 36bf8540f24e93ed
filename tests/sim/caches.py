"""Images in the hosts' caches: they are wanted on all hosts, and those that nothing is made of are taken away again."""

from collections.abc import Iterator, Mapping
from typing import Final

from berthline.domain.hypervisor import CachedImage
from berthline.domain.ids import HostName
from berthline.reconcile.unused_images import UnusedImages
from berthline.store.compute import aggregates
from berthline.store.compute.guest_places import digests_on
from tests.sim.cloud import SimulationProcess, SimulationWorld
from tests.workflows.world import IMAGE, OTHER_IMAGE, SHA512, member

WANTED: Final = ((IMAGE,), (OTHER_IMAGE,), (IMAGE, OTHER_IMAGE))
TOO_MUCH: Final = 1
"""Bytes that a cache may hold: so that whatever is not used goes."""


async def want(process: SimulationProcess, number: int) -> None:
    """Have some images on all hosts: which ones, the number says."""
    (aggregate,) = process.store.read_now(aggregates.every)
    await process.compute.cached_images.want(member(), aggregate.id, WANTED[number % len(WANTED)])


async def clean(process: SimulationProcess) -> None:
    """Take what is not used out of the caches of the hosts that are this engine's."""
    await UnusedImages(process.store, process.clock, process.hosts, unused_seconds=0, most_bytes=TOO_MUCH).run_once()


Cached = Mapping[HostName, frozenset[CachedImage]]


async def cached(world: SimulationWorld) -> Cached:
    """What is in the caches now."""
    return {host.host: frozenset(await host.cached_images()) for host in world.hosts}


def missing(now: Cached) -> Iterator[str]:
    """What is wrong with the caches when all was wanted, and nothing went wrong."""
    for host, images in now.items():
        if left := set(SHA512.values()) - {image.sha512 for image in images}:
            yield f"host {host} has not the images {left}, which were wanted there"


def wrongly_cleaned(world: SimulationWorld, before: Cached, after: Cached) -> Iterator[str]:
    """What is wrong with the caches when all hosts were cleaned, and nothing went wrong."""
    for host, images in before.items():
        needed = world.store.read_now(lambda connection, host=host: digests_on(connection, host))  # type: ignore[misc]
        used = {image for image in images if image.in_use or image.sha512 in needed}
        if gone := used - after[host]:
            yield f"host {host} has no more the images {gone}, which are used there"
        if needless := after[host] - used:
            yield f"host {host} keeps the images {needless}, which nothing uses"
