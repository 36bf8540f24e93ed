"""The host of this machine is one of the cloud's."""

import time
from dataclasses import dataclass
from typing import Final

from berthline.install.errors import InstallError
from berthline.install.machine import Machine

DATA: Final = "/var/lib/berthline/cloud"
READY_SECONDS: Final = 120.0
LOOK_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Answering:
    """The cloud answers whoever asks."""

    name = "the cloud answers"

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        asked = machine.ask("berthline", "host", "list", "--data", DATA)
        return (asked.said.strip().splitlines() or ["it does not"])[-1] if asked.status else ""

    def before(self, machine: Machine) -> str | None:
        """Nothing."""

    def do(self, machine: Machine) -> None:
        """Wait for it."""
        deadline = time.monotonic() + READY_SECONDS
        while why := self.lacking(machine):
            if time.monotonic() > deadline:
                raise InstallError(f"{why}; /var/log/berthline/berthline.log says why it does not start")
            time.sleep(LOOK_SECONDS)

    def undo(self, machine: Machine, before: str | None) -> None:
        """Nothing: the service is another step."""


@dataclass(frozen=True)
class Enrolled:
    """The host ``host`` is in the cloud, by its libvirt at ``uri``."""

    host: str
    uri: str
    userspace: bool = False

    @property
    def name(self) -> str:
        """See Step."""
        return f"host {self.host} of the cloud"

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        return "it is not one" if machine.ask("berthline", "host", "show", self.host, "--data", DATA).status else ""

    def before(self, machine: Machine) -> str | None:
        """Nothing."""

    def do(self, machine: Machine) -> None:
        """See Step."""
        more = ("--userspace-datapath",) if self.userspace else ()
        machine.run("berthline", "host", "add", self.host, "--uri", self.uri, "--data", DATA, *more)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step. Raises InstallError while servers are on it."""
        if not self.lacking(machine):
            machine.run("berthline", "host", "remove", self.host, "--data", DATA)
