"""The parent of a daemon: started again after a crash, within limits, and not when it was killed or shall end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from berthline.localhost.daemons import REAPER_SCRIPT

SIMULATED_DAEMON = """\
import os, signal, sys
folder, end = sys.argv[1:]
if os.fork():
    sys.exit()
with open(folder + "/pid", "w") as file:
    file.write(str(os.getpid()))
with open(folder + "/starts", "a+") as file:
    file.write("start\\n")
    file.seek(0)
    starts = len(file.readlines())
if os.fork() == 0:
    os.kill(os.getpid(), signal.SIGSEGV)
if end == "waits":
    signal.pause()
elif starts < 20:
    os.kill(os.getpid(), getattr(signal, end))
"""
"""It goes into the background, leaves a descendant that crashes, and ends as it is told."""


def starts(folder: Path) -> int:
    """How often the daemon was started."""
    return len((folder / "starts").read_text().splitlines())


def started(folder: Path, end: str) -> int:
    """Start a daemon that ends so below its reaper; a descriptor that reads as ended when all of it has ended."""
    program = folder / "daemon.py"
    program.write_text(SIMULATED_DAEMON)
    ended, held = os.pipe()
    command = (sys.executable, "-I", REAPER_SCRIPT, folder / "pid", sys.executable, program, folder, end)
    try:
        subprocess.run(("prlimit", "--core=0", *command), pass_fds=(held,), check=True, timeout=60)
    finally:
        os.close(held)
    return ended


def wait_for_the_end(ended: int) -> None:
    with os.fdopen(ended, "rb") as file:
        assert file.read() == b""


def parent(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("PPid:"))


@pytest.mark.parametrize("crash", ["SIGSEGV", "SIGABRT", "SIGBUS"])
def test_a_daemon_that_crashes_is_started_again_five_times_in_ten_seconds(tmp_path: Path, crash: str) -> None:
    wait_for_the_end(started(tmp_path, crash))
    assert starts(tmp_path) == 1 + 5


@pytest.mark.parametrize("end", ["SIGKILL", "SIGTERM"])
def test_a_daemon_that_was_killed_is_not(tmp_path: Path, end: str) -> None:
    """Nor for a descendant of it that crashed."""
    wait_for_the_end(started(tmp_path, end))
    assert starts(tmp_path) == 1


def test_nothing_is_started_once_the_reaper_was_asked_to_end(tmp_path: Path) -> None:
    ended = started(tmp_path, "waits")
    limit = time.monotonic() + 60
    while not (tmp_path / "starts").exists():
        assert time.monotonic() < limit, "the daemon never started"
        time.sleep(0.01)
    daemon = int((tmp_path / "pid").read_text())
    os.kill(parent(daemon), signal.SIGTERM)
    os.kill(daemon, signal.SIGSEGV)
    wait_for_the_end(ended)
    assert starts(tmp_path) == 1
