"""One serial console of a guest for all who look at it in this process."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from berthline.domain.errors import OutsideError
from berthline.domain.hypervisor import GuestStream

RECENT: Final = 1 << 15
"""Bytes that who comes later is shown of what was said before."""
MOST_UNREAD: Final = 1 << 20
"""Bytes that wait for one who looks; one who is slower than that is let go, so that the others need not wait."""


class Watcher:
    """One who looks. Fits ``GuestStream``."""

    def __init__(self, shared: "SharedSerial", shown: bytes) -> None:
        self._shared = shared
        self._came = deque([shown] if shown else [])
        self._unread = len(shown)
        self._news = asyncio.Event()
        self._ended = False

    async def read(self) -> bytes:
        while not self._came and not self._ended:
            self._news.clear()
            await self._news.wait()
        data, self._unread = b"".join(self._came), 0
        self._came.clear()
        return data

    async def write(self, data: bytes) -> None:
        if not self._ended:
            await self._shared.write(data)

    async def close(self) -> None:
        self.end()
        await self._shared.leave(self)

    def put(self, data: bytes) -> None:
        """The guest says this."""
        self._came.append(data)
        self._unread += len(data)
        if self._unread > MOST_UNREAD:
            self._came.clear()
            self.end()
        self._news.set()

    def end(self) -> None:
        """There is no more to come."""
        self._ended = True
        self._news.set()


class SharedSerial:
    """A guest's serial console, open while somebody looks. Everybody sees all; what each types goes to the guest."""

    def __init__(self, opened: Callable[[], Awaitable[GuestStream]]) -> None:
        self._opened = opened
        self._opening = asyncio.Lock()
        self._stream: GuestStream | None = None
        self._watchers: set[Watcher] = set()
        self._recent = b""
        self._pump: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Nobody looks, or is about to."""
        return not self._watchers and not self._opening.locked()

    async def join(self) -> Watcher:
        """Look, too. Raises Refused and Transient as ``open_serial``."""
        async with self._opening:
            if self._stream is None:
                self._stream = await self._opened()
                self._recent = b""
                self._pump = asyncio.create_task(self._pass_on(self._stream), name="serial console")
            watcher = Watcher(self, self._recent)
            self._watchers.add(watcher)
            return watcher

    async def write(self, data: bytes) -> None:
        """Have the guest get this."""
        if self._stream is not None:
            await self._stream.write(data)

    async def leave(self, watcher: Watcher) -> None:
        """Look no more; the last one lets the console go."""
        async with self._opening:
            self._watchers.discard(watcher)
            if self._watchers or self._stream is None:
                return
            stream, self._stream, pump = self._stream, None, self._pump
            await stream.close()
            if pump is not None:
                await pump

    async def _pass_on(self, stream: GuestStream) -> None:
        try:
            while data := await stream.read():
                self._recent = (self._recent + data)[-RECENT:]
                for watcher in tuple(self._watchers):
                    watcher.put(data)
        except OutsideError:
            pass  # the way to the host broke, which is the end as well
        finally:
            if self._stream is stream:
                self._stream = None
            for watcher in tuple(self._watchers):
                watcher.end()
            await stream.close()
