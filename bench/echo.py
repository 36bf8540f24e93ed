"""The load generator's own limit: the same requests against a server that only echoes."""

import asyncio
import contextlib
import multiprocessing
import signal
import socket
from collections.abc import Iterator
from typing import cast

import uvloop

from bench import wrk
from bench.results import Recorder

ANSWER_HEAD = b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: "


class _Echo(asyncio.Protocol):
    """Answers each request with its own body, and knows of HTTP only where a body begins and how long it is."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its bases

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            _, _, after = self._waiting[:end].lower().partition(b"content-length: ")
            length = int(after.split(b"\r\n")[0]) if after else 0
            if len(self._waiting) < end + 4 + length:
                return
            body = self._waiting[end + 4 : end + 4 + length]
            self._waiting = self._waiting[end + 4 + length :]
            assert self._transport is not None
            self._transport.write(ANSWER_HEAD + str(length).encode() + b"\r\n\r\n" + body)


def _serve(listening: socket.socket) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent's raises, which a callback of the garbage may swallow

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(_Echo, sock=listening)
        await server.serve_forever()

    uvloop.run(forever())


@contextlib.contextmanager
def echo_server() -> Iterator[str]:
    """The address of an echo server in a process of its own, while the block runs."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    process = multiprocessing.get_context("fork").Process(target=_serve, args=(listening,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        process.terminate()
        process.join()
        listening.close()


def measure_client(recorder: Recorder, seconds: float) -> None:
    """How many requests a second the load generator itself can make and take the answers of."""
    body = '{"port":{"network_id":"00000000-0000-0000-0000-000000000000"}}'
    parameters = {"method": "POST", "token": "x" * 200, "body": body}
    with echo_server() as url:
        for clients in (1, 8, 32):
            run = wrk.run(f"{url}/v2.0/ports", clients=clients, seconds=seconds, parameters=parameters)
            where = "1 client" if clients == 1 else f"{clients} clients"
            recorder.add("echo server", where, "requests/s", run.rate)
            recorder.add("echo server", where, "p50 ms", run.p50_ms)
