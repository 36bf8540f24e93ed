"""One write to the socket for an answer's head and its body.

uvicorn hands them to the transport one after the other, and uvloop sends each at once: two system calls, two packets,
and a client that is woken twice. That was 40 % of all time of a small GET (docs/decisions says how it was measured).
"""

import asyncio
from typing import Any, Final, Protocol

_HEAD: Final = b"HTTP/1.1 "


class Owner(Protocol):
    """Who hears what happens to the transport."""

    def reading_stopped(self) -> None: ...

    def reading_goes_on(self) -> None: ...

    def closing(self) -> None: ...


class JoiningTransport:
    """A transport that keeps an answer's head until its body follows, at most until the loop's next turn."""

    __slots__ = ("_head", "_loop", "_owner", "_transport")

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop, owner: Owner) -> None:
        self._transport = transport
        self._loop = loop
        self._owner = owner
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send, together with what is kept."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(_HEAD):
            self._head = data
            self._loop.call_soon(self.flush)  # an answer whose body takes long begins all the same
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send what is kept."""
        if self._head and not self._transport.is_closing():
            self._transport.write(self._head)
        self._head = b""

    def close(self) -> None:
        """Send what is kept, and close."""
        self.flush()
        self._transport.close()
        self._owner.closing()

    def pause_reading(self) -> None:
        """Take no more from the client for now."""
        self._transport.pause_reading()
        self._owner.reading_stopped()

    def resume_reading(self) -> None:
        """Take from the client again."""
        self._transport.resume_reading()
        self._owner.reading_goes_on()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
