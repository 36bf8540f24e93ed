"""The bridge as a step: moved, seen to work, written for the next start; or all of it taken back."""

import time
from dataclasses import dataclass
from typing import Final

import msgspec

from berthline.install.errors import InstallError
from berthline.install.machine import Machine
from berthline.install.provider_bridge import guard, moving, written
from berthline.install.provider_bridge.moving import Way

PENDING: Final = "/run/berthline-provider-bridge.json"
LOOK_SECONDS: Final = 0.5


class _Before(msgspec.Struct, frozen=True):
    """What is put back: how the NIC was reached, and what files said."""

    way: Way
    files: dict[str, str | None]


@dataclass(frozen=True)
class ProviderBridge:
    """The NIC is in the bridge, which has its addresses. ``datapath`` is the bridge's type; "": the kernel's.

    ``seconds``: how long the way out may take to work over the bridge before everything is taken back.
    """

    nic: str
    bridge: str
    datapath: str
    seconds: float = 30.0

    @property
    def name(self) -> str:
        """See Step."""
        return f"bridge {self.bridge} with {self.nic} in it"

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        ports = machine.ask("ovs-vsctl", "--timeout=20", "list-ports", self.bridge)
        return "" if ports.status == 0 and self.nic in ports.said.split() else "it is not there"

    def before(self, machine: Machine) -> str:
        """How the NIC is reached, and what the files say that will change."""
        way = moving.way_of(machine, self.nic, self.bridge, self.datapath)
        files = written.files_of(machine, way, written.manager_of(machine, self.nic))
        before = _Before(way, {path: machine.read(path) for path in files})
        return msgspec.json.encode(before).decode()

    def do(self, machine: Machine) -> None:
        """See Step. Raises InstallError when the way out does not work over it; it is as it was, then."""
        way = moving.way_of(machine, self.nic, self.bridge, self.datapath)
        worked = moving.answers(machine, way)
        manager = written.manager_of(machine, self.nic)
        machine.write(PENDING, msgspec.json.encode(way).decode(), mode=0o600)
        guard.start(machine, machine.place(PENDING), self.seconds)
        try:
            for command in moving.forward(way):
                done = machine.ask(*command)
                if done.status and command[:3] != ("ip", "address", "del"):
                    raise InstallError(f"{' '.join(command)}: {done.said.strip()}")
            if worked and not self._works(machine, way):
                whom = f"the gateway {way.gateway}" if way.gateway else f"the link of {self.nic}"
                raise InstallError(
                    f"{whom} did not answer over {self.bridge} within {self.seconds:.0f} s: everything is as it was"
                )
        except InstallError:
            guard.take_back(machine, way)
            machine.remove(PENDING)
            machine.record.forget(self.name)
            raise
        machine.remove(PENDING)
        written.write(machine, written.files_of(machine, way, manager))

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        known = msgspec.json.decode(before or "", type=_Before)
        guard.take_back(machine, known.way)
        written.put_back(machine, known.files)

    def _works(self, machine: Machine, way: Way) -> bool:
        deadline = time.monotonic() + self.seconds
        while not moving.answers(machine, way):
            if time.monotonic() > deadline:
                return False
            time.sleep(LOOK_SECONDS)
        return True
