"""Where a world is reached: `unix:PATH`, or `tcp:HOST:PORT` on this machine's loopback."""

import ipaddress
from typing import Final, NamedTuple

from berthline.domain.start import StartRefused

LONGEST_PATH: Final = 107
"""Bytes of a Unix socket's path: sockaddr_un holds 108 with the terminator (unix(7))."""
LAST_PORT: Final = 65_535


class Address(NamedTuple):
    """A place to listen or to connect. ``path`` of a Unix socket, or "" and ``host`` and ``port``."""

    path: str
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"tcp:[{self.host}]:{self.port}" if ":" in self.host else f"tcp:{self.host}:{self.port}"


def parsed(text: str) -> Address:
    """The address that ``text`` spells. Raises StartRefused, in one line, for one that cannot be.

    A world asks nobody who they are, so it is reached from this machine alone: by a socket that its owner alone may
    open, or by loopback.
    """
    kind, colon, rest = text.partition(":")
    if kind == "unix" and colon and rest:
        if not rest.startswith("/"):
            raise StartRefused(f"{text}: write the whole path of the socket, from /")
        if len(rest.encode()) > LONGEST_PATH:
            raise StartRefused(f"{text}: a socket's path has at most {LONGEST_PATH} bytes; choose a shorter one")
        return Address(rest)
    host, _, port = rest.rpartition(":")
    if kind != "tcp" or not host or not (port.isascii() and port.isdigit() and int(port) <= LAST_PORT):
        raise StartRefused(f"{text!r} is no address of a simulated world: write unix:/PATH or tcp:127.0.0.1:PORT")
    bare = host.strip("[]")
    if not _is_loopback(bare):
        raise StartRefused(f"{text}: a simulated world is reached from its own machine alone: use 127.0.0.1, or unix:")
    return Address("", "127.0.0.1" if bare == "localhost" else bare, int(port))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
