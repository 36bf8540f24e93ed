"""Guests on one host by libvirt, which may be anywhere that a libvirt URI reaches: nothing of ours runs there.

Fits `domain.hypervisor.Hypervisor`. Each verb is a few libvirt calls in a thread; the event loop is never held up.
"""

import asyncio
import copy
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import Literal, TypeVar

import msgspec

from berthline.domain.errors import Refused, Transient
from berthline.domain.hypervisor import (
    BaseImage,
    FoundNic,
    GuestDiagnostics,
    GuestPower,
    GuestSpec,
    HostFacts,
    ImageSource,
    NicOfPort,
)
from berthline.domain.ids import HostName, ServerId
from berthline.domain.network_info import VIF
from berthline.hypervisor.console import last_lines
from berthline.hypervisor.libvirt import binding, capabilities, guests, owners, xml
from berthline.hypervisor.libvirt.binding import Connection, Domain, libvirt_error
from berthline.hypervisor.libvirt.connection import Host, InvalidState, Missing
from berthline.hypervisor.libvirt.images import Files
from berthline.hypervisor.libvirt.settings import LibvirtSettings

T = TypeVar("T")
GIB = 1024**3
POLL_SECONDS = 0.2
RECONNECT_SECONDS = (1.0, 2.0, 5.0, 10.0)
KIB_PER_MIB = 1024


class LibvirtHost:
    """One host.

    Args:
        name: the host's name in Berthline.
        uri: libvirt's URI of it.
        chassis: OVN's name of it (``system-id``).
        settings: how its libvirt is used.
    """

    def __init__(self, name: HostName, uri: str, chassis: str, settings: LibvirtSettings | None = None) -> None:
        self._name = name
        self._chassis = chassis
        self._settings = settings or LibvirtSettings()
        self._files = Files(self._settings.folder)
        chosen, prepare = self._settings, self._files.prepare
        times = chosen.keepalive_seconds, chosen.call_seconds, chosen.connect_seconds
        self._host = Host(name, uri, *times, prepare)
        self._virt_type: Literal["kvm", "qemu"] | None = None
        self._callbacks: list[Callable[[ServerId], None]] = []
        self._watcher: asyncio.Task[None] | None = None
        self._epoch = 0
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

    # Images and disks.

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        await self._files.cache(self._host, image, source)

    async def create_disks(self, spec: GuestSpec) -> None:
        def work(connection: Connection) -> None:
            if guests.found(connection, spec.server_id) is not None:
                # Its disks may be in use: they are there, or this raises.
                self._files.guest_files(connection, spec)
            else:
                self._files.create_disks(connection, spec)

        await self._host.run(f"create the disks of server {spec.server_id}", work)

    async def delete_disks(self, server_id: ServerId) -> None:
        def work(connection: Connection) -> None:
            if guests.found(connection, server_id) is not None:
                raise Refused(f"Guest {server_id} still uses its disks. Destroy the guest first.")
            self._files.delete_disks(connection, server_id)

        await self._host.run(f"delete the disks of server {server_id}", work)

    async def disks(self) -> Collection[ServerId]:
        return await self._host.run("list disks", self._files.servers)

    # Guests.

    async def start_paused(self, spec: GuestSpec) -> None:
        def work(connection: Connection) -> None:
            files = self._files.guest_files(connection, spec)
            domain = guests.found(connection, spec.server_id)
            if domain is not None and domain.isActive():
                return
            virt_type, machine = self._chosen_virt_type(connection), xml.machine_of(spec.hardware, self._settings)
            capabilities.check_hardware(connection, spec, machine, virt_type)
            text = xml.domain_xml(spec, files, virt_type, self._settings)
            domain = connection.defineXMLFlags(text)
            owners.own(domain, self._epoch)
            domain.createWithFlags(binding.START_PAUSED)

        await self._change(f"start guest {spec.server_id}", spec.server_id, work)

    async def resume(self, server_id: ServerId) -> None:
        await self._change(f"resume guest {server_id}", server_id, partial(guests.resume, server_id=server_id))

    async def pause(self, server_id: ServerId) -> None:
        await self._change(f"pause guest {server_id}", server_id, partial(guests.pause, server_id=server_id))

    async def suspend(self, server_id: ServerId) -> None:
        await self._change(f"suspend guest {server_id}", server_id, partial(guests.suspend, server_id=server_id))

    async def inject_nmi(self, server_id: ServerId) -> None:
        work = partial(guests.inject_nmi, server_id=server_id)
        await self._change(f"send guest {server_id} an interrupt", server_id, work)

    async def diagnostics(self, server_id: ServerId) -> GuestDiagnostics:
        return await self._host.run(f"tell what guest {server_id} uses", partial(guests.use_of, server_id=server_id))

    async def destroy(self, server_id: ServerId) -> None:
        def work(connection: Connection) -> None:
            domain = guests.found(connection, server_id)
            if domain is not None:
                guests.take_power(domain)
                domain.undefineFlags(binding.UNDEFINE_ALL)

        # Gone meanwhile is gone.
        with suppress(Missing):
            await self._change(f"destroy guest {server_id}", server_id, work)

    async def power(self, server_id: ServerId) -> GuestPower:
        def work(connection: Connection) -> GuestPower:
            domain = guests.found(connection, server_id)
            return "absent" if domain is None else guests.power(domain)

        try:
            return await self._host.run(f"tell the state of guest {server_id}", work)
        except Missing:
            return "absent"

    async def powers(self) -> Mapping[ServerId, GuestPower]:
        def work(connection: Connection) -> Mapping[ServerId, GuestPower]:
            told = ((xml.server_of(one.name()), own) for one, own in connection.getAllDomainStats(binding.STATS_STATE))
            return {guest: guests.shown(own["state.state"], own.get("state.reason", 0)) for guest, own in told if guest}

        return await self._host.run("list the states of guests", work)

    async def start(self, server_id: ServerId) -> None:
        await self._change(f"start guest {server_id}", server_id, partial(guests.start, server_id=server_id))

    async def shutdown(self, server_id: ServerId, grace_seconds: float) -> None:
        aim = f"shut guest {server_id} down"

        def ask(connection: Connection) -> bool:
            domain = guests.guest(connection, server_id)
            if guests.power(domain) != "running":
                guests.take_power(domain)
                return True
            domain.shutdown()
            return False

        def is_off(connection: Connection) -> bool:
            return not guests.guest(connection, server_id).isActive()

        # Refused by state: it has stopped since we looked, or is about to.
        with suppress(InvalidState):
            if await self._change(aim, server_id, ask):
                return
        if not await self._until(aim, is_off, grace_seconds):
            await self._change(aim, server_id, lambda there: guests.take_power(guests.guest(there, server_id)))

    async def reboot(self, server_id: ServerId, *, hard: bool) -> None:
        work = partial(guests.reboot, server_id=server_id, hard=hard)
        await self._change(f"reboot guest {server_id}", server_id, work)

    async def attach_interface(self, server_id: ServerId, vif: VIF) -> None:
        def work(connection: Connection) -> None:
            domain = guests.guest(connection, server_id)
            wanting = [each for each in _descriptions(domain) if xml.interface_of(each[1], vif.id) is None]
            capabilities.check_room(server_id, [description for _, description in wanting])
            for flag, description in wanting:
                model = xml.vif_model_of(description)
                domain.attachDeviceFlags(xml.interface_xml(vif, self._settings, model), flag)

        await self._change(f"attach port {vif.id} to guest {server_id}", server_id, work)

    async def detach_interface(self, server_id: ServerId, nic: NicOfPort) -> None:
        """Raises Transient when the guest does not let the NIC go in time; it may be busy booting."""
        aim = f"detach port {nic.id} from guest {server_id}"

        def ask(connection: Connection) -> bool:
            domain = guests.found(connection, server_id)
            if domain is None:
                return True
            descriptions = _descriptions(domain)
            for flag, description in reversed(descriptions):
                interface = xml.interface_of(description, nic.id)
                if interface is not None:
                    domain.detachDeviceFlags(interface, flag)
            return len(descriptions) == 1

        def is_gone(connection: Connection) -> bool:
            domain = guests.found(connection, server_id)
            return domain is None or xml.interface_of(domain.XMLDesc(), nic.id) is None

        with suppress(Missing):
            if await self._change(aim, server_id, ask):
                return
            if not await self._until(aim, is_gone, self._settings.detach_seconds):
                raise Transient(f"Guest {server_id} has not let the NIC of port {nic.id} go yet.")

    async def interfaces(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, frozenset[FoundNic]]:
        def work(connection: Connection) -> Mapping[ServerId, frozenset[FoundNic]]:
            found = {server_id: _nics(connection, server_id) for server_id in server_ids}
            return {server_id: nics for server_id, nics in found.items() if nics is not None}

        return await self._host.run("list the NICs of guests", work)

    async def console_output(self, server_id: ServerId, lines: int | None) -> bytes:
        aim = f"read the console of guest {server_id}"
        kept = await self._host.run(aim, lambda connection: self._files.read_console(connection, server_id))
        return last_lines(kept, lines)

    async def guests(self) -> Collection[ServerId]:
        def work(connection: Connection) -> Collection[ServerId]:
            servers = (xml.server_of(domain.name()) for domain in connection.listAllDomains())
            return frozenset(server for server in servers if server is not None)

        return await self._host.run("list guests", work)

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

    # The parts of the verbs.

    async def _change(self, aim: str, server_id: ServerId, work: Callable[[Connection], T]) -> T:
        """Do the work on a guest that is this epoch's from then on. Raises LeaseLost where a newer owner has it."""

        def owned(connection: Connection) -> T:
            domain = guests.found(connection, server_id) if self._epoch else None
            if domain is not None:
                owners.own(domain, self._epoch)
            return work(connection)

        return await self._host.run(aim, owned)

    async def _until(self, aim: str, reached: Callable[[Connection], bool], seconds: float) -> bool:
        """Look again and again; False when it was not reached in time."""
        deadline = time.monotonic() + seconds
        while not await self._host.run(aim, reached):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            await asyncio.sleep(min(POLL_SECONDS, left))
        return True

    def _chosen_virt_type(self, connection: Connection) -> Literal["kvm", "qemu"]:
        if self._settings.virt_type != "auto":
            return self._settings.virt_type
        if self._virt_type is None:
            self._virt_type = "kvm" if capabilities.offers_kvm_on_bare_metal(connection.getCapabilities()) else "qemu"
        return self._virt_type

    def _read_facts(self, connection: Connection) -> HostFacts:
        cpu = capabilities.cpu_facts(connection.getCapabilities())
        return HostFacts(
            hypervisor_type=connection.getType(),
            hypervisor_version=connection.getVersion(),
            vcpus=int(connection.getInfo()[2]),
            # getInfo counts the memory of NUMA cells, which leaves out what was added to a running machine.
            memory_mb=connection.getMemoryStats(binding.ALL_CELLS)["total"] // KIB_PER_MIB,
            disk_gb=self._files.disk_bytes(connection) // GIB,
            cpu_info=msgspec.json.encode(cpu).decode(),
        )


def _descriptions(domain: Domain) -> list[tuple[int, str]]:
    """The guest as it will start next and, while it is on, as it is; each with the flag that changes it."""
    found = [(binding.AFFECT_CONFIG, domain.XMLDesc(binding.XML_INACTIVE))]
    if domain.isActive():
        found.append((binding.AFFECT_LIVE, domain.XMLDesc()))
    return found


def _nics(connection: Connection, server_id: ServerId) -> frozenset[FoundNic] | None:
    """The NICs of a guest, None when there is no such guest, or none any more."""
    try:
        domain = guests.found(connection, server_id)
        descriptions = None if domain is None else _descriptions(domain)
    except libvirt_error as error:
        if error.get_error_code() in binding.MISSING_CODES:
            return None
        raise
    if descriptions is None:
        return None
    return frozenset(FoundNic(port) for _, description in descriptions for port in xml.ports_of(description))


def _soon(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    """From libvirt's thread to the loop; a loop that has ended wants nothing."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(callback)
