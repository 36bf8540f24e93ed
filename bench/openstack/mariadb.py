"""A private MariaDB: one folder, one socket in it, no TCP port, and no account that another user could enter by."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.openstack.packages import Installed
from bench.openstack.processes import Programs, StackFailed

SYSTEM_TABLES = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")
BOOTSTRAP_LIMIT = 120.0
SETTINGS = """\
[mysqld]
basedir={base}
lc_messages_dir={messages}
plugin_dir={base}/lib/mysql/plugin
datadir={data}
socket={socket}
pid_file={pid}
skip_networking=1
skip_name_resolve=1
max_connections=1000
innodb_buffer_pool_size=512M
innodb_log_file_size=64M
character_set_server=utf8mb4
collation_server=utf8mb4_general_ci
user={user}
"""


@dataclass(frozen=True, slots=True)
class Database:
    """A MariaDB of our own.

    Attributes:
        folder: holds its data, socket and settings; only its owner may enter.
        installed: where its programs are.
        programs: runs it.
    """

    folder: Path
    installed: Installed
    programs: Programs

    @property
    def socket(self) -> Path:
        """Where it listens. A socket's path may have at most 107 characters."""
        return self.folder / "s"

    @property
    def settings(self) -> Path:
        """Its settings file."""
        return self.folder / "my.cnf"

    def url(self, database: str) -> str:
        """How SQLAlchemy reaches one of its databases."""
        return f"mysql+pymysql://root@localhost/{database}?unix_socket={self.socket}&charset=utf8mb4"

    def start(self, template: Path | None = None) -> None:
        """Start it, on a copy of ``template``'s data or on none. Raises StackFailed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        if len(str(self.socket)) > 107:
            raise StackFailed(f"{self.socket} is too long a path for a socket; choose a shorter folder")
        self._write_settings()
        data = self.folder / "data"
        if template is not None:
            shutil.copytree(template, data)
        elif not data.exists():
            data.mkdir()
            self._bootstrap()
        self.programs.start("mariadb", (self.installed.program("mariadbd"), f"--defaults-file={self.settings}"))
        self.programs.wait("mariadb", self._ready)

    def query(self, database: str, sql: str) -> list[tuple[str, ...]]:
        """Run SQL and answer its rows, every value as text, NULL as "NULL". Raises StackFailed."""
        command = (self.installed.program("mariadb"), "--no-defaults", "--batch", "--skip-column-names")
        said = self.programs.run(
            "sql", (*command, f"--socket={self.socket}", "--user=root", f"--database={database}", f"--execute={sql}")
        )
        return [tuple(line.split("\t")) for line in said.splitlines()]

    def create(self, *databases: str) -> None:
        """Make empty databases where there are none. Raises StackFailed."""
        for name in databases:
            self.query("mysql", f"create database if not exists `{name}` character set utf8mb4")

    def _ready(self) -> bool:
        try:
            return self.query("mysql", "select 1") == [("1",)]
        except StackFailed:
            return False

    def _write_settings(self) -> None:
        self.settings.write_text(
            SETTINGS.format(
                base=self.installed.data("usr/share/mysql").parent.parent,
                messages=self.installed.data("usr/share/mysql"),
                data=self.folder / "data",
                socket=self.socket,
                pid=self.folder / "pid",
                user=Path("/proc/self").owner(),
            )
        )

    def _bootstrap(self) -> None:
        scripts = self.installed.data("usr/share/mysql")
        parts = [(scripts / name).read_text() for name in SYSTEM_TABLES]
        # An account without a password, which only this machine's users who may enter the folder can reach.
        sql = "\n".join(("create database mysql;", "use mysql;", "set @auth_root_socket=NULL;", *parts))
        command = (self.installed.program("mariadbd"), f"--defaults-file={self.settings}", "--bootstrap")
        self.programs.run("mariadb-bootstrap", command, said=sql)
