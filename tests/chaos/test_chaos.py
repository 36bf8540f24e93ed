"""A short run of chaos on real processes; the long one is `scripts/chaos`."""

import os
import secrets

import pytest

from tests.chaos.run import run

SECONDS = 10.0
SEED = int(os.environ.get("BERTHLINE_CHAOS_SEED") or secrets.randbelow(1_000_000))


@pytest.mark.slow
def test_one_process_that_is_killed_and_stopped_keeps_what_it_acknowledged() -> None:
    outcome = run(SEED, "up", SECONDS)
    print(outcome.told())
    assert outcome.violations == [], outcome.told()
