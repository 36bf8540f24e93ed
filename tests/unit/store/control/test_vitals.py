"""What the database counts of a cloud's health."""

from typing import Any

import msgspec
from sqlalchemy import update

from berthline.domain.compute import ServerAction
from berthline.domain.hosts.enrolment import EnrolledHost, HostOptions
from berthline.domain.ids import HostName, ProjectId, RequestId, SagaId, UserId
from berthline.domain.vitals import HostTally, SagaTally, Sizes
from berthline.store import Connection, Store
from berthline.store.compute import enrolled, hosts
from berthline.store.compute.servers import actions, servers
from berthline.store.control.sagas import insert_saga
from berthline.store.control.vitals import RESUME_SECONDS, SECOND, vitals
from berthline.store.tables.control import outbox, sagas
from berthline.store.tables.enrolment import enrolled_hosts
from tests.unit.store.compute.values import make_host, make_server

NOW = 1_800_000_000 * SECOND


class Nothing(msgspec.Struct):
    """What these sagas were begun with."""


def enrol(connection: Connection, *names: str) -> None:
    made = [
        EnrolledHost(
            name=HostName(name), kind="simulated", options=HostOptions(), revision=1, enrolled_at=1, updated_at=1
        )
        for name in names
    ]
    enrolled.take_over(connection, made)


def test_an_empty_database_has_nothing_to_tell(store: Store) -> None:
    found = store.read_now(lambda connection: vitals(connection, NOW))
    assert found.hosts == ()
    assert found.sagas == ()
    assert found.halted == {"room": 0, "crash": 0, "other": 0}
    assert (found.changes, found.oldest_change_at) == (0, None)
    assert (found.workers, found.only_api, found.sagas_waiting, found.waiting_since) == (0, 0, 0, None)


def test_hosts_are_counted_with_what_they_have_by_state(store: Store) -> None:
    size: dict[str, Any] = {"physical_vcpus": 2, "physical_memory_mb": 512, "physical_disk_gb": 10}

    def write(connection: Connection) -> None:
        enrol(connection, "a", "b", "c", "d", "e", "f", "g")
        gone = update(enrolled_hosts).where(enrolled_hosts.c.name == "g").values(lost_at=1)
        connection.execute(gone)
        enrolled.set_fate(connection, HostName("e"), "error", 1)
        for name in ("a", "b", "c", "d", "e", "g"):
            hosts.upsert(connection, make_host(name, **size), 1)
        hosts.claim(connection, HostName("a"), 3, 256, 4, 1)
        hosts.set_up(connection, HostName("c"), False, 1)
        hosts.set_service(connection, HostName("d"), 1, enabled=False)

    store.write_now(write)
    found = {(one.state, one.enabled): one for one in store.read_now(lambda c: vitals(c, NOW)).hosts}
    assert {key: one.hosts for key, one in found.items()} == {
        ("up", True): 2,
        ("down", True): 1,
        ("up", False): 1,
        ("leaving", True): 1,
        ("joining", True): 1,
        ("lost", True): 1,
    }
    assert found["up", True] == HostTally(
        state="up",
        enabled=True,
        hosts=2,
        physical=Sizes(4, 1024, 20),
        promised=Sizes(8, 2048, 20),
        claimed=Sizes(3, 256, 4),
    )


def test_sagas_are_counted_by_kind_and_state_with_the_oldest_and_what_fails(store: Store) -> None:
    def begin(connection: Connection, number: int, at: int, **changes: Any) -> None:
        saga = insert_saga(
            connection,
            kind="server_create",
            subject_id=f"s{number}",
            project_id=ProjectId("p"),
            saga_input=Nothing(),
            holder=None,
            at=at,
            saga_id=SagaId(f"saga-{number}"),
        )
        if changes:
            connection.execute(sagas.update().where(sagas.c.id == saga.id).values(**changes))

    def write(connection: Connection) -> None:
        begin(connection, 1, NOW - 7)
        begin(connection, 2, NOW - 9, attempts=2)
        begin(connection, 3, NOW - 5, state="unwinding", undo_error="no", attempts=1)
        begin(connection, 4, NOW - 99, state="done")
        connection.execute(outbox.insert().values(kind="port", object_id="p", revision=1, at=NOW - 3))

    store.write_now(write)
    found = store.read_now(lambda connection: vitals(connection, NOW))
    assert found.sagas == (
        SagaTally(kind="server_create", state="forward", sagas=2, begun_at=NOW - 9, retried=1, stuck=0),
        SagaTally(kind="server_create", state="unwinding", sagas=1, begun_at=NOW - 5, retried=1, stuck=1),
    )
    assert (found.sagas_waiting, found.waiting_since) == (3, NOW - 9)
    assert (found.changes, found.oldest_change_at) == (1, NOW - 3)


def test_guests_that_stand_still_are_counted_by_why(store: Store) -> None:
    def boot(connection: Connection, vm_state: str, power_state: int, resumed_at: int | None = None) -> None:
        server = make_server(vm_state=vm_state, task_state=None, power_state=power_state)
        servers.insert(connection, server)
        if resumed_at is not None:
            action = ServerAction(
                server_id=server.id,
                request_id=RequestId("req-1"),
                action="resume_after_want_of_room",
                user_id=UserId("u"),
                project_id=ProjectId("p"),
                saga_id=None,
                message=None,
                started_at=resumed_at,
                updated_at=resumed_at,
            )
            actions.add(connection, action)

    def write(connection: Connection) -> None:
        boot(connection, "active", 1)
        boot(connection, "paused", 3)  # its owner paused it
        boot(connection, "active", 3)
        boot(connection, "active", 3, NOW - 60 * SECOND)
        boot(connection, "active", 3, NOW - (RESUME_SECONDS + 1) * SECOND)  # it was let go on, and paused by another
        boot(connection, "stopped", 6)

    store.write_now(write)
    assert store.read_now(lambda connection: vitals(connection, NOW)).halted == {"room": 1, "crash": 1, "other": 2}
