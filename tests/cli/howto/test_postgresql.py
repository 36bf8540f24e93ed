"""docs/howto/postgresql.md: its commands are run as they stand, on a server of the test's own, over TLS."""

import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from berthline.localhost.postgresql import OWNER, Postgresql, programs
from tests.cli.conftest import READY_LIMIT, environment
from tests.contract.hypervisor.certificates import Authority
from tests.databases import PostgresqlDatabases

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
PAGE = Path(__file__).resolve().parents[3] / "docs/howto/postgresql.md"
BLOCK = re.compile(r"^```(sh|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
RULES = ("local all all trust", "hostssl cloud berthline 127.0.0.1/32 scram-sha-256")


class Page:
    """The blocks of the page, said for this machine."""

    def __init__(self, folder: Path, cluster: Postgresql) -> None:
        places = {"/etc/berthline": f"{folder}/etc", "/var/lib/berthline": f"{folder}/data"}
        places |= {"127.0.0.1:8774": "127.0.0.1:0", "127.0.0.1:8775": "127.0.0.1:0"}
        places["db.example.org"] = f"127.0.0.1:{cluster.port}"
        text = PAGE.read_text(encoding="utf-8")
        for written, here in places.items():
            text = text.replace(written, here)
        found = BLOCK.findall(text)
        self.install, self.role, self.settings, self.start, self.look, self.several, self.move = (
            block for _, block in found
        )
        path = f"{Path(sys.executable).parent}:{programs()}:{os.environ['PATH']}"
        self.variables = environment(PATH=path, PGHOST=str(cluster.folder), PGPORT=str(cluster.port), PGUSER=OWNER)

    def run(self, block: str) -> str:
        """Run a block to its end; what it says. It has to succeed."""
        done = subprocess.run(
            ("bash", "-euo", "pipefail", "-c", block),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=self.variables,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def started(self, block: str) -> Iterator[None]:
        """While the block runs that starts a cloud: from when it is ready."""
        listen = {**self.variables, "BERTHLINE_LISTEN": "127.0.0.1:0"}
        with subprocess.Popen(
            ("bash", "-c", f"exec {block}"), stdout=subprocess.PIPE, text=True, env=listen
        ) as process:
            try:
                assert process.stdout is not None
                assert select.select([process.stdout], [], [], READY_LIMIT)[0]
                assert process.stdout.readline().startswith("ready: ")
                yield
            finally:
                process.terminate()
                assert process.wait(30) == 0


@pytest.fixture
def page(postgresql: PostgresqlDatabases, tmp_path: Path) -> Iterator[Page]:
    authority = Authority.new("authority")
    certificates = tmp_path / "certificates"
    authority.write_server(certificates)
    for made, wanted in (("servercert.pem", "server.crt"), ("serverkey.pem", "server.key")):
        (certificates / made).rename(certificates / wanted)
    with postgresql.own_cluster(rules=RULES, certificates=certificates) as cluster:
        said = Page(tmp_path, cluster)
        said.run(said.role)
        (certificates / "cacert.pem").rename(tmp_path / "etc" / "ca.crt")
        yield said


def test_a_new_cloud(page: Page, tmp_path: Path) -> None:
    assert page.install.startswith("apt-get install -y --no-install-recommends postgresql-15\n")
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "berthline.toml").write_text(page.settings)
    with page.started(page.start):
        said = page.run(page.look)
    assert "0 leaks\n" in said
    assert "all is sound" in said
    assert not (tmp_path / "data" / "berthline.db").exists()


def test_two_of_each(page: Page, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "berthline.toml").write_text(page.settings)
    lines = page.several.splitlines()
    assert [line.split()[1] for line in lines] == ["simulate", "worker", "worker", "api", "api"]
    with ExitStack() as stack:
        for line in lines:
            stack.enter_context(page.started(line))
        said = page.run(page.look)
    assert "0 leaks\n" in said
    assert "all is sound" in said


def test_a_cloud_that_is_there_already(page: Page, tmp_path: Path) -> None:
    with page.started(page.start):
        pass
    assert (tmp_path / "data" / "berthline.db").exists()
    assert "rows of" in page.run(page.move)
    (tmp_path / "data" / "berthline.toml").write_text(page.settings)
    with page.started(page.start):
        assert "0 leaks\n" in page.run(page.look)
