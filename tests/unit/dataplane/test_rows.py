"""Northbound rows: what each kind of unit becomes."""

from typing import Any, Literal

import msgspec
import pytest

from berthline.dataplane.ovn.acls import rule_match
from berthline.dataplane.ovn.dhcp import server_mac
from berthline.dataplane.ovn.rows import base_rows, dependencies, rows_of
from berthline.dataplane.schema import TABLES, name_of, referred
from berthline.domain.dataplane import Cell, Row, Unit
from berthline.domain.ids import (
    NetworkId,
    PortId,
    ProjectId,
    RouterId,
    SecurityGroupId,
    SecurityGroupRuleId,
    SubnetId,
)
from berthline.domain.network import AddressPair, DhcpOption, FixedIp, HostRoute, SecurityGroup, SecurityGroupRule
from berthline.domain.snapshot import (
    FloatingAddress,
    NetworkSnapshot,
    PortSnapshot,
    RouterPort,
    RouterSnapshot,
    SecurityGroupSnapshot,
    Snapshot,
    SubnetFacts,
)

NETWORK = NetworkId("net-1")
V4 = SubnetFacts(
    id=SubnetId("sub-4"),
    network_id=NETWORK,
    ip_version=4,
    cidr="10.0.0.0/24",
    gateway_ip="10.0.0.1",
    enable_dhcp=True,
    ipv6_ra_mode=None,
    ipv6_address_mode=None,
    dns_nameservers=("192.0.2.53", "192.0.2.54"),
    host_routes=(),
    metadata_ip="10.0.0.2",
)
V6 = SubnetFacts(
    id=SubnetId("sub-6"),
    network_id=NETWORK,
    ip_version=6,
    cidr="2001:db8::/64",
    gateway_ip="2001:db8::1",
    enable_dhcp=True,
    ipv6_ra_mode="dhcpv6-stateful",
    ipv6_address_mode="dhcpv6-stateful",
    dns_nameservers=("2001:db8::53",),
    host_routes=(),
)
PORT = PortSnapshot(
    id=PortId("port-1"),
    revision=3,
    network_id=NETWORK,
    mac_address="fa:16:3e:00:00:01",
    admin_state_up=True,
    device_id="server-1",
    device_owner="compute:nova",
    port_security_enabled=True,
    chassis="chassis-a",
    allowed_address_pairs=(),
    extra_dhcp_opts=(),
    fixed_ips=(FixedIp(V4.id, "10.0.0.7"), FixedIp(V6.id, "2001:db8::7")),
    security_group_ids=(SecurityGroupId("a-b"),),
    subnets=(V4, V6),
    mtu=1442,
)
RULE = SecurityGroupRule(
    id=SecurityGroupRuleId("rule-1"),
    security_group_id=SecurityGroupId("a-b"),
    project_id=ProjectId("p"),
    description="",
    direction="ingress",
    ethertype="IPv4",
    protocol=None,
    port_range_min=None,
    port_range_max=None,
    remote_ip_prefix=None,
    remote_group_id=None,
    revision=1,
    created_at=1,
    updated_at=1,
)
GROUP = SecurityGroup(
    id=SecurityGroupId("a-b"),
    project_id=ProjectId("p"),
    name="web",
    description="",
    stateful=True,
    is_default=False,
    rules=(RULE,),
    revision=2,
    created_at=1,
    updated_at=1,
)
OUTER = msgspec.structs.replace(
    V4, id=SubnetId("sub-out"), cidr="203.0.113.0/24", gateway_ip="203.0.113.1", metadata_ip=None
)
LEG = RouterPort(
    port_id=PortId("port-leg"),
    network_id=NETWORK,
    mac_address="fa:16:3e:00:00:11",
    mtu=1442,
    fixed_ips=(FixedIp(V4.id, "10.0.0.1"),),
    subnets=(V4,),
)
GATEWAY = RouterPort(
    port_id=PortId("port-gw"),
    network_id=NetworkId("net-out"),
    mac_address="fa:16:3e:00:00:12",
    mtu=1500,
    fixed_ips=(FixedIp(OUTER.id, "203.0.113.9"),),
    subnets=(OUTER,),
)
ROUTER = RouterSnapshot(
    id=RouterId("router-1"),
    revision=4,
    admin_state_up=True,
    enable_snat=True,
    routes=(HostRoute("198.51.100.0/24", "10.0.0.77"),),
    interfaces=(LEG,),
    gateway=GATEWAY,
    floating_ips=(FloatingAddress("fip-1", "203.0.113.50", "10.0.0.7"),),
    gateway_chassis=("chassis-a", "chassis-b"),
)
NETWORK_SNAPSHOT = NetworkSnapshot(
    id=NETWORK,
    revision=1,
    mtu=1442,
    network_type="geneve",
    physical_network=None,
    segmentation_id=5,
    subnets=(V4, V6),
)


def changed(value: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(value, **fields)


def find(snapshot: Snapshot, table: str, key: str | None = None) -> dict[str, Cell]:
    """The columns of the one row of this table (and key)."""
    found = [row for row in rows_of(snapshot) if row.table == table and key in {None, row.key}]
    assert len(found) == 1, [name_of(row) for row in rows_of(snapshot)]
    return found[0].columns


def every_row() -> list[Row]:
    snapshots: list[Snapshot] = [NETWORK_SNAPSHOT, SecurityGroupSnapshot(GROUP), PORT, ROUTER]
    return [*base_rows(), *(row for snapshot in snapshots for row in rows_of(snapshot))]


def test_rows_are_a_function_of_the_snapshot_and_each_has_its_own_name() -> None:
    rows = every_row()
    assert rows == every_row()
    assert len({name_of(row) for row in rows}) == len(rows)
    assert all(set(row.columns) <= {*TABLES[row.table].columns, "parent", "port_groups"} for row in rows)
    assert {needed for row in rows for needed in referred(row)} <= {name_of(row) for row in rows}


def test_a_network_is_a_switch_with_dhcp_for_each_subnet() -> None:
    assert find(NETWORK_SNAPSHOT, "Logical_Switch")["name"] == "berthline-net-1"
    options = find(NETWORK_SNAPSHOT, "DHCP_Options", "dhcp-sub-4")
    assert options["cidr"] == "10.0.0.0/24"
    assert dict(options["options"]) == {  # type: ignore[arg-type]
        "server_id": "10.0.0.1",
        "server_mac": server_mac("sub-4"),
        "lease_time": "43200",
        "mtu": "1442",
        "domain_name": '"openstacklocal"',
        "router": "10.0.0.1",
        "dns_server": "{192.0.2.53, 192.0.2.54}",
        "classless_static_route": "{169.254.169.254/32,10.0.0.2, 0.0.0.0/0,10.0.0.1}",
    }
    v6 = dict(find(NETWORK_SNAPSHOT, "DHCP_Options", "dhcp-sub-6")["options"])  # type: ignore[arg-type]
    assert v6 == {"server_id": server_mac("sub-6"), "dns_server": "{2001:db8::53}"}


def test_dhcp_that_is_off_answers_nobody_and_keeps_its_row() -> None:
    off = changed(NETWORK_SNAPSHOT, subnets=(changed(V4, enable_dhcp=False), changed(V6, enable_dhcp=False)))
    assert find(off, "DHCP_Options", "dhcp-sub-4") == {"cidr": "255.255.255.255/32", "options": ()}
    assert find(off, "DHCP_Options", "dhcp-sub-6")["options"] == ()


def test_without_gateway_the_metadata_address_serves_and_there_is_no_default_route() -> None:
    alone = changed(NETWORK_SNAPSHOT, subnets=(changed(V4, gateway_ip=None, dns_nameservers=()),))
    options = dict(find(alone, "DHCP_Options")["options"])  # type: ignore[arg-type]
    assert options["server_id"] == "10.0.0.2"
    assert options["classless_static_route"] == "{169.254.169.254/32,10.0.0.2}"
    assert "router" not in options


def test_host_routes_come_with_the_default_route_that_clients_would_ignore_otherwise() -> None:
    routed = changed(V4, host_routes=(HostRoute("192.0.2.0/24", "10.0.0.9"),), metadata_ip=None)
    options = dict(find(changed(NETWORK_SNAPSHOT, subnets=(routed,)), "DHCP_Options")["options"])  # type: ignore[arg-type]
    assert options["classless_static_route"] == "{192.0.2.0/24,10.0.0.9, 0.0.0.0/0,10.0.0.1}"


def test_slaac_needs_no_dhcp_and_stateless_says_so() -> None:
    slaac = changed(V6, ipv6_ra_mode="slaac", ipv6_address_mode="slaac")
    stateless = changed(V6, ipv6_ra_mode="dhcpv6-stateless", ipv6_address_mode="dhcpv6-stateless")
    assert [row.table for row in rows_of(changed(NETWORK_SNAPSHOT, subnets=(slaac,)))] == ["Logical_Switch"]
    options = dict(find(changed(NETWORK_SNAPSHOT, subnets=(stateless,)), "DHCP_Options")["options"])  # type: ignore[arg-type]
    assert options["dhcpv6_stateless"] == "true"


@pytest.mark.parametrize(("kind", "tag", "cell"), [("flat", None, frozenset()), ("vlan", 42, 42)])
def test_a_provider_network_reaches_its_wire(kind: Any, tag: int | None, cell: Cell) -> None:
    provider = changed(NETWORK_SNAPSHOT, network_type=kind, physical_network="public", segmentation_id=tag)
    port = find(provider, "Logical_Switch_Port")
    assert (port["type"], port["options"], port["tag"]) == ("localnet", (("network_name", "public"),), cell)


def test_a_bound_port_with_port_security() -> None:
    assert find(PORT, "Logical_Switch_Port") == {
        "name": "port-1",
        "parent": "berthline-net-1",
        "port_groups": frozenset({"pg_a_b", "berthline_drop"}),
        "type": "",
        "addresses": frozenset({"fa:16:3e:00:00:01 10.0.0.7 2001:db8::7"}),
        "port_security": frozenset({"fa:16:3e:00:00:01 10.0.0.7 2001:db8::7"}),
        "enabled": True,
        "options": (("requested-chassis", "chassis-a"),),
        "tag": frozenset(),
        "dhcpv4_options": "dhcp-sub-4",
        "dhcpv6_options": "dhcp-sub-6",
    }
    assert Unit("security_group", "a-b") in dependencies(PORT)


def test_a_port_without_port_security_is_in_no_group_and_may_be_anyone() -> None:
    columns = find(changed(PORT, port_security_enabled=False, security_group_ids=()), "Logical_Switch_Port")
    assert (columns["port_groups"], columns["port_security"]) == (frozenset(), frozenset())
    assert "unknown" in columns["addresses"]  # type: ignore[operator]


def test_a_port_without_groups_but_with_port_security_gets_nothing_through() -> None:
    columns = find(changed(PORT, security_group_ids=()), "Logical_Switch_Port")
    assert columns["port_groups"] == frozenset({"berthline_drop"})


def test_allowed_address_pairs_widen_port_security() -> None:
    pairs = (AddressPair("10.0.0.99", ""), AddressPair("10.1.0.0/16", "fa:16:3e:ff:ff:ff"))
    columns = find(changed(PORT, allowed_address_pairs=pairs), "Logical_Switch_Port")
    assert columns["port_security"] == frozenset(
        {"fa:16:3e:00:00:01 10.0.0.7 2001:db8::7 10.0.0.99", "fa:16:3e:ff:ff:ff 10.1.0.0/16"}
    )
    assert "fa:16:3e:ff:ff:ff" in columns["addresses"]  # type: ignore[operator]


def test_a_disabled_unbound_port() -> None:
    columns = find(changed(PORT, admin_state_up=False, chassis=""), "Logical_Switch_Port")
    assert (columns["enabled"], columns["options"]) == (False, ())


def test_a_metadata_port_is_reached_from_everywhere_and_under_no_rule() -> None:
    columns = find(changed(PORT, device_owner="network:distributed", chassis=""), "Logical_Switch_Port")
    assert (columns["type"], columns["port_groups"], columns["port_security"]) == (
        "",
        frozenset(),
        frozenset(),
    )
    assert (columns["dhcpv4_options"], columns["options"]) == (frozenset(), ())
    answered = find(changed(PORT, device_owner="network:distributed", chassis="quay"), "Logical_Switch_Port")
    assert answered["options"] == (("requested-chassis", "quay"),)


@pytest.mark.parametrize(
    ("owner", "options"),
    [
        ("network:router_interface", (("router-port", "lrp-port-1"),)),
        ("network:router_gateway", (("nat-addresses", "router"), ("router-port", "lrp-port-1"))),
    ],
)
def test_a_routers_port_is_the_peer_of_its_leg(owner: str, options: Cell) -> None:
    columns = find(changed(PORT, device_owner=owner, chassis="", security_group_ids=()), "Logical_Switch_Port")
    assert (columns["type"], columns["addresses"], columns["options"]) == ("router", frozenset({"router"}), options)
    assert columns["port_groups"] == frozenset()


def test_an_address_on_no_host_that_others_may_have_is_virtual() -> None:
    parents = (("10.0.0.7", PortId("a")), ("10.0.0.7", PortId("b")), ("2001:db8::7", PortId("c")))
    columns = find(changed(PORT, chassis="", parents=parents), "Logical_Switch_Port")
    assert (columns["type"], columns["options"]) == (
        "virtual",
        (("virtual-ip", "10.0.0.7"), ("virtual-parents", "a,b")),
    )
    assert columns["addresses"] == find(PORT, "Logical_Switch_Port")["addresses"]
    second = find(changed(PORT, chassis="", parents=parents[2:]), "Logical_Switch_Port")
    assert second["options"] == (("virtual-ip", "2001:db8::7"), ("virtual-parents", "c"))


def test_a_floating_ips_hidden_port_has_no_rows() -> None:
    assert rows_of(changed(PORT, device_owner="network:floatingip")) == ()


def test_extra_dhcp_options_lie_over_the_subnets() -> None:
    extra = (
        DhcpOption("bootfile-name", "netboot"),
        DhcpOption("path-prefix", 'a"b'),
        DhcpOption("mtu", "1300"),
        DhcpOption("unheard-of", "x"),
        DhcpOption("domain-search", "example.org", 6),
    )
    port = changed(PORT, extra_dhcp_opts=extra)
    v4 = find(port, "DHCP_Options", "dhcp-port-1-v4")
    options = dict(v4["options"])  # type: ignore[arg-type]
    assert v4["cidr"] == "10.0.0.0/24"
    assert (options["bootfile_name"], options["mtu"], options["router"]) == ('"netboot"', "1300", "10.0.0.1")
    assert not {"unheard-of", "path_prefix"} & options.keys()
    assert dict(find(port, "DHCP_Options", "dhcp-port-1-v6")["options"])["domain_search"] == '"example.org"'  # type: ignore[arg-type]
    columns = find(port, "Logical_Switch_Port")
    assert (columns["dhcpv4_options"], columns["dhcpv6_options"]) == ("dhcp-port-1-v4", "dhcp-port-1-v6")


def test_an_empty_option_takes_the_subnets_away() -> None:
    extra = (DhcpOption("router", ""), DhcpOption("classless-static-route", ""))
    options = dict(find(changed(PORT, extra_dhcp_opts=extra), "DHCP_Options", "dhcp-port-1-v4")["options"])  # type: ignore[arg-type]
    assert not {"router", "classless_static_route"} & options.keys()
    assert options["dns_server"] == "{192.0.2.53, 192.0.2.54}"


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
@pytest.mark.parametrize("version", [4, 6])
def test_a_port_is_not_answered_where_dhcp_is_off_for_it(text: str, version: Literal[4, 6]) -> None:
    other = 10 - version
    extra = (DhcpOption("dhcp_disabled", text, version), DhcpOption("server-id", "10.0.0.9"))
    columns = find(changed(PORT, extra_dhcp_opts=extra), "Logical_Switch_Port")
    assert columns[f"dhcpv{version}_options"] == frozenset()
    assert columns[f"dhcpv{other}_options"]
    on = find(changed(PORT, extra_dhcp_opts=(DhcpOption("dhcp_disabled", "false"),)), "Logical_Switch_Port")
    assert on["dhcpv4_options"]


@pytest.mark.parametrize("value", ["1.1.1.1); output", "1; drop", "$set", 'x"', "1\n2", ""])
def test_what_a_user_writes_never_becomes_part_of_a_flow(value: str) -> None:
    port = changed(PORT, extra_dhcp_opts=(DhcpOption("mtu", "1300"), DhcpOption("dns-server", value)))
    options = dict(find(port, "DHCP_Options", "dhcp-port-1-v4")["options"])  # type: ignore[arg-type]
    assert options["dns_server"] == "{192.0.2.53, 192.0.2.54}"
    quoted = changed(PORT, extra_dhcp_opts=(DhcpOption("mtu", "1300"), DhcpOption("domain-name", value)))
    text = dict(find(quoted, "DHCP_Options", "dhcp-port-1-v4")["options"]).get("domain_name", '""')  # type: ignore[arg-type]
    assert text[0] == text[-1] == '"'
    assert not set(text[1:-1]) & {'"', "\\", "\n"}
    assert rule(protocol=f"99 || {value}").endswith("&& 0")
    assert rule(remote_ip_prefix=f"10.0.0.0/8 || {value}").endswith("&& 0")


def rule(**fields: Any) -> str:
    return rule_match(changed(RULE, **fields), "pg_x")


def test_rules_in_ovns_match_language() -> None:
    assert rule() == "outport == @pg_x && ip4"
    assert rule(direction="egress", ethertype="IPv6") == "inport == @pg_x && ip6"
    assert rule(protocol="tcp", port_range_min=22, port_range_max=22).endswith("tcp && tcp.dst == 22")
    assert rule(protocol="17", port_range_min=1, port_range_max=9).endswith("udp && udp.dst >= 1 && udp.dst <= 9")
    assert rule(protocol="icmp", port_range_min=8, port_range_max=0).endswith(
        "icmp4 && icmp4.type == 8 && icmp4.code == 0"
    )
    assert rule(ethertype="IPv6", protocol="ipv6-icmp").endswith("ip6 && icmp6")
    assert rule(protocol="vrrp").endswith("ip.proto == 112")
    assert rule(protocol="99").endswith("ip.proto == 99")
    assert rule(remote_ip_prefix="0.0.0.0/0") == rule()
    assert rule(remote_ip_prefix="192.0.2.9/24") == rule(remote_ip_prefix="192.0.2.0/24")
    assert rule(remote_ip_prefix="192.0.2.0/24").endswith("ip4.src == 192.0.2.0/24")
    assert rule(direction="egress", remote_ip_prefix="192.0.2.0/24").endswith("ip4.dst == 192.0.2.0/24")
    assert rule(remote_group_id="c-d").endswith("ip4.src == $pg_c_d_ip4")


def test_stateless_groups_allow_without_connection_tracking() -> None:
    assert find(SecurityGroupSnapshot(GROUP), "ACL")["action"] == "allow-related"
    assert find(SecurityGroupSnapshot(changed(GROUP, stateful=False)), "ACL")["action"] == "allow-stateless"
    assert find(SecurityGroupSnapshot(GROUP), "ACL")["priority"] == 1002


def test_the_group_of_drops_lets_only_what_a_guest_needs_to_begin() -> None:
    acls = [row.columns for row in base_rows() if row.table == "ACL"]
    drops = {acl["match"]: acl["direction"] for acl in acls if acl["action"] == "drop"}
    assert drops == {
        "inport == @berthline_drop && ip": "from-lport",
        "outport == @berthline_drop && ip": "to-lport",
    }
    assert {acl["priority"] for acl in acls if acl["action"] == "drop"} == {1001}
