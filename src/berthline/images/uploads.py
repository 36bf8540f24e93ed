"""Uploads: bytes on their way in, each its process's own by a lease, and what is removed when one ends badly.

Bytes come as an upload's, to be staged, or by an import; what is staged is looked at when it is imported.

The row of the bytes comes before them and goes after them. A process renews what it uploads while it lives; whatever
process finds an upload whose lease has ended queues its image again and removes what came of it. One that was only
held up finds that out when it finishes: what it wrote has a name of its own, and nothing of it is ever read.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final

import msgspec
import structlog

from berthline.domain.clock import Clock
from berthline.domain.errors import (
    BerthlineError,
    NotFound,
    OutsideError,
    RequestTooLarge,
    StoreUnavailable,
    Unavailable,
)
from berthline.domain.image import Content, DiskFormat, Image
from berthline.domain.image_store import CHUNK, BytesName, ImageStore, ImageWriter, new_name
from berthline.images.content import Judge
from berthline.images.stores.threads import Threads
from berthline.store import Connection, Store
from berthline.store.images import images as rows
from berthline.store.images import quota as image_quota
from berthline.store.images import stored_bytes, tasks

log = structlog.get_logger("berthline.images")

LEASE_SECONDS: Final = 60
"""An upload outlives its process for so long. It is renewed at each turn of ``tidy``, of which there are several."""
AT_ONCE: Final = 500


class Upload(msgspec.Struct, frozen=True):
    """One that was begun: at most ``most`` bytes of ``image``, kept under ``name``; ``status`` is the image's now."""

    image: Image
    name: BytesName
    most: int
    status: rows.Receiving = "saving"

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
        self._given_up: list[tuple[Upload, BaseException]] = []

    def close(self) -> None:
        """Let the threads end."""
        self._threads.close()

    def begin(
        self, connection: Connection, image: Image, most: int, status: rows.Receiving = "saving"
    ) -> Upload | None:
        """Move the image to ``status``; None when it is not queued."""
        at = self._clock.now()
        name = new_name(image.id)
        if not stored_bytes.begin(connection, image, name, self._process_id, at, _lease(at), status):
            return None
        return Upload(image, name, most, status)

    def begin_import(self, connection: Connection, image: Image) -> Upload | None:
        """Move an image with staged bytes to importing, by this process; None where there are none."""
        at = self._clock.now()
        name = stored_bytes.take_staged(connection, image.id, self._process_id, _lease(at))
        if name is None or not rows.begin_import(connection, image, at):
            return None
        return Upload(image, name, image.size or 0, "importing")

    @staticmethod
    def refuse_too_large(most: int, announced: int | None) -> int:
        """How many bytes are taken. Raises RequestTooLarge when more are announced than there may be."""
        if announced is not None and announced > most:
            raise too_large(most)
        return most if announced is None else announced

    def hold(self, upload: Upload) -> None:
        """Renew it from now on: it is taken in, or given up, by a task that has not begun yet."""
        self._under_way.add(upload.name)

    def holds(self, upload: Upload) -> bool:
        """Whether it is still this process's to take in or to give up."""
        return upload.name in self._under_way

    async def stage(self, upload: Upload, chunks: AsyncIterable[bytes]) -> None:
        """Take the bytes in as they are, to be imported later. Raises, and leaves, the same as ``take``."""

        async def receive(writer: ImageWriter) -> None:
            size = await self._write(upload, writer, None, chunks)
            await writer.finish()
            await self._settle_staged(upload, size)

        await self._receive(upload, receive)

    async def take(self, upload: Upload, chunks: AsyncIterable[bytes]) -> None:
        """Take the bytes in and make the image active.

        Raises ImageUnacceptable, RequestTooLarge, NotFound when the image was deleted meanwhile, Unavailable. After any
        failure, a lost client included, the image is queued again and no bytes are left.
        """

        async def receive(writer: ImageWriter) -> None:
            judge = Judge()
            await self._write(upload, writer, judge, chunks)
            content = await self._judged(judge, upload)
            await writer.finish()
            await self._activate(upload, content)

        await self._receive(upload, receive)

    async def look_through(self, upload: Upload) -> None:
        """Look at bytes that were staged and make their image active. Raises, and leaves, the same as ``take``."""
        self._under_way.add(upload.name)
        try:
            judge = Judge()
            async for block in self._place.read(upload.name):
                if upload.name in self._lost:
                    raise _ended(upload.image)
                await asyncio.gather(self._threads.run(judge.hash, block), self._threads.run(judge.look, block))
            await self._activate(upload, await self._judged(judge, upload))
        except BaseException as error:
            await asyncio.shield(self._give_up_staged(upload, error))
            raise
        finally:
            self._under_way.discard(upload.name)
            self._lost.discard(upload.name)

    async def _receive(self, upload: Upload, receive: Callable[[ImageWriter], Awaitable[None]]) -> None:
        writer: ImageWriter | None = None
        self._under_way.add(upload.name)
        try:
            writer = await self._place.begin(upload.name, upload.most)
            await receive(writer)
        except BaseException as error:
            # shielded: a client that goes away cancels this task, and may not cancel the tidying up
            await asyncio.shield(self._give_up(upload, writer, error))
            if isinstance(error, Unavailable) and not isinstance(error, StoreUnavailable):
                await self._refuse_deleted(upload.image)  # whose bytes were removed under the writer
            raise
        finally:
            self._under_way.discard(upload.name)
            self._lost.discard(upload.name)

    async def _write(
        self, upload: Upload, writer: ImageWriter, judge: Judge | None, chunks: AsyncIterable[bytes]
    ) -> int:
        """Put the bytes away: a block is received while the one before is hashed, looked at and written. How many."""
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
        return taken

    async def _put(self, writer: ImageWriter, judge: Judge | None, block: bytes) -> None:
        """Written, hashed and looked at, beside each other. All three are over when this is."""
        threads = self._threads
        if judge is None:
            await writer.write(block)
            return
        done = await asyncio.gather(
            writer.write(block), threads.run(judge.hash, block), threads.run(judge.look, block), return_exceptions=True
        )
        for result in done:
            if result is not None:
                raise result

    async def _judged(self, judge: Judge, upload: Upload) -> Content:
        content = await self._threads.run(judge.judged, upload.disk_format)
        if content.virtual_size > self._max_virtual_bytes:
            raise RequestTooLarge(
                f"the disk in the image is {content.virtual_size} bytes large; the most is {self._max_virtual_bytes}"
            )
        return content

    async def _activate(self, upload: Upload, content: Content) -> None:
        """The bytes are whole and kept: now the rows say so. Raises NotFound, Unavailable as ``take``."""
        at = self._clock.now()
        image = upload.image

        def work(connection: Connection) -> None:
            moved = rows.finish_upload(connection, image, content, at, upload.status)
            if not moved and not _is_there(connection, image):
                raise _deleted(image)
            if not moved or not stored_bytes.settle(connection, upload.name):
                raise _ended(image)
            if upload.status == "importing":
                tasks.succeed(connection, image.id, at)
            counted = image_quota.mebibytes(image.size)  # of what was staged
            more = image_quota.mebibytes(content.size) - counted
            image_quota.take(connection, image.project_id, {image_quota.SIZE: more})

        await self._store.write(work)

    async def _settle_staged(self, upload: Upload, size: int) -> None:
        """The bytes are whole and kept, and count from now on. Raises NotFound, Unavailable as ``take``."""
        at = self._clock.now()
        image = upload.image

        def work(connection: Connection) -> None:
            moved = rows.stage(connection, image, size, at)
            if not moved and not _is_there(connection, image):
                raise _deleted(image)
            if not moved or not stored_bytes.stage(connection, upload.name):
                raise _ended(image)
            image_quota.take(connection, image.project_id, {image_quota.SIZE: image_quota.mebibytes(size)})

        await self._store.write(work)

    async def _refuse_deleted(self, image: Image) -> None:
        if not await self._store.read(partial(_is_there, image=image)):
            raise _deleted(image) from None

    async def give_up_begun(self, upload: Upload, error: BaseException) -> None:
        """End what was begun and not taken in."""
        await self._give_up_staged(upload, error)
        self._under_way.discard(upload.name)

    async def _give_up_staged(self, upload: Upload, error: BaseException) -> None:
        """Leave no bytes, and the image queued, unless its import was cut off after its commit."""
        try:
            if await self._end(upload, error):
                await self.remove((upload.name,))
        except (Unavailable, RequestTooLarge):
            self._given_up.append((upload, error))

    async def _give_up(self, upload: Upload, writer: ImageWriter | None, error: BaseException) -> None:
        """Leave no bytes, and the image queued, unless the upload was cut off after its commit: then it has happened.

        What cannot be done now, since the place or the database is full, is left to ``tidy``.
        """
        try:
            if not await self._end(upload, error):
                return
            if writer is not None:  # else one may still be made, and ``tidy`` removes it
                await writer.discard()
                await self._store.write(partial(stored_bytes.forget, names=(upload.name,)))
        except (Unavailable, RequestTooLarge):
            self._given_up.append((upload, error))

    async def _end(self, upload: Upload, error: BaseException) -> bool:
        """Have the database say that the bytes are unwanted; False where they are an image's."""
        at = self._clock.now()

        def work(connection: Connection) -> bool:
            stored_bytes.give_up(connection, upload.image.id, upload.name, at, _why(error))
            return not stored_bytes.is_kept(connection, upload.name)

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
            await self._end(*self._given_up[0])
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


def _why(error: BaseException) -> str:
    """What the owner of an image is told of an import that failed; nothing of what only operators should read."""
    if isinstance(error, BerthlineError) and not isinstance(error, OutsideError):
        return error.message
    if isinstance(error, asyncio.CancelledError):
        return "The process that imported it was stopped. The image is queued: import it again."
    return "The import failed, for a reason that is in the log of the cloud."


def _lease(now: int) -> int:
    return now + LEASE_SECONDS * 1_000_000
