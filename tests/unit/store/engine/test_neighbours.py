"""Two processes on one file of SQLite: what one commits wakes those in the other who wait for it."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from berthline.store import Connection, Store, notify
from berthline.store.engine.location import Location

pytestmark = pytest.mark.sqlite("PostgreSQL's hints have tests of their own")
PATIENCE = 20.0


def telling(connection: Connection) -> None:
    """Write something, and tell of it."""
    connection.exec_driver_sql("PRAGMA user_version=7")
    notify(connection, "news")


async def woken(event: threading.Event) -> None:
    assert await asyncio.to_thread(event.wait, PATIENCE), "nobody was woken"
    event.clear()


async def test_a_commit_of_one_wakes_those_who_wait_in_the_other(new_database: Callable[[], Location]) -> None:
    path = new_database()
    one, other = Store(path, durable=False), Store(path, durable=False, neighbours=True)
    event = threading.Event()
    try:
        other.subscribe("news", event.set)
        await woken(event)  # who begins to listen may have missed something
        for _ in range(3):
            await one.write(telling)
            await woken(event)
            await one.write_short(telling)
            await woken(event)
    finally:
        other.close()
        one.close()
