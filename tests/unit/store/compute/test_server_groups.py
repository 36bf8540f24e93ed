"""Where the members of a server group are."""

import pytest

from berthline.domain.ids import HostName, ProjectId, ServerGroupId, ServerId, UserId, new_id
from berthline.domain.placing import ServerGroup
from berthline.store import Connection, Store
from berthline.store.compute import hosts, server_groups
from berthline.store.compute.servers import servers
from berthline.store.tables.compute import migrations
from tests.unit.store.compute.values import make_host, make_server

AT = 7
GROUP = ServerGroupId("22222222-2222-4222-8222-222222222222")


def member(connection: Connection, host: str | None) -> ServerId:
    server = make_server(host=host)
    servers.insert(connection, server)
    server_groups.join(connection, GROUP, [server.id])
    return server.id


def moves(connection: Connection, server_id: ServerId, source: str, destination: str, *, held: bool) -> None:
    """A move of a server that holds both ends, or held them."""
    ends = {"source": source, "destination": destination, "type": "resize", "status": "finished", "held": held}
    texts: dict[str, dict[str, str]] = {
        name: {} for name in ("old_flavor", "new_flavor", "old_build", "new_build", "image")
    }
    whose = {"id": new_id(), "server_id": server_id, "project_id": "p", "user_id": "u", "before": "active"}
    connection.execute(migrations.insert(), {**ends, **texts, **whose, "created_at": AT, "updated_at": AT})


@pytest.fixture
def grouped(store: Store) -> Store:
    def fill(connection: Connection) -> None:
        for name in ("a", "b", "c"):
            hosts.upsert(connection, make_host(name), AT)
        group = ServerGroup(
            id=GROUP,
            project_id=ProjectId("p"),
            user_id=UserId("u"),
            name="g",
            policy="anti-affinity",
            max_server_per_host=None,
            members=(),
            created_at=AT,
        )
        server_groups.add(connection, group)

    store.write_now(fill)
    return store


def test_members_are_counted_where_they_are(grouped: Store) -> None:
    def work(connection: Connection) -> tuple[dict[HostName, int], dict[HostName, int], int]:
        first, gone = member(connection, "a"), member(connection, "b")
        member(connection, "a")
        member(connection, None)
        servers.mark_deleted(connection, gone, AT)
        return (
            server_groups.held(connection, GROUP),
            server_groups.held(connection, GROUP, first),
            server_groups.count(connection, GROUP),
        )

    assert grouped.write_now(work) == ({"a": 2}, {"a": 1}, 3)


def test_a_member_that_moves_is_at_both_ends_until_that_is_over(grouped: Store) -> None:
    def work(connection: Connection) -> tuple[dict[HostName, int], dict[HostName, int]]:
        moving, still = member(connection, "a"), member(connection, "a")
        moves(connection, moving, "a", "b", held=True)
        moves(connection, still, "c", "a", held=False)
        return server_groups.held(connection, GROUP), server_groups.held(connection, GROUP, moving)

    assert grouped.write_now(work) == ({"a": 2, "b": 1}, {"a": 1})
