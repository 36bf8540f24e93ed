"""WebSockets (RFC 6455): uvicorn's protocol over the library ``websockets``, with the listener's room and limits.

A connection that becomes one keeps its place in the room and never gives way; it is looked at by pings, and who takes
nothing is cut off as with other answers.
"""

import logging
from typing import Any, Final, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PING_SECONDS: Final = 20.0
QUIET: Final = logging.getLogger("berthline.listener.websocket")
"""uvicorn tells the whole address of each connection, and tokens stand in some; nothing below a warning is told."""
QUIET.setLevel(logging.WARNING)


class Owner(Protocol):
    """What a connection was before, which still minds its place and what it takes."""

    def let_go(self) -> None: ...

    def watch_sending(self) -> None: ...

    def sent_enough(self) -> None: ...


class HttpOwner(Owner, Protocol):
    """uvicorn's HTTP protocol, with what an owner has."""

    config: Any
    server_state: Any
    app_state: Any
    loop: Any
    connections: Any
    scope: Any
    url: bytes
    headers: list[tuple[bytes, bytes]]
    transport: Any


class WebSocket(WebSocketsSansIOProtocol):
    """One connection that was HTTP before: ``owner`` is what it was."""

    def __init__(self, owner: Owner, **made: Any) -> None:
        super().__init__(**made)
        self._owner = owner
        self.logger = QUIET
        self.conn.logger = QUIET
        self.conn.debug = False

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        super().connection_lost(exc)
        self._owner.let_go()

    def pause_writing(self) -> None:
        """The client takes less than is written."""
        super().pause_writing()
        self._owner.watch_sending()

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        super().resume_writing()
        self._owner.sent_enough()


def take_over(owner: HttpOwner, more: bytes) -> None:
    """Have the connection go on as a WebSocket, from its request on.

    ``more`` is what came behind the request.
    """
    protocol = WebSocket(
        owner,
        config=owner.config,
        server_state=owner.server_state,
        app_state=owner.app_state,
        _loop=owner.loop,
    )
    protocol.ping_interval = protocol.ping_timeout = PING_SECONDS
    owner.connections.discard(owner)
    head = [owner.scope["method"].encode(), b" ", owner.url, b" HTTP/1.1\r\n"]
    for name, value in owner.headers:
        head += [name, b": ", value, b"\r\n"]
    protocol.connection_made(owner.transport)
    owner.transport.set_protocol(protocol)
    protocol.data_received(b"".join((*head, b"\r\n", more)))
