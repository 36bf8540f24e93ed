"""Hosts that several want to claim on at once."""

import msgspec

from berthline.domain.ids import HostName
from berthline.store import Connection
from berthline.store.compute import hosts
from tests.unit.store.races.beside import Beside
from tests.unit.store.races.cloud import AT, HOST


def test_those_who_wait_for_a_host_do_not_all_wait_for_the_same(beside: Beside) -> None:
    """While others claim on each host that has room, any of them is chosen; one that is free is the one."""
    names = [HOST, HostName("host-b"), HostName("host-c")]

    def add(connection: Connection) -> None:
        known = hosts.get(connection, HOST)
        assert known is not None
        for name in names[1:]:
            hosts.upsert(connection, msgspec.structs.replace(known, name=name), AT)

    def chosen(connection: Connection) -> set[HostName]:
        return {host.name for _ in range(64) for host in hosts.with_room(connection, 1, 1, 1, 1)}

    def holding(held: list[HostName]) -> set[HostName]:
        def work(connection: Connection) -> set[HostName]:
            hosts.lock(connection, held)
            hosts.get(connection, HOST)  # which sends the lock with it
            return beside.other.write_now(chosen)

        return beside.one.write_now(work)

    beside.one.write_now(add)
    assert holding(names) == set(names)
    assert holding(names[:2]) == {names[2]}
