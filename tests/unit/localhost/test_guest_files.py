"""The guest's scripts, and the parts of its image that need no tools."""

import struct
import subprocess

import pytest

from berthline.localhost import guest_image
from berthline.localhost.guest_image import GUEST_FILES, SCRIPTS


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_sound_shell(script: str) -> None:
    path = GUEST_FILES / script
    assert path.read_text().startswith("#!/bin/sh\n")
    subprocess.run(("sh", "-n", path), check=True)


def test_every_guest_file_is_used() -> None:
    used = {*SCRIPTS, "inittab", "profile"}
    assert {path.name for path in GUEST_FILES.iterdir() if path.is_file()} == used


def test_init_starts_only_scripts_that_are_in_the_image() -> None:
    for line in (GUEST_FILES / "inittab").read_text().splitlines():
        command = line.rsplit(":", 1)[1].split()[0]
        if command.startswith("/etc/berthline/"):
            assert command.removeprefix("/etc/berthline/") in SCRIPTS


def test_partitions_follow_each_other_and_the_first_boots() -> None:
    record = guest_image._partition_table()
    first, second = (struct.unpack("<B3sB3sII", record[16 * n : 16 * n + 16]) for n in range(2))
    assert (first[0], second[0]) == (0x80, 0x00)
    assert first[4] + first[5] == second[4]
    assert record[32:] == b"\0" * 32
