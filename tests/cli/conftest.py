"""The real command in a process of its own, on a free port and a folder of the test's."""

import os
import select
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from berthline.bootstrap.clouds_file import ADMIN_CLOUD, read
from berthline.cli.client import open_cloud
from berthline.cli.doctor import leaks
from berthline.config.model import FILE_NAME
from berthline.store.control.leaks import Leak
from tests.databases import Databases
from tests.doctor import check

READY_LIMIT = 60.0


def environment(**more: str) -> dict[str, str]:
    """The variables of this process without any setting of Berthline's, so that only the test's own count."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BERTHLINE_", "OS_"))}
    return {**kept, **more}


def berthline(*words: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "berthline", *words],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=environment(),
    )


@dataclass
class Up:
    """A running `berthline up`. ``line`` is what it printed when it was ready."""

    process: subprocess.Popen[str]
    data: Path
    line: str

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.line.split()[1]

    @property
    def clouds(self) -> Path:
        """Its clouds.yaml."""
        return self.data / "clouds.yaml"

    def get(self, path: str) -> httpx.Response:
        """A request without a token."""
        authorities = next(iter(read(self.clouds).clouds.values())).cacert
        known = ssl.create_default_context(cafile=authorities) if authorities else True
        return httpx.get(self.url + path, trust_env=False, verify=known)

    def leaks(self) -> tuple[Leak, ...]:
        """What doctor says, once no change waits for the data plane."""
        limit = time.monotonic() + READY_LIMIT
        while self.get("/healthz").json()["parts"]["dataplane"]["changes"]:
            assert time.monotonic() < limit, "changes still wait for the data plane"
            time.sleep(0.05)
        with open_cloud(self.clouds, ADMIN_CLOUD) as admin:
            return tuple(Leak(one.kind, one.object_id, one.why) for one in leaks(admin))

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit status. Before an end in order doctor is asked."""
        if number != signal.SIGKILL:
            assert self.leaks() == ()
        self.process.send_signal(number)
        return self.process.wait(30)


Starter = Callable[..., Up]


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest, databases: Databases) -> Iterator[Starter]:
    """Starts clouds, asks doctor of those that a test leaves running, and ends them."""
    clouds: list[Up] = []
    running: list[subprocess.Popen[str]] = []

    def starter(*words: str, data: Path | None = None) -> Up:
        folder = data or tmp_path / "data"
        if (database := databases.setting(folder)) and not (folder / FILE_NAME).exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / FILE_NAME).write_text(f'database = "{database}"\n', encoding="utf-8")
        log = (tmp_path / "up.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "berthline", "up", "--listen", "127.0.0.1:0", "--data", str(folder), *words],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment(),
        )
        log.close()
        running.append(process)
        assert process.stdout is not None
        deadline = time.monotonic() + READY_LIMIT
        while not select.select([process.stdout], [], [], 0.2)[0]:
            assert time.monotonic() < deadline, (tmp_path / "up.log").read_text()
        line = process.stdout.readline()
        assert line, (tmp_path / "up.log").read_text()
        clouds.append(Up(process, folder, line))
        return clouds[-1]

    yield starter
    try:
        for cloud in clouds:
            if cloud.process.poll() is None:
                check(cloud.leaks(), request)
    finally:
        for process in running:
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait(30)
    if process.stdout is not None:
        process.stdout.close()
