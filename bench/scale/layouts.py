"""Ways to run one cloud: on which database, and in how many processes."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench.cloud import HOSTS, PROGRAM, SIZES, Started, endpoint_of, launch, sets, words_of
from bench.endpoint import Endpoint, lift_quotas
from bench.machine import cpu_seconds, footprint, pss_of
from berthline.localhost.postgresql import SMALL, Postgresql

Role = Literal["up", "api", "worker"]

SERVER: dict[str, str] = {**SMALL, "shared_buffers": "256MB", "max_wal_size": "2GB"}
"""PostgreSQL's settings; fsync and synchronous_commit stay on."""


@dataclass(frozen=True)
class Layout:
    """One way: the database, and the roles of the processes, those that answer requests first."""

    name: str
    database: Literal["SQLite", "PostgreSQL"]
    roles: tuple[Role, ...]


LAYOUTS = (
    Layout("SQLite, up", "SQLite", ("up",)),
    Layout("SQLite, api and worker", "SQLite", ("api", "worker")),
    Layout("SQLite, 2 api and worker", "SQLite", ("api", "api", "worker")),
    Layout("PostgreSQL, up", "PostgreSQL", ("up",)),
    Layout("PostgreSQL, api and worker", "PostgreSQL", ("api", "worker")),
    Layout("PostgreSQL, 2 api and 2 worker", "PostgreSQL", ("api", "api", "worker", "worker")),
)
FIRST = LAYOUTS[0].name
"""What the others are compared with."""


@dataclass
class Running:
    """A cloud in some processes. ``endpoints`` are one for each process that answers requests."""

    layout: Layout
    folder: Path
    world: Started
    processes: list[tuple[Role, Started]] = field(default_factory=list)
    endpoints: list[Endpoint] = field(default_factory=list)
    database: Postgresql | None = None

    def cpu_seconds(self) -> float:
        """CPU of Berthline's processes so far, the simulated world left out."""
        return sum(cpu_seconds(started.process.pid) for _, started in self.processes)

    def memory(self) -> dict[str, float]:
        """PSS in MiB by kind of process: of one of each role, the world, and all of the database's server."""
        sizes: dict[str, float] = {role: pss_of(started.process.pid) for role, started in self.processes}
        sizes["world"] = pss_of(self.world.process.pid)
        if self.database is not None and self.database.pid is not None:
            sizes["database"] = footprint([self.database.pid]).pss_mib
        return sizes

    def kill_worker(self) -> None:
        """End one that runs sagas as by kill -9."""
        _, started = next(each for each in self.processes if each[0] == "worker")
        started.process.kill()
        self.processes = [each for each in self.processes if each[1] is not started]


@contextlib.contextmanager
def running(layout: Layout, scratch: Path) -> Iterator[Running]:
    """A new cloud of this layout, fully durable, while the block runs. Raises Failed.

    Its simulated hosts are a process of their own, in each layout alike.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=scratch, ignore_cleanup_errors=True)))
        at = f"unix:{folder}/hosts"
        world = launch([*PROGRAM, "simulate", str(HOSTS), "--at", at, *sets(SIZES)], folder / "world")
        stack.callback(world.end)
        made = Running(layout, folder / "data", world)
        options: list[str] = []
        if layout.database == "PostgreSQL":
            made.database = stack.enter_context(_cluster())
            options += ["--database", made.database.url("berthline")]
        for role in layout.roles:
            started = launch([*PROGRAM, *words_of(role, made.folder, options, simulated=at)], made.folder)
            stack.callback(started.end)
            made.processes.append((role, started))
        made.endpoints += [endpoint_of(each) for role, each in made.processes if role != "worker"]
        lift_quotas(made.endpoints[0])
        yield made


@contextlib.contextmanager
def _cluster() -> Iterator[Postgresql]:
    """A PostgreSQL of its own, with fsync, and an empty database in it."""
    folder = Path(tempfile.mkdtemp(prefix="berthline-bench-"))
    folder.chmod(0o755)
    cluster = Postgresql(folder / "server", settings=SERVER, durable=True)
    try:
        cluster.create()
        cluster.start()
        cluster.sql("CREATE DATABASE berthline")
        yield cluster
    finally:
        cluster.remove()
        shutil.rmtree(folder, ignore_errors=True)
