"""Screens and serial consoles of simulated guests."""

import asyncio
from collections.abc import Callable
from typing import Final

from berthline.domain.hypervisor import GuestStream
from berthline.domain.ids import ServerId
from berthline.hypervisor.console import last_lines
from berthline.hypervisor.in_memory.base import Verbs
from berthline.hypervisor.in_memory.screen import Screen
from berthline.hypervisor.in_memory.terminal import Terminal

MOST_UNREAD: Final = 10_000
"""Writes that wait for who looks; what is said after that is lost on a line that nobody reads."""


class Serial:
    """The serial console of a guest, for one who looks at it. Fits ``GuestStream``."""

    def __init__(self, terminal: Terminal, takes_keys: Callable[[], bool]) -> None:
        self._terminal = terminal
        self._takes_keys = takes_keys
        self._out: list[str] = []
        self._news = asyncio.Event()
        self._ended = False
        terminal.read_by(self)

    async def read(self) -> bytes:
        while not self._out and not self._ended:
            self._news.clear()
            await self._news.wait()
        sent, self._out = "".join(self._out), []
        return sent.encode()

    async def write(self, data: bytes) -> None:
        if not self._ended and self._takes_keys():
            self._terminal.type(data.decode(errors="replace"))

    async def close(self) -> None:
        self.end()

    def end(self) -> None:
        """The guest is off, or somebody else has it, or nobody looks any more."""
        self._terminal.forget(self)
        self._ended = True
        self._news.set()

    def written(self, text: str) -> None:
        """The guest, or its echo, says this."""
        if len(self._out) < MOST_UNREAD:
            self._out.append(text)
        self._news.set()


class ConsoleVerbs(Verbs):
    """See ``domain.hypervisor.Hypervisor``."""

    async def console_output(self, server_id: ServerId, lines: int | None) -> bytes:
        terminal = self._terminals.get(server_id)
        kept = "".join(line + "\n" for line in terminal.lines) if terminal else ""
        return last_lines(kept.encode(), lines)

    async def open_screen(self, server_id: ServerId) -> GuestStream:
        guest = self._guest_that_is_on(server_id)
        return Screen(self._terminals[server_id], f"simulated {guest.name}", self._takes_keys(server_id))

    async def open_serial(self, server_id: ServerId) -> GuestStream:
        self._guest_that_is_on(server_id)
        terminal = self._terminals[server_id]
        terminal.hang_up(Serial)
        return Serial(terminal, self._takes_keys(server_id))

    def _takes_keys(self, server_id: ServerId) -> Callable[[], bool]:
        def takes() -> bool:
            guest = self._guests.get(server_id)
            return guest is not None and guest.power == "running"

        return takes
