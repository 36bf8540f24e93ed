"""A private stack, started in a folder and stopped again with nothing left running."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.openstack.mariadb import Database
from bench.openstack.neutron import DATABASE, HOST, Neutron
from bench.openstack.packages import Installed, prepare
from bench.openstack.processes import Programs, free_port


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack.

    Attributes:
        folder: holds everything of it, logs as well.
        network_url: Neutron's root; its API is under v2.0.
        host: a host on which ports can be bound.
        database: to look into Neutron's tables.
        programs: what runs.
    """

    folder: Path
    network_url: str
    host: str
    database: Database
    programs: Programs

    def rows(self, sql: str) -> list[tuple[str, ...]]:
        """What Neutron's database answers to a query. Raises StackFailed."""
        return self.database.query(DATABASE, sql)


@contextlib.contextmanager
def real_openstack(folder: Path, *, workers: int = 2) -> Iterator[Stack]:
    """Run a private Neutron without authentication, on an empty database; ``folder`` must be empty or absent.

    Raises StackFailed when it cannot be installed or started.
    """
    installed = prepare()
    folder.mkdir(parents=True, exist_ok=True)
    programs = Programs(folder / "log", installed.environment())
    try:
        database = Database(folder / "db", installed, programs)
        database.start(_schema(installed))
        neutron = Neutron(folder / "neutron", installed, programs, database)
        neutron.configure()
        neutron.pretend_agent(HOST)
        port = free_port()
        neutron.start(port, workers)
        yield Stack(folder, f"http://127.0.0.1:{port}", HOST, database, programs)
    finally:
        programs.stop()


def _schema(installed: Installed) -> Path:
    """A data folder of MariaDB with Neutron's empty tables: made once for these versions, and copied for each start."""
    ready = installed.folder / f"schema-{installed.key}"
    if not ready.exists():
        place = installed.folder / f"new-{os.getpid()}"
        print(f"making Neutron's tables, once, in {ready}", flush=True)
        programs = Programs(place / "log", installed.environment())
        try:
            database = Database(place / "db", installed, programs)
            database.start()
            neutron = Neutron(place / "neutron", installed, programs, database)
            neutron.configure()
            neutron.make_schema()
            programs.stop()
            with contextlib.suppress(OSError):
                (place / "db" / "data").rename(ready)
        finally:
            programs.stop()
            shutil.rmtree(place, ignore_errors=True)
    return ready
