"""Runs seeds: ``scripts/sim``. A failing seed is printed with what replays it."""

import argparse
import random
import sys

from tests.databases import KINDS, VARIABLE, choose, chosen, close_all
from tests.sim.script import describe, script
from tests.sim.seeds import JOBS, STEPS, line, run_seeds


def main() -> int:
    """Read the command line, run, and return the exit code: 1 when a seed failed."""
    parser = argparse.ArgumentParser(prog="scripts/sim", description="Simulate a cloud through faults, by seeds.")
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds (20)")
    parser.add_argument("--seed", type=int, help="only this seed, to replay it")
    parser.add_argument("--first", type=int, help="the first seed; the others follow it (random)")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"operations of each seed ({STEPS})")
    parser.add_argument("--engines", type=int, default=1, help="engines on one database, each of which may stand still")
    parser.add_argument("--jobs", type=int, default=JOBS, help=f"processes beside each other ({JOBS})")
    parser.add_argument("--show", action="store_true", help="print the operations and outcomes too")
    parser.add_argument("--database", choices=KINDS, help=f"what it runs on (by {VARIABLE}, else sqlite)")
    asked = parser.parse_args()
    choose(chosen(asked.database))
    first = random.SystemRandom().randrange(2**31) if asked.first is None else asked.first
    seeds = [asked.seed] if asked.seed is not None else list(range(first, first + asked.seeds))
    failed = []
    for seed, result in run_seeds(seeds, asked.steps, min(asked.jobs, len(seeds)), engines=asked.engines):
        if asked.show:
            print(describe(script(seed, asked.steps)))
        if isinstance(result, str):
            failed.append(seed)
            how = f"--seed {seed} --steps {asked.steps} --engines {asked.engines}"
            print(f"seed {seed} FAILED: replay it with scripts/sim {how}\n{result}")
            continue
        print(line(result), flush=True)
        if asked.show:
            print("\n".join(f"    {count:5} {outcome}" for outcome, count in sorted(result.outcomes.items())))
            print("\n".join(result.struck))
    print(f"{len(seeds) - len(failed)} of {len(seeds)} seeds passed" + (f"; failed: {failed}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        status = main()
    finally:
        close_all()
    sys.exit(status)
