"""What a client was told, and so what must be true of the cloud: the judge's only source."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["server", "port", "floatingip"]
Standing = Literal["there", "going", "gone"]
"""``going``: its delete was sent, and nobody knows whether it was taken."""


@dataclass
class Thing:
    """One thing that a client made and was told of. ``revision`` is the highest that it was shown."""

    kind: Kind
    id: str
    project: str
    standing: Standing = "there"
    revision: int = -1
    nics: set[str] = field(default_factory=set)
    """Of a server: ports that it has, as was acknowledged."""
    maybe: set[str] = field(default_factory=set)
    """Of a server: ports whose going was sent, and nobody knows whether it was taken."""
    port: str | None = None
    """Of a floating IP: where it leads; ``port_unsure`` when a change was sent and not answered."""
    port_unsure: bool = False

    def heard(self, revision: int) -> str | None:
        """Note a revision; what is wrong with it, or None."""
        before, self.revision = self.revision, max(revision, self.revision)
        if revision < before:
            return f"{self.kind} {self.id}: revision {revision} after {before}"
        return None


@dataclass
class Journal:
    """Of one client, and written by it alone."""

    project: str
    things: dict[str, Thing] = field(default_factory=dict)
    unanswered: list[tuple[Kind, str]] = field(default_factory=list)
    """Creates that were never answered, by the name that was asked for."""
    wrong: list[str] = field(default_factory=list)
    """What could not be true by what was acknowledged before."""
    acknowledged: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    unknown: int = 0

    def alive(self, kind: Kind) -> list[Thing]:
        """What there is to work on."""
        return [thing for thing in self.things.values() if thing.kind == kind and thing.standing == "there"]

    def all_of(self, kind: Kind) -> list[Thing]:
        """Everything of the kind that ever was acknowledged."""
        return [thing for thing in self.things.values() if thing.kind == kind]
