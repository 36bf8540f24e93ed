"""One connection to a world, from Hello to its end: calls by number, and probes that notice a silent world."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, Final, cast

import msgspec

from berthline.domain.errors import (
    BerthlineError,
    DisksInUse,
    LeaseLost,
    NoBaseImage,
    Refused,
    RefusedEverywhere,
    Transient,
)
from berthline.simulated import messages
from berthline.simulated.frames import Framer, FrameTooLong, Sender
from berthline.simulated.messages import VERSION, encoder

_ERRORS: Final[dict[messages.FailureKind, type[BerthlineError]]] = {
    "transient": Transient,
    "refused": Refused,
    "refused everywhere": RefusedEverywhere,
    "no base image": NoBaseImage,
    "disks in use": DisksInUse,
    "lease lost": LeaseLost,
}


class Pending:
    """A call under way. ``on_pull`` is called when the world wants a piece of its image."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.future: asyncio.Future[list[msgspec.Raw]] = asyncio.get_running_loop().create_future()
        self.answers: list[msgspec.Raw] = []
        self.on_pull: Callable[[], None] = lambda: None

    @property
    def failed(self) -> bool:
        """Without an answer that tells that it was done."""
        return not self.future.done() or self.future.cancelled() or self.future.exception() is not None

    def fail(self, error: BaseException) -> None:
        """Have who waits for it get the error, unless it is over."""
        if not self.future.done():
            self.future.set_exception(error)


class Connection(asyncio.Protocol):
    """To be made by asyncio's ``create_connection``; then ``greet``.

    ``on_hint`` is called with each hint, ``on_lost`` once, with why.
    """

    def __init__(
        self, on_hint: Callable[[messages.Hint], None], on_lost: Callable[[str], None], probe_seconds: float
    ) -> None:
        self._on_hint = on_hint
        self._on_lost = on_lost
        self._probe_seconds = probe_seconds
        self._framer = Framer()
        self._numbers = itertools.count(1)
        self._pending: dict[int, Pending] = {}
        self._welcome: asyncio.Future[messages.Welcome] = asyncio.get_running_loop().create_future()
        self._writable = asyncio.Event()
        self._writable.set()
        self._closed = asyncio.Event()
        self._probe: asyncio.TimerHandle | None = None
        self._heard = False
        self._asked = False
        self._lost: str | None = None

    async def greet(self, cloud: str) -> messages.Welcome:
        """Say who we are. Raises Refused when the world is not for us, Transient when the connection ends."""
        self.send(messages.Hello(VERSION, cloud))
        welcome = await self._welcome
        self._look_later()
        return welcome

    async def begin(self, host: str, verb: str, arguments: tuple[Any, ...], epoch: int) -> Pending:
        """Call a verb. Raises Transient when the connection has ended, Refused for more than can be sent."""
        await self._writable.wait()
        if self._lost is not None:
            raise Transient(self._lost)
        pending = Pending(next(self._numbers))
        try:
            self.send(messages.Call(pending.number, host, verb, epoch, msgspec.Raw(encoder.encode(arguments))))
        except (FrameTooLong, UnicodeEncodeError) as error:
            raise Refused(f"{verb}: it cannot be sent: {error}") from None
        self._pending[pending.number] = pending
        return pending

    def finish(self, pending: Pending) -> None:
        """Nobody waits for this call any more."""
        self._pending.pop(pending.number, None)

    def send(self, message: messages.FromClient) -> None:
        """Send a message, if there is still somebody to send it to."""
        if self._lost is None:
            self._sender.send(encoder.encode(message))

    async def close(self, why: str) -> None:
        """End it. Who waits for an answer gets Transient."""
        self._end(why)
        await self._closed.wait()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._sender = Sender(self._transport)

    def data_received(self, data: bytes) -> None:
        self._heard = True
        try:
            for message in self._framer.feed(data):
                self._take(messages.from_world.decode(message))
        except (FrameTooLong, msgspec.MsgspecError) as error:
            self._end(f"the simulated world sent what cannot be read: {error}")

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end("the simulated world closed the connection" + (f": {exc}" if exc else ""))
        self._closed.set()

    # Messages.

    def _take(self, message: messages.FromWorld) -> None:
        if isinstance(message, messages.Answer):
            pending = self._pending.get(message.number)
            if pending is not None:
                pending.answers.append(message.result)
                if not message.more and not pending.future.done():
                    pending.future.set_result(pending.answers)
        elif isinstance(message, messages.Failure):
            error = _ERRORS[message.kind](message.message)
            if (pending := self._pending.get(message.number)) is not None:
                pending.fail(error)
            elif not self._welcome.done():
                self._welcome.set_exception(error)
        elif isinstance(message, messages.Pull):
            if (pending := self._pending.get(message.number)) is not None:
                pending.on_pull()
        elif isinstance(message, messages.Hint):
            self._on_hint(message)
        elif isinstance(message, messages.Welcome) and not self._welcome.done():
            self._welcome.set_result(message)

    def _look_later(self) -> None:
        self._heard = False
        self._probe = asyncio.get_running_loop().call_later(self._probe_seconds, self._look)

    def _look(self) -> None:
        """Ask for a sign of life after a silent interval; a second silent one is the end."""
        if not self._heard and self._asked:
            self._end("the simulated world is silent")
            return
        self._asked = not self._heard
        if self._asked:
            self.send(messages.Ping())
        self._look_later()

    def _end(self, why: str) -> None:
        if self._lost is not None:
            return
        self._lost = why
        if self._probe is not None:
            self._probe.cancel()
        self._writable.set()
        for pending in tuple(self._pending.values()):
            pending.fail(Transient(why))
        if not self._welcome.done():
            self._welcome.set_exception(Transient(why))
            self._welcome.exception()  # whoever greeted may have given up waiting
        self._transport.abort()
        self._on_lost(why)
