"""Prepared statements: in the transaction of their connection, told to those who count, and failing like the others."""

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError

from berthline.store import Connection, Store
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.identity import domains

ADD = Prepared("INSERT INTO domains (id, name) VALUES (?, ?)")
NAMES = Prepared("SELECT name FROM domains ORDER BY name")


def test_they_share_the_transaction_of_other_statements(store: Store) -> None:
    def work(connection: Connection) -> list[str]:
        assert ADD.run(connection, "1", "one") == 1
        assert ADD.run_many(connection, [("2", "two"), ("3", "three")]) == 2
        return list(connection.execute(select(domains.c.name).order_by(domains.c.name)).scalars())

    assert store.write_now(work) == ["one", "three", "two"]
    assert store.read_now(NAMES.all) == [("one",), ("three",), ("two",)]
    assert store.read_now(NAMES.first) == ("one",)

    def failing(connection: Connection) -> None:
        work(connection)

    with pytest.raises(IntegrityError):
        store.write_now(failing)
    assert len(store.read_now(NAMES.all)) == 3


def test_a_snapshot_is_the_same_for_both_kinds_of_statements(store: Store) -> None:
    store.write_now(lambda connection: ADD.run(connection, "1", "one"))

    def look(connection: Connection) -> tuple[int, int]:
        before = len(NAMES.all(connection))
        store.write_now(lambda writer: ADD.run(writer, "2", "two"))
        return before, len(connection.execute(select(domains.c.id)).all())

    assert store.read_now(look) == (1, 1)
    assert len(store.read_now(NAMES.all)) == 2


def test_a_row_is_read_when_it_is_asked_for(store: Store) -> None:
    store.write_now(lambda connection: ADD.run_many(connection, [(str(n), f"{n:03}") for n in range(500)]))

    def work(connection: Connection) -> str:
        rows = NAMES.each(connection)
        first: str = next(rows)[0]
        rows.close()
        return first

    assert store.read_now(work) == "000"


def test_they_are_counted_and_their_errors_tell_no_values(store: Store) -> None:
    heard: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda _connection, _cursor, text, *_more: heard.append(text))
    store.write_now(lambda connection: ADD.run(connection, "1", "secret-name"))
    assert ADD.text in heard
    with pytest.raises(IntegrityError, match=r"(?i)unique") as caught:
        store.write_now(lambda connection: ADD.run(connection, "2", "secret-name"))
    assert "secret-name" not in str(caught.value)
