"""The seam to what makes guests real. libvirt is one implementation, the simulated host the other.

Every verb may be repeated with the same arguments: doing a thing that is done, or undoing one that is undone, succeeds.
Raises Transient when the host cannot be reached or is busy, Refused when it said no.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Protocol

import msgspec

from berthline.domain.hypervisor.guests import (
    HELD,
    OFF,
    ON,
    BaseImage,
    CachedImage,
    DiskUse,
    FoundNic,
    GuestDiagnostics,
    GuestPower,
    GuestSpec,
    HostFacts,
    NicOfPort,
    NicUse,
)
from berthline.domain.hypervisor.moving import MovesGuests
from berthline.domain.ids import CopyId, HostName, ImageId, ServerId
from berthline.domain.network_info import VIF

__all__ = [
    "HELD",
    "OFF",
    "ON",
    "BaseImage",
    "CachedImage",
    "DiskCopy",
    "DiskReader",
    "DiskUse",
    "FoundNic",
    "GuestDiagnostics",
    "GuestPower",
    "GuestSpec",
    "GuestStream",
    "HostFacts",
    "Hypervisor",
    "ImageSource",
    "NicOfPort",
    "NicUse",
]


class ImageSource(Protocol):
    """Where a host reads an image from: chunks of bytes, constant memory."""

    def read(self, image_id: ImageId) -> AsyncIterator[bytes]: ...


class DiskCopy(msgspec.Struct, frozen=True):
    """A copy of a server's root disk that lies on a host for a while, whole or begun."""

    server_id: ServerId
    copy_id: CopyId


class GuestStream(Protocol):
    """Bytes to and from a device of a guest, for one who reads and one who writes.

    Raises Transient when the way to the host broke.
    """

    async def read(self) -> bytes:
        """What the guest sent since the last time, as soon as there is some; b"" at the end, then always."""
        ...

    async def write(self, data: bytes) -> None:
        """Have the guest get this; after the end it is dropped."""
        ...

    async def close(self) -> None:
        """Let it go: whoever reads is at the end. A second time is fine."""
        ...


class DiskReader(Protocol):
    """Where the disks of a guest are read from, to be had elsewhere: chunks of a file's bytes, constant memory."""

    def read_disk(self, server_id: ServerId, name: str) -> AsyncIterator[bytes]:
        """The file of a disk that no guest writes to; nothing of one that the guest has not.

        With the name ``domain.disks.FIRMWARE``: what its firmware remembers, where that is UEFI and has run.
        Raises Refused where it has not even a root disk.
        """
        ...


class Hypervisor(DiskReader, MovesGuests, Protocol):
    """One host."""

    @property
    def host(self) -> HostName: ...

    def at_epoch(self, epoch: int) -> "Hypervisor":
        """The same host, for its owner of this epoch; 0, as of a host that was made: for nobody's.

        A guest carries the newest epoch of those who changed it. Each verb that changes a guest raises LeaseLost, and
        changes nothing, where the guest's epoch is newer than the owner's.
        """
        ...

    async def facts(self) -> HostFacts: ...

    async def cache_image(self, image: BaseImage, source: ImageSource) -> None:
        """Have the image in the host's cache, complete and of the right digest. Shared by guests; never undone."""
        ...

    async def cached_images(self) -> Collection[CachedImage]:
        """Every image that is whole in the host's cache."""
        ...

    async def remove_cached_image(self, image: CachedImage) -> bool:
        """Take the image out of the cache; False, and it stays, while a disk on the host is made of it.

        Who makes a disk of it meanwhile either keeps it or is told NoBaseImage. An image that is not there is removed.
        """
        ...

    async def create_disks(self, spec: GuestSpec) -> None:
        """Raises NoBaseImage where the host has no copy of the image.

        The root overlay on the cached image, the empty disks of the flavor, and the config drive of this guest.
        """
        ...

    async def renew_disks(self, spec: GuestSpec, *, keep_empty: bool) -> None:
        """The disks of a server without a guest anew, as ``create_disks`` makes them; what was on them is lost.

        ``keep_empty``: those that began empty, the flavor's ephemeral disk and its swap, stay with what is on them.
        Raises Refused while the server has a guest on the host, and where the image is not cached.
        """
        ...

    async def create_rescue_disks(self, spec: GuestSpec) -> None:
        """The rescue disk, an overlay on the cached image, and the config drive of the rescue; the others stay."""
        ...

    async def delete_rescue_disks(self, server_id: ServerId) -> None:
        """Raises Refused while the guest is defined with them."""
        ...

    async def delete_disks(self, server_id: ServerId) -> None:
        """Have none of its disks. Raises DisksInUse while it has a guest."""
        ...

    async def keep_disks(self, server_id: ServerId) -> None:
        """Have a copy of the disks of a guest that is off, as they are now, beside them; anew where one is there."""
        ...

    async def restore_disks(self, server_id: ServerId) -> None:
        """Have the disks again that ``keep_disks`` kept, in place of those that are there. The copy stays.

        Raises Refused where none was kept.
        """
        ...

    async def forget_kept_disks(self, server_id: ServerId) -> None:
        """Remove what ``keep_disks`` kept; none there is fine."""
        ...

    async def grow_disks(self, spec: GuestSpec) -> None:
        """Make the disks of a guest that is off as large as the spec says; none gets smaller.

        Swap of another size, and the config drive, are made anew.
        """
        ...

    async def receive_disks(self, spec: GuestSpec, source: DiskReader) -> None:
        """Have the disks that the guest has on another host, where it is off, and as large as the spec says.

        What its UEFI firmware remembers comes with them; ``destroy`` makes a guest's firmware forget.
        The image has to be cached here. What another attempt left is removed first; nothing is done once the guest is
        defined here.
        """
        ...

    async def define(self, spec: GuestSpec) -> None:
        """Have the guest defined by this spec, off, however it was before. Raises Refused for one that is on."""
        ...

    async def start_paused(self, spec: GuestSpec) -> None:
        """Define the guest, anew where it is defined and off, and start it paused, its taps plugged."""
        ...

    async def resume(self, server_id: ServerId) -> None:
        """Let a paused guest run on."""
        ...

    async def pause(self, server_id: ServerId) -> None:
        """Stop the guest's processors; its memory and its taps stay."""
        ...

    async def suspend(self, server_id: ServerId) -> None:
        """Write the guest's memory to its host's disk and shut it off; ``start`` lets it go on from there."""
        ...

    async def inject_nmi(self, server_id: ServerId) -> None:
        """Send the guest a non-maskable interrupt, at which its kernel may write a crash dump."""
        ...

    async def destroy(self, server_id: ServerId) -> None:
        """Stop the guest at once, undefine it, unplug its taps. Its disks stay."""
        ...

    async def power(self, server_id: ServerId) -> GuestPower: ...

    async def powers(self) -> Mapping[ServerId, GuestPower]:
        """The power of every guest in ``guests``, by one question however many there are."""
        ...

    async def hung_guests(self) -> Collection[ServerId]:
        """The guests that are on and whose hypervisor answers the host no more: what is asked of them waits for ever.

        It takes seconds where there are some. To destroy one ends it.
        """
        ...

    async def start(self, server_id: ServerId) -> None:
        """Start a defined guest that is shut off, from its saved memory where ``suspend`` left one."""
        ...

    async def shutdown(self, server_id: ServerId, grace_seconds: float) -> None:
        """Ask the guest to power off; after ``grace_seconds`` take the power away. Defined guests stay defined."""
        ...

    async def ask_to_power_off(self, server_id: ServerId) -> None:
        """Ask the guest to power off, and wait for nothing: it may take its time, or not listen.

        A guest that does not run cannot be asked, and stays as it is.
        """
        ...

    async def reboot(self, server_id: ServerId) -> None:
        """Cut the guest's power and start it anew, also one that is off; memory that was saved is forgotten."""
        ...

    async def set_password(self, server_id: ServerId, user: str, password: str) -> None:
        """Set a user's password by the agent in a guest that runs. Raises Refused where none answers."""
        ...

    async def diagnostics(self, server_id: ServerId) -> GuestDiagnostics:
        """What a guest that is on has used since it started. Raises Refused for one that is not."""
        ...

    async def attach_interface(self, server_id: ServerId, vif: VIF) -> None:
        """Raises Refused where the guest has as many NICs as it can; see ``domain.hardware.most_nics``."""
        ...

    async def detach_interface(self, server_id: ServerId, nic: NicOfPort) -> None: ...

    async def interfaces(self, server_ids: Collection[ServerId]) -> Mapping[ServerId, frozenset[FoundNic]]:
        """The NICs of these guests, as they run and as they would start next; guests that are absent are left out."""
        ...

    async def console_output(self, server_id: ServerId, lines: int | None) -> bytes:
        """The last ``lines`` lines of the serial console, what is behind the last newline among them, or all."""
        ...

    async def open_screen(self, server_id: ServerId) -> GuestStream:
        """The guest's screen, keyboard and mouse: an RFB server (RFC 6143, version 3.8) that asks for no password.

        Where the host has no way for a mouse, the desktop's name says so, and what is sent of one is dropped. There may
        be several at once. It ends with the guest's power. Raises Refused for a guest that is off.
        """
        ...

    async def open_serial(self, server_id: ServerId) -> GuestStream:
        """The guest's serial console, as a terminal sees it. It ends with the guest's power.

        There is one at a time: who had it before reads its end. Raises Refused for a guest that is off.
        """
        ...

    async def guests(self) -> Collection[ServerId]:
        """Every guest of Berthline's that the host has defined, running or not."""
        ...

    async def disks(self) -> Collection[ServerId]:
        """Every server that the host keeps disks for."""
        ...

    async def copy_disk(self, server_id: ServerId, copy_id: CopyId, *, require_quiesce: bool = False) -> None:
        """Copy the root disk, as it is at one moment, to a qcow2 file of its own on the host: flattened and sparse.

        What an earlier attempt left under this id goes first. The guest may be on, paused or off. A guest that is on
        and has an agent has its file systems quiet at that moment; ``require_quiesce``: one that is on and cannot be
        made quiet raises Refused. Raises Refused where there is no disk, or no room for its copy.
        """
        ...

    def read_copy(self, server_id: ServerId, copy_id: CopyId) -> AsyncIterator[bytes]:
        """The bytes of a whole copy, in chunks, constant memory. Raises Refused where there is none."""
        ...

    async def delete_copy(self, server_id: ServerId, copy_id: CopyId) -> None:
        """End a copying that is under way, let the guest's file systems go on, and leave nothing of the copy."""
        ...

    async def copies(self) -> Collection[DiskCopy]:
        """Every copy that lies on the host. ``delete_disks`` takes those of its server with it."""
        ...

    def on_change(self, callback: Callable[[ServerId], None]) -> None:
        """Call back, on the event loop, when a guest's state may have changed. A hint: it may be lost or repeated."""
        ...

    async def close(self) -> None: ...
