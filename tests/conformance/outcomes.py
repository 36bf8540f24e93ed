"""How each test of a suite ended, and the record of it that a later run is held against."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RECORDS: Final = Path(__file__).parent / "record"
PASSES: Final = frozenset({"passed", "vacuous"})
OUTCOMES: Final = ("passed", "vacuous", "failed", "skipped")
CLASS: Final = re.compile(r"(?:setUpClass|tearDownClass) \((?P<name>[\w.]+)\)")
IDS: Final = re.compile(r"\b(?:req-)?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b|0x[0-9a-f]+|\b\d{10,}\b")
LONGEST_REASON: Final = 200


@dataclass(frozen=True)
class Reported:
    """What the runner said of one test, or of a class before its tests."""

    id: str
    outcome: str
    seconds: float
    reason: str
    unoffered: bool


@dataclass(frozen=True)
class Outcome:
    """How one test ended. ``vacuous``: it passed because what it asks for is not offered. ``reason``: if not passed."""

    name: str
    outcome: str
    reason: str = ""


def bare(test_id: str) -> str:
    """A test's id without its attributes: those in brackets change between releases."""
    return test_id.partition("[")[0]


def judged(listed: Iterable[str], reports: Iterable[Reported]) -> tuple[Outcome, ...]:
    """The outcome of each listed test, by name. One that was not run shares the fate of its class, or has failed."""
    tests: dict[str, Reported] = {}
    classes: dict[str, Reported] = {}
    for report in reports:
        if found := CLASS.match(report.id):
            classes[found["name"]] = report
        else:
            tests[bare(report.id)] = report
    outcomes = []
    for name in sorted({bare(each) for each in listed}):
        said = tests.get(name) or classes.get(name.rpartition(".")[0])
        outcomes.append(Outcome(name, "failed", "it was not run") if said is None else _judge(name, said))
    return tuple(outcomes)


def _judge(name: str, report: Reported) -> Outcome:
    if report.outcome in PASSES:
        return Outcome(name, "vacuous" if report.unoffered else "passed")
    return Outcome(name, report.outcome, timeless(report.reason))


def timeless(reason: str) -> str:
    """A reason on one line, without what is another at every run."""
    return IDS.sub("…", " ".join(reason.split()))[:LONGEST_REASON].rstrip()


def read(suite: str, records: Path = RECORDS) -> dict[str, Outcome]:
    """The record of a suite by name of test; empty where there is none yet."""
    path = records / f"{suite}.tsv"
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        outcome, name, reason = line.split("\t")
        found[name] = Outcome(name, outcome, reason)
    return found


def write(suite: str, outcomes: Mapping[str, Outcome], records: Path = RECORDS) -> None:
    """Write the record of a suite: a test a line, so that changes of several people meet only where they must."""
    lines = (f"{one.outcome}\t{one.name}\t{one.reason}\n" for _, one in sorted(outcomes.items()))
    (records / f"{suite}.tsv").write_text("".join(lines), encoding="utf-8")


def lost(record: Mapping[str, Outcome], outcomes: Iterable[Outcome], *, whole: bool) -> list[str]:
    """A sentence for each recorded pass that is none any more. ``whole``: all of the suite was asked for."""
    now = {one.name: one for one in outcomes}
    sentences = []
    for name, before in sorted(record.items()):
        after = now.get(name)
        if before.outcome not in PASSES or (after is None and not whole):
            continue
        if after is None:
            sentences.append(f"{name} passed and is not there any more")
        elif after.outcome not in PASSES or (before.outcome, after.outcome) == ("passed", "vacuous"):
            sentences.append(f"{name} was {before.outcome} and is {after.outcome}: {after.reason}")
    return sentences
