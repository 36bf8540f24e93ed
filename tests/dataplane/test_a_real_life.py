"""One guest through all that can be done with a server, and after each of it: its data, its NICs, its page.

It has two NICs, a file on its disk and a floating IP. Each step says what it does and what of the guest it leaves as
it was; a step is one line of ``STEPS``, and they are taken in order.
"""

import http.client
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import pytest

from berthline.domain.ids import new_id
from berthline.metadata import kernel

from .cloud import eventually
from .ground import RAM, Ground

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]

MARK: Final = "/persist/mark"
"""A file on the guest's own disk, where it outlives a reboot; all else of the tiny guest lies in memory."""
BOOT_ID: Final = "/proc/sys/kernel/random/boot_id"
SECTORS_PER_GIB: Final = 2**21
NOBODY_SECONDS: Final = 1.0
"""So long is waited for the page of a guest that is off. One that is on is asked again and again."""
TOLD: Final = (
    f"cat {MARK} 2>/dev/null || echo none",
    f"cat {BOOT_ID}",
    "echo $(cat /sys/class/net/eth*/address)",
    "cat /sys/class/block/vda/size",
    "echo $(grep MemTotal /proc/meminfo)",
    "ip -4 -o addr show scope global",
)
"""What a guest is asked in one login: each of them a line, and the addresses at the end."""


class Size(msgspec.Struct, frozen=True):
    """What a flavor gives a guest, in MiB and GiB."""

    ram: int
    disk: int


TINY: Final = Size(ram=RAM, disk=1)
LARGER: Final = Size(ram=2 * RAM, disk=2)
LARGEST: Final = Size(ram=3 * RAM, disk=3)


class Life:
    """The server, and what is to be true of it: ``mark`` is what its disk holds, None where it is to hold nothing."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.cloud = ground.cloud
        self.name = "life"
        self.server = ground.boot(self.name, ground.network, ground.second)
        self.cloud.active(self.server)
        self.nics = self.cloud.interfaces(self.server)
        floating = {"floating_network_id": ground.external, "port_id": self.nics[0].port_id}
        made = self.cloud.user.create("network", "/floatingips", "floatingip", floating, dict)
        self.floating, self.public = str(made["id"]), str(made["floating_ip_address"])
        self.mark: str | None = None
        self.size = TINY
        self.larger, self.largest = self._flavor("larger", LARGER), self._flavor("largest", LARGEST)
        self.boot = self.inside("cat", BOOT_ID)

    def _flavor(self, name: str, size: Size) -> str:
        body = {"name": name, "vcpus": 1, "ram": size.ram, "disk": size.disk}
        return str(self.cloud.admin.create("compute", "/flavors", "flavor", body, dict)["id"])

    def inside(self, *words: str) -> str:
        """What a command in the guest says. It must succeed."""
        done = self.ground.inside(self.public, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def write_mark(self) -> None:
        """Put something new on the guest's disk."""
        self.mark = new_id()
        self.inside("sh", "-c", f"'echo {self.mark} >{MARK}; sync'")

    def action(self, name: str, argument: Any = None) -> None:
        """POST an action on the server, which is to be accepted."""
        self.cloud.user._send("POST", "compute", f"/servers/{self.server}/action", json={name: argument})

    def becomes(self, status: str) -> None:
        """Wait for the server's status."""

        def look() -> bool:
            found = self.cloud.server(self.server)
            assert found is not None
            assert found.status != "ERROR", found.fault
            return found.status == status

        eventually(look, f"status {status}")

    def page(self, address: str | None = None, seconds: float = 3.0) -> str | None:
        """The page that the guest serves at its floating IP, asked for from outside; None where none comes in time."""

        def ask() -> str | None:
            connection = http.client.HTTPConnection(address or self.public, 80, timeout=seconds)
            try:
                connection.request("GET", "/")
                return connection.getresponse().read().decode()
            except OSError:
                return None
            finally:
                connection.close()

        return kernel.inside(self.ground.host.external_namespace, ask)

    def check_on(self, *, same_boot: bool) -> None:
        """All that is to be true of the guest when it runs."""
        self.becomes("ACTIVE")
        self.check_nics()
        eventually(lambda: f"{self.name} is a Berthline guest" in (self.page() or ""), "the page at the floating IP")
        held, boot, links, sectors, memory, *addresses = self.inside("sh", "-c", f"'{'; '.join(TOLD)}'").splitlines()
        assert held == (self.mark or "none")
        assert (boot == self.boot) is same_boot
        self.boot = boot
        assert links.split() == [nic.mac_addr for nic in self.nics]
        for nic in self.nics:
            assert f"{nic.address}/" in "\n".join(addresses)
        assert int(sectors) == self.size.disk * SECTORS_PER_GIB
        # The kernel keeps some of it, far less than the smaller of the two flavors has.
        assert self.size.ram - RAM // 2 < int(memory.split()[1]) // 1024 <= self.size.ram

    def check_off(self, status: str) -> None:
        """What is true of one that does not run: its NICs are its own, and nobody answers."""
        self.becomes(status)
        self.check_nics()
        assert self.page(seconds=NOBODY_SECONDS) is None

    def check_nics(self) -> None:
        assert self.cloud.interfaces(self.server) == self.nics


def _with_a_mark(life: Life) -> None:
    life.write_mark()


def _stop(life: Life) -> None:
    life.action("os-stop")
    life.check_off("SHUTOFF")
    life.action("os-start")


def _reboot(life: Life, kind: str) -> None:
    before = life.cloud.console(life.server).count("berthline-guest: ready")
    life.action("reboot", {"type": kind})
    ready = "berthline-guest: ready"
    eventually(lambda: life.cloud.console(life.server).count(ready) > before, "the guest ready again")


def _pause(life: Life) -> None:
    life.action("pause")
    life.check_off("PAUSED")
    life.action("unpause")


def _suspend(life: Life) -> None:
    life.action("suspend")
    life.check_off("SUSPENDED")
    life.action("resume")


def _rebuild(life: Life) -> None:
    """The disk is made anew: what was on it is gone."""
    life.action("rebuild", {"imageRef": life.ground.image})
    life.mark = None


def _attach(life: Life) -> None:
    added = life.cloud.attach(life.server, net_id=life.ground.second)
    life.nics = (*life.nics, added)
    eventually(lambda: f"ipv4 eth2 {added.address}/24" in life.cloud.console(life.server), "its address by DHCP")


def _detach(life: Life) -> None:
    *kept, last = life.nics
    life.cloud.user.delete("compute", f"/servers/{life.server}/os-interface/{last.port_id}")
    life.nics = tuple(kept)
    eventually(lambda: life.cloud.interfaces(life.server) == life.nics, "the NIC is the server's no more")


def _snapshot(life: Life) -> None:
    """Another guest made of the image holds what this one held, and has a page of its own."""
    life.action("createImage", {"name": "kept"})
    image = eventually(lambda: _active_image(life, "kept"), "the image of the server")
    twin = life.ground.boot("twin", imageRef=image)
    life.cloud.active(twin)
    (nic,) = life.cloud.interfaces(twin)
    assert nic.mac_addr not in {own.mac_addr for own in life.nics}
    held = life.ground.inside(nic.address, "cat", MARK)
    assert held.stdout.strip() == life.mark
    eventually(lambda: "twin is a Berthline guest" in (life.page(nic.address) or ""), "the page of the twin")
    life.cloud.delete_server(twin)
    life.cloud.user.delete("image", f"/images/{image}")


def _active_image(life: Life, name: str) -> str | None:
    found = life.cloud.user.list("image", "/images", "images", dict, name=name)
    return next((str(image["id"]) for image in found if image["status"] == "active"), None)


def _resize(life: Life, flavor: str, size: Size) -> None:
    """It runs with the new size at once; the old disks lie beside until its owner decides."""
    life.action("resize", {"flavorRef": flavor})
    life.becomes("VERIFY_RESIZE")
    life.size = size


def _resize_and_confirm(life: Life) -> None:
    """What was written before it is decided stays."""
    _resize(life, life.larger, LARGER)
    life.write_mark()
    life.action("confirmResize")


def _resize_and_revert(life: Life) -> None:
    """What was written before it is decided was written to the disks that go."""
    before, mark = life.size, life.mark
    _resize(life, life.largest, LARGEST)
    life.write_mark()
    life.action("revertResize")
    life.size, life.mark = before, mark


def _shelve(life: Life) -> None:
    """It leaves its host, and comes back to one with what it had."""
    life.action("shelve")
    life.check_off("SHELVED_OFFLOADED")
    assert life.ground.traces(life.server) == []
    assert set(life.ground.taps().values()).isdisjoint(nic.port_id for nic in life.nics)
    life.action("unshelve")


def _rescue(life: Life) -> None:
    """The rescue's guest is another one on the same NICs; the disk of the server lies beside."""
    life.action("rescue", {"rescue_image_ref": life.ground.image})
    life.becomes("RESCUE")
    life.check_nics()
    assert life.inside("sh", "-c", f"'cat {MARK} 2>/dev/null || echo none'") == "none"
    assert "vdb" in life.inside("cat", "/proc/partitions")
    life.action("unrescue")


def _power_off_inside(life: Life) -> None:
    """Nobody asked Berthline: it sees it, and says so."""
    life.ground.inside(life.public, "sh", "-c", "'(sleep 1; poweroff -f) >/dev/null 2>&1 &'")
    life.check_off("SHUTOFF")
    life.action("os-start")


class Step(msgspec.Struct, frozen=True):
    """``same_boot``: the guest goes on as if nothing had been. ``marks``: it is given something to keep afterwards."""

    name: str
    take: Callable[[Life], None]
    same_boot: bool = False
    marks: bool = False


STEPS: Final = (
    Step("a file", _with_a_mark, same_boot=True),
    Step("stop and start", _stop),
    Step("pause and unpause", _pause, same_boot=True),
    Step("suspend and resume", _suspend, same_boot=True),
    Step("reboot", lambda life: _reboot(life, "SOFT")),
    Step("hard reboot", lambda life: _reboot(life, "HARD")),
    Step("power off inside", _power_off_inside),
    Step("attach", _attach, same_boot=True),
    Step("detach", _detach, same_boot=True),
    Step("rebuild", _rebuild, marks=True),
    Step("snapshot, and a guest of it", _snapshot, same_boot=True),
    Step("rescue and unrescue", _rescue),
    Step("resize and confirm", _resize_and_confirm),
    Step("resize and revert", _resize_and_revert),
    Step("shelve and unshelve", _shelve),
)


@pytest.fixture(scope="module")
def life(ground: Ground) -> Iterator[Life]:
    """The server; at the end it is deleted, and nothing of it is left."""
    lived = Life(ground)
    yield lived
    ground.cloud.user.delete("network", f"/floatingips/{lived.floating}")
    ground.cloud.delete_server(lived.server)
    for flavor in (lived.larger, lived.largest):
        ground.cloud.admin.delete("compute", f"/flavors/{flavor}")
    assert ground.cloud.leaks() == ()
    assert ground.traces(lived.server, *lived.nics) == []


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_after_each_step_all_is_as_it_was(life: Life, step: Step) -> None:
    step.take(life)
    life.check_on(same_boot=step.same_boot)
    if step.marks:
        life.write_mark()
