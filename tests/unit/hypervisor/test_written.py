"""The disks of simulated guests are qcow2 files that hold what was written."""

from pathlib import Path
from shutil import which
from subprocess import run

import pytest

from berthline.domain.image import Content
from berthline.hypervisor.in_memory import written
from berthline.images.content import Judge

GIB = 1024**3


@pytest.mark.parametrize("capacity", [4 * 1024**2, GIB, 700 * GIB, 3 * 1024 * GIB])
def test_what_was_written_is_found_again(capacity: int) -> None:
    image = written.in_qcow2(b"data\n", capacity)
    assert written.found_in(image) == b"data\n"
    assert judged(image).virtual_size == capacity


def test_another_disk_holds_nothing() -> None:
    assert written.found_in(b"") == b""
    assert written.found_in(written.MARK * 3) == b""


def judged(image: bytes) -> Content:
    judge = Judge()
    judge.hash(image)
    judge.look(image)
    return judge.judged("qcow2")


@pytest.mark.skipif(which("qemu-img") is None, reason="qemu-img is not here")
def test_qemu_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    file = tmp_path / "disk.qcow2"
    file.write_bytes(written.in_qcow2(b"data\n", 700 * GIB))
    run(["qemu-img", "check", file], check=True, capture_output=True)
