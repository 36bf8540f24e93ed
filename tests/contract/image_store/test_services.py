"""Image services of two processes over one database and one place, whichever it is."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from berthline.domain.auth import Caller
from berthline.domain.errors import BerthlineError, Conflict, ImageUnacceptable, NotFound, RequestTooLarge, Unavailable
from berthline.domain.ids import DomainId, ImageId, ProjectId, RequestId, UserId
from berthline.domain.image_store import CHUNK, ImageStore, new_name
from berthline.images import Images
from berthline.images.service import NewImage
from berthline.images.uploads import LEASE_SECONDS
from berthline.store import Store
from berthline.store.engine.location import Location
from tests.api.builder import HandClock
from tests.contract.image_store.places import Place
from tests.databases import FILE

ADMIN = Caller(
    user_id=UserId("admin"),
    user_name="admin",
    project_id=ProjectId("project"),
    project_name="project",
    domain_id=DomainId("default"),
    roles=frozenset({"admin", "member"}),
    request_id=RequestId("req-1"),
)


@dataclass
class Process:
    """One of the two."""

    store: Store
    place: ImageStore
    images: Images

    async def create(self) -> str:
        made = await self.images.create(ADMIN, NewImage(name="tiny", disk_format="raw", bare=True))
        return made.id

    async def status(self, image_id: str) -> str:
        return (await self.images.show(ADMIN, image_id)).status

    async def got(self, image_id: str) -> bytes:
        return b"".join([chunk async for chunk in self.images.read(ImageId(image_id))])


async def chunks(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def two(
    place: Place, clock: HandClock, new_database: Callable[[str], Location]
) -> AsyncIterator[tuple[Process, Process]]:
    database = new_database(FILE)
    made: list[Process] = []
    for _ in range(2):
        store, opened = Store(database, durable=False), place.open()
        made.append(Process(store, opened, Images(store, clock, opened)))
        await made[-1].images.start()
    yield made[0], made[1]
    for process in made:
        process.images.close()
        process.store.close()


async def test_what_one_took_in_the_other_gives_out_and_deletes(two: tuple[Process, Process], place: Place) -> None:
    one, other = two
    content = os.urandom(place.part_bytes + 2 * CHUNK + 7)
    image_id = await one.create()
    await one.images.upload(ADMIN, image_id, chunks(content), len(content))
    assert await other.status(image_id) == "active"
    assert await other.got(image_id) == content
    await other.images.delete(ADMIN, image_id)
    assert place.left() == []
    with pytest.raises(NotFound):
        await one.got(image_id)


async def test_of_two_processes_that_take_one_image_in_one_wins(two: tuple[Process, Process], place: Place) -> None:
    image_id = await two[0].create()
    contents = [b"a" * CHUNK, b"b" * CHUNK]
    ended = await asyncio.gather(
        *(
            process.images.upload(ADMIN, image_id, chunks(each), None)
            for process, each in zip(two, contents, strict=True)
        ),
        return_exceptions=True,
    )
    lost = [result for result in ended if result is not None]
    assert [type(result) for result in lost] == [Conflict]
    assert await two[0].got(image_id) == contents[ended.index(None)]
    assert len(place.left()) == 1


async def test_what_is_refused_leaves_nothing(two: tuple[Process, Process], place: Place) -> None:
    one, other = two
    image_id = await one.create()
    with pytest.raises(ImageUnacceptable):
        await one.images.upload(
            ADMIN, image_id, chunks(b"LUKS\xba\xbe\x00\x01".ljust(2 * place.part_bytes, b"\0")), None
        )
    assert await other.status(image_id) == "queued"
    assert place.left() == []
    await other.images.upload(ADMIN, image_id, chunks(b"good"), None)


async def test_the_upload_of_a_process_that_died_is_ended_by_the_other(
    two: tuple[Process, Process], place: Place, clock: HandClock
) -> None:
    """Neither sooner than its lease ends, nor by a start."""
    one, other = two
    image_id = await one.create()
    begun, never = asyncio.Event(), asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield bytes(2 * place.part_bytes)
        begun.set()
        await never.wait()

    dead = asyncio.create_task(one.images.upload(ADMIN, image_id, stalled(), None))
    await begun.wait()
    for _ in range(200):
        if place.left():
            break
        await asyncio.sleep(0.05)
    clock.advance(LEASE_SECONDS - 5)
    await other.images.start()
    assert await other.status(image_id) == "saving"
    clock.advance(10)
    await other.images.tidy()
    assert await other.status(image_id) == "queued"
    assert place.left() == []
    await other.images.upload(ADMIN, image_id, chunks(b"again"), None)
    dead.cancel()
    await asyncio.gather(dead, return_exceptions=True)
    assert await other.got(image_id) == b"again"
    assert len(place.left()) == 1


async def test_an_upload_lasts_while_its_process_renews_it(
    two: tuple[Process, Process], place: Place, clock: HandClock
) -> None:
    one, other = two
    image_id = await one.create()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a" * CHUNK
        begun.set()
        await go_on.wait()
        yield b"b"

    upload = asyncio.create_task(one.images.upload(ADMIN, image_id, slow(), None))
    await begun.wait()
    for _ in range(3):
        clock.advance(LEASE_SECONDS - 5)
        await one.images.tidy()
        await other.images.tidy()
    assert await other.status(image_id) == "saving"
    go_on.set()
    await upload
    assert await other.got(image_id) == b"a" * CHUNK + b"b"


async def test_one_that_was_held_up_spoils_nothing(
    two: tuple[Process, Process], place: Place, clock: HandClock
) -> None:
    one, other = two
    image_id = await one.create()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield bytes(2 * place.part_bytes)
        begun.set()
        await go_on.wait()
        yield b"late"

    held_up = asyncio.create_task(one.images.upload(ADMIN, image_id, slow(), None))
    await begun.wait()
    clock.advance(LEASE_SECONDS + 1)
    await other.images.tidy()
    await other.images.upload(ADMIN, image_id, chunks(b"of the other"), None)
    go_on.set()
    with pytest.raises(Unavailable):
        await held_up
    assert await one.got(image_id) == b"of the other"
    assert len(place.left()) == 1


async def test_an_image_deleted_by_the_other_during_its_upload(two: tuple[Process, Process], place: Place) -> None:
    one, other = two
    image_id = await one.create()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield bytes(2 * place.part_bytes)
        begun.set()
        await go_on.wait()
        yield b"late"

    upload = asyncio.create_task(one.images.upload(ADMIN, image_id, slow(), None))
    await begun.wait()
    await other.images.delete(ADMIN, image_id)
    go_on.set()
    with pytest.raises(NotFound):
        await upload
    assert place.left() == []


@pytest.mark.parametrize(("wrong", "error"), [("full", RequestTooLarge), ("refused", Unavailable)])
async def test_a_place_that_takes_nothing_leaves_the_image_queued(
    two: tuple[Process, Process], place: Place, clock: HandClock, wrong: str, error: type[BerthlineError]
) -> None:
    one, _ = two
    image_id = await one.create()
    if wrong == "full":
        place.fill()
        images = one.images
    else:
        images = Images(one.store, clock, place.lock_out())
    with pytest.raises(error):
        await images.upload(ADMIN, image_id, chunks(bytes(2 * place.part_bytes)), None)
    assert await one.status(image_id) == "queued"
    await one.images.tidy()
    assert place.left() == []
    if images is not one.images:
        images.close()


async def test_bytes_that_nobody_names_are_found_and_removed(two: tuple[Process, Process], place: Place) -> None:
    """What a process left that died just after its row was dropped: whole bytes, and begun ones."""
    one, other = two
    image_id = await one.create()
    await one.images.upload(ADMIN, image_id, chunks(b"of the image"), None)
    kept = place.left()
    whole = await one.place.begin(new_name(ImageId(image_id)), 10)
    await whole.finish()
    begun = await one.place.begin(new_name(ImageId(image_id)), 3 * place.part_bytes)
    for _ in range(2 * place.part_bytes // CHUNK):
        await begun.write(bytes(CHUNK))
    strange = await one.place.begin(new_name(ImageId("00000000-0000-4000-8000-000000000000")), 10)
    await strange.finish()
    assert len(place.left()) == len(kept) + 3
    assert await other.images.sweep() == 2
    assert len(place.left()) == len(kept) + 1, "what no image of this cloud had is let be"
    assert await other.got(image_id) == b"of the image"
    await begun.discard()
    await strange.discard()


async def test_an_image_whose_bytes_are_lost_is_killed(two: tuple[Process, Process], place: Place) -> None:
    one, other = two
    lost, there = await one.create(), await one.create()
    for image_id in (lost, there):
        await one.images.upload(ADMIN, image_id, chunks(b"bytes"), None)
    (name,) = [name for name in (await one.place.look()).whole if name.startswith(lost)]
    await one.place.delete(name)
    await other.images.sweep()
    assert (await one.status(lost), await one.status(there)) == ("killed", "active")
