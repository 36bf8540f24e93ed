"""The folder that holds everything a cloud must not lose, used by one process at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from berthline.domain.errors import BerthlineError


class DataFolderInUse(BerthlineError):
    """Another process has this data folder: stop that one, or use another folder."""


@dataclass(frozen=True)
class DataFolder:
    """Where each thing lies below ``path``, an absolute path."""

    path: Path

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.path / "berthline.db"

    @property
    def images(self) -> Path:
        """The bytes of images."""
        return self.path / "images"

    @property
    def clouds(self) -> Path:
        """clouds.yaml, as OpenStack's clients read it."""
        return self.path / "clouds.yaml"

    @property
    def lock(self) -> Path:
        """Locked by the process that uses the folder; holds its process id."""
        return self.path / "lock"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Have the folder, made with mode 0700 when missing, for this process alone.

        The kernel frees it when the process ends, in whatever way. Raises DataFolderInUse.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
                raise DataFolderInUse(
                    f"{self.path} is in use by process {owner}; stop that process or name another folder by --data"
                ) from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
            yield
            os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def owner(self) -> int | None:
        """The id of the process that uses the folder now, or None."""
        try:
            descriptor = os.open(self.lock, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.pread(descriptor, 32, 0).decode().strip()
            return int(text) if text.isdigit() else None
        else:
            return None
        finally:
            os.close(descriptor)
