"""Screens and serial consoles of a world's guests, for who looks at them from another process.

What a guest sends is asked for, a call after the other, each of which waits for some of it.
"""

import asyncio
import itertools
from typing import Final, Literal

from berthline.domain.errors import Refused
from berthline.domain.hypervisor import GuestStream

StreamKind = Literal["screen", "serial"]
WAIT_SECONDS: Final = 10.0
"""How long a call waits for something to be sent."""
MOST: Final = 256
"""Streams of one who looks; each has a call under way."""


class Streams:
    """What is open in a world, by who opened it."""

    def __init__(self) -> None:
        self._open: dict[object, dict[int, GuestStream]] = {}
        self._numbers = itertools.count(1)
        self._ending: set[asyncio.Task[None]] = set()

    def add(self, who: object, stream: GuestStream) -> int:
        """Keep a stream; returns its number. Raises Refused for one too many."""
        own = self._open.setdefault(who, {})
        if len(own) >= MOST:
            raise Refused(f"at most {MOST} consoles may be open at once; close one")
        number = next(self._numbers)
        own[number] = stream
        return number

    async def read(self, who: object, number: int) -> bytes | None:
        """What came; b"" at the end, None when nothing came for a while: ask again."""
        stream = self._open.get(who, {}).get(number)
        if stream is None:
            return b""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await stream.read()
        except TimeoutError:
            return None

    async def write(self, who: object, number: int, data: bytes) -> None:
        """Have the guest get this; nothing when it is closed."""
        if (stream := self._open.get(who, {}).get(number)) is not None:
            await stream.write(data)

    async def close(self, who: object, number: int) -> None:
        """Let one go."""
        own = self._open.get(who, {})
        if (stream := own.pop(number, None)) is not None:
            await stream.close()
        if not own:
            self._open.pop(who, None)

    def forget(self, who: object) -> None:
        """Let all go that somebody had, who is gone."""
        for number in tuple(self._open.get(who, ())):
            task = asyncio.ensure_future(self.close(who, number))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
