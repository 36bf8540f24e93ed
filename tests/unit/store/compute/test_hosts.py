"""Hosts that have room are found as pure placement would choose them, by an index and no further than is needed."""

import random
from collections import Counter

import msgspec
import pytest

from berthline.domain.compute import Host
from berthline.domain.ids import HostName
from berthline.placement.choose import HostRequest, choose_hosts, spread
from berthline.store import Connection, Store
from berthline.store.compute import hosts
from berthline.workflows.server.placing import MOST_TOLD, claim_hosts
from tests.unit.store.compute.values import FLAVOR, make_host

REQUEST = HostRequest(vcpus=FLAVOR.vcpus, memory_mb=FLAVOR.ram, disk_gb=FLAVOR.disk)
AT = 7


def some_hosts(seed: int, number: int) -> list[Host]:
    """Hosts of all kinds: full in one way or another, off, down, alike."""
    draw = random.Random(seed)
    return [
        make_host(
            f"host-{draw.randrange(10**6):06d}-{index}",
            vcpus=draw.choice((0, 2, 8)),
            memory_mb=draw.choice((32, 256, 512, 1024)),
            disk_gb=draw.choice((0, 3, 40)),
            enabled=draw.random() > 0.1,
            up=draw.random() > 0.1,
            free_disk_gb=draw.choice((None, None, 0, 1, 2, 30)),
        )
        for index in range(number)
    ]


def keep(store: Store, known: list[Host]) -> list[Host]:
    def work(connection: Connection) -> list[Host]:
        for host in known:
            hosts.upsert(connection, host, AT)
        return list(hosts.candidates(connection))

    return store.write_now(work)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_hosts_are_those_that_placement_chooses_of_all(store: Store, seed: int) -> None:
    known = keep(store, some_hosts(seed, 40))
    excluded = frozenset(host.name for host in known[:3])
    for most in (1, 3, 100):
        found = store.write_now(lambda connection, most=most: hosts.with_room(connection, 1, 64, 1, most, excluded))  # type: ignore[misc]
        request = HostRequest(vcpus=1, memory_mb=64, disk_gb=1, excluded_hosts=excluded)
        assert found == choose_hosts(known, request)[:most]


@pytest.mark.parametrize("seed", range(5))
def test_several_servers_are_spread_as_over_all_hosts(store: Store, seed: int) -> None:
    known = keep(store, some_hosts(seed, 30))
    for count in (1, 4, 1000):
        whole = store.read_now(hosts.candidates)
        expected = [host.name for host in spread(whole, REQUEST, count)]
        chosen, _ = store.write_now(lambda connection, count=count: claim_hosts(connection, REQUEST, count, AT))  # type: ignore[misc]
        assert [host.name for host in chosen] == expected
    used = Counter({host.name: host.running_vms for host in store.read_now(hosts.candidates)})
    assert used.total() == sum(host.memory_mb_used // FLAVOR.ram for host in store.read_now(hosts.candidates))
    assert len(known) == 30


def test_a_refusal_names_the_host_that_was_asked_for_or_the_first_few(store: Store) -> None:
    known = keep(store, [make_host(f"host-{number:03d}", enabled=False) for number in range(MOST_TOLD + 5)])

    def ask(wanted: HostName | None) -> str:
        request = msgspec.structs.replace(REQUEST, wanted_host=wanted)
        _, why = store.write_now(lambda connection: claim_hosts(connection, request, 1, AT))
        return str(why.details["hosts"])

    assert ask(known[7].name) == "host-007: it is disabled"
    told = ask(None)
    assert told.startswith("host-000: it is disabled; host-001: it is disabled; ")
    assert told.endswith("host-019: it is disabled; and 5 more hosts")
    assert ask(HostName("nowhere")).startswith("host-000: host nowhere was asked for; ")


def test_what_is_not_free_on_a_hosts_disk_is_not_promised(store: Store) -> None:
    """Whatever its claims leave; and what was promised counts as written until somebody looks again."""
    seen = make_host("host", disk_gb=100, vcpus=8, free_disk_gb=5)
    keep(store, [seen])
    two = HostRequest(vcpus=1, memory_mb=64, disk_gb=2)
    chosen, why = store.write_now(lambda connection: claim_hosts(connection, two, 3, AT))
    assert [host.name for host in chosen] == ["host", "host"]
    assert why.details["hosts"] == "host: 2 GiB wanted of its disk itself, 1 free"
    (host,) = store.read_now(hosts.candidates)
    assert (host.disk_gb_used, host.free_disk_gb) == (4, 1)
    grown = HostRequest(vcpus=1, memory_mb=64, disk_gb=3, there_gb=2, wanted_host=seen.name)
    assert len(store.write_now(lambda connection: claim_hosts(connection, grown, 1, AT))[0]) == 1, "most of it is there"
    (host,) = keep(store, [msgspec.structs.replace(seen, free_disk_gb=50)])
    assert (host.disk_gb_used, host.free_disk_gb) == (7, 50)
    assert not hosts.same_facts(host, seen)
