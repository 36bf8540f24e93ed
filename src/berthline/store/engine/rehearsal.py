"""For tests: every write run twice, as it is when others were in its way, and as it never is with one writer."""

import contextlib
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from berthline.store.engine.backend import topics_of

T = TypeVar("T")


def rehearsed(work: Callable[[Connection], T]) -> Callable[[Connection], T]:
    """Work that is run, undone, and run again: it has to end as if it had been run once.

    What the first run raises is forgotten; the second says how the work ends.
    """

    def twice(connection: Connection) -> T:
        connection.exec_driver_sql("SAVEPOINT rehearsal")
        with contextlib.suppress(Exception):
            work(connection)
        topics_of(connection)
        connection.exec_driver_sql("ROLLBACK TO rehearsal")
        connection.exec_driver_sql("RELEASE rehearsal")
        return work(connection)

    return twice
