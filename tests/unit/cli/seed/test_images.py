"""What a file is, by its first bytes, and what its image is called."""

import io
from pathlib import Path

import pytest

from berthline.cli.errors import CommandFailed
from berthline.cli.seed.images import ISO_MARK, disk_format_of, name_of, opened


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"QFI\xfb\x00\x00\x00\x03", "qcow2"),
        (bytes(ISO_MARK) + b"CD001\x01", "iso"),
        (b"\xeb\x63\x90", "raw"),
        (b"", "raw"),
    ],
)
def test_the_format_is_told_by_the_bytes(content: bytes, expected: str) -> None:
    assert disk_format_of(io.BytesIO(content)) == expected


@pytest.mark.parametrize("mark", [b"\xfd7zXZ\x00", b"\x1f\x8b\x08", b"BZh9", b"\x28\xb5\x2f\xfd"])
def test_what_is_compressed_is_refused_by_name(mark: bytes) -> None:
    with pytest.raises(CommandFailed, match="unpack it first"):
        disk_format_of(io.BytesIO(mark + bytes(16)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("/srv/debian-12.qcow2", "debian-12"),
        ("https://images.example/a/noble%20small.img?x=1", "noble small"),
        ("disk", "disk"),
    ],
)
def test_an_image_is_called_as_its_file(source: str, expected: str) -> None:
    assert name_of(source) == expected


def test_a_url_without_a_file_has_no_name() -> None:
    with pytest.raises(CommandFailed, match="names no file"):
        name_of("https://images.example/")


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"content")
    with opened(str(tmp_path / "a.raw"), tmp_path) as file:
        assert file.read() == b"content"
