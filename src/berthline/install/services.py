"""Units of systemd: on, and off."""

from dataclasses import dataclass

from berthline.install.machine import Machine


@dataclass(frozen=True)
class Running:
    """A unit runs now and after each start of the machine. ``stopped_first``: one that may not run meanwhile."""

    unit: str
    stopped_first: str = ""

    @property
    def name(self) -> str:
        """See Step."""
        return f"service {self.unit}"

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        enabled = _state(machine, "is-enabled", self.unit)
        if enabled not in {"enabled", "static", "alias", "enabled-runtime"}:
            return f"it is {enabled}"
        active = _state(machine, "is-active", self.unit)
        return "" if active == "active" else f"it is {active}"

    def before(self, machine: Machine) -> str:
        """Whether it was enabled, and whether it ran."""
        return " ".join(_state(machine, verb, self.unit) for verb in ("is-enabled", "is-active"))

    def do(self, machine: Machine) -> None:
        """See Step."""
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "enable", self.unit)
        if self.stopped_first:
            machine.run("systemctl", "stop", self.stopped_first)
        machine.run("systemctl", "start", self.unit)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        enabled, _, active = (before or "").partition(" ")
        if active != "active":
            machine.ask("systemctl", "stop", self.unit)
        if enabled == "disabled":
            machine.ask("systemctl", "disable", self.unit)


@dataclass(frozen=True)
class Off:
    """A unit does not run, not after a start either: ``why`` not."""

    unit: str
    why: str

    @property
    def name(self) -> str:
        """See Step."""
        return f"no service {self.unit}"

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        on = {_state(machine, "is-enabled", self.unit), _state(machine, "is-active", self.unit)}
        return self.why if on & {"enabled", "active", "enabled-runtime"} else ""

    def before(self, machine: Machine) -> str:
        """Whether it was enabled."""
        return _state(machine, "is-enabled", self.unit)

    def do(self, machine: Machine) -> None:
        """See Step."""
        machine.run("systemctl", "disable", "--now", self.unit)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        if before == "enabled":
            machine.ask("systemctl", "enable", self.unit)


def _state(machine: Machine, verb: str, unit: str) -> str:
    return (machine.ask("systemctl", verb, unit).said.split() or ["unknown"])[0]
