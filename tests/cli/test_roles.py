"""`berthline api` and `berthline worker`: processes of one cloud on one simulated world, killed, stopped and ended."""

import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from berthline.bootstrap import clouds_file
from berthline.bootstrap.clouds_file import ADMIN_CLOUD, USER_CLOUD
from berthline.cli.client import Client
from tests.doctor import check

from .conftest import READY_LIMIT, Up, berthline, environment
from .test_crash import client, prepare, servers

HOSTS = 4
KIND = "dataplane.kind=simulated"
LIMIT = 120.0


@dataclass
class Crew:
    """A world, an API process, and workers."""

    folder: Path
    world: str
    processes: list[subprocess.Popen[str]]
    api: Up

    def spawn(self, *words: str) -> tuple[subprocess.Popen[str], str]:
        """A process of the command, and the line that it printed when it was ready."""
        with (self.folder / f"{words[0]}-{len(self.processes)}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "berthline", *words],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(),
            )
        self.processes.append(process)
        assert process.stdout is not None
        deadline = time.monotonic() + READY_LIMIT
        while not select.select([process.stdout], [], [], 0.2)[0]:
            assert time.monotonic() < deadline, self.logs()
        line = process.stdout.readline()
        assert line, self.logs()
        return process, line

    def worker(self) -> subprocess.Popen[str]:
        """One more worker, at work."""
        return self.spawn("worker", "--data", str(self.folder / "data"), "--simulated", self.world)[0]

    def end(self, process: subprocess.Popen[str]) -> None:
        """Tell it to end, which it does in order."""
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, self.logs()

    def another_api(self) -> Up:
        """One more process that answers requests."""
        words = ("--data", str(self.folder / "data"), "--simulated", self.world, "--listen", "127.0.0.1:0")
        return Up(*_turned(self.spawn("api", *words), self.folder / "data"))

    def workers(self) -> dict[str, Any]:
        """What /healthz says of workers."""
        found = self.api.get("/healthz").json()["parts"]["workers"]
        assert isinstance(found, dict)
        return found

    def logs(self) -> str:
        """What every process said, for who wonders why."""
        return "\n".join(f"{path.name}: {path.read_text()}" for path in sorted(self.folder.glob("*.log")))

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for it."""
        deadline = time.monotonic() + LIMIT
        while not condition():
            assert time.monotonic() < deadline, f"{what}: {self.logs()}"
            time.sleep(0.05)

    def boot(self, user: Client, admin: Client, count: int) -> dict[str, Any]:
        """Ask for so many servers; the body of the request."""
        body = prepare(user, admin) | {"min_count": count, "max_count": count}
        user.create("compute", "/servers", "server", body, dict)
        return body

    def active(self, user: Client) -> int:
        """How many servers run."""
        return sum(server.status == "ACTIVE" for server in servers(user))

    def ended(self, user: Client, count: int) -> None:
        """All of them are to become ACTIVE, each with one guest, and nothing else is anywhere."""
        self.until(lambda: not {server.status for server in servers(user)} - {"ACTIVE", "ERROR"}, "boots do not end")
        assert self.active(user) == count == len(servers(user))
        self.until(lambda: self.workers()["sagas_waiting"] == 0, "sagas wait")
        assert self.api.leaks() == ()


def _turned(spawned: tuple[subprocess.Popen[str], str], data: Path) -> tuple[subprocess.Popen[str], Path, str]:
    process, line = spawned
    return process, data, line


@pytest.fixture
def crew(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Crew]:
    made = Crew(tmp_path, f"unix:{tmp_path / 'world'}", [], None)  # type: ignore[arg-type]  # it is, at once
    try:
        made.spawn("simulate", str(HOSTS), "--at", made.world)
        made.api = made.another_api()
        yield made
        check(made.api.leaks(), request)
    finally:
        for process in made.processes:
            process.kill()
            process.wait(30)
            assert process.stdout is not None
            process.stdout.close()


def test_what_one_process_accepts_others_do_and_any_answers_for(crew: Crew) -> None:
    crew.end(crew.worker())  # hosts are known from it on
    with client(crew.api, USER_CLOUD) as user, client(crew.api, ADMIN_CLOUD) as admin:
        no_worker = crew.workers()
        assert no_worker["ready"] is False
        assert "no worker runs" in no_worker["trouble"]
        crew.boot(user, admin, 4)
        doctor = berthline("doctor", "--data", str(crew.api.data))
        assert doctor.returncode == 1
        assert "no worker runs" in doctor.stdout
        crew.worker(), crew.worker()
        crew.ended(user, 4)
        crew.until(lambda: crew.workers()["workers"] == 2, "two workers")
        other = crew.another_api()
        assert other.get("/healthz").json()["parts"]["workers"] == crew.workers()
        assert crew.workers()["only_api"] == 2
        with Client(user_of_another(crew, other)) as beside:
            assert {server.id for server in servers(beside)} == {server.id for server in servers(user)}
        assert other.end() == 0


def user_of_another(crew: Crew, other: Up) -> Any:
    """The user's login, at the address of another API process."""
    moved = clouds_file.with_address(
        clouds_file.read(crew.api.clouds), clouds_file.Door(f"{other.url}/identity/v3", "RegionOne")
    )
    return moved.clouds[USER_CLOUD]


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_nothing_is_done_twice(crew: Crew) -> None:
    first, _second = crew.worker(), crew.worker()
    with client(crew.api, USER_CLOUD) as user, client(crew.api, ADMIN_CLOUD) as admin:
        crew.boot(user, admin, 60)
        crew.until(lambda: crew.active(user) >= 10, "ten run")
        first.kill()
        killed_at = time.monotonic()
        crew.until(lambda: crew.workers()["workers"] == 1 and not crew.workers()["hosts_without_owner"], "replaced")
        print(f"a killed worker was replaced after {time.monotonic() - killed_at:.1f} s")
        crew.ended(user, 60)


@pytest.mark.slow
def test_a_stopped_worker_is_replaced_and_joins_anew_when_it_goes_on(crew: Crew) -> None:
    stopped, _second = crew.worker(), crew.worker()
    with client(crew.api, USER_CLOUD) as user, client(crew.api, ADMIN_CLOUD) as admin:
        body = crew.boot(user, admin, 60)
        crew.until(lambda: crew.active(user) >= 10, "ten run")
        stopped.send_signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        crew.until(lambda: crew.workers()["workers"] == 1 and not crew.workers()["hosts_without_owner"], "replaced")
        print(f"a stopped worker was replaced after {time.monotonic() - stopped_at:.1f} s")
        crew.ended(user, 60)
        stopped.send_signal(signal.SIGCONT)
        crew.until(lambda: crew.workers()["workers"] == 2, "it joins anew")
        assert "this worker's lease has ended" in crew.logs()
        user.create("compute", "/servers", "server", body | {"min_count": 20, "max_count": 20}, dict)
        crew.ended(user, 80)


def test_a_worker_that_is_told_to_end_gives_back_what_it_had_at_once(crew: Crew) -> None:
    first, second = crew.worker(), crew.worker()
    crew.until(lambda: crew.workers()["workers"] == 2, "two workers")
    crew.end(first)
    assert crew.workers()["workers"] == 1
    crew.until(lambda: not crew.workers()["hosts_without_owner"], "its hosts are taken")
    crew.end(second)
    assert crew.workers()["workers"] == 0
    assert crew.api.get("/healthz").status_code == 503
    crew.worker()
    crew.until(lambda: crew.workers()["ready"], "a worker is there again")


def test_up_and_the_others_are_not_on_one_folder_and_a_world_is_needed(crew: Crew, tmp_path: Path) -> None:
    up = berthline("up", "--data", str(crew.api.data), "--simulated", crew.world, "--listen", "127.0.0.1:0")
    assert (up.returncode, up.stderr.count("\n")) == (1, 1)
    assert "in use by" in up.stderr
    alone = berthline("worker", "--data", str(tmp_path / "other"), "--set", "simulated.hosts=2", "--set", KIND)
    assert (alone.returncode, alone.stderr.count("\n")) == (1, 1)
    assert "berthline simulate" in alone.stderr
    assert not (tmp_path / "other").exists()
