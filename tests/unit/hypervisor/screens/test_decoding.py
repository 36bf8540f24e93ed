"""Pictures as hypervisors send them, whole and not."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from berthline.hypervisor.screens.decoding import decoded

PIXELS = bytes(range(2 * 3 * 3))
PPM = b"P6\n2 3\n255\n" + PIXELS


def png(image: Image.Image) -> bytes:
    """A file of it."""
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


PNG = png(Image.frombytes("RGB", (2, 3), PIXELS))


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def huge(width: int, height: int) -> bytes:
    """A small PNG that says that it is large."""
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", size), chunk(b"IDAT", zlib.compress(bytes(100))), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("content", [PNG, PPM])
def test_both_formats_are_read(content: bytes) -> None:
    assert decoded(content) == (2, 3, PIXELS)


def test_other_depths_are_read_too() -> None:
    assert decoded(png(Image.new("L", (1, 1), 7))) == (1, 1, b"\x07\x07\x07")


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", PNG[:-30], PNG[:30], PPM[:-1], PNG.replace(b"IDAT", b"JUNK"),
     huge(5000, 5000), huge(10_000, 10_000), huge(30_000, 30_000), b"P6\n99999 99999\n255\n"],
)  # fmt: skip
def test_what_is_no_whole_picture_of_a_screens_size_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="it "):
        decoded(content)
