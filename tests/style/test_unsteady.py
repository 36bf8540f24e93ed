"""A test that failed once is run again by itself only when failing once may be its own fault."""

import json
from pathlib import Path

import pytest

from tools import unsteady

ONE = "tests/api/network/test_ports.py::test_a_port[x y]"
TWO = "tests/cli/test_up.py::test_it"
RACE = "tests/unit/store/races/test_routers.py::test_two"


@pytest.mark.parametrize(
    ("failed", "again"),
    [
        ([], []),
        ([ONE], [ONE]),
        ([TWO, ONE], [ONE, TWO]),
        ([ONE, TWO, "tests/cli/test_doctor.py::test_it"], []),
        ([RACE], []),
        ([ONE, RACE], []),
        (["tests/api/network/test_ports.py"], []),
    ],
)
def test_few_that_may_fail_once(failed: list[str], again: list[str]) -> None:
    assert unsteady.run_again(failed) == again


def test_they_are_read_from_the_cache_of_a_run(tmp_path: Path) -> None:
    assert unsteady.failed_in(tmp_path) == []
    record = tmp_path / "v" / "cache" / "lastfailed"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({ONE: True, TWO: True}), "utf-8")
    assert unsteady.failed_in(tmp_path) == [ONE, TWO]


def test_what_may_never_fail_exists() -> None:
    root = Path(__file__).resolve().parents[2]
    assert [each for each in unsteady.NEVER if not (root / each).is_dir()] == []
