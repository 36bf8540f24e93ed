"""The disks and the hardware of a server: decided when it is created, read back for whoever makes its guest."""

from collections.abc import Mapping

import msgspec

from berthline.domain.compute import Flavor, Server
from berthline.domain.disks import AskedDisk, DeviceType, Disk, for_rescue, lay_out, with_image
from berthline.domain.errors import BadRequest
from berthline.domain.hardware import Hardware
from berthline.domain.ids import ImageId
from berthline.domain.image import Image
from berthline.placement.guest_hardware import hardware_of, rescue_of


class Decided(msgspec.Struct, frozen=True):
    disks: tuple[Disk, ...]
    hardware: Hardware


def decided(
    flavor: Flavor,
    image_id: ImageId | None,
    properties: Mapping[str, str],
    asked: tuple[AskedDisk, ...] = (),
    *,
    is_iso: bool = False,
) -> Decided:
    """What a server of this flavor on an image of these properties gets. Raises BadRequest for what cannot be had."""
    hardware = hardware_of(properties, flavor.extra_specs, flavor.vcpus)
    disks = lay_out(
        hardware,
        image_id,
        root_gb=flavor.disk,
        ephemeral_gb=flavor.ephemeral,
        swap_mb=flavor.swap,
        asked=asked,
        is_iso=is_iso,
    )
    return Decided(disks, hardware)


def of_server(server: Server, properties: Mapping[str, str]) -> Decided:
    """What the server has. One from before this was written down has what its image, of these properties, asks for."""
    if server.hardware is not None:
        return Decided(server.disks, server.hardware)
    return decided(server.flavor, server.image_id, properties)


def on_another_image(server: Server, before: Image | None, after: Image) -> Decided:
    """What the server has when its root is of ``after``; ``before`` None: its image is gone. Raises BadRequest."""
    own = of_server(server, before.properties if before else {})
    hardware = hardware_of(after.properties, server.flavor.extra_specs, server.flavor.vcpus)
    is_iso = after.disk_format == "iso"
    root_gb = server.flavor.disk
    disks = with_image(own.disks, own.hardware, hardware, after.id, root_gb=root_gb, is_iso=is_iso)
    return Decided(disks, hardware)


def rescued(server: Server, before: Mapping[str, str], image: Image) -> Decided:
    """What the server, whose own image has the properties ``before``, has while ``image`` rescues it.

    An image that says how it is to be attached comes beside the disks as they are, on the server's own hardware.
    Raises BadRequest.
    """
    own = of_server(server, before)
    asked = rescue_of(image.properties)
    if asked is None:
        hardware = hardware_of(image.properties, server.flavor.extra_specs, server.flavor.vcpus)
        if hardware.tpm is not None:
            raise BadRequest(f"Image {image.id} asks for a TPM (hw_tpm_version), which a rescue does not have.")
        device_type: DeviceType = "cdrom" if image.disk_format == "iso" else "disk"
        bus = hardware.cdrom_bus if device_type == "cdrom" else hardware.disk_bus
    else:
        hardware, device_type = own.hardware, asked.device_type
        bus = asked.bus or (hardware.cdrom_bus if device_type == "cdrom" else hardware.disk_bus)
    stable = asked is not None
    return Decided(for_rescue(own.disks, image.id, bus=bus, device_type=device_type, stable=stable), hardware)
