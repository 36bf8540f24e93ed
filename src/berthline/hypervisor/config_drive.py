"""The config drive: a read-only ISO 9660 image by which a guest learns who it is without any network.

Layout and label follow OpenStack: volume label ``config-2``, files under ``openstack/latest`` and so on, which
cloud-init and cloudbase-init look for. What the files say is decided elsewhere.
"""

import io
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from berthline.domain.errors import InvalidInput

if TYPE_CHECKING:
    from pycdlib import PyCdlib

LABEL = "config-2"

JOLIET_NAME_LENGTH = 64
"""Joliet cuts names at 64 UCS-2 characters; a longer one would differ between readers."""


def build_config_drive(files: Mapping[str, bytes]) -> bytes:
    """The ISO image that holds these files, keyed by relative path (``openstack/latest/meta_data.json``).

    Names are kept by Rock Ridge (Linux) and Joliet (Windows) alike. Equal files give images that differ in the
    recorded dates only.

    Raises InvalidInput for a path that is absolute, leaves the image, or has a name the formats cannot hold.
    """
    # not before the first drive is made: a start need not wait for it
    import pycdlib
    from pycdlib.pycdlibexception import PyCdlibInvalidInput

    image = pycdlib.PyCdlib()
    # Level 4 lets the plain ISO names be the real ones too, so that no name needs cutting.
    image.new(interchange_level=4, vol_ident=LABEL, joliet=3, rock_ridge="1.09")
    try:
        folders: set[PurePosixPath] = set()
        for name in sorted(files):
            _add_file(image, _checked(name), files[name], folders)
        written = io.BytesIO()
        image.write_fp(written)
    except PyCdlibInvalidInput as error:
        raise InvalidInput(f"The config drive cannot hold these files: {error}. Choose other names.") from error
    finally:
        image.close()
    return written.getvalue()


def _add_file(image: "PyCdlib", path: PurePosixPath, content: bytes, folders: set[PurePosixPath]) -> None:
    for folder in reversed(path.parents[:-1]):
        if folder not in folders:
            folders.add(folder)
            image.add_directory(f"/{folder}", rr_name=folder.name, joliet_path=f"/{folder}")
    image.add_fp(io.BytesIO(content), len(content), f"/{path}", rr_name=path.name, joliet_path=f"/{path}")


def _checked(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or ".." in path.parts:
        raise InvalidInput(f"Config drive path {name!r} leaves the drive. Give a relative path without '..'.")
    if any(len(part) > JOLIET_NAME_LENGTH for part in path.parts):
        raise InvalidInput(f"Config drive path {name!r} has a name longer than {JOLIET_NAME_LENGTH} characters.")
    return path
