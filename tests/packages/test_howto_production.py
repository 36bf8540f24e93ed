"""docs/howto/production.md: its commands are run as they stand, on a machine of the test's own, until a guest answers.

The machine begins as this one, with Debian's packages, over which it writes for itself; a stand-in starts its services.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from berthline.localhost import namespaces
from berthline.localhost.guest_image import build, default_cache
from tests.machines.overlaid import PATH, Machine

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs/howto/production.md"
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ARCHIVES: Final = ROOT / "build" / "archives"
LIBVIRT: Final = "libvirt-daemon-system"
MISSING: Final = "swtpm-tools"
"""A package that the machine has not, so that the installation has one to install."""
INTERFACES: Final = """\
auto lo
iface lo inet loopback

auto lan0
iface lan0 inet static
    address 203.0.113.10/24
    gateway 203.0.113.1
"""
OFFLOADS: Final = ("tx", "off", "gso", "off", "tso", "off", "gro", "off")
# libvirt would look for what is not there: KVM that stock guests can use, AppArmor, control groups of systemd.
QEMU: Final = 'user = "root"\ngroup = "root"\nsecurity_driver = "none"\ncgroup_controllers = [ ]\nnamespaces = [ ]\n'
AS_USER: Final = "export OS_CLIENT_CONFIG_FILE=/var/lib/berthline/cloud/clouds.yaml OS_CLOUD=berthline"
PATIENCE: Final = 60.0
"""Only keeps a broken run from hanging."""

pytestmark = [pytest.mark.slow, pytest.mark.dataplane, pytest.mark.timeout(600)]


class Site:
    """The machine, with a wire from its NIC to an outside, which is a network namespace."""

    def __init__(self, machine: Machine, outside: str) -> None:
        self.machine, self._outside = machine, outside
        namespaces.add_namespace(outside)
        peer = ("peer", "name", "lan0", "netns", str(machine.pid))
        self.outside("ip", "link", "add", "wire", "type", "veth", *peer)
        self.outside("ip", "address", "add", "203.0.113.1/24", "dev", "wire")
        self.outside("ip", "link", "set", "wire", "up")
        machine.run("ip", "address", "add", "203.0.113.10/24", "dev", "lan0")
        machine.run("ip", "link", "set", "lan0", "up")
        machine.run("ip", "route", "add", "default", "via", "203.0.113.1")
        # A switch that forwards in its own process passes frames on as they are.
        self.outside("ethtool", "-K", "wire", *OFFLOADS)
        machine.run("ethtool", "-K", "lan0", *OFFLOADS)

    def outside(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command outside."""
        inside = ("nsenter", f"--net={namespaces.NAMESPACE_FOLDER / self._outside}", "--")
        return subprocess.run((*inside, *words), capture_output=True, text=True, check=False)

    def block(self, text: str) -> str:
        """Run a block of the page to its end; what it says. It has to succeed."""
        path = f"{PATH}:{ROOT / '.venv' / 'bin'}"  # for `openstack`
        return self.machine.run("bash", "-euo", "pipefail", "-c", text, PATH=path)

    def answers(self, address: str) -> bool:
        """Whether somebody at this address answers a ping from outside, in the end."""
        deadline = time.monotonic() + PATIENCE
        while self.outside("ping", "-n", "-c", "1", "-W", "1", address).returncode:
            if time.monotonic() > deadline:
                return False
        return True


def archives() -> list[Path]:
    """Debian's packages that the machine lacks, kept below build/."""
    (ARCHIVES / "partial").mkdir(parents=True, exist_ok=True)
    get = ("apt-get", "-q", "-y", "-o", f"Dir::Cache::archives={ARCHIVES}", "-o", "APT::Keep-Downloaded-Packages=true")
    for words in (("install", LIBVIRT), ("install", "--reinstall", MISSING)):
        command = (*get, words[0], "--download-only", "--no-install-recommends", *words[1:])
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:  # what apt knows is too old, or nothing
            subprocess.run(("apt-get", "-q", "update"), capture_output=True, check=False)
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return sorted(ARCHIVES.glob("*.deb"))


@pytest.fixture
def site(tmp_path: Path, package: Path) -> Iterator[Site]:
    """A machine as Debian makes one, with libvirt told what this machine has not."""
    machine = Machine(Path("/"), tmp_path, ROOT)
    outside = f"blo-{machine.pid}"
    try:
        systemctl = machine.path("/usr/local/sbin/systemctl")
        shutil.copy(ROOT / "tests/machines/stand_in_for_systemd.py", systemctl)
        systemctl.chmod(0o755)
        policy = machine.path("/usr/sbin/policy-rc.d")
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        for archive in archives():
            shutil.copy(archive, machine.path("/var/cache/apt/archives"))
        machine.run("dpkg", "--remove", "--force-depends", MISSING)
        machine.run("apt-get", "-q", "-y", "install", "--no-install-recommends", LIBVIRT)
        for archive in archives():  # some machines' apt forgets them after an installation
            shutil.copy(archive, machine.path("/var/cache/apt/archives"))
        machine.path("/etc/libvirt/qemu.conf").write_text(QEMU)
        machine.path("/etc/network").mkdir(exist_ok=True)
        machine.path("/etc/network/interfaces").write_text(INTERFACES)
        shutil.copy(package, machine.path("/root"))
        shutil.copy(build(default_cache() / "image"), machine.path("/root/image.qcow2"))
        yield Site(machine, outside)
    finally:
        machine.end()
        namespaces.delete_namespace(outside)


def test_from_an_empty_machine_to_a_guest_that_answers(site: Site) -> None:
    look, install, again, outside, guest, other, renew, remove = BLOCK.findall(PAGE.read_text("utf-8"))

    looked = site.block(f"cd /root\n{look}")
    assert re.search(r"missing  packages of a hypervisor: not installed: swtpm-tools$", looked, re.MULTILINE)
    assert "nothing was changed" in looked
    assert not site.machine.path("/etc/berthline/tls").exists()
    assert "changed: " in site.block(install)
    settled = site.block(again)
    assert "nothing changed: all 30 are there\n" in settled
    assert re.search(r"^compute-1 +up +yes +0 ", settled, re.MULTILINE)
    assert "0 leaks\n" in settled
    is_run_by_the_account(site.machine)

    site.block(f"cd /root\n{outside}")
    site.block(guest)
    address = site.block(f"{AS_USER}\nopenstack floating ip list -f value -c 'Floating IP Address'").strip()
    assert address.startswith("203.0.113.")
    assert site.answers(address)
    assert "is not as it should be" not in site.machine.path("/var/log/berthline/berthline.log").read_text()

    assert "bring this folder to compute-2" in site.block(other)
    assert "renewed: 6\n" in site.block(renew)
    assert "nothing changed" in site.block("berthline install")
    assert site.answers(address)

    site.block(f"{AS_USER}\nopenstack server delete --wait first")
    assert "undoing  host compute-1 of the cloud" in site.block(remove)
    is_as_it_was(site.machine)
    assert "nothing was made by an installation" in site.block("berthline install both --remove")


def is_run_by_the_account(machine: Machine) -> None:
    """Berthline is the account's, and no key is for anybody but its owner."""
    running = machine.run("ps", "-A", "-o", "user:16=,args=")
    assert re.search(r"^berthline +\S*python3 -I /usr/bin/berthline up", running, re.MULTILINE)
    keys = machine.run("find", "/etc/berthline", "/etc/pki", "/etc/openvswitch", "-name", "*key*", "-type", "f")
    rights = machine.run("stat", "--format=%a", *keys.split(), "/etc/berthline/tls/ca.key")
    assert set(rights.split()) == {"600"}


def is_as_it_was(machine: Machine) -> None:
    """All that the installation made is gone, and all that was there is there; so is the cloud's data."""
    assert machine.path("/etc/network/interfaces").read_text() == INTERFACES
    assert not machine.path("/etc/network/interfaces.d/br-provider").exists()
    assert "203.0.113.10/24" in machine.run("ip", "address", "show", "dev", "lan0")
    assert machine.done("ping", "-n", "-c", "1", "-W", "5", "203.0.113.1").returncode == 0
    assert machine.done("dpkg-query", "--show", "--showformat=${db:Status-Status}", MISSING).stdout != "installed"
    assert "berthline" not in machine.path("/etc/libvirt/libvirtd.conf").read_text()
    for place in (
        "/var/lib/berthline/installed.json",
        "/etc/berthline/berthline.toml",
        "/etc/pki/libvirt/servercert.pem",
    ):
        assert not machine.path(place).exists()
    assert machine.path("/var/lib/berthline/cloud/berthline.db").exists()
