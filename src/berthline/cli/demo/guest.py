"""What is done inside and towards guests, from this machine: ssh, ping, a TCP connection."""

import base64
import http.client
import secrets
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

from berthline.cli.demo import plan
from berthline.cli.errors import CommandFailed

CONNECT_SECONDS: Final = 4.0
LOOK_SECONDS: Final = 0.5
PING_COUNT: Final = 3


class Guest:
    """A guest that is reached at ``address`` with the key of the demonstration."""

    def __init__(self, address: str, folder: plan.DemoFolder) -> None:
        self.address = address
        self._folder = folder

    def run(self, *words: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run a command in the guest by ssh; its shell reads ``words`` joined by spaces."""
        command = [
            "ssh",
            *("-F", "/dev/null", "-i", str(self._folder.key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
            *("-o", f"UserKnownHostsFile={self._folder.known_hosts}", "-o", "StrictHostKeyChecking=accept-new"),
            *("-o", "GlobalKnownHostsFile=/dev/null", "-o", f"ConnectTimeout={CONNECT_SECONDS:.0f}"),
            *("-o", "LogLevel=ERROR", f"root@{self.address}", "--", *words),
        ]
        try:
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 255, "", f"no answer within {seconds:g} s")

    def log_in(self) -> str:
        """The guest's own name, as soon as it lets us in. Raises CommandFailed after ``plan.LOG_IN_SECONDS``."""
        deadline = time.monotonic() + plan.LOG_IN_SECONDS
        while not opens(self.address, plan.SSH_PORT, LOOK_SECONDS) and time.monotonic() < deadline:
            time.sleep(0.05)
        while True:
            done = self.run("hostname")
            if done.returncode == 0:
                return done.stdout.strip()
            if time.monotonic() > deadline:
                raise CommandFailed(f"no login at {self.address} by ssh: {done.stderr.strip()}")
            time.sleep(0.3)

    def write(self, text: str, path: str) -> None:
        """Have a line in a file of the guest, and on its disk. Raises CommandFailed."""
        done = self.run("sh", "-c", f"'echo {text} >{path}; sync'")
        if done.returncode != 0:
            raise CommandFailed(f"{path} was not written in the guest: {done.stderr.strip()}")

    def fetch(self, target: str, path: str, wanted: str) -> str:
        """The page of another guest, asked for from within this one until it is there. Raises CommandFailed."""
        deadline = time.monotonic() + plan.LOG_IN_SECONDS
        while True:
            done = self.run("timeout", "4", "wget", "-q", "-O", "-", f"http://{target}/{path}")
            if done.stdout.strip() == wanted:
                return wanted
            if time.monotonic() > deadline:
                raise CommandFailed(f"http://{target}/{path} says {done.stdout.strip()!r}: {done.stderr.strip()}")
            time.sleep(0.3)

    def ping(self, target: str) -> str:
        """Ping another guest from within this one, once that one is up; ping's own summary.

        Raises CommandFailed when it never answers, or loses a packet once it does.
        """
        deadline = time.monotonic() + plan.LOG_IN_SECONDS
        while self.run("ping", "-c", "1", "-W", "1", target).returncode != 0:
            if time.monotonic() > deadline:
                raise CommandFailed(f"{target} does not answer to ping within {plan.LOG_IN_SECONDS:g} s")
        done = self.run("ping", "-c", str(PING_COUNT), "-W", "5", target)
        summary = [line.strip() for line in done.stdout.splitlines() if "packets" in line or "round-trip" in line]
        if f"{PING_COUNT} packets received" not in done.stdout:
            raise CommandFailed(f"ping to {target}: {'; '.join(summary) or done.stderr.strip()}")
        return "; ".join(summary)


def opens(address: str, port: int, seconds: float = CONNECT_SECONDS) -> bool:
    """True when a TCP connection to the port can be made within ``seconds``."""
    try:
        with socket.create_connection((address, port), seconds):
            return True
    except OSError:
        return False


def page(address: str, port: int) -> str:
    """The first page of the web server there. Raises CommandFailed."""
    connection = http.client.HTTPConnection(address, port, timeout=CONNECT_SECONDS)
    try:
        connection.request("GET", "/")
        return connection.getresponse().read(4096).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise CommandFailed(f"http://{address}:{port}/: {error}") from error
    finally:
        connection.close()


def make_key(path: Path) -> str:
    """A new ed25519 key pair at ``path`` unless one is there; the public key. Raises CommandFailed."""
    public = path.with_name(path.name + ".pub")
    if not path.exists():
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "berthline-demo", "-f", str(path)]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise CommandFailed("ssh-keygen is not installed: install openssh-client") from None
        if done.returncode != 0:
            raise CommandFailed(f"ssh-keygen: {done.stderr.strip()}")
    return public.read_text(encoding="utf-8").strip()


def keyless_public_key() -> str:
    """An ed25519 public key in OpenSSH's form (RFC 8709) that nobody can log in with: for guests that do not exist."""
    kind = b"ssh-ed25519"
    fields = (kind, secrets.token_bytes(32))
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return f"{kind.decode()} {base64.b64encode(blob).decode()} berthline-demo"
