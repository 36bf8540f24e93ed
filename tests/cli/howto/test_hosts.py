"""docs/howto/hosts.md: its commands are run as they stand, on a cloud of the test's own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Starter, environment

PAGE = Path(__file__).resolve().parents[3] / "docs/howto/hosts.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.slow


def test_each_command_does_what_the_page_says(start: Starter) -> None:
    cloud = start("--simulated", "2")
    variables = environment(
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        BERTHLINE_DATA=str(cloud.data),
        OS_CLIENT_CONFIG_FILE=str(cloud.clouds),
    )
    said = []
    for block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        done = subprocess.run(
            ("bash", "-euo", "pipefail", "-c", block),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=variables,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
    added, shown, disabled, drained, replaced, changed, removed, lost = said
    assert "compute-3 is up and takes guests" in added
    assert re.search(r"^compute-3 +up +yes", added, re.MULTILINE)
    assert re.search(r"^reserved_memory_mb +4096$", shown, re.MULTILINE)
    assert disabled == "compute-3 takes no new guests\ncompute-3 takes guests\n"
    assert drained.endswith("compute-3 is drained and takes no new guests\n")
    assert replaced.endswith("compute-3 is another machine, is up and takes guests\n")
    assert changed == "compute-3 has another reserved_memory_mb\n"
    assert removed == "compute-3 is removed\n"
    assert lost.endswith("simulated-2 is removed\n")
