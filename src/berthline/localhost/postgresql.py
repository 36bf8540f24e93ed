"""A private PostgreSQL in a folder, from Debian's packages: for tests, benches and experiments, not for a cloud's data.

Nothing of the machine's own PostgreSQL is touched: the cluster has a folder, a socket and a port of its own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from berthline.localhost.commands import SYSTEM_PATH, clean_environment, run
from berthline.localhost.errors import CommandFailed, InvalidSetting, LocalHostError, MissingPrograms
from berthline.localhost.layout import SOCKET_PATH_LIMIT

PROGRAMS: Final = Path("/usr/lib/postgresql")
"""Where Debian keeps each major version's programs; they are not in anybody's PATH."""
ACCOUNT: Final = "postgres"
"""The account of Debian's package. PostgreSQL refuses to run as root."""
OWNER: Final = "postgres"
"""The cluster's first role, which may do everything; as Debian calls it."""
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.02
PORT_ATTEMPTS: Final = 5

UNSAFE: Final = {"fsync": "off", "full_page_writes": "off"}
"""Quick, and gone with the machine's power; safe against the end of any process."""
SMALL: Final = {"shared_buffers": "32MB", "max_connections": "100", "max_wal_size": "256MB", "wal_level": "replica"}

LOCAL_RULES: Final = ("local all all trust", "local replication all trust", "host all all 127.0.0.1/32 scram-sha-256")
"""Who may connect: by the socket everybody who reaches it, over TCP by password (pg_hba.conf)."""


def programs() -> Path:
    """The folder with the programs of the newest version installed. Raises MissingPrograms."""
    found = [path for path in PROGRAMS.glob("*/bin") if (path / "initdb").exists() and path.parent.name.isdigit()]
    if not found:
        raise MissingPrograms(("initdb", "postgres"))
    return max(found, key=lambda path: int(path.parent.name))


@dataclass
class Postgresql:
    """One cluster in ``folder``, an absolute path that the account postgres can reach; whoever calls removes it.

    Attributes:
        folder: holds the cluster's files, its socket and its log.
        settings: of postgresql.conf, beside small ones.
        durable: False does without fsync.
        rules: lines of pg_hba.conf.
        certificates: a folder with server.crt and server.key (and ca.crt, which then signs clients'): TLS over TCP.

    It ends when the thread that started it ends, in whatever way.
    """

    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    durable: bool = False
    rules: Sequence[str] = LOCAL_RULES
    certificates: Path | None = None
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The cluster's files."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "log"

    @property
    def pid(self) -> int | None:
        """The server's process, None while it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def create(self) -> None:
        """Make an empty cluster. Raises InvalidSetting, MissingPrograms, CommandFailed."""
        longest = self.folder / ".s.PGSQL.65535"
        if not self.folder.is_absolute() or len(os.fsencode(longest)) > SOCKET_PATH_LIMIT:
            raise InvalidSetting(f"directory {self.folder}: give a short absolute path, for the socket in it")
        self._have_folder()
        self._run("initdb", "-D", self.data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self._configure()

    def start(self) -> None:
        """Run the server; returns once it answers. Nothing when it runs. Raises CommandFailed."""
        for attempt in range(PORT_ATTEMPTS):
            if self.pid is not None:
                return
            self.port = self.port or _free_port()
            try:
                self._start()
            except CommandFailed as failed:
                taken = "Address already in use" in failed.output
                if not taken or attempt == PORT_ATTEMPTS - 1:
                    raise
                self.port = 0

    def stop(self) -> None:
        """End the server, its clients' transactions undone. Nothing when it does not run."""
        if (process := self._process) is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGCONT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """Have all of it gone at once, as by kill -9; ``start`` recovers what was committed."""
        if (process := self._process) is None:
            return
        below = _children(process.pid)
        for pid in (process.pid, *below):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        _wait_for_end(below)
        self._process = None

    def restart(self) -> None:
        """``stop`` and ``start``, on the same port."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """End it and remove its folder. Idempotent."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str = "postgres", *, user: str = OWNER) -> str:
        """Where a database of it is reached by its socket."""
        return f"postgresql://{quote(user)}@/{quote(database)}?host={quote(str(self.folder), safe='')}&port={self.port}"

    def tcp_url(self, database: str = "postgres", *, user: str = OWNER) -> str:
        """Where a database of it is reached over TCP, by a user with a password."""
        return f"postgresql://{quote(user)}@127.0.0.1:{self.port}/{quote(database)}"

    def sql(self, *statements: str, database: str = "postgres") -> str:
        """Run statements, each by itself, by psql; what they answered, columns between `|`. Raises CommandFailed."""
        commands = [part for statement in statements for part in ("-c", statement)]
        where = ("-h", self.folder, "-p", str(self.port), "-U", OWNER, "-d", database)
        return self._run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *where, *commands).strip()

    def standby(self, folder: Path, name: str = "standby") -> Postgresql:
        """A replica of this cluster in another folder, which follows it by streaming; it is not started yet."""
        made = Postgresql(folder, self.settings, self.durable, self.rules, self.certificates)
        made._have_folder()
        source = f"host={self.folder} port={self.port} user={OWNER} application_name={name}"
        how = ("-R", "-X", "stream", "-c", "fast", "-C", "-S", name, "--no-sync")
        made._run("pg_basebackup", "-D", made.data, *how, "-d", source)
        made._configure()
        return made

    def wait_for_standby(self, name: str = "standby") -> None:
        """From now on a commit is answered once the standby has applied it. Raises LocalHostError when it is silent."""
        self.sql(
            f"ALTER SYSTEM SET synchronous_standby_names = '{name}'",
            "ALTER SYSTEM SET synchronous_commit = 'remote_apply'",
            "SELECT pg_reload_conf()",
        )
        end = time.monotonic() + START_SECONDS
        while f"{name}|sync" not in self.sql("SELECT application_name, sync_state FROM pg_stat_replication"):
            if time.monotonic() > end:
                raise LocalHostError(f"the standby {name} does not follow: see {self.log}")
            time.sleep(LOOK_SECONDS)

    def promote(self) -> None:
        """Make this standby the primary, which waits for no standby of its own."""
        self._run("pg_ctl", "-D", self.data, "-w", "promote")
        self.sql(
            "ALTER SYSTEM RESET synchronous_standby_names",
            "ALTER SYSTEM RESET synchronous_commit",
            "SELECT pg_reload_conf()",
        )

    def _have_folder(self) -> None:
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, ACCOUNT, ACCOUNT)
        done = subprocess.run(self._as_account("test", "-w", str(self.folder)), check=False, env=clean_environment())
        if done.returncode:
            raise InvalidSetting(f"directory {self.folder}: the account {ACCOUNT} cannot reach it; use another")

    def _configure(self) -> None:
        """Settings and rules of this cluster; ``port`` is given at each start."""
        chosen = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), **SMALL}
        chosen |= {} if self.durable else UNSAFE
        if self.certificates is not None:
            chosen |= {"ssl": "on", **self._own_certificates(self.certificates)}
        chosen |= self.settings
        lines = [f"{name} = '{value}'\n" for name, value in chosen.items()]
        self._write("postgresql.conf", "".join(lines))
        self._write("pg_hba.conf", "".join(f"{rule}\n" for rule in self.rules))

    def _own_certificates(self, folder: Path) -> dict[str, str]:
        names = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key", "ssl_ca_file": "ca.crt"}
        for name in names.values():
            if (folder / name).exists():
                self._write(name, (folder / name).read_text(encoding="ascii"))
        return {setting: name for setting, name in names.items() if (folder / name).exists()}

    def _write(self, name: str, content: str) -> None:
        path = self.data / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        if os.geteuid() == 0:
            shutil.chown(path, ACCOUNT, ACCOUNT)

    def _start(self) -> None:
        command = (str(programs() / "postgres"), "-D", str(self.data), "-p", str(self.port))
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._as_account(*command, alone=False),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment(),
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C at a terminal is for the tests; they end it themselves
            )
        end = time.monotonic() + START_SECONDS
        while not _says_ready(self.data / "postmaster.pid", self._process.pid):
            status = self._process.poll()
            if status is not None or time.monotonic() > end:
                said = self.log.read_text(errors="replace")
                self.kill()
                raise CommandFailed(command, -9 if status is None else status, said)
            time.sleep(LOOK_SECONDS)

    def _run(self, program: str, *arguments: str | Path) -> str:
        return run(self._as_account(str(programs() / program), *map(str, arguments)), directory=self.folder)

    def _as_account(self, *command: str, alone: bool = True) -> tuple[str, ...]:
        """The command as it is run by an account that PostgreSQL accepts; not ``alone``: it ends with us."""
        account = (f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups") if os.geteuid() == 0 else ()
        return ("/usr/bin/setpriv", *account, *(() if alone else ("--pdeathsig", "INT")), *command)


def missing_programs() -> tuple[str, ...]:
    """What a private cluster lacks on this machine; nothing when it can be made."""
    try:
        programs()
    except MissingPrograms as lacking:
        return lacking.programs
    return () if shutil.which("setpriv", path=SYSTEM_PATH) else ("setpriv",)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _says_ready(pid_file: Path, pid: int) -> bool:
    """The last line of postmaster.pid is the server's state: `ready`, or `standby` for a replica that answers.

    The first is its process: the file of one that was killed stays until the next has looked at it.
    """
    try:
        lines = pid_file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() in {"ready", "standby"}


def _children(pid: int) -> tuple[int, ...]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found.append(int(status.parent.name))
    return tuple(found)


def _wait_for_end(pids: Sequence[int]) -> None:
    """Until these killed processes are gone, so that their shared memory is free."""
    end = time.monotonic() + STOP_SECONDS
    for pid in pids:
        while Path(f"/proc/{pid}").exists() and time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
