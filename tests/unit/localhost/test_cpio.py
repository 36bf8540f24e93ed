"""The archive that becomes the guest's file system, read back by the format's own rules."""

import stat
from collections.abc import Iterator

import pytest

from berthline.localhost.cpio import Archive


def entries(data: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Name, mode and content of each entry, as the kernel's description of "newc" says to read them."""
    position = 0
    while True:
        header = data[position : position + 110]
        assert header[:6] == b"070701"
        numbers = [int(header[6 + 8 * field : 14 + 8 * field], 16) for field in range(13)]
        mode, size, name_size = numbers[1], numbers[6], numbers[11]
        name = data[position + 110 : position + 110 + name_size - 1].decode()
        start = (position + 110 + name_size + 3) // 4 * 4
        if name == "TRAILER!!!":
            return
        yield name, mode, data[start : start + size]
        position = (start + size + 3) // 4 * 4


def test_everything_put_in_is_read_back_with_its_folders() -> None:
    archive = Archive()
    archive.folder("root", 0o700)
    archive.file("/etc/deep/name", b"odd", 0o600)
    archive.file("etc/deep/other", b"")
    archive.link("bin/sh", "/bin/busybox")
    assert list(entries(archive.to_bytes())) == [
        ("root", stat.S_IFDIR | 0o700, b""),
        ("etc", stat.S_IFDIR | 0o755, b""),
        ("etc/deep", stat.S_IFDIR | 0o755, b""),
        ("etc/deep/name", stat.S_IFREG | 0o600, b"odd"),
        ("etc/deep/other", stat.S_IFREG | 0o644, b""),
        ("bin", stat.S_IFDIR | 0o755, b""),
        ("bin/sh", stat.S_IFLNK | 0o777, b"/bin/busybox"),
    ]


def test_a_path_cannot_be_put_in_twice() -> None:
    archive = Archive()
    archive.file("etc/passwd", b"one")
    with pytest.raises(ValueError, match="etc/passwd"):
        archive.link("/etc/passwd", "elsewhere")
