"""The places that images may be in, each as the tests see it from outside."""

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from berthline.domain.image_store import ImageStore
from berthline.images.stores import folder as folders
from berthline.images.stores.folder import FolderStore
from berthline.images.stores.s3 import S3Access, S3Store
from berthline.images.stores.shared_folder import SharedFolderStore
from tests.contract.image_store.s3_service import ACCESS_KEY, REGION, SECRET_KEY, Swift


class Place(Protocol):
    """One place. ``part_bytes``: so many bytes and one more are not sent all at once."""

    part_bytes: int

    def open(self) -> ImageStore:
        """The place as a process has it that has just started."""
        ...

    def left(self) -> list[str]:
        """Everything that lies there: whole bytes, and uploads that were begun."""
        ...

    def fill(self) -> None:
        """Have it take no more."""
        ...

    def lock_out(self) -> ImageStore:
        """The place for a process that may not write there."""
        ...


@dataclass
class Folder:
    path: Path
    monkeypatch: pytest.MonkeyPatch
    kind: type[FolderStore] = FolderStore
    part_bytes: int = 1024 * 1024

    def open(self) -> ImageStore:
        return self.kind(self.path)

    def left(self) -> list[str]:
        return sorted(path.name for path in self.path.iterdir()) if self.path.exists() else []

    def fill(self) -> None:
        def full(part: folders.PartFile, view: memoryview) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        self.monkeypatch.setattr(folders.PartFile, "_write_some", full)

    def lock_out(self) -> ImageStore:
        def refused(part: folders.PartFile, view: memoryview) -> int:
            raise PermissionError(errno.EACCES, "Permission denied")

        self.monkeypatch.setattr(folders.PartFile, "_write_some", refused)
        return self.open()


def shared_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """One that is there, as a mounted one is."""
    path.mkdir(exist_ok=True)
    return Folder(path, monkeypatch, SharedFolderStore)


@dataclass
class Bucket:
    swift: Swift
    bucket: str
    prefix: str = "cloud/"
    part_bytes: int = 8 * 1024 * 1024

    def access(self, secret_key: str = SECRET_KEY, endpoint: str | None = None) -> S3Access:
        return S3Access(
            endpoint=endpoint or self.swift.endpoint,
            bucket=self.bucket,
            prefix=self.prefix,
            region=REGION,
            access_key=ACCESS_KEY,
            secret_key=secret_key,
        )

    def open(self) -> ImageStore:
        return S3Store(self.access())

    def left(self) -> list[str]:
        client = self.swift.client()
        objects = client.list_objects_v2(Bucket=self.bucket).get("Contents", ())
        uploads = client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", ())
        return sorted(one["Key"].removeprefix(self.prefix) for one in (*objects, *uploads))

    def fill(self) -> None:
        self.swift.fill(self.bucket)

    def lock_out(self) -> ImageStore:
        return S3Store(self.access(secret_key="another"))
