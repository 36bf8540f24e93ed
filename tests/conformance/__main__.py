"""`python -m tests.conformance`: suites of OpenStack's own against a cloud; see scripts/conformance."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.conformance import outcomes, page
from tests.conformance.environment import Broken
from tests.conformance.run import Result, Wanted, run
from tests.conformance.suites import SUITES

SLOWEST = 10


def main() -> int:
    """Run what is asked for; the exit status says whether a recorded pass was lost."""
    parser = argparse.ArgumentParser(prog="scripts/conformance", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"of {', '.join(SUITES)}; all unless named")
    parser.add_argument(
        "--only", action="append", default=[], metavar="REGEX", help="tests whose id matches one of these"
    )
    parser.add_argument("--short", action="store_true", help="the short choice that every test run makes")
    parser.add_argument("--workers", type=int, default=2, metavar="N")
    parser.add_argument(
        "--keep", type=Path, default=None, metavar="FOLDER", help="leave data, tempest.conf and logs here"
    )
    parser.add_argument("--record", action="store_true", help="write the outcomes into the record, also what was lost")
    given = parser.parse_args()
    if unknown := set(given.suites) - SUITES.keys():
        parser.error(f"no suite is named {', '.join(sorted(unknown))}: there are {', '.join(SUITES)}")
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))  # so that no process is left
    keep = given.keep.resolve() if given.keep else None
    wanted = Wanted(tuple(given.suites or SUITES), tuple(given.only), given.short, given.workers, keep)
    try:
        results = run(wanted)
    except Broken as broken:
        print(f"conformance: {broken}", file=sys.stderr)
        return 2
    if given.record:
        for result in results:
            _record(result, whole=not wanted.narrows(SUITES[result.suite]))
    return told(results)


def told(results: Sequence[Result]) -> int:
    """Print everything about the results; 1 when a recorded pass was lost."""
    for result in results:
        print(f"\n{result.suite}: {result.seconds:.0f} s; its slowest:")
        for report in sorted(result.reports, key=lambda each: -each.seconds)[:SLOWEST]:
            print(f"  {report.seconds:6.1f} s  {outcomes.bare(report.id)}")
        for one in result.outcomes:
            if one.outcome in {"failed", "vacuous"}:
                print(f"{one.outcome}: {one.name}: {one.reason}")
        print(f"\n| Tests | Skipped because |\n| --- | --- |\n{page.skips(result.outcomes)}")
    print(f"\n{page.table({result.suite: result.outcomes for result in results})}")
    lost = [sentence for result in results for sentence in result.lost]
    for sentence in lost:
        print(f"conformance: LOST: {sentence}")
    return bool(lost)


def _record(result: Result, *, whole: bool) -> None:
    """What was run takes the place of what the record says of it; of a whole suite nothing else stays."""
    kept = {} if whole else outcomes.read(result.suite)
    outcomes.write(result.suite, kept | {one.name: one for one in result.outcomes})


if __name__ == "__main__":
    sys.exit(main())
