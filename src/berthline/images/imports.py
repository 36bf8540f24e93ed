"""Imports: bytes that are staged or fetched from a URL, looked at, and made an image's, while a task tells of it.

An import is its process's own by the lease of its bytes, like an upload. One transaction moves the image to importing,
takes the lease and writes the task; another one ends all three, well or not. So whoever ends what is left of a process
that is gone ends its imports, too.
"""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any, Final, Literal

import msgspec
import structlog

from berthline.domain.auth import Caller
from berthline.domain.clock import Clock
from berthline.domain.errors import BadRequest, BerthlineError, Conflict, Forbidden
from berthline.domain.ids import new_id
from berthline.domain.image import Image, ImageTask, TaskId
from berthline.images.downloads import Downloader
from berthline.images.rights import owned, owns, visible
from berthline.images.uploads import Upload, Uploads
from berthline.store import Connection, Store
from berthline.store.images import tasks
from berthline.store.images.tasks import TaskFilters

log = structlog.get_logger("berthline.images")

AT_ONCE: Final = 4
"""Imports of one process; more wait."""
MOST_TASKS: Final = 1000
"""Of one image that are shown."""

Method = Literal["glance-direct", "web-download"]


class Import(msgspec.Struct, frozen=True):
    """What is asked for: ``uri`` for a web-download, and the request as it was sent."""

    method: Method
    uri: str | None
    request: dict[str, Any]


class Imports:
    """The imports of this process. Every method raises NotFound for images that the caller may not see."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        uploads: Uploads,
        downloader: Downloader | None,
        most: Callable[[Connection, Image], int],
    ) -> None:
        """``most``: how many bytes an image may have now. Without ``downloader`` nothing is fetched from URLs."""
        self._store = store
        self._clock = clock
        self._uploads = uploads
        self._downloader = downloader
        self._most = most
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: dict[asyncio.Task[None], Upload] = {}

    @property
    def running(self) -> int:
        """How many imports are under way here, those that wait for others too."""
        return len(self._running)

    @property
    def methods(self) -> tuple[Method, ...]:
        """How images may be imported."""
        return ("glance-direct",) if self._downloader is None else ("glance-direct", "web-download")

    async def stage(self, caller: Caller, image_id: str, chunks: AsyncIterable[bytes], announced: int | None) -> None:
        """Keep the bytes until they are imported; ``announced`` is their number, where it was said.

        Raises Conflict unless the image is queued, RequestTooLarge, Unavailable; then it is queued and has none.
        """

        def work(connection: Connection) -> Upload:
            image = owned(connection, caller, image_id)
            most = self._uploads.refuse_too_large(self._most(connection, image), announced)
            begun = self._uploads.begin(connection, image, most, "uploading")
            if begun is None:
                raise Conflict(f"image {image_id} is {image.status}: only a queued one can be staged")
            return begun

        await self._uploads.stage(await self._store.write(work), chunks)

    async def begin(self, caller: Caller, image_id: str, wanted: Import) -> None:
        """Begin an import, which goes on after this.

        Raises Forbidden, BadRequest for a URI that is refused, Conflict in a state that has nothing to import.
        """
        if wanted.method == "web-download":
            if self._downloader is None or wanted.uri is None:
                raise BadRequest("web-download needs the uri of the image")
            self._downloader.check(wanted.uri)

        def work(connection: Connection) -> Upload:
            image = owned(connection, caller, image_id)
            _refuse_unready(image, wanted.method)
            if wanted.method == "glance-direct":
                begun = self._uploads.begin_import(connection, image)
            else:
                begun = self._uploads.begin(connection, image, self._most(connection, image), "importing")
            if begun is None:
                raise Conflict("Image needs to be staged before 'glance-direct' method can be used")
            tasks.begin(connection, self._task(caller, image, wanted))
            return begun

        upload = await self._store.write(work)
        self._uploads.hold(upload)
        running = asyncio.create_task(self._see_through(upload, self._way(upload, wanted)), name="image import")
        self._running[running] = upload
        running.add_done_callback(self._running.pop)

    def _way(self, upload: Upload, wanted: Import) -> Callable[[], Awaitable[None]]:
        if wanted.method == "glance-direct" or wanted.uri is None or self._downloader is None:
            return partial(self._uploads.look_through, upload)
        return partial(self._download, self._downloader, upload, wanted.uri)

    async def _download(self, downloader: Downloader, upload: Upload, uri: str) -> None:
        async with aclosing(downloader.fetch(uri, upload.most)) as chunks:
            await self._uploads.take(upload, chunks)

    async def _see_through(self, upload: Upload, bring: Callable[[], Awaitable[None]]) -> None:
        """Bring the bytes in. What fails is told by the task: it was noted with the end of the upload."""
        try:
            await self._slots.acquire()
        except asyncio.CancelledError as error:
            await asyncio.shield(self._uploads.give_up_begun(upload, error))
            raise
        try:
            await bring()
        except BerthlineError as error:
            log.info("an import of an image failed", image=upload.image.id, why=error.message)
        except Exception:
            log.exception("an import of an image failed", image=upload.image.id)
        finally:
            self._slots.release()

    def _task(self, caller: Caller, image: Image, wanted: Import) -> ImageTask:
        at = self._clock.now()
        return ImageTask(
            id=TaskId(new_id()),
            image_id=image.id,
            project_id=image.project_id,
            user_id=caller.user_id,
            request_id=caller.request_id,
            status="processing",
            request=wanted.request,
            message="",
            created_at=at,
            updated_at=at,
            expires_at=None,
        )

    async def stop(self) -> None:
        """End what is under way: its images are queued again."""
        ended = dict(self._running)
        for running in ended:
            running.cancel()
        if ended:
            await asyncio.wait(ended)
        for upload in ended.values():
            if self._uploads.holds(upload):  # one that was cancelled before its first step did nothing, not even this
                await self._uploads.give_up_begun(upload, asyncio.CancelledError())

    async def tasks_of(self, caller: Caller, image_id: str) -> tuple[ImageTask, ...]:
        """The imports of an image, the newest first; none for who sees the image and has no part in it."""

        def work(connection: Connection) -> tuple[ImageTask, ...]:
            image = visible(connection, caller, image_id)
            return tasks.of_image(connection, image.id, MOST_TASKS) if owns(caller, image) else ()

        return await self._store.read(work)

    async def list_tasks(
        self, caller: Caller, filters: TaskFilters, marker: str | None, limit: int
    ) -> tuple[ImageTask, ...]:
        """All tasks, for admins. Raises Forbidden, NotFound for a marker that is none."""
        _require_admin(caller)

        def work(connection: Connection) -> tuple[ImageTask, ...]:
            after = None if marker is None else tasks.get(connection, marker)
            return tasks.list_tasks(connection, filters, after, limit)

        return await self._store.read(work)

    async def show_task(self, caller: Caller, task_id: str) -> ImageTask:
        """One task, for admins. Raises Forbidden, NotFound."""
        _require_admin(caller)
        return await self._store.read(partial(tasks.get, task_id=task_id))


def _require_admin(caller: Caller) -> None:
    if not caller.is_admin:
        raise Forbidden("only an admin may look at all tasks: those of an image are at /v2/images/ID/tasks")


def _refuse_unready(image: Image, method: Method) -> None:
    """Raise Conflict, in Glance's words, unless the image can be imported so now."""
    if image.status == "active":
        raise Conflict("Image with status active cannot be target for import")
    if image.status == "importing":
        raise Conflict(f"New operation on image '{image.id}' is not permitted as prior operation is still in progress")
    if method == "web-download" and image.status != "queued":
        raise Conflict(f"Image needs to be in 'queued' state to use '{method}' method")
    if method == "glance-direct" and image.status != "uploading":
        raise Conflict("Image needs to be staged before 'glance-direct' method can be used")
    for name in ("container_format", "disk_format"):
        if getattr(image, name) is None:
            raise Conflict(f"'{name}' needs to be set before import")
