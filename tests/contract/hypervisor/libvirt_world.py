"""A host whose libvirt, QEMU and switch are real and private to the tests. Importing this needs no libvirt."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from berthline.domain.errors import Transient
from berthline.domain.hypervisor import BaseImage, Hypervisor
from berthline.domain.ids import HostName, ServerId
from berthline.domain.network_info import VIF
from berthline.hypervisor.libvirt.settings import LibvirtSettings
from berthline.hypervisor.libvirt.xml import domain_name
from berthline.localhost import Endpoints, LocalHost
from berthline.localhost.commands import run

from .remote import RemoteAccess, Transport

if TYPE_CHECKING:
    from berthline.hypervisor.libvirt.driver import LibvirtHost

PATTERN_BYTES: Final = 512
"""A sector."""


@dataclass
class LibvirtWorld:
    """``services`` starts and stops the daemons; ``endpoints`` says where they are; ``access`` is the way from afar.

    ``transport`` is how this driver reaches the host; None is libvirt's socket.
    """

    services: LocalHost
    endpoints: Endpoints
    access: RemoteAccess
    libvirt_host: LibvirtHost
    transport: Transport | None = None

    @property
    def host(self) -> Hypervisor:
        return self.libvirt_host

    def kill_libvirt(self) -> None:
        """End libvirtd as a crash would, and see it gone."""
        self.access.stop_libvirtd(signal.SIGKILL)

    def start_libvirt(self) -> None:
        """Start libvirtd again, as it was."""
        self.access.start_libvirtd()

    async def cut_power(self, server_id: ServerId) -> None:
        virsh(self.endpoints, "destroy", domain_name(server_id))

    async def write(self, server_id: ServerId, data: bytes) -> None:
        file = self.endpoints.instances / "pattern"
        file.write_bytes(data.ljust(PATTERN_BYTES, b"\0"))
        run(("qemu-io", "-f", "qcow2", "-c", f"write -s {file} 0 {PATTERN_BYTES}", str(self._root(server_id))))

    async def written(self, server_id: ServerId) -> bytes:
        file = self.endpoints.instances / "read-back"
        run(("qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(self._root(server_id)), str(file)))
        with file.open("rb") as opened:
            data = opened.read(PATTERN_BYTES)
        file.unlink()
        return data.rstrip(b"\0")

    async def capacity(self, server_id: ServerId) -> int:
        told = json.loads(run(("qemu-img", "info", "--output=json", str(self._root(server_id)))))
        return int(told["virtual-size"])

    async def forget_image(self, image: BaseImage) -> None:
        for name in volumes(self.endpoints, "base"):
            if name.startswith(image.sha512):
                virsh(self.endpoints, "vol-delete", "--pool", "berthline-base", name)

    def _root(self, server_id: ServerId) -> Path:
        return self.endpoints.instances / "disks" / f"{server_id}.root"

    async def plugged(self, vif: VIF) -> bool:
        columns = ("--format=json", "--columns=external_ids", "find", "Interface", f"name={vif.devname}")
        found = json.loads(run(("ovs-vsctl", f"--db={self.endpoints.ovs_db}", *columns)))
        return any(["iface-id", vif.id] in row[0][1] for row in found["data"])


def virsh(endpoints: Endpoints, *arguments: str) -> str:
    """What an operator's command says."""
    return run(("virsh", "--connect", endpoints.libvirt_uri, *arguments))


def connect(endpoints: Endpoints, settings: LibvirtSettings | None = None, uri: str | None = None) -> LibvirtHost:
    """The driver on the tests' host, by its socket or by that URI. Short times, so that a hanging host is noticed."""
    from berthline.hypervisor.libvirt.driver import LibvirtHost

    chosen = settings or brisk_settings(endpoints)
    return LibvirtHost(HostName("real"), uri or endpoints.libvirt_uri, endpoints.chassis, chosen)


def brisk_settings(endpoints: Endpoints) -> LibvirtSettings:
    """What suits this host, with short times."""
    return LibvirtSettings(
        folder=str(endpoints.instances), virt_type="qemu", userspace_datapath=True, keepalive_seconds=1
    )


async def reached(driver: Hypervisor) -> Collection[ServerId]:
    """The guests of a host that lost clients just now, asked until it answers, as sagas do.

    The libvirtd of Debian 12 may crash when it loses one that it is about to answer (docs/decisions/0189), and is
    started again.
    """
    limit = time.monotonic() + 60
    while True:
        try:
            return await driver.guests()
        except Transient:
            assert time.monotonic() < limit, "the host is not reached again"
            await asyncio.sleep(0.05)


def volumes(endpoints: Endpoints, pool: str) -> set[str]:
    """The names of a pool's volumes, as an operator sees them."""
    virsh(endpoints, "pool-refresh", f"berthline-{pool}")
    lines = virsh(endpoints, "vol-list", f"berthline-{pool}").splitlines()[2:]
    return {line.split()[0] for line in lines if line.strip()}
