"""One port, one event loop: the HTTP server around an application."""

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

import uvicorn

from berthline.bootstrap.http_protocol import MOST, limited
from berthline.domain.errors import BerthlineError

if TYPE_CHECKING:
    from litestar import Litestar

BACKLOG: Final = 2048
OTHER_FILES: Final = 512
"""Files that are no connections of clients: the database, images, hosts, the dataplane."""
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
async def serving(app: "Litestar", listening: socket.socket, *, connections: int | None = None) -> AsyncIterator[None]:
    """Answer requests on the socket while the block runs; those under way at its end are finished.

    ``connections``: how many are held at once before more are refused; as many as the process may have files open, less
    what else it needs, unless named.
    """
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        http=limited(_room_for_connections() if connections is None else connections),
        backlog=BACKLOG,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    try:
        answering = asyncio.create_task(server.answering.wait())
        await asyncio.wait((task, answering), return_when=asyncio.FIRST_COMPLETED)
        answering.cancel()
        if task.done():
            task.result()
        yield
    finally:
        server.should_exit = True
        await task


def _room_for_connections() -> int:
    """Let the process have as many files open as it may, and say how many of them may be connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST + OTHER_FILES if hard == resource.RLIM_INFINITY else min(MOST + OTHER_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(wanted - OTHER_FILES, wanted // 2)


@contextlib.contextmanager
def told_to_end() -> Iterator[asyncio.Event]:
    """What SIGTERM or SIGINT sets while the block runs; a second one kills at once, as is the default."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()

    def restore() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    def end() -> None:
        told.set()
        restore()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    try:
        yield told
    finally:
        restore()
