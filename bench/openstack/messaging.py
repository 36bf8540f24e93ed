"""A private RabbitMQ and a private memcached, on free ports of the loopback interface."""

import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from bench.openstack.packages import Installed
from bench.openstack.processes import Programs, free_port

SERVER = "usr/lib/rabbitmq/bin/rabbitmq-server"
EPMD = "usr/lib/erlang/bin/epmd"


def listens(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as client:
        client.settimeout(5)
        return client.connect_ex(("127.0.0.1", port)) == 0


def start_memcached(programs: Programs, installed: Installed, address: str) -> None:
    """Start a memcached at this address, host:port. Raises StackFailed."""
    host, port = address.split(":")
    command = [installed.program("memcached"), "-l", host, "-p", port, "-m", "64"]
    if os.geteuid() == 0:
        command += ["-u", "root"]
    programs.start("memcached", command)
    programs.wait("memcached", lambda: listens(int(port)))


@dataclass(frozen=True, slots=True)
class Rabbit:
    """A RabbitMQ of our own.

    Attributes:
        folder: its queues, cookie and settings; only its owner may enter.
        installed: where its programs are.
        programs: runs it.
        port: where it takes messages.
    """

    folder: Path
    installed: Installed
    programs: Programs
    port: int

    @property
    def url(self) -> str:
        """Its address as oslo.messaging's transport_url. The account is the one every new RabbitMQ has, on loopback."""
        return f"rabbit://guest:guest@127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start it, and wait until it takes messages. Raises StackFailed."""
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        plugins = self.folder / "plugins"
        plugins.write_text("[].\n")
        settings = self.folder / "rabbitmq.conf"
        settings.write_text("disk_free_limit.absolute = 50MB\nlog.console = true\nlog.file = false\n")
        erlang = {
            "HOME": str(home),
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "PATH": os.pathsep.join((str(self.installed.data(EPMD).parent), os.environ.get("PATH", "/usr/bin:/bin"))),
        }
        # Started by us, in the foreground: Erlang would start it by itself and leave it behind.
        self.programs.start("epmd", (str(self.installed.data(EPMD)),), erlang)
        self.programs.wait("epmd", lambda: listens(int(erlang["ERL_EPMD_PORT"])))
        rabbit = {
            "RABBITMQ_NODENAME": f"rabbit-{secrets.token_hex(4)}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "queues"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_CONFIG_FILE": str(settings),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        }
        self.programs.start("rabbitmq", (str(self.installed.data(SERVER)),), {**erlang, **rabbit})
        self.programs.wait("rabbitmq", lambda: listens(self.port))
