"""Runs suites against a cloud of the run's own, and judges them by the record."""

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.conformance import cloud, configuration, environment, outcomes
from tests.conformance.environment import Broken
from tests.conformance.outcomes import Outcome, Reported
from tests.conformance.suites import SUITES, Suite

RUN_SECONDS = 3 * 3600.0
LINES = Path(__file__).parent / "subunit_lines.py"


@dataclass(frozen=True)
class Wanted:
    """What to run. ``only``: regular expressions, of which a test's id must match one; none: the whole suite."""

    suites: tuple[str, ...]
    only: tuple[str, ...] = ()
    short: bool = False
    workers: int = 2
    keep: Path | None = None
    """Where the cloud's data, tempest.conf and the logs stay; a folder that is removed unless one is given."""

    def narrows(self, suite: Suite) -> tuple[str, ...]:
        """The expressions that make the suite smaller."""
        return suite.short if self.short else self.only


@dataclass(frozen=True)
class Result:
    """How one suite ended. ``lost``: a sentence for each recorded pass that is none any more."""

    suite: str
    outcomes: tuple[Outcome, ...]
    reports: tuple[Reported, ...]
    lost: tuple[str, ...]
    seconds: float


def run(wanted: Wanted) -> tuple[Result, ...]:
    """Run them, one suite after the other on the same cloud. Raises Broken when there is nothing to judge."""
    place = environment.prepare()
    with ExitStack() as stack:
        folder = wanted.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bl-conformance-")))
        folder.mkdir(parents=True, exist_ok=True)
        prepared = stack.enter_context(cloud.running(folder))
        configuration.write(folder / "tempest.conf", prepared)
        runner = Runner(place, folder)
        return tuple(_suite(runner, SUITES[name], wanted) for name in wanted.suites)


def _suite(runner: "Runner", suite: Suite, wanted: Wanted) -> Result:
    narrows = wanted.narrows(suite)
    listed = [
        each for each in runner.listed(suite.tests) if not narrows or any(re.search(one, each) for one in narrows)
    ]
    if not listed:
        raise Broken(f"no test of {suite.name} matches {' or '.join(narrows) or suite.tests}")
    started = time.monotonic()
    reports = runner.reports(listed, wanted.workers)
    found = outcomes.judged(listed, reports)
    lost = outcomes.lost(outcomes.read(suite.name), found, whole=not narrows)
    return Result(suite.name, found, reports, tuple(lost), time.monotonic() - started)


class Runner:
    """Tempest in its environment, with what it keeps for a run in one folder."""

    def __init__(self, place: Path, folder: Path) -> None:
        """``place``: the environment; the folder holds tempest.conf."""
        self._bin = place / "bin"
        self._folder = folder
        (tests,) = place.glob("lib/python*/site-packages/tempest/test_discover")
        (folder / ".stestr.conf").write_text(
            f"[DEFAULT]\ntest_path={tests}\ntop_dir={tests.parents[1]}\ngroup_regex=([^\\.]*\\.)*\n", encoding="utf-8"
        )
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("BERTHLINE_", "OS_"))},
            "PATH": f"{self._bin}{os.pathsep}{os.environ.get('PATH', '/usr/bin:/bin')}",
            "TEMPEST_CONFIG_DIR": str(folder),
            "TEMPEST_CONFIG": "tempest.conf",
            "OS_LOG_CAPTURE": "1",
        }

    def listed(self, tests: str) -> list[str]:
        """The ids that match."""
        if not (self._folder / ".stestr").exists():
            self._run(("stestr", "init"))
        text = self._run(("stestr", "list", tests)).decode()
        return [line for line in text.splitlines() if line.startswith("tempest.")]

    def reports(self, listed: Sequence[str], workers: int) -> tuple[Reported, ...]:
        """Run these tests; what was said of each, and of classes."""
        chosen = self._folder / "chosen"
        chosen.write_text("\n".join(listed) + "\n", encoding="utf-8")
        command = ("stestr", "run", "--subunit", "--concurrency", str(workers), "--load-list", str(chosen))
        stream = self._run(command, fails=True)
        (self._folder / "results.subunit").write_bytes(stream)
        lines = self._run(("python", str(LINES)), sent=stream)
        return tuple(_reports(lines.decode().splitlines()))

    def _run(self, command: Sequence[str], *, sent: bytes = b"", fails: bool = False) -> bytes:
        """What the program printed. ``fails``: its exit status says only that a test failed."""
        with (self._folder / "runner.log").open("ab") as log:
            done = subprocess.run(
                (str(self._bin / command[0]), *command[1:]),
                cwd=self._folder,
                env=self._environment,
                input=sent,
                stdout=subprocess.PIPE,
                stderr=log,
                timeout=RUN_SECONDS,
                check=False,
            )
        if done.returncode and not (fails and done.stdout):
            said = (self._folder / "runner.log").read_text(encoding="utf-8", errors="replace")[-2000:]
            raise Broken(f"{' '.join(command[:2])} ended with {done.returncode}: {said}")
        return done.stdout


def _reports(lines: Iterable[str]) -> Iterable[Reported]:
    for line in lines:
        yield Reported(**json.loads(line))
