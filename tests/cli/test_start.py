"""What a start leaves out, and that it means the same without it."""

import subprocess
import sys

import httpx
import pytest

from berthline.bootstrap import optional
from berthline.cli import plain, tree

from .conftest import Starter, environment

NOT_FOR_A_START = frozenset(
    {
        "alembic",
        "attr",
        "cryptography",
        "cyclopts",
        "httpx",
        "keystoneauth1",
        "libvirt",
        "lxml",
        "mako",
        "ovs",
        "pycdlib",
        "pygments",
        "rich",
    }
)
"""Packages that a cloud on simulated hosts has at most need of later."""

TELLS_ITS_MODULES = """
import atexit, sys
atexit.register(lambda: print(*(name for name, module in sys.modules.items() if module is not None)))
from berthline.cli.main import main
main()
"""

PLAIN = (
    "up",
    "up --simulated 10",
    "up --listen 127.0.0.1:0 --data folder --simulated 3 --set log.level=debug --set simulated.vcpus=4",
    "up --set a=b=c --config some/file.toml --network-endpoint http://10.0.0.1:9696",
    "up --data ~/cloud",
    "up --data none --listen null",
    "up --simulated 007",
    "up --simulated unix:/run/world",
    "up --simulated tcp:127.0.0.1:80 --data folder",
)
OTHER = (
    "",
    "demo --simulated 3",
    "up --help",
    "up --simulated -1",
    "up --simulated many",
    "up --simulated 1_0",
    "up --simulated=3",
    "up --data",
    "up data",
    "up --data one --data two",
    "up --simulatd 3",
    "--version",
    "saga list",
)


@pytest.mark.parametrize("line", PLAIN)
def test_the_usual_line_is_read_as_the_library_reads_it(line: str) -> None:
    _, bound, _ = tree.app.parse_args(line.split(), exit_on_error=False, print_error=False)
    assert plain.options_of_up(line.split()) == bound.arguments


@pytest.mark.parametrize("line", OTHER)
def test_any_other_line_is_left_to_the_library(line: str) -> None:
    assert plain.options_of_up(line.split()) is None
    assert plain.options_of_up(["up", "--data", ""]) is None


def test_every_option_of_up_is_read_plainly() -> None:
    known = {key for key, _ in plain.SINGLE.values()} | set(plain.REPEATED.values())
    _, bound, _ = tree.app.parse_args(["up"])
    assert known == set(bound.signature.parameters)


def test_a_start_imports_nothing_that_it_does_not_need(start: Starter) -> None:
    cloud = start("--simulated", "2")
    assert cloud.end() == 0
    words = ["up", "--listen", "127.0.0.1:0", "--data", str(cloud.data), "--simulated", "2"]
    again = subprocess.Popen(
        [sys.executable, "-c", TELLS_ITS_MODULES, *words], stdout=subprocess.PIPE, text=True, env=environment()
    )
    try:
        assert again.stdout is not None
        ready = again.stdout.readline()
        assert ready.startswith("ready: ")
        assert httpx.get(f"{ready.split()[1]}/healthz", trust_env=False).is_success  # from here on it ends in order
        again.terminate()
        names = set(again.communicate(timeout=60)[0].split())
    finally:
        again.kill()
        again.communicate()
    assert {"berthline.bootstrap.cloud", "litestar", "sqlalchemy"} <= names
    assert names & NOT_FOR_A_START == set()


def test_what_was_left_out_is_found_afterwards() -> None:
    script = """
import sys
from berthline.bootstrap import optional
with optional.without(("rich",)):
    try:
        import rich
    except ImportError:
        print("left out")
import rich
with optional.without(("rich",)):
    import rich.console
print("found", sys.modules["rich"] is rich)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["left out", "found True"], done.stderr
    assert "rich" in optional.UNUSED
