"""Northbound rows of security groups whose rules name address groups."""

from berthline.domain.ids import AddressGroupId
from berthline.domain.snapshot import SecurityGroupSnapshot
from tests.unit.dataplane.test_rows import GROUP, RULE, changed, find


def test_a_group_has_the_addresses_that_its_rules_name() -> None:
    held = AddressGroupId("a-b")
    rules = tuple(
        changed(RULE, id=version, remote_address_group_id=held, ethertype=version) for version in ("IPv4", "IPv6")
    )
    named = SecurityGroupSnapshot(changed(GROUP, rules=rules), ((held, ("10.1.0.0/24", "2001:db8::/64")),))
    fourth, sixth = (f"as_{GROUP.id}_a_b_ip{version}".replace("-", "_") for version in (4, 6))
    assert find(named, "Address_Set", fourth) == {"name": fourth, "addresses": frozenset({"10.1.0.0/24"})}
    assert find(named, "Address_Set", sixth)["addresses"] == frozenset({"2001:db8::/64"})
    assert str(find(named, "ACL", "IPv4")["match"]).endswith(f"ip4 && ip4.src == ${fourth}")
    assert str(find(named, "ACL", "IPv6")["match"]).endswith(f"ip6 && ip6.src == ${sixth}")
