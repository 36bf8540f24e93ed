"""Images: made, filled with bytes, shown, changed and deleted.

A row says what an image is, a file holds its bytes. The file is there, whole and synced, before the row says
``active``, and goes only after the row is gone; what a crash leaves between the two is put right by ``start``.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
import structlog

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, Conflict, Forbidden, NotFound, RequestTooLarge, Unavailable
from berthline.domain.ids import ImageId, ProjectId, new_id
from berthline.domain.image import Content, DiskFormat, Image, Visibility
from berthline.images.files import CHUNK, ImageFiles, PartFile
from berthline.images.rights import owned, require_writer, visible
from berthline.images.sharing import Sharing
from berthline.store import Connection, Store
from berthline.store.images import images as rows
from berthline.store.images import quota as image_quota
from berthline.store.images.listing import ImageFilters, Order, list_images

log = structlog.get_logger("berthline.images")


class ImageSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``max_bytes`` of one upload; ``max_virtual_bytes`` of the disk inside it."""

    max_bytes: int = 64 * 1024**3
    max_virtual_bytes: int = 16 * 1024**4


class NewImage(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of an image when it is made."""

    id: str | None = None
    owner: str | None = None
    name: str | None = None
    visibility: Visibility = "shared"
    disk_format: DiskFormat | None = None
    bare: bool = False
    min_disk: int = 0
    min_ram: int = 0
    protected: bool = False
    hidden: bool = False
    tags: tuple[str, ...] = ()
    properties: dict[str, str] = {}
    null_properties: tuple[str, ...] = ()


class Images:
    """Every method that takes a caller raises NotFound for what it may not see, Forbidden for what it may not do."""

    def __init__(self, store: Store, clock: Clock, folder: Path, settings: ImageSettings | None = None) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings or ImageSettings()
        self._files = ImageFiles(folder)
        self._settling = asyncio.Lock()
        """Held while a row and its file appear or go together, and while an image of a chosen id is made: so that an id
        that is used again never meets the file of its first bearer."""
        self._given_up: list[tuple[Image, PartFile | None]] = []
        self.sharing = Sharing(store, clock)

    async def start(self) -> None:
        """Put right what a crash has left: uploads cut short, files of images that were deleted, rows without a file.

        A file that no image of this database ever had is let be, and told of in the log.
        """
        at = self._clock.now()

        def reset(connection: Connection) -> tuple[Image, ...]:
            for image in rows.having_state(connection, "saving"):
                rows.abort_upload(connection, image, at)
            return rows.having_state(connection, "active", "deactivated")

        wanted = {image.id: image for image in await self._store.write(reset)}
        whole, parts = await self._files.look()
        loose = (whole | parts) - wanted.keys()
        own = await self._store.read(lambda connection: rows.ever_had(connection, loose))
        deleted = await self._files.clear(own) + await self._files.clear_parts(parts & wanted.keys())
        for image_id in wanted.keys() - whole:
            log.error("the file of an image is lost", image=image_id)
            await self._store.write(partial(rows.lose, image=wanted[image_id], at=at))
        if deleted:
            log.warning("image files without an image were deleted", count=deleted)
        if strange := loose - own:
            log.warning("files that no image of this cloud had were let be", count=len(strange), first=min(strange))

    def close(self) -> None:
        """Let the threads that read and write files end."""
        self._files.close()

    async def create(self, caller: Caller, new: NewImage) -> Image:
        """A queued image, without bytes. Raises RequestTooLarge when the quota of images is full, Conflict."""
        require_writer(caller)
        owner = new.owner or caller.project_id
        if not caller.is_admin and (new.visibility == "public" or owner != caller.project_id):
            raise Forbidden("only an admin may make an image public or give it to another project")
        if not owner:
            raise Forbidden("this needs a token scoped to a project: the image's owner")
        at = self._clock.now()
        image = Image(
            id=ImageId(new.id or new_id()),
            project_id=ProjectId(owner),
            name=new.name,
            status="queued",
            visibility=new.visibility,
            container_format="bare" if new.bare else None,
            disk_format=new.disk_format,
            min_disk=new.min_disk,
            min_ram=new.min_ram,
            size=None,
            virtual_size=None,
            checksum=None,
            sha512=None,
            protected=new.protected,
            hidden=new.hidden,
            properties=new.properties,
            null_properties=new.null_properties,
            tags=tuple(sorted(set(new.tags))),
            revision=0,
            created_at=at,
            updated_at=at,
        )

        def work(connection: Connection) -> Image:
            rows.insert_image(connection, image)
            image_quota.take(connection, image.project_id, {image_quota.COUNT: 1})
            return image

        async with self._settling if new.id else contextlib.nullcontext():
            return await self._store.write(work)

    async def show(self, caller: Caller, image_id: str) -> Image:
        return await self._store.read_short(lambda connection: visible(connection, caller, image_id))

    async def list(
        self, caller: Caller, filters: ImageFilters, order: Sequence[Order], marker: str | None, limit: int
    ) -> tuple[Image, ...]:
        """At most ``limit`` after ``marker``. Raises BadRequest for a marker that the caller does not see."""
        return await self._store.read(lambda connection: list_images(connection, caller, filters, order, marker, limit))

    async def update(self, caller: Caller, image_id: str, change: Callable[[Image], Image]) -> Image:
        """Apply a pure ``change``, whose errors pass through. Status, sizes and digests stay what they are."""
        at = self._clock.now()

        def work(connection: Connection) -> Image:
            before = owned(connection, caller, image_id)
            after = change(before)
            if after == before:
                return before
            if not caller.is_admin and after.visibility == "public" and before.visibility != "public":
                raise Forbidden("only an admin may make an image public")
            if after.project_id != before.project_id:
                _move_quota(connection, caller, before, after.project_id)
            return rows.update_image(connection, msgspec.structs.replace(after, updated_at=at))

        return await self._store.write(work)

    async def set_active(self, caller: Caller, image_id: str, *, active: bool) -> None:
        """Deactivate, after which only admins may download it and nobody boots from it, or the reverse."""
        old, status = ("deactivated", "active") if active else ("active", "deactivated")
        at = self._clock.now()

        def work(connection: Connection) -> None:
            image = owned(connection, caller, image_id)
            if image.status == status:
                return
            if image.status != old:
                raise Forbidden(f"an image that is {image.status} cannot become {status}")
            rows.update_image(connection, msgspec.structs.replace(image, status=status, updated_at=at))

        await self._store.write(work)

    async def delete(self, caller: Caller, image_id: str) -> None:
        """The row, and after its commit the file. Raises Forbidden while the image is protected."""
        at = self._clock.now()

        def work(connection: Connection) -> Image:
            image = owned(connection, caller, image_id)
            if image.protected:
                raise Forbidden(f"Image {image_id} is protected and cannot be deleted.")
            rows.delete_image(connection, image, at)
            image_quota.give_back(connection, image.project_id, _amounts(image))
            return image

        async with self._settling:
            deleted = await self._store.write(work)
            await self._files.delete(deleted.id)

    async def upload(self, caller: Caller, image_id: str, chunks: AsyncIterable[bytes], announced: int | None) -> None:
        """Stream the bytes to disk and make the image active; ``announced`` is their number, where it was said.

        Raises Conflict unless the image is queued, BadRequest without a disk format, ImageUnacceptable for bytes that
        are not what the image says, RequestTooLarge beyond a limit or quota. After any failure, a lost client included,
        the image is queued again and no file is left.
        """
        image, most = await self._claim(caller, image_id, announced)
        assert image.disk_format is not None
        part: PartFile | None = None
        try:
            part = await self._files.begin(image.id)
            await self._write(part, chunks, most)
            content = await self._files.seal(part, image.disk_format)
            await self._activate(image, part, content)
        except BaseException:
            # shielded: a client that goes away cancels this task, and may not cancel the tidying up
            await asyncio.shield(self._give_up(image, part))
            raise

    async def _write(self, part: PartFile, chunks: AsyncIterable[bytes], most: int) -> None:
        """Put the bytes into the part file: a block is received while the one before is hashed and written."""
        taken = 0
        writing: asyncio.Task[None] | None = None
        try:
            async for block in _blocks(chunks):
                taken += len(block)
                if taken > most:
                    raise _too_large(most)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._files.write(part, block))
            if writing is not None:
                await writing
        except BaseException:
            if writing is not None:
                await asyncio.wait((writing,))  # its own failure, if it is another, changes nothing
            raise

    async def download(self, caller: Caller, image_id: str) -> tuple[Image, AsyncIterator[bytes] | None]:
        """The image and its bytes, None while it has none. Raises NotFound, Forbidden when deactivated."""
        image = await self.show(caller, image_id)
        if image.status == "deactivated" and not caller.is_admin:
            raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
        if image.status not in {"active", "deactivated"}:
            return image, None
        return image, self._files.read(image.id)

    async def read(self, image_id: ImageId) -> AsyncIterator[bytes]:
        """domain.hypervisor.ImageSource: the bytes for a host, whoever the image belongs to. Raises NotFound."""
        async for chunk in self._files.read(image_id):
            yield chunk

    async def _claim(self, caller: Caller, image_id: str, announced: int | None) -> tuple[Image, int]:
        """Move the image to saving; gives it and the most bytes that it may have."""
        at = self._clock.now()

        def work(connection: Connection) -> tuple[Image, int]:
            image = owned(connection, caller, image_id)
            if image.disk_format is None or image.container_format is None:
                raise BadRequest("set disk_format and container_format before the upload")
            most = self._settings.max_bytes
            room = image_quota.room_for_bytes(connection, image.project_id)
            if room is not None:
                most = min(most, room)
            if announced is not None and announced > most:
                raise _too_large(most)
            if not rows.begin_upload(connection, image, at):
                raise Conflict(f"image {image_id} is {image.status}: only a queued one takes an upload")
            return image, most

        return await self._store.write(work)

    async def _activate(self, image: Image, part: PartFile, content: Content) -> None:
        """First the file under its final name, then the row. Raises NotFound when the image was deleted meanwhile."""
        if content.virtual_size > self._settings.max_virtual_bytes:
            raise RequestTooLarge(
                f"the disk in the image is {content.virtual_size} bytes large; the most is "
                f"{self._settings.max_virtual_bytes}"
            )
        at = self._clock.now()

        def work(connection: Connection) -> None:
            if not rows.finish_upload(connection, image, content, at):
                raise NotFound(f"image {image.id} was deleted while its data was uploaded")
            image_quota.take(connection, image.project_id, {image_quota.SIZE: image_quota.mebibytes(content.size)})

        async with self._settling:
            if await self._status(image) != "saving":
                raise NotFound(f"image {image.id} was deleted while its data was uploaded")
            await self._files.publish(part)
            await self._store.write(work)

    async def _give_up(self, image: Image, part: PartFile | None) -> None:
        """Leave no file, and the image queued, unless the upload was cut off after its commit: then it has happened.

        What cannot be done now, since the disk or the database is full, is left to ``tidy``.
        """
        try:
            await self._undo_upload(image, part)
        except (Unavailable, RequestTooLarge):
            self._given_up.append((image, part))

    async def tidy(self) -> int:
        """Give uploads up that could not be given up when they failed; how many. Raises Unavailable."""
        done = 0
        while self._given_up:
            await self._undo_upload(*self._given_up[0])
            del self._given_up[0]
            done += 1
        return done

    async def _undo_upload(self, image: Image, part: PartFile | None) -> None:
        at = self._clock.now()
        async with self._settling:
            if part is not None:
                await self._files.discard(part)
            if await self._status(image) == "saving":
                await self._files.delete(image.id)
                await self._store.write(lambda connection: rows.abort_upload(connection, image, at))

    async def _status(self, image: Image) -> str | None:
        """The state of this very image now; None when it was deleted, also when another was made by the same id."""
        found = await self._store.read_short(lambda connection: rows.get(connection, image.id))
        return found.status if found is not None and found.created_at == image.created_at else None


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


def _too_large(most: int) -> RequestTooLarge:
    return RequestTooLarge(f"the image is too large: {most} bytes are the most it may have", {"most_bytes": most})


def _move_quota(connection: Connection, caller: Caller, image: Image, owner: ProjectId) -> None:
    if not caller.is_admin:
        raise Forbidden("only an admin may give an image to another project")
    if image.status == "saving":
        raise Conflict("an image cannot change hands while it is uploaded")
    image_quota.give_back(connection, image.project_id, _amounts(image))
    image_quota.take(connection, owner, _amounts(image))


def _amounts(image: Image) -> dict[str, int]:
    """What an image counts in its project's quotas."""
    return {image_quota.COUNT: 1, image_quota.SIZE: image_quota.mebibytes(image.size)}
