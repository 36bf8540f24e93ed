"""`python -m tests.chaos`: chaos by hand; see scripts/chaos."""

import argparse
import secrets
import signal
import sys
import typing

from tests.chaos.parts import Shape
from tests.chaos.run import CLIENTS, run


def main() -> int:
    """Run one seed; the exit status says whether anything was wrong."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="the same disturbances again; another one each time")
    parser.add_argument("--seconds", type=float, default=180.0, help="how long it is disturbed")
    parser.add_argument("--shape", choices=typing.get_args(Shape), default="up", help="which processes there are")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--standby", action="store_true", help="a synchronous replica, which is promoted once")
    given = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))  # so that no process is left
    print(f"chaos: seed {seed}", flush=True)
    outcome = run(seed, given.shape, given.seconds, given.clients, standby=given.standby)
    print(outcome.told())
    return bool(outcome.violations)


if __name__ == "__main__":
    sys.exit(main())
