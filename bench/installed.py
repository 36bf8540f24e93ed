"""What an installation takes: packages and megabytes, in a virtual environment of its own."""

import subprocess
import sys
from pathlib import Path

from bench.openstack.packages import Installed
from bench.results import Recorder

ROOT = Path(__file__).resolve().parents[1]
INSTALLER = ("pip", "setuptools")
WITH_ALL = "with database, messages and cache"
"""Berthline needs none beside what Python has."""


def measure_installed(cache: Path, recorder: Recorder) -> None:
    """Install what requirements.lock names, and Berthline; count it. The environment is kept for the next time."""
    lock = ROOT / "requirements.lock"
    place = cache / "installed"
    done = place / "lock"
    python = place / "bin" / "python"
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        _run(sys.executable, "-m", "venv", "--clear", str(place))
        _run(str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r", str(lock))
        done.write_bytes(lock.read_bytes())
    packages, megabytes = _python_packages(place)
    own = _megabytes(ROOT / "src")
    for where in ("without tests", WITH_ALL):
        recorder.add("installed", where, "packages", packages + 1, "berthline")
        recorder.add("installed", where, "MB", megabytes + own, "berthline")


def measure_openstack(installed: Installed, recorder: Recorder) -> None:
    """The same for the real Neutron and Nova: what PyPI gives, and what Debian gives beside it."""
    packages, megabytes = _python_packages(installed.venv)
    # Each of Debian's packages has a folder here; some are links to the folder of another.
    unpacked = len(list((installed.root / "usr" / "share" / "doc").iterdir()))
    for where, more, size in (("without tests", 0, 0.0), (WITH_ALL, unpacked, _megabytes(installed.root))):
        recorder.add("installed", where, "packages", packages + more, "openstack")
        recorder.add("installed", where, "MB", megabytes + size, "openstack")


def _python_packages(place: Path) -> tuple[int, float]:
    """How many packages and megabytes a virtual environment has, without the installer's own."""
    packages = _run(str(place / "bin" / "python"), "-m", "pip", "list", "--format=freeze").split()
    site = next(place.glob("lib/python*/site-packages"))
    shared = sum(_megabytes(site / name) for name in INSTALLER if (site / name).exists())
    return len([line for line in packages if line.partition("==")[0] not in INSTALLER]), _megabytes(site) - shared


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
