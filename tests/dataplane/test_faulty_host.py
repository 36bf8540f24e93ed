"""One guest through a full disk and a killed process, and through a killed libvirtd, in all that is done with its disk.

After each of it the server is as it was or as it was asked to be, what is said of the fault is true, and nothing leaks.
"""

import asyncio
import dataclasses
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from berthline.domain.ids import ServerId, new_id
from berthline.hypervisor.libvirt.xml import domain_name
from berthline.localhost import Endpoints, LocalHost
from berthline.localhost.commands import run
from berthline.localhost.errors import CommandFailed

from .cloud import RealCloud
from .conftest import empty
from .ground import LISTENS, RAM, Ground, virsh
from .kills import SEED, Moment, Traces, Victim, killed

pytestmark = [pytest.mark.dataplane, pytest.mark.slow]

MARK: Final = "/persist/mark"
KEPT: Final = "kept"
NO_ROOM: Final = "too little room"
"""So libvirt's own writing says; of a program that it has write it tells only that it failed."""
SPARE_BYTES: Final = 128 * 1024
"""What a full disk has left: too little for the smallest file of a disk. A guest that runs writes where it wrote."""
DISK_BYTES: Final = 16 * 1024**3
"""For as many guests as flavors say. It is memory, of which no more is taken than is written."""
FOLDERS: Final = ("base", "disks", "consoles", "firmware")


class SmallDisk:
    """A file system of its own for the files of a host's guests, which nobody sees but the host's processes, and we."""

    def __init__(self, services: LocalHost, host: Endpoints) -> None:
        self._enter = services.enter_command()
        self._host = host
        self.seen = Path(f"/proc/{host.anchor_pid}/root{host.instances}")

    def mount(self) -> None:
        """Lay it over the host's folder, which is empty to the host from then on."""
        self._mount(f"size={DISK_BYTES}", "-t", "tmpfs", "tmpfs")
        for folder in FOLDERS:
            (self.seen / folder).mkdir()
        self._look_again()

    def remove(self) -> None:
        """The host's folder is as it was."""
        run((*self._enter, "umount", str(self._host.instances)))
        for folder in FOLDERS:
            (self._host.instances / folder).mkdir(exist_ok=True)
        self._look_again()

    @contextmanager
    def full(self) -> Iterator[None]:
        """Nothing but SPARE_BYTES is free meanwhile."""
        now = os.statvfs(self.seen)
        self._mount(f"remount,size={(now.f_blocks - now.f_bfree) * now.f_frsize + SPARE_BYTES}")
        try:
            yield
        finally:
            self._mount(f"remount,size={DISK_BYTES}")

    def _mount(self, options: str, *what: str) -> None:
        run((*self._enter, "mount", "-o", options, *what, str(self._host.instances)))

    def _look_again(self) -> None:
        for pool in virsh(self._host, "pool-list", "--name").split():
            virsh(self._host, "pool-refresh", pool)


class Libvirtd:
    """The host's libvirtd: its end is that of a crash."""

    def __init__(self, services: LocalHost) -> None:
        self._services = services

    def kill(self) -> None:
        self._services.signal_daemon("libvirtd", signal.SIGKILL)
        limit = time.monotonic() + 60
        while "libvirtd" not in self._services.status().stopped:
            assert time.monotonic() < limit, "libvirtd does not end"
            time.sleep(0.01)

    def start(self) -> None:
        self._services.start_daemon("libvirtd")


class BetweenCalls:
    """The host's libvirtd, which dies while it does nothing with the guest.

    One that dies just while it starts or stops a guest may leave a QEMU 7.2 that does not answer the next one. So the
    cloud stands still until libvirtd has ended what it was asked last.
    """

    def __init__(self, cloud: RealCloud, libvirtd: Libvirtd, server: str) -> None:
        self._cloud, self._libvirtd = cloud, libvirtd
        self._guest = domain_name(ServerId(server))

    def kill(self) -> None:
        with self._cloud.halted():
            limit = time.monotonic() + 60
            while not self._is_idle():
                assert time.monotonic() < limit, "libvirtd does not end what it does"
                time.sleep(0.01)
            self._libvirtd.kill()

    def start(self) -> None:
        self._libvirtd.start()

    def _is_idle(self) -> bool:
        """Whether a change of the guest's definition, which waits for what starts or stops it, goes through, and its
        disk is not being copied. A guest that is not there, or is off, has nothing under way.
        """
        host, note = self._cloud.host, ("--uri", "urn:berthline:idle:1", "--key", "idle", "--set", "<idle/>")
        with suppress(CommandFailed):
            virsh(host, "metadata", self._guest, "--config", *note)
            return "None" in virsh(host, "domjobinfo", self._guest)
        return True


class Together:
    """Several that die at one moment, and come back in their order."""

    def __init__(self, *victims: Victim) -> None:
        self._victims = victims

    def kill(self) -> None:
        for victim in self._victims:
            victim.kill()

    def start(self) -> None:
        for victim in self._victims:
            victim.start()


class Guest:
    """The server, with a mark on its disk."""

    def __init__(self, ground: Ground, disk: SmallDisk, services: LocalHost) -> None:
        print(f"seed {SEED}, replayed by BERTHLINE_KILL_SEED={SEED}")
        self.ground, self.cloud, self.disk, self.libvirtd = ground, ground.cloud, disk, Libvirtd(services)
        larger = {"name": "larger", "vcpus": 1, "ram": RAM, "disk": 2}
        self.larger = str(self.cloud.admin.create("compute", "/flavors", "flavor", larger, dict)["id"])
        self.server = ground.boot("faulty")
        self.cloud.active(self.server)
        (self.nic,) = self.cloud.interfaces(self.server)
        self.between = BetweenCalls(self.cloud, self.libvirtd, self.server)
        self.everybody = Together(self.between, self.cloud)
        self.mark = ""
        self.write_mark()

    def write_mark(self) -> None:
        """Something new on its disk."""
        self.mark = new_id()
        done = self.ground.inside(self.nic.address, "sh", "-c", f"'{LISTENS}; echo {self.mark} >{MARK}; sync'")
        assert done.returncode == 0, done.stderr

    def act(self, action: str, argument: Any = None) -> None:
        """Ask for an action."""
        self.cloud.user._send("POST", "compute", f"/servers/{self.server}/action", json={action: argument})

    def refused(self, words: str, action: str, argument: Any = None, *, status: str = "ACTIVE") -> None:
        """Have an action done on a disk that is full: it ends in this status, and says so much of the reason."""
        with self.disk.full():
            self.act(action, argument)
            self.is_now(status, action)
        (newest, *_) = self.cloud.user.list(
            "compute", f"/servers/{self.server}/os-instance-actions", "instanceActions", dict
        )
        path = f"/servers/{self.server}/os-instance-actions/{newest['request_id']}"
        whole: dict[str, Any] = self.cloud.admin.show("compute", path, "instanceAction", dict)
        assert words in msgspec.json.encode(whole).decode()
        found = self.cloud.server(self.server)
        assert found is not None
        assert found.fault is None or words in found.fault.message

    def killed(
        self, victim: Victim, kind: str, moment: Moment, action: str, argument: Any = None, *, status: str = "ACTIVE"
    ) -> None:
        """Ask for an action, kill somebody at the moment, and see that what was asked for is done."""
        label = f"{action} of {type(victim).__name__}"
        killed(self.cloud, kind, moment, lambda: self.act(action, argument), label, victim)
        self.is_now(status, label)

    def is_now(self, status: str, what: str) -> None:
        """All is done, nothing leaks, and the server is in this status, with the NIC that it had."""
        assert self.cloud.leaks() == (), what
        found = self.cloud.server(self.server)
        assert found is not None
        assert found.status == status, (what, found.fault)
        assert self.cloud.interfaces(self.server) == (self.nic,)

    def answers(self) -> None:
        """The guest has the NIC that it had, and on its disk what is to be there."""
        assert self.ground.domain_ports(self.server) == (self.nic.port_id,)
        assert self.held() == self.mark

    def held(self) -> str:
        """What is on the disk of a guest, once that is so far that it would also hear of its power button."""
        done = self.ground.inside(self.nic.address, "sh", "-c", f"'{LISTENS}; cat {MARK} 2>/dev/null; true'")
        return done.stdout.strip()

    def image(self, name: str) -> str | None:
        """The image of this name that is whole."""
        found = self.cloud.user.list("image", "/images", "images", dict, name=name)
        return next((str(image["id"]) for image in found if image["status"] == "active"), None)


def copies(traces: Traces) -> bool:
    return traces.has_disks("copy-")


def keeps(traces: Traces) -> bool:
    return traces.has_disks("kept-root")


def is_off(traces: Traces) -> bool:
    return not traces.state()


def is_claimed(_traces: Traces) -> bool:
    return True


def _snapshot(guest: Guest) -> None:
    """No image comes of a disk that is full, and one does of a copying that was broken off, or not yet read."""
    guest.refused("could not copy the disk", "createImage", {"name": "none"})
    assert guest.cloud.user.list("image", "/images", "images", dict, name="none") == ()
    for name, victim in (("read", guest.between), (KEPT, guest.cloud)):
        guest.killed(victim, "server_create_image", copies, "createImage", {"name": name})
        assert guest.image(name), "the image of the server"


def _boot(guest: Guest) -> None:
    """A guest whose image finds no room is in ERROR, and its host has nothing of it."""
    image = guest.image(KEPT)
    with guest.disk.full():
        server = guest.ground.boot("none", imageRef=image)
        assert guest.cloud.leaks() == ()
        found = guest.cloud.server(server)
        assert found is not None
        assert found.status == "ERROR"
        assert found.fault is not None
        assert NO_ROOM in found.fault.message
        assert guest.ground.traces(server) == []
    guest.cloud.delete_server(server)


def _rescue(guest: Guest) -> None:
    argument = {"rescue_image_ref": guest.ground.image}
    guest.refused("could not create the rescue disk", "rescue", argument)
    guest.answers()
    guest.killed(guest.everybody, "server_rescue", is_off, "rescue", argument, status="RESCUE")
    assert guest.held() == ""
    guest.killed(guest.between, "server_unrescue", is_off, "unrescue")


def _rebuild(guest: Guest) -> None:
    """One whose image found no room lost nothing, and may be rebuilt again."""
    guest.refused(NO_ROOM, "rebuild", {"imageRef": guest.ground.upload(b"larger")}, status="ERROR")
    guest.answers()
    guest.killed(guest.everybody, "server_rebuild", is_off, "rebuild", {"imageRef": guest.ground.image})
    guest.mark = ""
    guest.answers()
    guest.write_mark()


def _resize(guest: Guest) -> None:
    guest.refused("could not keep the disks", "resize", {"flavorRef": guest.larger})
    guest.answers()
    resize = {"flavorRef": guest.larger}
    guest.killed(guest.everybody, "server_resize", keeps, "resize", resize, status="VERIFY_RESIZE")
    guest.answers()
    guest.killed(guest.between, "server_revert_resize", is_off, "revertResize")


def _shelve(guest: Guest) -> None:
    """It waits without a host until one has room for its image."""
    everybody = Together(guest.libvirtd, guest.cloud)
    guest.killed(everybody, "server_shelve", copies, "shelve", status="SHELVED_OFFLOADED")
    assert guest.ground.traces(guest.server) == []
    guest.refused(NO_ROOM, "unshelve", status="SHELVED_OFFLOADED")
    assert guest.ground.traces(guest.server) == []
    guest.killed(guest.cloud, "server_unshelve", is_claimed, "unshelve")


STEPS: Final[dict[str, Callable[[Guest], None]]] = {
    "snapshot": _snapshot,
    "boot": _boot,
    "rescue and unrescue": _rescue,
    "rebuild": _rebuild,
    "resize and revert": _resize,
    "shelve and unshelve": _shelve,
}


@pytest.fixture(scope="module")
def guest(
    local_services: LocalHost, local_host: Endpoints, guest_image: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guest]:
    """A running guest on a host whose disk is small; at the end nothing of it is left."""
    folder = tmp_path_factory.mktemp("cloud")
    disk = SmallDisk(local_services, local_host)
    cloud = RealCloud(dataclasses.replace(local_host, instances=disk.seen), folder / "data", local_host.instances)
    disk.mount()
    try:
        cloud.start()
        ground = Ground(cloud, guest_image, folder)
        made = Guest(ground, disk, local_services)
        yield made
        ground.remove()
        cloud.admin.delete("compute", f"/flavors/{made.larger}")
        assert cloud.leaks() == ()
        assert ground.traces(made.server, made.nic) == []
    finally:
        cloud.stop()
        disk.remove()
        asyncio.run(empty(local_host))


@pytest.mark.parametrize("step", STEPS)
def test_a_guest_outlives_the_faults_of_its_host(guest: Guest, step: str) -> None:
    STEPS[step](guest)
    guest.answers()
