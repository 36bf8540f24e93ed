"""What is old goes, and nothing that something still needs goes with it."""

from dataclasses import dataclass

import msgspec
import pytest

from berthline.domain.compute import Server, ServerAction
from berthline.domain.ids import ProjectId, RequestId, SagaId, ServerId, UserId, new_id
from berthline.reconcile.history import AT_ONCE, DAY, HistoryPruner, Retention
from berthline.store import Connection, Store
from berthline.store.compute.servers import actions, servers
from berthline.store.control.sagas import get_saga, insert_saga, timeline
from berthline.store.engine.changes import record_event
from berthline.store.engine.prepared import Prepared
from tests.unit.store.compute.values import make_server

_STATE = Prepared("UPDATE sagas SET state = ? WHERE id = ?")
_STEP = Prepared("INSERT INTO saga_steps VALUES (?, 1, 'one', 'forward', 1, 2, 'done', NULL)")
_REMOTE_NIC = Prepared(
    "INSERT INTO remote_nics (server_id, position, network_id, mac_address, project_id, network) "
    "VALUES (?, 0, 'n', 'fa:16:3e:00:00:01', 'p', '{}')"
)
NOW = 1_000 * DAY
KEPT = Retention(events_days=30, sagas_days=20, deleted_servers_days=10)


@dataclass
class Stopped:
    """A clock that stands."""

    at: int = NOW

    def now(self) -> int:
        return self.at


class Nothing(msgspec.Struct):
    """Input of a saga that is only a row here."""


def saga(connection: Connection, subject: str, days_ago: int, state: str = "done") -> SagaId:
    made = insert_saga(
        connection,
        kind="test",
        subject_id=subject,
        project_id=ProjectId("p"),
        saga_input=Nothing(),
        holder=None,
        at=NOW - days_ago * DAY,
    )
    _STATE.run(connection, state, made.id)
    _STEP.run(connection, made.id)
    return made.id


def event(connection: Connection, days_ago: int, kind: str = "port", what: str = "updated") -> str:
    name = new_id()
    record_event(
        connection, kind=kind, object_id=name, project_id=ProjectId("p"), revision=1, what=what, at=NOW - days_ago * DAY
    )
    return name


def action(connection: Connection, server: Server, saga_id: SagaId) -> None:
    actions.add(
        connection,
        ServerAction(
            server_id=server.id,
            request_id=RequestId(f"req-{new_id()}"),
            action="create",
            user_id=UserId("u"),
            project_id=server.project_id,
            saga_id=saga_id,
            message=None,
            started_at=1,
            updated_at=1,
        ),
    )


def deleted(connection: Connection, days_ago: int) -> Server:
    server = make_server()
    servers.insert(connection, server)
    servers.mark_deleted(connection, server.id, NOW - days_ago * DAY)
    return server


def events_left(connection: Connection) -> set[str]:
    return {row[0] for row in connection.exec_driver_sql("SELECT object_id FROM events")}


@pytest.fixture
def pruner(store: Store) -> HistoryPruner:
    return HistoryPruner(store, Stopped(), KEPT)


async def test_old_events_go_but_for_those_of_deleted_images(store: Store, pruner: HistoryPruner) -> None:
    def fill(connection: Connection) -> tuple[str, str]:
        image = event(connection, 90, "image", "deleted")
        for _ in range(2 * AT_ONCE + 7):
            event(connection, 31)
        return image, event(connection, 29)

    kept = store.write_now(fill)
    before = store.commits
    assert await pruner.run_once() == 2 * AT_ONCE + 7
    assert store.read_now(events_left) == set(kept)
    assert store.commits - before >= 3, "a part at a time"
    assert await pruner.run_once() == 0


async def test_a_saga_stays_while_an_action_tells_of_it_and_goes_with_its_server(store: Store) -> None:
    def fill(connection: Connection) -> dict[str, SagaId]:
        living, gone = make_server(), deleted(connection, 5)
        servers.insert(connection, living)
        made = {
            "old": saga(connection, new_id(), 21),
            "undone": saga(connection, new_id(), 21, "undone"),
            "young": saga(connection, new_id(), 19),
            "unfinished": saga(connection, new_id(), 400, "unwinding"),
            "told": saga(connection, living.id, 300),
            "of a deleted one": saga(connection, gone.id, 300),
        }
        action(connection, living, made["told"])
        action(connection, gone, made["of a deleted one"])
        return made

    made = store.write_now(fill)

    def left(connection: Connection) -> set[str]:
        return {name for name, saga_id in made.items() if get_saga(connection, saga_id) is not None}

    clock = Stopped()
    pruner = HistoryPruner(store, clock, msgspec.structs.replace(KEPT, events_days=0))
    assert await pruner.run_once() == 2
    assert store.read_now(left) == {"young", "unfinished", "told", "of a deleted one"}
    assert store.read_now(lambda connection: timeline(connection, made["old"])) == ()
    clock.at += 6 * DAY
    assert await pruner.run_once() > 0
    assert store.read_now(left) == {"unfinished", "told"}
    assert store.read_now(lambda connection: len(timeline(connection, made["told"]))) == 1


async def test_a_deleted_server_goes_once_nothing_is_left_of_it(store: Store) -> None:
    pruner = HistoryPruner(store, Stopped(), msgspec.structs.replace(KEPT, events_days=0))

    def fill(connection: Connection) -> tuple[ServerId, ...]:
        old, young, busy, held = (deleted(connection, days) for days in (11, 9, 11, 11))
        saga(connection, busy.id, 11, "unwinding")
        _REMOTE_NIC.run(connection, held.id)
        return old.id, young.id, busy.id, held.id

    old, young, busy, held = store.write_now(fill)
    assert await pruner.run_once() == 1
    rows = store.read_now(lambda connection: connection.exec_driver_sql("SELECT id FROM servers").scalars().all())
    assert set(rows) == {young, busy, held}
    assert old not in rows


async def test_nothing_goes_where_all_is_kept_for_ever(store: Store) -> None:
    store.write_now(lambda connection: (event(connection, 900), deleted(connection, 900), saga(connection, "x", 900)))
    for_ever = Retention(events_days=0, sagas_days=0, deleted_servers_days=0)
    assert await HistoryPruner(store, Stopped(), for_ever).run_once() == 0
