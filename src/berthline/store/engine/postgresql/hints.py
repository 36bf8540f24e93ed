"""Hints between processes: what one has committed wakes those in others who wait for it, mostly within milliseconds.

They are sent aside: after the commit, on a connection of their own, for all that is committed within some milliseconds
at once. A NOTIFY inside each transaction would have them commit one behind the other. So a hint may be lost, and
nothing depends on one: whoever waits for something looks by itself, too, and is woken after each time that hints may
have been lost.
"""

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import psycopg
import structlog

CHANNEL: Final = b"berthline"
GATHER_SECONDS: Final = 0.005
FIRST_PAUSE: Final = 0.1
LAST_PAUSE: Final = 5.0
"""Seconds between attempts to connect again."""
MOST_BYTES: Final = 7_900
"""Of one message; PostgreSQL takes 8,000. Names of topics that do not fit wait for the next."""

log = structlog.get_logger("berthline.store")


class Hints:
    """One thread with one connection, both begun when they are needed first."""

    def __init__(
        self,
        connect: Callable[[], "psycopg.Connection[Any]"],
        heard: Callable[[set[str]], None],
        missed: Callable[[], None],
    ) -> None:
        """``heard`` is called, in the thread, with topics that other processes notified; ``missed`` after a time in
        which hints may have been lost.
        """
        self._connect = connect
        self._heard = heard
        self._missed = missed
        self._lock = threading.Lock()
        self._untold: set[str] = set()
        self._listens = False
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._woken, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def tell(self, topics: set[str]) -> None:
        """Tell other processes soon. It only notes them, in whatever thread."""
        with self._lock:
            if self._closing.is_set() or topics <= self._untold:
                return
            self._untold |= topics
        self._poke()

    def listen(self) -> None:
        """Hear of what other processes tell, from now on."""
        self._listens = True
        self._poke()

    def close(self) -> None:
        """End; what was not told yet is not told. Idempotent."""
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
        self._poke()
        if self._thread is not None:
            self._thread.join()
        os.close(self._wake)
        os.close(self._woken)

    def _poke(self) -> None:
        with self._lock:
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._work, name="store-hints", daemon=True)
                self._thread.start()
        with contextlib.suppress(BlockingIOError):  # it is full: who reads it has enough to wake for
            os.write(self._wake, b"x")

    def _work(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing.is_set():
            try:
                with contextlib.closing(self._connect()) as connection:
                    pause = FIRST_PAUSE
                    self._serve(connection.pgconn)
            except psycopg.Error as error:
                if self._closing.is_set():
                    return
                log.warning(
                    "hints between processes are lost for now; all that waits looks by itself", why=_line(error)
                )
                self._wait(None, pause)
                pause = min(pause * 2, LAST_PAUSE)

    def _serve(self, connection: Any) -> None:
        """Tell and hear until the end. Raises psycopg.Error when the connection is lost."""
        listening = False
        while not self._closing.is_set():
            if self._listens and not listening:
                self._run(connection, b"LISTEN " + CHANNEL)
                listening = True
                self._missed()
            if self._untold:
                time.sleep(GATHER_SECONDS)
                self._send(connection)
            connection.consume_input()
            heard: set[str] = set()
            while (notice := connection.notifies()) is not None:
                if notice.be_pid != connection.backend_pid:
                    heard.update(notice.extra.decode().split("\n"))
            if heard:
                self._heard(heard)
            elif not self._untold:
                self._wait(connection.socket)

    def _send(self, connection: Any) -> None:
        with self._lock:
            told: set[str] = set()
            size = 0
            for topic in self._untold:
                size += len(topic.encode()) + 1
                if size < MOST_BYTES:
                    told.add(topic)
            self._untold -= told
        try:
            self._run(connection, b"SELECT pg_notify($1, $2)", CHANNEL, "\n".join(told).encode())
        except psycopg.Error:
            with self._lock:
                self._untold |= told
            raise

    def _run(self, connection: Any, statement: bytes, *values: bytes) -> None:
        result = connection.exec_params(statement, values)
        if result.status not in {psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.TUPLES_OK}:
            raise psycopg.OperationalError(result.get_error_message())

    def _wait(self, socket: int | None, seconds: float | None = None) -> None:
        """Until something comes by the socket, or somebody pokes, or so many seconds have passed."""
        waiting = select.poll()
        waiting.register(self._woken, select.POLLIN)
        if socket is not None:
            waiting.register(socket, select.POLLIN)
        waiting.poll(None if seconds is None else seconds * 1000)
        with contextlib.suppress(BlockingIOError):
            os.read(self._woken, 4096)


def _line(error: Exception) -> str:
    """The first line of what libpq says."""
    return (str(error).splitlines() or [""])[0]
