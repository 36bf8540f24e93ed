"""Rows for which something is due, found some at a time, and begun one by one by whoever has the row first."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from berthline.store import Connection, Store

T = TypeVar("T")


async def begin_overdue(
    store: Store, some: Callable[[Connection], Sequence[T]], begin: Callable[[T], Callable[[Connection], bool]]
) -> int:
    """Begin what is due for every row; returns how many.

    ``some`` finds rows that are not begun yet; ``begin`` makes the transaction for one, which tells whether that began
    it. One that could not be begun would be found again at once, so the rest is then left to the next turn.
    """
    begun = 0
    while found := await store.read(some):
        taken = 0
        for each in found:
            taken += await store.write(begin(each))
        begun += taken
        if taken < len(found):
            break
    return begun
