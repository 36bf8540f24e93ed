"""Which paths the pattern of an access rule matches."""

import pytest

from berthline.domain.identity import AccessRule
from berthline.identity.access_rules import LONGEST_PATH, allows, matches


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        (
            "/v2.1/servers",
            ["/v2.1/servers"],
            ["/v2.1/servers/", "/v2.1/server", "/v2x1/servers", "/x/v2.1/servers", ""],
        ),
        ("/v2.1/servers/*/ips", ["/v2.1/servers/a/ips"], ["/v2.1/servers//ips", "/v2.1/servers/a/b/ips"]),
        ("/v2.1/servers/{server_id}", ["/v2.1/servers/a"], ["/v2.1/servers/", "/v2.1/servers/a/b"]),
        ("/v2.1/**", ["/v2.1/", "/v2.1/a/b/c"], ["/v2.1", "/v2/a"]),
        ("/**/ips", ["/a/ips", "/a/b/ips", "//ips"], ["/ips", "/a/ips/b"]),
        ("/a***", ["/ab", "/a/b"], ["/a", "/b"]),
        ("/a*b**c", ["/axbc", "/axxb//c", "/abbc"], ["/abc", "/a/bc"]),
        ("/{a", ["/{a"], ["/x"]),
        ("/a.c", ["/a.c"], ["/abc"]),
        ("/", ["/"], ["", "/a"]),
    ],
)
def test_a_pattern_matches_whole_paths(pattern: str, matching: list[str], other: list[str]) -> None:
    assert [path for path in matching if not matches(pattern, path)] == []
    assert [path for path in other if matches(pattern, path)] == []


def test_no_pattern_runs_away() -> None:
    pattern = "/" + "**a" * 74
    assert matches(pattern, "/" + "a" * (LONGEST_PATH - 1))
    assert not matches(pattern, "/" + "a" * (LONGEST_PATH - 2) + "b")


def test_a_rule_is_of_one_service_and_one_method() -> None:
    rules = [AccessRule(id="1", service="compute", path="/v2.1/**", method="GET")]
    assert allows(rules, "GET", "/compute/v2.1/servers")
    assert not allows(rules, "HEAD", "/compute/v2.1/servers")
    assert not allows(rules, "GET", "/image/v2.1/servers")
    assert not allows(rules, "GET", "/computer/v2.1/servers")
    assert not allows(rules, "GET", "/v2.1/servers")
    assert not allows(rules, "GET", "/compute/v2.1/" + "a" * LONGEST_PATH)
    assert not allows([], "GET", "/compute/v2.1/servers")
