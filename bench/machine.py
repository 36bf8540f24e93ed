"""What the numbers were measured on, and what a process takes."""

import contextlib
import os
import platform
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import berthline


def facts() -> dict[str, str]:
    """The machine and the versions, for the head of the page."""
    return {
        "CPU": f"{os.cpu_count()} × {_cpu_model()}",
        "Memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "System": f"{_os_name()}, Linux {platform.release()}",
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "Berthline": berthline.__version__,
        "Libraries": ", ".join(f"{name} {metadata.version(name)}" for name in ("litestar", "uvicorn", "sqlalchemy")),
        "Load generator": _first_line("wrk", "-v"),
    }


def pss_mib(process: int) -> float:
    """Proportional set size of a process and all below it, in MiB."""
    return sum(pss_of(each) for each in tree(process))


def pss_of(process: int) -> float:
    """Proportional set size of one process, in MiB."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def tree(process: int) -> Iterator[int]:
    """A process and all that it, or one below it, started."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            yield from tree(int(child))


class Footprint(NamedTuple):
    """What some processes and all below them take: proportional set size in MiB, and how many they are."""

    pss_mib: float
    processes: int


def footprint(roots: Sequence[int]) -> Footprint:
    """Of these processes and all that they started; those that end meanwhile are left out."""
    sizes: dict[int, float] = {}
    for root in roots:
        with contextlib.suppress(OSError):
            for each in tree(root):
                with contextlib.suppress(OSError):
                    sizes[each] = pss_of(each)
    return Footprint(sum(sizes.values()), len(sizes))


def cpu_seconds(process: int) -> float:
    """Seconds of CPU that a process has used."""
    words = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def idle_percent(seconds: float = 1.0) -> float:
    """How much of all CPUs nobody uses now."""
    before = _cpu_times()
    time.sleep(seconds)
    passed = [now - then for then, now in zip(before, _cpu_times(), strict=True)]
    return 100 * (passed[3] + passed[4]) / max(1, sum(passed))


def _cpu_times() -> list[int]:
    words = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
    return [int(word) for word in words[1:9]]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(": ")[2]
    return platform.machine()


def _os_name() -> str:
    return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())


def commit() -> str:
    """What scripts/bench took the measured source from."""
    return os.environ.get("BENCH_COMMIT", "") or "working tree"


def _first_line(*words: str) -> str:
    said = subprocess.run(words, capture_output=True, text=True, check=False)
    text = (said.stdout + said.stderr).splitlines()
    return text[0].partition(" Copyright")[0].strip() if text else words[0]
