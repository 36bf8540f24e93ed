"""Which host takes a server."""

import msgspec

from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName
from berthline.placement.capacity import Overcommit, host_from_facts
from berthline.placement.choose import HostRequest, choose_hosts, explain, refusals, spread
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
    host = host_from_facts(HostName("h"), "c", facts, Overcommit(vcpus=4.0, memory=1.5, disk=0.5))
    assert (host.vcpus, host.memory_mb, host.disk_gb) == (8, 1501, 5)
