"""Programs of a private stack: each started in the foreground with a log of its own, and stopped by its id."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

STOP_LIMIT = 15.0
KEEPING = frozenset({"mariadb", "rabbitmq", "epmd"})
"""The programs that the others keep their data in."""

START_LIMIT = 180.0
LOG_TAIL = 3000


class StackFailed(Exception):
    """The stack could not be installed, started or asked; the message says which part and holds the end of its log."""


def free_port() -> int:
    """A TCP port of the loopback interface that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Programs:
    """Programs that run until ``stop``, or until the thread that started them ends, however it ends.

    Attributes:
        logs: where each program's output goes, one file each.
        environment: the environment of all of them.
    """

    logs: Path
    environment: Mapping[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str], extra: Mapping[str, str] | None = None) -> None:
        """Start a program as the leader of a process group of its own. Raises StackFailed."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            try:
                self.running[name] = subprocess.Popen(
                    ("setpriv", "--pdeathsig", "TERM", *command),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env={**self.environment, **(extra or {})},
                    start_new_session=True,
                )
            except OSError as error:
                raise StackFailed(f"{name} cannot be started: {error}") from error

    def run(self, name: str, command: Sequence[str], *, said: str = "", extra: Mapping[str, str] | None = None) -> str:
        """Run a program to its end, with ``said`` as its input, and answer what it printed. Raises StackFailed."""
        self.logs.mkdir(parents=True, exist_ok=True)
        environment = {**self.environment, **(extra or {})}
        done = subprocess.run(command, input=said, capture_output=True, text=True, env=environment, check=False)
        with (self.logs / f"{name}.log").open("a") as log:
            log.write(done.stdout + done.stderr)
        if done.returncode:
            raise StackFailed(f"{name} ended with {done.returncode}: {(done.stdout + done.stderr)[-LOG_TAIL:]}")
        return done.stdout

    def wait(self, name: str, ready: Callable[[], bool], limit: float = START_LIMIT) -> None:
        """Wait until a started program is ready. Raises StackFailed when it ends before, or takes too long."""
        deadline = time.monotonic() + limit
        while not ready():
            ended = self.running[name].poll()
            if ended is not None:
                raise StackFailed(f"{name} ended with {ended}: {self.tail(name)}")
            if time.monotonic() > deadline:
                raise StackFailed(f"{name} was not ready after {limit:.0f} s: {self.tail(name)}")
            time.sleep(0.05)

    def tail(self, name: str) -> str:
        """The end of a program's log."""
        with contextlib.suppress(OSError):
            return (self.logs / f"{name}.log").read_text(errors="replace")[-LOG_TAIL:]
        return ""

    def process_ids(self) -> list[int]:
        """The ids of the programs that were started; their children are not among them."""
        return [process.pid for process in self.running.values()]

    def stop(self) -> None:
        """Stop every program with all of its children: first those that keep nothing, side by side, then the others."""
        for keeping in (False, True):
            wave = [name for name in self.running if (name in KEEPING) == keeping]
            stop_groups([self.running.pop(name) for name in reversed(wave)])


def stop_groups(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End processes and every process of their groups: asked first, killed when that takes too long."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_LIMIT
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(url: str) -> bool:
    """Whether something speaks HTTP there, whatever it says."""
    try:
        httpx.get(url, timeout=30, trust_env=False)
    except httpx.TransportError:
        return False
    return True
