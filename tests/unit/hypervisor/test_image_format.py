"""A host looks at an image too: one may have come before images were looked at so closely."""

import pytest

from berthline.domain.errors import RefusedEverywhere
from berthline.domain.hypervisor import BaseImage
from berthline.domain.ids import ImageId
from berthline.hypervisor.image_format import HEADER_BYTES, disk_capacity
from tests.api.image.qcow2 import VIRTUAL_SIZE, qcow2

IMAGE = BaseImage(id=ImageId("i"), disk_format="qcow2", size=65536, sha512="")


@pytest.mark.parametrize("version", [2, 3])
def test_a_disk_that_stands_by_itself_has_its_virtual_size(version: int) -> None:
    assert disk_capacity(IMAGE, qcow2(version=version)[:HEADER_BYTES]) == VIRTUAL_SIZE


def test_what_lies_behind_the_head_of_version_2_is_no_feature() -> None:
    head = bytearray(qcow2(version=2)[:HEADER_BYTES])
    head[72:80] = b"\xff" * 8
    assert disk_capacity(IMAGE, bytes(head)) == VIRTUAL_SIZE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (qcow2(encryption=1), "encrypted"),
        (qcow2(encryption=2, version=2), "encrypted"),
        (qcow2(backing_file=b"/etc/shadow"), "backing file"),
        (qcow2(incompatible=1 << 2), "another file"),
        (qcow2(incompatible=1 << 63), "not known"),
        (qcow2(version=1), "version 1"),
        (b"raw bytes".ljust(512, b"\0"), "not in qcow2 format"),
    ],
)
def test_any_other_is_refused_on_every_host(content: bytes, told: str) -> None:
    with pytest.raises(RefusedEverywhere, match=told):
        disk_capacity(IMAGE, content[:HEADER_BYTES])
