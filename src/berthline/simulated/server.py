"""Serves a world: one connection of each process that uses it, as many calls at once as these care to make.

A call is carried out to its end though its caller goes away, as a host would; but for an image, whose bytes end then.
Messages, connections, calls at once and what waits to be read are bounded.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import msgspec
import structlog

from berthline.domain.errors import (
    BerthlineError,
    DisksInUse,
    LeaseLost,
    NoBaseImage,
    Refused,
    RefusedEverywhere,
    Transient,
)
from berthline.domain.hypervisor import BaseImage
from berthline.domain.ids import HostName, ImageId, PortId, ServerId
from berthline.domain.start import StartRefused
from berthline.simulated import messages
from berthline.simulated.address import Address
from berthline.simulated.frames import Framer, FrameTooLong, Sender
from berthline.simulated.messages import VERSION, encoder
from berthline.simulated.verbs import VERBS, Verb, parts
from berthline.simulated.world import World

log = structlog.get_logger("berthline.simulated")

CONNECTIONS: Final = 64
CALLS_AT_ONCE: Final = 1024
"""Of one connection; no more of it is read before some are done."""
HELLO_SECONDS: Final = 5.0
CHUNK_SECONDS: Final = 60.0
"""How long a chunk of an image is waited for."""
HINTS_BYTES: Final = 1 << 20
MOST_UNSENT: Final = 128 << 20
"""A peer that has not taken so much gets no hints, or is cut off."""

_IMAGE: Final[msgspec.msgpack.Decoder[tuple[BaseImage]]] = msgspec.msgpack.Decoder(tuple[BaseImage])


class WorldServer:
    """Listens on one address while ``serving``; ``address`` is the one it has, with its port chosen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clients: set[Client] = set()
        self._hints_due = False
        self._guests: dict[tuple[HostName, ServerId], None] = {}
        self._ports: dict[PortId, None] = {}

    @contextlib.asynccontextmanager
    async def serving(self, address: Address) -> AsyncIterator[Address]:
        """Answer while the block runs; yields where. No socket is left. Raises StartRefused."""
        listening = listen(address)
        at = address if address.path else address._replace(port=listening.getsockname()[1])
        loop = asyncio.get_running_loop()
        if address.path:
            server: asyncio.AbstractServer = await loop.create_unix_server(partial(Client, self), sock=listening)
        else:
            server = await loop.create_server(partial(Client, self), sock=listening)
        self.world.dataplane.on_change(self._port_changed)
        self.world.on_added(lambda name, host: host.on_change(partial(self._guest_changed, name)))
        try:
            yield at
        finally:
            server.close()
            for client in tuple(self.clients):
                client.end("the world ends")
            if address.path:
                Path(address.path).unlink(missing_ok=True)

    def _guest_changed(self, host: HostName, server_id: ServerId) -> None:
        self._guests[host, server_id] = None
        self._hint_soon()

    def _port_changed(self, port_id: PortId) -> None:
        self._ports[port_id] = None
        self._hint_soon()

    def _hint_soon(self) -> None:
        if not self._hints_due:
            self._hints_due = True
            asyncio.get_running_loop().call_soon(self._hint)

    def _hint(self) -> None:
        self._hints_due = False
        hint = encoder.encode(messages.Hint(tuple(self._guests), tuple(self._ports)))
        self._guests, self._ports = {}, {}
        for client in self.clients:
            client.hint(hint)


def listen(address: Address) -> socket.socket:
    """A socket that listens there. Raises StartRefused where another world does, or nobody can.

    Of a Unix socket that nobody listens on any more the file is taken away first; its owner alone may open the new one.
    """
    kind = socket.AF_UNIX if address.path else socket.AF_INET6 if ":" in address.host else socket.AF_INET
    made = socket.socket(kind, socket.SOCK_STREAM)
    try:
        if address.path:
            _take_away_dead(address)
            made.bind(address.path)
            Path(address.path).chmod(0o600)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((address.host, address.port))
        made.listen(CONNECTIONS)
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise StartRefused(f"cannot listen on {address}: {error.strerror or error}; choose another place") from None
    except BaseException:
        made.close()
        raise
    return made


def _take_away_dead(address: Address) -> None:
    path = Path(address.path)
    if not path.exists():
        return
    if not path.is_socket():
        raise StartRefused(f"{path} is there and is no socket: choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.settimeout(1)
        try:
            other.connect(address.path)
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise StartRefused(f"{path}: another world listens there; end it, or choose another path")


class Client(asyncio.Protocol):
    """One connection to a world."""

    def __init__(self, server: WorldServer) -> None:
        self._server = server
        self._world = server.world
        self._framer = Framer()
        self._cloud: str | None = None
        """None before Hello."""
        self._uploads: dict[int, asyncio.Queue[messages.Chunk | messages.Broken]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._sender = Sender(self._transport)
        if len(self._server.clients) >= CONNECTIONS:
            log.warning("a connection too many", most=CONNECTIONS)
            self._transport.abort()
            return
        self._server.clients.add(self)
        self._overdue = asyncio.get_running_loop().call_later(HELLO_SECONDS, self.end, "it said nothing")

    def data_received(self, data: bytes) -> None:
        try:
            for message in self._framer.feed(data):
                self._take(messages.from_client.decode(message))
        except (FrameTooLong, msgspec.MsgspecError) as error:
            self.end(f"it sent what cannot be read: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.clients.discard(self)
        self._world.forget(self)
        for number, chunks in self._uploads.items():
            chunks.put_nowait(messages.Broken(number, "who sent the image is gone"))

    # What the server asks of it.

    def hint(self, message: bytes) -> None:
        """Tell it, when it has taken what it was told before."""
        if self._cloud and self._sender.unsent < HINTS_BYTES:
            self._sender.send(message)

    def end(self, why: str) -> None:
        """Close the connection, what was answered first."""
        if not self._transport.is_closing():
            log.info("a connection is closed", why=why)
            asyncio.get_running_loop().call_soon(self._transport.close)

    # Messages.

    def _take(self, message: messages.FromClient) -> None:
        if isinstance(message, messages.Hello):
            self._greet(message)
        elif self._cloud is None:
            self.end("it did not say who it is")
        elif isinstance(message, messages.Call):
            self._begin(message)
        elif isinstance(message, messages.Ping):
            self._send(messages.Pong())
        elif (chunks := self._uploads.get(message.number)) is not None:
            chunks.put_nowait(message)

    def _greet(self, hello: messages.Hello) -> None:
        self._overdue.cancel()
        try:
            if hello.version != VERSION:
                raise Refused(f"this world speaks version {VERSION}, not {hello.version}: run both from one release")
            if hello.cloud:
                self._world.belong_to(hello.cloud)
        except Refused as error:
            self._send(messages.Failure(0, "refused", error.message))
            self.end(error.message)
            return
        self._cloud = hello.cloud
        hosts = tuple((name, self._world.facts) for name in self._world.hosts)
        self._send(messages.Welcome(VERSION, self._world.id, hosts))

    def _begin(self, call: messages.Call) -> None:
        task = asyncio.create_task(self._answer(call))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        if len(self._tasks) >= CALLS_AT_ONCE and not self._transport.is_closing():
            self._transport.pause_reading()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if len(self._tasks) == CALLS_AT_ONCE - 1 and not self._transport.is_closing():
            self._transport.resume_reading()

    async def _answer(self, call: messages.Call) -> None:
        try:
            answers = await self._result(call)
        except BerthlineError as error:
            self._send(messages.Failure(call.number, _kind(error), error.message))
            return
        except msgspec.MsgspecError as error:
            self._send(messages.Failure(call.number, "refused", f"{call.verb}: it cannot be read: {error}"))
            return
        except Exception as error:
            log.exception("a verb failed", verb=call.verb)
            self._send(messages.Failure(call.number, "refused", f"{call.verb}: {type(error).__name__}, see its log"))
            return
        for position, answer in enumerate(answers, 1):
            self._send(messages.Answer(call.number, answer, position < len(answers)))

    async def _result(self, call: messages.Call) -> list[msgspec.Raw]:
        if call.verb == "cache_image":
            (image,) = _IMAGE.decode(call.arguments)
            await self._as_faults_let(call, partial(self._cache, call, image))
            return [msgspec.Raw(encoder.encode(None))]
        verb = VERBS.get(call.verb)
        if verb is None:
            raise Refused(f"this world knows no {call.verb}")
        arguments = verb.arguments.decode(call.arguments)
        if verb.whose == "world":
            result = await verb.run(self._world, *arguments)
        elif verb.whose in {"filler", "stream"}:
            result = await verb.run(self._world, self, *arguments)
        else:
            if call.verb == "apply":
                arguments = (*arguments, call.epoch)
            result = await self._as_faults_let(call, partial(verb.run, self._target(verb, call), *arguments))
        return [msgspec.Raw(encoder.encode(part)) for part in parts(call.verb, result)]

    def _target(self, verb: Verb, call: messages.Call) -> object:
        """What the verb is of, for who calls as the owner of an epoch."""
        if verb.whose == "dataplane":
            return self._world.dataplane
        host = self._world.host(call.host)
        return host.at_epoch(call.epoch) if call.epoch else host

    async def _as_faults_let(self, call: messages.Call, effect: Callable[[], Awaitable[Any]]) -> Any:
        """Carry out what a cloud asks of its hosts and its data plane, as the faults let it."""
        if not self._cloud:
            raise Refused(f"{call.verb}: say first of which cloud you are")
        part: messages.Part = "hosts" if call.host else "dataplane"
        if call.verb != "facts" and not self._world.may_work(self, part):
            raise Transient(f"{call.verb}: the simulated world began anew, and is being filled.")
        return await self._world.faults.carried_out(call.host, call.verb, effect)

    async def _cache(self, call: messages.Call, image: BaseImage) -> None:
        chunks: asyncio.Queue[messages.Chunk | messages.Broken] = asyncio.Queue()
        self._uploads[call.number] = chunks
        try:
            await self._world.host(call.host).cache_image(image, _Sent(self, call.number, chunks))
        finally:
            del self._uploads[call.number]

    def pull(self, number: int) -> None:
        """Ask for the next chunk of an image."""
        self._send(messages.Pull(number))

    def _send(self, message: messages.FromWorld) -> None:
        if self._transport.is_closing():
            return
        if self._sender.unsent > MOST_UNSENT:
            log.warning("a client takes no answers and is cut off")
            self._transport.abort()
            return
        self._sender.send(encoder.encode(message))


class _Sent:
    """An image whose bytes the caller sends, a chunk whenever it is asked."""

    def __init__(self, client: Client, number: int, chunks: "asyncio.Queue[messages.Chunk | messages.Broken]") -> None:
        self._client = client
        self._number = number
        self._chunks = chunks

    async def read(self, image_id: ImageId) -> AsyncIterator[bytes]:
        while True:
            self._client.pull(self._number)
            try:
                async with asyncio.timeout(CHUNK_SECONDS):
                    chunk = await self._chunks.get()
            except TimeoutError:
                raise Transient(f"Image {image_id} came to a halt on its way to the host.") from None
            if isinstance(chunk, messages.Broken):
                raise Transient(f"Image {image_id} did not come whole to the host: {chunk.why}.")
            if chunk.data:
                yield chunk.data
            if chunk.last:
                return


def _kind(error: BerthlineError) -> messages.FailureKind:
    if isinstance(error, Transient):
        return "transient"
    if isinstance(error, LeaseLost):
        return "lease lost"
    if isinstance(error, NoBaseImage):
        return "no base image"
    if isinstance(error, DisksInUse):
        return "disks in use"
    return "refused everywhere" if isinstance(error, RefusedEverywhere) else "refused"
