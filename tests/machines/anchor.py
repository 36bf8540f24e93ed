"""The first process of a machine of a test: mounts its root over another one, and waits to be killed.

Run as `python -I anchor.py LOWER FOLDER [SHARED …]` in namespaces of its own; it has each SHARED folder at its own
place, read-only, on whatever file system that is. Prints a line once the machine is there. Everything of it is gone
with this process: mounts, files, and, as it is the first of its process namespace, all processes.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path


def mount(*words: str | Path) -> None:
    """Mount; raises CalledProcessError."""
    subprocess.run(("mount", *map(str, words)), check=True)


def main() -> None:
    """Make the machine, tell, wait."""
    lower, folder = sys.argv[1], Path(sys.argv[2])
    upper, root = folder / "upper", folder / "root"
    for made in (upper, root):
        made.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "-o", "size=2g", "machine", upper)
    for made in (upper / "files", upper / "work"):
        made.mkdir()
    mount(
        "-t", "overlay", "-o", f"lowerdir={lower},upperdir={upper / 'files'},workdir={upper / 'work'}", "machine", root
    )
    mount("-t", "proc", "proc", root / "proc")
    mount("--rbind", "/sys", root / "sys")
    mount("--rbind", "/dev", root / "dev")
    for place, mode in (("run", "0755"), ("tmp", "1777")):
        mount("-t", "tmpfs", "-o", f"mode={mode}", "machine", root / place)
    for shared in sys.argv[3:]:
        there = root / shared.lstrip("/")
        there.mkdir(parents=True, exist_ok=True)
        mount("--bind", shared, there)
        mount("-o", "remount,bind,ro", there)
    os.chroot(root)
    os.chdir("/")
    if shutil.which("ip"):  # a bare Debian has none
        subprocess.run(("ip", "link", "set", "lo", "up"), check=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whose parent ends is ours, and is forgotten when it ends
    print("ready", flush=True)
    while True:
        signal.pause()


main()
