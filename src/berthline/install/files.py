"""Files, and blocks in files that are somebody else's."""

import re
from dataclasses import dataclass
from hashlib import sha256

from berthline.install.machine import Machine

Command = tuple[str, ...]


@dataclass(frozen=True)
class File:
    """A file with this content and these rights; ``after`` runs when it changed.

    Where ``edited`` is allowed, one that somebody changed since we wrote it is left to him.
    """

    path: str
    content: str
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    after: tuple[Command, ...] = ()
    edited: bool = False

    @property
    def name(self) -> str:
        """See Step."""
        return f"file {self.path}"

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        found = machine.read(self.path)
        if found is None:
            return "it is not there"
        if found != self.content and not (self.edited and _written(found) != _digest(_body(found))):
            return "it says something else"
        if not machine.has_rights(self.path, mode=self.mode, owner=self.owner, group=self.group):
            return f"it is not {self.owner}'s with mode {self.mode:04o}"
        return ""

    def before(self, machine: Machine) -> str | None:
        """Its content."""
        return machine.read(self.path)

    def do(self, machine: Machine) -> None:
        """See Step."""
        machine.write(self.path, self.content, mode=self.mode, owner=self.owner, group=self.group)
        for command in self.after:
            machine.run(*command)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        if before is None:
            machine.remove(self.path)
        else:
            machine.write(self.path, before)
        for command in self.after:
            machine.ask(*command)


def signed(text: str) -> str:
    """The text below a line by which is seen later whether somebody changed it."""
    return (
        f"# Written by `berthline install`, which leaves a file alone that was changed since: {_digest(text)}\n{text}"
    )


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _written(text: str) -> str:
    return text.partition("\n")[0].rpartition(" ")[2]


def _body(text: str) -> str:
    return text.partition("\n")[2]


@dataclass(frozen=True)
class Block:
    """Lines of ours at the end of a file of somebody else, between two marks; ``after`` runs when they changed."""

    path: str
    lines: tuple[str, ...]
    after: tuple[Command, ...] = ()

    BEGIN = "# berthline install: begin\n"
    END = "# berthline install: end\n"

    @property
    def name(self) -> str:
        """See Step."""
        return f"our lines in {self.path}"

    @property
    def _text(self) -> str:
        return self.BEGIN + "".join(f"{line}\n" for line in self.lines) + self.END

    def lacking(self, machine: Machine) -> str:
        """See Step."""
        return "" if self._text in (machine.read(self.path) or "") else "they are not there"

    def before(self, machine: Machine) -> str | None:
        """Nothing: the marks say which lines are ours."""

    def do(self, machine: Machine) -> None:
        """See Step."""
        theirs = self._without(machine)
        machine.write(self.path, theirs + ("" if not theirs or theirs.endswith("\n") else "\n") + self._text)
        for command in self.after:
            machine.run(*command)

    def undo(self, machine: Machine, before: str | None) -> None:
        """See Step."""
        if machine.read(self.path) is None:
            return
        machine.write(self.path, self._without(machine))
        for command in self.after:
            machine.ask(*command)

    def _without(self, machine: Machine) -> str:
        marked = re.escape(self.BEGIN) + r".*?" + re.escape(self.END)
        return re.sub(marked, "", machine.read(self.path) or "", flags=re.DOTALL)
