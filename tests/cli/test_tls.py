"""`berthline up` by TLS: clients know it by the file that clouds.yaml names, and nobody comes in without."""

import os
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from berthline.bootstrap.clouds_file import ADMIN_CLOUD, read
from tests.contract.hypervisor.certificates import Authority

from .conftest import Starter, berthline, environment

pytestmark = pytest.mark.slow


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A certificate of 127.0.0.1, its key, and the authority."""
    folder = tmp_path / "certificates"
    Authority.new("authority").write_server(folder)
    return folder


def options(files: Path, key: str = "serverkey.pem") -> list[str]:
    """What has a cloud listen by TLS."""
    named = {"certificate": "servercert.pem", "private_key": key, "authorities": "cacert.pem"}
    return [word for name, file in named.items() for word in ("--set", f"tls.{name}={files / file}")]


def test_clients_know_it_by_its_authority(start: Starter, files: Path) -> None:
    cloud = start("--simulated", "1", *options(files))
    assert cloud.url.startswith("https://127.0.0.1:")
    assert {entry.cacert for entry in read(cloud.clouds).clouds.values()} == {str(files / "cacert.pem")}
    assert cloud.get("/healthz").json()["ready"]
    told = berthline("host", "list", "--data", str(cloud.data))
    assert "simulated-1" in told.stdout, told.stderr
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        httpx.get(f"{cloud.url}/healthz", trust_env=False)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{cloud.url.replace('https', 'http')}/healthz", trust_env=False)

    variables = environment(OS_CLIENT_CONFIG_FILE=str(cloud.clouds), OS_CLOUD=ADMIN_CLOUD)
    command = (Path(sys.executable).with_name("openstack"), "catalog", "list", "-f", "value", "-c", "Endpoints")
    listed = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **variables}, check=False)
    assert listed.returncode == 0, listed.stderr
    assert f"{cloud.url}/compute" in listed.stdout
    assert "http://" not in listed.stdout


def test_old_protocols_are_refused(start: Starter, files: Path) -> None:
    cloud = start("--simulated", "1", *options(files))
    old = ssl.create_default_context(cafile=files / "cacert.pem")
    old.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{cloud.url}/healthz", trust_env=False, verify=old)


def test_what_is_no_pair_is_refused_in_one_line(files: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    Authority.new("other").write_server(other)
    words = ("up", "--simulated", "1", "--listen", "127.0.0.1:0", "--data", str(tmp_path / "data"))
    mixed = berthline(*words, *options(files, key=str(other / "serverkey.pem")))
    assert mixed.returncode == 1
    assert "are no certificate and its key: KEY_VALUES_MISMATCH" in mixed.stderr
    lost = berthline(*words, *options(files, key="lost.pem"))
    assert lost.returncode == 1
    assert "cannot be read: No such file or directory; see to its place and rights" in lost.stderr
    alone = berthline(*words, "--set", f"tls.certificate={files / 'servercert.pem'}")
    assert alone.returncode == 2
    assert "tls.certificate: it needs tls.private_key beside it" in alone.stderr
