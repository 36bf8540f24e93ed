"""The disks and the hardware of a server: decided when it is created, read back for whoever makes its guest."""

from collections.abc import Mapping

import msgspec

from berthline.domain.compute import Flavor, Server
from berthline.domain.disks import AskedDisk, Disk, lay_out, with_image
from berthline.domain.hardware import Hardware
from berthline.domain.ids import ImageId
from berthline.domain.image import Image
from berthline.placement.guest_hardware import hardware_of


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
