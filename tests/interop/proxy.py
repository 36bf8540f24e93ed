"""A proxy that passes HTTP on, counts it, and fails the N-th request in the way a test asks for."""

import asyncio
import contextlib
import enum
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

ID = re.compile(r"(?<=/)[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?=/|$)")
HEAD_LIMIT = 256 * 1024


class Fault(enum.Enum):
    """What is done to a request in the place of passing it on and its reply back.

    REFUSED: answered 503, never delivered. RESET: the connection ends, never delivered. DELAYED: delivered late.
    LATE: delivered at once, the reply held back. LOST: delivered and carried out, the connection ends without a reply.
    TORN: delivered and carried out, the connection ends in the middle of the reply.
    """

    REFUSED = "refused"
    RESET = "reset"
    DELAYED = "delayed"
    LATE = "late"
    LOST = "lost"
    TORN = "torn"

    @property
    def delivered(self) -> bool:
        """Whether the request reaches the server."""
        return self not in {Fault.REFUSED, Fault.RESET}


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that came in.

    Attributes:
        number: from 1, in the order of arrival since ``clear``.
        method: GET, POST …
        kind: its path with ids as {id}, without version and query: ``ports/{id}``.
        target: its path and query.
        body: what was sent.
        fault: what was done to it, if anything.
        status: of the server's reply; None when it was not delivered, or has not answered.
    """

    number: int
    method: str
    kind: str
    target: str
    body: bytes
    fault: Fault | None = None
    status: int | None = None

    def __str__(self) -> str:
        """As in a log: ``3 POST ports -> 201 lost``."""
        return (
            f"{self.number} {self.method} {self.kind} -> {self.status} {self.fault.value if self.fault else ''}".strip()
        )


@dataclass(slots=True)
class FaultProxy:
    """Stands before one server.

    Attributes:
        upstream: the server's URL, without a path.
        url: where the proxy listens.
        delay: seconds that DELAYED and LATE take.
        faults: what is done to which request, by its number.
        first: what is done to the first request of a method and kind of path; each strikes once.
        seen: every request since ``clear``, in the order of arrival.
        holding: set once a request or a reply is being held back.
        release: a test sets it to have what is held back go on before ``delay`` is over.
    """

    upstream: str
    url: str = ""
    delay: float = 0.2
    faults: Mapping[int, Fault] = field(default_factory=dict)
    first: dict[tuple[str, str], Fault] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    holding: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    _connections: set[asyncio.Task[None]] = field(default_factory=set)

    def clear(self, faults: Mapping[int, Fault] | None = None) -> None:
        """Count from 1 again, with other faults."""
        self.faults = faults or {}
        self.first = {}
        self.holding.clear()
        self.release.clear()
        self.seen = []

    def counts(self) -> Counter[tuple[str, str]]:
        """How many requests there were of each method and kind of path."""
        return Counter((request.method, request.kind) for request in self.seen)

    def changes(self) -> list[Seen]:
        """The requests that were to change something."""
        return [request for request in self.seen if request.method not in {"GET", "HEAD"}]

    async def settled(self) -> None:
        """Return once every request that came in has been carried out, also those whose sender waits no more."""
        while self._connections:
            await asyncio.wait(self._connections)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["FaultProxy"]:
        """Listen on a free port of the loopback interface."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_LIMIT)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, and one request of it: the reply says that the connection closes."""
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(content_length(head))
            method, target = head.split(b" ", 2)[:2]
            await self._answer(Message(method.decode(), target.decode(), head, body), writer)
        if not writer.transport.is_closing():
            writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _answer(self, request: "Message", writer: asyncio.StreamWriter) -> None:
        number = len(self.seen) + 1
        kind = path_kind(request.target)
        fault = self.faults.get(number) or self.first.pop((request.method, kind), None)
        self.seen.append(Seen(number, request.method, kind, request.target, request.body, fault))
        sightings = self.seen
        if fault is Fault.RESET:
            writer.transport.abort()
            return
        if fault is Fault.REFUSED:
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        if fault is Fault.DELAYED:
            await self._hold()
        reply = await self._forward(request)
        status = int(reply.split(b" ", 2)[1])
        sightings[number - 1] = Seen(number, request.method, kind, request.target, request.body, fault, status)
        if fault is Fault.LATE:
            await self._hold()
        if fault is Fault.LOST:
            writer.transport.abort()
            return
        writer.write(reply[: len(reply) - max(1, len(reply) // 4)] if fault is Fault.TORN else reply)
        await writer.drain()

    async def _hold(self) -> None:
        self.holding.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.release.wait(), self.delay)

    async def _forward(self, request: "Message") -> bytes:
        """The server's whole reply. The request asks for the connection to be closed, which ends the reply."""
        place = urlsplit(self.upstream)
        assert place.hostname is not None
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        try:
            writer.write(closing(request.head) + request.body)
            await writer.drain()
            return closing(await reader.readuntil(b"\r\n\r\n")) + await reader.read()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@dataclass(frozen=True, slots=True)
class Message:
    """A request as it came: its head with the empty line, and its body."""

    method: str
    target: str
    head: bytes
    body: bytes


def path_kind(target: str) -> str:
    """A path with its ids replaced and its version taken off: ``/v2.0/ports/1b2c…?x=y`` is ``ports/{id}``."""
    path = ID.sub("{id}", urlsplit(target).path).strip("/")
    return path.removeprefix("v2.0/")


def content_length(head: bytes) -> int:
    """How many bytes of body the head announces. A request in chunks is not understood here."""
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return int(found[1]) if found else 0


def closing(head: bytes) -> bytes:
    """The same head, saying that the connection ends after this message."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"connection:", b"keep-alive:"))]
    return b"\r\n".join((*lines[:-2], b"Connection: close", b"", b""))
