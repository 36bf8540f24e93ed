"""The images of a seed: a file of this machine, what a URL gives, or the tiny guest that is built here."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final
from urllib.parse import unquote, urlsplit

import httpx
import msgspec

from berthline.cli.client import CHUNK, TIMEOUT_SECONDS, Client
from berthline.cli.errors import CommandFailed

TINY: Final = "tiny"
"""Name of the image that is built here."""
SIMULATED: Final = "simulated"
"""Name of the image whose disk is empty, for hosts that never read one."""
SIMULATED_BYTES: Final = 1 << 20
ISO_MARK: Final = 0x8001
"""Where the first volume descriptor of a CD says CD001 (ISO 9660)."""
COMPRESSED: Final = {b"\xfd7zXZ\x00": "xz", b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\x28\xb5\x2f\xfd": "zstd"}


class Image(msgspec.Struct, frozen=True):
    """What we look at of an image."""

    id: str
    name: str
    status: str


def disk_format_of(file: IO[bytes]) -> str:
    """qcow2, iso, or raw for all else, by the first bytes. Raises CommandFailed for what is compressed."""
    file.seek(0)
    head = file.read(8)
    for mark, name in COMPRESSED.items():
        if head.startswith(mark):
            raise CommandFailed(f"the image is compressed by {name}: unpack it first")
    if head.startswith(b"QFI\xfb"):
        return "qcow2"
    file.seek(ISO_MARK)
    return "iso" if file.read(5) == b"CD001" else "raw"


def name_of(source: str) -> str:
    """The image's name: that of the file, also in a URL, without what follows its last dot."""
    path = PurePosixPath(unquote(urlsplit(source).path)) if is_url(source) else Path(source)
    if not path.stem:
        raise CommandFailed(f"{source} names no file")
    return path.stem


def is_url(source: str) -> bool:
    """Whether it is to be fetched by HTTP."""
    return source.startswith(("http://", "https://"))


@contextlib.contextmanager
def opened(source: str, folder: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file or a URL; what is fetched lies in ``folder`` meanwhile. Raises CommandFailed."""
    if not is_url(source):
        try:
            with Path(source).open("rb") as file:
                yield file
        except OSError as error:
            raise CommandFailed(f"{source} cannot be read: {error.strerror}") from None
        return
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            with httpx.stream("GET", source, follow_redirects=True, timeout=TIMEOUT_SECONDS) as reply:
                if reply.is_error:
                    raise CommandFailed(f"GET {source}: {reply.status_code}")
                for chunk in reply.iter_bytes(CHUNK):
                    file.write(chunk)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CommandFailed(f"GET {source}: {error}") from None
        except OSError as error:
            raise CommandFailed(f"{source} cannot be kept in {folder}: {error.strerror}") from None
        yield file


def bring(admin: Client, name: str, file: IO[bytes]) -> bool:
    """Have a public image of that name; False when one was there. What an upload that died left is made anew."""
    for found in admin.list("image", "/images", "images", Image, name=name):
        if found.status == "active":
            return False
        if found.status in {"queued", "killed"}:
            admin.delete("image", f"/images/{found.id}")
    kind = disk_format_of(file)
    body = {"name": name, "disk_format": kind, "container_format": "bare", "visibility": "public"}
    made = admin.create_image(body, Image)
    file.seek(0)
    admin.upload(made.id, file)
    return True


def is_there(admin: Client, name: str) -> bool:
    """Whether there is such an image, so that its bytes need not be had."""
    return any(each.status == "active" for each in admin.list("image", "/images", "images", Image, name=name))


@contextlib.contextmanager
def tiny(folder: Path) -> Iterator[IO[bytes]]:
    """The tiny guest, built in ``folder`` and taken away again. Raises CommandFailed where it cannot be built here."""
    from berthline.localhost import LocalHostError, guest_image

    place = folder / "seed"
    place.mkdir(mode=0o700, exist_ok=True)
    try:
        with guest_image.build(place).open("rb") as file:
            yield file
    except LocalHostError as error:
        raise CommandFailed(f"the tiny image cannot be built here: {error}; give another one by --image") from None
    finally:
        shutil.rmtree(place, ignore_errors=True)
