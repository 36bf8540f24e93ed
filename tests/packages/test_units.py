"""The systemd units: systemd itself finds nothing wrong with them, and each keeps its process to what it needs."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

UNITS: Final = sorted((Path(__file__).resolve().parents[2] / "packaging" / "systemd").glob("*.service"))
EXPOSURE: Final = {"berthline-api": 20, "berthline-worker": 30, "berthline": 30}
"""Tenths of systemd's measure of what a process could do, of 100; a worker makes and enters network namespaces."""

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here: install Debian's package systemd"
)


def analyze(*words: str) -> str:
    """What systemd-analyze says of units. It has to find nothing wrong."""
    done = subprocess.run(("systemd-analyze", *words), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@needs_systemd
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    placed = []
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/usr/bin/berthline", "/usr/bin/env")  # it looks for the program
        placed.append(tmp_path / unit.name)
        placed[-1].write_text(text)
    assert analyze("verify", "--man=no", *map(str, placed)) == ""


@needs_systemd
def test_a_fault_in_a_unit_would_be_found(tmp_path: Path) -> None:
    unit = tmp_path / "berthline.service"
    unit.write_text(UNITS[0].read_text("utf-8").replace("/usr/bin/berthline", "/usr/bin/env") + "\n[Servic]\nUsr=x\n")
    done = subprocess.run(("systemd-analyze", "verify", "--man=no", unit), capture_output=True, text=True, check=False)
    assert "Servic" in done.stderr


@needs_systemd
def test_what_a_process_could_do_is_bounded() -> None:
    assert {unit.stem for unit in UNITS} == set(EXPOSURE)
    for unit in UNITS:
        analyze("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE[unit.stem]}", str(unit))


def test_each_runs_as_the_account_and_writes_where_it_may() -> None:
    for unit in UNITS:
        text = unit.read_text("utf-8")
        assert "\nUser=berthline\n" in text
        assert re.findall(r"^ReadWritePaths=(.*)$", text, re.MULTILINE)[0].split()[0] == "/var/lib/berthline/cloud"
        assert f"append:/var/log/berthline/{unit.stem.removeprefix('berthline-')}.log" in text
