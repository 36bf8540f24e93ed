"""What the verbs of a host share: its connection, its files, and whose its guests are."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from berthline.domain.errors import Refused, Transient
from berthline.domain.ids import HostName, ServerId
from berthline.hypervisor.libvirt import capabilities, copies, guests, owners
from berthline.hypervisor.libvirt.binding import Connection, Stream, libvirt_error
from berthline.hypervisor.libvirt.connection import Host
from berthline.hypervisor.libvirt.images import Files
from berthline.hypervisor.libvirt.settings import LibvirtSettings
from berthline.hypervisor.libvirt.streams.screens import Screens

T = TypeVar("T")
POLL_SECONDS = 0.2
NEAR = frozenset({"qemu", "qemu+unix"})
"""Ways to a libvirt on this machine, by which a socket can be handed over."""


class Verbs:
    """The parts of the verbs; each room of them is a class over this one, and ``driver.LibvirtHost`` is all of them."""

    def __init__(self, name: HostName, uri: str, settings: LibvirtSettings) -> None:
        self._name = name
        self._uri = uri
        self._settings = settings
        self._files = Files(settings.folder)
        times = settings.keepalive_seconds, settings.call_seconds, settings.connect_seconds
        self._host = Host(name, uri, *times, self._files.prepare)
        self._is_near = urlsplit(uri).scheme in NEAR
        self._screens = Screens(settings.call_seconds)
        self._virt_type: Literal["kvm", "qemu"] | None = None
        self._epoch = 0

    async def _change(
        self, aim: str, server_id: ServerId, work: Callable[[Connection], T], at_most: float | None = None
    ) -> T:
        """Do the work on a guest that is this epoch's from then on. Raises LeaseLost where a newer owner has it."""

        def owned(connection: Connection) -> T:
            domain = guests.found(connection, server_id) if self._epoch else None
            if domain is not None:
                owners.own(domain, self._epoch)
            return work(connection)

        return await self._host.run(aim, owned, at_most)

    async def _until(self, aim: str, reached: Callable[[Connection], bool], seconds: float) -> bool:
        """Look again and again; False when it was not reached in time."""
        deadline = time.monotonic() + seconds
        while not await self._host.run(aim, reached):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            await asyncio.sleep(min(POLL_SECONDS, left))
        return True

    async def _read(self, aim: str, stream: Stream) -> AsyncGenerator[bytes]:
        """What a stream of the host gives up to its end; one that is not read to it is aborted."""
        whole = False
        try:
            while block := await self._host.run(aim, lambda _: copies.read(stream)):
                yield block
            await self._host.run(aim, lambda _: stream.finish())
            whole = True
        finally:
            if not whole:
                await self._abort(aim, stream)

    async def _abort(self, aim: str, stream: Stream) -> None:
        def work(_connection: Connection) -> None:
            with suppress(libvirt_error):
                stream.abort()

        with suppress(Transient, Refused):
            await self._host.run(aim, work)

    def _chosen_virt_type(self, connection: Connection) -> Literal["kvm", "qemu"]:
        if self._settings.virt_type != "auto":
            return self._settings.virt_type
        if self._virt_type is None:
            self._virt_type = "kvm" if capabilities.offers_kvm_on_bare_metal(connection.getCapabilities()) else "qemu"
        return self._virt_type
