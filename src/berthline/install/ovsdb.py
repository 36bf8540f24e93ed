"""What OVN's databases and the switch are told: where they listen, by which certificate, what the host is called."""

import json
from dataclasses import dataclass
from typing import Literal

from berthline.install.machine import Machine

Control = Literal["ovn-nbctl", "ovn-sbctl", "ovs-vsctl"]


@dataclass(frozen=True)
class Listening:
    """A database is reached by TLS at this place, ``pssl:PORT`` or ``pssl:PORT:ADDRESS``, beside where it was."""

    control: Control
    place: str

    @property
    def name(self) -> str:
        """See Step."""
        return f"{self.control}: listens at {self.place}"

    @property
    def _noun(self) -> str:
        return "manager" if self.control == "ovs-vsctl" else "connection"

    def _there(self, machine: Machine) -> list[str]:
        return machine.ask(self.control, "--timeout=20", f"get-{self._noun}").said.split()

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        return "" if self.place in self._there(machine) else "it does not"

    def before(self, machine: Machine) -> str:
        """Where it listened."""
        return " ".join(self._there(machine))

    def do(self, machine: Machine) -> None:
        """See Step."""
        machine.run(self.control, "--timeout=20", f"set-{self._noun}", *self._there(machine), self.place)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        left = [place for place in self._there(machine) if place != self.place]
        verb = f"set-{self._noun}" if left else f"del-{self._noun}"
        machine.ask(self.control, "--timeout=20", verb, *left)


@dataclass(frozen=True)
class Keys:
    """A database shows this certificate, and believes whom this authority signed."""

    control: Control
    key: str
    certificate: str
    authority: str

    @property
    def name(self) -> str:
        """See Step."""
        return f"{self.control}: certificate {self.certificate}"

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        said = machine.ask(self.control, "--timeout=20", "get-ssl")
        if said.status:
            return said.said.strip() or "it does not answer"
        wanted = (self.key, self.certificate, self.authority)
        return "" if all(path in said.said for path in wanted) else "it shows another one"

    def before(self, machine: Machine) -> str | None:
        """Nothing that would be put back: a certificate of others would not fit what listens by it now."""

    def do(self, machine: Machine) -> None:
        """See Step."""
        machine.run(self.control, "--timeout=20", "set-ssl", self.key, self.certificate, self.authority)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        machine.ask(self.control, "--timeout=20", "del-ssl")


@dataclass(frozen=True)
class Switch:
    """The switch tells OVN's controller these things (``external_ids``)."""

    ids: tuple[tuple[str, str], ...]

    name = "switch: what OVN is told of this host"

    def _there(self, machine: Machine) -> dict[str, str]:
        said = machine.ask(
            "ovs-vsctl", "--timeout=20", "--format=json", "--columns=external_ids", "list", "Open_vSwitch"
        )
        if said.status:
            return {}
        rows = json.loads(said.said)["data"]
        return dict(rows[0][0][1]) if rows else {}

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        there = self._there(machine)
        other = [key for key, value in self.ids if there.get(key) != value]
        return f"{', '.join(other)}: not so yet" if other else ""

    def before(self, machine: Machine) -> str:
        """What it told, of these things."""
        there = self._there(machine)
        return json.dumps({key: there.get(key) for key, _ in self.ids})

    def do(self, machine: Machine) -> None:
        """See Step."""
        values = [f"external_ids:{key}={json.dumps(value)}" for key, value in self.ids]
        machine.run("ovs-vsctl", "--timeout=20", "set", "Open_vSwitch", ".", *values)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        known = json.loads(before or "{}")
        back = [f"external_ids:{key}={json.dumps(value)}" for key, value in known.items() if value is not None]
        gone = [key for key, value in known.items() if value is None]
        if back:
            machine.ask("ovs-vsctl", "--timeout=20", "set", "Open_vSwitch", ".", *back)
        if gone:
            machine.ask("ovs-vsctl", "--timeout=20", "remove", "Open_vSwitch", ".", "external_ids", *gone)
