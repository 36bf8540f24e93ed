"""A NIC that a running guest is given: seen in it, reached over it, taken away again, and gone everywhere."""

import pytest

from .cloud import eventually
from .ground import Ground

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]


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


def test_a_second_nic_comes_carries_packets_and_goes(ground: Ground) -> None:
    cloud = ground.cloud
    servers = (ground.boot("one"), ground.boot("two", ground.network, ground.second))
    for server in servers:
        cloud.active(server)
    (first,), (other_first, other_second) = (cloud.interfaces(server) for server in servers)
    one, two = first.address, other_first.address
    assert ground.logged_in(one) == "one"
    assert ground.logged_in(two) == "two"
    assert set(links(ground, one).values()) == {first.mac_addr}
    eventually(lambda: reaches(ground, one, two), "the second guest answers on the network that both are on")
    assert not reaches(ground, one, other_second.address)

    added = cloud.attach(servers[0], net_id=ground.second)
    assert cloud.interfaces(servers[0]) == (first, added)
    assert ground.domain_ports(servers[0]) == (first.port_id, added.port_id)
    assert added.port_id in ground.logical_ports()
    tap = f"tap{added.port_id}"[:14]
    assert ground.taps()[tap] == added.port_id
    eventually(lambda: links(ground, one) == {"eth0": first.mac_addr, "eth1": added.mac_addr}, "the NIC in the guest")
    # The guest asks for its address by DHCP, and answers on it and by it.
    eventually(lambda: f"ipv4 eth1 {added.address}/24" in cloud.console(servers[0]), "its address by DHCP")
    assert reaches(ground, one, other_second.address, over="eth1")
    # It came with the default group, which lets only its own members in.
    assert not reaches(ground, two, added.address, over="eth1")
    cloud.user.put("network", f"/ports/{added.port_id}", {"port": {"security_groups": [ground.group]}})
    eventually(lambda: reaches(ground, two, added.address, over="eth1"), "the new NIC reached by the other guest")

    cloud.user.delete("compute", f"/servers/{servers[0]}/os-interface/{added.port_id}")
    eventually(lambda: cloud.interfaces(servers[0]) == (first,), "the NIC is the server's no more")
    assert links(ground, one) == {"eth0": first.mac_addr}
    assert ground.domain_ports(servers[0]) == (first.port_id,)
    eventually(lambda: added.port_id not in ground.logical_ports(), "its logical port gone")
    assert tap not in ground.taps()
    assert first.port_id in ground.logical_ports()
    # What does not answer any more is the way, not the guests.
    assert not reaches(ground, two, added.address)
    assert not reaches(ground, one, other_second.address)
    assert reaches(ground, one, two)
    assert reaches(ground, two, one)
    eventually(lambda: not cloud.leaks(), "no leak")

    for server in servers:
        cloud.delete_server(server)
    nics = (first, added, other_first, other_second)
    eventually(lambda: not [trace for server in servers for trace in ground.traces(server, *nics)], "no trace")
    assert cloud.leaks() == ()
