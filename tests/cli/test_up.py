"""`berthline up`: it says when it is ready, ends cleanly, has its folder alone, and keeps what it was given."""

import signal
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from berthline.bootstrap import clouds_file
from berthline.bootstrap.data_folder import DataFolder
from berthline.cli.client import Client

from .conftest import Starter, berthline

SIMULATED = ("--simulated", "2")


def test_one_line_tells_where_it_is_ready(start: Starter) -> None:
    cloud = start(*SIMULATED)
    assert cloud.line.startswith("ready: http://127.0.0.1:")
    assert f"data={cloud.data}" in cloud.line
    assert f"clouds={cloud.clouds}" in cloud.line
    health = cloud.get("/healthz")
    assert health.status_code == 200
    assert health.json()["ready"] is True
    assert cloud.end() == 0
    assert cloud.process.stdout is not None
    assert cloud.process.stdout.read() == ""


def test_who_comes_as_soon_as_it_is_ready_is_answered_also_after_it_was_killed(start: Starter) -> None:
    cloud = start(*SIMULATED)
    for _ in range(2):
        with ThreadPoolExecutor(16) as people:
            answers = list(people.map(cloud.get, ["/healthz"] * 64))
        assert {answer.status_code for answer in answers} == {200}
        cloud.end(signal.SIGKILL)
        cloud = start(*SIMULATED, data=cloud.data)


def test_an_interrupt_ends_it_as_cleanly(start: Starter) -> None:
    assert start(*SIMULATED).end(signal.SIGINT) == 0


@pytest.mark.sqlite("the mode of its file")
def test_its_files_are_its_owners_alone(start: Starter) -> None:
    cloud = start(*SIMULATED)
    assert stat.S_IMODE(cloud.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(cloud.clouds.stat().st_mode) == 0o600
    assert stat.S_IMODE((cloud.data / "berthline.db").stat().st_mode) == 0o600


def test_a_second_process_is_refused_the_folder(start: Starter) -> None:
    cloud = start(*SIMULATED)
    second = berthline("up", "--simulated", "--data", str(cloud.data), "--listen", "127.0.0.1:0")
    assert second.returncode == 1
    assert f"is in use by process {cloud.process.pid}" in second.stderr
    assert cloud.get("/healthz").status_code == 200
    assert DataFolder(cloud.data).owner() == cloud.process.pid
    cloud.end()
    assert DataFolder(cloud.data).owner() is None


def test_a_port_in_use_is_refused(start: Starter) -> None:
    cloud = start(*SIMULATED)
    address = cloud.url.removeprefix("http://")
    other = berthline("up", "--simulated", "--data", str(cloud.data.with_name("other")), "--listen", address)
    assert other.returncode == 1
    assert f"cannot listen on {address}" in other.stderr


def test_a_wrong_setting_is_refused_with_its_place(start: Starter) -> None:
    cloud = start(*SIMULATED)
    cloud.end()
    (cloud.data / "berthline.toml").write_text('[log]\nlevel = "loud"\n')
    refused = berthline("up", *SIMULATED, "--data", str(cloud.data))
    assert refused.returncode == 2
    assert f"{cloud.data / 'berthline.toml'} line 2: log.level" in refused.stderr


def test_a_restart_keeps_logins_and_things(start: Starter) -> None:
    cloud = start(*SIMULATED)
    passwords = {name: one.auth.password for name, one in clouds_file.read(cloud.clouds).clouds.items()}
    with Client(clouds_file.read(cloud.clouds).clouds[clouds_file.USER_CLOUD]) as user:
        made = user.create("network", "/networks", "network", {"name": "kept"}, dict)
    assert cloud.end() == 0
    again = start(*SIMULATED, data=cloud.data)
    clouds = clouds_file.read(again.clouds).clouds
    assert {name: one.auth.password for name, one in clouds.items()} == passwords
    assert clouds[clouds_file.USER_CLOUD].auth.auth_url.startswith(again.url)
    with Client(clouds[clouds_file.USER_CLOUD]) as user:
        networks = user.list("network", "/networks", "networks", dict)
        assert [one["id"] for one in networks] == [made["id"]]


def test_lost_passwords_are_made_anew_when_asked(start: Starter) -> None:
    cloud = start(*SIMULATED)
    before = clouds_file.read(cloud.clouds)
    cloud.end()
    cloud.clouds.unlink()
    renewed = berthline("renew-passwords", "--data", str(cloud.data))
    assert (renewed.returncode, renewed.stdout) == (0, f"new passwords are in {cloud.clouds}\n"), renewed.stderr
    again = start(*SIMULATED, data=cloud.data)
    after = clouds_file.read(again.clouds)
    for name in (clouds_file.USER_CLOUD, clouds_file.ADMIN_CLOUD):
        assert after.clouds[name].auth.password != before.clouds[name].auth.password
        with Client(after.clouds[name]) as client:
            client.list("compute", "/flavors", "flavors", dict)


@pytest.mark.sqlite("its file is gone")
def test_an_empty_database_beside_a_cloud_is_refused_in_one_line(start: Starter) -> None:
    cloud = start(*SIMULATED)
    cloud.end()
    kept = cloud.clouds.read_bytes()
    for path in cloud.data.glob("berthline.db*"):
        path.unlink()
    (cloud.data / "berthline.db").touch()
    refused = berthline("up", *SIMULATED, "--data", str(cloud.data), "--listen", "127.0.0.1:0")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"berthline: {cloud.data / 'berthline.db'} is empty or missing")
    assert refused.stderr.count("\n") == 1
    assert cloud.clouds.read_bytes() == kept
    assert (cloud.data / "berthline.db").read_bytes() == b""
