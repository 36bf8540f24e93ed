"""How the demonstration tells where it is: a live line on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class Note(Protocol):
    """What a step may tell while it runs and leave as its result."""

    result: str

    def now(self, text: str) -> None:
        """Say what is being waited for."""
        ...


class _Note:
    def __init__(self, title: str, status: Status | None) -> None:
        self.result = ""
        self._title = title
        self._status = status

    def now(self, text: str) -> None:
        if self._status is not None:
            self._status.update(f"{escape(self._title)} [dim]{escape(text)}[/dim]")


class Progress:
    """Tells each step with its seconds. ``console`` None writes to standard output."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=True)
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the demonstration began."""
        return time.monotonic() - self.started

    @contextmanager
    def step(self, title: str) -> Iterator[Note]:
        """Run one step; its title, seconds and result are told when it ends, and that it failed when it does."""
        began = time.monotonic()
        status = self.console.status(escape(title)) if self.console.is_terminal else None
        note = _Note(title, status)
        if status is not None:
            status.start()
        try:
            yield note
        except BaseException:
            self._told(status, "[red]✗[/red]", title, began, "failed")
            raise
        self._told(status, "[green]✓[/green]", title, began, note.result)

    def say(self, text: str = "") -> None:
        """One line that is no step."""
        self.console.print(escape(text))

    def _told(self, status: Status | None, mark: str, title: str, began: float, result: str) -> None:
        if status is not None:
            status.stop()
        seconds = time.monotonic() - began
        self.console.print(f"{mark} {escape(title):<32} {seconds:7.2f} s  {escape(result)}".rstrip())
