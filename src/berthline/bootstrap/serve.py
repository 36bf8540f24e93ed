"""One port, one event loop: the HTTP server around an application."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

import uvicorn

from berthline.bootstrap.joined_writes import JoiningProtocol
from berthline.domain.errors import BerthlineError

if TYPE_CHECKING:
    from litestar import Litestar

BACKLOG: Final = 2048
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
async def serving(app: "Litestar", listening: socket.socket) -> AsyncIterator[None]:
    """Answer requests on the socket while the block runs; those under way at its end are finished."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="none",
        http=JoiningProtocol,
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


async def until_told_to_end() -> None:
    """Wait for SIGTERM or SIGINT; a second one while ending kills at once, as is the default."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
