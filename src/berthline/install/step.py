"""Steps: each knows whether it is done, does it, and takes it back; and lists of them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from berthline.install.certificates.steps import Certificate
from berthline.install.errors import InstallError
from berthline.install.machine import Machine


class Step(Protocol):
    """One thing that a machine is to have. ``name`` tells it from all others, to people and in the record."""

    @property
    def name(self) -> str: ...

    def lacking(self, machine: Machine) -> str:
        """Why it is not there yet, in words; "" when it is. Changes nothing."""

    def before(self, machine: Machine) -> str | None:
        """What is there now that ``undo`` will need."""

    def do(self, machine: Machine) -> None:
        """Have it. Raises InstallError."""

    def undo(self, machine: Machine, before: str | None) -> None:
        """Have what was there before; may be repeated. Raises InstallError."""


Tell = Callable[[str], None]


def check(machine: Machine, steps: Sequence[Step], tell: Tell) -> int:
    """Tell what is there and what is missing; how much is missing. Changes nothing."""
    missing = 0
    for step in steps:
        why = step.lacking(machine)
        missing += bool(why)
        tell(f"missing  {step.name}: {why}" if why else f"there    {step.name}")
    return missing


def install(machine: Machine, steps: Sequence[Step], tell: Tell) -> int:
    """Have all of the steps, in order; how many had to be done. Raises InstallError at the first that fails."""
    changed = 0
    for step in steps:
        why = step.lacking(machine)
        if not why:
            continue
        tell(f"doing    {step.name}: {why}")
        machine.record.note(step.name, step.before(machine))
        step.do(machine)
        if still := step.lacking(machine):
            raise InstallError(f"{step.name}: it was done, and yet {still}")
        changed += 1
    return changed


def renew(machine: Machine, steps: Sequence[Step], tell: Tell) -> int:
    """Make every certificate of ours anew, and have what shows it read it; how many. Raises InstallError."""
    renewed = 0
    for step in steps:
        if isinstance(step, Certificate) and step.name in machine.record.made:
            tell(f"doing    {step.name}: anew")
            step.do(machine)
            renewed += 1
    return renewed


def remove(machine: Machine, steps: Sequence[Step], tell: Tell) -> int:
    """Take back what we made, newest first, and nothing else; how much it was. Raises InstallError."""
    by_name = {step.name: step for step in steps}
    taken = 0
    for name in reversed(machine.record.made):
        step = by_name.get(name)
        if step is None:
            tell(f"left     {name}: this version does not know it")
            continue
        tell(f"undoing  {name}")
        step.undo(machine, machine.record.before(name))
        machine.record.forget(name)
        taken += 1
    return taken
