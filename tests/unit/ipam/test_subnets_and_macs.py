"""Host ranges, default pools, MACs and the addresses made from them."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from berthline.ipam import mac, subnets
from berthline.ipam.choose import Pool


def number(text: str) -> int:
    return int(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    ("cidr", "first", "last"),
    [
        ("10.0.0.0/24", "10.0.0.1", "10.0.0.254"),
        ("10.0.0.0/31", "10.0.0.0", "10.0.0.1"),
        ("10.0.0.7/32", "10.0.0.7", "10.0.0.7"),
        ("fd00::/64", "fd00::1", "fd00::ffff:ffff:ffff:ffff"),
        ("fd00::/127", "fd00::", "fd00::1"),
    ],
)
def test_hosts_may_not_have_the_network_or_broadcast_address(cidr: str, first: str, last: str) -> None:
    assert subnets.host_range(ipaddress.ip_network(cidr)) == Pool(number(first), number(last))


def test_the_default_pool_goes_round_the_gateway() -> None:
    network = ipaddress.ip_network("10.0.0.0/29")
    assert subnets.default_gateway(network) == "10.0.0.1"
    assert subnets.default_pools(network, "10.0.0.1") == [Pool(number("10.0.0.2"), number("10.0.0.6"))]
    assert subnets.default_pools(network, "10.0.0.6") == [Pool(number("10.0.0.1"), number("10.0.0.5"))]
    middle = subnets.default_pools(network, "10.0.0.3")
    assert middle == [Pool(number("10.0.0.1"), number("10.0.0.2")), Pool(number("10.0.0.4"), number("10.0.0.6"))]
    whole = [Pool(number("10.0.0.1"), number("10.0.0.6"))]
    assert subnets.default_pools(network, None) == whole
    assert subnets.default_pools(network, "fe80::1") == whole


def test_pools_that_share_an_address_are_found() -> None:
    assert subnets.first_overlap([Pool(1, 4), Pool(9, 9), Pool(5, 8)]) is None
    assert subnets.first_overlap([Pool(9, 12), Pool(1, 9)]) == (Pool(1, 9), Pool(9, 12))


def test_an_eui64_address_follows_rfc_4291() -> None:
    assert mac.eui64_address("2001:db8::/64", "34:56:78:9a:bc:de") == "2001:db8::3656:78ff:fe9a:bcde"
    with pytest.raises(ValueError, match="no room"):
        mac.eui64_address("2001:db8::/65", "34:56:78:9a:bc:de")


@given(st.binary(min_size=6, max_size=6), st.binary(min_size=6, max_size=6))
def test_different_macs_give_different_addresses(one: bytes, other: bytes) -> None:
    addresses = {mac.eui64_address("fd00::/64", octets.hex(":")) for octets in (one, other)}
    assert len(addresses) == len({one, other})


def test_made_macs_are_fit_for_a_nic_and_differ() -> None:
    made = {mac.random_mac() for _ in range(100)}
    assert len(made) > 95
    assert all(each.startswith("fa:16:3e:") and mac.canonical_mac(each) == each for each in made)


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("FA-16-3E-00-00-01", "fa:16:3e:00:00:01"),
        ("fa163e000001", "fa:16:3e:00:00:01"),
        ("fa:16:3e:00:00", None),
        ("fa:16-3e:00:00:01", None),
        ("01:00:5e:00:00:01", "01:00:5e:00:00:01"),
        ("FA16.3E00.0001", "fa:16:3e:00:00:01"),
        ("fa16-3e00-0001", "fa:16:3e:00:00:01"),
        ("fa163e-000001", "fa:16:3e:00:00:01"),
        ("fa:16:3e:0:0:1", "fa:16:3e:00:00:01"),
        ("a163e000001", "0a:16:3e:00:00:01"),
        ("ff:ff:ff:ff:ff:ff", None),
        ("ffff.ffff.ffff", None),
        ("0:0:0:0:0:0", None),
        ("fa:16:3e:00:00:1g", None),
        ("fa:16:3e:00:00:01:02:03", None),
        (" fa:16:3e:00:00:01", None),
        ("fa:16:3e:00:00:01\n", None),
        ("00:00:00:00:00:00", None),
        ("", None),
    ],
)
def test_macs_are_canonical_or_refused(given: str, canonical: str | None) -> None:
    assert mac.canonical_mac(given) == canonical
