"""Guests on one host by libvirt, which may be anywhere that a libvirt URI reaches: nothing of ours runs there.

Fits `domain.hypervisor.Hypervisor`. Each verb is a few libvirt calls in a thread; the event loop is never held up.
"""

import asyncio
import copy
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec

from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import HostFacts
from berthline.domain.ids import HostName, ServerId
from berthline.hypervisor.libvirt import binding, capabilities, xml
from berthline.hypervisor.libvirt.binding import Connection
from berthline.hypervisor.libvirt.settings import LibvirtSettings
from berthline.hypervisor.libvirt.verbs.consoles import ConsoleVerbs
from berthline.hypervisor.libvirt.verbs.copies import CopyVerbs
from berthline.hypervisor.libvirt.verbs.disks import DiskVerbs
from berthline.hypervisor.libvirt.verbs.live import LiveVerbs
from berthline.hypervisor.libvirt.verbs.moves import MoveVerbs
from berthline.hypervisor.libvirt.verbs.nics import NicVerbs
from berthline.hypervisor.libvirt.verbs.power import PowerVerbs
from berthline.hypervisor.traits import traits_of

GIB = 1024**3
RECONNECT_SECONDS = (1.0, 2.0, 5.0, 10.0)
DISK_SECONDS = 60.0
"""How old what is free on a host's disk may be."""
KIB_PER_MIB = 1024
FIRST_CPU = 0
NANOSECONDS = 1_000_000_000


class LibvirtHost(DiskVerbs, CopyVerbs, MoveVerbs, LiveVerbs, PowerVerbs, NicVerbs, ConsoleVerbs):
    """One host.

    Args:
        name: the host's name in Berthline.
        uri: libvirt's URI of it.
        chassis: OVN's name of it (``system-id``).
        settings: how its libvirt is used.
    """

    def __init__(self, name: HostName, uri: str, chassis: str, settings: LibvirtSettings | None = None) -> None:
        super().__init__(name, uri, settings or LibvirtSettings())
        self._disk_looked_at = -DISK_SECONDS
        self._chassis = chassis
        self._callbacks: list[Callable[[ServerId], None]] = []
        self._watcher: asyncio.Task[None] | None = None
        self._view: tuple[int, LibvirtHost] | None = None

    def at_epoch(self, epoch: int) -> "LibvirtHost":
        """See Hypervisor.at_epoch. It is the same connection; who listens listens to the one that was made."""
        if self._view is None or self._view[0] != epoch:
            self._view = (epoch, copy.copy(self))
            self._view[1]._epoch = epoch  # noqa: SLF001 - it is one of us
        return self._view[1]

    @property
    def host(self) -> HostName:
        return self._name

    @property
    def chassis(self) -> str:
        """OVN's name for this host."""
        return self._chassis

    async def facts(self) -> HostFacts:
        return await self._host.run("tell its size", self._read_facts)

    # Events.

    def on_change(self, callback: Callable[[ServerId], None]) -> None:
        """Call back when a guest's state may have changed. Call this on the event loop that shall run the callback."""
        self._callbacks.append(callback)
        if self._watcher is None:
            loop = asyncio.get_running_loop()
            lost = asyncio.Event()

            def hint(name: str) -> None:
                server_id = xml.server_of(name)
                if server_id is not None:
                    _soon(loop, lambda: self._changed(server_id))

            self._host.listen(hint, lambda: _soon(loop, lost.set))
            self._watcher = loop.create_task(self._watch(lost), name=f"watch-{self._name}")

    async def _watch(self, lost: asyncio.Event) -> None:
        """Keep a connection for events to come by; after each new one, every guest may have changed."""
        failures = 0
        while True:
            lost.clear()
            try:
                guests = await self.guests()
            except (Transient, Refused):
                await asyncio.sleep(RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)])
                failures += 1
                continue
            failures = 0
            for server_id in guests:
                self._changed(server_id)
            await lost.wait()

    def _changed(self, server_id: ServerId) -> None:
        for callback in tuple(self._callbacks):
            callback(server_id)

    async def close(self) -> None:
        """Let the connection go; the guests run on."""
        self._callbacks.clear()
        if self._watcher is not None:
            self._watcher.cancel()
            with suppress(asyncio.CancelledError):
                await self._watcher
            self._watcher = None
        await self._host.close()

    def _read_facts(self, connection: Connection) -> HostFacts:
        cpu = capabilities.cpu_facts(connection.getCapabilities())
        virt_type = self._chosen_virt_type(connection)
        extras = capabilities.extras_of(connection, virt_type)
        size, free = self._disk_bytes(connection)
        return HostFacts(
            hypervisor_type=connection.getType(),
            hypervisor_version=connection.getVersion(),
            vcpus=int(connection.getInfo()[2]),
            # getInfo counts the memory of NUMA cells, which leaves out what was added to a running machine.
            memory_mb=connection.getMemoryStats(binding.ALL_CELLS)["total"] // KIB_PER_MIB,
            disk_gb=size // GIB,
            free_disk_gb=free // GIB,
            cpu_info=msgspec.json.encode(cpu).decode(),
            traits=traits_of(
                capabilities.cpu_features(connection),
                kvm=virt_type == "kvm",
                uefi=extras.uefi,
                tpms=extras.tpms,
            ),
            up_seconds=_up_seconds(connection),
        )

    def _disk_bytes(self, connection: Connection) -> tuple[int, int]:
        """The size of the host's disk, and what is free there: for that libvirt opens every file, so not each time."""
        now = time.monotonic()
        anew = now >= self._disk_looked_at + DISK_SECONDS
        if anew:
            self._disk_looked_at = now
        return self._files.disk_bytes(connection, anew=anew)


def _up_seconds(connection: Connection) -> int:
    """The time that the first CPU, which is never taken off line, has spent on anything, idling included.

    libvirt tells no host's uptime. This is short of it by what a hypervisor below the host took of that CPU.
    """
    spent = connection.getCPUStats(FIRST_CPU)
    return sum(spent.get(name, 0) for name in ("kernel", "user", "idle", "iowait")) // NANOSECONDS


def _soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """From libvirt's thread to the loop; a loop that has ended wants nothing."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)
