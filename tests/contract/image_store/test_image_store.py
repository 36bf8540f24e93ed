"""One suite over every place that images may be in: what is put there comes back, and nothing else is ever left."""

import asyncio
import contextlib
import os

import pytest

from berthline.domain.errors import NotFound, RequestTooLarge, Unavailable
from berthline.domain.ids import ImageId, new_id
from berthline.domain.image_store import CHUNK, BytesName, Held, ImageStore, ImageWriter, Mark, new_name
from tests.contract.image_store.places import Place


def a_name() -> BytesName:
    return new_name(ImageId(new_id()))


async def begun(images: ImageStore, name: BytesName, content: bytes) -> ImageWriter:
    writer = await images.begin(name, len(content))
    for at in range(0, len(content), CHUNK):
        await writer.write(content[at : at + CHUNK])
    return writer


async def put(images: ImageStore, content: bytes) -> BytesName:
    name = a_name()
    await (await begun(images, name, content)).finish()
    return name


async def got(images: ImageStore, name: BytesName, first: int = 0, last: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in images.read(name, first, last)])


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, 3 * CHUNK + 5])
async def test_bytes_come_back_as_they_went_in_to_any_process(place: Place, images: ImageStore, size: int) -> None:
    content = os.urandom(size)
    name = await put(images, content)
    other = place.open()
    assert await other.size(name) == size
    assert await got(other, name) == content
    assert place.left() == [name]
    other.close()


async def test_more_than_a_part(place: Place, images: ImageStore) -> None:
    content = os.urandom(2 * place.part_bytes + CHUNK + 1)
    name = await put(images, content)
    assert await images.size(name) == len(content)
    chunks = [chunk async for chunk in images.read(name)]
    assert b"".join(chunks) == content
    assert max(map(len, chunks)) <= CHUNK
    assert place.left() == [name]


async def test_ranges(place: Place, images: ImageStore) -> None:
    content = os.urandom(place.part_bytes + 2 * CHUNK)
    name = await put(images, content)
    end = len(content) - 1
    for first, last in ((0, 0), (5, 9), (CHUNK - 1, CHUNK), (place.part_bytes - 3, place.part_bytes + 3), (end, end)):
        assert await got(images, name, first, last) == content[first : last + 1]
    assert await got(images, name, 7) == content[7:]
    assert await got(images, name, end - 1, end + 1000) == content[-2:]


async def test_two_readers_at_once(images: ImageStore) -> None:
    content = os.urandom(2 * CHUNK)
    name = await put(images, content)
    assert await asyncio.gather(*(got(images, name) for _ in range(4))) == [content] * 4


async def test_bytes_that_are_not_there(images: ImageStore) -> None:
    name = a_name()
    with pytest.raises(NotFound):
        await images.size(name)
    with pytest.raises(NotFound):
        await anext(images.read(name))


async def test_a_delete_may_be_repeated(place: Place, images: ImageStore) -> None:
    name, kept = await put(images, b"gone"), await put(images, b"kept")
    for _ in range(2):
        await images.delete(name)
    with pytest.raises(NotFound):
        await images.size(name)
    assert place.left() == [kept]
    assert await got(images, kept) == b"kept"


async def test_nothing_is_there_before_all_of_it(place: Place, images: ImageStore) -> None:
    name = a_name()
    writer = await begun(images, name, bytes(2 * place.part_bytes))
    with pytest.raises(NotFound):
        await images.size(name)
    assert name not in (await images.look()).whole
    await writer.finish()
    assert await images.size(name) == 2 * place.part_bytes


@pytest.mark.parametrize("parts", [0, 0.5, 2.5])
async def test_an_upload_that_is_given_up_leaves_nothing(place: Place, images: ImageStore, parts: float) -> None:
    writer = await begun(images, a_name(), bytes(int(parts * place.part_bytes)))
    for _ in range(2):
        await writer.discard()
    assert place.left() == []


async def test_bytes_that_are_given_up_after_all_leave_nothing(place: Place, images: ImageStore) -> None:
    writer = await begun(images, a_name(), b"whole, and not wanted any more")
    await writer.finish()
    await writer.discard()
    assert place.left() == []


async def test_an_upload_whose_process_died_is_seen_and_removed(place: Place, images: ImageStore) -> None:
    name, whole = a_name(), await put(images, b"whole")
    dead = await begun(images, name, bytes(2 * place.part_bytes + 1))
    other = place.open()
    held = await other.look()
    assert held == Held(frozenset({whole}), frozenset({name}))
    await other.delete(name)
    assert place.left() == [whole]
    other.close()
    await dead.discard()


async def test_a_writer_whose_upload_was_ended_makes_nothing_of_it(place: Place, images: ImageStore) -> None:
    """It was held up, and another process removed what it had written."""
    name = a_name()
    writer = await begun(images, name, bytes(2 * place.part_bytes))
    await images.delete(name)
    with pytest.raises(Unavailable):
        await writer.finish()
    await writer.discard()
    assert place.left() == []


async def test_a_full_place(place: Place, images: ImageStore) -> None:
    name = await put(images, b"there before")
    place.fill()
    for size in (10, 2 * place.part_bytes):
        writer = await images.begin(a_name(), size)
        with pytest.raises(RequestTooLarge, match="full"):
            await _fill(writer, size)
        await writer.discard()
    assert place.left() == [name]
    assert await got(images, name) == b"there before"


async def test_a_place_that_refuses(place: Place, images: ImageStore) -> None:
    await put(images, b"there before")
    before = place.left()
    refused = place.lock_out()
    writer = await refused.begin(a_name(), 10)
    with pytest.raises(Unavailable, match="cannot be used now"):
        await _fill(writer, 10)
    with contextlib.suppress(Unavailable):
        await writer.discard()
    refused.close()
    assert place.left() == before


async def _fill(writer: ImageWriter, size: int) -> None:
    for at in range(0, size, CHUNK):
        await writer.write(bytes(min(CHUNK, size - at)))
    await writer.finish()


async def test_what_others_keep_there_is_let_be(place: Place, images: ImageStore) -> None:
    assert await images.mark() is None
    mark = Mark(new_id(), new_id())
    assert await images.set_mark(mark) == mark
    name = await put(images, b"an image's")
    assert (await images.look()).whole == {name}


async def test_a_place_is_marked_once(place: Place, images: ImageStore) -> None:
    first, second = Mark(new_id(), new_id()), Mark(new_id(), new_id())
    assert await images.set_mark(first) == first
    other = place.open()
    assert await other.mark() == first
    assert await other.set_mark(second) == first
    assert await images.mark() == first
    other.close()


async def test_of_processes_that_mark_at_once_one_wins(place: Place) -> None:
    """Or they say the same, where the place cannot decide."""
    opened = [place.open() for _ in range(4)]
    cloud_id, agreed = new_id(), new_id()
    said = await asyncio.gather(
        *(one.set_mark(Mark(cloud_id, new_id() if one.marks_once else agreed)) for one in opened)
    )
    assert len(set(said)) == 1
    assert {await one.mark() for one in opened} == set(said)
    assert place.left() == ["cloud-id"]
    for one in opened:
        one.close()


async def test_a_mark_of_before_places_had_ids_gets_one(images: ImageStore) -> None:
    cloud_id, place_id = new_id(), new_id()
    assert await images.set_mark(Mark(cloud_id)) == Mark(cloud_id)
    assert await images.set_mark(Mark(new_id(), new_id())) == Mark(cloud_id)
    assert await images.set_mark(Mark(cloud_id, place_id)) == Mark(cloud_id, place_id)


async def test_a_place_that_is_in_order(images: ImageStore) -> None:
    await images.check()


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "", "cloud-id", "x.part", "0000"])
async def test_no_other_name_is_ever_used(place: Place, images: ImageStore, name: str) -> None:
    with pytest.raises(NotFound):
        await images.begin(BytesName(name), 1)
    with pytest.raises(NotFound):
        await images.delete(BytesName(name))
    with pytest.raises(NotFound):
        await images.size(BytesName(name))
    with pytest.raises(NotFound):
        await anext(images.read(BytesName(name)))
