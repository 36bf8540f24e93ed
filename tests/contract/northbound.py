"""A northbound database of its own for a test: an ovsdb-server with OVN's schema, without root and without OVN."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from berthline.dataplane.ovsdb import Replica
from berthline.localhost.commands import missing
from berthline.localhost.daemons import OVN_SCHEMAS

SCHEMA = OVN_SCHEMAS / "ovn-nb.ovsschema"
SOUTHBOUND_SCHEMA = OVN_SCHEMAS / "ovn-sb.ovsschema"
NEEDED = ("ovsdb-server", "ovsdb-tool", str(SCHEMA))


def require_northbound() -> None:
    """Skip the test where no northbound database can be run; fail it where the real data plane is required."""
    lacking = missing(NEEDED)
    if lacking and os.environ.get("BERTHLINE_REQUIRE_DATAPLANE") == "1":
        pytest.fail(f"the real data plane is required, and it lacks {', '.join(lacking)}")
    if lacking:
        pytest.skip(f"a northbound database lacks {', '.join(lacking)}")


class NorthboundServer:
    """The server's process, which can be stopped and started again on the same database."""

    def __init__(self, schema: Path = SCHEMA) -> None:
        # Sockets have short names, and the test's own folder may have a long one.
        self._folder = Path(tempfile.mkdtemp(prefix="blnb-"))
        self._database = self._folder / "nb.db"
        self._socket = self._folder / "nb.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self._extra: list[str] = []
        subprocess.run(["ovsdb-tool", "create", str(self._database), str(schema)], check=True)

    @property
    def remote(self) -> str:
        return f"unix:{self._socket}"

    def start(self) -> None:
        """Start, and return when it answers."""
        command = ["ovsdb-server", f"--remote=p{self.remote}", f"--unixctl={self._folder}/ctl", "--no-chdir"]
        self._process = subprocess.Popen(
            [*command, *self._extra, "--verbose=console:off", str(self._database)], stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while not self._listens():
            assert self._process.poll() is None, "ovsdb-server ended"
            assert time.monotonic() < deadline, "ovsdb-server does not listen"
            time.sleep(0.01)

    def _listens(self) -> bool:
        """The socket's file is there a moment before anyone listens on it."""
        with socket.socket(socket.AF_UNIX) as knock:
            return knock.connect_ex(str(self._socket)) == 0

    def listen(self, remote: str, certificates: Path | None = None) -> int:
        """Listen at a passive TCP or TLS remote with port 0 too; returns the port that it got."""
        files: tuple[str, ...] = ()
        if certificates is not None:
            files = ("server.key", "server.pem", "authority.pem")
        self.stop()
        self._extra = [f"--remote={remote}"]
        for option, name in zip(("private-key", "certificate", "ca-cert"), files, strict=False):
            self._extra.append(f"--{option}={certificates}/{name}")
        self.start()
        listed = subprocess.run(["ss", "-Hltnp"], check=True, capture_output=True, text=True).stdout
        assert self._process is not None
        mine = next(line for line in listed.splitlines() if f"pid={self._process.pid}," in line)
        return int(mine.split()[3].rpartition(":")[2])

    def signal(self, number: int) -> None:
        """Send the server a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        """Stop; the content stays."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
            self._socket.unlink(missing_ok=True)

    def remove(self) -> None:
        """Stop and delete everything."""
        self.stop()
        shutil.rmtree(self._folder)


class Hand:
    """An operator who changes the northbound database past Berthline, and stands in for ovn-northd."""

    def __init__(self, remote: str) -> None:
        tables = {
            "Logical_Switch": ("name", "ports"),
            "Logical_Switch_Port": ("name", "enabled", "external_ids"),
            "Port_Group": ("name", "acls", "ports"),
            "ACL": ("match",),
            "Logical_Router": ("name", "nat"),
        }
        self.replica = Replica(remote, "OVN_Northbound", tables)

    async def do(self, *operations: dict[str, Any]) -> list[dict[str, Any]]:
        return await self.replica.transact(operations)

    async def delete(self, table: str, name: str) -> None:
        """Delete a row that is a root of the database."""
        await self.do({"op": "delete", "table": table, "where": [["name", "==", name]]})

    async def update(self, table: str, name: str, **columns: Any) -> None:
        """Change columns of a row; the values are OVSDB's JSON."""
        where = [["name", "==", name]]
        results = await self.do({"op": "update", "table": table, "where": where, "row": columns})
        assert results[0]["count"] == 1

    async def mutate(self, table: str, name: str, column: str, mutator: str, values: list[str]) -> None:
        """Add rows to, or remove them from, a set of references."""
        members = ["set", [["uuid", value] for value in values]]
        where = [["name", "==", name]]
        operation = {"op": "mutate", "table": table, "where": where, "mutations": [[column, mutator, members]]}
        results = await self.do(operation)
        assert results[0]["count"] == 1

    async def find(self, table: str, name: str) -> str:
        """UUID of the row of this name."""
        await self.replica.fresh()
        return next(uuid for uuid, row in self.replica.rows[table].items() if row["name"] == name)
