"""A host of a simulated world in another process. Fits ``Hypervisor``."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import suppress
from typing import TypedDict, cast

import msgspec

from berthline.domain.disks import FIRMWARE
from berthline.domain.errors import OutsideError
from berthline.domain.hypervisor import (
    BaseImage,
    CachedImage,
    DiskCopy,
    DiskReader,
    FoundNic,
    GuestDiagnostics,
    GuestPower,
    GuestSpec,
    GuestStream,
    HostFacts,
    ImageSource,
    NicOfPort,
)
from berthline.domain.hypervisor.moving import MoveProgress, MovesGuests, MoveWays, MovingDisks
from berthline.domain.ids import CopyId, HostName, ServerId
from berthline.domain.network_info import VIF
from berthline.simulated.link import Link
from berthline.simulated.streams import StreamKind


class _By(TypedDict):
    """Where something is to be changed, and for whom."""

    host: HostName
    epoch: int


class DistantStream:
    """A screen or a serial console there. Fits ``GuestStream``."""

    def __init__(self, link: Link, number: int) -> None:
        self._link = link
        self._number = number
        self._closed = asyncio.Event()

    @classmethod
    async def opened(cls, link: Link, host: HostName, server_id: ServerId, kind: StreamKind) -> "DistantStream":
        """Open it. Raises Refused and Transient, as the verbs do."""
        return cls(link, cast("int", await link.call("open_stream", host, server_id, kind)))

    async def read(self) -> bytes:
        while not self._closed.is_set():
            data = cast("bytes | None", await self._link.call("read_stream", self._number))
            if data is not None:
                return data
        return b""

    async def write(self, data: bytes) -> None:
        await self._link.call("write_stream", self._number, data)

    async def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            with suppress(OutsideError):
                await self._link.call("close_stream", self._number)


class DistantHost:
    """One host, by the link that all of its process share; the link is closed by who opened it."""

    def __init__(self, name: HostName, link: Link, epoch: int = 0) -> None:
        self._name = name
        self._link = link
        self._by: _By = {"host": name, "epoch": epoch}

    def at_epoch(self, epoch: int) -> "DistantHost":
        return DistantHost(self._name, self._link, epoch)

    @property
    def host(self) -> HostName:
        return self._name

    async def facts(self) -> HostFacts:
        return cast("HostFacts", await self._link.call("facts", host=self._name))

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        await self._link.cache_image(self._name, image, source)

    async def cached_images(self) -> Collection[CachedImage]:
        return cast("Collection[CachedImage]", await self._link.call("cached_images", host=self._name))

    async def remove_cached_image(self, image: CachedImage) -> bool:
        return cast("bool", await self._link.call("remove_cached_image", image, **self._by))

    async def create_disks(self, spec: GuestSpec) -> None:
        await self._link.call("create_disks", _sent(spec), **self._by)

    async def renew_disks(self, spec: GuestSpec, *, keep_empty: bool) -> None:
        await self._link.call("renew_disks", _sent(spec), keep_empty, **self._by)

    async def create_rescue_disks(self, spec: GuestSpec) -> None:
        await self._link.call("create_rescue_disks", _sent(spec), **self._by)

    async def delete_rescue_disks(self, server_id: ServerId) -> None:
        await self._link.call("delete_rescue_disks", server_id, **self._by)

    async def delete_disks(self, server_id: ServerId) -> None:
        await self._link.call("delete_disks", server_id, **self._by)

    async def read_disk(self, server_id: ServerId, name: str) -> AsyncIterator[bytes]:
        yield cast("bytes", await self._link.call("read_disk", server_id, name, host=self._name))

    async def keep_disks(self, server_id: ServerId) -> None:
        await self._link.call("keep_disks", server_id, **self._by)

    async def restore_disks(self, server_id: ServerId) -> None:
        await self._link.call("restore_disks", server_id, **self._by)

    async def forget_kept_disks(self, server_id: ServerId) -> None:
        await self._link.call("forget_kept_disks", server_id, **self._by)

    async def grow_disks(self, spec: GuestSpec) -> None:
        await self._link.call("grow_disks", _sent(spec), **self._by)

    async def receive_disks(self, spec: GuestSpec, source: DiskReader) -> None:
        """What simulated guests write is little, and goes with the call."""
        if await self.power(spec.server_id) != "absent":
            return
        names = [disk.name for disk in spec.disks if not disk.is_swap]
        if spec.hardware.firmware == "uefi":
            names.append(FIRMWARE)
        content = {name: b"".join([chunk async for chunk in source.read_disk(spec.server_id, name)]) for name in names}
        await self._link.call("receive_disks", _sent(spec), content, **self._by)

    async def moving_disks(self, server_id: ServerId) -> MovingDisks:
        return cast("MovingDisks", await self._link.call("moving_disks", server_id, host=self._name))

    async def await_disks(self, spec: GuestSpec, disks: MovingDisks) -> None:
        await self._link.call("await_disks", _sent(spec), disks, **self._by)

    async def begin_move(self, server_id: ServerId, destination: MovesGuests, ways: MoveWays) -> None:
        await self._link.call("begin_move", server_id, destination.host, ways, **self._by)

    async def move_progress(self, server_id: ServerId) -> MoveProgress | None:
        return cast("MoveProgress | None", await self._link.call("move_progress", server_id, host=self._name))

    async def finish_move(self, server_id: ServerId) -> None:
        await self._link.call("finish_move", server_id, **self._by)

    async def abort_move(self, server_id: ServerId) -> None:
        await self._link.call("abort_move", server_id, **self._by)

    async def define(self, spec: GuestSpec) -> None:
        await self._link.call("define", msgspec.structs.replace(_sent(spec), config_drive=None), **self._by)

    async def start_paused(self, spec: GuestSpec) -> None:
        # the config drive went with the disks
        await self._link.call("start_paused", msgspec.structs.replace(_sent(spec), config_drive=None), **self._by)

    async def resume(self, server_id: ServerId) -> None:
        await self._link.call("resume", server_id, **self._by)

    async def pause(self, server_id: ServerId) -> None:
        await self._link.call("pause", server_id, **self._by)

    async def suspend(self, server_id: ServerId) -> None:
        await self._link.call("suspend", server_id, **self._by)

    async def inject_nmi(self, server_id: ServerId) -> None:
        await self._link.call("inject_nmi", server_id, **self._by)

    async def set_password(self, server_id: ServerId, user: str, password: str) -> None:
        await self._link.call("set_password", server_id, user, password, **self._by)

    async def diagnostics(self, server_id: ServerId) -> GuestDiagnostics:
        return cast("GuestDiagnostics", await self._link.call("diagnostics", server_id, host=self._name))

    async def destroy(self, server_id: ServerId) -> None:
        await self._link.call("destroy", server_id, **self._by)

    async def power(self, server_id: ServerId) -> GuestPower:
        return cast("GuestPower", await self._link.call("power", server_id, host=self._name))

    async def hung_guests(self) -> Collection[ServerId]:
        return cast("Collection[ServerId]", await self._link.call("hung_guests", host=self._name))

    async def powers(self) -> Mapping[ServerId, GuestPower]:
        return cast("Mapping[ServerId, GuestPower]", await self._link.call("powers", host=self._name))

    async def start(self, server_id: ServerId) -> None:
        await self._link.call("start", server_id, **self._by)

    async def shutdown(self, server_id: ServerId, grace_seconds: float) -> None:
        await self._link.call("shutdown", server_id, grace_seconds, **self._by, seconds=grace_seconds)

    async def ask_to_power_off(self, server_id: ServerId) -> None:
        await self._link.call("ask_to_power_off", server_id, **self._by)

    async def reboot(self, server_id: ServerId) -> None:
        await self._link.call("reboot", server_id, **self._by)

    async def attach_interface(self, server_id: ServerId, vif: VIF) -> None:
        await self._link.call("attach_interface", server_id, vif, **self._by)

    async def detach_interface(self, server_id: ServerId, nic: NicOfPort) -> None:
        await self._link.call("detach_interface", server_id, nic.id, **self._by)

    async def interfaces(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, frozenset[FoundNic]]:
        found = await self._link.call("interfaces", tuple(server_ids), host=self._name)
        return cast("Mapping[ServerId, frozenset[FoundNic]]", found)

    async def console_output(self, server_id: ServerId, lines: int | None) -> bytes:
        return cast("bytes", await self._link.call("console_output", server_id, lines, host=self._name))

    async def open_screen(self, server_id: ServerId) -> GuestStream:
        return await DistantStream.opened(self._link, self._name, server_id, "screen")

    async def open_serial(self, server_id: ServerId) -> GuestStream:
        return await DistantStream.opened(self._link, self._name, server_id, "serial")

    async def guests(self) -> Collection[ServerId]:
        return cast("Collection[ServerId]", await self._link.call("guests", host=self._name))

    async def disks(self) -> Collection[ServerId]:
        return cast("Collection[ServerId]", await self._link.call("disks", host=self._name))

    async def copy_disk(self, server_id: ServerId, copy_id: CopyId, *, require_quiesce: bool = False) -> None:
        await self._link.call("copy_disk", server_id, copy_id, require_quiesce, **self._by)

    async def read_copy(self, server_id: ServerId, copy_id: CopyId) -> AsyncIterator[bytes]:
        """A simulated disk is small: it comes as one answer."""
        yield cast("bytes", await self._link.call("read_copy", server_id, copy_id, host=self._name))

    async def delete_copy(self, server_id: ServerId, copy_id: CopyId) -> None:
        await self._link.call("delete_copy", server_id, copy_id, **self._by)

    async def copies(self) -> Collection[DiskCopy]:
        return cast("Collection[DiskCopy]", await self._link.call("copies", host=self._name))

    def on_change(self, callback: Callable[[ServerId], None]) -> None:
        self._link.on_guest(self._name, callback)

    async def close(self) -> None:
        """Forget who listens."""
        self._link.forget(self._name)


def _sent(spec: GuestSpec) -> GuestSpec:
    """The spec as it can be sent: a name may hold what UTF-8 cannot say."""
    name = spec.name.encode(errors="replace").decode()
    return spec if name == spec.name else msgspec.structs.replace(spec, name=name)
