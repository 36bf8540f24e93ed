"""Write the archive format of Linux's initial RAM file systems ("newc" cpio, see the kernel's buffer-format)."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field

MAGIC = b"070701"
TRAILER = "TRAILER!!!"


@dataclass(slots=True)
class Archive:
    """Collects folders, files and links.

    Every entry belongs to root and has no date, so that equal input gives equal bytes.
    """

    _parts: list[bytes] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    def folder(self, path: str, mode: int = 0o755) -> None:
        """A folder, with the folders above it; the first mode given stays. The topmost one is `.`."""
        path = path.strip("/")
        if path in self._seen:
            return
        if "/" in path:
            self.folder(path.rsplit("/", 1)[0])
        self._add(path, stat.S_IFDIR | mode, b"")

    def file(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """A file, with the folders above it."""
        self._place(path, stat.S_IFREG | mode, content)

    def link(self, path: str, target: str) -> None:
        """A symbolic link, with the folders above it."""
        self._place(path, stat.S_IFLNK | 0o777, target.encode())

    def to_bytes(self) -> bytes:
        """The whole archive."""
        return b"".join((*self._parts, _entry(len(self._parts) + 1, TRAILER, 0, b"")))

    def _place(self, path: str, mode: int, content: bytes) -> None:
        path = path.strip("/")
        if path in self._seen:
            raise ValueError(f"{path} is in the archive already")
        if "/" in path:
            self.folder(path.rsplit("/", 1)[0])
        self._add(path, mode, content)

    def _add(self, path: str, mode: int, content: bytes) -> None:
        self._seen.add(path)
        self._parts.append(_entry(len(self._parts) + 1, path, mode, content))


def _entry(inode: int, path: str, mode: int, content: bytes) -> bytes:
    name = path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(mode) else 1
    # inode, mode, uid, gid, links, mtime, size, device (2), special device (2), length of name, check
    numbers = (inode, mode, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(name), 0)
    header = MAGIC + b"".join(b"%08X" % number for number in numbers)
    return _padded(header + name) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
