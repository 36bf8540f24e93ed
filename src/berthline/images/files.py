"""Image files: written once, checked while they are written, never held in memory.

``ID.RANDOM.part`` is an upload under way, ``ID`` a whole image. Nothing else than an image's own id ever names a file,
so no user can name a path. The threads are ours, so that a slow disk holds up neither the event loop nor the passwords.
"""

import asyncio
import errno
import hashlib
import os
import re
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final, TypeVar, TypeVarTuple

import structlog

from berthline.domain.errors import ImageUnacceptable, NotFound, RequestTooLarge, Unavailable
from berthline.domain.ids import ImageId
from berthline.domain.image import Content, DiskFormat
from berthline.domain.qcow2 import HEAD_BYTES, dangers

log = structlog.get_logger("berthline.images")

CHUNK: Final = 1024 * 1024
"""Bytes that are read or written at once; what an upload or a download takes of memory is a small multiple of it."""

ON_ITS_WAY: Final = 8 * CHUNK
"""So much of an upload is gathered before the disk is given it."""

THREADS: Final = 4
_NAME: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PART: Final = re.compile(_NAME.pattern + r"\.[0-9a-f]{8}\.part")
_CONTENT_OF: Final[dict[DiskFormat, frozenset[str]]] = {
    "qcow2": frozenset({"qcow2"}),
    "raw": frozenset({"raw", "gpt"}),
}
"""What the inspector may call the bytes of an image that says it is of this format."""

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


class _Inspection:
    """oslo.utils' inspector, fed chunk by chunk: it reads from an iterator, which here gives one chunk at a time."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._head = b""
        # Imported with the first upload: it is a tenth of all that a start imports.
        from oslo_utils.imageutils import format_inspector

        self._formats = format_inspector
        wrapper = format_inspector.InspectWrapper(self)  # type: ignore[arg-type]  # it only iterates over what it is given
        self._wrapper = wrapper

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._waiting:
            raise StopIteration
        return self._waiting.pop()

    def feed(self, chunk: bytes) -> None:
        if len(self._head) < HEAD_BYTES:
            self._head += chunk[: HEAD_BYTES - len(self._head)]
        self._waiting.append(chunk)
        next(self._wrapper)

    def virtual_size(self, disk_format: DiskFormat, size: int) -> int:
        """The size of the disk inside. Raises ImageUnacceptable for bytes that are not safely of this format."""
        try:
            self._wrapper.close()
            found = self._wrapper.formats or []
        except self._formats.ImageFormatError:
            found = []
        names = sorted({inspector.NAME for inspector in found})
        if len(found) != 1 or names[0] not in _CONTENT_OF[disk_format]:
            raise ImageUnacceptable(
                f"The image says it is {disk_format}, but its content is {' and '.join(names) or 'of no known format'}."
            )
        if disk_format == "qcow2" and (why := dangers(self._head)):
            raise ImageUnacceptable(
                f"The image is refused for its safety: {', '.join(why)}. Make a plain disk of it by qemu-img convert "
                "-O qcow2, which reads what it refers to, and decrypts it with its key."
            )
        try:
            found[0].safety_check()
        except self._formats.SafetyCheckFailed as failed:
            raise ImageUnacceptable(
                f"The image is refused for its safety: it fails {', '.join(sorted(failed.failures))}. A disk that "
                "refers to another file, or uses features that are not known, cannot be taken: flatten it with "
                "qemu-img convert."
            ) from None
        return int(found[0].virtual_size) if disk_format == "qcow2" else size


class PartFile:
    """An upload under way. ``write``, ``look``, ``seal`` and ``publish`` block: call them through ``ImageFiles``."""

    def __init__(self, folder: Path, image_id: ImageId) -> None:
        self._folder = folder
        self._path = folder / f"{image_id}.{secrets.token_hex(4)}.part"
        self._final = folder / image_id
        self._file: BinaryIO = self._path.open("xb", buffering=0)
        self._sha512 = hashlib.sha512()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._inspection = _Inspection()
        self._lock = threading.Lock()
        """A request that is cut off discards the file while a thread may still be writing."""
        self.size = 0
        self._on_its_way = 0

    def write(self, chunk: bytes) -> None:
        """Append the chunk, and take it into the SHA-512."""
        with self._lock:
            view = memoryview(chunk)
            while view:
                view = view[self._write_some(view) :]
            self.size += len(chunk)
            self._sha512.update(chunk)
            if self.size - self._on_its_way >= ON_ITS_WAY:
                self._send_on()

    def look(self, chunk: bytes) -> None:
        """Take the chunk into MD5 and inspection, beside ``write``."""
        self._md5.update(chunk)
        self._inspection.feed(chunk)

    def _send_on(self) -> None:
        """Have the kernel write to the disk what it has, and wait for nothing.

        It would begin with a tenth of the machine's memory, so that the disk rests during the upload of most images
        and `seal` waits for all of it. On Linux this advice starts the writing of dirty pages, which stay cached.
        """
        os.posix_fadvise(self._file.fileno(), self._on_its_way, self.size - self._on_its_way, os.POSIX_FADV_DONTNEED)
        self._on_its_way = self.size

    def _write_some(self, view: memoryview) -> int:
        return self._file.write(view)

    def seal(self, disk_format: DiskFormat) -> Content:
        """Judge what was written and have it on disk, still under its own name. Raises ImageUnacceptable."""
        with self._lock:
            virtual_size = self._inspection.virtual_size(disk_format, self.size)
            os.fsync(self._file.fileno())
            self._file.close()
        return Content(
            size=self.size,
            virtual_size=virtual_size,
            checksum=self._md5.hexdigest(),
            sha512=self._sha512.hexdigest(),
        )

    def publish(self) -> None:
        """Make it the image's file, for good."""
        self._path.replace(self._final)
        _sync_folder(self._folder)

    def discard(self) -> None:
        """Leave nothing of it."""
        with self._lock:
            self._file.close()
            self._path.unlink(missing_ok=True)


class ImageFiles:
    """The folder of image files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="images")

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def begin(self, image_id: ImageId) -> PartFile:
        """A new, empty part file."""
        _check(image_id)
        return await self._run(PartFile, self._folder, image_id)

    async def write(self, part: PartFile, chunk: bytes) -> None:
        """Have the chunk written and looked at, beside each other: each takes half of the time."""
        await asyncio.gather(self._run(part.write, chunk), self._run(part.look, chunk))

    async def seal(self, part: PartFile, disk_format: DiskFormat) -> Content:
        """See PartFile.seal."""
        return await self._run(part.seal, disk_format)

    async def publish(self, part: PartFile) -> None:
        """See PartFile.publish."""
        await self._run(part.publish)

    async def discard(self, part: PartFile) -> None:
        """See PartFile.discard."""
        await self._run(part.discard)

    async def delete(self, image_id: ImageId) -> None:
        """Idempotent."""
        _check(image_id)
        await self._run(_unlink, self._folder / image_id)

    async def read(self, image_id: ImageId) -> AsyncIterator[bytes]:
        """The bytes of a whole image, in chunks. Raises NotFound when there is no such file."""
        _check(image_id)
        try:
            opened: BinaryIO = await self._run(_open, self._folder / image_id)
        except FileNotFoundError:
            raise NotFound(f"the data of image {image_id} could not be found") from None
        try:
            while chunk := await self._run(opened.read, CHUNK):
                yield chunk
        finally:
            opened.close()

    async def look(self) -> tuple[frozenset[ImageId], frozenset[ImageId]]:
        """The ids of the images that have a whole file, and of those that have an upload's part file."""
        return await self._run(self._look)

    def _look(self) -> tuple[frozenset[ImageId], frozenset[ImageId]]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = [path.name for path in self._folder.iterdir()]
        whole = frozenset(ImageId(name) for name in names if _NAME.fullmatch(name))
        return whole, frozenset(ImageId(name.partition(".")[0]) for name in names if _PART.fullmatch(name))

    async def clear(self, image_ids: Collection[ImageId]) -> int:
        """Delete the whole file and every part file of each of these images; how many files that were."""
        return await self._run(self._clear, frozenset(image_ids))

    def _clear(self, image_ids: frozenset[ImageId]) -> int:
        deleted = 0
        for path in self._folder.iterdir():
            known = _NAME.fullmatch(path.name) or _PART.fullmatch(path.name)
            if known and path.name.partition(".")[0] in image_ids:
                path.unlink()
                deleted += 1
        if deleted:
            _sync_folder(self._folder)
        return deleted

    async def clear_parts(self, image_ids: Collection[ImageId]) -> int:
        """Delete every part file of these images, and leave their whole files; how many files that were."""
        return await self._run(self._clear_parts, frozenset(image_ids))

    def _clear_parts(self, image_ids: frozenset[ImageId]) -> int:
        parts = [
            path
            for path in self._folder.iterdir()
            if _PART.fullmatch(path.name) and path.name.partition(".")[0] in image_ids
        ]
        for path in parts:
            path.unlink()
        return len(parts)

    async def _run(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Do it in a thread. Raises RequestTooLarge, as Glance, on a full disk, Unavailable on one that fails."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        except FileNotFoundError:
            raise
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise RequestTooLarge("the image store is full: delete images, or tell the operator") from None
            log.error("the image store fails", error=str(error))  # noqa: TRY400 - the line says all of it
            raise Unavailable("the image store cannot be used now; try again soon, or tell the operator") from None


def _check(image_id: ImageId) -> None:
    """Ids come from rows; that they are names and no paths is made sure of once more where files are touched."""
    if not _NAME.fullmatch(image_id):
        raise NotFound(f"no image has the id {image_id[:64]}")


def _open(path: Path) -> BinaryIO:
    return path.open("rb", buffering=0)


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
