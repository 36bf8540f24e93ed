"""Addresses that a download may connect to, and those that it may not, in every spelling."""

from ipaddress import ip_address

import pytest

from berthline.images.addresses import may_be_asked, parse_networks

REFUSED = [
    *("127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "0.1.2.3"),  # noqa: S104 - nothing listens there
    *("10.0.0.1", "172.16.0.1", "192.168.1.1", "fd00::1", "fc00::1"),
    *("169.254.1.1", "169.254.169.254", "fe80::1", "fd00:ec2::254"),
    *("100.64.0.1", "100.127.255.254"),
    *("224.0.0.1", "239.1.2.3", "ff02::1", "ff0e::1", "255.255.255.255", "240.0.0.1"),
    *("192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.0.0.1", "2001:db8::1", "fec0::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:100.64.0.1", "::127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001::1"),
]
ALLOWED = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_of_the_whole_internet_is_refused(text: str) -> None:
    assert not may_be_asked(ip_address(text), (), ())


@pytest.mark.parametrize("text", ALLOWED)
def test_what_is_of_the_whole_internet_is_not(text: str) -> None:
    assert may_be_asked(ip_address(text), (), ())


def test_an_address_of_the_clouds_own_is_refused_in_both_spellings() -> None:
    own = {ip_address("8.8.8.8")}
    assert not may_be_asked(ip_address("8.8.8.8"), (), own)
    assert not may_be_asked(ip_address("::ffff:8.8.8.8"), (), own)
    assert not may_be_asked(ip_address("64:ff9b::808:808"), (), own)


def test_a_network_that_an_operator_names_is_allowed_and_no_other() -> None:
    inner = parse_networks(["10.1.0.0/16", "127.0.0.1", "fd00:1::/64"])
    for text in ("10.1.2.3", "127.0.0.1", "::ffff:10.1.2.3", "fd00:1::5"):
        assert may_be_asked(ip_address(text), inner, ())
    for text in ("10.2.0.1", "127.0.0.2", "::1", "fd00:2::5"):
        assert not may_be_asked(ip_address(text), inner, ())


def test_metadata_is_refused_whatever_an_operator_names() -> None:
    everything = parse_networks(["0.0.0.0/0", "::/0"])
    for text in ("169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254"):
        assert not may_be_asked(ip_address(text), everything, ())
    assert may_be_asked(ip_address("169.254.169.253"), everything, ())
