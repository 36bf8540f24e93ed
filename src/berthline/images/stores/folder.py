"""Images in a folder of this machine: written once, under a name of its own, and there only when it is whole.

``NAME.part`` is an upload under way, ``NAME`` whole bytes. Nothing else than a name that the image service chose ever
names a file, so no user can name a path. Nothing here leans on a lock: a name has one writer, and a rename is atomic,
also where other machines share the folder.
"""

import errno
import os
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeVar, TypeVarTuple

import structlog

from berthline.domain.chance import random_bytes
from berthline.domain.errors import NotFound, RequestTooLarge, Unavailable
from berthline.domain.image_store import CHUNK, BytesName, Held, Mark, image_of
from berthline.images.stores.threads import Threads

log = structlog.get_logger("berthline.images")

ON_ITS_WAY: Final = 8 * CHUNK
"""So much of an upload is gathered before the disk is given it."""

MARK: Final = "cloud-id"
PART: Final = ".part"

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")


class PartFile:
    """An upload under way: ``domain.image_store.ImageWriter``."""

    def __init__(self, owner: "FolderStore", folder: Path, name: BytesName) -> None:
        self._owner = owner
        self._folder = folder
        self._path = folder / f"{name}{PART}"
        self._final = folder / name
        self._file: BinaryIO = self._path.open("xb", buffering=0)
        self._lock = threading.Lock()
        """A request that is cut off discards the file while a thread may still be writing."""
        self._size = 0
        self._on_its_way = 0

    async def write(self, chunk: bytes) -> None:
        await self._owner.run(self._write, chunk)

    async def finish(self) -> None:
        await self._owner.run(self._finish)

    async def discard(self) -> None:
        await self._owner.run(self._discard)

    def _write(self, chunk: bytes) -> None:
        with self._lock:
            view = memoryview(chunk)
            while view:
                view = view[self._write_some(view) :]
            self._size += len(chunk)
            if self._size - self._on_its_way >= ON_ITS_WAY:
                self._send_on()

    def _write_some(self, view: memoryview) -> int:
        return self._file.write(view)

    def _send_on(self) -> None:
        """Have the kernel write to the disk what it has, and wait for nothing.

        It would begin with a tenth of the machine's memory, so that the disk rests during the upload of most images
        and `finish` waits for all of it. On Linux this advice starts the writing of dirty pages, which stay cached.
        """
        waiting = self._size - self._on_its_way
        os.posix_fadvise(self._file.fileno(), self._on_its_way, waiting, os.POSIX_FADV_DONTNEED)
        self._on_its_way = self._size

    def _finish(self) -> None:
        with self._lock:
            os.fsync(self._file.fileno())
            self._file.close()
            self._path.replace(self._final)
        sync_folder(self._folder)

    def _discard(self) -> None:
        with self._lock:
            self._file.close()
            self._path.unlink(missing_ok=True)
            self._final.unlink(missing_ok=True)


class FolderStore:
    """``domain.image_store.ImageStore`` over a folder, which is made when it is missing."""

    def __init__(self, folder: Path) -> None:
        """Nothing is looked at yet."""
        self._folder = folder
        self._threads = Threads("images")

    @property
    def place(self) -> str:
        return str(self._folder)

    @property
    def kind(self) -> Literal["file", "s3"]:
        return "file"

    @property
    def marks_once(self) -> bool:
        return True

    async def mark(self) -> Mark | None:
        await self.run(self._make_ready)
        return await self.run(read_mark, self._folder)

    async def set_mark(self, mark: Mark) -> Mark:
        return await self.run(self._set_mark, mark)

    def _set_mark(self, mark: Mark) -> Mark:
        """By a link, which is made once: of two processes that mark a folder at once, both see what one wrote."""
        self._make_ready()
        found = read_mark(self._folder)
        if found is not None and (found.place_id is not None or found.cloud_id != mark.cloud_id):
            return found
        path = self._folder / MARK
        new = self._folder / f"{MARK}.{random_bytes(4).hex()}.new"
        with new.open("w", encoding="ascii") as file:
            file.write("".join(f"{line}\n" for line in (mark.cloud_id, mark.place_id) if line))
            file.flush()
            os.fsync(file.fileno())
        try:
            if found is None:
                path.hardlink_to(new)
            else:
                new.replace(path)
        except FileExistsError:
            pass
        finally:
            new.unlink(missing_ok=True)
        sync_folder(self._folder)
        return read_mark(self._folder) or mark

    async def begin(self, name: BytesName, most: int) -> PartFile:
        _require_name(name)
        return await self.run(self._begin, name)

    def _begin(self, name: BytesName) -> PartFile:
        self._make_ready()
        return PartFile(self, self._folder, name)

    async def size(self, name: BytesName) -> int:
        _require_name(name)
        found = await self.run(_size, self._folder / name)
        if found is None:
            raise _gone(name)
        return found

    async def delete(self, name: BytesName) -> None:
        _require_name(name)
        await self.run(self._delete, name)

    def _delete(self, name: BytesName) -> None:
        for path in (self._folder / name, self._folder / f"{name}{PART}"):
            path.unlink(missing_ok=True)

    async def read(self, name: BytesName, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        _require_name(name)
        opened = await self.run(_opened, self._folder / name, first)
        if opened is None:
            raise _gone(name)
        left = None if last is None else last - first + 1
        try:
            while chunk := await self.run(opened.read, CHUNK if left is None else min(CHUNK, left)):
                yield chunk
                left = None if left is None else left - len(chunk)
        finally:
            opened.close()

    async def look(self) -> Held:
        return await self.run(self._look)

    def _look(self) -> Held:
        self._make_ready()
        names = [path.name for path in self._folder.iterdir()]
        parts = (name.removesuffix(PART) for name in names if name.endswith(PART))
        return Held(
            frozenset(BytesName(name) for name in names if image_of(name)),
            frozenset(BytesName(name) for name in parts if image_of(name)),
        )

    def _make_ready(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def check(self) -> None:
        await self.run(self._make_ready)

    def close(self) -> None:
        self._threads.close()

    async def run(self, work: Callable[[*Arguments], Result], *arguments: *Arguments) -> Result:
        """Do it in a thread. Raises RequestTooLarge, as Glance, on a full disk, Unavailable on one that fails."""
        try:
            return await self._threads.run(work, *arguments)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise RequestTooLarge("the image store is full: delete images, or tell the operator") from None
            log.error("the image store fails", error=str(error))  # noqa: TRY400 - the line says all of it
            raise Unavailable("the image store cannot be used now; try again soon, or tell the operator") from None


def read_mark(folder: Path) -> Mark | None:
    """Whose folder it is. Raises OSError, UnicodeDecodeError."""
    try:
        lines = (folder / MARK).read_text(encoding="ascii").split()
    except FileNotFoundError:
        return None
    return Mark(*lines[:2]) if lines else None


def sync_folder(folder: Path) -> None:
    """Have the names in the folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _require_name(name: str) -> None:
    """Names come from rows; that they are names and no paths is made sure of once more where files are touched."""
    if image_of(name) is None:
        raise NotFound(f"no image has the name {name[:64]}")


def _gone(name: BytesName) -> NotFound:
    return NotFound(f"the data of image {image_of(name)} could not be found")


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _opened(path: Path, first: int) -> BinaryIO | None:
    try:
        opened = path.open("rb", buffering=0)
    except FileNotFoundError:
        return None
    opened.seek(first)
    return opened
