"""The databases of a test run: files of SQLite, or databases of a PostgreSQL that the run starts for itself.

Which of the two, the option ``--database`` says, or the variable BERTHLINE_TEST_DATABASE. A test touches the store when
it asks for the fixture ``databases``, by itself or by ``store`` and ``new_store``; on PostgreSQL only those run.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal, Protocol

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
CATALOGUES: Final = " UNION ALL ".join(
    f"SELECT count(*), max(xmin::text::bigint) FROM {each}"  # noqa: S608 - of the names that follow
    for each in [
        "pg_class",
        "pg_attribute",
        "pg_attrdef",
        "pg_constraint",
        "pg_index",
        "pg_proc",
        "pg_trigger",
        "pg_description",
    ]
)
"""Answers something else after each change of a schema: rows there are in each catalogue, and who wrote the last."""
TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
WITHOUT_TRIGGERS: Final = "SET session_replication_role = replica"
RESTART: Final = "SELECT setval(oid, 1, false) FROM pg_class WHERE relkind = 'S'"
LOOKS: Final = 100
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
        self._first: list[tuple[Any, ...]] | None = None
        self._migrated: set[str] = set()
        self._emptied: list[str] = []
        self._emptying: str | None = None
        self._own: psycopg.Connection | None = None

    def migrated(self, folder: Path, name: str = FILE) -> str:
        """One that a test is done with, emptied; or a copy of the first."""
        if self._first is None:
            self.cluster.sql(f"CREATE DATABASE {TEMPLATE}")
            migrate(self.cluster.url(TEMPLATE))
            with psycopg.connect(self.cluster.url(TEMPLATE)) as connection:
                self._first = _answer(connection, CATALOGUES)
        location = self._emptied.pop() if self._emptied else self._new(f"TEMPLATE {TEMPLATE}")
        self._migrated.add(location)
        return location

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
        """One that has the schema of the first still is emptied for the next test, which a copy takes ten times for."""
        url = str(location)
        if url in self._migrated:
            self._migrated.discard(url)
            if self._is_left(url) and self._emptied_again(url):
                self._emptied.append(url)
                return
        self._say(f"DROP DATABASE IF EXISTS {_name(url)} WITH (FORCE)")

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

    def _say(self, statement: str) -> list[tuple[Any, ...]]:
        """By a connection that is kept, and what was answered."""
        if self._own is None:
            self._own = self._stack.enter_context(psycopg.connect(self.cluster.url("postgres"), autocommit=True))
        return _answer(self._own, statement)

    def _is_left(self, url: str) -> bool:
        """Whether nobody is in the database any more; whoever still was is sent away."""
        others = f"FROM pg_stat_activity WHERE datname = '{_name(url)}'"
        for _ in range(LOOKS):
            if not self._say(f"SELECT pg_terminate_backend(pid) {others}"):
                return True
            time.sleep(0.005)
        return False

    def _emptied_again(self, url: str) -> bool:
        """Delete every row and start all numbers anew; nothing is done where the schema is not the first one's."""
        with psycopg.connect(url, autocommit=True) as connection:
            if _answer(connection, CATALOGUES) != self._first:
                return False
            if self._emptying is None:
                tables = [f'DELETE FROM "{table}"' for (table,) in _answer(connection, TABLES)]  # noqa: S608 - our own
                self._emptying = "; ".join((WITHOUT_TRIGGERS, *tables, RESTART))
            _answer(connection, self._emptying)
            return True


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _answer(connection: psycopg.Connection, statement: str) -> list[tuple[Any, ...]]:
    cursor = connection.execute(statement.encode())
    return cursor.fetchall() if cursor.description else []


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
