"""The `openstack` command with the clouds.yaml that the cloud wrote."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import Starter, Up, environment

OPENSTACK = Path(sys.executable).with_name("openstack")


class Openstack:
    """The command against one cloud."""

    def __init__(self, cloud: Up) -> None:
        self._cloud = cloud

    def text(self, *words: str, cloud: str = "berthline") -> str:
        """Run it and give back what it printed."""
        done = subprocess.run(
            [str(OPENSTACK), *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env=environment(OS_CLIENT_CONFIG_FILE=str(self._cloud.clouds), OS_CLOUD=cloud),
        )
        assert done.returncode == 0, f"openstack {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *words: str, cloud: str = "berthline") -> Any:
        """Run it with -f json."""
        return json.loads(self.text(*words, "-f", "json", cloud=cloud))


@pytest.mark.slow
@pytest.mark.skipif(not OPENSTACK.exists(), reason="python-openstackclient is not installed: scripts/setup --dev")
def test_a_server_from_create_to_delete(start: Starter, tmp_path: Path) -> None:
    openstack = Openstack(start("--simulated"))
    disk = tmp_path / "disk.raw"
    disk.write_bytes(bytes(1 << 16))
    image = ("--disk-format", "raw", "--container-format", "bare", "--file", str(disk))
    openstack.text("image", "create", "tiny", *image)
    size = ("--ram", "64", "--disk", "1", "--vcpus", "1")
    openstack.text("flavor", "create", "tiny", *size, cloud="berthline-admin")
    openstack.text("network", "create", "net")
    openstack.text("subnet", "create", "sub", "--network", "net", "--subnet-range", "192.0.2.0/24")
    networks = openstack.json("network", "list")
    assert [network["Name"] for network in networks] == ["net"]

    wanted = ("--image", "tiny", "--flavor", "tiny", "--network", "net", "--wait")
    made = openstack.json("server", "create", "one", *wanted)
    assert made["status"] == "ACTIVE"
    [listed] = openstack.json("server", "list")
    assert (listed["Name"], listed["Status"]) == ("one", "ACTIVE")
    assert listed["Networks"]["net"][0].startswith("192.0.2.")
    assert "ready" in openstack.text("console", "log", "show", "one")
    openstack.text("server", "delete", "one", "--wait")
    assert openstack.json("server", "list") == []
    assert openstack.json("port", "list", "--device-owner", "compute:nova") == []
