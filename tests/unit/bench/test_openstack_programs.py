"""What runs the real cloud's programs: started with a log, waited for, and stopped with all of their children."""

import os
import select
from pathlib import Path

import pytest

from bench.openstack.mariadb import Database
from bench.openstack.packages import Installed
from bench.openstack.processes import Programs, StackFailed, free_port
from bench.openstack.services import Ports, Site

PATIENT = ("/bin/sh", "-c", 'cd "$0"; sleep 1000 & echo $! >child; echo ready >mark; wait')


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path / "log", dict(os.environ))


def test_a_program_is_stopped_with_its_children(programs: Programs, tmp_path: Path) -> None:
    programs.start("patient", (*PATIENT, str(tmp_path)))
    programs.wait("patient", (tmp_path / "mark").exists, limit=30)
    (leader,) = programs.process_ids()
    child = int((tmp_path / "child").read_text())
    assert os.getpgid(child) == leader
    descriptor = os.pidfd_open(child)
    programs.stop()
    assert programs.process_ids() == []
    assert not Path(f"/proc/{leader}").exists()
    ended, _, _ = select.select([descriptor], [], [], 30)
    os.close(descriptor)
    assert ended == [descriptor]


def test_a_program_that_ends_before_it_is_ready_is_told_with_its_log(programs: Programs) -> None:
    programs.start("broken", ("/bin/sh", "-c", "echo the reason >&2; exit 3"))
    with pytest.raises(StackFailed, match=r"broken ended with 3: the reason"):
        programs.wait("broken", lambda: False)
    programs.stop()


def test_a_program_that_is_not_there_is_told(programs: Programs) -> None:
    programs.start("absent", ("/nonexistent/program",))
    with pytest.raises(StackFailed, match="absent ended with"):
        programs.wait("absent", lambda: False)
    programs.stop()


def test_a_command_answers_what_it_printed_or_fails(programs: Programs) -> None:
    assert programs.run("cat", ("/bin/cat",), said="words") == "words"
    with pytest.raises(StackFailed, match="false ended with 1"):
        programs.run("false", ("/bin/false",))


def test_settings_with_passwords_are_for_their_owner_alone(programs: Programs, tmp_path: Path) -> None:
    installed = Installed(tmp_path / "venv", tmp_path / "root", "key", tmp_path)
    database = Database(tmp_path / "db", installed, programs)
    site = Site(tmp_path, installed, programs, database, Ports(), "127.0.0.1:1", "fake:", 1)
    path = site.write("nova", "nova.conf", {"DEFAULT": {"host": "a"}, "placement": site.account("placement")})
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().startswith("[DEFAULT]\nhost = a\n[placement]\nauth_type = password\n")
    assert site.password not in repr(site.ports)
    assert len(site.password) == 32


def test_a_socket_whose_path_would_be_too_long_is_refused(programs: Programs, tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    installed = Installed(tmp_path / "venv", tmp_path / "root", "key", tmp_path)
    with pytest.raises(StackFailed, match="too long a path"):
        Database(folder, installed, programs).start()


def test_free_ports_differ() -> None:
    assert len({free_port() for _ in range(5)}) > 1
