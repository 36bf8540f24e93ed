"""The config drive, read back by the library's reader and, byte by byte, by the standard's layout."""

import io

import pycdlib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from berthline.domain.errors import InvalidInput
from berthline.hypervisor.config_drive import build_config_drive

FILES = {
    "openstack/latest/meta_data.json": b'{"uuid": "1"}',
    "openstack/latest/network_data.json": b"",
    "openstack/2018-08-27/meta_data.json": b"{}",
    "openstack/latest/user_data": bytes(range(256)) * 300,
}

SECTOR = 2048
FIRST_DESCRIPTOR = 16 * SECTOR
"""ECMA-119 6.2.1: the first sixteen sectors belong to the system."""


def read_back(drive: bytes, tree: str) -> dict[str, bytes]:
    """Every file of one of the image's trees (``rr_path`` or ``joliet_path``)."""
    image = pycdlib.PyCdlib()
    image.open_fp(io.BytesIO(drive))
    found: dict[str, bytes] = {}
    for folder, _, names in image.walk(**{tree: "/"}):
        for name in names:
            content = io.BytesIO()
            path = f"{folder.rstrip('/')}/{name}"
            image.get_file_from_iso_fp(content, **{tree: path})
            found[path.lstrip("/")] = content.getvalue()
    image.close()
    return found


@pytest.mark.parametrize("tree", ["rr_path", "joliet_path"])
def test_every_file_is_on_the_drive_in_both_trees(tree: str) -> None:
    assert read_back(build_config_drive(FILES), tree) == FILES


def test_the_label_is_where_blkid_and_cloud_init_look_for_it() -> None:
    drive = build_config_drive(FILES)
    assert drive[FIRST_DESCRIPTOR : FIRST_DESCRIPTOR + 6] == b"\x01CD001"
    assert drive[FIRST_DESCRIPTOR + 40 : FIRST_DESCRIPTOR + 72] == b"config-2".ljust(32)


def test_a_drive_is_small_and_whole_sectors() -> None:
    drive = build_config_drive({"openstack/latest/meta_data.json": b"{}"})
    assert len(drive) % SECTOR == 0
    assert len(drive) < 128 * 1024


def test_the_order_of_the_files_does_not_matter() -> None:
    assert read_back(build_config_drive(dict(reversed(FILES.items()))), "rr_path") == FILES


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../b", "", "a/" + "n" * 65])
def test_paths_that_leave_the_drive_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        build_config_drive({name: b"x"})


@given(st.dictionaries(st.sampled_from(["a", "openstack/b", "openstack/latest/c"]), st.binary(max_size=5000)))
def test_any_content_survives(files: dict[str, bytes]) -> None:
    assert read_back(build_config_drive(files), "rr_path") == files
