"""A short run of chaos on real processes; the long one is `scripts/chaos`."""

import os
import secrets

import pytest

from tests.chaos.parts import Shape
from tests.chaos.run import run

SECONDS = 10.0
SEED = int(os.environ.get("BERTHLINE_CHAOS_SEED") or secrets.randbelow(1_000_000))


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["up", "roles"])
def test_processes_that_are_killed_and_stopped_keep_what_they_acknowledged(shape: Shape) -> None:
    outcome = run(SEED, shape, SECONDS)
    print(outcome.told())
    assert outcome.violations == [], outcome.told()
