"""A machine over a root: what it changes, it changes for itself."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

ANCHOR: Final = Path(__file__).with_name("anchor.py")
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOTHING: Final[Mapping[str, str]] = {}


class Machine:
    """``lower`` is the root that it begins as, ``folder`` an empty one for its mounts. Needs root.

    Of the file systems that are mounted below ``lower`` it sees none, and has a /tmp of its own; folders that it is to
    see wherever they are, read-only, are ``shared``.
    """

    def __init__(self, lower: Path, folder: Path, *shared: Path) -> None:
        self._folder = folder
        apart = ("--mount", "--propagation", "private", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child")
        dies = ("setpriv", "--pdeathsig", "KILL", "--")  # with whoever made it, however that ends
        command = (
            *dies,
            "unshare",
            *apart,
            "--",
            sys.executable,
            "-I",
            str(ANCHOR),
            *map(str, (lower, folder, *shared)),
        )
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        self.pid = int((children.read_text().split() or ["0"])[0]) if children.exists() else 0
        """Its first process, as seen from outside."""
        if said != "ready\n":
            self.end()
            raise AssertionError("the machine did not come up; its words are above")

    def command(self, *words: str | Path) -> tuple[str, ...]:
        """The words, to be run inside."""
        inside = ("--mount", "--pid", "--net", "--uts", "--ipc", "--root", "--wd")
        return ("nsenter", f"--target={self.pid}", *inside, "--", *map(str, words))

    def run(self, *words: str | Path, check: bool = True, timeout: float = 240, **variables: str) -> str:
        """Run a command inside to its end; what it said, on both ways. It has to succeed unless ``check`` is False."""
        done = self.done(*words, timeout=timeout, **variables)
        assert not check or done.returncode == 0, f"{' '.join(map(str, words))}: {done.stdout}"
        return done.stdout

    def done(self, *words: str | Path, timeout: float = 240, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run a command inside to its end, however it ends."""
        environment = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
        return subprocess.run(
            self.command(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment | variables,
            timeout=timeout,
            check=False,
        )

    def path(self, place: str) -> Path:
        """The file that the machine has at this place, as it is reached from outside."""
        return Path(f"/proc/{self.pid}/root") / place.lstrip("/")

    def end(self) -> None:
        """Everything of it is gone."""
        if self._process.poll() is None:
            self._process.kill()  # and with it, by unshare, the first process
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()
