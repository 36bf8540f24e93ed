"""Names the tests of a run that failed and may be run once more, by themselves; used by scripts/test.

Run it as `python tools/unsteady.py CACHE`, with the cache folder that the run gave pytest. It prints a test a line and
exits 0. It prints nothing and exits 1 when there is none, when there are more than MANY, or when one of them may not
fail even once: what a seed, a race or a killed process shows is a fault of the code however rarely it shows.
"""

import json
import sys
from pathlib import Path

MANY = 2
NEVER = ("tests/sim/", "tests/chaos/", "tests/unit/store/races/", "tests/workflows/", "tests/growth/", "tests/style/")


def run_again(failed: list[str]) -> list[str]:
    """The tests that may be run again, of those that failed; none when one or their number says no."""
    spared = [test for test in failed if "::" in test and not test.startswith(NEVER)]
    return sorted(spared) if len(spared) == len(failed) <= MANY else []


def failed_in(cache: Path) -> list[str]:
    """The tests that failed in the run with this cache folder."""
    record = cache / "v" / "cache" / "lastfailed"
    return list(json.loads(record.read_text("utf-8"))) if record.is_file() else []


def main() -> int:
    """Print them. Returns 0, or 1 when there is none."""
    again = run_again(failed_in(Path(sys.argv[1])))
    print("\n".join(again), end="\n" if again else "")
    return 0 if again else 1


if __name__ == "__main__":
    sys.exit(main())
