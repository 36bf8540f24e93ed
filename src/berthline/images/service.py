"""Images: made, filled with bytes, shown, changed and deleted.

A row says what an image is; its bytes are elsewhere, under a name that another row holds. They are there, whole and
kept for good, before the first row says ``active``, and go only after it is gone.
"""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from typing import NamedTuple

import msgspec
import structlog

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    RequestTooLarge,
    StoreUnavailable,
    Transient,
    Unavailable,
)
from berthline.domain.ids import ImageId, ProjectId, new_id
from berthline.domain.image import DiskFormat, Image, Visibility
from berthline.domain.image_store import BytesName, ImageStore, SharedPlace
from berthline.images.downloads import Downloader
from berthline.images.imports import Imports
from berthline.images.meeting import Meeting
from berthline.images.rights import owned, require_writer, visible
from berthline.images.sharing import Sharing
from berthline.images.sweeping import sweep
from berthline.images.uploads import Upload, Uploads
from berthline.store import Connection, Store
from berthline.store.images import images as rows
from berthline.store.images import quota as image_quota
from berthline.store.images import removal, stored_bytes
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


class Bytes(NamedTuple):
    """Bytes of an image from ``first`` to ``last``, both among them; ``last`` is -1 where there are none."""

    chunks: AsyncIterator[bytes]
    first: int
    last: int


class Images:
    """Every method that takes a caller raises NotFound for what it may not see, Forbidden for what it may not do."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        place: ImageStore,
        settings: ImageSettings | None = None,
        *,
        process_id: str | None = None,
        shared: SharedPlace | None = None,
        downloader: Downloader | None = None,
    ) -> None:
        """``place`` is where the bytes are, and ``shared`` the same where it is to be seen that all processes have it.

        ``process_id`` is the process's own, by which it holds its uploads; without one it gets its own here.
        ``downloader`` fetches images from URLs; without one that is not offered.
        """
        self._store = store
        self._clock = clock
        self._settings = settings or ImageSettings()
        self._place = place
        process = process_id or new_id()
        self._uploads = Uploads(store, clock, place, self._settings.max_virtual_bytes, process)
        self._meeting = None if shared is None else Meeting(store, clock, shared, process)
        self._trouble: str | None = None
        self.sharing = Sharing(store, clock)
        self.imports = Imports(store, clock, self._uploads, downloader, self._most)

    async def start(self) -> None:
        """Put right what a crash has left, of this process or another; see ``tidy`` and ``sweeping``.

        Raises StartRefused when other processes of the cloud have another place for images, Unavailable.
        """
        if self._meeting is not None:
            await self._meeting.join()
        await self._uploads.tidy()
        await sweep(self._store, self._clock, self._place)

    async def tidy(self) -> None:
        """A turn of what is done again and again; see ``Uploads.tidy`` and ``Meeting``. Raises Unavailable."""
        try:
            await self._place.check()
            if self._meeting is not None:
                await self._meeting.look()
        except StoreUnavailable:
            raise
        except (Unavailable, RequestTooLarge) as error:
            self._trouble = error.message
            raise
        self._trouble = None if self._meeting is None else self._meeting.trouble
        await self._uploads.tidy()

    async def sweep(self) -> int:
        """See ``sweeping.sweep``."""
        return await sweep(self._store, self._clock, self._place)

    @property
    def trouble(self) -> str | None:
        """Why images cannot be taken in or given out, as ``tidy`` saw it last; None when they can."""
        return self._trouble

    @property
    def place(self) -> str:
        """Where the bytes are, in words for an operator."""
        return self._place.place

    @property
    def kind(self) -> str:
        """Which kind of place that is, in Glance's words."""
        return self._place.kind

    async def stop(self) -> None:
        """End what goes on without a request, and be missed by no other process."""
        await self.imports.stop()
        if self._meeting is not None:
            await self._meeting.part()

    def close(self) -> None:
        """Let the threads that read and write bytes end."""
        self._uploads.close()
        self._place.close()

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
        """The row, and after its commit the bytes. Raises Forbidden while the image is protected.

        Bytes that cannot be removed now are removed later.
        """
        at = self._clock.now()

        def work(connection: Connection) -> tuple[BytesName, ...]:
            image = owned(connection, caller, image_id)
            if image.protected:
                raise Forbidden(f"Image {image_id} is protected and cannot be deleted.")
            return removal.remove(connection, image, at)

        unwanted = await self._store.write(work)
        try:
            await self._uploads.remove(unwanted)
        except Unavailable as error:
            log.warning("bytes of a deleted image are removed later", image=image_id, why=error.message)

    async def upload(self, caller: Caller, image_id: str, chunks: AsyncIterable[bytes], announced: int | None) -> None:
        """Stream the bytes to their place and make the image active; ``announced`` is their number, where it was said.

        Raises Conflict unless the image is queued, BadRequest without a disk format, ImageUnacceptable for bytes that
        are not what the image says, RequestTooLarge beyond a limit or quota, Unavailable. After any failure, a lost
        client included, the image is queued again and no bytes are left.
        """
        await self._uploads.take(await self._claim(caller, image_id, announced), chunks)

    async def download(
        self, caller: Caller, image_id: str, part: Callable[[int], tuple[int, int]] | None = None
    ) -> tuple[Image, Bytes | None]:
        """The image and its bytes, None while it has none.

        ``part`` tells of their number the first and the last one that are wanted; its errors pass through. Raises
        NotFound, Forbidden when deactivated.
        """
        image = await self.show(caller, image_id)
        if image.status == "deactivated" and not caller.is_admin:
            raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
        name = await self._name(image.id)
        if name is None or image.size is None:
            return image, None
        first, last = (0, image.size - 1) if part is None else part(image.size)
        return image, Bytes(self._place.read(name, first, last), first, last)

    async def read(self, image_id: ImageId) -> AsyncIterator[bytes]:
        """domain.hypervisor.ImageSource: the bytes for a host, whoever the image belongs to. Raises NotFound."""
        name = await self._name(image_id)
        if name is None:
            raise NotFound(f"the data of image {image_id[:64]} could not be found")
        async for chunk in self._place.read(name):
            yield chunk

    async def _name(self, image_id: ImageId) -> BytesName | None:
        return await self._store.read_short(lambda connection: stored_bytes.name_of(connection, image_id))

    async def _claim(self, caller: Caller, image_id: str, announced: int | None) -> Upload:
        """Move the image to saving, this process's own to upload."""
        if self._trouble is not None:
            raise Unavailable(f"the image store cannot be used now: {self._trouble}")

        def work(connection: Connection) -> Upload:
            image = owned(connection, caller, image_id)
            if image.disk_format is None or image.container_format is None:
                raise BadRequest("set disk_format and container_format before the upload")
            most = self._uploads.refuse_too_large(self._most(connection, image), announced)
            begun = self._uploads.begin(connection, image, most)
            if begun is None:
                raise Conflict(f"image {image_id} is {image.status}: only a queued one takes an upload")
            return begun

        return await self._store.write(work)

    async def fill(self, image_id: ImageId, chunks: AsyncIterator[bytes]) -> None:
        """See ``domain.image_store.ImageKeeper``."""
        try:
            begun = await self._store.write(lambda connection: self._begin_anew(connection, image_id))
            if begun is not None:
                await self._uploads.take(begun, chunks)
        except StoreUnavailable:
            raise
        except Unavailable as error:
            raise Transient(error.message) from error

    def _begin_anew(self, connection: Connection, image_id: ImageId) -> Upload | None:
        """Have this process upload the image, whoever did before; None where it is there already."""
        rows.lock(connection, image_id)
        image = rows.get(connection, image_id)
        if image is None:
            raise NotFound(f"image {image_id[:64]} could not be found: it was deleted meanwhile")
        if image.status == "active":
            return None
        if image.status in rows.RECEIVING:
            stored_bytes.begin_anew(connection, image, self._clock.now(), "The cloud itself fills the image anew.")
            image = msgspec.structs.replace(image, status="queued", size=None)
        begun = self._uploads.begin(connection, image, self._most(connection, image))
        if begun is None:
            raise Conflict(f"image {image_id} is {image.status}: only a queued one takes an upload")
        return begun

    def _most(self, connection: Connection, image: Image) -> int:
        """How many bytes the image may have."""
        room = image_quota.room_for_bytes(connection, image.project_id)
        return self._settings.max_bytes if room is None else min(self._settings.max_bytes, room)


def _move_quota(connection: Connection, caller: Caller, image: Image, owner: ProjectId) -> None:
    if not caller.is_admin:
        raise Forbidden("only an admin may give an image to another project")
    if image.status in rows.RECEIVING:
        raise Conflict("an image cannot change hands while it is uploaded or imported")
    image_quota.give_back(connection, image.project_id, image_quota.amounts(image))
    image_quota.take(connection, owner, image_quota.amounts(image))
