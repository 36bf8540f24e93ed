"""docs/howto/host-loss.md: its commands are run as they stand, on a cloud of the test's own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Starter, environment

PAGE = Path(__file__).resolve().parents[3] / "docs/howto/host-loss.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BEFORE = """
berthline host disable simulated-1
printf 'no real disk' > "$BERTHLINE_DATA/disk"
openstack image create --disk-format raw --file "$BERTHLINE_DATA/disk" tiny >&2
openstack flavor create --ram 64 --disk 1 --vcpus 1 tiny >&2
openstack network create net >&2
openstack subnet create --network net --subnet-range 10.77.0.0/24 net >&2
openstack server create --image tiny --flavor tiny --network net --wait web >&2
berthline host enable simulated-1
"""
SHOWN = "openstack server show -f value -c status -c OS-EXT-SRV-ATTR:host -c addresses web"

pytestmark = pytest.mark.slow


def test_each_command_does_what_the_page_says(start: Starter) -> None:
    cloud = start("--simulated", "2")
    variables = environment(
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        BERTHLINE_DATA=str(cloud.data),
        OS_CLIENT_CONFIG_FILE=str(cloud.clouds),
        OS_CLOUD="berthline-admin",
    )

    def run(commands: str) -> str:
        done = subprocess.run(
            ("bash", "-euo", "pipefail", "-c", commands),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=variables,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(BEFORE)
    before = run(SHOWN).split()
    assert {"ACTIVE", "simulated-2"} <= set(before)
    allow, lose, back, evacuate = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    run(allow)
    lost = run(lose)
    assert re.search(r"^elsewhere +web +\S+ +on simulated-1$", lost, re.MULTILINE)
    assert lost.endswith("simulated-2 is lost, and has no servers any more\n")
    moved = run(SHOWN).split()
    assert moved == [word.replace("simulated-2", "simulated-1") for word in before]
    assert run(back) == "simulated-2 takes guests\n"
    run("until berthline host list | grep -Eq '^simulated-2 +up '; do sleep 0.2; done")
    run(evacuate)
    looks = 100
    while (shown := run(SHOWN).split()) != before and looks:
        looks -= 1
    assert shown == before
