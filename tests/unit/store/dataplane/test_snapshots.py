"""What snapshots of ports say, for ports of every kind in one load."""

from berthline.domain.dataplane import Unit
from berthline.domain.ids import SecurityGroupId, SubnetId
from berthline.domain.network import AddressPair, DhcpOption, FixedIp
from berthline.domain.snapshot import NetworkSnapshot, PortSnapshot, Snapshot
from berthline.store import Store
from berthline.store.dataplane.snapshots import load_snapshots
from tests.unit.dataplane.cloud import Cloud


def load(store: Store, *ports: str) -> list[PortSnapshot]:
    """Snapshots of these ports, in this order."""
    found = store.read_now(lambda connection: load_snapshots(connection, [Unit("port", port) for port in ports]))
    snapshots = [found[Unit("port", port)] for port in ports]
    assert len(found) == len(ports)
    return [each for each in snapshots if isinstance(each, PortSnapshot)]


def test_name_servers_of_the_cloud_are_for_subnets_without_any(store: Store) -> None:
    cloud = Cloud(store)
    network = cloud.network(dns_domain="example.org.")
    nobody = "0.0.0.0"  # noqa: S104
    mixed = ["2620:fe::9", "9.9.9.9"]
    cidrs = {"10.0.0.0/24": [], "10.1.0.0/24": mixed, "10.2.0.0/24": [nobody], "2001:db8::/64": []}
    subnets = {cidr: cloud.subnet(network, cidr, None, dns_nameservers=own) for cidr, own in cidrs.items()}
    defaults = ("192.0.2.1", "2001:db8::1", "192.0.2.2")
    unit = Unit("network", network)

    def load_with(told: tuple[str, ...]) -> Snapshot:
        return store.read_now(lambda connection: load_snapshots(connection, [unit], dns_servers=told))[unit]

    for default, wanted in (
        (defaults, [("192.0.2.1", "192.0.2.2"), ("9.9.9.9",), (), ("2001:db8::1",)]),
        ((), [(), ("9.9.9.9",), (), ()]),
    ):
        snapshot = load_with(default)
        assert isinstance(snapshot, NetworkSnapshot)
        assert snapshot.dns_domain == "example.org."
        found = {subnet.id: subnet.dns_nameservers for subnet in snapshot.subnets}
        assert [found[SubnetId(subnet)] for subnet in subnets.values()] == wanted


def test_ports_of_every_kind_are_read_together(store: Store) -> None:
    cloud = Cloud(store)
    cloud.host("named", "chassis-of-it")
    cloud.host("unnamed", "")
    network = cloud.network(mtu=1400)
    v4 = cloud.subnet(network, "10.0.0.0/24", "10.0.0.1", dns_nameservers=["9.9.9.9"])
    v6 = cloud.subnet(network, "2001:db8::/64", None, enable_dhcp=False)
    cloud.port(network, [(v4, "10.0.0.9"), (v4, "10.0.0.2")], device_owner="network:distributed", status="N/A")
    groups = sorted(cloud.group() for _ in range(2))
    bare = cloud.port(network)
    full = cloud.port(
        network,
        [(v6, "2001:db8::5"), (v4, "10.0.0.7"), (v4, "10.0.0.6")],
        groups,
        binding_host="named",
        allowed_address_pairs=[{"ip_address": "10.0.0.99", "mac_address": "fa:16:3e:01:02:03"}],
        extra_dhcp_opts=[{"opt_name": "mtu", "opt_value": "1300", "ip_version": 4}],
        admin_state_up=False,
    )
    plain = cloud.port(network, binding_host="unnamed", port_security_enabled=False)
    other = cloud.port(network, binding_host="gone")

    nothing, everything, unnamed, gone = load(store, bare, full, plain, other)

    assert (nothing.fixed_ips, nothing.security_group_ids, nothing.subnets, nothing.chassis) == ((), (), (), "")
    assert (nothing.mtu, nothing.admin_state_up, nothing.port_security_enabled) == (1400, True, True)
    assert everything.fixed_ips == (
        FixedIp(SubnetId(v6), "2001:db8::5"),
        FixedIp(SubnetId(v4), "10.0.0.7"),
        FixedIp(SubnetId(v4), "10.0.0.6"),
    )
    assert set(everything.security_group_ids) == {SecurityGroupId(group) for group in groups}
    assert [subnet.id for subnet in everything.subnets] == [v6, v4]
    first, second = everything.subnets
    assert (first.gateway_ip, first.enable_dhcp, first.metadata_ip, first.dns_nameservers) == (None, False, None, ())
    assert (second.gateway_ip, second.metadata_ip, second.dns_nameservers) == ("10.0.0.1", "10.0.0.2", ("9.9.9.9",))
    assert everything.chassis == "chassis-of-it"
    assert everything.allowed_address_pairs == (AddressPair("10.0.0.99", "fa:16:3e:01:02:03"),)
    assert everything.extra_dhcp_opts == (DhcpOption("mtu", "1300", 4),)
    assert everything.admin_state_up is False
    assert (unnamed.chassis, unnamed.port_security_enabled) == ("unnamed", False)
    assert gone.chassis == "gone"


def test_a_subnet_that_changed_is_read_anew(store: Store) -> None:
    cloud = Cloud(store)
    network = cloud.network()
    subnet = cloud.subnet(network, "10.0.0.0/24", "10.0.0.1")
    port = cloud.port(network, [(subnet, "10.0.0.7")])
    assert load(store, port)[0].subnets[0].gateway_ip == "10.0.0.1"
    cloud.change_subnet(network, subnet, gateway_ip="10.0.0.2")
    assert load(store, port)[0].subnets[0].gateway_ip == "10.0.0.2"
