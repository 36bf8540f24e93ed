"""One host's libvirt: calls off the event loop, connections made again, errors translated by their codes."""

import asyncio
import errno
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import structlog
from prometheus_client import Gauge

from berthline.domain.errors import OutsideError, Refused, Transient
from berthline.domain.ids import HostName
from berthline.hypervisor.libvirt import binding
from berthline.hypervisor.libvirt.attempts import Attempts, Closed, Silent
from berthline.hypervisor.libvirt.binding import Connection, Domain, LibvirtError, libvirt_error

log = structlog.get_logger("berthline.hypervisor.libvirt")

CONNECTIONS = Gauge("berthline_libvirt_connections", "Open connections of this process to hosts' libvirts.")

T = TypeVar("T")

THREADS = 4
"""libvirtd serves five calls of one client at a time and queues the rest; one is left for keep-alives."""

BUSY_ERRORS = frozenset({errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ENOMEM, errno.ETIMEDOUT})
FULL_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT})


class Missing(Refused):
    """libvirt knows no such domain, volume, pool or device."""


class Exists(Refused):
    """There is such a volume already."""


class InvalidState(Refused):
    """The guest's present state does not allow it."""


class Host:
    """The way to one libvirt. Every use of it goes through `run`.

    Args:
        name: the host, for the log.
        uri: libvirt's: ``qemu+unix:///system?socket=PATH``, ``qemu+tls://HOST/system``, ``qemu+ssh://USER@HOST/system``.
        keepalive_seconds: three unanswered keep-alives end the connection.
        call_seconds: a call that takes longer raises Transient; libvirt may still carry it out.
        connect_seconds: an attempt to connect that takes longer raises Transient; see `Attempts`.
        prepare: run once on each new connection, before anything else.
    """

    def __init__(
        self,
        name: HostName,
        uri: str,
        keepalive_seconds: int,
        call_seconds: float,
        connect_seconds: float,
        prepare: Callable[[Connection], None],
    ) -> None:
        self._name = name
        uri = without_prompts(uri)
        self._open = partial(binding.open_connection, uri, keepalive_seconds)
        self._attempts = Attempts(self._open, self._close_late, connect_seconds)
        self._call_seconds = call_seconds
        self._prepare = prepare
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix=f"libvirt-{name}")
        self._opening = threading.Lock()
        self._connection: Connection | None = None
        self._closed = False
        self._subscription = -1
        self._on_event: Callable[[str], None] = lambda _name: None
        self._on_loss: Callable[[], None] = lambda: None

    def listen(self, on_event: Callable[[str], None], on_loss: Callable[[], None]) -> None:
        """Call back with the name of a domain whose life changed, and when the connection is lost.

        Both come on libvirt's thread, and only while there is a connection: `run` something to have one.
        """
        self._on_event, self._on_loss = on_event, on_loss

    async def run(self, aim: str, work: Callable[[Connection], T], seconds: float | None = None) -> T:
        """What ``work`` returns; it runs in a thread and may use the connection and what it made.

        Args:
            aim: completes the sentence "The host could not …" in errors.
            work: a few libvirt calls.
            seconds: how long they may take, where that is more than usual.

        Raises:
            Transient: the host is not reached, or busy.
            Missing, Exists, InvalidState, Refused: libvirt said no.
        """
        if self._closed:
            raise self._was_closed()
        try:
            async with asyncio.timeout(seconds or self._call_seconds):
                return await asyncio.get_running_loop().run_in_executor(self._executor, self._call, aim, work)
        except TimeoutError as error:
            raise Transient(f"The host took too long to {aim}.") from error

    def another(self) -> Connection:
        """A connection beside that of ``run``, for a call that takes long; it is the caller's, and blocks.

        Raises the binding's error.
        """
        return self._open()

    async def close(self) -> None:
        """Let the connection and the threads go. A second time is fine."""
        if self._closed:
            return
        self._closed = True
        self._attempts.close()
        await asyncio.get_running_loop().run_in_executor(self._executor, self._shut)
        self._executor.shutdown(wait=False)

    def _shut(self) -> None:
        """A call that is opening the connection now is let go first; none opens it again."""
        with self._opening:
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            CONNECTIONS.dec()
            self._close(connection)

    def _call(self, aim: str, work: Callable[[Connection], T]) -> T:
        connection: Connection | None = None
        try:
            connection = self._opened()
            return work(connection)
        except Silent as error:
            log.warning("libvirt does not answer", host=self._name, aim=aim)
            message = f"The host did not answer in time to {aim}."
            raise Transient(message, {"host": self._name}) from error
        except Closed as error:
            raise self._was_closed() from error
        except libvirt_error as error:
            if connection is not None and is_lost(error):
                self._forget(connection)
            refusal = translated(error, aim, self._name)
            log.warning(
                "libvirt call failed", host=self._name, aim=aim, error=str(error), taken_as=type(refusal).__name__
            )
            raise refusal from error

    def _opened(self) -> Connection:
        with self._opening:
            if self._connection is not None and self._connection.isAlive():
                return self._connection
            self._drop()
            connection = self._attempts.opened()
            try:
                self._subscribe(connection)
                self._prepare(connection)
            except BaseException:
                self._close(connection)
                raise
            self._connection = connection
            CONNECTIONS.inc()
            return connection

    def _subscribe(self, connection: Connection) -> None:
        def changed(_connection: Connection, domain: Domain, _event: int, _detail: int, _opaque: None) -> None:
            self._on_event(domain.name())

        def lost(_connection: Connection, _reason: int, _opaque: None) -> None:
            self._on_loss()

        self._subscription = connection.domainEventRegisterAny(None, binding.EVENT_LIFECYCLE, changed, None)
        connection.registerCloseCallback(lost, None)

    def _forget(self, connection: Connection) -> None:
        with self._opening:
            if self._connection is connection:
                self._drop()

    def _close_late(self, connection: Connection) -> None:
        """Nobody waited for it any more, and nothing was done with it."""
        with suppress(libvirt_error):
            connection.close()

    def _was_closed(self) -> Refused:
        return Refused("The connection to the host was closed with its cloud.", {"host": self._name})

    def _close(self, connection: Connection) -> None:
        """Callbacks hold the connection; they go first. What is gone already cannot be closed and need not be."""
        with suppress(libvirt_error):
            connection.domainEventDeregisterAny(self._subscription)
        with suppress(libvirt_error):
            connection.unregisterCloseCallback()
        with suppress(libvirt_error):
            connection.close()


def translated(error: LibvirtError, aim: str, host: HostName) -> OutsideError:
    """Our error for one of libvirt's, by its code and origin, never by its text.

    Its message may be shown to whoever owns the guest, so libvirt's own words, which name files and hosts, are in the
    details only.
    """
    details: dict[str, object] = {"host": host, "libvirt": str(error), "code": error.get_error_code()}
    code = error.get_error_code()
    busy = code in binding.BUSY_CODES or (code == binding.SYSTEM_ERROR and error.get_int1() in BUSY_ERRORS)
    if is_lost(error):
        return Transient(f"The host could not be reached to {aim}.", details)
    if busy:
        return Transient(f"The host was too busy to {aim}.", details)
    if code == binding.SYSTEM_ERROR and error.get_int1() in FULL_ERRORS:
        return Refused(f"The host has too little room on its disk to {aim}.", details)
    message = f"The host could not {aim}. An operator finds the reason in Berthline's log."
    if code in binding.MISSING_CODES:
        return Missing(message, details)
    if code in binding.EXISTS_CODES:
        return Exists(message, details)
    if code in binding.INVALID_STATE_CODES:
        return InvalidState(message, details)
    return Refused(message, details)


def is_lost(error: LibvirtError) -> bool:
    """True when the way to the host broke, so that nobody knows whether the call was carried out."""
    return error.get_error_domain() in binding.LOST_DOMAINS or error.get_error_code() in binding.LOST_CODES


def without_prompts(uri: str) -> str:
    """The URI, with ssh told never to ask for a password: nobody is there to answer.

    Nothing else of it changes: written anew by the standard library, a space in a path would become ``+``, which
    libvirt reads as itself.
    """
    parts = urlsplit(uri)
    if not parts.scheme.endswith("+ssh") or "no_tty" in dict(parse_qsl(parts.query, keep_blank_values=True)):
        return uri
    address, hash_mark, fragment = uri.partition("#")
    joint = "&" if parts.query else "" if address.endswith("?") else "?"
    return f"{address}{joint}no_tty=1{hash_mark}{fragment}"
