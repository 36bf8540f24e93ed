"""The wire between Berthline and a remote host: it can be cut, left silent, and mended.

A listening socket on this side's loopback; what comes in is carried to an address in a network namespace.
Everything runs on a thread and an event loop of its own: the tests' loop may be held up without stopping the line.
"""

import asyncio
import ctypes
import os
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
CLONE_NEWNET = 0x40000000
CHUNK = 256 * 1024


class Line:
    """One wire to one port. `port` is where this side connects.

    Args:
        namespace: the network namespace of the far end.
        far_end: address and port there.
    """

    def __init__(self, namespace: Path, far_end: tuple[str, int]) -> None:
        self._far_end = far_end
        # A socket stays in the network namespace that its maker was in: only this one thread goes there.
        self._far_side = ThreadPoolExecutor(1, initializer=_enter, initargs=(namespace,))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line")
        self._thread.start()
        self._calls: set[asyncio.Task[None]] = set()
        self._broken = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._accepted = 0
        self._server = self._on_loop(asyncio.start_server(self._carry, LOOPBACK, 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def accepted(self) -> int:
        """How many connections this side has made so far."""
        return self._accepted

    @property
    def open(self) -> int:
        """How many of them are there now."""
        return len(self._calls)

    def cut(self) -> None:
        """End every connection, as a reset does, and every new one at once, until `mend`."""

        async def cut() -> None:
            self._broken = True
            await self._hang_up()

        self._on_loop(cut())

    def hold(self) -> None:
        """Carry nothing more, and keep every connection: neither end is told. New ones are accepted and stay silent."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def mend(self) -> None:
        """Carry again; what was held comes through."""

        async def mend() -> None:
            self._broken = False
            self._flowing.set()

        self._on_loop(mend())

    def close(self) -> None:
        """Take it away; nothing is left."""

        async def close() -> None:
            self._server.close()
            await self._hang_up()

        self._on_loop(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._far_side.shutdown()

    def _on_loop(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _hang_up(self) -> None:
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.current_task()
        assert call is not None
        self._calls.add(call)
        self._accepted += 1
        with suppress(OSError):
            try:
                if not self._broken:
                    await self._carry_on(reader, writer)
            except asyncio.CancelledError:
                writer.transport.abort()
            finally:
                self._calls.discard(call)
                writer.close()

    async def _carry_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far = await self._loop.run_in_executor(self._far_side, self._dial)
        far_reader, far_writer = await asyncio.open_connection(sock=far)
        pumps = [self._loop.create_task(self._pump(*way)) for way in ((reader, far_writer), (far_reader, writer))]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            far_writer.close()
        except asyncio.CancelledError:
            far_writer.transport.abort()
            raise
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK):
            await self._flowing.wait()
            writer.write(chunk)
            await writer.drain()

    def _dial(self) -> socket.socket:
        return socket.create_connection(self._far_end)


def _enter(namespace: Path) -> None:
    """Move the calling thread, and it alone, into the network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with namespace.open() as file:
        if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
