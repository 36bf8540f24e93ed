"""Names of guests: DNS records of ports, and what DHCP tells a guest of its own name."""

from typing import Any

import pytest

from berthline.dataplane.ovn.rows import rows_of
from berthline.domain.network import DhcpOption
from tests.unit.dataplane.test_rows import NETWORK_SNAPSHOT, PORT, changed, find

PTR = "7.0.0.10.in-addr.arpa"
BOTH = "10.0.0.7 2001:db8::7"


def records(**fields: Any) -> dict[str, str]:
    """The records of a port with these fields; none without a row."""
    rows = [row for row in rows_of(changed(PORT, **fields)) if row.table == "DNS"]
    assert len(rows) <= 1
    return dict(rows[0].columns["records"]) if rows else {}  # type: ignore[arg-type]


def test_a_name_leads_to_all_addresses_and_each_address_to_the_name() -> None:
    found = records(dns_name="web", dns_domain="example.org.")
    assert found.pop(PTR) == "web.example.org"
    reverse = next(name for name in found if name.endswith(".ip6.arpa"))
    assert found.pop(reverse) == "web.example.org"
    assert found == {"web": BOTH, "web.example.org": BOTH, "web.openstacklocal": BOTH}
    assert find(changed(PORT, dns_name="web"), "DNS", "dns-port-1")["parent"] == "berthline-net-1"


def test_without_a_domain_it_is_the_clouds() -> None:
    assert set(records(dns_name="web")) >= {"web", "web.openstacklocal"}
    assert records(dns_name="web")[PTR] == "web.openstacklocal"


@pytest.mark.parametrize("name", ["", "foo bar", "web..org", "-x"])
def test_without_a_sound_name_there_are_no_records(name: str) -> None:
    assert records(dns_name=name) == {}
    assert "hostname" not in dict(find(changed(PORT, dns_name=name), "Logical_Switch_Port")["options"])  # type: ignore[arg-type]


def test_without_an_address_there_are_no_records() -> None:
    assert records(dns_name="web", fixed_ips=(), subnets=()) == {}


def test_names_of_the_world_count_where_one_project_is_alone() -> None:
    assert records(dns_name="www.example.com.") == {}
    assert records(dns_name="www.example.com.", trusted_names=True)["www.example.com"] == BOTH
    assert records(dns_name="web.example.org.", dns_domain="example.org.")["web.example.org"] == BOTH
    within = records(dns_name="www.example.com", dns_domain="example.org.")
    assert set(within) >= {"www.example.com.example.org", "www.example.com.openstacklocal"}
    assert "www.example.com" not in within
    assert records(dns_name="www.example.com", trusted_names=True)["www.example.com"] == BOTH


def test_a_guest_is_told_its_name_and_domain() -> None:
    options = dict(find(changed(PORT, dns_name="web.lab"), "Logical_Switch_Port")["options"])  # type: ignore[arg-type]
    assert options == {"requested-chassis": "chassis-a", "hostname": '"web"'}
    named = changed(PORT, dns_name="web", extra_dhcp_opts=(DhcpOption("hostname", "other"),))
    assert "hostname" not in dict(find(named, "Logical_Switch_Port")["options"])  # type: ignore[arg-type]
    own = dict(find(named, "DHCP_Options", "dhcp-port-1-v4")["options"])  # type: ignore[arg-type]
    assert (own["hostname"], own["domain_name"]) == ('"other"', '"openstacklocal"')
    network = changed(NETWORK_SNAPSHOT, dns_domain="example.org.")
    assert dict(find(network, "DHCP_Options", "dhcp-sub-4")["options"])["domain_name"] == '"example.org"'  # type: ignore[arg-type]
