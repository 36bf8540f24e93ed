"""Extra DHCP options: every name and number of Neutron's map, and what their values become in OVN."""

import pytest

from berthline.domain.guest_services import dhcp
from berthline.domain.network import DhcpOption

NEUTRONS = {
    4: """arp-timeout=arp_cache_timeout tcp-keepalive=tcp_keepalive_interval netmask=netmask router=router
    dns-server=dns_server log-server=log_server lpr-server=lpr_server domain-name=domain_name
    domain-search=domain_search_list swap-server=swap_server policy-filter=policy_filter
    router-solicitation=router_solicitation nis-server=nis_server ntp-server=ntp_server server-id=server_id
    tftp-server=tftp_server classless-static-route=classless_static_route
    ms-classless-static-route=ms_classless_static_route ip-forward-enable=ip_forward_enable
    router-discovery=router_discovery ethernet-encap=ethernet_encap default-ttl=default_ttl tcp-ttl=tcp_ttl mtu=mtu
    lease-time=lease_time T1=T1 T2=T2 bootfile-name=bootfile_name bootfile-name-alt=bootfile_name_alt wpad=wpad
    path-prefix=path_prefix tftp-server-address=tftp_server_address server-ip-address=next_server 1=netmask 3=router
    6=dns_server 7=log_server 9=lpr_server 15=domain_name 16=swap_server 21=policy_filter 32=router_solicitation
    35=arp_cache_timeout 38=tcp_keepalive_interval 41=nis_server 42=ntp_server 54=server_id 66=tftp_server
    121=classless_static_route 249=ms_classless_static_route 19=ip_forward_enable 31=router_discovery
    36=ethernet_encap 23=default_ttl 37=tcp_ttl 26=mtu 51=lease_time 58=T1 59=T2 67=bootfile_name
    119=domain_search_list 252=wpad 210=path_prefix 150=tftp_server_address 255=next_server""",
    6: """bootfile-name=bootfile_name server-id=server_id dns-server=dns_server domain-search=domain_search
    ia-addr=ia_addr 2=server_id 5=ia_addr 24=domain_search 23=dns_server 59=bootfile_name""",
}


@pytest.mark.parametrize("version", [4, 6])
def test_every_option_that_neutron_maps_is_mapped_to_the_same(version: int) -> None:
    wanted = dict(pair.split("=") for pair in NEUTRONS[version].split())
    assert {name: dhcp.OPTIONS[version][name].name for name in wanted} == wanted


@pytest.mark.parametrize(
    ("name", "text", "sent"),
    [
        ("server-ip-address", "192.0.2.7", "192.0.2.7"),
        ("dns-server", "192.0.2.7,192.0.2.8", "{192.0.2.7, 192.0.2.8}"),
        ("42", "{192.0.2.7, 192.0.2.8}", "{192.0.2.7, 192.0.2.8}"),
        ("dns-server", "2001:db8::7", None),
        ("router", "router", None),
        ("66", "boot.example.org", '"boot.example.org"'),
        ("tftp-server", "192.0.2.7", '"192.0.2.7"'),
        ("67", '"pxelinux.0"', '"pxelinux.0"'),
        ("bootfile-name", 'a"b', None),
        ("bootfile-name", "a\\b", None),
        ("mtu", "1400", "1400"),
        ("26", "65536", None),
        ("mtu", "-1", None),
        ("mtu", "9" * 5000, None),
        ("mtu", "\u0661\u0662", None),
        ("lease-time", "4294967295", "4294967295"),
        ("lease-time", "infinite", None),
        ("default-ttl", "256", None),
        ("ip-forward-enable", "True", "1"),
        ("19", "0", "0"),
        ("19", "2", None),
        ("121", "10.0.0.0/8,192.0.2.1,0.0.0.0/0,192.0.2.2", "{10.0.0.0/8,192.0.2.1, 0.0.0.0/0,192.0.2.2}"),
        ("249", "{10.0.0.0/8, 192.0.2.1}", "{10.0.0.0/8,192.0.2.1}"),
        ("121", "10.0.0.0/8", None),
        ("121", "10.0.0.1/8,192.0.2.1", None),
    ],
)  # fmt: skip
def test_values_as_ovn_reads_them(name: str, text: str, sent: str | None) -> None:
    assert dhcp.value(dhcp.OPTIONS[4][name], text, 4) == sent


def test_values_of_ipv6() -> None:
    assert dhcp.value(dhcp.OPTIONS[6]["dns-server"], "2001:DB8::7", 6) == "2001:db8::7"
    assert dhcp.value(dhcp.OPTIONS[6]["dns-server"], "fe80::1%eth0", 6) is None
    assert dhcp.value(dhcp.OPTIONS[6]["server-id"], "FA:16:3E:00:00:01", 6) == "fa:16:3e:00:00:01"
    assert dhcp.value(dhcp.OPTIONS[6]["server-id"], "192.0.2.1", 6) is None


def test_dhcp_is_off_in_one_ip_version_however_true_is_written() -> None:
    assert dhcp.is_disabled((DhcpOption("dhcp_disabled", "TRUE"),), 4)
    assert not dhcp.is_disabled((DhcpOption("dhcp_disabled", "TRUE"),), 6)
    assert dhcp.is_disabled((DhcpOption("mtu", "1"), DhcpOption("dhcp_disabled", "true", 6)), 6)
    assert not dhcp.is_disabled((DhcpOption("dhcp_disabled", "false"),), 4)
