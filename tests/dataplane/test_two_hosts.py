"""A server moves between two libvirts, and the process is killed in the middle: it is on one of them, with its data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from berthline.domain.ids import new_id
from berthline.localhost import Endpoints, LocalHost

from .cloud import Interface
from .conftest import opened
from .ground import LISTENS, Ground
from .kills import SEED, Moment, Traces, killed
from .second_host import SecondLibvirt

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]

MARK: Final = "/persist/mark"
OTHER: Final = "other"


@pytest.fixture(scope="module")
def other(
    local_services: LocalHost, local_host: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Endpoints]:
    """A second host; at the end none of its processes is left."""
    second = SecondLibvirt(local_services, local_host, tmp_path_factory.mktemp("o"))
    try:
        second.start()
        yield second.endpoints
    finally:
        second.stop()


@pytest.fixture(scope="module")
def ground(
    local_host: Endpoints, other: Endpoints, guest_image: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """A running cloud over both hosts; at the end nothing is left."""
    with opened(local_host, guest_image, tmp_path_factory.mktemp("cloud"), {OTHER: other}) as made:
        yield made


class Mover:
    """A server with a mark on its disk, and the hosts by name."""

    def __init__(self, ground: Ground, hosts: dict[str, Endpoints]) -> None:
        print(f"seed {SEED}, replayed by BERTHLINE_KILL_SEED={SEED}")
        self._ground, self._cloud, self._hosts = ground, ground.cloud, hosts
        self.server = ground.boot("mover")
        self._cloud.active(self.server)
        self._nics = self._cloud.interfaces(self.server)
        self._mark = new_id()
        done = self._inside("sh", "-c", f"'{LISTENS}; echo {self._mark} >{MARK}; sync'")
        assert done == ""

    @property
    def nic(self) -> Interface:
        return self._nics[0]

    def place(self) -> str:
        """The host that the server is on."""
        shown: dict[str, Any] = self._cloud.admin.show("compute", f"/servers/{self.server}", "server", dict)
        return str(shown["OS-EXT-SRV-ATTR:host"])

    def away(self) -> str:
        """The host that it is not on."""
        (found,) = set(self._hosts) - {self.place()}
        return found

    def traces(self, host: str) -> Traces:
        """What that host has of it."""
        return Traces(self._hosts[host], self.server)

    def killed(self, kind: str, moment: Moment, action: str, argument: Any = None, *, status: str) -> None:
        """Ask for an action as admin, kill the process at the moment, and see the server through to the status."""

        def act() -> None:
            self._cloud.admin._send("POST", "compute", f"/servers/{self.server}/action", json={action: argument})

        killed(self._cloud, kind, moment, act, action)
        assert self._cloud.leaks() == (), action
        found = self._cloud.server(self.server)
        assert found is not None
        assert found.status == status, (action, found.fault)
        assert self._cloud.interfaces(self.server) == self._nics

    def answers(self, host: str) -> None:
        """The guest runs there and nowhere else, at its address, with what was on its disk."""
        assert self.place() == host
        assert self.traces(host).state() == "running"
        assert not self.traces(self.away()).state()
        assert self._inside("sh", "-c", f"'{LISTENS}; cat {MARK}'") == self._mark

    def is_alone(self) -> None:
        """The host that it is not on has nothing of it any more."""
        left = self.traces(self.away())
        assert not left.is_defined()
        assert not left.has_disks()

    def _inside(self, *words: str) -> str:
        done = self._ground.inside(self.nic.address, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def test_a_killed_process_loses_no_server_that_changes_hosts(
    ground: Ground, local_host: Endpoints, other: Endpoints
) -> None:
    mover = Mover(ground, {local_host.chassis: local_host, OTHER: other})
    source, destination = mover.place(), mover.away()
    there = mover.traces(destination)
    mover.killed("server_migrate", lambda _: there.has_disks("root"), "migrate", status="VERIFY_RESIZE")
    mover.answers(destination)
    mover.killed("server_confirm_resize", lambda _: True, "confirmResize", status="ACTIVE")
    mover.answers(destination)
    mover.is_alone()
    back = mover.traces(source)
    mover.killed("server_migrate", lambda _: back.is_defined(), "migrate", status="VERIFY_RESIZE")
    mover.answers(source)
    mover.killed("server_revert_resize", lambda _: not back.state(), "revertResize", status="ACTIVE")
    mover.answers(destination)
    mover.is_alone()
