"""What an installation takes: packages and megabytes, in a virtual environment of its own."""

import subprocess
import sys
from pathlib import Path

from bench.results import Recorder

ROOT = Path(__file__).resolve().parents[1]


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
    packages = _run(str(python), "-m", "pip", "list", "--format=freeze").split()
    own = [line for line in packages if line.partition("==")[0] not in {"pip", "setuptools"}]
    site = next(place.glob("lib/python*/site-packages"))
    ours = _megabytes(ROOT / "src")
    shared = sum(_megabytes(site / name) for name in ("pip", "setuptools") if (site / name).exists())
    recorder.add("installed", "without tests", "packages", len(own) + 1)
    recorder.add("installed", "without tests", "MB", _megabytes(site) - shared + ours)


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout
