"""The way to a world: one connection, whoever uses it, made anew whenever it breaks.

Whoever waits for an answer when it breaks gets Transient and does not know whether it was done, as with a host whose
daemon fell silent. While there is no connection, calls fail at once.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, Self

import structlog

from berthline.domain.errors import OutsideError, Transient
from berthline.domain.hypervisor import BaseImage, HostFacts, ImageSource
from berthline.domain.ids import HostName, ImageId, PortId, ServerId
from berthline.simulated import messages
from berthline.simulated.address import Address
from berthline.simulated.connection import Connection, Pending
from berthline.simulated.verbs import VERBS

log = structlog.get_logger("berthline.simulated")

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
CHUNK: Final = 1 << 20


class Patience:
    """Seconds. ``call``: how long an answer, or the next step of an upload, is waited for. ``connect``: a connection.
    ``probe``: two such intervals without a word are the end of a connection.
    """

    def __init__(self, call: float = 30.0, connect: float = 5.0, probe: float = 5.0) -> None:
        self.call = call
        self.connect = connect
        self.probe = probe


class Link:
    """See the module. ``cloud`` is the id of ours; "" to look and to disturb only."""

    def __init__(self, address: Address, cloud: str, patience: Patience | None = None) -> None:
        self.address = address
        self.hosts: dict[HostName, HostFacts] = {}
        """The world's, as it told when it was reached."""
        self._added: dict[HostName, HostFacts] = {}
        self._cloud = cloud
        self._patience = patience or Patience()
        self._connection: Connection | None = None
        self._why = "there is no connection to the simulated world yet"
        self._broken = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._on_connected: list[Callable[[], None]] = []
        self._on_guest: dict[HostName, list[Callable[[ServerId], None]]] = {}
        self._on_port: list[Callable[[PortId], None]] = []

    async def open(self) -> None:
        """Reach the world, and keep the way to it from now on. Raises Transient, or Refused when it is not for us."""
        await self._connect()
        self._keeper = asyncio.create_task(self._keep(), name="simulated world")

    async def close(self) -> None:
        """Let it go. A second time is fine."""
        self._why = "the connection to the simulated world was closed with its cloud"
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close(self._why)

    async def add_host(self, name: HostName, facts: HostFacts) -> None:
        """Have the world have this host, also when it begins anew. Raises Transient."""
        await self.call("add_host", name, facts)
        self._added[name] = facts
        self.hosts[name] = facts

    def on_connected(self, callback: Callable[[], None]) -> None:
        """Call back whenever the world was out of reach and is reached again."""
        self._on_connected.append(callback)

    def on_guest(self, host: HostName, callback: Callable[[ServerId], None]) -> None:
        """Call back when a guest of that host may have changed."""
        self._on_guest.setdefault(host, []).append(callback)

    def on_port(self, callback: Callable[[PortId], None]) -> None:
        """Call back when a port may have changed."""
        self._on_port.append(callback)

    def forget(self, host: HostName | None) -> None:
        """Call nobody back for that host any more; None: for ports."""
        if host is None:
            self._on_port.clear()
        else:
            self._on_guest.pop(host, None)

    async def call(self, verb: str, *arguments: Any, host: str = "", epoch: int = 0, seconds: float = 0.0) -> Any:
        """What the verb returns; of ``observe``, a list of its parts. ``seconds`` is what it may take besides.

        Raises what it raised over there, and Transient without an answer.
        """
        connection = self._reached()
        pending = await connection.begin(host, verb, arguments, epoch)
        try:
            async with asyncio.timeout(self._patience.call + seconds):
                answers = await pending.future
        except TimeoutError:
            raise Transient(f"{verb}: the simulated world did not answer in time.") from None
        finally:
            connection.finish(pending)
        decoder = VERBS[verb].result
        return [decoder.decode(answer) for answer in answers] if verb == "observe" else decoder.decode(answers[0])

    async def cache_image(self, host: HostName, image: BaseImage, source: ImageSource) -> None:
        """Hypervisor.cache_image: the bytes of ``source`` are read and sent as they are asked for."""
        connection = self._reached()
        pending = await connection.begin(host, "cache_image", (image,), 0)
        try:
            async with asyncio.timeout(self._patience.call) as deadline, _Feeder(connection, pending) as feeder:
                feeder.sends(_pieces(source, image.id), lambda: deadline.reschedule(self._overdue()))
                await pending.future
        except TimeoutError:
            raise Transient("cache_image: the simulated world did not answer in time.") from None
        finally:
            connection.finish(pending)
            if pending.failed:
                connection.send(messages.Broken(pending.number, "nobody waits for it any more"))

    def _overdue(self) -> float:
        return asyncio.get_running_loop().time() + self._patience.call

    def _reached(self) -> Connection:
        if self._connection is None:
            raise Transient(self._why)
        return self._connection

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        address, made = self.address, None
        try:
            async with asyncio.timeout(self._patience.connect):
                if address.path:
                    _, made = await loop.create_unix_connection(self._new, address.path)
                else:
                    _, made = await loop.create_connection(self._new, address.host, address.port)
                welcome = await made.greet(self._cloud)
        except (OSError, TimeoutError) as error:
            if made is not None:
                await made.close("it did not answer")
            why = getattr(error, "strerror", None) or "no answer"
            raise Transient(f"the simulated world at {address} cannot be reached: {why}") from None
        self.hosts = dict(welcome.hosts)
        self._connection = made
        for name, facts in self._added.items():
            if name not in self.hosts:
                await self.add_host(name, facts)

    def _new(self) -> Connection:
        made = Connection(self._hinted, lambda why: self._lose(made, why), self._patience.probe)
        return made

    def _lose(self, connection: Connection, why: str) -> None:
        if self._connection is connection:
            log.warning("the simulated world is out of reach", why=why)
            self._connection, self._why = None, why
            self._broken.set()

    async def _keep(self) -> None:
        """Connect anew whenever the connection broke, until cancelled."""
        pause = FIRST_PAUSE
        while True:
            await self._broken.wait()
            try:
                await self._connect()
            except OutsideError as error:
                self._why = error.message
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            self._broken.clear()
            pause = FIRST_PAUSE
            log.info("the simulated world is reached again", address=str(self.address))
            for callback in tuple(self._on_connected):
                callback()

    def _hinted(self, hint: messages.Hint) -> None:
        for host, server_id in hint.guests:
            for on_guest in tuple(self._on_guest.get(host, ())):
                on_guest(server_id)
        for port_id in hint.ports:
            for on_port in tuple(self._on_port):
                on_port(port_id)


class _Feeder:
    """Sends a piece of an image for each that the world asks for. Nothing is begun before it asks for the first."""

    def __init__(self, connection: Connection, pending: Pending) -> None:
        self._connection = connection
        self._pending = pending
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def sends(self, pieces: AsyncGenerator[bytes, None], progressed: Callable[[], None]) -> None:
        """``progressed`` is called with each piece. What ``pieces`` raises is what the call raises."""

        def pulled() -> None:
            self._wanted.set()
            if self._task is None:
                self._task = asyncio.create_task(self._run(pieces, progressed))
                self._task.add_done_callback(self._hand_on)

        self._pending.on_pull = pulled

    async def _run(self, pieces: AsyncGenerator[bytes, None], progressed: Callable[[], None]) -> None:
        async with contextlib.aclosing(pieces):
            last = False
            while not last:
                await self._wanted.wait()
                self._wanted.clear()
                data = await anext(pieces, None)
                last = data is None
                self._connection.send(messages.Chunk(self._pending.number, data or b"", last))
                progressed()

    def _hand_on(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._pending.fail(error)


async def _pieces(source: ImageSource, image_id: ImageId) -> AsyncGenerator[bytes, None]:
    async for chunk in source.read(image_id):
        for start in range(0, len(chunk), CHUNK):
            yield chunk[start : start + CHUNK]
