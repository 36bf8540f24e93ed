"""The databases of a test run: files of SQLite, or databases of a PostgreSQL that the run starts for itself.

Which of the two, the option ``--database`` says, or the variable BERTHLINE_TEST_DATABASE. A test touches the store when
it asks for the fixture ``databases``, by itself or by ``store`` and ``new_store``; on PostgreSQL only those run.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, LiteralString, Protocol

import psycopg

from berthline.localhost.postgresql import Postgresql
from berthline.store import Store
from berthline.store.engine.location import Location
from berthline.store.engine.migrate import migrate

Kind = Literal["sqlite", "postgresql"]

KINDS: Final[tuple[Kind, ...]] = ("sqlite", "postgresql")
VARIABLE: Final = "BERTHLINE_TEST_DATABASE"
FILE: Final = "berthline.db"
TEMPLATE: Final = "migrated"
CLUSTERS: Final = "berthline-pg-"
"""How folders of servers begin; the process that made one follows."""


class Databases(Protocol):
    """Makes databases for tests, and takes them back."""

    kind: Kind

    def migrated(self, folder: Path, name: str = FILE) -> Location:
        """A new database of the current schema, without rows; SQLite's is the file ``name`` in ``folder``."""

    def setting(self, folder: Path) -> str:
        """The setting ``database`` for a cloud in this data folder, the same for each life of it; "" on SQLite."""

    def drop(self, location: Location) -> None:
        """Remove it, whoever has it open."""

    def close(self) -> None:
        """Remove everything. Idempotent."""


class SqliteFiles:
    """Files below the tests' own folders, which pytest removes."""

    kind: Kind = "sqlite"

    def __init__(self) -> None:
        self._folder: Path | None = None

    def migrated(self, folder: Path, name: str = FILE) -> Path:
        """A copy, so that each test does not migrate anew."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="berthline-schema-"))
            migrate(self._folder / FILE)
        shutil.copy(self._folder / FILE, folder / name)
        return folder / name

    def setting(self, folder: Path) -> str:
        return ""

    def drop(self, location: Location) -> None:
        return

    def close(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None


class PostgresqlDatabases:
    """Databases of one cluster, which is started for the first and removed with the run."""

    kind: Kind = "postgresql"

    def __init__(self) -> None:
        self._cluster: Postgresql | None = None
        self._stack = contextlib.ExitStack()
        self._made = 0
        self._of_folders: dict[Path, str] = {}
        self._has_template = False
        self._own: psycopg.Connection | None = None

    def migrated(self, folder: Path, name: str = FILE) -> str:
        if not self._has_template:
            self.cluster.sql(f"CREATE DATABASE {TEMPLATE}")
            migrate(self.cluster.url(TEMPLATE))
            self._has_template = True
        return self._new(f"TEMPLATE {TEMPLATE}")

    def setting(self, folder: Path) -> str:
        if folder not in self._of_folders:
            self._of_folders[folder] = self.blank()
        return self._of_folders[folder]

    def blank(self) -> str:
        """A new database without tables."""
        return self._new("TEMPLATE template0")

    @contextlib.contextmanager
    def own_cluster(self, **options: Any) -> Iterator[Postgresql]:
        """Another server, for a test that does to it what others must not see. Options are those of Postgresql."""
        _sweep()
        folder = Path(tempfile.mkdtemp(prefix=f"{CLUSTERS}{os.getpid()}-"))
        folder.chmod(0o755)  # the server's account is another
        cluster = Postgresql(folder / "cluster", **options)
        try:
            cluster.create()
            cluster.start()
            yield cluster
        finally:
            cluster.remove()
            shutil.rmtree(folder)

    def drop(self, location: Location) -> None:
        name = str(location).partition("?")[0].rpartition("/")[2]
        self._say(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def close(self) -> None:
        self._stack.close()
        self._cluster = self._own = None

    @property
    def cluster(self) -> Postgresql:
        """The server, started when it is asked for first."""
        if self._cluster is None:
            self._cluster = self._stack.enter_context(self.own_cluster())
        return self._cluster

    def _new(self, source: str) -> str:
        self._made += 1
        self._say(f"CREATE DATABASE test_{self._made} {source}")
        return self.cluster.url(f"test_{self._made}")

    def _say(self, statement: LiteralString) -> None:
        """By a connection that is kept: a client's process for each database took as long as the database."""
        if self._own is None:
            self._own = self._stack.enter_context(psycopg.connect(self.cluster.url("postgres"), autocommit=True))
        self._own.execute(statement)


def _sweep() -> None:
    """Remove what runs left that were killed; their servers ended with them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{CLUSTERS}*-*"):
        if not Path("/proc", folder.name.removeprefix(CLUSTERS).partition("-")[0]).exists():
            shutil.rmtree(folder, ignore_errors=True)


def chosen(option: str | None) -> Kind:
    """The kind that the option says, or the environment. Raises ValueError for another."""
    wanted = option or os.environ.get(VARIABLE) or "sqlite"
    for kind in KINDS:
        if kind == wanted:
            return kind
    raise ValueError(f"{VARIABLE} is {wanted!r}: there are {' and '.join(KINDS)}")


_files: list[SqliteFiles] = []
_servers: list[PostgresqlDatabases] = []
_kind: list[Kind] = ["sqlite"]


def choose(kind: Kind) -> None:
    """What ``databases_of_the_run`` gives from now on."""
    _kind[0] = kind


def databases_of_the_run() -> Databases:
    """Those of this process, for what is made outside of fixtures. A test that uses it asks for ``databases``."""
    if _kind[0] == "postgresql":
        return postgresql_of_the_run()
    if not _files:
        _files.append(SqliteFiles())
    return _files[0]


def postgresql_of_the_run() -> PostgresqlDatabases:
    """A PostgreSQL, for tests that need one whatever the others run on."""
    if not _servers:
        _servers.append(PostgresqlDatabases())
    return _servers[0]


def close_all() -> None:
    """At the end of the run."""
    for files in _files:
        files.close()
    for servers in _servers:
        servers.close()


NewStore = Callable[..., Store]
"""Opens a store on a new database; keywords are those of Store, and ``name`` for SQLite's file."""
