"""A listener on loopback with an application of the test's, and clients that speak bytes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from berthline.listener.limits import Limits
from berthline.listener.protocol import protocol_for
from berthline.listener.room import Room

REQUEST = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"


def refuse(target: str, status: int, message: str) -> bytes:
    body = f"{target} {message}".encode()
    return b"HTTP/1.1 %d Refused\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, len(body), body)


@dataclass
class Client:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        with suppress(OSError):
            await self.writer.drain()

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of the next answer."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, *lines = head.rstrip().split(b"\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
        return int(status.split()[1]), await self.reader.readexactly(int(headers[b"content-length"]))

    async def ended(self) -> bytes:
        """What still comes until the server ends the connection."""
        try:
            return await self.reader.read()
        except ConnectionResetError:
            return b""

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


@dataclass
class Served:
    """The application answers with the length of the body; /wait only after ``go_on``, /big with 8 MiB."""

    room: Room
    port: int = 0
    waiting: int = 0
    seen: list[tuple[str, list[tuple[bytes, bytes]], int]] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    clients: list[Client] = field(default_factory=list)

    async def client(self, source: str = "127.0.0.1") -> Client:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0), limit=1 << 24)
        self.clients.append(Client(reader, writer))
        return self.clients[-1]

    async def answers(self, source: str = "127.0.0.1") -> bool:
        """Whether a client that behaves gets its answer."""
        client = await self.client(source)
        await client.send(REQUEST)
        status, _ = await client.answer()
        await client.close()
        return status == 200

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/early":
            return await self._say(send, b"no", 401)
        size = 0
        while (message := await receive())["type"] == "http.request":
            size += len(message["body"])
            if not message["more_body"]:
                break
        else:
            self.seen.append((scope["path"], scope["headers"], -1))
            return None
        self.seen.append((scope["path"], scope["headers"], size))
        if scope["path"] == "/wait":
            self.waiting += 1
            await self.go_on.wait()
        return await self._say(send, bytes(1 << 23) if scope["path"] == "/big" else b"%d" % size)

    @staticmethod
    async def _say(send: Any, body: bytes, status: int = 200) -> None:
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(**limits: Any) -> AsyncIterator[Served]:
    """A listener with these limits."""
    asked = Limits(**limits)
    served = Served(Room(asked.connections, asked.connections_per_address, asked.held_bytes))
    kind = protocol_for(asked, served.room, refuse)
    config = uvicorn.Config(
        served.app, interface="asgi3", log_config=None, access_log=False, lifespan="off", ws="none", http=kind
    )
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: kind(config=config, server_state=state, app_state={}, _loop=loop), "127.0.0.1", 0
    )
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        served.go_on.set()
        for client in served.clients:
            await client.close()
        server.close()
        for connection in tuple(state.connections):
            connection.transport.abort()
        await server.wait_closed()
        await asyncio.gather(*state.tasks)
        while state.connections:  # noqa: ASYNC110 - each is told at the loop's next turn
            await asyncio.sleep(0)
        assert (served.room.count, served.room.held) == (0, 0)
