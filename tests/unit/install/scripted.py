"""A machine of a folder, whose commands are answered by what a test says."""

from collections.abc import Callable
from pathlib import Path

from berthline.install.machine import Done, Machine

Answer = Callable[[tuple[str, ...]], str | Done]


class Scripted:
    """Fits ``Commands``: notes what is run, and answers it."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.run_so_far: list[str] = []

    def run(self, words: tuple[str, ...]) -> Done:
        """See Commands.run."""
        self.run_so_far.append(" ".join(words))
        answered = self._answer(words)
        return answered if isinstance(answered, Done) else Done(0, answered)


def machine_of(folder: Path, answer: Answer = lambda _words: "") -> tuple[Machine, Scripted]:
    """The machine, and what was run on it."""
    commands = Scripted(answer)
    return Machine(folder, commands), commands
