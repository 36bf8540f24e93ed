"""Tempest, installed from PyPI into an environment of its own in the cache folder: nothing of it comes into .venv."""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "tempest.lock"
INSTALL_SECONDS = 1800.0


class Broken(Exception):
    """What the run stands on is not there; the message says what to do."""


def cache_folder() -> Path:
    """Where the environment is kept between runs; all checkouts share it."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "berthline" / "conformance"


def prepare() -> Path:
    """The folder of the environment, installed once for these exact versions. Raises Broken."""
    key = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"tempest-{key}"
    with (folder / "lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        stamp = place / ".complete"
        if not stamp.exists():
            print(f"conformance: installing Tempest into {place}", flush=True)
            _run(sys.executable, "-m", "venv", "--clear", str(place))
            pip = (str(place / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
            _run(*pip, "--no-deps", "--require-hashes", "--prefer-binary", "--requirement", str(LOCK))
            stamp.touch()
    return place


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode:
        raise Broken(f"{' '.join(command[:4])} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
