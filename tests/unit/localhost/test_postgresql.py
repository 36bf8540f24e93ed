"""A private PostgreSQL: it answers, comes back after any end, is followed by a standby, and leaves nothing behind."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from berthline.localhost.errors import CommandFailed, InvalidSetting
from berthline.localhost.postgresql import Postgresql

pytestmark = pytest.mark.postgresql

ORPHAN = """\
import sys
from pathlib import Path
from berthline.localhost.postgresql import Postgresql
cluster = Postgresql(Path(sys.argv[1]))
cluster.create()
cluster.start()
print(cluster.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below pytest's own folders, which are root's alone."""
    made = Path(mkdtemp(prefix="berthline-pg-"))
    made.chmod(0o755)
    yield made
    made.rmdir()


@pytest.fixture
def cluster(folder: Path) -> Iterator[Postgresql]:
    made = Postgresql(folder / "a")
    made.create()
    made.start()
    yield made
    made.remove()


def running_below(folder: Path) -> list[str]:
    """Every process that works in a folder below this one."""
    found = []
    for directory in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if directory.readlink().is_relative_to(folder):
                found.append(directory.parent.name)
        except OSError:
            continue
    return found


def test_it_keeps_what_was_committed_through_any_end(cluster: Postgresql) -> None:
    cluster.sql("CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
    port, pid = cluster.port, cluster.pid
    cluster.start()
    assert cluster.pid == pid
    cluster.restart()
    cluster.sql("INSERT INTO kept VALUES (2)")
    cluster.kill()
    cluster.start()
    assert (cluster.port, cluster.sql("SELECT n FROM kept ORDER BY n")) == (port, "1\n2")


def test_nothing_of_it_is_left(cluster: Postgresql, folder: Path) -> None:
    assert running_below(folder)
    cluster.remove()
    assert running_below(folder) == []
    assert list(folder.iterdir()) == []
    cluster.remove()


def test_it_ends_with_the_process_that_started_it(folder: Path) -> None:
    place = folder / "a"
    with subprocess.Popen(
        (sys.executable, "-c", ORPHAN, place), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as starter:
        assert starter.stdout is not None
        descriptor = os.pidfd_open(int(starter.stdout.readline()))
        starter.kill()
    with os.fdopen(descriptor) as server:
        assert select.select([server], [], [], 60)[0]
    Postgresql(place).remove()


def test_a_standby_has_what_was_acknowledged(cluster: Postgresql, folder: Path) -> None:
    standby = cluster.standby(folder / "b")
    try:
        standby.start()
        cluster.wait_for_standby()
        cluster.sql("CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (1)")
        cluster.kill()
        with pytest.raises(CommandFailed, match="read-only"):
            standby.sql("INSERT INTO kept VALUES (2)")
        standby.promote()
        standby.sql("INSERT INTO kept VALUES (3)")
        assert standby.sql("SELECT n FROM kept ORDER BY n") == "1\n3"
    finally:
        standby.remove()


def test_its_settings_can_be_chosen_and_a_wrong_one_is_told(folder: Path) -> None:
    chosen = Postgresql(folder / "a", {"max_connections": "17"}, durable=True)
    wrong = Postgresql(folder / "b", {"no_such_setting": "1"})
    try:
        chosen.create()
        chosen.start()
        assert chosen.sql("SHOW max_connections", "SHOW fsync") == "17\non"
        wrong.create()
        with pytest.raises(CommandFailed, match="no_such_setting"):
            wrong.start()
        assert wrong.pid is None
    finally:
        chosen.remove()
        wrong.remove()


def test_a_folder_that_it_cannot_use_is_refused(folder: Path) -> None:
    with pytest.raises(InvalidSetting, match="short absolute path"):
        Postgresql(folder / ("x" * 100)).create()
    with pytest.raises(InvalidSetting, match="short absolute path"):
        Postgresql(Path("here")).create()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it by another account")
def test_a_folder_that_its_account_cannot_reach_is_refused(folder: Path) -> None:
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    with pytest.raises(InvalidSetting, match="cannot reach"):
        Postgresql(hidden / "a").create()
    (hidden / "a").rmdir()
    hidden.rmdir()
