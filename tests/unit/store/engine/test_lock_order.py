"""Locks are taken in one order, and a test run says where they are not."""

import pytest

from berthline.store import Connection, Store
from berthline.store.engine import locks
from berthline.store.engine.prepared import Prepared
from berthline.store.tables.compute import servers
from tests.lock_order import OutOfOrder

CANCEL = Prepared("UPDATE sagas SET cancel_requested = TRUE WHERE subject_id = ?")
ROOM = Prepared("UPDATE hosts SET disabled_reason = NULL WHERE name = ?")


def test_a_transaction_that_locks_in_order_is_let_be(store: Store) -> None:
    def work(connection: Connection) -> None:
        locks.lock(connection, servers, ["one"])
        CANCEL.run(connection, "one")
        ROOM.run(connection, "host")
        locks.lock(connection, servers, ["one"])  # it has it already

    store.write_now(work)


@pytest.mark.parametrize("first", [CANCEL, ROOM])
def test_one_that_locks_a_server_after_what_hangs_on_it_is_refused(store: Store, first: Prepared) -> None:
    def work(connection: Connection) -> None:
        first.run(connection, "one")
        locks.lock(connection, servers, ["one"])

    with pytest.raises(OutOfOrder, match="servers is locked after"):
        store.write_now(work)


def test_each_transaction_begins_anew(store: Store) -> None:
    store.write_now(lambda connection: ROOM.run(connection, "host"))
    store.write_now(lambda connection: CANCEL.run(connection, "one"))
