"""Uploads: bytes on their way in, each its process's own by a lease, and what is removed when one ends badly.

The row of the bytes comes before them and goes after them. A process renews what it uploads while it lives; whatever
process finds an upload whose lease has ended queues its image again and removes what came of it. One that was only
held up finds that out when it finishes: what it wrote has a name of its own, and nothing of it is ever read.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from functools import partial
from typing import Final

import msgspec
import structlog

from berthline.domain.clock import Clock
from berthline.domain.errors import NotFound, RequestTooLarge, StoreUnavailable, Unavailable
from berthline.domain.image import Content, DiskFormat, Image
from berthline.domain.image_store import CHUNK, BytesName, ImageStore, ImageWriter, new_name
from berthline.images.content import Judge
from berthline.images.stores.threads import Threads
from berthline.store import Connection, Store
from berthline.store.images import images as rows
from berthline.store.images import quota as image_quota
from berthline.store.images import stored_bytes

log = structlog.get_logger("berthline.images")

LEASE_SECONDS: Final = 60
"""An upload outlives its process for so long. It is renewed at each turn of ``tidy``, of which there are several."""
AT_ONCE: Final = 500


class Upload(msgspec.Struct, frozen=True):
    """One that was begun: at most ``most`` bytes of ``image``, kept under ``name``."""

    image: Image
    name: BytesName
    most: int

    @property
    def disk_format(self) -> DiskFormat:
        """The format that the bytes must have."""
        assert self.image.disk_format is not None
        return self.image.disk_format


class Uploads:
    """The uploads of this process, and the tidying up after those of any."""

    def __init__(self, store: Store, clock: Clock, place: ImageStore, max_virtual_bytes: int, process_id: str) -> None:
        """``max_virtual_bytes``: of the disk in an image."""
        self._store = store
        self._clock = clock
        self._place = place
        self._max_virtual_bytes = max_virtual_bytes
        self._process_id = process_id
        self._threads = Threads("image-digests")
        self._under_way: set[BytesName] = set()
        self._lost: set[BytesName] = set()
        self._given_up: list[Upload] = []

    def close(self) -> None:
        """Let the threads end."""
        self._threads.close()

    def begin(self, connection: Connection, image: Image, most: int) -> Upload | None:
        """Move the image to saving; None when it is not queued."""
        at = self._clock.now()
        name = new_name(image.id)
        if not stored_bytes.begin(connection, image, name, self._process_id, at, _lease(at)):
            return None
        return Upload(image, name, most)

    async def take(self, upload: Upload, chunks: AsyncIterable[bytes]) -> None:
        """Take the bytes in and make the image active.

        Raises ImageUnacceptable, RequestTooLarge, NotFound when the image was deleted meanwhile, Unavailable. After any
        failure, a lost client included, the image is queued again and no bytes are left.
        """
        writer: ImageWriter | None = None
        self._under_way.add(upload.name)
        try:
            writer = await self._place.begin(upload.name, upload.most)
            judge = Judge()
            await self._write(upload, writer, judge, chunks)
            content = await self._threads.run(judge.judged, upload.disk_format)
            self._refuse_absurd(content)
            await writer.finish()
            await self._activate(upload, content)
        except BaseException as error:
            # shielded: a client that goes away cancels this task, and may not cancel the tidying up
            await asyncio.shield(self._give_up(upload, writer))
            if isinstance(error, Unavailable) and not isinstance(error, StoreUnavailable):
                await self._refuse_deleted(upload.image)  # whose bytes were removed under the writer
            raise
        finally:
            self._under_way.discard(upload.name)
            self._lost.discard(upload.name)

    async def _write(self, upload: Upload, writer: ImageWriter, judge: Judge, chunks: AsyncIterable[bytes]) -> None:
        """Put the bytes away: a block is received while the one before is hashed, looked at and written."""
        taken = 0
        writing: asyncio.Task[None] | None = None
        try:
            async for block in _blocks(chunks):
                taken += len(block)
                if taken > upload.most:
                    raise too_large(upload.most)
                if upload.name in self._lost:
                    raise _ended(upload.image)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._put(writer, judge, block))
            if writing is not None:
                await writing
        except BaseException:
            if writing is not None:
                await asyncio.wait((writing,))  # its own failure, if it is another, changes nothing
            raise

    async def _put(self, writer: ImageWriter, judge: Judge, block: bytes) -> None:
        """Written, hashed and looked at, beside each other. All three are over when this is."""
        threads = self._threads
        done = await asyncio.gather(
            writer.write(block), threads.run(judge.hash, block), threads.run(judge.look, block), return_exceptions=True
        )
        for result in done:
            if result is not None:
                raise result

    def _refuse_absurd(self, content: Content) -> None:
        if content.virtual_size > self._max_virtual_bytes:
            raise RequestTooLarge(
                f"the disk in the image is {content.virtual_size} bytes large; the most is {self._max_virtual_bytes}"
            )

    async def _activate(self, upload: Upload, content: Content) -> None:
        """The bytes are whole and kept: now the rows say so. Raises NotFound, Unavailable as ``take``."""
        at = self._clock.now()
        image = upload.image

        def work(connection: Connection) -> None:
            moved = rows.finish_upload(connection, image, content, at)
            if not moved and not _is_there(connection, image):
                raise _deleted(image)
            if not moved or not stored_bytes.settle(connection, upload.name):
                raise _ended(image)
            image_quota.take(connection, image.project_id, {image_quota.SIZE: image_quota.mebibytes(content.size)})

        await self._store.write(work)

    async def _refuse_deleted(self, image: Image) -> None:
        if not await self._store.read(partial(_is_there, image=image)):
            raise _deleted(image) from None

    async def _give_up(self, upload: Upload, writer: ImageWriter | None) -> None:
        """Leave no bytes, and the image queued, unless the upload was cut off after its commit: then it has happened.

        What cannot be done now, since the place or the database is full, is left to ``tidy``.
        """
        try:
            if not await self._end(upload):
                return
            if writer is not None:  # else one may still be made, and ``tidy`` removes it
                await writer.discard()
                await self._store.write(partial(stored_bytes.forget, names=(upload.name,)))
        except (Unavailable, RequestTooLarge):
            self._given_up.append(upload)

    async def _end(self, upload: Upload) -> bool:
        """Have the database say that the bytes are unwanted; False where they are an image's."""
        at = self._clock.now()

        def work(connection: Connection) -> bool:
            stored_bytes.give_up(connection, upload.image, upload.name, at)
            return stored_bytes.name_of(connection, upload.image.id) != upload.name

        return await self._store.write(work)

    async def remove(self, names: tuple[BytesName, ...]) -> None:
        """Remove bytes that the database says are unwanted, and then their rows. Raises Unavailable for any of them."""
        gone: list[BytesName] = []
        trouble: Unavailable | None = None
        for name in names:
            try:
                await self._place.delete(name)
                gone.append(name)
            except Unavailable as error:
                trouble = error
        if gone:
            await self._store.write(partial(stored_bytes.forget, names=gone))
        if trouble is not None:
            raise trouble

    async def tidy(self) -> int:
        """Renew what this process uploads, end what nobody renews, remove what is unwanted; how many bytes that were.

        Raises Unavailable when the database or the place cannot be used.
        """
        await self._renew()
        while self._given_up:
            await self._end(self._given_up[0])
            del self._given_up[0]
        now = self._clock.now()
        ended, unwanted = await self._store.read(partial(stored_bytes.in_hand, now=now, limit=AT_ONCE))
        for name in ended:
            if await self._store.write(partial(stored_bytes.end, name=name, now=now)):
                log.warning("an upload was ended whose process is gone", bytes=name)
                unwanted += (name,)
        await self.remove(unwanted)
        return len(unwanted)

    async def _renew(self) -> None:
        names = frozenset(self._under_way)
        if names:
            until = _lease(self._clock.now())
            renewed = await self._store.write(
                partial(stored_bytes.renew, owner=self._process_id, names=names, until=until)
            )
            self._lost |= (names - renewed) & self._under_way


async def _blocks(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in blocks of about a MiB, whatever pieces they come in."""
    waiting: list[bytes] = []
    size = 0
    async for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if size:
        yield b"".join(waiting)


def too_large(most: int) -> RequestTooLarge:
    """More bytes than the limit or the quota lets an image have."""
    return RequestTooLarge(f"the image is too large: {most} bytes are the most it may have", {"most_bytes": most})


def _ended(image: Image) -> Unavailable:
    return Unavailable(
        f"the upload of image {image.id} was ended, since this process did not renew it in time; upload it again"
    )


def _deleted(image: Image) -> NotFound:
    return NotFound(f"image {image.id} was deleted while its data was uploaded")


def _is_there(connection: Connection, image: Image) -> bool:
    """Whether it is this very image, not another that was made by the same id later."""
    found = rows.get(connection, image.id)
    return found is not None and found.created_at == image.created_at


def _lease(now: int) -> int:
    return now + LEASE_SECONDS * 1_000_000
