"""The disks of a server: one value for each, from which all else that speaks of them is made.

That is: the guest's definition and its files on the host, the names that its users and its metadata are told, what a
resize or a new image makes of them. A server's row holds them, as they were decided when it was created. The words are
those of Nova's block device mappings; disks that are volumes will be values of the same kind.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from berthline.domain.errors import BadRequest
from berthline.domain.hardware import DiskBus, Hardware
from berthline.domain.ids import ImageId

DiskSource = Literal["image", "blank"]
DiskDestination = Literal["local"]
DeviceType = Literal["disk", "cdrom"]

ROOT: Final = "root"
EPHEMERAL: Final = "ephemeral"
RESCUE: Final = "rescue"
FIRMWARE: Final = "firmware"
"""What a UEFI guest's firmware remembers: no disk of the guest's, and read and carried as its disks are."""
SWAP: Final = "swap"
SWAP_FORMAT: Final = "swap"

_PREFIXES: Final[dict[DiskBus, str]] = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd", "ide": "hd"}
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
MIB_PER_GIB: Final = 1024


class Disk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One disk. ``size_mb`` in MiB, 0 as large as its image.

    ``name`` is that of its file on the host, and no other disk of the server has it; ``device`` what the guest calls
    it, without ``/dev/``. ``boot_index`` None: it is not booted from. ``guest_format``: "swap", a file system that it
    comes with, or None for a disk of zeros.
    """

    name: str
    device: str
    bus: DiskBus
    source: DiskSource
    destination: DiskDestination = "local"
    device_type: DeviceType = "disk"
    image_id: ImageId | None = None
    size_mb: int = 0
    boot_index: int | None = None
    guest_format: str | None = None
    delete_on_termination: bool = True
    tag: str | None = None

    @property
    def file_format(self) -> Literal["raw", "qcow2"]:
        """How it lies on the host: what is written into it from outside is written as the guest will read it."""
        return "raw" if self.guest_format is not None else "qcow2"

    @property
    def is_blank(self) -> bool:
        """Whether it began empty: nothing of an image is on it."""
        return self.source == "blank"

    @property
    def is_swap(self) -> bool:
        return self.guest_format == SWAP_FORMAT


class AskedDisk(msgspec.Struct, frozen=True, kw_only=True):
    """A disk as a request describes it; None is left to the cloud. ``size`` in GiB, of a swap disk in MiB.

    ``device`` is what the guest is to call it, without ``/dev/``.
    """

    source: DiskSource
    boot_index: int | None = None
    size: int | None = None
    bus: DiskBus | None = None
    device_type: DeviceType | None = None
    guest_format: str | None = None
    delete_on_termination: bool = True
    device: str | None = None
    tag: str | None = None


PLAIN_ROOT: Final = AskedDisk(source="image", boot_index=0)


def lay_out(
    hardware: Hardware,
    image_id: ImageId | None,
    *,
    root_gb: int,
    ephemeral_gb: int = 0,
    swap_mb: int = 0,
    asked: Sequence[AskedDisk] = (),
    is_iso: bool = False,
) -> tuple[Disk, ...]:
    """The disks of a server, in the order in which its guest has them: the root, those of zeros, swap.

    ``root_gb``, ``ephemeral_gb`` and ``swap_mb`` are the flavor's: the first is the root's size, and what is not asked
    for of the others is one disk of all of it. An ``is_iso`` image is a CD-ROM, as large as it is. Raises BadRequest,
    as Nova, for more than the flavor allows.
    """
    ephemerals = [disk for disk in asked if disk.source == "blank" and disk.guest_format != SWAP_FORMAT]
    swaps = [disk for disk in asked if disk.guest_format == SWAP_FORMAT]
    _check_sizes(ephemerals, swaps, ephemeral_gb, swap_mb)
    root = next((disk for disk in asked if disk.source == "image"), PLAIN_ROOT)
    if ephemeral_gb and not ephemerals:
        ephemerals = [AskedDisk(source="blank", size=ephemeral_gb)]
    if swap_mb and not swaps:
        swaps = [AskedDisk(source="blank", size=swap_mb, guest_format=SWAP_FORMAT)]
    devices = Devices()
    disks = [_root(root, hardware, image_id, devices, root_gb, is_iso=is_iso)]
    for number, disk in enumerate(ephemerals):
        size_mb = (disk.size or ephemeral_gb) * MIB_PER_GIB
        disks.append(_blank(f"{EPHEMERAL}{number or ''}", disk, hardware, devices, size_mb))
    disks += [_blank(SWAP, disk, hardware, devices, disk.size or 0) for disk in swaps if disk.size]
    return tuple(disks)


class Devices:
    """Names of devices that no disk has yet, by bus, as Linux gives them."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def next(self, bus: DiskBus) -> str:
        """The first free one. Raises BadRequest when the bus has no room for one more."""
        for letter in _LETTERS:
            name = _PREFIXES[bus] + letter
            if name not in self._taken:
                self._taken.add(name)
                return name
        raise BadRequest(f"A server has no room for more disks on the bus {bus}.")


def root_of(disks: Sequence[Disk]) -> Disk | None:
    """The disk that a server boots from first."""
    return next((disk for disk in disks if disk.boot_index == 0), None)


def config_drive_device(disks: Sequence[Disk], hardware: Hardware) -> str:
    """What the guest calls its config drive, which comes behind all disks that it has."""
    return Devices(disk.device for disk in disks).next(hardware.config_drive_bus or hardware.disk_bus)


def mappings(disks: Sequence[Disk]) -> Iterator[tuple[str, str]]:
    """EC2's names of a server's disks, each with the device: ami and root (the root), ephemeral0, ephemeral1, …, swap.

    The root is named without its folder under ``ami``, as Nova names it there.
    """
    root = root_of(disks)
    if root is not None:
        yield "ami", root.device
    ephemerals = (disk for disk in disks if disk.source == "blank" and not disk.is_swap)
    for number, disk in enumerate(ephemerals):
        yield f"ephemeral{number}", f"/dev/{disk.device}"
    yield from (("swap", f"/dev/{disk.device}") for disk in disks if disk.is_swap)
    if root is not None:
        yield "root", f"/dev/{root.device}"


def resized(
    disks: Sequence[Disk], hardware: Hardware, *, root_gb: int, ephemeral_gb: int, swap_mb: int
) -> tuple[Disk, ...]:
    """The disks of the same server with a flavor of these sizes: a root, a lone disk of zeros and swap follow it.

    Raises BadRequest where several disks of zeros that were asked for are larger than the flavor's allowance.
    """
    ephemerals = [disk for disk in disks if disk.source == "blank" and not disk.is_swap]
    if len(ephemerals) > 1 and sum(disk.size_mb for disk in ephemerals) > ephemeral_gb * MIB_PER_GIB:
        raise BadRequest("The server's ephemeral disks are larger than the flavor allows: use one with more ephemeral.")
    found: list[Disk] = []
    for disk in disks:
        size_mb = disk.size_mb
        if disk.source == "image" and disk.device_type == "disk":
            size_mb = root_gb * MIB_PER_GIB
        elif disk.is_swap:
            size_mb = swap_mb
        elif disk.source == "blank" and len(ephemerals) == 1:
            size_mb = ephemeral_gb * MIB_PER_GIB
        if size_mb or disk.source == "image":
            found.append(replace(disk, size_mb=size_mb))
    devices = Devices(disk.device for disk in found)
    if ephemeral_gb and not ephemerals:
        asked = AskedDisk(source="blank", size=ephemeral_gb)
        found.append(_blank(EPHEMERAL, asked, hardware, devices, ephemeral_gb * MIB_PER_GIB))
    if swap_mb and not any(disk.is_swap for disk in found):
        asked = AskedDisk(source="blank", guest_format=SWAP_FORMAT)
        found.append(_blank(SWAP, asked, hardware, devices, swap_mb))
    return tuple(found)


def with_image(
    disks: Sequence[Disk], before: Hardware, after: Hardware, image_id: ImageId, *, root_gb: int, is_iso: bool = False
) -> tuple[Disk, ...]:
    """The disks of the same server on another image: those that were on the bus of the old one move to that of the new.

    Each keeps its name, so that what is to be preserved is found again.
    """
    devices = Devices()
    old_root = root_of(disks)
    asked = replace(PLAIN_ROOT, tag=None if old_root is None else old_root.tag)
    found = [_root(asked, after, image_id, devices, root_gb, is_iso=is_iso)]
    for disk in disks:
        if disk is not old_root:
            bus = after.disk_bus if disk.bus == before.disk_bus else disk.bus
            found.append(replace(disk, bus=bus, device=devices.next(bus)))
    return tuple(found)


def for_rescue(
    disks: Sequence[Disk], image_id: ImageId, *, bus: DiskBus, device_type: DeviceType, stable: bool
) -> tuple[Disk, ...]:
    """The disks of the same server while it boots from a rescue disk of that image, which goes with the rescue.

    ``stable``: behind its own, each of which keeps its name in the guest; else before them.
    """
    devices = Devices(disk.device for disk in disks) if stable else Devices()
    rescue = Disk(
        name=RESCUE,
        device=devices.next(bus),
        bus=bus,
        source="image",
        device_type=device_type,
        image_id=image_id,
        boot_index=0,
    )
    own = (replace(disk, boot_index=None) for disk in disks)
    if stable:
        return (*own, rescue)
    return (rescue, *(replace(disk, device=devices.next(disk.bus)) for disk in own))


def _check_sizes(ephemerals: Sequence[AskedDisk], swaps: Sequence[AskedDisk], ephemeral_gb: int, swap_mb: int) -> None:
    if sum(disk.size or ephemeral_gb for disk in ephemerals) > ephemeral_gb or (ephemerals and not ephemeral_gb):
        raise BadRequest(
            "Ephemeral disks requested are larger than the instance type allows. If no size is given in one block "
            "device mapping, flavor ephemeral size will be used."
        )
    if len(swaps) > 1:
        raise BadRequest("Block Device Mapping is Invalid: More than one swap drive requested.")
    if any((disk.size or 0) > swap_mb for disk in swaps):
        raise BadRequest("Swap drive requested is larger than instance type allows.")


def _root(
    asked: AskedDisk,
    hardware: Hardware,
    image_id: ImageId | None,
    devices: Devices,
    root_gb: int,
    *,
    is_iso: bool,
) -> Disk:
    if asked.size not in (None, root_gb):
        raise BadRequest(
            f"Block Device Mapping is Invalid: the image's own disk has the {root_gb} GiB of the flavor, not a "
            f"volume_size of {asked.size}."
        )
    device_type: DeviceType = "cdrom" if is_iso else asked.device_type or "disk"
    disk = _placed(ROOT, asked, hardware, devices, device_type, 0 if is_iso else root_gb * MIB_PER_GIB)
    return replace(disk, image_id=image_id, boot_index=0)


def _blank(name: str, asked: AskedDisk, hardware: Hardware, devices: Devices, size_mb: int) -> Disk:
    return _placed(name, asked, hardware, devices, asked.device_type or "disk", size_mb)


def _placed(
    name: str, asked: AskedDisk, hardware: Hardware, devices: Devices, device_type: DeviceType, size_mb: int
) -> Disk:
    """The disk on its bus. Raises BadRequest for a bus that it cannot be on, and a device that it does not become."""
    bus = asked.bus or (hardware.cdrom_bus if device_type == "cdrom" else hardware.disk_bus)
    if bus == "ide" and "q35" in (hardware.machine or ""):
        raise BadRequest("Block Device Mapping is Invalid: hw_machine_type q35 has no IDE: use the bus sata.")
    if bus == "virtio" and device_type == "cdrom":
        raise BadRequest("Block Device Mapping is Invalid: a CD-ROM is on the bus sata, scsi, ide or usb, not virtio.")
    device = devices.next(bus)
    if asked.device not in (None, device):
        raise BadRequest(
            f"Block Device Mapping is Invalid: a disk cannot be called {asked.device}; this one is {device}. Leave "
            "device_name out."
        )
    return Disk(
        name=name,
        device=device,
        bus=bus,
        source=asked.source,
        device_type=device_type,
        size_mb=size_mb,
        boot_index=asked.boot_index,
        guest_format=asked.guest_format,
        delete_on_termination=asked.delete_on_termination,
        tag=asked.tag,
    )
