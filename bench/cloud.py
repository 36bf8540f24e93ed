"""Berthline as a process of its own: `berthline up` on simulated hosts, in a private folder, fully durable."""

import contextlib
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.api import Failed
from bench.endpoint import Endpoint, lift_quotas, log_in
from berthline.bootstrap import clouds_file

HOSTS = 10
READY_LIMIT = 1800.0
AFTER_COPY = 3.0
AFTER_GB = 25.0
"""Seconds between the copy of a data folder and the start that is measured, and for each GB of it: a virtual disk goes
on working after it says that it has written."""
SETTINGS = (
    "log.level=warning",
    "tokens.lifetime_seconds=86400",
)
SIZES = (
    "simulated.vcpus=1000000",
    "simulated.memory_mb=1000000000",
    "simulated.disk_gb=100000000",
)

PROGRAM = (sys.executable, "-m", "berthline")

LOGGED = ("log.level=info",)
"""What a cloud logs by itself: a line a request."""


@dataclass
class Started:
    """A running cloud. ``ready_seconds`` is counted from the start of the process to its line "ready"."""

    process: subprocess.Popen[str]
    folder: Path
    url: str
    ready_seconds: float

    def end(self) -> None:
        """Have it end, and wait for it."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(30)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()


def command(folder: Path, settings: Sequence[str] = (), *, simulated: int = HOSTS) -> list[str]:
    """The command that starts a cloud on this data folder."""
    return [*PROGRAM, *words_of("up", folder, settings=settings, simulated=str(simulated) if simulated else "")]


def words_of(
    role: str, folder: Path, options: Sequence[str] = (), *, settings: Sequence[str] = (), simulated: str = ""
) -> list[str]:
    """The words after `berthline` of a process that has part in the cloud of this data folder.

    ``simulated``: how many hosts it simulates inside, or the address of a world apart.
    """
    words = [role, "--data", str(folder), *options]
    words += [] if role == "worker" else ["--listen", "127.0.0.1:0"]
    words += ["--simulated", simulated] if simulated else []
    sizes = () if ":" in simulated else SIZES
    return words + sets((*SETTINGS, *sizes, *settings))


def sets(settings: Sequence[str]) -> list[str]:
    """The words that give a process these settings."""
    return [word for setting in settings for word in ("--set", setting)]


def start(folder: Path, settings: Sequence[str] = (), *, simulated: int = HOSTS) -> Started:
    """Start a cloud on this data folder and wait until it answers. Raises Failed.

    With no ``simulated`` hosts it has those that the folder's berthline.toml names.
    """
    return launch(command(folder, settings, simulated=simulated), folder)


def launch(words: Sequence[str], folder: Path) -> Started:
    """Start a process of a cloud, with its log beside ``folder``, and wait until it is ready. Raises Failed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BERTHLINE_", "OS_"))}
    begun = time.perf_counter()
    with (folder.parent / f"{folder.name}.log").open("ab") as log:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True, env=kept)
    assert process.stdout is not None
    try:
        answered = select.select([process.stdout], [], [], READY_LIMIT)[0]
        line = process.stdout.readline() if answered else ""
        taken = time.perf_counter() - begun
        if not line.startswith("ready"):
            said = (folder.parent / f"{folder.name}.log").read_text()[-2000:]
            raise Failed(f"{' '.join(words[2:4])} did not become ready: {said}")
    except BaseException:  # also when interrupted: nothing that was started is left
        process.kill()
        process.wait()
        process.stdout.close()
        raise
    return Started(process, folder, "".join(line.split()[1:2]), taken)


def endpoint_of(started: Started) -> Endpoint:
    """Its APIs, entered as its admin, by the address that this process listens at."""
    auth = clouds_file.read(started.folder / "clouds.yaml").clouds[clouds_file.ADMIN_CLOUD].auth
    here = urlsplit(started.url).netloc
    identity = urlsplit(auth.auth_url)._replace(netloc=here).geturl()
    token, project_id, catalogue = log_in(identity, auth.username, auth.password, auth.project_name)
    own = {kind: urlsplit(url)._replace(netloc=here).geturl() for kind, url in catalogue.items()}
    return Endpoint(
        name="berthline",
        network=own["network"],
        compute=own["compute"],
        image=own["image"],
        token=token,
        project_id=project_id,
        host="simulated-1",
        process=started.process.pid,
    )


@dataclass
class Berthline:
    """The target: a new, empty cloud each time it is opened, or one on a copy of ``template``.

    ``scratch`` holds the data folders; they are on a disk, and go when the cloud has ended. ``settings`` are options of
    `--set`, over those that every cloud here has.
    """

    scratch: Path
    template: Path | None = None
    settings: tuple[str, ...] = ()
    hosts: int = HOSTS
    name: str = "berthline"
    ready: list[float] = field(default_factory=list)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Endpoint]:
        """See Target.opened."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.scratch, ignore_cleanup_errors=True) as place:
            folder = Path(place) / "data"
            if self.template is not None:
                shutil.copytree(self.template, folder)
            os.sync()  # so that what others wrote before is not written out while this one is measured
            if self.template is not None:
                copied = sum(path.stat().st_size for path in folder.rglob("*"))
                time.sleep(AFTER_COPY + AFTER_GB * copied / 1e9)
            started = start(folder, self.settings, simulated=self.hosts)
            self.ready.append(started.ready_seconds)
            try:
                endpoint = endpoint_of(started)
                lift_quotas(endpoint)
                yield endpoint
            finally:
                started.end()
