"""A screen behind a socket."""

import asyncio
from contextlib import suppress
from typing import Final

CHUNK: Final = 1 << 18


class SocketStream:
    """Fits ``GuestStream``; a socket that breaks is at its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        try:
            return await self._reader.read(CHUNK)
        except OSError:
            return b""

    async def write(self, data: bytes) -> None:
        with suppress(OSError):
            self._writer.write(data)
            await self._writer.drain()

    async def close(self) -> None:
        self._writer.close()
        self._reader.feed_eof()
        with suppress(OSError):
            await self._writer.wait_closed()
