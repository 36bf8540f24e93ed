"""The metadata service of one network, as an ASGI application.

It listens inside that network's namespace, so a client's address names one guest: the one whose fixed address on this
very network it is. Nothing that the client says of itself (headers, names) is read, so no guest can ask for another's.
"""

import contextlib
import ipaddress
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Final

import structlog

from berthline.domain.chance import random_bytes
from berthline.domain.compute import Server
from berthline.domain.disks import Disk
from berthline.domain.errors import BadRequest
from berthline.domain.ids import NetworkId
from berthline.store import Connection, Store
from berthline.store.compute.servers import guest_passwords, servers
from berthline.store.compute.servers.related import image_properties
from berthline.store.network.info import network_info
from berthline.workflows.server import disks
from berthline.workflows.server.guest_metadata import LEAVING_SINCE, OPENSTACK_VERSIONS, RANDOM_SEED_BYTES, read_path

log = structlog.get_logger("berthline.metadata")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

READING: Final = frozenset({"GET", "HEAD"})

PASSWORD: Final = re.compile(r"/openstack/(?P<version>[0-9a-z-]+)/password/?")
PASSWORD_VERSIONS: Final = frozenset(version for version in OPENSTACK_VERSIONS if version >= LEAVING_SINCE)
WRITING: Final = READING | {"POST"}
PASSWORD_BYTES: Final = 1020
"""As much as Nova keeps of a password that a guest leaves."""


def create_metadata_app(store: Store, network_id: NetworkId) -> Application:
    """The application that answers the guests of one network and nobody else."""

    def look(connection: Connection, address: str, path: str) -> tuple[str | None, bytes | None]:
        server = servers.with_fixed_ip(connection, network_id, address)
        if server is None:
            return None, None
        own = _disks(connection, server) if "block-device-mapping" in path else ()
        info = network_info(connection, [server.id])[server.id]
        return server.id, read_path(server, info, path, seed=random_bytes(RANDOM_SEED_BYTES), disks=own)

    async def answer(scope: Scope, path: str, receive: Receive) -> tuple[int, bytes]:
        found = PASSWORD.fullmatch(path)
        is_password = found is not None and found["version"] in PASSWORD_VERSIONS
        if scope["method"] not in (WRITING if is_password else READING):
            return 405, b"this service is read only: use GET\n"
        address = _address(scope)
        if address is None:
            return 404, b"no guest has this address\n"
        if is_password and scope["method"] == "POST":
            left = await _body(receive, PASSWORD_BYTES)
            if not left:
                return 400, b"a password has 1 to 1020 bytes\n"
            return await store.write(lambda connection: _password(connection, network_id, address, left))
        if is_password:
            return await store.read(lambda connection: _password(connection, network_id, address, None))
        server_id, content = await store.read(lambda connection: look(connection, address, path))
        log.debug("metadata", network=network_id, address=address, server=server_id, found=content is not None)
        return (404, b"there is nothing here\n") if content is None else (200, content)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        if scope["type"] != "http":
            return
        status, body = await answer(scope, scope["path"], receive)
        kind = "application/json" if status == 200 and scope["path"].endswith(".json") else "text/plain; charset=UTF-8"
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        if status == 405:
            allowed = b"GET, HEAD, POST" if PASSWORD.fullmatch(scope["path"]) else b"GET, HEAD"
            headers.append((b"allow", allowed))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return application


def _password(connection: Connection, network_id: NetworkId, address: str, left: bytes | None) -> tuple[int, bytes]:
    """Tell what is kept of the guest's password, or keep what it leaves."""
    server = servers.with_fixed_ip(connection, network_id, address)
    if server is None:
        return 404, b"no guest has this address\n"
    if left is None:
        return 200, guest_passwords.get(connection, server.id).encode()
    try:
        text = left.decode()
    except UnicodeDecodeError:
        return 400, b"a password is left as text\n"
    if not guest_passwords.leave(connection, server.id, text):
        return 409, b"a password is kept already: its owner may delete it\n"
    return 200, b""


def _disks(connection: Connection, server: Server) -> tuple[Disk, ...]:
    """The server's; one from before they were written down has what its image asks for, while that is there."""
    if server.hardware is not None or server.image_id is None:
        return server.disks
    properties = image_properties(connection, [server.image_id]).get(server.image_id, {})
    with contextlib.suppress(BadRequest):
        return disks.of_server(server, properties).disks
    return disks.of_server(server, {}).disks


def refusal(_target: str, status: int, message: str) -> bytes:
    """A whole answer to what never became a request; it ends its connection."""
    body = f"{message}\n".encode()
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/plain; charset=UTF-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


async def _body(receive: Receive, most: int) -> bytes | None:
    """The body of a request; None for one that is longer, or whose client is gone."""
    gathered: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        gathered += message.get("body", b"")
        if len(gathered) > most:
            return None
        if not message.get("more_body"):
            return gathered


def _address(scope: Scope) -> str | None:
    """The client's address in canonical form; None when the transport does not say."""
    client = scope.get("client")
    if not client:
        return None
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


async def _live(receive: Receive, send: Send) -> None:
    """Start and stop of the application: there is nothing to do."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
