"""Waiting for PostgreSQL in the event loop: a transaction is a greenlet there, which is left while the server works.

A thread for each transaction would do as well, but the interpreter goes from thread to thread at each statement, and a
loop that is busy gives it back late: a third of the transactions a second was what remained. Work is the same function
in either case, and does not notice.
"""

import asyncio
import contextvars
import select
from collections.abc import Callable
from typing import Any, Final, TypeVar

import psycopg
from greenlet import greenlet
from psycopg import errors, waiting

T = TypeVar("T")
READY_R: Final = waiting.Ready.R
READY_W: Final = waiting.Ready.W
WRITES: Final = waiting.Wait.W


class Line:
    """What hears of a connection's socket in one event loop, and goes on with the greenlet that waits for it."""

    def __init__(self, pgconn: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._pgconn = pgconn
        self._loop = loop
        self._socket: int = pgconn.socket
        self._waiter: greenlet | None = None
        self._heard = False
        self._open = True
        loop.add_reader(self._socket, self._readable)

    def wait(self) -> None:
        """In a greenlet: let the loop do other things until there is something to read.

        Raises OperationalError when the wait was given up.
        """
        current = greenlet.getcurrent()
        assert current.parent is not None, "what waits in the loop is begun by ``spawn``"
        self._waiter = current
        self._heard = False
        current.parent.switch()
        if not self._heard:
            raise errors.OperationalError("the server did not answer in time")

    def give_up(self) -> None:
        """Have what waits fail: the server was silent for too long."""
        if self._waiter is not None:
            self._go_on(heard=False)

    def close(self) -> None:
        """Hear no more. Again: no change: a lost connection's socket is closed, and its number another's."""
        if self._open and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
        self._open = False

    def _readable(self) -> None:
        if self._waiter is not None:
            self._go_on(heard=True)
            return
        try:  # nobody waits: the server has ended the connection, or says something that nobody asked for
            self._pgconn.consume_input()
        except psycopg.Error:
            self.close()

    def _go_on(self, *, heard: bool) -> None:
        waiter, self._waiter, self._heard = self._waiter, None, heard
        if waiter is not None:
            waiter.switch()


def spawn(function: Callable[[], T], loop: asyncio.AbstractEventLoop) -> "asyncio.Future[T]":
    """Run a function in a greenlet of the loop's thread until it waits; what it returns or raises, in the end.

    It goes on to its end also when nobody waits for it any more.
    """
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - whoever waits hears it
            if not done.done():
                done.set_exception(error)
        else:
            if not done.done():
                done.set_result(result)

    started = greenlet(run)
    started.gr_context = contextvars.copy_context()
    started.switch()
    return done


def ready_here(descriptor: int, *, writable: bool) -> int:
    """Wait in this thread until there is something to read, or room to write; which of the two, in psycopg's words.

    There is nearly always room, so that this is no wait, for what is sent is small.
    """
    waiter = select.poll()
    waiter.register(descriptor, select.POLLIN | (select.POLLOUT if writable else 0))
    (_, events), *_ = waiter.poll()
    return (READY_R if events & ~select.POLLOUT else 0) | (READY_W if events & select.POLLOUT else 0)


class SwitchingConnection(psycopg.Connection[Any]):
    """A connection of psycopg that waits in the loop while it has a line there."""

    line: Line | None = None
    session: Any = None
    """The ``Session`` on it, which may owe the server something."""

    def close(self) -> None:
        """Close it, whoever does: SQLAlchemy does when it is lost. The loop must not hear of its socket's next one."""
        if self.line is not None:
            self.line.close()
            self.line = None
        super().close()

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """As psycopg's own, for SQLAlchemy's statements."""
        if self.line is None:
            return super().wait(gen, interval, timeout)
        try:
            wanted = next(gen)
            while True:
                if wanted & WRITES:
                    heard = ready_here(self.pgconn.socket, writable=True)
                else:
                    self.line.wait()
                    heard = READY_R
                wanted = gen.send(heard)
        except StopIteration as end:
            return end.value
