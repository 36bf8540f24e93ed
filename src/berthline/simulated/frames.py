"""Messages on a stream of bytes: four bytes of length, then so many of MessagePack. Longer ones are not read."""

import asyncio
from collections.abc import Iterator
from typing import Final

LENGTH_BYTES: Final = 4
MOST_BYTES: Final = 64 * 1024 * 1024
"""One message: a batch of two hundred units takes less than one MiB, a config drive at most some."""


class FrameTooLong(ValueError):
    """A message longer than MOST_BYTES was announced, or is to be sent."""


class Framer:
    """Cuts what is read into messages."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yields each message that is whole now. Raises FrameTooLong before it holds one that is too long."""
        self._held += data
        at = 0
        try:
            while len(self._held) - at >= LENGTH_BYTES:
                length = int.from_bytes(self._held[at : at + LENGTH_BYTES], "big")
                if length > self._most:
                    raise FrameTooLong(f"a message of {length} bytes; at most {self._most} are read")
                if len(self._held) - at - LENGTH_BYTES < length:
                    return
                start = at + LENGTH_BYTES
                at = start + length
                yield bytes(memoryview(self._held)[start:at])
        finally:
            del self._held[:at]


def framed(message: bytes) -> bytes:
    """The message as it goes over the wire. Raises FrameTooLong."""
    if len(message) > MOST_BYTES:
        raise FrameTooLong(f"a message of {len(message)} bytes; at most {MOST_BYTES} are read")
    return len(message).to_bytes(LENGTH_BYTES, "big") + message


class Sender:
    """Writes messages to a transport: those of one turn of the loop by one call to the system."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._waiting: list[bytes] = []

    def send(self, message: bytes) -> None:
        """Have it written soon, in order. Raises FrameTooLong."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.append(framed(message))

    @property
    def unsent(self) -> int:
        """Bytes that the peer has not taken yet, and that the system has no room for."""
        return self._transport.get_write_buffer_size()

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not self._transport.is_closing():
            self._transport.write(b"".join(waiting))
