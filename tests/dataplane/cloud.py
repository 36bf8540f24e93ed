"""The real command `berthline up` on the private host, and what its users see of it: HTTP alone."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD
from berthline.bootstrap.data_folder import DataFolder
from berthline.cli.client import Client, open_cloud
from berthline.cli.doctor import Leak, leaks
from berthline.cli.errors import CloudRefused
from berthline.localhost import Endpoints

T = TypeVar("T")
EMPTY: Final[Mapping[str, Endpoints]] = {}
NOWHERE: Final[Mapping[str, str]] = {}
PATIENCE: Final = 120.0
"""Only keeps a broken run from hanging."""


def eventually(look: Callable[[], T], what: str) -> T:
    """What ``look`` gives once it gives something true."""
    limit = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < limit, f"never seen: {what}"
        time.sleep(0.05)
    return found


class FixedIp(msgspec.Struct, frozen=True):
    """An address."""

    ip_address: str


class Interface(msgspec.Struct, frozen=True):
    """A NIC as os-interface shows it."""

    port_id: str
    net_id: str
    mac_addr: str
    fixed_ips: tuple[FixedIp, ...]

    @property
    def address(self) -> str:
        """Its first address."""
        return self.fixed_ips[0].ip_address


class Fault(msgspec.Struct, frozen=True):
    """Why a server is in ERROR."""

    message: str = ""


class Server(msgspec.Struct, frozen=True):
    """What is looked at of a server."""

    id: str
    name: str = ""
    status: str = ""
    fault: Fault | None = None


class RealCloud:
    """A cloud in a process of its own, which may be killed and started again on the same folder."""

    def __init__(
        self,
        host: Endpoints,
        data: Path,
        folder: Path | None = None,
        others: Mapping[str, Endpoints] = EMPTY,
        addresses: Mapping[str, str] = NOWHERE,
    ) -> None:
        """``folder`` is where the host keeps guests' files, where that is not how we see it.

        ``others`` are more hosts by name; the first one has its chassis' name. ``addresses``, by chassis, are where
        hosts take guests that move while they run.
        """
        self.host = host
        self.data = data
        self._process: subprocess.Popen[str] | None = None
        data.mkdir()
        (data / "berthline.toml").write_text(_settings(host, folder or host.instances, others, addresses))
        self._clients: list[Client] = []
        self.url = ""

    @property
    def user(self) -> Client:
        """A session of the one user."""
        return self._clients[0]

    @property
    def admin(self) -> Client:
        """A session of the admin."""
        return self._clients[1]

    def start(self) -> None:
        """Run it, and log in once it is ready."""
        self._log_out()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BERTHLINE_", "OS_"))}
        command = [sys.executable, "-m", "berthline", "up", "--listen", "127.0.0.1:0", "--data", str(self.data)]
        with (self.data / "up.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=kept)
        self._process = process
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], PATIENCE)[0], self.log()
        line = process.stdout.readline()
        assert line.startswith("ready: "), self.log()
        self.url = line.split()[1]
        clouds = DataFolder(self.data).clouds
        self._clients = [open_cloud(clouds, name) for name in (USER_CLOUD, ADMIN_CLOUD)]

    def kill(self) -> None:
        """See that it has ended as ``kill -9`` ends it."""
        self._end(signal.SIGKILL)

    @contextmanager
    def halted(self) -> Iterator[None]:
        """It stands still meanwhile, and asks nobody for anything."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it as an operator does; nothing when it does not run."""
        self._end(signal.SIGTERM)
        self._log_out()

    def log(self) -> str:
        """The end of what it logged."""
        return (self.data / "up.log").read_text(errors="replace")[-4000:]

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()

    def _log_out(self) -> None:
        """Close the sessions; a request that another thread sends to a dead process must have ended."""
        clients, self._clients = self._clients, []
        for client in clients:
            client.close()

    # --- what users do ---

    def make(self, service: str, path: str, key: str, **body: Any) -> str:
        """The id of a thing that the user makes."""
        made: dict[str, Any] = self.user.create(service, path, key, body, dict)  # type: ignore[arg-type]
        return str(made["id"])

    def make_keypair(self, name: str, public_key: str) -> None:
        """Have the user's key put into guests."""
        body = {"name": name, "public_key": public_key}
        self.user.create("compute", "/os-keypairs", "keypair", body, dict)

    def server(self, server_id: str) -> Server | None:
        """The server, or None when there is none."""
        try:
            return self.user.show("compute", f"/servers/{server_id}", "server", Server)
        except CloudRefused as refused:
            if refused.status == 404:
                return None
            raise

    def servers(self) -> tuple[Server, ...]:
        """All of the user's servers."""
        return self.user.list("compute", "/servers/detail", "servers", Server)

    def active(self, server_id: str) -> Server:
        """The server once it is ACTIVE."""

        def look() -> Server | None:
            found = self.server(server_id)
            assert found is not None, f"server {server_id} is gone"
            assert found.status != "ERROR", found.fault
            return found if found.status == "ACTIVE" else None

        found = eventually(look, f"server {server_id} ACTIVE")
        assert found is not None
        return found

    def interfaces(self, server_id: str) -> tuple[Interface, ...]:
        """The NICs of a server."""
        path = f"/servers/{server_id}/os-interface"
        return self.user.list("compute", path, "interfaceAttachments", Interface)

    def attach(self, server_id: str, **item: Any) -> Interface:
        """POST os-interface."""
        path = f"/servers/{server_id}/os-interface"
        return self.user.create("compute", path, "interfaceAttachment", item, Interface)

    def console(self, server_id: str) -> str:
        """All that the guest wrote on its console."""
        reply = self.user._send("POST", "compute", f"/servers/{server_id}/action", json={"os-getConsoleOutput": {}})
        return str(reply.json()["output"])

    def delete_server(self, server_id: str) -> None:
        """Delete it, and wait until it is gone."""
        self.user.delete("compute", f"/servers/{server_id}")
        eventually(lambda: self.server(server_id) is None, f"server {server_id} gone")

    def settled(self) -> bool:
        """Whether no saga is at work and no change is on its way to OVN: only then are differences outside leaks."""
        sagas = self.admin.list("berthline", "/sagas", "sagas", dict, unfinished="true")
        health = self.admin._http.get(self.url + "/healthz").json()
        return not sagas and health["parts"]["dataplane"]["changes"] == 0

    def leaks(self) -> tuple[Leak, ...]:
        """What doctor says, once everything is settled."""
        eventually(self.settled, "everything settled")
        return leaks(self.admin)

    def metric(self, name: str) -> float:
        """A metric of the process that runs now."""
        lines = self.admin._http.get(self.url + "/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def _settings(host: Endpoints, folder: Path, others: Mapping[str, Endpoints], addresses: Mapping[str, str]) -> str:
    """The cloud's settings file. Guests learn who they are from a config drive: no metadata service is run."""
    values: dict[str, dict[str, Any]] = {
        "dataplane": {
            "kind": "ovn",
            "northbound": host.northbound,
            "southbound": host.southbound,
            "physical_networks": [host.external_bridge_mapping],
        },
    }
    lines = [line for table, pairs in values.items() for line in (f"[{table}]", *_pairs(pairs))]
    lines += _hypervisor(host.chassis, host, folder, addresses)
    for name, other in others.items():
        lines += _hypervisor(name, other, other.instances, addresses)
    return "\n".join(lines) + "\n"


def _hypervisor(name: str, host: Endpoints, folder: Path, addresses: Mapping[str, str]) -> list[str]:
    pairs = {
        "name": name,
        "uri": host.libvirt_uri,
        "chassis": host.chassis,
        "virt_type": host.virt_type,
        "userspace_datapath": host.datapath_type == "netdev",
        "folder": str(folder),
        "migration_address": addresses.get(host.chassis, ""),
    }
    return ["[[hypervisors]]", *_pairs(pairs)]


def _pairs(pairs: dict[str, Any]) -> list[str]:
    """TOML's texts and lists are JSON's."""
    return [f"{name} = {msgspec.json.encode(value).decode()}" for name, value in pairs.items()]
