"""Uploads: by several processes, cut off, held up, and met by deletes; nothing is left of what did not succeed."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from berthline.domain.ids import new_id
from berthline.domain.image_store import CHUNK, BytesName
from berthline.images import Images
from berthline.images.stores.folder import FolderStore
from berthline.images.uploads import LEASE_SECONDS
from berthline.store import Store
from berthline.store.images.images import get
from berthline.store.images.stored_bytes import begin
from tests.api.builder import Cloud
from tests.api.image.client import IMAGES, create, kept, put, show, upload


async def test_a_second_upload_is_409_and_the_first_stays(member: httpx.AsyncClient) -> None:
    image = await upload(member, b"first")
    assert (await put(member, image["id"], b"second")).status_code == 409
    assert (await member.get(f"{IMAGES}/{image['id']}/file")).content == b"first"


async def test_of_two_uploads_at_once_one_wins(member: httpx.AsyncClient, folder: Path) -> None:
    made = await create(member)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a" * CHUNK
        begun.set()
        await go_on.wait()
        yield b"a"

    first = asyncio.create_task(put(member, made["id"], slow()))
    await begun.wait()
    assert (await show(member, made["id"]))["status"] == "saving"
    assert (await put(member, made["id"], b"b")).status_code == 409
    go_on.set()
    assert (await first).status_code == 204
    assert (await show(member, made["id"]))["size"] == CHUNK + 1
    assert kept(folder) == [made["id"]]


async def test_a_client_that_goes_away_leaves_a_queued_image_and_no_file(
    cloud: Cloud, member: httpx.AsyncClient, folder: Path
) -> None:
    made = await create(member)

    async def broken() -> AsyncIterator[bytes]:
        yield b"a" * (2 * CHUNK)
        raise ConnectionResetError

    answer = await put(member, made["id"], broken())
    assert answer.status_code >= 400
    assert (await show(member, made["id"]))["status"] == "queued"
    assert list(folder.iterdir()) == []
    assert (await put(member, made["id"], b"again")).status_code == 204


async def test_an_upload_that_is_cancelled_leaves_a_queued_image_and_no_file(
    cloud: Cloud, member: httpx.AsyncClient, folder: Path
) -> None:
    made = await create(member)
    begun = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield b"a" * (2 * CHUNK)
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(put(member, made["id"], stalled()))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await show(member, made["id"]))["status"] == "queued"
    assert list(folder.iterdir()) == []


async def test_an_image_deleted_during_its_upload_stays_deleted(member: httpx.AsyncClient, folder: Path) -> None:
    made = await create(member)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a" * CHUNK
        begun.set()
        await go_on.wait()
        yield b"a"

    task = asyncio.create_task(put(member, made["id"], slow()))
    await begun.wait()
    assert (await member.delete(f"{IMAGES}/{made['id']}")).status_code == 204
    go_on.set()
    assert (await task).status_code == 404
    assert (await member.get(f"{IMAGES}/{made['id']}")).status_code == 404
    assert list(folder.iterdir()) == []


async def test_an_id_used_again_does_not_meet_an_upload_to_its_first_bearer(
    member: httpx.AsyncClient, folder: Path
) -> None:
    chosen = "11111111-2222-4333-8444-555555555555"
    await create(member, id=chosen)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a" * CHUNK
        begun.set()
        await go_on.wait()
        yield b"a" * CHUNK

    old = asyncio.create_task(put(member, chosen, slow()))
    await begun.wait()
    assert (await member.delete(f"{IMAGES}/{chosen}")).status_code == 204
    await create(member, id=chosen, name="second")
    assert (await put(member, chosen, b"of the second")).status_code == 204
    go_on.set()
    assert (await old).status_code == 404
    assert (await show(member, chosen))["status"] == "active"
    assert (await member.get(f"{IMAGES}/{chosen}/file")).content == b"of the second"
    assert kept(folder) == [chosen]


async def test_a_start_puts_right_what_a_crash_has_left(
    cloud: Cloud, store: Store, member: httpx.AsyncClient, folder: Path
) -> None:
    """Cut in upload; cut between rename and commit; cut between delete's commit and unlink; bytes that were lost; bytes
    of somebody else, which a start does not touch; and what clouds left that were one process.
    """
    cut, renamed, lost = [await create(member, name=name) for name in ("cut", "renamed", "lost")]
    whole = await upload(member, b"whole", name="whole")
    assert (await put(member, lost["id"], b"lost")).status_code == 204
    (file,) = folder.glob(f"{lost['id']}.*")
    file.unlink()
    for image in (cut, renamed):
        await begun(cloud, store, image["id"])
    (folder / f"{cut['id']}.0123456789abcdef.part").write_bytes(b"half")
    (folder / f"{renamed['id']}.0123456789abcdef").write_bytes(b"all of it")
    gone = await upload(member, b"gone", name="gone")
    assert (await member.delete(f"{IMAGES}/{gone['id']}")).status_code == 204
    (folder / f"{gone['id']}.0123456789abcdef").write_bytes(b"of an image that was deleted")
    (folder / f"{whole['id']}.0123abcd.part").write_bytes(b"of an upload that lost, and of a cloud of one process")
    strange = "00000000-0000-4000-8000-000000000000"
    (folder / strange).write_bytes(b"of no image that this database had")
    (folder / f"{strange}.0123abcd.part").write_bytes(b"of no image either")
    (folder / "README").write_text("not ours")

    cloud.clock.advance(LEASE_SECONDS + 1)
    await restarted(cloud, store, folder)

    (kept_whole,) = folder.glob(f"{whole['id']}.*")
    assert {path.name for path in folder.iterdir()} == {
        kept_whole.name,
        "README",
        strange,
        f"{strange}.0123abcd.part",
    }
    states = {
        name: (await show(member, image["id"]))["status"]
        for name, image in {"cut": cut, "renamed": renamed, "lost": lost, "whole": whole}.items()
    }
    assert states == {"cut": "queued", "renamed": "queued", "lost": "killed", "whole": "active"}
    assert (await put(member, cut["id"], b"again")).status_code == 204


async def test_a_start_ends_no_upload_of_a_process_that_lives(
    cloud: Cloud, store: Store, member: httpx.AsyncClient, folder: Path
) -> None:
    made = await create(member)
    begun_to_send, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a" * CHUNK
        begun_to_send.set()
        await go_on.wait()
        yield b"a"

    first = asyncio.create_task(put(member, made["id"], slow()))
    await begun_to_send.wait()
    for _ in range(3):
        cloud.clock.advance(LEASE_SECONDS - 1)
        await cloud.services.images.tidy()
        await restarted(cloud, store, folder)
        assert (await show(member, made["id"]))["status"] == "saving"
    go_on.set()
    assert (await first).status_code == 204
    assert (await member.get(f"{IMAGES}/{made['id']}/file")).content == b"a" * (CHUNK + 1)


async def test_an_upload_that_was_held_up_too_long_spoils_nothing(
    cloud: Cloud, store: Store, member: httpx.AsyncClient, folder: Path
) -> None:
    """Its lease ends, another process queues the image again, and another upload wins, before it goes on."""
    made = await create(member)
    begun_to_send, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"a" * CHUNK
        begun_to_send.set()
        await go_on.wait()
        yield b"a"

    held_up = asyncio.create_task(put(member, made["id"], slow()))
    await begun_to_send.wait()
    cloud.clock.advance(LEASE_SECONDS + 1)
    await restarted(cloud, store, folder)
    assert (await show(member, made["id"]))["status"] == "queued"
    assert list(folder.iterdir()) == []
    assert (await put(member, made["id"], b"of the other")).status_code == 204
    go_on.set()
    answer = await held_up
    assert answer.status_code == 503, answer.text
    assert (await show(member, made["id"]))["status"] == "active"
    assert (await member.get(f"{IMAGES}/{made['id']}/file")).content == b"of the other"
    assert kept(folder) == [made["id"]]


async def restarted(cloud: Cloud, store: Store, folder: Path) -> None:
    """What another process does when it starts."""
    other = Images(store, cloud.clock, FolderStore(folder))
    await other.start()
    other.close()


async def begun(cloud: Cloud, store: Store, image_id: str) -> None:
    """Have the image be uploaded by a process that does not live any more."""
    image = store.read_now(lambda connection: get(connection, image_id))
    assert image is not None
    name, now = BytesName(f"{image_id}.0123456789abcdef"), cloud.clock.now()
    until = now + LEASE_SECONDS * 1_000_000
    assert await store.write(partial(begin, image=image, name=name, owner=new_id(), at=now, until=until))
