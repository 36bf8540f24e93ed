"""The rule that doctor is asked at the end of a test is itself tested: a leak that is planted fails the test."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

from berthline.store import Store
from tests.workflows.world import World


async def plant(world: World) -> None:
    async with world.process() as process:
        (server,) = await process.boot(1)
        assert await process.quiet()
        host = next(host for host in world.hosts if host.host == process.servers()[server.id].host)
        host.guest_vanishes(server.id)


async def test_that_forgets_to_look(store: Store) -> None:
    await plant(World(store))


@pytest.mark.leaks("somebody undefines the guest by hand")
async def test_that_says_why(store: Store) -> None:
    await plant(World(store))


@pytest.mark.leaks("it says so, and there is none")
async def test_that_says_why_and_leaves_none(store: Store) -> None:
    World(store)


async def test_that_ends_in_the_middle_of_a_boot(store: Store) -> None:
    world = World(store)
    world.dataplane.reachable = False
    async with world.process() as process:
        await process.boot(2)
"""


def test_a_planted_leak_fails_a_test_that_does_not_say_why(tmp_path: Path) -> None:
    (tmp_path / "test_planted.py").write_text(TESTS)
    plugins = [word for name in ("tests.conftest", "tests.workflows.conftest") for word in ("-p", name)]
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "--rootdir", str(ROOT), *plugins]
    options = ["-p", "no:cacheprovider", "--basetemp", str(tmp_path / "temporary"), "-rA", str(tmp_path)]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("PASSED", "ERROR", "FAILED"))]
    outcomes = {(line.split()[0], line.split()[1].rpartition("::")[2]) for line in lines}
    assert outcomes == {
        ("PASSED", "test_that_forgets_to_look"),
        ("ERROR", "test_that_forgets_to_look"),
        ("PASSED", "test_that_says_why"),
        ("PASSED", "test_that_says_why_and_leaves_none"),
        ("ERROR", "test_that_says_why_and_leaves_none"),
        ("PASSED", "test_that_ends_in_the_middle_of_a_boot"),
    }, done.stdout
    assert "server without guest" in done.stdout
