"""The root of a bare Debian, made once and kept below build/, from where this machine has its own packages."""

import hashlib
import shutil
import subprocess
from pathlib import Path
from typing import Final

ROOTS: Final = Path(__file__).resolve().parents[2] / "build" / "roots"
SUITE: Final = "bookworm"
PATIENCE: Final = 280.0


def source() -> str:
    """Where apt on this machine has the release's packages from; empty: it does not say."""
    told = subprocess.run(
        ("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (line.split() for line in told.stdout.splitlines())
    return next((words[0] for words in lines if words[1:] == [SUITE]), "")


def lacking() -> list[str]:
    """What a root cannot be made without, and is not here."""
    absent = [name for name in ("debootstrap", "dpkg-deb", "unshare", "nsenter") if shutil.which(name) is None]
    return absent + ([] if source() else [f"apt sources of {SUITE}"])


def root(*packages: str) -> Path:
    """A root with the essential packages and these, which nobody may write to: a machine is made over it.

    It is made at the first call, and taken from the folder after that. One that was begun and not ended is no root.
    """
    name = hashlib.sha256(" ".join((SUITE, *packages)).encode()).hexdigest()[:16]
    made = ROOTS / name
    if made.exists():
        return made
    begun = ROOTS / f"{name}.new"
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True)
    command = ("debootstrap", "--variant=minbase", f"--include={','.join(packages)}", SUITE, str(begun), source())
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    shutil.rmtree(begun / "var/cache/apt/archives", ignore_errors=True)
    return begun.rename(made)
