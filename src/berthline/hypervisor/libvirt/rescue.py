"""The disks of a rescue: ``SERVER.rescue`` and ``SERVER.rescue-config``, beside the server's own, which stay.

These functions run in `Host.run`'s thread.
"""

from berthline.domain.disks import RESCUE
from berthline.domain.errors import DisksInUse, NoBaseImage
from berthline.domain.hypervisor import GuestSpec
from berthline.domain.ids import ServerId
from berthline.hypervisor.libvirt import binding, guests, xml
from berthline.hypervisor.libvirt.binding import Connection
from berthline.hypervisor.libvirt.images import RESCUE_CONFIG, Files, delete_volume, found_volume, pool_of, write_volume

KINDS = (RESCUE, RESCUE_CONFIG)


def create(connection: Connection, files: Files, spec: GuestSpec) -> None:
    """The overlay on the image and the config drive, each made when it is not there as it should be."""
    base = files.find_base(connection, spec.image)
    if base is None:
        raise NoBaseImage(f"The host has no copy of image {spec.image.id}. Cache the image first.")
    if _in_use(connection, spec.server_id):
        return
    disks, name = pool_of(connection, "disks"), f"{spec.server_id}.{RESCUE}"
    present = found_volume(disks, name)
    if present is not None:  # of an earlier rescue, or of libvirt that died while it made this one
        delete_volume(present)
    files.create_overlay(connection, spec, name, base, base.capacity)
    if spec.config_drive is not None:
        write_volume(connection, disks, f"{spec.server_id}.{RESCUE_CONFIG}", spec.config_drive)


def delete(connection: Connection, server_id: ServerId) -> None:
    """Remove them; none there is fine. Raises DisksInUse while the guest is defined with them."""
    if _in_use(connection, server_id):
        raise DisksInUse(f"Guest {server_id} still uses its rescue disk. Start it from its own first.")
    disks = pool_of(connection, "disks")
    for kind in KINDS:
        volume = found_volume(disks, f"{server_id}.{kind}")
        if volume is not None:
            delete_volume(volume)


def _in_use(connection: Connection, server_id: ServerId) -> bool:
    domain = guests.found(connection, server_id)
    if domain is None:
        return False
    name = f"/{server_id}.{RESCUE}"
    descriptions = (domain.XMLDesc(binding.XML_INACTIVE), domain.XMLDesc())
    return any(path.endswith(name) for text in descriptions for path in xml.files_of(text))
