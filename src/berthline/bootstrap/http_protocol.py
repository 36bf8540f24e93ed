"""uvicorn's HTTP protocol with a limit to connections, and one write to the socket for an answer's head and its body.

uvicorn hands them to the transport one after the other, and uvloop sends each at once: two system calls, two packets,
and a client that is woken twice. That was 40 % of all time of a small GET (docs/decisions says how it was measured).
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST: Final = 8192
"""Connections at once, idle ones too. One costs about 20 KiB; a slow or silent client has one and no thread."""

_MESSAGE: Final = (
    b'{"error":{"code":503,"title":"Service Unavailable","message":"too many connections: try again soon"}}'
)
REFUSAL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_MESSAGE), _MESSAGE)
)
_HEAD: Final = b"HTTP/1.1 "


class _JoiningTransport:
    """A transport that keeps an answer's head until its body follows, at most until the loop's next turn."""

    __slots__ = ("_head", "_loop", "_transport")

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send, together with what is kept."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self._send_head)  # an answer whose body takes long begins all the same
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Send what is kept, and close."""
        self._send_head()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def _send_head(self) -> None:
        if self._head and not self._transport.is_closing():
            self._transport.write(self._head)
        self._head = b""


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which joins an answer's head and body. Connections over ``most_connections`` are refused."""

    most_connections: int = MOST

    def connection_made(self, transport: Any) -> None:
        """See asyncio.Protocol."""
        super().connection_made(_JoiningTransport(transport, self.loop))  # type: ignore[arg-type]
        if len(self.connections) > self.most_connections:
            transport.write(REFUSAL)
            transport.close()


def limited(most: int) -> type[Protocol]:
    """The protocol for a server that holds so many connections at once."""
    return type("LimitedProtocol", (Protocol,), {"most_connections": most})
