"""The ways to the tests' host that operators use from afar: libvirt's own TLS, and an SSH server.

Both listen in the host's own network namespace, with an authority and keys of this run; a `Line` leads there. The SSH
server is given a private /run and /etc/shadow in the host's own mounts: the machine's are not touched.
"""

import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal
from urllib.parse import quote, urlencode

from berthline.localhost import Endpoints, LocalHost
from berthline.localhost.commands import run
from berthline.localhost.daemons import REAPER_SCRIPT
from berthline.localhost.namespaces import NAMESPACE_FOLDER, inside

from .certificates import Authority
from .line import LOOPBACK, Line

Transport = Literal["tls", "ssh"]

HOST_ADDRESS = "192.0.2.1"
"""In the host's namespace alone. libvirt listens on no IPv4 address where only loopback has one and a tap has IPv6."""
TLS_PORT = 16514
SSH_PORT = 2222
CLIENT_NAME = "berthline"

LISTENING = """\
listen_tls = 1
listen_tcp = 0
listen_addr = "{address}"
tls_port = "{port}"
ca_file = "{folder}/cacert.pem"
cert_file = "{folder}/servercert.pem"
key_file = "{folder}/serverkey.pem"
tls_allowed_dn_list = [ "CN={client}" ]
"""

SSHD_CONFIG = """\
Port {port}
ListenAddress {address}
HostKey {folder}/host_key
PidFile {folder}/sshd.pid
AuthorizedKeysFile {folder}/authorized_keys
AuthenticationMethods publickey
AllowUsers root
PermitRootLogin prohibit-password
UsePAM no
# The tests' folder lies below /tmp, which everybody may write to.
StrictModes no
"""

SSH_CONFIG = """\
UserKnownHostsFile {known_hosts}
GlobalKnownHostsFile none
StrictHostKeyChecking yes
IdentitiesOnly yes
IdentityAgent none
ConnectTimeout 20
"""

FORCED = 'restrict,command="virt-ssh-helper qemu:///system" '
"""What the key may do on the host: reach libvirt, nothing else."""


@dataclass
class RemoteAccess:
    """The listening side of a started local host.

    Args:
        services: the host.
        endpoints: where its daemons are.
        folder: for keys and certificates; one that exists.
    """

    services: LocalHost
    endpoints: Endpoints
    folder: Path
    authority: Authority = field(default_factory=lambda: Authority.new("the tests' authority"))
    _lines: dict[Transport, Line] = field(default_factory=dict)
    _sshd_ready: bool = False

    @property
    def _enter(self) -> tuple[str, ...]:
        """The beginning of a command in the host's namespaces, by the one process that stays as long as they do."""
        return inside(self.endpoints.network_namespace, self.endpoints.anchor_pid)

    def _below_reaper(self, pidfile: Path) -> tuple[str | Path, ...]:
        """The beginning of a command that starts a daemon there."""
        return (*self._enter, sys.executable, "-I", REAPER_SCRIPT, pidfile)

    # libvirt.

    def listen(self) -> None:
        """Start libvirtd again, listening by TLS too."""
        server = self.folder / "server"
        self.authority.write_server(server)
        text = LISTENING.format(address=HOST_ADDRESS, port=TLS_PORT, folder=server, client=CLIENT_NAME)
        with (self.services.layout.inside("/etc/libvirt") / "libvirtd.conf").open("a") as configuration:
            configuration.write(text)
        run(("ip", "-n", self.endpoints.network_namespace, "address", "add", f"{HOST_ADDRESS}/32", "dev", "lo"))
        self.stop_libvirtd(signal.SIGTERM)
        self.start_libvirtd()

    def listen_with(self, folder: Path) -> None:
        """Start libvirtd again, with the three files of a server in that folder."""
        for name in ("cacert.pem", "servercert.pem", "serverkey.pem"):
            shutil.copy(folder / name, self.folder / "server" / name)
        self.stop_libvirtd(signal.SIGTERM)
        self.start_libvirtd()

    def stop_libvirtd(self, number: signal.Signals) -> None:
        """Send libvirtd the signal and see it gone."""
        self.services.signal_daemon("libvirtd", number)
        limit = time.monotonic() + 60
        while "libvirtd" not in self.services.status().stopped:
            assert time.monotonic() < limit, "libvirtd does not end"
            time.sleep(0.01)

    def start_libvirtd(self) -> None:
        """As `LocalHost` does, and listening."""
        pidfile = self.services.layout.inside("/run/libvirt") / "libvirtd.pid"
        run(
            (*self._below_reaper(pidfile), "libvirtd", "-d", "--listen", "-p", pidfile),
            output=self.endpoints.logs / "libvirtd.start",
        )
        run(("virsh", "--connect", self.endpoints.libvirt_uri, "version"))

    # The SSH server.

    def serve_ssh(self) -> None:
        """Start the SSH server, once: it knows one key, which reaches libvirt and nothing else."""
        if self._sshd_ready:
            return
        folder = self.folder / "ssh"
        folder.mkdir(mode=0o700)
        self.new_key(folder / "host_key")
        key = self.new_key(folder / "client_key")
        (folder / "authorized_keys").write_text(FORCED + key.with_suffix(".pub").read_text())
        config = folder / "sshd_config"
        config.write_text(SSHD_CONFIG.format(port=SSH_PORT, address=HOST_ADDRESS, folder=folder))
        self._make_room_for_sshd()
        program = (*self._below_reaper(folder / "sshd.pid"), "/usr/sbin/sshd", "-f", config, "-E", folder / "sshd.log")
        run(program, output=folder / "sshd.start")
        self._sshd_ready = True

    def new_key(self, path: Path) -> Path:
        """A key pair there; its public half has ``.pub`` behind the name."""
        run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", path))
        return path

    def _make_room_for_sshd(self) -> None:
        """sshd insists on /run/sshd, and on an account that is not locked; libvirt locks consoles in /run/lock."""
        private = self.services.layout.private
        for folder in ("run/sshd", "run/lock"):
            (private / folder).mkdir(mode=0o755)
        (private / "etc/shadow").write_text("root:*:19000:0:99999:7:::\n")
        for place in ("run", "etc/shadow"):
            run((*self._enter, "mount", "--bind", private / place, f"/{place}"))

    # The way there.

    def wire(self, transport: Transport) -> Line:
        """The wire to the host's TLS port or SSH server, one for all tests, mended."""
        if transport not in self._lines:
            far_port = TLS_PORT if transport == "tls" else SSH_PORT
            namespace = NAMESPACE_FOLDER / self.endpoints.network_namespace
            self._lines[transport] = Line(namespace, (HOST_ADDRESS, far_port))
        self._lines[transport].mend()
        return self._lines[transport]

    def tls_uri(self, line: Line, pki: Path | None = None) -> str:
        """With the client's certificate, or with those in that folder."""
        if pki is None:
            pki = self.folder / "client"
            if not pki.exists():
                self.authority.write_client(pki, CLIENT_NAME)
        return f"qemu+tls://{LOOPBACK}:{line.port}/system?{urlencode({'pkipath': pki}, quote_via=quote)}"

    def ssh_uri(self, line: Line, *, host_key: Path | None = None, key: Path | None = None) -> str:
        """With the client's key, knowing the host's; or with another pair, or expecting another of the host.

        ``command=`` names a two-line script that gives ssh its own configuration, as nothing of the user's who runs
        the tests may matter.
        """
        command = self._ssh_folder(line, host_key or self.folder / "ssh/host_key") / "ssh"
        parameters = {"keyfile": key or self.folder / "ssh/client_key", "command": command, "proxy": "native"}
        return f"qemu+ssh://root@{LOOPBACK}:{line.port}/system?{urlencode(parameters, quote_via=quote)}"

    def ssh_command(self, line: Line, *asked: str) -> tuple[str, ...]:
        """A command that asks the host, with the client's key, to run another."""
        folder = self._ssh_folder(line, self.folder / "ssh/host_key")
        key = str(self.folder / "ssh/client_key")
        return (str(folder / "ssh"), "-i", key, "-p", str(line.port), f"root@{LOOPBACK}", *asked)

    def _ssh_folder(self, line: Line, host_key: Path) -> Path:
        folder = Path(mkdtemp(dir=self.folder))
        known = host_key.with_suffix(".pub").read_text()
        (folder / "known_hosts").write_text(f"[{LOOPBACK}]:{line.port} {known}" if known else "")
        (folder / "config").write_text(SSH_CONFIG.format(known_hosts=folder / "known_hosts"))
        command = folder / "ssh"
        command.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F "{folder}/config" "$@"\n')
        command.chmod(0o700)
        return folder

    def close(self) -> None:
        """Take the lines away. The daemons are members of the host and end with it."""
        for line in self._lines.values():
            line.close()
