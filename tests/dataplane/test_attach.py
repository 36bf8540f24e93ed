"""A NIC that a running guest is given: seen in it, reached over it, taken away again, and gone everywhere."""

from collections.abc import Iterator

import msgspec
import pytest

from .cloud import Interface, eventually
from .ground import Ground

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]


class Pair(msgspec.Struct, frozen=True):
    """Two guests that let us in: ``one`` with a NIC on the first network, ``two`` with one on each."""

    one: str
    two: str
    first: Interface
    other_first: Interface
    other_second: Interface


@pytest.fixture(scope="module")
def pair(ground: Ground) -> Iterator[Pair]:
    """The guests; at the end they are deleted, and nothing of them is left."""
    cloud = ground.cloud
    one, two = ground.boot("one"), ground.boot("two", ground.network, ground.second)
    for server in (one, two):
        cloud.active(server)
    nics = (*cloud.interfaces(one), *cloud.interfaces(two))
    made = Pair(one, two, *nics)
    assert ground.logged_in(made.first.address) == "one"
    assert ground.logged_in(made.other_first.address) == "two"
    yield made
    for server in (one, two):
        cloud.delete_server(server)
        assert ground.traces(server) == []
    assert cloud.leaks() == ()
    assert [trace for server in (one, two) for trace in ground.traces(server, *nics)] == []


def links(ground: Ground, address: str) -> dict[str, str]:
    """The MAC of each Ethernet interface in the guest, by the interface's name."""
    listed = ground.inside(address, "ip", "-o", "link", "show")
    assert listed.returncode == 0, listed.stderr
    words = [line.split() for line in listed.stdout.splitlines() if "link/ether" in line]
    return {line[1].rstrip(":"): line[line.index("link/ether") + 1] for line in words}


def reaches(ground: Ground, address: str, target: str, *, over: str = "") -> bool:
    """Whether the guest at ``address`` gets an answer to a ping of ``target``; the login itself must succeed."""
    interface = ("-I", over) if over else ()
    done = ground.inside(address, "ping", "-c", "1", "-W", "2", *interface, target, ";", "echo", "pinged")
    assert done.stdout.rstrip().endswith("pinged"), done.stderr
    return "1 packets received" in done.stdout


def test_a_second_nic_comes_carries_packets_and_goes(ground: Ground, pair: Pair) -> None:
    cloud = ground.cloud
    one, two, far = pair.first.address, pair.other_first.address, pair.other_second.address
    eventually(lambda: reaches(ground, one, two), "the second guest answers on the network that both are on")
    assert not reaches(ground, one, far)

    added = cloud.attach(pair.one, net_id=ground.second)
    assert cloud.interfaces(pair.one) == (pair.first, added)
    assert ground.domain_ports(pair.one) == (pair.first.port_id, added.port_id)
    assert added.port_id in ground.logical_ports()
    tap = f"tap{added.port_id}"[:14]
    assert ground.taps()[tap] == added.port_id
    both = {"eth0": pair.first.mac_addr, "eth1": added.mac_addr}
    eventually(lambda: links(ground, one) == both, "the NIC in the guest")
    # The guest asks for its address by DHCP, and answers on it and by it.
    eventually(lambda: f"ipv4 eth1 {added.address}/24" in cloud.console(pair.one), "its address by DHCP")
    eventually(lambda: reaches(ground, one, far, over="eth1"), "the other guest over the new NIC")
    # It came with the default group, which lets only its own members in.
    assert not reaches(ground, two, added.address, over="eth1")
    cloud.user.put("network", f"/ports/{added.port_id}", {"port": {"security_groups": [ground.group]}})
    eventually(lambda: reaches(ground, two, added.address, over="eth1"), "the new NIC reached by the other guest")

    cloud.user.delete("compute", f"/servers/{pair.one}/os-interface/{added.port_id}")
    eventually(lambda: cloud.interfaces(pair.one) == (pair.first,), "the NIC is the server's no more")
    assert links(ground, one) == {"eth0": pair.first.mac_addr}
    assert ground.domain_ports(pair.one) == (pair.first.port_id,)
    assert cloud.leaks() == ()
    assert added.port_id not in ground.logical_ports()
    assert tap not in ground.taps()
    # What does not answer any more is the way, not the guests.
    assert not reaches(ground, two, added.address)
    assert not reaches(ground, one, far)
    eventually(lambda: reaches(ground, one, two), "the other guest by the first NIC")


def test_a_port_that_is_deleted_under_a_running_guest_leaves_it(ground: Ground, pair: Pair) -> None:
    cloud, one = ground.cloud, pair.first.address
    before = cloud.metric("berthline_stray_nics_total")
    added = cloud.attach(pair.one, net_id=ground.second)
    eventually(lambda: len(links(ground, one)) == 2, "the NIC in the guest")
    cloud.user.delete("network", f"/ports/{added.port_id}")
    assert cloud.interfaces(pair.one) == (pair.first,)
    eventually(lambda: ground.domain_ports(pair.one) == (pair.first.port_id,), "the NIC out of the guest")
    assert links(ground, one) == {"eth0": pair.first.mac_addr}
    assert f"tap{added.port_id}"[:14] not in ground.taps()
    assert ground.taps()[f"tap{pair.first.port_id}"[:14]] == pair.first.port_id
    eventually(lambda: cloud.metric("berthline_stray_nics_total") == before + 1, "the stray counted")
    assert cloud.leaks() == ()
