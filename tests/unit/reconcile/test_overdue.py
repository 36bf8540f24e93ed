"""What is due is begun page by page, and one row that cannot be begun does not make the loop turn for ever."""

from collections.abc import Callable

from berthline.reconcile.overdue import begin_overdue
from berthline.store import Connection, Store


def taken(waiting: list[int], one: int) -> bool:
    waiting.remove(one)
    return True


async def test_every_row_is_begun_page_by_page(store: Store) -> None:
    waiting = [1, 2, 3, 4, 5]

    def begin(one: int) -> Callable[[Connection], bool]:
        return lambda _: taken(waiting, one)

    assert await begin_overdue(store, lambda _: tuple(waiting[:2]), begin) == 5
    assert waiting == []


async def test_a_row_whose_work_fails_at_once_is_begun_once_a_turn(store: Store) -> None:
    begun: list[int] = []

    def begin(one: int) -> Callable[[Connection], bool]:
        def work(_: Connection) -> bool:
            begun.append(one)
            assert len(begun) < 5, "it turns for ever"
            return True

        return work

    assert await begin_overdue(store, lambda _: (1, 2), begin) == 2
    assert begun == [1, 2]


async def test_a_row_that_cannot_be_begun_is_left_to_the_next_turn(store: Store) -> None:
    waiting, looks = [1, 2], 0

    def some(_: Connection) -> tuple[int, ...]:
        nonlocal looks
        looks += 1
        assert looks < 5, "it turns for ever"
        return tuple(waiting)

    def begin(one: int) -> Callable[[Connection], bool]:
        return lambda _: one == 2 and taken(waiting, one)

    assert await begin_overdue(store, some, begin) == 1
    assert (waiting, looks) == ([1], 1)
