"""What is judged of a run: no pass is lost unseen, and none is made up."""

from pathlib import Path

from tests.conformance import outcomes
from tests.conformance.outcomes import Outcome, Reported

ONE = "tempest.api.compute.test_versions.TestVersions.test_one"
TWO = "tempest.api.compute.test_versions.TestVersions.test_two"


def reported(test_id: str, outcome: str, reason: str = "", *, unoffered: bool = False) -> Reported:
    return Reported(test_id, outcome, 0.1, reason, unoffered)


def test_a_test_is_judged_by_its_own_report_whatever_its_attributes() -> None:
    found = outcomes.judged(
        [f"{ONE}[id-1,smoke]", TWO], [reported(f"{ONE}[id-2]", "passed"), reported(TWO, "failed", "x")]
    )
    assert found == (Outcome(ONE, "passed"), Outcome(TWO, "failed", "x"))


def test_a_pass_over_something_that_is_not_offered_is_vacuous() -> None:
    found = outcomes.judged(
        [ONE, TWO], [reported(ONE, "passed", unoffered=True), reported(TWO, "failed", unoffered=True)]
    )
    assert [one.outcome for one in found] == ["vacuous", "failed"]


def test_tests_of_a_class_that_did_not_begin_share_its_fate() -> None:
    report = reported("setUpClass (tempest.api.compute.test_versions.TestVersions)", "skipped", "No shelving")
    assert outcomes.judged([ONE], [report]) == (Outcome(ONE, "skipped", "No shelving"),)


def test_a_test_of_which_nothing_was_said_has_failed() -> None:
    assert outcomes.judged([ONE], []) == (Outcome(ONE, "failed", "it was not run"),)


def test_a_reason_says_the_same_at_every_run() -> None:
    first = (
        "Server 1b4e28ba-2fa1-11d2-883f-0016d3cca427 (Request-ID: req-1b4e28ba-2fa1-11d2-883f-0016d3cca427)\n failed"
    )
    second = first.replace("1b4e", "0a9f")
    assert outcomes.timeless(first) == outcomes.timeless(second) == "Server … (Request-ID: …) failed"


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = {ONE: Outcome(ONE, "passed"), TWO: Outcome(TWO, "skipped", "No shelving")}
    outcomes.write("compute", written, tmp_path)
    assert outcomes.read("compute", tmp_path) == written
    assert outcomes.read("network", tmp_path) == {}


def test_a_recorded_pass_that_is_none_any_more_is_lost() -> None:
    record = {ONE: Outcome(ONE, "passed"), TWO: Outcome(TWO, "vacuous")}
    failed = [Outcome(ONE, "failed", "a"), Outcome(TWO, "skipped", "b")]
    assert len(outcomes.lost(record, failed, whole=True)) == 2
    assert len(outcomes.lost(record, [Outcome(ONE, "vacuous"), Outcome(TWO, "passed")], whole=True)) == 1
    assert outcomes.lost(record, [Outcome(ONE, "passed"), Outcome(TWO, "vacuous")], whole=True) == []


def test_a_recorded_pass_that_is_not_listed_is_lost_only_when_all_was_asked_for() -> None:
    record = {ONE: Outcome(ONE, "passed"), TWO: Outcome(TWO, "failed", "x")}
    assert outcomes.lost(record, [], whole=False) == []
    assert outcomes.lost(record, [], whole=True) == [f"{ONE} passed and is not there any more"]
