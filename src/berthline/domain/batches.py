"""Work in parts: much of it at once holds a lock, the event loop or memory that others want meanwhile."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batches(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """The items in their order, ``size`` at a time; the last part may be shorter."""
    left = iter(items)
    while part := tuple(islice(left, size)):
        yield part
