"""Lists of servers: filters, orders and pages."""

from typing import Any

import pytest

from berthline.domain.ids import ProjectId, ServerId
from berthline.store import Store
from berthline.store.compute.servers import listing as server_list
from berthline.store.compute.servers import servers
from berthline.store.compute.servers.listing import ServerFilter, SortBy
from tests.unit.store.compute.values import make_server

MINE = ProjectId("project-1")


@pytest.fixture
def names(store: Store) -> Any:
    """A function that lists the names that a filter finds among four servers, one of another project, one deleted."""
    fleet = [
        make_server(name="web-1", created_at=1, updated_at=1, tags=("a", "b"), vm_state="active", key_name="k"),
        make_server(name="web-2", created_at=2, updated_at=2, tags=("b",), vm_state="stopped", power_state=4),
        make_server(name="db", created_at=3, updated_at=3, tags=("c%",), vm_state="error", reservation_id="r-2"),
        make_server(name="theirs", created_at=4, updated_at=4, project_id=ProjectId("project-2")),
        make_server(name="gone", created_at=5, updated_at=5),
    ]
    for server in fleet:
        store.write_now(lambda connection, server=server: servers.insert(connection, server))  # type: ignore[misc]
    store.write_now(lambda connection: servers.mark_deleted(connection, fleet[-1].id, 50))

    def found(**wanted: Any) -> list[str]:
        page = store.read_now(
            lambda connection: server_list.page(connection, ServerFilter(**({"project_id": MINE} | wanted)), limit=100)
        )
        assert page is not None
        return [server.name for server in page]

    return found


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, ["db", "web-2", "web-1"]),
        ({"project_id": None}, ["theirs", "db", "web-2", "web-1"]),
        ({"deleted": True}, ["gone"]),
        ({"deleted": None, "changes_since": 3}, ["gone", "db"]),
        ({"deleted": None, "changes_before": -1}, []),
        ({"deleted": None, "changes_before": 0}, ["gone", "db", "web-2", "web-1"]),
        ({"matching": {"created_at": "^1970-01-01 00:00:00$"}}, ["db", "web-2", "web-1"]),
        ({"matching": {"launched_at": "."}}, []),
        ({"auto_disk_config": True}, []),
        ({"matching": {"name": "web"}}, ["web-2", "web-1"]),
        ({"matching": {"name": "^b|-2$"}}, ["web-2"]),
        ({"vm_states": ("active", "stopped")}, ["web-2", "web-1"]),
        ({"task_states": ("rebooting",)}, []),
        ({"matching": {"power_state": "4"}}, ["web-2"]),
        ({"flavor_id": "42"}, ["db", "web-2", "web-1"]),
        ({"flavor_id": "43"}, []),
        ({"matching": {"key_name": "^k$"}}, ["web-1"]),
        ({"matching": {"reservation_id": "r-2", "name": "d"}}, ["db"]),
        ({"tags": ("a", "b")}, ["web-1"]),
        ({"tags_any": ("a", "b")}, ["web-2", "web-1"]),
        ({"not_tags": ("a", "b")}, ["db", "web-2"]),
        ({"not_tags_any": ("a", "b")}, ["db"]),
        ({"tags": ("c",)}, []),
        ({"ip": "10"}, []),
    ],
)
def test_filters(names: Any, wanted: dict[str, Any], expected: list[str]) -> None:
    assert names(**wanted) == expected


@pytest.mark.parametrize(
    "order",
    [
        server_list.NEWEST_FIRST,
        (SortBy("display_name", False),),
        (SortBy("vm_state", True), SortBy("created_at", False)),
        (SortBy("key_name", False),),
    ],
)
def test_pages_neither_skip_nor_repeat(store: Store, order: tuple[SortBy, ...]) -> None:
    for number in range(7):
        server = make_server(name=f"s{number % 3}", created_at=number // 2, key_name=None if number % 2 else "k")
        store.write_now(lambda connection, server=server: servers.insert(connection, server))  # type: ignore[misc]
    wanted = ServerFilter(project_id=MINE)

    def read(limit: int, after: ServerId | None) -> list[ServerId]:
        page = store.read_now(
            lambda connection: server_list.page(connection, wanted, limit=limit, after=after, order=order)
        )
        assert page is not None
        return [server.id for server in page]

    whole = read(100, None)
    walked: list[ServerId] = []
    while part := read(2, walked[-1] if walked else None):
        walked += part
    assert walked == whole
    assert len(set(whole)) == 7


def test_a_marker_of_another_project_is_no_marker(store: Store) -> None:
    theirs = make_server(project_id=ProjectId("project-2"))
    store.write_now(lambda connection: servers.insert(connection, theirs))
    page = store.read_now(
        lambda connection: server_list.page(connection, ServerFilter(project_id=MINE), limit=1, after=theirs.id)
    )
    assert page is None
