"""A web server with what a test wants said: each path has an answer of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Source:
    """``answers``: the whole of what is sent for each path. ``asked``: the heads of the requests that came."""

    port: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        path = head.split(" ")[1]
        begin, hold, rest = self.answers.get(path, said(b"", 404)).partition(b"<hold>")
        writer.write(begin)
        await writer.drain()
        if hold:
            await self.go_on.wait()
        writer.write(rest)
        writer.close()


def said(content: bytes, status: int = 200, *headers: str, length: int | None = None) -> bytes:
    """An answer of HTTP."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(content) if length is None else length}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + content


@asynccontextmanager
async def source() -> AsyncIterator[Source]:
    """One that listens on the loopback."""
    made = Source()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.go_on.set()
        server.close()
