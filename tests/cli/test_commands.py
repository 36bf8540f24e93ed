"""The command line: what it refuses, and how it shows things."""

import json
import shutil
import subprocess
import tomllib
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

import pytest

from berthline.bootstrap.clouds_file import USER_CLOUD
from berthline.cli import waterfall
from berthline.cli.client import open_cloud
from berthline.cli.columns import print_columns
from berthline.cli.demo import guest, host, outside, plan
from berthline.cli.errors import CommandFailed
from berthline.cli.main import with_simulated_count
from berthline.config import load

from .conftest import Starter, berthline


def test_simulated_may_stand_without_a_number() -> None:
    assert with_simulated_count(["up", "--simulated"]) == ["up", "--simulated", "3"]
    assert with_simulated_count(["up", "--simulated", "7", "--data", "d"]) == ["up", "--simulated", "7", "--data", "d"]
    assert with_simulated_count(["demo", "--simulated", "--clean"]) == ["demo", "--simulated", "3", "--clean"]
    assert with_simulated_count(["up", "--simulated=5"]) == ["up", "--simulated=5"]


def test_what_is_not_known_is_refused() -> None:
    for words in (("up", "--simulatd"), ("fly",), ("saga", "drop"), ("up", "--set", "nothing"), ("up", "--set", "a=1")):
        assert berthline(*words).returncode == 2, words


def test_a_cloud_that_is_not_there_is_one_line_on_standard_error(tmp_path: Path) -> None:
    for words in (("doctor",), ("saga", "list"), ("saga", "show", "x")):
        done = berthline(*words, "--data", f"{tmp_path}/nothing")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("berthline: there is no ")
        assert len(done.stderr.splitlines()) == 1


def test_doctor_and_sagas_of_a_new_cloud(start: Starter) -> None:
    cloud = start("--simulated")
    healthy = berthline("doctor", "--data", str(cloud.data))
    assert (healthy.returncode, healthy.stdout) == (0, "0 leaks\n")
    assert berthline("saga", "list", "--data", str(cloud.data)).returncode == 0
    for words in (("saga", "show"), ("waterfall",)):
        unknown = berthline(*words, "00000000-0000-4000-8000-000000000000", "--data", str(cloud.data))
        assert unknown.returncode == 1
        assert "404" in unknown.stderr
    cloud.end()
    gone = berthline("doctor", "--data", str(cloud.data))
    assert gone.returncode == 1
    assert "does the cloud run there?" in gone.stderr


def test_explain_tells_a_port_to_its_owner_and_to_admins(start: Starter) -> None:
    cloud = start("--simulated", "1")
    with open_cloud(cloud.clouds, USER_CLOUD) as user:
        network = user.create("network", "/networks", "network", {"name": "n"}, dict[str, Any])["id"]
        port = user.create("network", "/ports", "port", {"network_id": network}, dict[str, Any])["id"]
    words = ("explain", port, "--data", str(cloud.data))
    own = berthline(*words, "--cloud", USER_CLOUD)
    assert own.returncode == 0, own.stderr
    for line in (f"port {port}", "  - it has no address", "  - nothing uses it: it is no server's and no router's"):
        assert line in own.stdout.splitlines()
    found = json.loads(berthline(*words, "--json").stdout)
    assert (found["kind"], found["port"]["id"], found["port"]["binding"]["host"]) == ("port", port, None)
    gone = berthline("explain", "x", "--data", str(cloud.data))
    assert gone.returncode == 1
    assert "There is no server and no port x." in gone.stderr


def test_a_waterfall_is_drawn_in_scale() -> None:
    steps = (
        waterfall.Step(name="image", direction="do", offset_ms=0, duration_ms=50, outcome="done"),
        waterfall.Step(name="guest", direction="do", offset_ms=50, duration_ms=50, outcome="failed"),
        waterfall.Step(name="guest", direction="undo", offset_ms=100, duration_ms=0, outcome="done"),
    )
    image, guest_, undo = waterfall.lines(waterfall.Waterfall("server", "undone", 100, steps))
    assert image.count("█") == guest_.count("█") == waterfall.WIDTH / 2
    assert guest_.index("█") == image.index("█") + waterfall.WIDTH / 2
    assert guest_.endswith("failed")
    assert undo.count("█") == 1
    assert "undo guest" in undo
    half = waterfall.Waterfall("server", "done", 100, steps[:1], unaccounted_ms=50)
    assert waterfall.unaccounted(half).endswith("50.0 ms  50% of all")


def test_the_demonstrations_settings_are_settings(tmp_path: Path) -> None:
    folder = plan.DemoFolder(tmp_path)
    host.mark(folder, simulated=True)
    host.write_settings(folder, None, 4)
    settings = load({}, {"BERTHLINE_DATA": str(folder.path)})
    assert settings.simulated.hosts == 4
    host.write_settings(folder, None, 5)
    assert load({}, {"BERTHLINE_DATA": str(folder.path)}).listen == settings.listen
    assert tomllib.loads(folder.settings.read_text())["simulated"] == {"hosts": 5}


def test_a_key_that_nobody_has_is_still_a_key() -> None:
    kind, blob, comment = guest.keyless_public_key().split()
    assert (kind, comment) == ("ssh-ed25519", "berthline-demo")
    assert len(blob) == 68
    assert guest.keyless_public_key().split()[1] != blob


def test_columns_cut_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_columns(("A", "B"), [("x" * 300, "two\nlines"), ("", "z")])
    assert capsys.readouterr().out == f"A{' ' * 299}  B\n{'x' * 300}  two lines\n{' ' * 300}  z\n"


def test_a_folder_is_for_one_kind_of_hosts(tmp_path: Path) -> None:
    folder = plan.DemoFolder(tmp_path / "demo")
    host.mark(folder, simulated=True)
    host.mark(folder, simulated=True)
    with pytest.raises(CommandFailed, match="on simulated hosts"):
        host.mark(folder, simulated=False)


@pytest.mark.skipif(shutil.which("ip") is None, reason="iproute2 is not installed")
def test_the_external_network_is_in_nobodys_way() -> None:
    taken = {IPv4Network(route["dst"], strict=False) for route in routes() if route["dst"] != "default"}
    chosen = outside.choose(look=True)
    assert not any(chosen.network.overlaps(network) for network in taken)
    assert chosen.machine.network == chosen.network
    assert all(address in chosen.network and address != chosen.machine.ip for address in chosen.pool)


def routes() -> list[dict[str, str]]:
    listed = subprocess.run(["ip", "-json", "-4", "route"], capture_output=True, text=True, check=True)
    found: list[dict[str, str]] = json.loads(listed.stdout or "[]")
    return found
