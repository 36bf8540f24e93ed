"""uvicorn's HTTP protocol with limits, deadlines and a room; what it refuses is answered in the words of its owner."""

import enum
from collections.abc import Callable
from typing import Any, Final, NoReturn

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from berthline.listener.deadline import Deadline
from berthline.listener.joining import JoiningTransport
from berthline.listener.limits import (
    CHUNK_COST,
    FRAMING,
    HEADER_COST,
    HELD_FOR_A_BODY,
    LINGER_SECONDS,
    MOST_PIPELINED,
    Limits,
)
from berthline.listener.refused import Dropped, Refused, as_refused
from berthline.listener.room import Queue, Room, Stage, share_of

Refuse = Callable[[str, int, str], bytes]
"""A whole answer, head and body, that ends the connection: from the path as far as it is known, status and message."""

VERSIONS: Final = frozenset({"1.0", "1.1"})
TOO_MANY: Final = "too many connections: try again soon"
_OF_A_BODY: Final = frozenset({b"content-length", b"transfer-encoding"})
_SHOWN: Final = 2048
"""So much of a URI is kept to tell by it which service was asked."""


class _Part(enum.Enum):
    """What the next byte belongs to."""

    NOTHING = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()


_NOTHING, _HEAD, _BODY = _Part.NOTHING, _Part.HEAD, _Part.BODY


class Protocol(HttpToolsProtocol):
    """One connection. What it has from the start is its server's: see ``protocol_for``."""

    limits: Limits
    room: Room
    refuse: Refuse
    place: str = ""
    sockets: bytes | None = None

    def connection_made(self, transport: Any) -> None:
        """See asyncio.Protocol."""
        super().connection_made(JoiningTransport(transport, self.loop, self))  # type: ignore[arg-type]
        self.address = share_of(self.place, self.client[0] if self.client else "")
        self.stage, self.held = Stage.SILENT, 0
        self.share: Queue | None = None
        self._part = _NOTHING
        self._messages = self._head_bytes = self._headers_bytes = self._hosts = 0
        self._chunks = self._body_bytes = self._framing = 0
        self._body_due = 0.0
        self._stopped_at: float | None = None
        self._last_words: bytes | None = None
        self._ending = False
        self._receiving = Deadline(self.loop, self._client_is_late)
        self._sending = Deadline(self.loop, self._client_takes_nothing)
        self._unsent = 0
        self._admitted = self.room.enter(self)
        if self._admitted:
            self._receiving.within(self.limits.first_byte_seconds)
        else:
            self._end_with(self.refuse("", 503, TOO_MANY))

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        super().connection_lost(exc)
        self.let_go()

    def let_go(self) -> None:
        """The connection has ended, whatever it was at last."""
        self.room.leave(self)
        self._receiving.cancel()
        self._sending.cancel()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol. What comes after a refusal is dropped."""
        if self._ending:
            return
        part, messages, chunks, body = self._part, self._messages, self._chunks, self._body_bytes
        try:
            self._feed(data)
            begun = self._messages - messages
            if self._part is _HEAD:  # all of the data is of this head, when it began here after nothing
                self._count_head(len(data) if begun == (part is _NOTHING) else 0)
            elif not begun and part is self._part is _NOTHING:
                self._count_head(len(data))
            elif not begun and part is self._part is _BODY:
                self._count_framing(len(data), self._chunks - chunks, self._body_bytes - body)
        except httptools.HttpParserError as error:
            self._refuse(as_refused(error))
        except Refused as refused:
            self._refuse(refused)
        else:
            self._mind()

    # --- what the parser finds ---

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if len(self.pipeline) >= MOST_PIPELINED:
            raise Refused(400, f"at most {MOST_PIPELINED} requests may wait for an answer on one connection")
        super().on_message_begin()
        self._part = _HEAD
        self._messages += 1
        self._head_bytes = self._headers_bytes = self._hosts = self._chunks = self._body_bytes = self._framing = 0
        self._body_due = 0.0

    def on_url(self, url: bytes) -> None:
        """A part of the URI."""
        if len(self.url) + len(url) > self.limits.target_bytes:
            self.url = (self.url + url)[:_SHOWN]
            raise Refused(414, f"The URI is too long: at most {self.limits.target_bytes} bytes are read.")
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One whole header, or a trailer; trailers are dropped, as RFC 9110, 6.5.1 allows."""
        size = len(name) + len(value)
        self._headers_bytes += size + HEADER_COST
        limits = self.limits
        if size > limits.header_bytes:
            self._too_large("One header is", limits.header_bytes)
        if self._headers_bytes > limits.headers_bytes:
            self._too_large("All headers together are", limits.headers_bytes)
        if self._part is _HEAD:  # as uvicorn's, without the call, which is made for each header
            name = name.lower()
            if name == b"host":
                self._hosts += 1
            elif name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The end of a head: the request begins to be answered."""
        version = self.parser.get_http_version()
        if version not in VERSIONS:
            raise Refused(505, "HTTP/1.1 and HTTP/1.0 are spoken here.")
        if self._hosts > 1 or (not self._hosts and version == "1.1"):
            raise Refused(400, "A request has one Host header (RFC 9112, 3.2).")
        if self.parser.should_upgrade() and any(name in _OF_A_BODY for name, _ in self.headers):
            raise Refused(400, "A request with a body cannot ask for another protocol: leave Upgrade out.")
        super().on_headers_complete()
        self._part = _BODY
        self._head_bytes = self._headers_bytes = 0

    def on_chunk_header(self) -> None:
        """The line before a chunk of a body."""
        self._chunks += 1

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The last byte of a request."""
        self._part = _NOTHING
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is written: the next request's turn, or the connection is idle."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._last_words is not None:
            self._end_with(self._last_words)
        else:
            self._mind()

    # --- what the transport says ---

    def reading_stopped(self) -> None:
        """The application has enough for now: the client cannot be late."""
        self._stopped_at = self.loop.time()
        self._receiving.lift()

    def reading_goes_on(self) -> None:
        """The client may send again, and has the time that it had: all of it, when none was given to it yet."""
        if self._stopped_at is not None:
            if self._body_due:  # 0 when the first read of a body was enough for the application
                self._body_due += self.loop.time() - self._stopped_at
            self._stopped_at = None
        self._mind()

    def pause_writing(self) -> None:
        """The client takes less than is written."""
        super().pause_writing()
        self.watch_sending()

    def resume_writing(self) -> None:
        """The client has taken most of it."""
        super().resume_writing()
        self.sent_enough()

    def sent_enough(self) -> None:
        """The client is waited for no more."""
        self._sending.lift()

    def closing(self) -> None:
        """The transport will be closed once the client has taken what is written."""
        if self.transport.get_write_buffer_size():
            self.watch_sending()

    # --- limits ---

    def _feed(self, data: bytes) -> None:
        """Have the parser read; what it takes for another protocol is read as HTTP all the same (RFC 9110, 7.8), but
        for WebSockets where there are some.
        """
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                if self._should_upgrade():
                    self._become_websocket(data)
                    return
            else:
                return

    def _should_upgrade(self) -> bool:
        """Whether this request becomes a WebSocket: the service has some below that path, and it asks for one."""
        return (
            self.sockets is not None
            and self.url.startswith(self.sockets)
            and self.scope["method"] == "GET"
            and self._get_upgrade() == b"websocket"
        )

    def _become_websocket(self, more: bytes) -> None:
        """Hand the connection over. Raises for one that others wait on: it would answer out of turn."""
        if self._is_answering():
            raise Refused(400, "Ask for a WebSocket on a connection of its own, or when all else is answered.")
        from berthline.listener.websocket import take_over

        self._receiving.cancel()
        self.room.move(self, Stage.ANSWERED)
        self.room.hold(self, 0)
        self._ending = True  # whatever this protocol is still told, it does nothing about
        take_over(self, more)

    def _too_large(self, what: str, most: int) -> NoReturn:
        raise Refused(431, f"{what} too large: at most {most} bytes are read.")

    def _count_head(self, count: int) -> None:
        """More of a head that is not whole. What the parser found of it was looked at; this is for the rest."""
        self._head_bytes += count
        if self._head_bytes > self.limits.head_bytes:
            self._too_large("The headers are", self.limits.head_bytes)

    def _count_framing(self, count: int, chunks: int, body: int) -> None:
        """More of a body in chunks: what is no content has to stay in proportion to it."""
        self._framing = max(0, self._framing + count - body - chunks * CHUNK_COST - 2 * body)
        if self._framing > FRAMING:
            self._too_large("The extensions of chunks, or trailers, are", FRAMING)

    # --- deadlines ---

    def _mind(self) -> None:
        """Say to the room what this connection does, and by when the client has to have gone on."""
        if self._ending or self._stopped_at is not None:
            return
        limits = self.limits
        answering = self._is_answering()
        if self._part is _BODY:
            if not self._body_due:
                self._body_due = self.loop.time() + limits.body_seconds
            self._receiving.at(self._body_due + self._body_bytes / limits.bytes_per_second)
            self.room.move(self, Stage.ANSWERED if self.pipeline else Stage.BODY)
            self.room.hold(self, min(self._body_bytes, HELD_FOR_A_BODY))
            return
        if self._head_bytes or self._part is _HEAD:
            if self.stage is not Stage.HEAD or not self._receiving.is_set:
                self._receiving.within(limits.head_seconds)
            self.room.move(self, Stage.ANSWERED if answering else Stage.HEAD)
            self.room.hold(self, self._head_bytes)
            return
        if self.held:
            self.room.hold(self, 0)
        if answering:
            self._receiving.lift()
            self.room.move(self, Stage.ANSWERED)
        elif self._messages:
            self._receiving.within(limits.idle_seconds)
            self.room.move(self, Stage.IDLE)

    def _is_answering(self) -> bool:
        """Whether a request that came has not been answered to its end."""
        latest: RequestResponseCycle | None = self.cycle  # None before the first, whatever uvicorn's types say
        return latest is not None and not latest.response_complete

    def _client_is_late(self) -> None:
        if self._ending:
            self.transport.abort()
        elif self._head_bytes or self._part is _HEAD:
            self._refuse(Refused(408, f"The headers did not come within {self.limits.head_seconds:g} s."))
        elif self._part is _BODY and not self.cycle.response_complete:
            self._refuse(Refused(408, f"The body comes slower than {self.limits.bytes_per_second} bytes a second."))
        else:
            self.transport.close()

    def watch_sending(self) -> None:
        """Have the client take what is written, at the slowest rate that is let pass."""
        self._unsent = self.transport.get_write_buffer_size()
        self._sending.within(self.limits.send_seconds)

    def _client_takes_nothing(self) -> None:
        """End, unless enough of what was written has been taken since the last look."""
        taken = self._unsent - self.transport.get_write_buffer_size()
        if taken < self.limits.send_seconds * self.limits.bytes_per_second:
            self.transport.abort()
        else:
            self.watch_sending()

    # --- the end ---

    def give_way(self) -> None:
        """The place is another's: who is in the middle of a request is told so."""
        if self._ending:
            self.transport.abort()
            return
        if self._part is not _NOTHING and not self._drop_request().begun:
            self._say(self.refuse(self._path(), 503, TOO_MANY))
        self._ending = True
        self.transport.close()

    def _refuse(self, refused: Refused) -> None:
        """Answer that the request goes no further, after those before it are answered, and end."""
        self._ending = True
        words = self.refuse(self._path(), refused.status, str(refused))
        dropped = self._drop_request()
        if dropped.begun:
            self.transport.close()
        elif dropped.others:
            self._last_words = words
        else:
            self._end_with(words)

    def _drop_request(self) -> Dropped:
        """Have nobody wait for the rest of the request that is not whole."""
        cycle = self.cycle
        if self._part is not _BODY:
            return Dropped(begun=False, others=self._is_answering())
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
            return Dropped(begun=False, others=True)
        cycle.disconnected = True
        cycle.message_event.set()
        return Dropped(begun=cycle.response_started, others=False)

    def _end_with(self, words: bytes) -> None:
        """Say this as the last, and drop what the client still sends for a while: it would not read the answer else."""
        self._ending = True
        if self.transport.is_closing():
            return
        self._say(words)
        self.room.move(self, Stage.SILENT)
        self.room.hold(self, 0)
        if self._admitted and self.transport.can_write_eof():
            self.transport.write_eof()
            self._receiving.within(LINGER_SECONDS)
            self.flow.resume_reading()
        else:
            self.transport.close()

    def _say(self, words: bytes) -> None:
        joining: Any = self.transport
        joining.flush()
        joining.writelines((words,))

    def _path(self) -> str:
        """The path of the request as far as it is known."""
        url = self.url if self._part is not _NOTHING else b""
        return url.partition(b"?")[0][:_SHOWN].decode("latin-1")


def protocol_for(
    limits: Limits, room: Room, refuse: Refuse, place: str = "", sockets: bytes | None = None
) -> type[Protocol]:
    """The protocol of a server: its limits, its room, how it refuses, and ``place`` to tell clients from others'.

    ``sockets``: what the paths begin with that may become WebSockets; None: none may.
    """
    held = {"limits": limits, "room": room, "refuse": staticmethod(refuse), "place": place, "sockets": sockets}
    return type("ListenerProtocol", (Protocol,), held)
