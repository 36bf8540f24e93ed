"""The `openstack` command with the clouds.yaml that the cloud wrote."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.images.source import said

from .conftest import Starter, Up, environment

OPENSTACK = Path(sys.executable).with_name("openstack")


class Openstack:
    """The command against one cloud."""

    def __init__(self, cloud: Up) -> None:
        self._cloud = cloud

    def text(self, *words: str, cloud: str = "berthline") -> str:
        """Run it at a terminal, for it takes what else it reads from for an image, and give back what it printed."""
        master, slave = os.openpty()
        try:
            done = subprocess.run(
                [str(OPENSTACK), *words],
                stdin=slave,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
                env=environment(OS_CLIENT_CONFIG_FILE=str(self._cloud.clouds), OS_CLOUD=cloud),
            )
        finally:
            os.close(master)
            os.close(slave)
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


def wait_for_import(openstack: Openstack, name: str) -> Any:
    """The image once it is active or its import has failed."""
    for _ in range(60):
        shown = openstack.json("image", "show", name)
        if shown["status"] not in {"importing", "uploading"}:
            return shown
        time.sleep(0.2)
    raise AssertionError(f"the import of {name} does not end")


@pytest.mark.slow
@pytest.mark.skipif(not OPENSTACK.exists(), reason="python-openstackclient is not installed: scripts/setup --dev")
def test_images_that_are_staged_and_imported(start: Starter, tmp_path: Path) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(bytes(1 << 16))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            with listener.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(said(disk.read_bytes()))

        threading.Thread(target=serve, daemon=True).start()
        settings = tmp_path / "settings.toml"
        settings.write_text(
            f'[images.web_download]\nhosts = ["127.0.0.1"]\ninner = ["127.0.0.1"]\nports = [{port}]\n',
            encoding="utf-8",
        )
        openstack = Openstack(start("--simulated", "--config", str(settings)))
        form = ("--disk-format", "raw", "--container-format", "bare")
        assert openstack.json("image", "import", "info") == {"import-methods": ["glance-direct", "web-download"]}
        [store] = openstack.json("image", "stores", "list")
        assert store["ID"] == "default"

        openstack.text("image", "create", "at once", *form, "--import", "--file", str(disk))
        assert wait_for_import(openstack, "at once")["status"] == "active"

        openstack.text("image", "create", "by steps", *form)
        openstack.text("image", "stage", "by steps", "--file", str(disk))
        assert openstack.json("image", "show", "by steps")["status"] == "uploading"
        openstack.text("image", "import", "by steps")
        assert wait_for_import(openstack, "by steps")["status"] == "active"

        openstack.text("image", "create", "from the web", *form)
        uri = f"http://127.0.0.1:{port}/disk.raw"
        openstack.text("image", "import", "from the web", "--method", "web-download", "--uri", uri)
        shown = wait_for_import(openstack, "from the web")
        assert (shown["status"], shown["size"]) == ("active", 1 << 16)
