"""The table of a run, and the generated part of docs/reference/conformance.md, which is written from the record."""

from collections import Counter
from collections.abc import Iterable, Mapping

from tests.conformance import outcomes
from tests.conformance.outcomes import OUTCOMES, Outcome
from tests.conformance.suites import SUITES

HEADS = ("Suite", "Listed", *(each.capitalize() for each in OUTCOMES))


def counts(suite: str, found: Iterable[Outcome]) -> tuple[str, ...]:
    """One line of the table."""
    tally = Counter(one.outcome for one in found)
    return (suite, str(tally.total()), *(str(tally[each]) for each in OUTCOMES))


def table(rows: Mapping[str, Iterable[Outcome]]) -> str:
    """All suites, a line each."""
    lines = [HEADS, tuple("---" for _ in HEADS), *(counts(suite, found) for suite, found in rows.items())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def skips(found: Iterable[Outcome]) -> str:
    """Why tests were skipped, the most frequent reason first."""
    tally = Counter(one.reason for one in found if one.outcome == "skipped")
    return "\n".join(
        f"| {tests} | {_cell(reason)} |"
        for reason, tests in sorted(tally.items(), key=lambda each: (-each[1], each[0]))
    )


def described() -> str:
    """What the record says, for people."""
    records = {suite: tuple(outcomes.read(suite).values()) for suite in SUITES}
    parts = [table(records)]
    for suite, found in records.items():
        parts.append(f"## {suite.capitalize()}: skipped\n\n| Tests | Reason |\n| --- | --- |\n{skips(found)}")
        for outcome in ("failed", "vacuous"):
            lines = [f"| `{one.name}` | {_cell(one.reason)} |" for one in found if one.outcome == outcome]
            if lines:
                parts.append(
                    f"## {suite.capitalize()}: {outcome}\n\n| Test | Reason |\n| --- | --- |\n" + "\n".join(lines)
                )
    return "\n\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")
