"""The folder that holds everything a cloud must not lose: used by one process, or by several that share it."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from berthline.domain.errors import BerthlineError
from berthline.domain.start import StartRefused
from berthline.store.engine.location import Location, told

FILE: Final = "berthline.db"
"""SQLite's file in the data folder."""


class DataFolderInUse(BerthlineError):
    """Another process has this data folder: stop that one, or use another folder."""


@dataclass(frozen=True)
class DataFolder:
    """Where each thing lies below ``path``, an absolute path. ``postgresql`` is the URL of a database elsewhere.

    That URL may have a password in it: people are told ``database_told``.
    """

    path: Path
    postgresql: str = field(default="", repr=False)

    @property
    def database(self) -> Location:
        """The file of SQLite, or the URL of the PostgreSQL."""
        return self.postgresql or self.path / FILE

    @property
    def database_told(self) -> str:
        """The database for people."""
        return told(self.database)

    @property
    def images(self) -> Path:
        """The bytes of images, unless the settings say otherwise."""
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
    def held(self, *, alone: bool = True) -> Iterator[None]:
        """Have the folder, made with mode 0700 when missing, for this process alone, or beside others that are not.

        The kernel frees it when the process ends, in whatever way. Raises DataFolderInUse, StartRefused.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o700)
            descriptor = os.open(self.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartRefused(
                f"{error.filename or self.path} cannot be written: {error.strerror}; see to its rights and its disk, "
                "or name another folder by --data"
            ) from None
        try:
            self._lock_or_refuse(descriptor, alone=alone)
            if alone:
                self._write_owner(descriptor)
            yield
            if alone:
                os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """While the block runs no other process starts on this folder; waits for one that does. Raises StartRefused."""
        try:
            descriptor = os.open(self.path / "starting", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartRefused(
                f"{self.path} cannot be written: {error.strerror}; see to its rights and its disk"
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def held_database(self, *, alone: bool = True) -> Iterator[None]:
        """Have the database, an empty file when missing, for this process alone, or beside others that are not, also
        where another folder, or a path past the folder's lock, leads to the same file; a PostgreSQL is everybody's.

        Raises DataFolderInUse, StartRefused. To be held longer than the database is open: closing a file drops what
        SQLite has locked of it.
        """
        if self.postgresql:
            yield
            return
        try:
            descriptor = os.open(self.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StartRefused(
                f"{self.database} cannot be written: {error.strerror}; see to its rights and its disk"
            ) from None
        try:
            try:
                fcntl.flock(descriptor, _how(alone) | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DataFolderInUse(
                    f"{self.database} is in use by another process; stop that process or name another folder by --data"
                ) from None
            yield
        finally:
            os.close(descriptor)

    def _lock_or_refuse(self, descriptor: int, *, alone: bool) -> None:
        try:
            fcntl.flock(descriptor, _how(alone) | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode().strip() or "unknown"
            raise DataFolderInUse(
                f"{self.path} is in use by process {owner}; stop that process or name another folder by --data"
            ) from None

    def _write_owner(self, descriptor: int) -> None:
        """For those who ask whom to stop. Raises StartRefused on a full disk."""
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            raise StartRefused(f"{self.lock} cannot be written: {error.strerror}; make room on its disk") from None

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


def _how(alone: bool) -> int:
    return fcntl.LOCK_EX if alone else fcntl.LOCK_SH
