"""`berthline demo` on simulated hosts, from nothing to nothing."""

import contextlib
import hashlib
import subprocess
from pathlib import Path

import pytest

from berthline.bootstrap.data_folder import DataFolder
from berthline.cli import background

from .conftest import berthline


def ended(process: int) -> bool:
    """Whether the process has ended; its parent, the machine's first process, may collect it later."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.slow
def test_the_demonstration_runs_twice_and_leaves_nothing(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "demo")
    try:
        for run in ("first", "second"):
            done = berthline("demo", "--simulated", "--data", str(folder.path))
            assert done.returncode == 0, f"{run}: {done.stdout}{done.stderr}"
            assert "nobody can log in" in done.stdout
            assert "Not shown, as no guest exists: ssh, ping, a blocked port." in done.stdout
            assert done.stdout.count("from POST /servers to ACTIVE") == 2
            assert "demo-3 10.20.0." in done.stdout
            assert "480×250 with text on it, by a WebSocket of the API" in done.stdout
            assert "/console/" in done.stdout
            assert "0 leaks" in done.stdout
            assert "Done in" in done.stdout
        owner = folder.owner()
        assert owner is not None
        assert berthline("doctor", "--data", str(folder.path)).stdout == "0 leaks\n"
        listed = berthline("saga", "list", "--data", str(folder.path)).stdout
        assert "server_create" in listed
        cleaned = berthline("demo", "--clean", "--data", str(folder.path))
        assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr
        assert not folder.path.exists()
        assert ended(owner)
    finally:
        if folder.path.exists():
            background.stop(folder)
    again = berthline("demo", "--clean", "--data", str(folder.path))
    assert again.returncode == 0
    assert "nothing to remove" in again.stdout


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    made = berthline("demo", "--simulated", "--data", str(tmp_path))
    assert made.returncode == 1
    assert "has other things in it" in made.stdout
    cleaned = berthline("demo", "--clean", "--data", str(tmp_path))
    assert cleaned.returncode == 1
    assert "was not made by `berthline demo`" in cleaned.stdout
    assert (tmp_path / "precious").read_text() == "mine"


@pytest.mark.dataplane
@pytest.mark.slow
def test_two_real_servers_reach_each_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = DataFolder(tmp_path_factory.mktemp("d") / "d")
    try:
        done = berthline("demo", "--data", str(folder.path), seconds=280)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "says it is demo-1" in done.stdout
        assert "3 packets transmitted, 3 packets received" in done.stdout
        assert "tcp/80 is closed from outside; ssh works" in done.stdout
        assert "is the page of demo-1" in done.stdout
        assert "shows what the first wrote on its disk: written by demo-1" in done.stdout
        assert done.stdout.count("from POST /servers to ACTIVE") == 2
        doctor = berthline("doctor", "--data", str(folder.path))
        assert (doctor.returncode, doctor.stdout) == (0, "0 leaks\n")
    finally:
        cleaned = berthline("demo", "--clean", "--data", str(folder.path))
    assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr
    assert not folder.path.exists()
    namespaces = subprocess.run(["ip", "netns"], capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256(bytes(folder.path)).hexdigest()[:8]
    assert digest not in namespaces
    assert digest not in subprocess.run(["ip", "link"], capture_output=True, text=True, check=True).stdout
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            assert bytes(folder.path) not in entry.read_bytes(), entry
