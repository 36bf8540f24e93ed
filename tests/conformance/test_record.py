"""The record in the tree: well formed, and of the tests that the short choice runs nothing but passes."""

import re

import pytest

from tests.conformance import outcomes
from tests.conformance.suites import SUITES


@pytest.mark.parametrize("suite", SUITES)
def test_the_record_holds_known_outcomes_and_a_reason_for_each_that_is_no_pass(suite: str) -> None:
    record = outcomes.read(suite)
    assert record
    assert {one.outcome for one in record.values()} <= set(outcomes.OUTCOMES)
    assert [one.name for one in record.values() if one.outcome not in outcomes.PASSES and not one.reason] == []


@pytest.mark.parametrize("suite", SUITES)
def test_each_part_of_the_short_choice_has_tests_that_pass(suite: str) -> None:
    record = outcomes.read(suite)
    for part in SUITES[suite].short:
        chosen = [one for name, one in record.items() if re.search(part, name)]
        assert [one for one in chosen if one.outcome == "passed"], part
