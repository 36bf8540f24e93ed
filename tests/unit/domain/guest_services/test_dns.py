"""Names in the DNS: what is one, and what becomes of it."""

from collections.abc import Callable

import pytest

from berthline.domain.errors import InvalidInput
from berthline.domain.guest_services import dns

WRONG = [
    "foo bar_baz!", "foo-", "-foo", "a" * 64, "foo.123", "foo_bar", "foo..bar", ".", "..", ".foo", "foo..",
    "f\u00f6\u00f6", "foo\n", " foo", "a.b-.c", "1.2.3.4", "a." * 128,
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
@pytest.mark.parametrize("check", [dns.port_name, dns.relative_name, lambda text: dns.domain_name(text + ".")])
def test_what_is_no_name(check: Callable[[str], str], text: str) -> None:
    with pytest.raises(InvalidInput):
        check(text)


@pytest.mark.parametrize("text", ["", "foo", "WebHost", "3com", "123", "a" * 63, "x.y-z.w", "foo.1a"])
def test_names_are_lowered(text: str) -> None:
    assert dns.port_name(text) == dns.relative_name(text) == text.lower()
    assert dns.domain_name(text + "." if text else "") == (text.lower() + "." if text else "")


def test_complete_and_relative() -> None:
    assert dns.port_name("Foo.Example.com.") == "foo.example.com."
    assert dns.fqdn("foo.example.com.", dns.CLOUD_DOMAIN) == "foo.example.com."
    assert dns.fqdn("foo", dns.CLOUD_DOMAIN) == "foo.openstacklocal."
    with pytest.raises(InvalidInput, match="relative"):
        dns.relative_name("foo.")
    with pytest.raises(InvalidInput, match="ends with a dot"):
        dns.domain_name("example.org")


def test_no_name_is_longer_than_the_dns_allows() -> None:
    room = dns.MAX_NAME - len(dns.CLOUD_DOMAIN) - 1
    longest = ".".join(["a" * 63] * 3 + ["b" * (room - 3 * 64)])
    assert len(dns.fqdn(dns.port_name(longest), dns.CLOUD_DOMAIN)) == dns.MAX_NAME
    with pytest.raises(InvalidInput, match="255"):
        dns.port_name(longest + "b")
    with pytest.raises(InvalidInput):
        dns.port_name(longest, "a-longer-domain.example.")


def test_what_a_database_may_hold_from_before_is_told_apart() -> None:
    assert [text for text in ("web", "web.example.", "foo bar", "", "Web") if dns.is_name(text)] == [
        "web",
        "web.example.",
    ]
