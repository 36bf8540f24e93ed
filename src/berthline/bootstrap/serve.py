"""One port, one event loop: the HTTP server around an application."""

import asyncio
import contextlib
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

import uvicorn

from berthline.api.refusal import refusal
from berthline.config.model import Http, Tls
from berthline.domain.errors import BerthlineError
from berthline.domain.start import StartRefused
from berthline.listener.limits import METADATA, Limits
from berthline.listener.protocol import protocol_for
from berthline.listener.room import Room

if TYPE_CHECKING:
    from litestar import Litestar

BACKLOG: Final = 2048
"""Connections that are accepted in one go, before one of them is looked at: files, too."""
OTHER_FILES: Final = 512
"""Files that are no connections of clients: the database, images, hosts, the dataplane."""
CONSOLES: Final = b"/console/"
"""Below it connections may become WebSockets."""
LARGEST_MESSAGE: Final = 1 << 20
"""Bytes of one message of a WebSocket; a console's are some hundred at most, but for what is pasted."""
FINISH_SECONDS: Final = 3
"""How long requests under way may take after the cloud was told to end."""


class CannotListen(BerthlineError):
    """The address cannot be had: choose another by --listen."""


def bind(host: str, port: int) -> socket.socket:
    """A socket that holds ``host:port``; port 0 takes a free one. Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
        except OSError:
            made.close()
            raise
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {host}:{port}: {error.strerror}; choose another address by --listen"
        ) from None
    return made


def address_of(listening: socket.socket) -> str:
    """The socket's address as ``HOST:PORT``, in brackets for IPv6."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would raise the signal anew at its end, which spoils the exit status."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answering.set()


@contextlib.asynccontextmanager
async def serving(
    app: "Litestar", listening: socket.socket, http: Http | None = None, tls: Tls | None = None
) -> AsyncIterator[Room]:
    """Answer requests on the socket while the block runs, by TLS where ``tls`` names a certificate; those under way at
    its end are finished.

    Yields the room of its connections, of which there are as many as ``http`` says, but no more than the process may
    have files open less what else it needs. Raises StartRefused for a certificate or key that cannot be used.
    """
    check_certificate(tls or Tls())
    limits = limits_of(http or Http())
    room = Room(limits.connections, limits.connections_per_address, limits.held_bytes)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        http=protocol_for(limits, room, refusal, sockets=CONSOLES),
        ws_max_size=LARGEST_MESSAGE,
        ws_per_message_deflate=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=FINISH_SECONDS,
        ssl_certfile=tls.certificate or None if tls else None,
        ssl_keyfile=tls.private_key or None if tls else None,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    try:
        answering = asyncio.create_task(server.answering.wait())
        await asyncio.wait((task, answering), return_when=asyncio.FIRST_COMPLETED)
        answering.cancel()
        if task.done():
            task.result()
        yield room
    finally:
        server.should_exit = True
        await task


def check_certificate(tls: Tls) -> None:
    """See that the certificate and its key can be read and belong together. Raises StartRefused."""
    if not tls.certificate:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.certificate, tls.private_key)
    except ssl.SSLError as error:
        raise StartRefused(
            f"{tls.certificate} and {tls.private_key} are no certificate and its key: {error.reason}"
        ) from None
    except OSError as error:
        raise StartRefused(
            f"{tls.certificate} or {tls.private_key} cannot be read: {error.strerror}; see to its place and rights"
        ) from None


def limits_of(http: Http) -> Limits:
    """The limits that these settings ask for, as far as the process may have files open."""
    asked = {field: getattr(http, field) for field in Http.__struct_fields__}
    return Limits(**{**asked, "connections": _room_for(http.connections)})


def _room_for(connections: int) -> int:
    """Let the process have as many files open as these connections need, and say how many of them it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    others = OTHER_FILES + METADATA.connections + BACKLOG
    wanted = connections + others if hard == resource.RLIM_INFINITY else min(connections + others, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return min(connections, max(wanted - others, wanted // 2))
