"""Versions of topics: raised by what is committed, of the topics that have one, and seen by every store."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from berthline.store import Connection, Store, notify
from berthline.store.engine.location import Location
from berthline.store.engine.versions import STANDINGS_TOPIC
from berthline.store.tables.control import topics
from tests.databases import FILE, NewStore


class Telling:
    """Notifies a topic twice, and then fails when told to."""

    def __init__(self, topic: str = STANDINGS_TOPIC, failure: Exception | None = None) -> None:
        self.topic = topic
        self.failure = failure

    def __call__(self, connection: Connection) -> None:
        notify(connection, self.topic)
        notify(connection, self.topic)
        if self.failure is not None:
            raise self.failure


async def test_a_commit_of_another_store_is_seen_before_it_is_told(new_database: Callable[[str], Location]) -> None:
    database = new_database(FILE)
    store, other = (Store(database, durable=False) for _ in range(2))
    for write in (store.write, store.write_short, other.write, other.write_short):
        before = [await each.version(STANDINGS_TOPIC) for each in (store, other)]
        await write(Telling())
        after = [await each.version(STANDINGS_TOPIC) for each in (store, other)]
        assert after == [before[0] + 1, before[1] + 1]
    for each in (store, other):
        each.close()


async def test_work_that_failed_raises_nothing(store: Store) -> None:
    before = await store.version(STANDINGS_TOPIC)
    for write in (store.write, store.write_short):
        with pytest.raises(ValueError, match="no"):
            await write(Telling(failure=ValueError("no")))
    assert await store.version(STANDINGS_TOPIC) == before


async def test_what_changes_with_traffic_has_no_row_that_all_would_wait_for(store: Store) -> None:
    for topic in ("outbox", "events"):
        await store.write(Telling(topic))
    assert store.read_now(lambda connection: connection.execute(select(topics.c.topic)).all()) == []


async def test_one_that_is_alone_counts_without_a_look(new_store: NewStore) -> None:
    alone = new_store(alone=True)
    before = await alone.version(STANDINGS_TOPIC)
    await alone.write(Telling())
    assert await alone.version(STANDINGS_TOPIC) != before
