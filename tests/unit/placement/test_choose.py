"""Which host takes a server."""

from typing import Any

import msgspec
import pytest

from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName
from berthline.domain.placing import GroupPolicy
from berthline.placement.capacity import Overcommit, host_from_facts
from berthline.placement.choose import Among, Group, HostRequest, choose_hosts, explain, refusals, spread
from berthline.placement.conditions import Trait
from tests.unit.store.compute.values import make_host

SMALL = HostRequest(vcpus=1, memory_mb=64, disk_gb=1)


def test_most_free_memory_wins_then_the_name() -> None:
    hosts = [make_host("b"), make_host("c", memory_mb=2048, memory_mb_used=100), make_host("a")]
    assert [host.name for host in choose_hosts(hosts, SMALL)] == ["c", "a", "b"]


def test_several_servers_are_placed_as_if_one_after_the_other() -> None:
    hosts = [make_host("a", memory_mb=1024), make_host("b", memory_mb=1280), make_host("c", memory_mb=4096, vcpus=2)]
    request = HostRequest(vcpus=1, memory_mb=256, disk_gb=1)
    left, expected = list(hosts), []
    while best := choose_hosts(left, request):
        expected.append(best[0].name)
        taken = {"vcpus_used": 1, "memory_mb_used": 256, "disk_gb_used": 1}
        now = {name: getattr(best[0], name) + more for name, more in taken.items()}
        left = [msgspec.structs.replace(host, **now) if host.name == best[0].name else host for host in left]
    assert [host.name for host in spread(hosts, request, 100)] == expected
    assert len(expected) == 10
    assert [host.name for host in spread(hosts, request, 3)] == expected[:3]


def test_each_refused_host_has_its_reason() -> None:
    hosts = [
        make_host("off", enabled=False),
        make_host("dead", up=False),
        make_host("full", memory_mb_used=1000, vcpus_used=4),
        make_host("tried"),
        make_host("fits"),
    ]
    request = HostRequest(vcpus=1, memory_mb=64, disk_gb=1, excluded_hosts=frozenset({HostName("tried")}))
    assert [host.name for host in choose_hosts(hosts, request)] == ["fits"]
    assert {refusal.host: refusal.reason for refusal in refusals(hosts, request)} == {
        "dead": "it is down",
        "full": "1 vCPUs wanted, 0 left, 64 MiB of memory wanted, 24 left",
        "off": "it is disabled",
        "tried": "it was tried and failed",
    }


def test_a_wanted_host_is_the_only_one_and_still_needs_room() -> None:
    hosts = [make_host("a"), make_host("b", disk_gb=0)]
    assert choose_hosts(hosts, HostRequest(vcpus=1, memory_mb=64, disk_gb=1, wanted_host=HostName("b"))) == ()
    assert explain(hosts, HostRequest(vcpus=1, memory_mb=64, disk_gb=1, wanted_host=HostName("b"))) == (
        "a: host b was asked for; b: 1 GiB of disk wanted, 0 left"
    )
    assert explain([], SMALL) == "there are no hosts"


def test_a_host_promises_its_size_times_the_ratios() -> None:
    facts = HostFacts(
        hypervisor_type="QEMU", hypervisor_version=7002000, vcpus=2, memory_mb=1001, disk_gb=10, cpu_info="{}"
    )
    host = host_from_facts(HostName("h"), None, facts, Overcommit(vcpus=4.0, memory=1.5, disk=0.5))
    assert (host.vcpus, host.memory_mb, host.disk_gb) == (8, 1501, 5)


def request(**fields: Any) -> HostRequest:
    return HostRequest(vcpus=1, memory_mb=64, disk_gb=1, **fields)


def names(*hosts: str) -> frozenset[HostName]:
    return frozenset(HostName(host) for host in hosts)


def group(policy: GroupPolicy, most: int | None = None, **held: int) -> Group:
    return Group(
        name="g",
        policy=policy,
        max_server_per_host=most,
        held={HostName(host): count for host, count in held.items()},
    )


THREE = [make_host("a"), make_host("b", memory_mb=2048), make_host("c", memory_mb=512)]


@pytest.mark.parametrize(
    ("wish", "chosen"),
    [
        (request(group=group("affinity")), "bac"),
        (request(group=group("affinity", c=1)), "c"),
        (request(group=group("affinity", a=1, c=1)), ""),  # one of it is being moved: it may end on either
        (request(group=group("anti-affinity")), "bac"),
        (request(group=group("anti-affinity", b=1)), "ac"),
        (request(group=group("anti-affinity", 2, b=1, a=2)), "bc"),
        (request(group=group("soft-affinity", c=1, a=2)), "acb"),
        (request(group=group("soft-anti-affinity", b=2, a=1)), "cab"),
        (request(among=(Among(names("a", "c"), "why"),)), "ac"),
        (request(among=(Among(names("a", "c"), "why", inside=False),)), "b"),
        (request(zone="other"), ""),
        (request(zone="nova"), "bac"),
        (request(conditions=(Trait("X"),)), ""),
        (request(conditions=(Trait("X", required=False),)), "bac"),
    ],
)
def test_a_request_has_the_hosts_that_it_may(wish: HostRequest, chosen: str) -> None:
    assert "".join(host.name for host in choose_hosts(THREE, wish)) == chosen
    told = {refusal.host for refusal in refusals(THREE, wish)}
    assert told == {host.name for host in THREE} - set(chosen)
    if wish.named_hosts is not None:
        assert set(chosen) <= wish.named_hosts
    assert not set(chosen) & wish.barred_hosts


def test_a_group_says_why() -> None:
    far = request(group=group("affinity", c=1))
    assert explain(THREE[:1], far) == "a: the servers of group g are elsewhere: c (affinity)"
    full = request(group=group("anti-affinity", 2, a=2))
    assert explain(THREE[:1], full) == "a: it has 2 of the servers of group g, and may have 2 (anti-affinity)"
    assert explain(THREE[:1], request(zone="z")) == "a: it is in zone nova, and z was asked for"
