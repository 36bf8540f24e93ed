"""What is learnt of an image's bytes while they pass: digests, and whether they are what the image says they are."""

import hashlib
from collections.abc import Iterator
from typing import Final

from berthline.domain.errors import ImageUnacceptable
from berthline.domain.image import Content, DiskFormat
from berthline.domain.qcow2 import HEAD_BYTES, dangers

_CONTENT_OF: Final[dict[DiskFormat, tuple[frozenset[str], ...]]] = {
    "iso": (frozenset({"iso"}), frozenset({"iso", "gpt"})),
    "qcow2": (frozenset({"qcow2"}),),
    "raw": (frozenset({"raw"}), frozenset({"gpt"})),
}
"""What the inspector may call the bytes of an image of each format. A CD-ROM is often to boot as a disk as well."""


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
        if frozenset(names) not in _CONTENT_OF[disk_format]:
            raise ImageUnacceptable(
                f"The image says it is {disk_format}, but its content is {' and '.join(names) or 'of no known format'}."
            )
        if disk_format == "qcow2" and (why := dangers(self._head)):
            raise ImageUnacceptable(
                f"The image is refused for its safety: {', '.join(why)}. Make a plain disk of it by qemu-img convert "
                "-O qcow2, which reads what it refers to, and decrypts it with its key."
            )
        try:
            for inspector in found:
                inspector.safety_check()
        except self._formats.SafetyCheckFailed as failed:
            raise ImageUnacceptable(
                f"The image is refused for its safety: it fails {', '.join(sorted(failed.failures))}. A disk that "
                "refers to another file, or uses features that are not known, cannot be taken: flatten it with "
                "qemu-img convert."
            ) from None
        return int(found[0].virtual_size) if disk_format == "qcow2" else size


class Judge:
    """The bytes of one upload, as they pass. ``hash`` and ``look`` of one chunk may be called beside each other."""

    def __init__(self) -> None:
        self._sha512 = hashlib.sha512()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._inspection = _Inspection()
        self._size = 0

    def hash(self, chunk: bytes) -> None:
        """Take the chunk into the SHA-512."""
        self._size += len(chunk)
        self._sha512.update(chunk)

    def look(self, chunk: bytes) -> None:
        """Take the chunk into MD5 and inspection."""
        self._md5.update(chunk)
        self._inspection.feed(chunk)

    def judged(self, disk_format: DiskFormat) -> Content:
        """What all of it is. Raises ImageUnacceptable for bytes that are not safely of this format."""
        return Content(
            size=self._size,
            virtual_size=self._inspection.virtual_size(disk_format, self._size),
            checksum=self._md5.hexdigest(),
            sha512=self._sha512.hexdigest(),
        )
