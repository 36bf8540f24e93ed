"""Images: what is known about a file that guests may be booted from."""

from typing import Any, Literal, NewType

import msgspec

from berthline.domain.ids import ImageId, ProjectId, UserId

ImageStatus = Literal["queued", "saving", "uploading", "importing", "active", "killed", "deactivated"]
"""Glance's words. ``uploading``: its bytes are staged, or on their way there. ``killed``: its bytes were lost."""

Visibility = Literal["public", "private", "shared", "community"]
DiskFormat = Literal["iso", "qcow2", "raw"]
MemberStatus = Literal["pending", "accepted", "rejected"]


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """``min_disk`` in GiB, ``min_ram`` in MiB; ``size`` and ``virtual_size`` in bytes, None before an upload.

    ``null_properties`` are the names of those that were said to be null: that asks for nothing, and is shown.
    """

    id: ImageId
    project_id: ProjectId
    name: str | None
    status: ImageStatus
    visibility: Visibility
    container_format: Literal["bare"] | None
    disk_format: DiskFormat | None
    min_disk: int
    min_ram: int
    size: int | None
    virtual_size: int | None
    checksum: str | None
    sha512: str | None
    protected: bool
    hidden: bool
    properties: dict[str, str]
    null_properties: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    revision: int
    created_at: int
    updated_at: int
    import_result: Literal["done", "failed"] | None = None
    """What became of its last import; None where it never had one."""


class ImageMember(msgspec.Struct, frozen=True, kw_only=True):
    """A project with which an image is shared."""

    image_id: ImageId
    member_id: ProjectId
    status: MemberStatus
    created_at: int
    updated_at: int


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What was learnt of an image's bytes while they were written: sizes in bytes, digests in hexadecimal."""

    size: int
    virtual_size: int
    checksum: str
    sha512: str


TaskId = NewType("TaskId", str)
TaskStatus = Literal["processing", "success", "failure"]


class ImageTask(msgspec.Struct, frozen=True, kw_only=True):
    """An import of an image. ``request`` is what was sent; times in microseconds, ``expires_at`` when it is over."""

    id: TaskId
    image_id: ImageId
    project_id: ProjectId
    user_id: UserId
    request_id: str
    status: TaskStatus
    request: dict[str, Any]
    message: str
    created_at: int
    updated_at: int
    expires_at: int | None
