"""The seam to where the bytes of images are: a folder, a folder that several machines share, or an S3 service.

A name is given to bytes once and never again, so that what is kept under one never changes: of two writers that both
believe in an upload, neither can spoil what the other one finished. Which names are of use only the database says.

Every verb raises Unavailable where the place cannot be used now, and RequestTooLarge where it is full, as Glance does.
"""

import re
from collections.abc import AsyncIterator
from typing import Final, Literal, NewType, Protocol

import msgspec

from berthline.domain.chance import random_bytes
from berthline.domain.ids import ImageId

BytesName = NewType("BytesName", str)
"""``IMAGE.UPLOAD``, the latter 16 hexadecimal digits. While a cloud was one process, whole bytes were ``IMAGE`` alone,
and uploads under way had eight digits."""

CHUNK: Final = 1024 * 1024
"""The most bytes that are handed over at once; what a transfer takes of memory is a small multiple of it."""

_IMAGE: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAME: Final = re.compile(rf"({_IMAGE})(?:\.[0-9a-f]{{8,16}})?")
_UPLOAD_BYTES: Final = 8


def new_name(image_id: ImageId) -> BytesName:
    """A name for bytes of this image that nothing was ever called."""
    return BytesName(f"{image_id}.{random_bytes(_UPLOAD_BYTES).hex()}")


def image_of(name: str) -> ImageId | None:
    """The image whose bytes have this name; None for what is no such name, be it a path."""
    match = _NAME.fullmatch(name)
    return ImageId(match[1]) if match else None


class Mark(msgspec.Struct, frozen=True):
    """What lies in a place to say whose it is. ``place_id`` is None where it was marked before places had ids."""

    cloud_id: str
    place_id: str | None = None


class Held(msgspec.Struct, frozen=True):
    """What a place holds: names of whole bytes, and of uploads that were begun and not finished."""

    whole: frozenset[BytesName]
    parts: frozenset[BytesName]


class Sign(msgspec.Struct, frozen=True):
    """What a process leaves in a shared place for the others to see: ``turn`` grows, ``secret`` stays as it is."""

    secret: str
    turn: int


class ImageWriter(Protocol):
    """Bytes on their way in. One call at a time, but ``discard``, which may come while another one is under way."""

    async def write(self, chunk: bytes) -> None:
        """Append at most CHUNK bytes."""
        ...

    async def finish(self) -> None:
        """Have all of them kept for good under their name; only then can they be read."""
        ...

    async def discard(self) -> None:
        """Leave nothing of them, finished or not. Idempotent."""
        ...


class ImageKeeper(Protocol):
    """The images of the cloud, for those who work for it and not for a caller."""

    def read(self, image_id: ImageId) -> AsyncIterator[bytes]:
        """The bytes of an image that is there. Raises NotFound."""
        ...

    async def fill(self, image_id: ImageId, chunks: AsyncIterator[bytes]) -> None:
        """Take in the bytes of an image whose row is there, and make it active; one that is active stays as it is.

        An upload that an earlier attempt began is ended first. Raises NotFound when the image is gone,
        ImageUnacceptable, RequestTooLarge beyond a limit, a quota or the room there is, Transient where the place
        cannot be used now, and what ``chunks`` raises; then the image is queued and has no bytes.
        """
        ...


class ImageStore(Protocol):
    """Where the bytes are."""

    @property
    def place(self) -> str:
        """The place in words for an operator: a path, or an endpoint with its bucket. Without secrets."""
        ...

    @property
    def kind(self) -> Literal["file", "s3"]:
        """Glance's word for such a place."""
        ...

    @property
    def marks_once(self) -> bool:
        """Whether of several that mark the place at once all see what one of them said. Else say the same by all."""
        ...

    async def mark(self) -> Mark | None:
        """Whose place it is; None where nobody has said so."""
        ...

    async def set_mark(self, mark: Mark) -> Mark:
        """Say whose place it is, unless somebody has; what is said there now."""
        ...

    async def begin(self, name: BytesName, most: int) -> ImageWriter:
        """Take bytes in, at most ``most`` of them."""
        ...

    async def size(self, name: BytesName) -> int:
        """How many bytes are kept under the name. Raises NotFound."""
        ...

    def read(self, name: BytesName, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from ``first`` to ``last``, both among them, in chunks; to the end for None. Raises NotFound."""
        ...

    async def delete(self, name: BytesName) -> None:
        """Leave nothing under the name, whole or begun. Idempotent."""
        ...

    async def look(self) -> Held:
        """All that is held and is named as bytes of images are; what else lies there is let be."""
        ...

    async def check(self) -> None:
        """Raise Unavailable, and say why, unless the place can be used now and is the one that it was."""
        ...

    def close(self) -> None:
        """Let threads and connections end."""
        ...


class SharedPlace(Protocol):
    """A place that is only seen to be the same for all processes of a cloud by what each finds of the others in it."""

    @property
    def place(self) -> str: ...

    async def check(self) -> None: ...

    async def sign(self, process: str, sign: Sign) -> None:
        """Leave this process's sign, in the place of the one before."""
        ...

    async def signed(self, process: str) -> Sign | None:
        """The sign that a process has left here, None where there is none."""
        ...

    async def unsign(self, process: str) -> None:
        """Take the process's sign away. Idempotent."""
        ...
