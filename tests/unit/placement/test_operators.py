"""The operators of extra specs."""

import pytest

from berthline.placement.operators import meets


@pytest.mark.parametrize(
    ("value", "wanted", "met"),
    [
        ("Intel", "Intel", True),
        ("Intel", "intel", False),
        ("", "", True),
        ("a b", "a b", True),
        ("8", "= 8", True),
        ("9", "= 8", True),
        ("7", "= 8", False),
        ("8.0", "== 8", True),
        ("9", "== 8", False),
        ("9", "!= 8", True),
        ("8", "!= 8", False),
        ("8", ">= 8", True),
        ("7", ">= 8", False),
        ("8", "<= 8", True),
        ("10", "<= 8", False),
        ("many", ">= 8", False),
        ("8", ">= many", False),
        ("8", ">=", False),
        ("abc", "s== abc", True),
        ("abd", "s== abc", False),
        ("abd", "s!= abc", True),
        ("abc", "s< abd", True),
        ("abd", "s< abd", False),
        ("abd", "s<= abd", True),
        ("abe", "s> abd", True),
        ("abd", "s> abd", False),
        ("abd", "s>= abd", True),
        ("abd", "s==", False),
        ("['avx', 'sse']", "<in> avx", True),
        ("['sse']", "<in> avx", False),
        ("['sse']", "<in>", False),
        ("['avx', 'sse']", "<all-in> avx sse", True),
        ("['avx']", "<all-in> avx sse", False),
        ("['avx']", "<all-in>", False),
        ("b", "<or> a <or> b", True),
        ("c", "<or> a <or> b", False),
        ("<or>", "<or> a <or> b", False),
        ("a", "<or>", False),
        (">7", ">7", True),
    ],
)
def test_a_value_meets_what_is_wanted_of_it(value: str, wanted: str, met: bool) -> None:
    assert meets(value, wanted) is met
