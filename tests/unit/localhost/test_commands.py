"""Running other programs."""

import sys
from pathlib import Path

import pytest

from berthline.localhost import CommandFailed, MissingPrograms
from berthline.localhost.commands import missing, run


def test_output_comes_back_with_errors_in_it() -> None:
    assert run((sys.executable, "-c", "import os; os.write(1, b'a'); os.write(2, b'b')")) == "ab"


def test_a_failure_tells_command_status_and_reason() -> None:
    with pytest.raises(CommandFailed, match="no such thing") as caught:
        run((sys.executable, "-c", "raise SystemExit('no such thing')"))
    assert caught.value.status == 1


def test_a_program_that_never_ends_is_ended() -> None:
    with pytest.raises(CommandFailed, match="not finished"):
        run(("sleep", "600"), timeout=0.1)


def test_a_missing_program_is_named() -> None:
    with pytest.raises(MissingPrograms, match="scripts/host-packages") as caught:
        run(("berthline-has-no-such-program",))
    assert caught.value.programs == ("berthline-has-no-such-program",)
    assert missing(("sh", "berthline-has-no-such-program", "/no/such/file", "/bin/sh")) == (
        "berthline-has-no-such-program",
        "/no/such/file",
    )


def test_nothing_of_the_callers_environment_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """OVN_NB_DB and its like would send commands to another database."""
    monkeypatch.setenv("OVN_NB_DB", "unix:/elsewhere")
    assert "OVN_NB_DB" not in run(("env",))


def test_arguments_are_never_read_by_a_shell(tmp_path: Path) -> None:
    assert run(("echo", "$HOME", f"; touch {tmp_path / 'made'}")).startswith("$HOME ;")
    assert list(tmp_path.iterdir()) == []
