"""Imports over each place and database, with the process that does them dying at each of their steps.

A process that is dead does no more; here its tasks stand still until the other one has tidied up after it, and then go
on, as those of a process that was held up: what they find then must not spoil anything either.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from berthline.domain.image import ImageTask
from berthline.domain.image_store import CHUNK
from berthline.images import Images
from berthline.images.downloads import Downloader, DownloadSettings
from berthline.images.imports import Import, Method
from berthline.images.service import NewImage
from berthline.images.uploads import LEASE_SECONDS
from berthline.store import Store
from berthline.store.control import quotas
from berthline.store.engine.location import Location
from berthline.store.images import stored_bytes
from tests.api.builder import HandClock
from tests.contract.image_store.dying import DEATHS, Death, DyingPlace
from tests.contract.image_store.places import Folder, Place
from tests.contract.image_store.test_services import ADMIN, chunks
from tests.databases import FILE

COUNTERS = ("image_count", "image_size_mib")


class FromMemory(Downloader):
    """What is at every URL is what a test says."""

    def __init__(self, content: bytes) -> None:
        super().__init__(DownloadSettings(hosts=("*",)), HandClock())
        self._content = content

    async def fetch(self, uri: str, most: int) -> AsyncGenerator[bytes]:
        yield self._content


class World:
    """A database and a place, and any number of processes that have them."""

    def __init__(self, database: Location, place: Place, clock: HandClock) -> None:
        self.place = place
        self.clock = clock
        self.content = bytes(CHUNK + 7)  # less than a part: nothing is sent by itself, after its process died
        self.deaths = DEATHS if isinstance(place, Folder) else DEATHS[-2:]  # a bucket learns of bytes at their end
        self._database = database
        self._made: list[tuple[Store, Images]] = []
        self.store, self.images, _ = self.process()

    def process(self, death: Death | None = None) -> tuple[Store, Images, DyingPlace | None]:
        store = Store(self._database, durable=False)
        opened: Any = self.place.open()
        dying = None if death is None else DyingPlace(opened, death)
        images = Images(store, self.clock, dying or opened, downloader=FromMemory(self.content))
        self._made.append((store, images))
        return store, images, dying

    async def queued(self) -> str:
        return (await self.images.create(ADMIN, NewImage(name="tiny", disk_format="raw", bare=True))).id

    async def staged(self) -> str:
        image_id = await self.queued()
        await self.images.imports.stage(ADMIN, image_id, chunks(self.content), None)
        return image_id

    async def status(self, image_id: str) -> str:
        return (await self.images.show(ADMIN, image_id)).status

    async def task(self, image_id: str) -> ImageTask:
        return (await self.images.imports.tasks_of(ADMIN, image_id))[0]

    async def over(self, image_id: str) -> str:
        """What became of the newest import, once that is known."""
        for _ in range(1000):
            if (task := await self.task(image_id)).status != "processing":
                return task.status
            await asyncio.sleep(0.02)
        raise AssertionError("an import does not end")

    def counted(self) -> dict[str, int]:
        return self.store.read_now(lambda c: quotas.used(c, ADMIN.project_id, COUNTERS))

    async def tidied(self, image_id: str, message: str | None) -> None:
        """The other process finds what the dead one left, no sooner than its lease ends; then nothing is left."""
        self.clock.advance(LEASE_SECONDS - 5)
        await self.images.tidy()
        assert await self.status(image_id) != "queued"
        self.clock.advance(10)
        await self.images.tidy()
        await self.clean(image_id, message)

    async def clean(self, image_id: str, message: str | None) -> None:
        image = await self.images.show(ADMIN, image_id)
        assert (image.status, image.size) == ("queued", None)
        assert self.place.left() == []
        assert self.counted() == {"image_count": 1, "image_size_mib": 0}
        found = await self.images.imports.tasks_of(ADMIN, image_id)
        assert [(task.status, task.message) for task in found[:1]] == ([("failure", message)] if message else [])

    async def works(self, image_id: str) -> None:
        """The image can be had after all."""
        await self.images.imports.stage(ADMIN, image_id, chunks(self.content), None)
        await self.images.imports.begin(ADMIN, image_id, wanted("glance-direct"))
        assert await self.over(image_id) == "success"
        assert await self.status(image_id) == "active"
        assert len(self.place.left()) == 1
        await self.images.delete(ADMIN, image_id)
        assert self.place.left() == []
        assert self.counted() == {"image_count": 0, "image_size_mib": 0}

    async def close(self) -> None:
        for store, images in self._made:
            await images.stop()
            images.close()
            store.close()


def wanted(method: Method) -> Import:
    uri = "https://mirror.example/disk" if method == "web-download" else None
    return Import(method, uri, {"method": {"name": method}})


@pytest.fixture
async def world(place: Place, new_database: Callable[[str], Location]) -> AsyncGenerator[World]:
    made = World(new_database(FILE), place, HandClock())
    await made.images.start()
    yield made
    await made.close()


async def test_a_process_that_dies_while_it_stages_leaves_nothing(world: World) -> None:
    for death in world.deaths:
        _, images, dying = world.process(death)
        assert dying is not None
        image_id = await world.queued()
        dead = asyncio.create_task(images.imports.stage(ADMIN, image_id, chunks(world.content), None))
        await asyncio.wait_for(dying.dead.wait(), 60)
        assert await world.status(image_id) == "uploading"
        await world.tidied(image_id, None)
        dead.cancel()
        await asyncio.gather(dead, return_exceptions=True)
        await world.clean(image_id, None)
        await world.works(image_id)


async def test_a_process_that_dies_while_it_downloads_leaves_nothing(world: World) -> None:
    for death in world.deaths:
        _, images, dying = world.process(death)
        assert dying is not None
        image_id = await world.queued()
        await images.imports.begin(ADMIN, image_id, wanted("web-download"))
        await asyncio.wait_for(dying.dead.wait(), 60)
        assert await world.status(image_id) == "importing"
        await world.tidied(image_id, stored_bytes.GONE)
        await images.imports.stop()
        await world.clean(image_id, stored_bytes.GONE)
        await world.images.delete(ADMIN, image_id)


async def test_a_process_that_dies_while_it_looks_at_what_was_staged_leaves_nothing(world: World) -> None:
    for death in (Death("read", after=False), Death("read", after=True)):
        _, images, dying = world.process(death)
        assert dying is not None
        image_id = await world.staged()
        await images.imports.begin(ADMIN, image_id, wanted("glance-direct"))
        await asyncio.wait_for(dying.dead.wait(), 60)
        assert await world.status(image_id) == "importing"
        await world.tidied(image_id, stored_bytes.GONE)
        await images.imports.stop()
        await world.clean(image_id, stored_bytes.GONE)
        await world.images.delete(ADMIN, image_id)


async def test_what_one_staged_another_imports_after_any_time_and_a_sweep(world: World) -> None:
    _, other, _ = world.process()
    image_id = await world.staged()
    world.clock.advance(7 * 86_400)
    await other.start()
    assert len(world.place.left()) == 1
    await other.imports.begin(ADMIN, image_id, wanted("glance-direct"))
    assert await world.over(image_id) == "success"
    assert (
        b"".join([chunk async for chunk in world.images.read((await world.task(image_id)).image_id)]) == world.content
    )


async def test_an_image_that_goes_while_it_is_staged_or_imported_takes_its_bytes_along(world: World) -> None:
    image_id = await world.staged()
    await world.images.delete(ADMIN, image_id)
    assert world.place.left() == []
    _, images, dying = world.process(Death("finish", after=True))
    assert dying is not None
    image_id = await world.queued()
    await images.imports.begin(ADMIN, image_id, wanted("web-download"))
    await asyncio.wait_for(dying.dead.wait(), 60)
    await world.images.delete(ADMIN, image_id)
    await images.imports.stop()
    assert world.place.left() == []
    assert world.counted() == {"image_count": 0, "image_size_mib": 0}


async def test_a_process_that_ends_before_an_import_has_begun_queues_its_image(world: World) -> None:
    image_id = await world.queued()
    await world.images.imports.begin(ADMIN, image_id, wanted("web-download"))
    await world.images.stop()  # with no turn of the event loop between
    await world.clean(image_id, "The process that imported it was stopped. The image is queued: import it again.")
