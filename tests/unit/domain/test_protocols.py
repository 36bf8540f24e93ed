"""Protocols by their names and numbers."""

import pytest

from berthline.domain import protocols


@pytest.mark.parametrize(("name", "number"), sorted(protocols.NUMBERS.items()))
def test_a_name_and_its_number_are_one_protocol(name: str, number: int) -> None:
    ethertypes = ("IPv6",) if number in protocols.ONLY_V6 else ("IPv4", "IPv6")
    for ethertype in ethertypes:
        kept = {protocols.canonical(text, ethertype) for text in (name, name.upper(), f" {name} ", str(number))}
        assert None not in kept
        assert len({protocols.number_of(str(each), ethertype) for each in kept}) == 1


def test_ipv6_has_an_icmp_of_its_own() -> None:
    assert [protocols.canonical(name, "IPv6") for name in ("icmp", "icmpv6", "ipv6-icmp", "1", "58")] == [
        "ipv6-icmp", "ipv6-icmp", "ipv6-icmp", "58", "58",
    ]  # fmt: skip
    assert [protocols.canonical(name, "IPv4") for name in ("icmp", "1", "icmpv6", "58")] == [
        "icmp", "1", "icmpv6", "58",
    ]  # fmt: skip
    assert protocols.number_of("icmp", "IPv6") == protocols.number_of("58", "IPv6") == 58, "also as it was kept once"


@pytest.mark.parametrize("text", ["256", "-1", "", "1e2", "tcpp", "²", "0x6", "9" * 5000, "any"])
def test_what_is_no_protocol_is_none(text: str) -> None:
    assert protocols.canonical(text, "IPv4") is None


def test_numbers_have_one_form() -> None:
    assert protocols.canonical("006", "IPv4") == "6"
    assert protocols.canonical("255", "IPv6") == "255"
