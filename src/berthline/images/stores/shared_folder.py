"""Images in a folder that several machines have mounted, by NFS or the like.

A folder that is not there is never made, for it may be one that was not mounted. That two machines have the same one is
seen by signs: each process writes its own again and again, and finds those that the others wrote.
"""

import os
from pathlib import Path
from typing import Final

from berthline.domain.errors import NotFound, Unavailable
from berthline.domain.ids import is_uuid
from berthline.domain.image_store import Mark, Sign
from berthline.images.stores.folder import FolderStore, read_mark

_SIGN: Final = ".sign"


class SharedFolderStore(FolderStore):
    """``domain.image_store.ImageStore`` and ``SharedPlace`` over a folder that is mounted."""

    def __init__(self, folder: Path) -> None:
        """Nothing is looked at yet."""
        super().__init__(folder)
        self._seen: Mark | None = None

    async def mark(self) -> Mark | None:
        found = await super().mark()
        self._seen = self._seen or found
        return found

    async def set_mark(self, mark: Mark) -> Mark:
        self._seen = await super().set_mark(mark)
        return self._seen

    def _make_ready(self) -> None:
        if not self._folder.is_dir():
            raise Unavailable(
                f"the shared folder of images {self._folder} is not there: mount it, or make it when it is a new one"
            )

    async def check(self) -> None:
        """Below a mount that was lost there is another folder, without the mark that this one had."""
        await self.run(self._make_ready)
        if self._seen is not None and await self.run(read_mark, self._folder) != self._seen:
            raise Unavailable(
                f"the shared folder of images {self._folder} is not the one that it was: see that it is mounted"
            )

    async def sign(self, process: str, sign: Sign) -> None:
        await self.run(_write, self._path(process), f"{sign.secret} {sign.turn}\n")

    async def signed(self, process: str) -> Sign | None:
        text = await self.run(_read, self._path(process))
        secret, _, turn = text.strip().partition(" ")
        return Sign(secret, int(turn)) if secret and turn.isdigit() else None

    async def unsign(self, process: str) -> None:
        await self.run(_unlink, self._path(process))

    def _path(self, process: str) -> Path:
        if not is_uuid(process):
            raise NotFound(f"no process has the id {process[:64]}")
        return self._folder / f"process-{process}{_SIGN}"


def _write(path: Path, text: str) -> None:
    """Into the file that is there: another machine finds a file of the same name sooner than a new one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(descriptor, text.encode("ascii"), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
