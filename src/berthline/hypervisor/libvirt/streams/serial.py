"""A guest's serial console in one of libvirt's streams: read on libvirt's thread, written on those of calls."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from berthline.domain.errors import OutsideError
from berthline.hypervisor.libvirt import binding
from berthline.hypervisor.libvirt.binding import Connection, EventStream, libvirt_error
from berthline.hypervisor.libvirt.connection import Host

CHUNK: Final = 1 << 16
MOST_UNREAD: Final = 1 << 18
"""Bytes that wait for the reader; then no more is taken from the host until there are fewer."""
WAIT_SECONDS: Final = 0.01
"""How long a host that takes no more is left alone."""


class SerialStream:
    """Fits ``GuestStream``. Made on a thread that may call libvirt; ``loop`` is the reader's."""

    def __init__(self, host: Host, stream: EventStream, loop: asyncio.AbstractEventLoop) -> None:
        self._host = host
        self._stream = stream
        self._loop = loop
        self._lock = threading.Lock()
        self._came: deque[bytes] = deque()
        self._unread = 0
        self._paused = False
        self._ended = False
        self._news = asyncio.Event()
        stream.eventAddCallback(binding.STREAM_READABLE | binding.STREAM_ENDED, self._event, None)

    async def read(self) -> bytes:
        while True:
            with self._lock:
                data = b"".join(self._came)
                self._came.clear()
                self._unread = 0
                ended, goes_on = self._ended, self._paused
                self._paused = False
                self._news.clear()
            if goes_on and not ended:
                await self._run(lambda _: self._listen(binding.STREAM_READABLE | binding.STREAM_ENDED))
            if data or ended:
                return data
            await self._news.wait()

    async def write(self, data: bytes) -> None:
        while data and not self._ended:
            rest = data

            def work(_: Connection, rest: bytes = rest) -> int:
                try:
                    return self._stream.send(rest)
                except libvirt_error:
                    self._end()  # the guest is off, or somebody else has its console
                    return len(rest)

            sent = await self._host.run("write to a console", work)
            if sent == binding.NOTHING_NOW:
                await asyncio.sleep(WAIT_SECONDS)
            else:
                data = data[sent:]

    async def close(self) -> None:
        self._end()
        await self._run(lambda _: self._let_go())

    async def _run(self, work: Callable[[Connection], None]) -> None:
        with suppress(OutsideError):
            await self._host.run("attend to a console", work)

    # On libvirt's threads.

    def _event(self, stream: EventStream, events: int, _opaque: None) -> None:
        over = bool(events & binding.STREAM_ENDED)
        try:
            if events & binding.STREAM_READABLE:
                over = not self._take(stream) or over
        except libvirt_error:
            over = True
        if over:
            self._end()
            self._let_go()

    def _take(self, stream: EventStream) -> bool:
        """Keep what is there, as far as the reader has room for it. False at the end."""
        while (data := stream.recv(CHUNK)) != binding.NOTHING_NOW:
            if not isinstance(data, bytes) or not data:
                return False
            if self._took(data):
                break
        return True

    def _took(self, data: bytes) -> bool:
        """Keep it for the reader. True when that is enough for now."""
        with self._lock:
            self._came.append(data)
            self._unread += len(data)
            self._paused = self._unread > MOST_UNREAD
            enough = self._paused
        if enough:
            self._listen(binding.STREAM_ENDED)
        self._wake()
        return enough

    def _listen(self, events: int) -> None:
        with suppress(libvirt_error):
            self._stream.eventUpdateCallback(events)

    def _let_go(self) -> None:
        with suppress(libvirt_error):
            self._stream.eventRemoveCallback()
        with suppress(libvirt_error):
            self._stream.abort()

    def _end(self) -> None:
        with self._lock:
            self._ended = True
        self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._news.set)
