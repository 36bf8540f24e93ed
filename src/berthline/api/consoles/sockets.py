"""The WebSocket of a console: /console/SERVER/vnc or /console/SERVER/serial, opened by a token that is used up by it.

Whoever may not is refused before the connection becomes a WebSocket, without a word that would tell why. What goes
wrong afterwards is told by the closing frame.
"""

import asyncio
import re
from contextlib import suppress
from typing import Any, Final, cast
from urllib.parse import parse_qs, urlsplit

import structlog

from berthline.api.frame import Services
from berthline.domain.compute import Server
from berthline.domain.errors import BerthlineError, Unavailable
from berthline.domain.hypervisor import GuestStream
from berthline.domain.ids import ServerId
from berthline.store.compute.servers.console_tokens import ConsoleKind

log = structlog.get_logger("berthline.api.consoles")

PATH: Final = re.compile("/console/([0-9a-f-]{36})/(vnc|serial)")
SUBPROTOCOL: Final = "binary"
ENDED: Final = 1000
NOT_OPENED: Final = 4409
BROKEN: Final = 4410
OVER: Final = 4408
REASON_BYTES: Final = 120
"""A closing frame has room for so many."""
PORTS: Final = {"http": 80, "https": 443}


async def serve(services: Services, scope: Any, receive: Any, send: Any) -> int:
    """Carry the console until one side ends it; returns the status of the answer. An ASGI application, but for that."""
    await receive()
    found = PATH.fullmatch(scope["path"])
    if found is None:
        return await _deny(send, 404)
    if not _may_come(scope, services):
        log.warning("console refused", why="a page of another origin asked for it")
        return await _deny(send, 403)
    server_id, kind = ServerId(found[1]), cast("ConsoleKind", found[2])
    consoles = services.compute.consoles
    if _asked(scope, "held") and not consoles.holds_serial(server_id):
        return await _deny(send, 404)  # another process believed that it is open here: it asks elsewhere
    try:
        server = await consoles.redeem(_asked(scope, "token"), server_id, kind)
        if server is None:
            log.info("console refused", why="its token is not good for it", server=server_id, kind=kind)
            return await _deny(send, 403)
        with consoles.session(server_id, kind):
            offered = scope.get("subprotocols") or ()
            chosen = SUBPROTOCOL if SUBPROTOCOL in offered else None
            await send({"type": "websocket.accept", "subprotocol": chosen, "headers": []})
            code, reason = await _carried(services, server, kind, receive, send)
            with suppress(OSError):
                await send({"type": "websocket.close", "code": code, "reason": reason})
    except Unavailable as error:
        log.warning("console refused", why=error.message, server=server_id)
        return await _deny(send, 503)
    return 101


async def _carried(services: Services, server: Server, kind: ConsoleKind, receive: Any, send: Any) -> tuple[int, str]:
    """Carry it to its end, and say how that came."""
    consoles = services.compute.consoles
    try:
        stream = await consoles.open(server, kind)
    except BerthlineError as error:
        log.warning("console not opened", server=server.id, kind=kind, error=error.message)
        return NOT_OPENED, _reason(error)
    both = [asyncio.create_task(way) for way in (_to_client(stream, send), _to_guest(stream, receive))]
    try:
        done, _ = await asyncio.wait(
            both, timeout=consoles.settings.session_seconds, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in both:
            task.cancel()
        ends = await asyncio.gather(*both, return_exceptions=True)
        await stream.close()
    for end in ends:
        if isinstance(end, BerthlineError):
            log.warning("console broke off", server=server.id, kind=kind, error=end.message)
            return BROKEN, _reason(end)
        if isinstance(end, Exception) and not isinstance(end, OSError):
            raise end
    return (ENDED, "the console ended") if done else (OVER, "the console was open for as long as it may")


def _reason(error: BerthlineError) -> str:
    return error.message.encode()[:REASON_BYTES].decode(errors="ignore")


async def _to_client(stream: GuestStream, send: Any) -> None:
    while data := await stream.read():
        await send({"type": "websocket.send", "bytes": data})


async def _to_guest(stream: GuestStream, receive: Any) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        data = message.get("bytes")
        await stream.write(data if data is not None else (message.get("text") or "").encode())


async def _deny(send: Any, status: int) -> int:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b""})
    return status


def _asked(scope: Any, name: str) -> str:
    """A parameter of the query; "" for none."""
    sent: bytes = scope["query_string"]
    return parse_qs(sent.decode("latin-1")).get(name, [""])[0]


def _may_come(scope: Any, services: Services) -> bool:
    """Whether it is no browser, or a browser with a page from here, or from an origin that the settings name."""
    origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
    if not origins:
        return True
    if len(origins) > 1:
        return False
    origin = origins[0]
    if origin in services.compute.consoles.settings.origins:
        return True
    hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
    try:
        came = _place(origin)
        ours = {_place(f"{urlsplit(origin).scheme}://{host}") for host in hosts}
        if services.public_url:
            ours.add(_place(services.public_url))
    except ValueError:
        return False
    return came is not None and came in ours


def _place(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None of what is no address of a web server. Raises ValueError for nonsense."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, parts.port or PORTS[parts.scheme]
