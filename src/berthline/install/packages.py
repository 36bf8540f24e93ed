"""Packages of Debian."""

from dataclasses import dataclass

from berthline.install.machine import Machine


@dataclass(frozen=True)
class Packages:
    """These packages, for ``purpose``. Those that were there before stay when it is taken back."""

    purpose: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """See Step."""
        return f"packages of {self.purpose}"

    def _absent(self, machine: Machine) -> list[str]:
        shown = machine.ask("dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *self.names).said
        there = {line.split()[0] for line in shown.splitlines() if line.endswith(" installed")}
        return [name for name in self.names if name not in there]

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        absent = self._absent(machine)
        return f"not installed: {', '.join(absent)}" if absent else ""

    def before(self, machine: Machine) -> str:
        """Those that are not there."""
        return " ".join(self._absent(machine))

    def do(self, machine: Machine) -> None:
        """See Step."""
        if machine.ask("apt-cache", "show", *self._absent(machine)).status:
            machine.run("apt-get", "-q", "-y", "update")
        wait = ("-o", "DPkg::Lock::Timeout=300")
        machine.run("apt-get", "-q", "-y", *wait, "install", "--no-install-recommends", *self.names)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        ours = [name for name in (before or "").split() if name not in self._absent(machine)]
        if ours:
            machine.run("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "remove", *ours)
