"""What a saga is made of: effects with their undo, waits, and commits.

A saga's input holds every id that its effects use, chosen before the first of them. So a step needs nothing from the
steps before it, an undo never has to ask what was made, and a lost reply costs nothing. Every ``do`` and ``undo`` may
run again with the same input after a crash and must then come to the same end.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

Input = TypeVar("Input")
Tx = TypeVar("Tx")


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why a saga unwinds, in a form that survives a restart.

    ``step`` is where it happened, ``type`` the error's name.
    """

    status: int
    type: str
    message: str
    step: str


@dataclass(frozen=True)
class Effect(Generic[Input]):
    """A change of the outside world. ``undo`` None needs ``why_no_undo``.

    ``attempts`` is how often a Transient error is tried before the saga unwinds. ``joins``: its intent is recorded
    together with that of the step before it, so that it may begin without a commit of its own. ``final``: what was
    asked for is done and told by then; nobody's wish and no error turns the saga back here, it is tried until it works.
    """

    name: str
    do: Callable[[Input], Awaitable[None]]
    undo: Callable[[Input], Awaitable[None]] | None
    why_no_undo: str = ""
    attempts: int = 6
    joins: bool = False
    final: bool = False

    def __post_init__(self) -> None:
        if self.undo is None and not self.why_no_undo:
            raise ValueError(f"effect {self.name} has no undo and does not say why")


@dataclass(frozen=True)
class Ready:
    """The wait is over."""


@dataclass(frozen=True)
class NotYet:
    """Not ready: ``state`` says of each thing waited for how it stands; look again after ``retry_after`` seconds."""

    state: str
    retry_after: float = 0.5


@dataclass(frozen=True)
class Wait(Generic[Input]):
    """A condition looked at until it holds; no thread or task is held between looks.

    Level-triggered: ``check`` asks how things are now. A wake-up (``Engine.wake``) brings the next look forward.
    After ``deadline`` seconds the saga unwinds with DeadlineExceeded, whose message holds the last ``NotYet.state``;
    where the wait ``lapses`` it goes on instead, and the next step is for either case.
    ``joins`` as for an effect: a wait that is soon over is not recorded before it is.
    """

    name: str
    check: Callable[[Input], Awaitable[Ready | NotYet]]
    deadline: float
    joins: bool = False
    lapses: bool = False


@dataclass(frozen=True)
class Commit(Generic[Input, Tx]):
    """A change of our own store, in the same transaction as the record that the step is done: it needs no undo."""

    name: str
    apply: Callable[[Tx, Input], None]


Step = Effect[Input] | Wait[Input] | Commit[Input, Tx]


@dataclass(frozen=True)
class Definition(Generic[Input, Tx]):
    """A kind of saga. ``input_type`` is a msgspec Struct.

    ``undone`` runs in the transaction that ends an unwound saga, with the error that made it unwind: there the store is
    brought back: what the transaction that wrote the saga row took is given back.
    """

    kind: str
    input_type: type[Input]
    steps: tuple[Step[Input, Tx], ...]
    undone: Callable[[Tx, Input, Failure], None]

    def last_intended(self, position: int) -> int:
        """The last step whose intent is recorded where a record stands at ``position``."""
        while self.joins(position + 1):
            position += 1
        return position

    def joins(self, position: int) -> bool:
        """Whether the intent of the step here was recorded with that of the step before it."""
        step = self.steps[position] if position < len(self.steps) else None
        return isinstance(step, (Effect, Wait)) and step.joins
