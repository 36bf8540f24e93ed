"""Two stores on one database, and work on each that is held at a known point while the other's runs.

Nothing sleeps: the first work stops where it is told to, the second is run until it has ended or waits for the first,
which PostgreSQL says, and then the first goes on.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple, TypeVar

import psycopg
from sqlalchemy import event

from berthline.store import Connection, Store

PATIENCE: Final = 30.0
LOOK: Final = 0.005
WRITING: Final = ("INSERT", "UPDATE", "DELETE", "WITH")
_WAITING: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)

Point = Literal["before it writes", "before it commits"]
POINTS: Final[tuple[Point, ...]] = ("before it writes", "before it commits")

T = TypeVar("T")
Work = Callable[[Connection], Any]
Run = Callable[[Store], Any]


class Ends(NamedTuple):
    """How two pieces of work ended: with a result, or the error that their callers heard."""

    first: Any
    second: Any

    @property
    def errors(self) -> list[BaseException]:
        """Those that failed."""
        return [each for each in self if isinstance(each, BaseException)]

    @property
    def results(self) -> list[Any]:
        """Those that did not."""
        return [each for each in self if not isinstance(each, BaseException)]


class HeldStore(Store):
    """A store of which a piece of work can be held before its commit."""

    stop: "_Stop | None" = None

    async def write(self, work: Callable[[Connection], T]) -> T:
        return await super().write(self._held(work))

    async def write_short(self, work: Callable[[Connection], T]) -> T:
        return await super().write_short(self._held(work))

    def write_now(self, work: Callable[[Connection], T]) -> T:
        return super().write_now(self._held(work))

    def _held(self, work: Callable[[Connection], T]) -> Callable[[Connection], T]:
        def then_held(connection: Connection) -> T:
            result = work(connection)
            if self.stop is not None:
                self.stop.hold()
            return result

        return then_held


@dataclass(frozen=True)
class Beside:
    """Two stores on the database at ``url``, as two processes have them; ``point`` is where the first is held."""

    one: HeldStore
    other: Store
    url: str
    point: Point

    def race(self, first: Work, second: Work) -> Ends:
        """Hold ``first``, run ``second`` until it ends or waits, and let ``first`` go on."""
        return self.race_runs(lambda store: store.write_now(first), lambda store: store.write_now(second))

    def race_runs(self, first: Run, second: Run) -> Ends:
        """The same for what opens its transactions itself, of which the first one that writes is held."""
        stop = _Stop()
        with ThreadPoolExecutor(2) as threads, _held(self.one, stop, self.point):
            began = threads.submit(first, self.one)
            stop.await_reached(began)
            beside = threads.submit(second, self.other)
            self._await_ended_or_waiting(beside)
            stop.go.set()
            return Ends(_end_of(began), _end_of(beside))

    def race_inside(self, first: Callable[[Store, Callable[[], None]], Any], second: Run) -> Ends:
        """The same for a first work that holds itself, where it calls what it is given."""
        stop = _Stop()
        with ThreadPoolExecutor(2) as threads:
            began = threads.submit(first, self.one, stop.hold)
            stop.await_reached(began)
            beside = threads.submit(second, self.other)
            self._await_ended_or_waiting(beside)
            stop.go.set()
            return Ends(_end_of(began), _end_of(beside))

    def _await_ended_or_waiting(self, beside: "Future[Any]") -> None:
        ended = threading.Event()
        beside.add_done_callback(lambda _: ended.set())
        with psycopg.connect(self.url, autocommit=True) as looking:
            for _ in range(int(PATIENCE / LOOK)):
                if ended.wait(LOOK):
                    return
                row = looking.execute(_WAITING).fetchone()
                if row is not None and row[0]:
                    return
        raise AssertionError("the second work neither ended nor waited for the first")


class _Stop:
    """A place where the first work is held, once."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go = threading.Event()

    def hold(self) -> None:
        if not self.reached.is_set():
            self.reached.set()
            assert self.go.wait(PATIENCE), "nobody let the first work go on"

    def await_reached(self, work: "Future[Any]") -> None:
        """Until it is held, or ended without that."""
        work.add_done_callback(lambda _: self.reached.set())
        assert self.reached.wait(PATIENCE)


@contextmanager
def _held(store: HeldStore, stop: _Stop, point: Point) -> Iterator[None]:
    """While the block runs, the first transaction of the store that writes stops there."""

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip().upper().startswith(WRITING):
            stop.hold()

    if point == "before it writes":
        event.listen(store.engine, "before_cursor_execute", on_statement)
        try:
            yield
        finally:
            event.remove(store.engine, "before_cursor_execute", on_statement)
    else:
        store.stop = stop
        try:
            yield
        finally:
            store.stop = None


def verb(path: str, *arguments: Any, **named: Any) -> Callable[[Any], Any]:
    """What calls a method of a service, or one of a part of it: ``roles.imply``."""
    return lambda service: attrgetter(path)(service)(*arguments, **named)


def _end_of(work: "Future[Any]") -> Any:
    try:
        return work.result(PATIENCE)
    except Exception as error:  # noqa: BLE001 - the test says which it may be
        return error
