"""What is due is begun page by page, and rows that fail are neither in the way nor begun again at once."""

from sqlalchemy import select

from berthline.reconcile.overdue import begin_overdue
from berthline.store import Connection, Store
from berthline.store.tables.control import postponements
from tests.api.builder import HandClock

PAGE = 2


class Rows:
    """Rows for which something is due. Those in ``failing`` are begun and due again at once; ``taken``: by others."""

    def __init__(self, *names: str) -> None:
        self.due = list(names)
        self.failing: set[str] = set()
        self.taken: set[str] = set()
        self.begun: list[str] = []

    def some(self, connection: Connection, now: int) -> list[str]:
        left = set(connection.execute(select(postponements.c.subject_id).where(postponements.c.until > now)).scalars())
        return [name for name in self.due if name not in left][:PAGE]

    def begin(self, _connection: Connection, name: str, _at: int) -> bool:
        if name in self.taken:
            return False
        self.begun.append(name)
        assert len(self.begun) < 20, "it turns for ever"
        if name not in self.failing:
            self.due.remove(name)
        return True


async def test_every_row_is_begun_page_by_page(store: Store) -> None:
    rows = Rows("a", "b", "c", "d", "e")
    assert await begin_overdue(store, HandClock(), rows.some, rows.begin) == 5
    assert (rows.begun, rows.due) == (["a", "b", "c", "d", "e"], [])


async def test_a_page_that_fails_holds_nobody_up(store: Store) -> None:
    rows = Rows("a", "b", "c")
    rows.failing = {"a", "b"}
    assert await begin_overdue(store, HandClock(), rows.some, rows.begin) == 3
    assert rows.begun == ["a", "b", "c"]


async def test_what_fails_is_begun_at_times_that_lie_further_and_further_apart(store: Store) -> None:
    rows, clock, times = Rows("a"), HandClock(), []
    rows.failing = {"a"}
    for minute in range(200):
        if await begin_overdue(store, clock, rows.some, rows.begin):
            times.append(minute)
        clock.advance(60)
    assert times == [0, 1, 3, 7, 15, 31, 63, 123, 183]


async def test_a_row_that_another_is_at_work_on_is_looked_at_again_a_minute_later(store: Store) -> None:
    rows, clock = Rows("a", "b", "c"), HandClock()
    rows.taken = {"a", "b"}
    assert await begin_overdue(store, clock, rows.some, rows.begin) == 1
    rows.taken.clear()
    assert await begin_overdue(store, clock, rows.some, rows.begin) == 0
    clock.advance(60)
    assert await begin_overdue(store, clock, rows.some, rows.begin) == 2
    assert rows.due == []
