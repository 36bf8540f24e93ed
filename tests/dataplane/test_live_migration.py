"""A guest moves between two hosts while it runs, there and back; what is killed meanwhile costs it nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from berthline.domain.ids import new_id
from berthline.localhost import Endpoints, LocalHost

from .cloud import Interface, eventually
from .conftest import opened
from .ground import LISTENS, Ground
from .kills import SEED, Moment, Traces, killed
from .pings import Pings, pinged
from .second_machine import SecondMachine

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]

KIND: Final = "server_live_migrate"
MARK: Final = "/persist/mark"
BOOT_ID: Final = "/proc/sys/kernel/random/boot_id"
MOST_LOST: Final = 300
"""Three seconds of pings: far above what is seen, and far below a guest that was started anew."""

MOST_TWICE: Final = 10
"""None or one is seen, at the moment of the announcement; some 60 where the new host's port is not silent before."""


@pytest.fixture(scope="module")
def machine(
    local_services: LocalHost, local_host: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecondMachine]:
    """A second host; at the end none of its processes is left."""
    second = SecondMachine(local_services, local_host, tmp_path_factory.mktemp("o"))
    try:
        second.start()
        yield second
    finally:
        second.stop()


@pytest.fixture(scope="module")
def ground(
    local_host: Endpoints, machine: SecondMachine, guest_image: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """A running cloud over both hosts; at the end nothing is left."""
    others = {machine.endpoints.chassis: machine.endpoints}
    folder = tmp_path_factory.mktemp("cloud")
    with opened(local_host, guest_image, folder, others, machine.addresses) as made:
        yield made


class Traveller:
    """A server with a mark on its disk and a floating IP, and the hosts by name."""

    def __init__(self, ground: Ground, hosts: dict[str, Endpoints]) -> None:
        print(f"seed {SEED}, replayed by BERTHLINE_KILL_SEED={SEED}")
        self._ground, self._cloud, self._hosts = ground, ground.cloud, hosts
        self.server = ground.boot("traveller", ground.network, ground.second)
        self._cloud.active(self.server)
        self._nics = self._cloud.interfaces(self.server)
        self._mark = new_id()
        self.floating_address = ""
        assert self._inside("sh", "-c", f"'{LISTENS}; echo {self._mark} >{MARK}; sync'") == ""
        self._boot = self._inside("cat", BOOT_ID)
        floating = self._cloud.user.create(
            "network",
            "/floatingips",
            "floatingip",
            {"floating_network_id": ground.external, "port_id": self.nic.port_id},
            dict,
        )
        self._floating, self.floating_address = floating["id"], str(floating["floating_ip_address"])
        eventually(lambda: ground.pings(self.floating_address), "the floating IP answers")

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

    def moves(self) -> Pings:
        """Have it move while it is pinged by its floating IP, and see it there. What became of the pings."""
        destination = self.away()
        namespace = self._ground.host.external_namespace
        assert namespace is not None
        with pinged(namespace, self.floating_address) as pings:
            self.ask()
            self._cloud.active(self.server)
        self.runs_at(destination)
        print(f"{pings.sent} pings to {destination}: lost {pings.lost} in gaps {pings.gaps}, twice {pings.twice}")
        return pings

    def ask(self) -> None:
        """Ask for it."""
        body = {"os-migrateLive": {"host": None, "block_migration": "auto"}}
        self._cloud.admin._send("POST", "compute", f"/servers/{self.server}/action", json=body)

    def killed(self, moment: Moment, label: str) -> None:
        """Ask for it, kill our process at the moment, and see the server through."""
        killed(self._cloud, KIND, moment, self.ask, label)
        assert self._cloud.leaks() == (), label
        found = self._cloud.server(self.server)
        assert found is not None
        assert (found.status, found.fault) == ("ACTIVE", None), label

    def runs_at(self, host: str) -> None:
        """The guest runs there and nowhere else, never started anew, with all that it had."""
        assert self.place() == host
        assert self._cloud.leaks() == ()
        assert self.traces(host).state() == "running"
        (other,) = set(self._hosts) - {host}
        left = self.traces(other)
        assert (left.state(), left.is_defined(), left.has_disks()) == ("", False, False)
        assert self._cloud.interfaces(self.server) == self._nics
        told = self._inside("sh", "-c", f"'cat {MARK} {BOOT_ID}; cat /sys/class/net/eth*/address'").split()
        assert told == [self._mark, self._boot, *sorted(nic.mac_addr for nic in self._nics)] or told == [
            self._mark, self._boot, *(nic.mac_addr for nic in self._nics),
        ]  # fmt: skip
        assert self._ground.pings(self.floating_address)

    def leave(self) -> None:
        """Take away what it had besides."""
        self._cloud.user.delete("network", f"/floatingips/{self._floating}")

    def _inside(self, *words: str) -> str:
        # With a floating IP what the guest answers to others outside comes from that.
        done = self._ground.inside(self.floating_address or self.nic.address, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def test_a_guest_goes_and_comes_back_while_it_runs(
    ground: Ground, local_host: Endpoints, machine: SecondMachine
) -> None:
    traveller = Traveller(ground, {each.chassis: each for each in (local_host, machine.endpoints)})
    for pings in (traveller.moves(), traveller.moves()):
        assert pings.twice <= MOST_TWICE
        assert pings.lost <= MOST_LOST
    destination, source = traveller.away(), traveller.place()
    there, here = traveller.traces(destination), traveller.traces(source)
    traveller.killed(lambda _: there.state() == "paused", "the guest is on its way")
    traveller.runs_at(destination)
    traveller.killed(lambda _: not there.state() or here.state() == "running", "the guest arrives")
    traveller.runs_at(source)
    traveller.leave()
