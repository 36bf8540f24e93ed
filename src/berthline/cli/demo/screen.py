"""A server's screen, looked at as noVNC does: by the URL that the API gives, over a WebSocket."""

import struct
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from berthline.cli.client import Client
from berthline.cli.errors import CommandFailed

SECONDS: Final = 20.0
VERSION: Final = b"RFB 003.008\n"
PIXELS: Final = struct.pack(">BxxxBBBBHHHBBBxxx", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
RAW_ONLY: Final = struct.pack(">BxHi", 2, 1, 0)
BRIGHT: Final = 100


class Console(msgspec.Struct, frozen=True):
    """What remote-consoles answers."""

    url: str


def url_of(user: Client, server_id: str) -> str:
    """A URL that opens the server's screen in a browser, once."""
    wanted = {"protocol": "vnc", "type": "novnc"}
    return user.create("compute", f"/servers/{server_id}/remote-consoles", "remote_console", wanted, Console).url


def look(url: str) -> tuple[int, int, int]:
    """Width and height of the screen behind such a URL, and how many of its pixels are bright, as those of text are.

    Raises CommandFailed when the screen does not come.
    """
    parts = urlsplit(url)
    (path,) = parse_qs(parts.query).get("path", [""])
    try:
        with connect(
            f"ws://{parts.netloc}/{path}",
            subprotocols=[Subprotocol("binary")],
            open_timeout=SECONDS,
            proxy=None,
            compression=None,
        ) as connection:
            return _picture(_Wire(connection))
    except (OSError, TimeoutError, WebSocketException) as error:
        raise CommandFailed(f"the screen of the server does not come through {parts.path}: {error}") from error


class _Wire:
    """Bytes to and from the screen."""

    def __init__(self, connection: ClientConnection) -> None:
        self.send = connection.send
        self._connection = connection
        self._came = b""

    def take(self, count: int) -> bytes:
        """So many bytes."""
        pieces, length = [self._came], len(self._came)
        while length < count:
            pieces.append(self._connection.recv(SECONDS, decode=False))
            length += len(pieces[-1])
        came = b"".join(pieces)
        self._came = came[count:]
        return came[:count]


def _picture(wire: _Wire) -> tuple[int, int, int]:
    """RFC 6143: version, no password, size, and one whole picture without compression."""
    wire.take(len(VERSION))
    wire.send(VERSION)
    if 1 not in wire.take(wire.take(1)[0]):
        raise CommandFailed("the screen of the server asks for a password")
    wire.send(b"\x01")
    wire.take(4)
    wire.send(b"\x01")
    width, height = struct.unpack(">HH", wire.take(4))
    wire.take(16)
    wire.take(int.from_bytes(wire.take(4), "big"))
    for message in (PIXELS, RAW_ONLY, struct.pack(">BBHHHH", 3, 0, 0, 0, width, height)):
        wire.send(message)
    missing, bright = width * height, 0
    while missing > 0:
        _, rectangles = struct.unpack(">HH", wire.take(4))
        for _ in range(rectangles):
            _, _, across, down, _ = struct.unpack(">HHHHi", wire.take(12))
            green = wire.take(4 * across * down)[1::4]
            bright += sum(value > BRIGHT for value in green)
            missing -= across * down
    return width, height, bright
