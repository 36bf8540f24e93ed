"""``block_device_mapping_v2`` and the older ``block_device_mapping`` of POST /servers, as the disks that are asked for.

The rules and their words are Nova's (``nova.block_device``, ``nova.compute.api``). Volumes and snapshots are refused.
"""

import re
from collections.abc import Sequence
from typing import Final, get_args

import msgspec

from berthline.api.compute import fields
from berthline.api.compute.context import Context, unsupported
from berthline.api.compute.fields import Flexible
from berthline.domain.disks import SWAP_FORMAT, AskedDisk, DeviceType
from berthline.domain.errors import BadRequest
from berthline.domain.hardware import DiskBus
from berthline.domain.ids import ImageId

UNSET: Final = msgspec.UNSET
VOLUME_TYPE_SINCE: Final = 67
MOST_LOCAL: Final = 3
"""Disks on its host that one server may have: Nova's ``max_local_block_devices``."""

_DEVICE_NAME: Final = re.compile(r"[a-zA-Z0-9._/-]{1,255}")
_BUSES: Final = frozenset({"fdc", "ide", "sata", "scsi", "usb", "virtio", "xen", "lxc", "uml"})
"""All that Nova knows; those that are not offered here are refused by name."""
_OFFERED_BUSES: Final[dict[str, DiskBus]] = {bus: bus for bus in get_args(DiskBus)}
_OFFERED_TYPES: Final[dict[str, DeviceType]] = {kind: kind for kind in get_args(DeviceType)}
_VIRTUAL: Final = re.compile(r"swap|ephemeral(0|[1-9][0-9]*)")


class BlockDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item of ``block_device_mapping_v2``."""

    uuid: str | None = None
    boot_index: Flexible | None = None
    source_type: str | None = None
    destination_type: str | None = None
    delete_on_termination: Flexible = False
    device_name: str | None = None
    device_type: str | None = None
    disk_bus: str | None = None
    guest_format: str | None = None
    no_device: Flexible | None = None
    volume_size: Flexible | None = None
    image_id: str | None = None
    volume_id: str | None = None
    snapshot_id: str | None = None
    volume_type: str | msgspec.UnsetType | None = UNSET
    virtual_name: str | None = None
    connection_info: str | None = None
    tag: str | msgspec.UnsetType = UNSET


class OldBlockDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One item of ``block_device_mapping``, of which Nova still takes all."""

    virtual_name: str | None = None
    volume_id: str | None = None
    snapshot_id: str | None = None
    volume_size: Flexible | None = None
    device_name: str | None = None
    delete_on_termination: Flexible = False
    no_device: Flexible | None = None
    connection_info: str | None = None


def check_versions(context: Context, devices: Sequence[BlockDevice]) -> None:
    """Raise BadRequest for a field that this microversion does not know."""
    tags = context.since(32) and (not context.since(37) or context.since(42))
    for device in devices:
        if device.tag is not UNSET and not tags:
            raise _unexpected("tag")
        if device.volume_type is not UNSET and not context.since(VOLUME_TYPE_SINCE):
            raise _unexpected("volume_type")


def asked_disks(
    image_id: ImageId, devices: Sequence[BlockDevice], old: Sequence[OldBlockDevice]
) -> tuple[AskedDisk, ...]:
    """The disks that a server on this image was asked to have; what they leave out is the image's and the flavor's.

    Raises BadRequest, with Nova's words where it refuses, and by name for what this cloud does not offer.
    """
    if devices and old:
        raise BadRequest("Using different block_device_mapping syntaxes is not allowed in the same request.")
    asked = tuple(_old(device) for device in old if not _is_nothing(device.no_device))
    asked += tuple(_asked(image_id, device) for device in devices if not _is_nothing(device.no_device))
    if devices:
        _check_boot_sequence(asked)
    if len(asked) + (not devices) > MOST_LOCAL:
        raise _invalid("You specified more local devices than the limit allows")
    return asked


def _asked(image_id: ImageId, device: BlockDevice) -> AskedDisk:
    _refuse_volumes(device)
    boot_index = _boot_index(device)
    if device.source_type == "blank":
        if device.uuid is not None:
            raise _invalid("Invalid device UUID.")
    elif device.source_type == "image":
        _check_image(image_id, device, boot_index)
    else:
        raise _invalid("Some required fields are missing")
    if device.destination_type is None:
        raise _invalid("a block device needs a destination_type: local is what this cloud has.")
    guest_format = _guest_format(device)
    size = _size(device.volume_size)
    if guest_format == SWAP_FORMAT and not size:
        raise _invalid("A swap disk needs a volume_size, in MiB.")
    return AskedDisk(
        source="image" if device.source_type == "image" else "blank",
        boot_index=None if boot_index is None or boot_index < 0 else boot_index,
        size=size,
        bus=_bus(device.disk_bus),
        device_type=_device_type(device),
        guest_format=guest_format,
        delete_on_termination=fields.as_boolean("delete_on_termination", device.delete_on_termination),
        device=_device_name(device.device_name),
        tag=None if device.tag is UNSET else fields.check_tag(device.tag),
    )


def _refuse_volumes(device: BlockDevice) -> None:
    if device.source_type not in (None, "volume", "image", "snapshot", "blank"):
        raise fields.invalid("source_type", device.source_type, "It is one of volume, image, snapshot, blank.")
    if device.destination_type not in (None, "local", "volume"):
        raise fields.invalid("destination_type", device.destination_type, "It is one of local, volume.")
    if device.source_type in ("volume", "snapshot") or device.volume_id or device.snapshot_id:
        unsupported("A block device from a volume or a snapshot of one (block_device_mapping_v2)")
    if device.destination_type == "volume":
        unsupported("A block device that is a volume (destination_type volume)")
    if device.volume_type:
        raise _invalid("Specifying a volume_type with destination_type=local is not supported.")
    if device.connection_info or device.virtual_name:
        unsupported("connection_info or virtual_name in block_device_mapping_v2")


def _check_image(image_id: ImageId, device: BlockDevice, boot_index: int | None) -> None:
    """The image's own disk is the only one that an image makes on the host, in Nova too."""
    named = device.uuid or device.image_id
    if named is None:
        raise _invalid("Missing device UUID.")
    if boot_index != 0:
        raise _invalid("Mapping image to local is not supported.")
    if named != image_id:
        raise _invalid(f"the device with boot index 0 is of image {named[:64]}, and imageRef is {image_id}.")


def _check_boot_sequence(asked: Sequence[AskedDisk]) -> None:
    indexes = sorted(disk.boot_index for disk in asked if disk.boot_index is not None)
    if not indexes or indexes != list(range(len(indexes))) or asked[_first(asked)].source != "image":
        raise _invalid(
            "Boot sequence for the instance and image/block device mapping combination is not valid. The image of "
            "imageRef is to be among block_device_mapping_v2, with boot_index 0."
        )


def _first(asked: Sequence[AskedDisk]) -> int:
    return next(place for place, disk in enumerate(asked) if disk.boot_index == 0)


def _boot_index(device: BlockDevice) -> int | None:
    if device.boot_index is None:
        return None
    if isinstance(device.boot_index, bool) or not re.fullmatch(r"-?[0-9]{1,9}", str(device.boot_index)):
        raise fields.invalid("boot_index", device.boot_index, "It is a number; a negative one is not booted from.")
    return int(device.boot_index)


def _size(size: Flexible | None) -> int | None:
    if size is None or size == "":
        return None
    return fields.as_integer("volume_size", size, 0) or None


def _bus(bus: str | None) -> DiskBus | None:
    if bus is None:
        return None
    if bus not in _BUSES:
        raise BadRequest(f"Block Device Mapping is invalid: The provided disk bus {bus[:64]} is not valid.")
    if bus not in _OFFERED_BUSES:
        unsupported(f"The disk bus {bus}")
    return _OFFERED_BUSES[bus]


def _device_type(device: BlockDevice) -> DeviceType | None:
    if device.device_type is None:
        return None
    if device.device_type == "cdrom" and device.source_type == "blank":
        unsupported("An empty CD-ROM (source_type blank, device_type cdrom)")
    if device.device_type not in _OFFERED_TYPES:
        unsupported(f"The device type {device.device_type[:64]}")
    return _OFFERED_TYPES[device.device_type]


def _guest_format(device: BlockDevice) -> str | None:
    if not device.guest_format:
        return None
    if device.source_type != "blank" or device.guest_format != SWAP_FORMAT:
        unsupported(
            f"A disk that comes with the guest_format {device.guest_format[:64]}, as what is on a disk is its guest's "
            "to choose,"
        )
    return SWAP_FORMAT


def _device_name(name: str | None) -> str | None:
    """Without its folder: how the guest is to call the disk."""
    if name is None:
        return None
    if not _DEVICE_NAME.fullmatch(name):
        raise fields.invalid("device_name", name, "It has 1 to 255 letters, digits or any of . _ / -")
    return name.removeprefix("/dev/")


def _old(device: OldBlockDevice) -> AskedDisk:
    if device.volume_id or device.snapshot_id:
        unsupported("block_device_mapping (volumes)")
    if device.virtual_name is None or not _VIRTUAL.fullmatch(device.virtual_name):
        raise _invalid("Unrecognized legacy format.")
    if device.connection_info:
        unsupported("connection_info in block_device_mapping")
    is_swap = device.virtual_name == "swap"
    size = _size(device.volume_size)
    if is_swap and not size:
        raise _invalid("A swap disk needs a volume_size, in MiB.")
    return AskedDisk(
        source="blank",
        size=size,
        guest_format=SWAP_FORMAT if is_swap else None,
        device=_device_name(device.device_name),
    )


def _is_nothing(no_device: Flexible | None) -> bool:
    """Whether it says that there is to be no such device, which is so: no image here brings devices of its own."""
    return no_device is not None and fields.asked_boolean("no_device", no_device)


def _invalid(why: str) -> BadRequest:
    return BadRequest(f"Block Device Mapping is Invalid: {why}")


def _unexpected(name: str) -> BadRequest:
    return BadRequest(f"Additional properties are not allowed ('{name}' was unexpected)")
