"""The processes of a cloud: a simulated world, a database, and what serves and works on them. Each may be killed."""

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from berthline.bootstrap import clouds_file
from berthline.bootstrap.clouds_file import CloudEntry
from berthline.localhost.postgresql import OWNER, Postgresql

READY_SECONDS: Final = 120.0
END_SECONDS: Final = 60.0
HOSTS: Final = 4

Shape = Literal["up", "roles", "up-postgresql", "roles-postgresql"]
"""One process, or two API processes and two workers; on a file, or on PostgreSQL."""


@dataclass
class Part:
    """A process that is begun again after it was killed. ``url``: where it answers, or ""."""

    name: str
    words: Sequence[str]
    log: Path
    url: str = ""
    kills: int = 0
    stops: int = 0
    process: "subprocess.Popen[str] | None" = None
    ready: bool = False
    unexpected: list[str] = field(default_factory=list)
    """How it ended by itself."""

    def start(self) -> None:
        """Begin it, and wait for nothing."""
        self.ready = False
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BERTHLINE_", "OS_"))}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "berthline", *self.words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=kept,
            )

    def looks_ready(self, seconds: float = 0.0) -> bool:
        """Whether it has said that it is ready, or does within so many seconds."""
        assert self.process is not None
        assert self.process.stdout is not None
        if not self.ready and select.select([self.process.stdout], [], [], seconds)[0]:
            self.ready = bool(self.process.stdout.readline())  # an empty one is its end
        return self.ready

    def wait_ready(self) -> None:
        """Until it says that it is ready. Raises AssertionError with the end of its log."""
        if self.looks_ready(READY_SECONDS):
            return
        raise AssertionError(f"{self.name} is not ready:\n{self.log.read_text(errors='replace')[-3000:]}")

    def stands(self) -> bool:
        """Whether it is ready; begun again where it could not start."""
        self.revive()
        return self.looks_ready(0.5)

    def kill(self) -> None:
        """As kill -9."""
        self.kills += 1
        self._let_go(signal.SIGKILL)

    def stop(self) -> None:
        """As SIGSTOP: it does nothing, and knows nothing of it."""
        self.stops += 1
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """As SIGCONT."""
        self._signal(signal.SIGCONT)

    def end(self) -> int:
        """Have it end in order; its status."""
        self._signal(signal.SIGCONT)
        return self._let_go(signal.SIGTERM)

    def revive(self) -> None:
        """Begin it again where it ended by itself, which only one that was still starting may do."""
        if self.process is None or self.process.poll() is None:
            return
        if self.looks_ready():
            said = self.log.read_text(errors="replace")[-500:]
            self.unexpected.append(f"{self.name} ended by itself with status {self.process.returncode}: {said}")
        self._let_go(signal.SIGKILL)
        self.start()

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def _let_go(self, number: signal.Signals) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(number)
        try:
            status = process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.name} does not end") from None
        finally:
            if process.stdout is not None:
                process.stdout.close()
        return status


@dataclass
class Parts:
    """A whole cloud. ``database`` is None on a file; ``standby`` has all that it acknowledged, and can be promoted."""

    folder: Path
    world: Part
    world_at: str
    apis: list[Part]
    workers: list[Part]
    database: Postgresql | None = None
    standby: Postgresql | None = None

    @property
    def urls(self) -> list[str]:
        """Where the API answers."""
        return [part.url for part in self.apis]

    @property
    def serving(self) -> list[Part]:
        """All that is ours but the world."""
        return [*self.apis, *self.workers]

    def entry(self, name: str) -> CloudEntry:
        """A login."""
        return clouds_file.read(self.folder / "data" / "clouds.yaml").clouds[name]


@contextlib.contextmanager
def running(shape: Shape, more: Sequence[str] = (), *, standby: bool = False) -> Iterator[Parts]:
    """The cloud while the block runs, each part ready at its begin. ``more``: settings. ``standby``: with a replica."""
    folder = Path(tempfile.mkdtemp(prefix="berthline-chaos-"))
    folder.chmod(0o755)
    parts: Parts | None = None
    try:
        parts = _made(folder, shape, more)
        if parts.database is not None:
            parts.database.create()
            parts.database.start()
            parts.database.sql("CREATE DATABASE berthline")
            if standby:
                parts.standby = parts.database.standby(folder / "standby")
                parts.standby.start()
                parts.database.wait_for_standby()
        parts.world.start()
        parts.world.wait_ready()
        for part in parts.serving:
            _name_database(part, parts)
            part.start()
            part.wait_ready()
        yield parts
    finally:
        if parts is not None:
            for part in (*parts.serving, parts.world):
                with contextlib.suppress(AssertionError):
                    part.go_on()
                    part.kill()
            for database in filter(None, (parts.database, parts.standby)):
                database.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _name_database(part: Part, parts: Parts) -> None:
    """By all its servers, of which libpq takes the one that may be written."""
    if parts.database is not None:
        both = [one for one in (parts.database, parts.standby) if one is not None]
        hosts, ports = (
            ",".join(map(str, named)) for named in zip(*((one.folder, one.port) for one in both), strict=True)
        )
        place = f"host={hosts}&port={ports}&target_session_attrs=read-write"
        part.words = [*part.words, "--set", f"database=postgresql://{OWNER}@/berthline?{place}"]


def _made(folder: Path, shape: Shape, more: Sequence[str]) -> Parts:
    at = f"unix:{folder / 'world'}"
    world = Part("world", ["simulate", str(HOSTS), "--at", at], folder / "world.log")
    database = None if shape in {"up", "roles"} else Postgresql(folder / "postgresql", durable=True)
    settings = [word for setting in more for word in ("--set", setting)]

    def part(command: str, number: int) -> Part:
        url = f"127.0.0.1:{_free_port()}" if command != "worker" else ""
        words = [command, "--data", str(folder / "data"), "--simulated", at, *settings]
        words += ["--listen", url] if url else []
        name = f"{command} {number}"
        return Part(name, words, folder / f"{command}-{number}.log", f"http://{url}" if url else "")

    if shape.startswith("roles"):
        apis, workers = [part("api", 1), part("api", 2)], [part("worker", 1), part("worker", 2)]
    else:
        apis, workers = [part("up", 1)], []
    return Parts(folder, world, at, apis, workers, database)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def until(look: Callable[[], bool], seconds: float, what: str) -> None:
    """Look again until it is so. Raises AssertionError with ``what``."""
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"never seen: {what}"
        time.sleep(0.2)
