"""What one connection may send, and how long it may take."""

from dataclasses import dataclass
from typing import Final

LONGEST_TARGET: Final = 65_535
"""What the parser of URIs can number."""
HEADER_COST: Final = 32
"""Bytes that a header counts besides its name and value (RFC 9113, 10.5.1): many empty ones are not for nothing."""
MOST_PIPELINED: Final = 64
"""Requests of one connection that wait for an earlier one to be answered."""
FRAMING: Final = 16_384
"""Bytes that a body in chunks may have beyond what chunks of a sensible size need: sizes, extensions, line ends."""
CHUNK_COST: Final = 16
"""Bytes of framing that each chunk has for free; its content earns two for each of its own."""
HELD_FOR_A_BODY: Final = 131_072
"""A body that has not come whole is held up to this; what is longer is an image's, and goes to disk."""
LINGER_SECONDS: Final = 5.0
"""How long what comes after a refusal is read and dropped: a close before would take the answer from the client."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes in bytes, times in seconds. What is over a size is answered 414 or 431, what is too slow 408; then it ends.

    Attributes:
        connections: at once, idle ones too.
        connections_per_address: of them from one client address (of IPv6: from one /64).
        target_bytes: the URI of a request.
        header_bytes: one header, name and value.
        headers_bytes: all headers of a request, each with HEADER_COST; trailers likewise.
        held_bytes: of all requests together that have not come whole.
        first_byte_seconds: from the connection to the first byte.
        head_seconds: from the first byte of a request to the end of its headers.
        body_seconds: a body may take this long, and a second more for each ``bytes_per_second`` of it.
        bytes_per_second: the slowest that a client may send a body, or take an answer.
        send_seconds: how long a client may take nothing of an answer.
        idle_seconds: from an answer to the next request.
    """

    connections: int = 8192
    connections_per_address: int = 2048
    target_bytes: int = LONGEST_TARGET
    header_bytes: int = 16_384
    headers_bytes: int = 65_536
    held_bytes: int = 64 * 1024**2
    first_byte_seconds: float = 15.0
    head_seconds: float = 15.0
    body_seconds: float = 60.0
    bytes_per_second: int = 1024
    send_seconds: float = 60.0
    idle_seconds: float = 75.0

    @property
    def head_bytes(self) -> int:
        """The longest head there can be, with what is around its parts."""
        return self.target_bytes + self.headers_bytes + HEADER_COST


METADATA: Final = Limits(
    connections=1024,
    connections_per_address=16,
    target_bytes=4096,
    header_bytes=8192,
    headers_bytes=16_384,
    held_bytes=4 * 1024**2,
    first_byte_seconds=5.0,
    head_seconds=5.0,
    body_seconds=5.0,
    send_seconds=15.0,
    idle_seconds=5.0,
)
"""Of guests that ask for metadata, in all networks together: they are many, each asks little, none is trusted."""
