"""Server groups, aggregates and zones, while two processes place servers by them."""

from collections import Counter
from typing import Any

import msgspec
import pytest

from berthline.domain.compute import Host, Server
from berthline.domain.errors import BadRequest, BerthlineError, Conflict, QuotaExceeded
from berthline.domain.ids import HostName, ServerGroupId, new_id
from berthline.domain.placing import GroupPolicy, ServerGroup
from berthline.store import Connection
from berthline.store.compute import aggregates, hosts, server_groups
from berthline.store.control import quotas
from berthline.workflows.hosts import aggregates as verbs
from tests.unit.store.races.beside import Beside, Ends
from tests.unit.store.races.cloud import AT, HOST, MEMBER, PROJECT, only_one
from tests.unit.store.races.test_servers import image, request, run

OTHER = HostName("host-b")
GROUP = ServerGroupId("22222222-2222-4222-8222-222222222222")


def second_host(connection: Connection) -> None:
    """One more, as large as the first."""
    known = hosts.get(connection, HOST)
    assert known is not None
    hosts.upsert(connection, msgspec.structs.replace(known, name=OTHER, chassis=OTHER), AT)


def grounded(beside: Beside, policy: GroupPolicy, most: int | None = None) -> None:
    """Two hosts with room for two servers each, an image, and a group."""
    beside.one.write_now(image)
    beside.one.write_now(second_host)
    group = ServerGroup(
        id=GROUP,
        project_id=PROJECT,
        user_id=MEMBER.user_id,
        name="g",
        policy=policy,
        max_server_per_host=most,
        members=(),
        created_at=AT,
    )

    def write(connection: Connection) -> None:
        server_groups.add(connection, group)
        quotas.take(connection, PROJECT, {"server_groups": 1})

    beside.one.write_now(write)


def booting(**fields: Any) -> Any:
    return run("create", MEMBER, request(scheduler_hints={"group": GROUP}, **fields))


def where(ends: Ends) -> Counter[str | None]:
    made: list[tuple[Server, ...]] = ends.results
    return Counter(server.host for servers in made for server in servers)


@pytest.mark.parametrize(
    ("policy", "most", "expected"),
    [
        ("anti-affinity", None, [1, 1]),
        ("anti-affinity", 2, [1, 1]),
        ("affinity", None, [2]),
        ("soft-affinity", None, [2]),
    ],
)
def test_members_that_come_at_once_are_where_the_policy_has_them(
    beside: Beside, policy: GroupPolicy, most: int | None, expected: list[int]
) -> None:
    grounded(beside, policy, most)
    ends = beside.race_runs(booting(), booting())
    assert ends.errors == []
    assert sorted(where(ends).values()) == expected
    assert None not in where(ends)


def test_no_host_has_more_of_a_group_than_its_rule_says(beside: Beside) -> None:
    grounded(beside, "anti-affinity")
    assert booting(max_count=2, min_count=2)(beside.one)
    ends = beside.race_runs(booting(), booting())
    assert where(ends) == {None: 2}
    held = beside.one.read_now(lambda c: server_groups.held(c, GROUP))
    assert held == {HOST: 1, OTHER: 1}


def test_the_last_place_in_a_group_is_one_servers(beside: Beside) -> None:
    grounded(beside, "soft-anti-affinity")
    beside.one.write_now(lambda c: quotas.set_limits(c, PROJECT, {"server_group_members": 1}))
    only_one(beside.race_runs(booting(), booting()), QuotaExceeded)
    assert beside.one.read_now(lambda c: server_groups.count(c, GROUP)) == 1


def test_a_group_is_deleted_or_gets_a_member(beside: Beside) -> None:
    grounded(beside, "affinity")

    def delete(connection: Connection) -> None:
        server_groups.lock(connection, GROUP)
        assert server_groups.remove(connection, GROUP)
        quotas.give_back(connection, PROJECT, {"server_groups": 1})

    ends = beside.race_runs(booting(), lambda store: store.write_now(delete))
    assert all(isinstance(error, BerthlineError) and error.status == 400 for error in ends.errors), ends
    assert beside.one.read_now(lambda c: server_groups.rule(c, GROUP)) is None


def made(beside: Beside, name: str, zone: str | None) -> int:
    return beside.one.write_now(lambda c: aggregates.add(c, new_id(), name, zone, AT))


def host(beside: Beside) -> Host:
    found = beside.one.read_now(lambda c: hosts.get(c, HOST))
    assert found is not None
    return found


def test_a_host_comes_into_one_zone(beside: Beside) -> None:
    first, second = made(beside, "one", "z1"), made(beside, "two", "z2")
    ends = beside.race(
        lambda c: verbs.add_host(c, first, HOST, AT),
        lambda c: verbs.add_host(c, second, HOST, AT),
    )
    only_one(ends, Conflict)
    zones = beside.one.read_now(lambda c: aggregates.other_zones(c, 0, [HOST]))
    assert zones == {HOST: host(beside).availability_zone}


def test_a_zone_changes_or_its_host_gets_a_server(beside: Beside) -> None:
    beside.one.write_now(image)
    number = made(beside, "one", "z1")
    beside.one.write_now(lambda c: verbs.add_host(c, number, HOST, AT))
    ends = beside.race_runs(
        lambda store: store.write_now(lambda c: verbs.update(c, number, None, "z2", AT)),
        run("create", MEMBER, request(availability_zone="z1")),
    )
    placed = [server for result in ends.results if isinstance(result, tuple) for server in result]
    for server in placed:
        assert server.host is None or server.availability_zone == host(beside).availability_zone == "z1"
    assert all(isinstance(error, BadRequest) for error in ends.errors), ends
    assert placed == [] or placed[0].host is None or ends.errors


def test_a_host_gets_a_zone_or_a_server(beside: Beside) -> None:
    beside.one.write_now(image)
    number = made(beside, "one", "z1")
    ends = beside.race_runs(
        run("create", MEMBER, request()), lambda store: store.write_now(lambda c: verbs.add_host(c, number, HOST, AT))
    )
    placed = [server for result in ends.results if isinstance(result, tuple) for server in result]
    assert [server.availability_zone for server in placed] == [host(beside).availability_zone]


def test_a_name_is_one_aggregates(beside: Beside) -> None:
    def make(connection: Connection) -> Any:
        return verbs.create(connection, "one", None, AT)

    only_one(beside.race(make, make), Conflict)


def test_an_aggregate_is_deleted_or_gets_a_host(beside: Beside) -> None:
    number = made(beside, "one", None)
    ends = beside.race(lambda c: verbs.add_host(c, number, HOST, AT), lambda c: verbs.delete(c, number))
    assert len(ends.errors) == 1, ends


def test_metadata_that_two_add_to_an_aggregate_is_all_there(beside: Beside) -> None:
    number = made(beside, "one", None)

    def add(**metadata: str) -> Any:
        return lambda c: verbs.set_metadata(c, number, metadata, AT)

    assert beside.race(add(one="1"), add(two="2")).errors == []
    assert beside.one.read_now(lambda c: verbs.known(c, number)).metadata == {"one": "1", "two": "2"}
