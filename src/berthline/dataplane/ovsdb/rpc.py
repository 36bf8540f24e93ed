"""One connection to an OVSDB server: requests with replies, notifications, and probes that notice a silent end."""

import asyncio
import contextlib
import itertools
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import structlog

from berthline.dataplane.ovsdb.framing import Framer
from berthline.domain.errors import Refused, Transient

log = structlog.get_logger("berthline.ovsdb")

CONNECT_SECONDS: Final = 5.0
REPLY_SECONDS: Final = 30.0
PROBE_SECONDS: Final = 5.0
CHUNK: Final = 1 << 18

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


class Tls(msgspec.Struct, frozen=True):
    """Files of a TLS client, for remotes that begin with ``ssl:``."""

    private_key: str
    certificate: str
    authorities: str


class _Call(NamedTuple):
    """A request under way."""

    future: asyncio.Future[Any]
    on_result: Callable[[Any], None] | None


class Rpc:
    """An open connection. ``on_notice`` gets the method and parameters of each notification, in order with replies."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_notice: Callable[[str, list[Any]], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_notice = on_notice
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Call] = {}
        self._heard = False
        self._lost: str | None = None
        self._tasks = (asyncio.create_task(self._read()), asyncio.create_task(self._probe()))

    async def call(self, method: str, parameters: Sequence[Any], on_result: Callable[[Any], None] | None = None) -> Any:
        """The result of a request; ``on_result`` gets it before any notification that came after it is handed out.

        Raises Refused when the server answers with an error, Transient when it is gone.
        """
        if self._lost is not None:
            raise Transient(self._lost)
        number = next(self._numbers)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = _Call(future, on_result)
        try:
            self._send({"method": method, "params": parameters, "id": number})
            async with asyncio.timeout(REPLY_SECONDS):
                return await future
        except TimeoutError:
            self._lose("the database did not answer in time")
            raise Transient(f"{method}: the database did not answer in {REPLY_SECONDS:.0f} s") from None
        finally:
            self._waiting.pop(number, None)

    async def until_lost(self) -> str:
        """Wait until the connection has ended; returns why."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        return self._lost or "the connection was closed"

    @property
    def open(self) -> bool:
        """False once the connection is known to have ended."""
        return self._lost is None

    async def close(self) -> None:
        """End the connection. Who waits for a reply gets Transient."""
        self._lose("the connection was closed")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    def _send(self, message: dict[str, Any]) -> None:
        self._writer.write(_encoder.encode(message))

    async def _read(self) -> None:
        framer = Framer()
        try:
            while data := await self._reader.read(CHUNK):
                self._heard = True
                for message in framer.feed(data):
                    self._take(_decoder.decode(message))
            self._lose("the database closed the connection")
        except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
            self._lose(f"the connection to the database broke: {error}")
        except (KeyError, TypeError, ValueError) as error:
            log.exception("a notification could not be followed; the replica is read anew")
            self._lose(f"the replica fell out of step: {error}")

    async def _probe(self) -> None:
        """Ask for a sign of life after each silent interval; a second silent one is the end."""
        asked = False
        while self._lost is None:
            self._heard = False
            await asyncio.sleep(PROBE_SECONDS)
            if self._heard:
                asked = False
            elif asked:
                self._lose("the database is silent")
            else:
                self._send({"method": "echo", "params": [], "id": "probe"})
                asked = True

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method == "echo":
            self._send({"result": message["params"], "error": None, "id": message["id"]})
        elif method is not None:
            self._on_notice(method, message["params"])
        elif (call := self._waiting.pop(message["id"], None)) is not None and not call.future.done():
            if message.get("error") is not None:
                call.future.set_exception(Refused(f"the database said no: {message['error']}"))
                return
            if call.on_result is not None:
                call.on_result(message["result"])
            call.future.set_result(message["result"])

    def _lose(self, why: str) -> None:
        if self._lost is not None:
            return
        self._lost = why
        for call in self._waiting.values():
            if not call.future.done():
                call.future.set_exception(Transient(why))
        self._writer.close()


async def connect(remotes: str, on_notice: Callable[[str, list[Any]], None], tls: Tls | None = None) -> Rpc:
    """Open the first of the comma-separated remotes that answers: ``unix:PATH``, ``tcp:HOST:PORT``, ``ssl:HOST:PORT``.

    Raises Transient when none does.
    """
    problems: list[str] = []
    for remote in remotes.split(","):
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await _open(remote.strip(), tls)
        except (OSError, TimeoutError) as error:
            problems.append(f"{remote}: {str(error) or 'no answer'}")
        else:
            return Rpc(reader, writer, on_notice)
    raise Transient("cannot reach the database: " + "; ".join(problems))


async def _open(remote: str, tls: Tls | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    kind, _, address = remote.partition(":")
    if kind == "unix":
        return await asyncio.open_unix_connection(address, limit=CHUNK)
    host, _, port = address.rpartition(":")
    context: ssl.SSLContext | None = None
    if kind == "ssl":
        if tls is None:
            raise Refused(f"{remote}: a private key, a certificate and authorities are needed for ssl")
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=tls.authorities)
        context.check_hostname = False  # OVSDB servers are known by their authority; their certificates name no host
        context.load_cert_chain(tls.certificate, tls.private_key)
    return await asyncio.open_connection(host.strip("[]"), int(port), ssl=context, limit=CHUNK)
