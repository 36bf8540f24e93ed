"""The connections of an event loop: as many as may work at a time, each with what hears of its socket."""

import asyncio
from collections import deque
from concurrent.futures import Executor
from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine

from berthline.store.engine.postgresql.connections import driver, drop
from berthline.store.engine.postgresql.switching import Line

SILENT_SECONDS: Final = 20.0
"""How long the server may say nothing to a transaction in the loop; a row is waited for a fourth of that."""
LOOK_SECONDS: Final = 2.0


class Lines:
    """Those of one loop. They are opened in a thread, since that takes milliseconds, and used in turn."""

    def __init__(self, loop: asyncio.AbstractEventLoop, engine: Engine, threads: Executor, most: int) -> None:
        self.loop = loop
        self._engine = engine
        self._threads = threads
        self._most = most
        self._open = 0
        self._idle: deque[Connection] = deque()
        self._busy: dict[Connection, float] = {}
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._look: asyncio.TimerHandle | None = None

    async def taken(self) -> Connection:
        """A connection that nobody else has: one that is idle, a new one, or the next that is given back."""
        connection = self._next_idle()
        while connection is None:
            if self._open < self._most:
                connection = await self._opened()
            else:
                turn: asyncio.Future[Connection | None] = self.loop.create_future()
                self._waiting.append(turn)
                try:
                    connection = await turn
                except asyncio.CancelledError:
                    if turn.done() and not turn.cancelled() and (given := turn.result()) is not None:
                        self.give_back(given)
                    raise
        self._busy[connection] = self.loop.time()
        if self._look is None:
            self._look = self.loop.call_later(LOOK_SECONDS, self._look_for_silence)
        return connection

    def give_back(self, connection: Connection) -> None:
        """What was taken is free again, or of no more use."""
        self._busy.pop(connection, None)
        given: Connection | None = connection
        if driver(connection).lost:
            self._open -= 1
            drop(connection)
            given = None
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(given)
                return
        if given is not None:
            self._idle.append(given)

    def drop_idle(self) -> None:
        """Close those that are not used now."""
        while self._idle:
            self._open -= 1
            drop(self._idle.pop())

    def close(self) -> None:
        """Close all of them."""
        if self._look is not None:
            self._look.cancel()
        self.drop_idle()

    def _next_idle(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not driver(connection).lost:
                return connection
            self._open -= 1
            drop(connection)
        return None

    async def _opened(self) -> Connection:
        self._open += 1
        try:
            connection = await self.loop.run_in_executor(self._threads, self._engine.connect)
        except BaseException:
            self._open -= 1
            for turn in self._waiting:  # they see for themselves
                if not turn.done():
                    turn.set_result(None)
            self._waiting.clear()
            raise
        raw = driver(connection).connection
        raw.line = Line(raw.pgconn, self.loop)
        return connection

    def _look_for_silence(self) -> None:
        """A server that was stopped, or is behind a line that was cut, never says that it does not answer."""
        self._look = None
        since = self.loop.time() - SILENT_SECONDS
        for connection, begun in tuple(self._busy.items()):
            line = driver(connection).connection.line
            if begun < since and line is not None:
                line.give_up()
        if self._busy:
            self._look = self.loop.call_later(LOOK_SECONDS, self._look_for_silence)


class LinesOfLoops:
    """Those of each loop that a store is used in: one in a cloud, one after the other in tests."""

    def __init__(self, engine: Engine, threads: Executor, most: int) -> None:
        self._engine = engine
        self._threads = threads
        self._most = most
        self._of_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, Lines] = WeakKeyDictionary()

    def here(self) -> Lines:
        """Those of the loop that runs now."""
        loop = asyncio.get_running_loop()
        found = self._of_loops.get(loop)
        if found is None:
            for ended in [other for other in self._of_loops if other.is_closed()]:
                self._of_loops.pop(ended).close()
            found = self._of_loops[loop] = Lines(loop, self._engine, self._threads, self._most)
        return found

    def drop_idle(self) -> None:
        """Of every loop that is at rest or is this one: those of others are not ours to touch."""
        for loop, lines in tuple(self._of_loops.items()):
            if not loop.is_running() or loop is _running():
                lines.drop_idle()

    def close(self) -> None:
        """Close all of them."""
        for lines in tuple(self._of_loops.values()):
            lines.close()


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
