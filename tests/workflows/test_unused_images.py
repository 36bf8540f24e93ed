"""Images that nothing on a host is made of: out of its cache after a time or over a size, and cached again by whoever
needs one.
"""

from typing import ClassVar

import pytest

from berthline.domain.compute import Server
from berthline.domain.hypervisor import BaseImage, CachedImage, GuestSpec, Hypervisor
from berthline.domain.ids import ImageId, ServerId
from berthline.hypervisor.memory import SimulatedHost
from berthline.reconcile.unused_images import REMOVED, UnusedImages
from berthline.store import Store

from .world import CONTENTS, IMAGE, OTHER_IMAGE, SHA512, Process, World, member

HOUR = 3600


class FakeClock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self._now = 1_000_000

    def now(self) -> int:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += int(seconds * 1_000_000)


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


async def booted(process: Process) -> Server:
    (server,) = await process.boot(1)
    assert await process.quiet()
    return process.servers()[server.id]


async def cached(world: World) -> int:
    return sum([len(await host.cached_images()) for host in world.hosts])


async def test_an_image_is_kept_while_it_is_used_and_for_a_time_after_that(world: World) -> None:
    async with world.process() as process:
        clock = FakeClock()
        unused = UnusedImages(process.store, clock, process.outside.hypervisors, unused_seconds=HOUR)
        server, before = await booted(process), REMOVED._value.get()
        for _ in range(3):
            assert await unused.run_once() == 0
            clock.advance(HOUR)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert await unused.run_once() == 0
        clock.advance(HOUR / 2)
        assert await unused.run_once() == 0
        assert await cached(world) == 1
        clock.advance(HOUR / 2)
        assert await unused.run_once() == 1
        assert (await cached(world), REMOVED._value.get()) == (0, before + 1)
        assert (await booted(process)).vm_state == "active"


async def test_the_time_begins_anew_when_it_is_used_in_between(world: World) -> None:
    async with world.process() as process:
        clock = FakeClock()
        unused = UnusedImages(process.store, clock, process.outside.hypervisors, unused_seconds=HOUR)
        for _ in range(2):
            server = await booted(process)
            assert await unused.run_once() == 0
            await process.compute.delete(member(), server.id)
            assert await process.quiet()
            clock.advance(HOUR / 2)
            assert await unused.run_once() == 0
        clock.advance(HOUR / 2)
        assert await unused.run_once() == 0


async def test_0_keeps_all(world: World) -> None:
    async with world.process() as process:
        unused = UnusedImages(process.store, FakeClock(), process.outside.hypervisors, unused_seconds=0)
        server = await booted(process)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert (await unused.run_once(), await unused.run_once(), await cached(world)) == (0, 0, 1)


async def test_an_image_that_went_in_the_middle_of_a_boot_is_cached_again(world: World) -> None:
    """Whoever took it looked before this server was there; the boot goes on."""
    async with world.process() as process:
        for host in world.hosts:
            host.__class__ = Forgetful
        assert (server := await booted(process)).vm_state == "active"
        assert server.id in Forgetful.forgot


class Forgetful(SimulatedHost):
    """A host whose image goes just before a disk is made of it, once for each server."""

    forgot: ClassVar[set[ServerId]] = set()

    async def create_disks(self, spec: GuestSpec) -> None:
        if spec.server_id not in self.forgot:
            self.forgot.add(spec.server_id)
            assert await self.remove_cached_image(CachedImage(spec.image.sha512, spec.image.disk_format))
        await super().create_disks(spec)


async def test_a_removal_that_is_refused_is_tried_at_a_later_look(world: World) -> None:
    async with world.process() as process:
        clock = FakeClock()
        unused = UnusedImages(process.store, clock, process.outside.hypervisors, unused_seconds=HOUR)
        server = await booted(process)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert await unused.run_once() == 0
        clock.advance(HOUR)
        world.schedule.add("refused")
        assert (await unused.run_once(), await cached(world)) == (0, 1)
        assert world.schedule.struck
        assert (await unused.run_once(), await cached(world)) == (1, 0)


async def cache(process: Process, host: Hypervisor, image: ImageId) -> None:
    content = CONTENTS[image]
    base = BaseImage(id=image, sha512=SHA512[image], size=len(content), disk_format="raw")
    await host.cache_image(base, process.images)


async def held(host: Hypervisor) -> set[str]:
    return {image.sha512 for image in await host.cached_images()}


async def test_of_what_a_cache_holds_too_much_that_goes_which_was_unused_longest(world: World) -> None:
    async with world.process() as process:
        clock, host = FakeClock(), world.hosts[0]
        hosts, larger = process.outside.hypervisors, len(CONTENTS[IMAGE])
        unused = UnusedImages(process.store, clock, hosts, unused_seconds=0, most_bytes=larger)
        await cache(process, host, OTHER_IMAGE)
        assert await unused.run_once() == 0
        clock.advance(1)
        await cache(process, host, IMAGE)
        assert await unused.run_once() == 1
        assert await held(host) == {SHA512[IMAGE]}
        assert await unused.run_once() == 0


async def test_of_images_unused_equally_long_the_largest_goes_first_and_no_more_than_must(world: World) -> None:
    async with world.process() as process:
        clock, host = FakeClock(), world.hosts[0]
        most = len(CONTENTS[OTHER_IMAGE])
        for image in (IMAGE, OTHER_IMAGE):
            await cache(process, host, image)
        unused = UnusedImages(process.store, clock, process.outside.hypervisors, unused_seconds=HOUR, most_bytes=most)
        assert await unused.run_once() == 1
        assert await held(host) == {SHA512[OTHER_IMAGE]}


async def test_an_image_that_is_used_stays_in_a_cache_that_holds_too_much(world: World) -> None:
    async with world.process() as process:
        unused = UnusedImages(process.store, FakeClock(), process.outside.hypervisors, unused_seconds=0, most_bytes=1)
        server = await booted(process)
        assert (await unused.run_once(), await cached(world)) == (0, 1)
        await process.compute.delete(member(), server.id)
        assert await process.quiet()
        assert (await unused.run_once(), await cached(world)) == (1, 0)
