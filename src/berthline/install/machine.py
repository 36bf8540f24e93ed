"""The machine that is installed on: its commands, its files, and the record of what was made."""

import contextlib
import grp
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from berthline.domain.clock import Clock, SystemClock
from berthline.install.errors import InstallError
from berthline.install.record import Record

COMMAND_SECONDS: Final = 900.0
NOT_FOUND: Final = 127
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Done(NamedTuple):
    """How a command ended: its exit status, 127 where there is none of the name, and what it said on both ways."""

    status: int
    said: str


class Commands(Protocol):
    """Runs commands."""

    def run(self, words: tuple[str, ...]) -> Done: ...


class Programs:
    """The machine's own programs, without the caller's variables."""

    def run(self, words: tuple[str, ...]) -> Done:
        """See Commands.run."""
        program = shutil.which(words[0], path=PATH)
        if program is None:
            return Done(NOT_FOUND, f"there is no {words[0]} here")
        variables = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}
        try:
            done = subprocess.run(
                (program, *words[1:]),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=variables,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Done(-9, f"it was not finished after {COMMAND_SECONDS:.0f} s")
        return Done(done.returncode, done.stdout.decode(errors="replace"))


class Machine:
    """``root`` is where its files are, ``commands`` runs its programs, ``clock`` tells the time."""

    def __init__(self, root: Path = Path("/"), commands: Commands | None = None, clock: Clock | None = None) -> None:
        self._root = root
        self._clock = clock or SystemClock()
        self._commands = commands or Programs()
        self.record = Record(self.place("/var/lib/berthline/installed.json"))

    def now(self) -> datetime:
        """The time."""
        return datetime.fromtimestamp(self._clock.now() / 1_000_000, UTC)

    # --- commands ---

    def ask(self, *words: str) -> Done:
        """Run a command, however it ends."""
        return self._commands.run(words)

    def run(self, *words: str) -> str:
        """Run a command that has to succeed; what it said. Raises InstallError."""
        done = self.ask(*words)
        if done.status:
            raise InstallError(f"{' '.join(words)}: {done.said.strip()[-2000:] or f'exit status {done.status}'}")
        return done.said

    # --- files ---

    def place(self, path: str) -> Path:
        """Where the machine's file of this absolute path is."""
        return self._root / path.lstrip("/")

    def read(self, path: str) -> str | None:
        """What a file says; None where there is none."""
        try:
            return self.place(path).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write(self, path: str, text: str, *, mode: int = 0o644, owner: str = "root", group: str = "root") -> None:
        """Have the file say this, in one step, with these rights from its first byte on. Raises InstallError."""
        target = self.place(path)
        temporary = target.with_name(f".{target.name}.berthline-new")
        with self._told(path):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                if os.geteuid() == 0:
                    os.fchown(descriptor, *self._numbers(owner, group))
                os.fchmod(descriptor, mode)
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            temporary.replace(target)

    def has_rights(self, path: str, *, mode: int, owner: str, group: str) -> bool:
        """Whether the file has these rights; its owner counts where we may give it one."""
        status = self.place(path).stat()
        owned = os.geteuid() != 0 or (status.st_uid, status.st_gid) == self._numbers(owner, group)
        return owned and status.st_mode & 0o7777 == mode

    def remove(self, path: str) -> None:
        """Have no such file. Raises InstallError."""
        with self._told(path):
            self.place(path).unlink(missing_ok=True)

    @staticmethod
    def _numbers(owner: str, group: str) -> tuple[int, int]:
        try:
            return pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid
        except KeyError:
            raise InstallError(
                f"there is no account {owner} or no group {group}: install the package berthline first, by "
                "scripts/install"
            ) from None

    @staticmethod
    @contextlib.contextmanager
    def _told(path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InstallError(f"{path} cannot be changed: {error.strerror}") from None
